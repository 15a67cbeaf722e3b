"""Whose time is over: the people about whom nothing needs to be kept any more, by the rule of `planner.retention`."""

import json
from datetime import date, datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from asyncpg import Record

from planner.clock import end_of, local_day
from planner.retention import Periods, Stay, is_due, keep, years_after
from records.database import Database, Link, connected, keys_of
from records.errors import RecordsError
from records.identity import local_id_blind
from records.listings import BEFORE_ALL, NO_ID, page_of, place_after
from records.views import Page
from schemas.base import Stored
from schemas.retention import Kept

LIMIT = 100

_STAYS = """
    (SELECT coalesce(jsonb_agg(jsonb_build_object('begun', t.status <> 'registered', 'closed',
        (t.closed_at AT TIME ZONE 'Europe/London')::date)), '[]')
     FROM transitions t WHERE t.person_id = p.id)::text AS stays"""
_LAST = """
    SELECT t.person_id, t.closed_at, t.id FROM transitions t
    WHERE t.closed_at IS NOT NULL AND (t.closed_at, t.id) > ($3, $4) AND {}
        AND NOT EXISTS (SELECT FROM transitions o WHERE o.person_id = t.person_id
            AND (o.closed_at IS NULL OR (o.closed_at, o.id) > (t.closed_at, t.id)))
        AND NOT EXISTS (SELECT FROM person_keys k WHERE k.person_id = t.person_id AND k.destroyed_at IS NOT NULL)
    ORDER BY t.closed_at, t.id LIMIT $5"""
CANDIDATES = f"""
-- Those whose last closure, or whose death, lies so far back that their time may be over; the longest closed first.
WITH last AS (
    ({_LAST.format("t.closed_at < $1").strip()})
    UNION
    ({_LAST.format("t.person_id IN (SELECT p.id FROM people_sealed p WHERE p.died_on <= $2)").strip()})
)
SELECT p.id AS person_id, p.local_id, p.date_of_birth, p.died_on, l.closed_at, l.id,
    e.id AS erasure_id,{_STAYS}
FROM last l JOIN people p ON p.id = l.person_id
LEFT JOIN erasures e ON e.person_id = p.id AND e.became IN ('asked', 'approved')
ORDER BY l.closed_at, l.id LIMIT $5
"""  # noqa: S608  # made of what stands above
PERSON = f"""
-- Everything of a person that says until when they are kept.
SELECT p.id AS person_id, p.local_id, p.date_of_birth, p.died_on, k.destroyed_at,{_STAYS}
FROM people p LEFT JOIN person_keys k ON k.person_id = p.id WHERE p.id = $1
"""  # noqa: S608
BY_LOCAL_ID = """
-- The person of a local id, else whoever had it last and was erased.
SELECT id FROM (
    SELECT id, 0 AS place FROM people_sealed WHERE local_id_blind = $1
    UNION ALL SELECT id, 1 FROM people_sealed WHERE local_id_was = $1
) p ORDER BY place, id DESC LIMIT 1
"""


class Due(Stored):
    """Somebody whose time is over; `erasure_id` when it is asked for already."""

    person_id: str
    local_id: str
    kept: Kept
    closed_at: datetime
    erasure_id: str | None


class Person(NamedTuple):
    """Somebody, and all that says until when they are kept. `destroyed_at` when they were erased."""

    id: UUID
    local_id: str
    kept: Kept
    stays: list[Stay]
    destroyed_at: datetime | None


async def due(
    db: Database, periods: Periods, now: datetime, *, limit: int = LIMIT, after: str | None = None
) -> Page[Due]:
    """Those whose time is over, the longest closed first."""
    today = local_day(now)
    place: tuple[Any, ...] = place_after(after, (datetime.fromisoformat, UUID), (BEFORE_ALL, NO_ID))
    found: list[dict[str, Any]] = []
    async with connected(db) as link:
        while len(found) <= limit:
            rows = await link.fetch(CANDIDATES, *_before(periods, today), *place, limit + 1)
            found += [told for row in rows if is_due((told := _told(row, periods))["kept"], today)]
            if len(rows) <= limit:
                break
            place = (rows[-1]["closed_at"], rows[-1]["id"])
    return page_of(Due, cast("list[Record]", found), limit, lambda row: (row["closed_at"], row["id"]))


def _before(periods: Periods, today: date) -> tuple[datetime, date]:
    """Nobody who closed at that instant or later is due, unless they died on that day or before."""
    return end_of(years_after(today, -periods.after_closure)), years_after(today, -periods.after_death)


def _told(row: Record, periods: Periods) -> dict[str, Any]:
    return dict(row) | {"kept": _kept(row, periods)}


def _kept(row: Record, periods: Periods) -> Kept:
    return keep(row["date_of_birth"], _stays(row), row["died_on"], periods)


def _stays(row: Record) -> list[Stay]:
    told = json.loads(row["stays"])
    return [Stay(date.fromisoformat(one["closed"]) if one["closed"] else None, one["begun"]) for one in told]


async def person(db: Database, periods: Periods, person_id: UUID) -> Person:
    """Somebody by the id of their row; RecordsError when nobody has it."""
    async with connected(db) as link:
        row = await link.fetchrow(PERSON, person_id)
    if row is None:
        raise RecordsError("not-found", "Nobody of that id is in the records.")
    return Person(row["person_id"], row["local_id"], _kept(row, periods), _stays(row), row["destroyed_at"])


async def by_local_id(link: Link, local_id: str) -> UUID:
    """The id of whoever has a local id; RecordsError when nobody has."""
    found: UUID | None = await link.fetchval(BY_LOCAL_ID, local_id_blind(keys_of(link), local_id.strip()))
    if found is None:
        raise RecordsError("not-found", "Nobody here has that local id: check it, as `alongside retention` lists it.")
    return found
