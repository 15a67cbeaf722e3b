"""The search across all transitions: work, and no people. Local ids, pathways, teams and dates."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg import Record

from records.board import IS, What
from records.database import Database, connected, keys_of
from records.identity import local_id_blind
from records.keyring import KeyRing
from records.listings import AFTER_ALL, BEFORE_ALL, NO_ID, PREFIX, page_of, place_after
from records.views import Page
from schemas.base import Stored

LIMIT = 50
_END = (AFTER_ALL, UUID(int=2**128 - 1))
_IN_TIME = 2
"""The third band of the search by urgency. The first is what is late and about safety, the second what else is late."""

STATES: dict[str, str] = {
    "followed": "t.status <> 'closed'",
    "registered": "t.status = 'registered'",
    "open": "t.status = 'open' AND NOT t.on_hold",
    "on-hold": "t.status = 'open' AND t.on_hold",
    "closed": "t.status = 'closed'",
}
"""Which transitions a search may be of. Open is under way: not on hold."""
DEFINITIONS = """
-- Every version of the pathways' rules that was ever used.
SELECT digest, id, version FROM definitions ORDER BY id, version, recorded_at
"""
_ROW = """
SELECT t.id, p.local_id, t.pathway, t.team, t.coordinator_id, t.status, t.on_hold, t.stage, t.started, t.taken_on,
    t.next_due, t.overdue_count, t.highest_rung, t.exit, t.closed_at, t.definition, d.version, f.band, f.place
FROM found f JOIN transitions t ON t.id = f.id JOIN people p ON p.id = t.person_id
LEFT JOIN definitions d ON d.digest = t.definition"""
URGENT = """
-- Transitions: what is late about safety, then what is late, the longest late first; then by the next date.
WITH late AS (
    SELECT s.transition_id, (NOT bool_or(s.ladder = 'safety'))::int AS band,
        coalesce(min(s.due) FILTER (WHERE s.ladder = 'safety'), min(s.due)) AS due
    FROM steps s WHERE s.state = 'missed' GROUP BY s.transition_id HAVING bool_or({late})
), found AS (
    (SELECT l.band, l.due AS place, l.transition_id AS id FROM late l
        CROSS JOIN LATERAL (SELECT FROM transitions t WHERE t.id = l.transition_id{wanted} OFFSET 0) t
     WHERE (l.band, l.due, l.transition_id) > ($1, $2, $3)
     ORDER BY l.band, l.due, l.transition_id LIMIT $6)
    UNION ALL
    (SELECT 2, coalesce(t.next_due, 'infinity'), t.id FROM transitions t
     WHERE {in_time} AND t.overdue_count = 0 AND (coalesce(t.next_due, 'infinity'), t.id) > ($4, $5){wanted}
     ORDER BY coalesce(t.next_due, 'infinity'), t.id LIMIT $6)
    ORDER BY band, place, id LIMIT $6
)""" + _ROW + """
ORDER BY f.band, f.place, f.id
"""  # fmt: skip  # noqa: S608  # put together from constants
NEWEST = """
-- Transitions, the newest first.
WITH found AS (
    SELECT 0 AS band, t.started AS place, t.id FROM transitions t WHERE (t.started, t.id) < ($1, $2){wanted}
    ORDER BY t.started DESC, t.id DESC LIMIT $3
)""" + _ROW + """
ORDER BY f.place DESC, f.id DESC
"""  # fmt: skip  # noqa: S608  # put together from constants


_SOME_LATE = "EXISTS (SELECT FROM steps s WHERE s.transition_id = t.id AND s.state = 'missed' AND {late})"
ANY = "any"
"""Late of whatever sort."""


class Search(NamedTuple):
    """Which transitions: all that is said must be so. Instants are from the first to just before the last.

    `find` is a local id, or the beginning of a transition's id. `late` is ANY or a `What`; `rung` goes with it.
    """

    find: str | None = None
    state: str | None = None
    pathway: str | None = None
    team: str | None = None
    coordinator: str | None = None
    nobody: bool = False
    late: str | None = None
    rung: int | None = None
    definition: str | None = None
    started_from: datetime | None = None
    started_before: datetime | None = None
    closed_from: datetime | None = None
    closed_before: datetime | None = None


class Work(Stored):
    """A transition, without the person."""

    id: str
    local_id: str
    pathway: str
    team: str
    coordinator_id: str | None
    status: str
    on_hold: bool
    stage: str | None
    started: datetime
    taken_on: datetime
    next_due: datetime | None
    overdue_count: int
    highest_rung: int
    exit: str | None
    closed_at: datetime | None
    definition: str | None
    version: int | None


class Definition(Stored):
    """A version of a pathway's rules."""

    digest: str
    id: str
    version: int


async def definitions(db: Database) -> list[Definition]:
    """Every version of the pathways' rules that was ever used."""
    async with connected(db) as link:
        return [Definition.model_validate(dict(row)) for row in await link.fetch(DEFINITIONS)]


async def search(
    db: Database, asked: Search, *, newest: bool = False, limit: int = LIMIT, after: str | None = None
) -> Page[Work]:
    """The transitions that are asked for: the most urgent first, or the newest."""
    async with connected(db) as link:
        query, arguments = planned(asked, keys_of(link), newest=newest, limit=limit + 1, after=after)
        rows = await link.fetch(query, *arguments)
    return page_of(Work, rows, limit, _newest_place if newest else _urgent_place)


def planned(
    asked: Search, keys: KeyRing, *, newest: bool, limit: int, after: str | None
) -> tuple[str, Sequence[object]]:
    """The query that answers a search, put together from named parts, with its parameters."""
    wanted, values = _wanted(asked, keys, 4 if newest else 7)
    late, more = _late(asked, len(values) + (4 if newest else 7))
    values += more
    if newest:
        place = place_after(after, (datetime.fromisoformat, UUID), _END)
        if asked.late is not None:
            wanted += f" AND t.overdue_count > 0 AND {_SOME_LATE.format(late=late)}"
        return NEWEST.format(wanted=wanted), [*place, limit, *values]
    kinds = (int, datetime.fromisoformat, UUID)
    band, due, transition_id = place_after(after, kinds, (0, BEFORE_ALL, NO_ID))
    rest = (due, transition_id) if band >= _IN_TIME else (BEFORE_ALL, NO_ID)
    in_time = "false" if asked.late is not None else "true"
    query = URGENT.format(wanted=wanted, late=late, in_time=in_time)
    return query, [band, due, transition_id, *rest, limit, *values]


def _urgent_place(row: Record) -> tuple[object, ...]:
    return row["band"], row["place"], row["id"]


def _newest_place(row: Record) -> tuple[object, ...]:
    return row["place"], row["id"]


_COLUMNS = {
    "pathway": "t.pathway = {}",
    "team": "t.team = {}",
    "coordinator": "t.coordinator_id = {}",
    "definition": "t.definition = {}",
    "started_from": "t.started >= {}",
    "started_before": "t.started < {}",
    "closed_from": "t.closed_at >= {}",
    "closed_before": "t.closed_at < {}",
}


def _wanted(asked: Search, keys: KeyRing, first: int) -> tuple[str, list[object]]:
    """The conditions of a search and their parameters, which are numbered from `first`."""
    tests: list[str] = []
    values: list[object] = []

    def given(*more: object) -> list[str]:
        values.extend(more)
        return [f"${first + len(values) - len(more) + n}" for n in range(len(more))]

    for name, test in _COLUMNS.items():
        value: Any = getattr(asked, name)
        if value is not None:
            tests.append(test.format(*given(value)))
    if asked.state is not None:
        tests.append(STATES[asked.state])
    if asked.nobody:
        tests.append("t.id IN (SELECT id FROM without_coordinator)")
    if asked.find is not None:
        tests.append(_found(asked.find, keys, given))
    return "".join(f" AND {test}" for test in tests), values


def _late(asked: Search, first: int) -> tuple[str, list[object]]:
    """What is asked of a late step `s`, and the parameters of that, which are numbered from `first`."""
    tests = [IS[What(asked.late)]] if asked.late not in (None, ANY) else []
    if asked.rung is None:
        return " AND ".join(tests) or "true", []
    return " AND ".join([*tests, f"s.rung = ${first}"]), [asked.rung]


def _found(find: str, keys: KeyRing, given: Any) -> str:
    digits = find.replace("-", "").lower()
    person = "t.person_id = ANY (ARRAY(SELECT id FROM people_sealed WHERE local_id_blind = ANY ({}::bytea[])))"
    blinds = [local_id_blind(keys, find), local_id_blind(keys, find.upper())]
    if not PREFIX <= len(digits) <= 32 or set(digits) - set("0123456789abcdef"):
        return person.format(*given(blinds))
    between = (UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f")))
    return f"({person} OR t.id BETWEEN {{}} AND {{}})".format(*given(blinds, *between))
