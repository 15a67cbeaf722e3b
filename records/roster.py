"""The workers of a team as allocation and booking see them, locked while somebody decides."""

import json
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from planner.clock import midnight
from planner.workforce.hours import week_of
from planner.workforce.pattern import Pattern, parse
from planner.workforce.roster import Ask, Busy, Roster, Worker
from records.database import Link
from records.policy import policy
from schemas.codes import Division

WORKERS = """
-- The peer workers of a team.
SELECT id, works, hours_per_week::float8 AS hours, languages, attributes, settings, job_share
FROM staff WHERE active AND role = 'peer-worker' AND (team = $1 OR team IS NULL) ORDER BY id
"""
LOCK_WORKERS = f"""
-- The same, kept from other bookings until this transaction ends. By id: two that lock never wait for each other.
-- References to them are not held up.
{WORKERS} FOR NO KEY UPDATE
"""
AWAY = """
-- When those workers are away, from an instant on.
SELECT staff, starts, ends FROM absences WHERE staff = ANY($1) AND ends > $2 AND withdrawn_at IS NULL
ORDER BY staff, starts
"""
BUSY = """
-- The time of those workers that is spoken for, from an instant on.
SELECT staff, lower(busy) AS begins, upper(busy) AS ends, minutes FROM bookings
WHERE staff = ANY($1) AND starts >= $2 AND status <> 'released' ORDER BY staff, starts
"""
PEOPLE = """
-- How many people each of those workers goes with.
SELECT staff, count(DISTINCT transition_id) AS people FROM assignments
WHERE staff = ANY($1) AND ends IS NULL GROUP BY staff
"""
QUEUED_AHEAD = """
-- What those people ask for who stand before somebody in the allocation queue of a team.
SELECT readable(q.transition_id, q.ask) AS ask FROM peer_queue q
WHERE q.team = $1 AND q.transition_id <> $2
    AND (q.urgency, $4::timestamptz, $2) > ($3, q.since, q.transition_id)
ORDER BY q.urgency DESC, q.since, q.transition_id
"""


async def locked(link: Link, team: str, now: datetime, division: Division) -> Roster:
    """The workers of a team with their time from this week on; nobody else books them until the transaction ends."""
    return await _roster(link, team, now, division, LOCK_WORKERS)


async def read(link: Link, team: str, now: datetime, division: Division) -> Roster:
    """The same to look at, with nobody kept waiting: whatever is decided from it may be overtaken."""
    return await _roster(link, team, now, division, WORKERS)


async def _roster(link: Link, team: str, now: datetime, division: Division, query: str) -> Roster:
    workers = await link.fetch(query, team)
    ids = [row["id"] for row in workers]
    since = midnight(week_of(now))
    away: dict[str, list[tuple[datetime, datetime]]] = {}
    for row in await link.fetch(AWAY, ids, since):
        away.setdefault(row["staff"], []).append((row["starts"], row["ends"]))
    people = {row["staff"]: row["people"] for row in await link.fetch(PEOPLE, ids)}
    return Roster(
        [
            Worker(
                id=row["id"],
                pattern=pattern(row["works"]),
                minutes=round((row["hours"] or 0) * 60),
                languages=frozenset(row["languages"]),
                attributes=frozenset(row["attributes"]),
                settings=frozenset(row["settings"]),
                away=tuple(away.get(row["id"], ())),
                people=people.get(row["id"], 0),
                job_share=row["job_share"],
            )
            for row in workers
            if row["hours"]
        ],
        [Busy(*row) for row in await link.fetch(BUSY, ids, since)],
        policy=await policy(link, team),
        division=division,
    )


def pattern(works: str | None) -> Pattern:
    """The working pattern of the staff list; nobody whose pattern is not known can be booked."""
    return parse(works) if works else ()


async def ahead(link: Link, team: str, transition_id: str, urgency: int, since: datetime) -> list[Ask]:
    """What those ask for who come before somebody: more at risk, or as much and waiting longer. The first first."""
    rows = await link.fetch(QUEUED_AHEAD, team, UUID(transition_id), urgency, since)
    return list(_asks(json.loads(row["ask"]) for row in rows))


def ask_row(ask: Ask) -> dict[str, object]:
    """What somebody asks for, as it is kept in the queue."""
    return {**ask._asdict(), "not_with": sorted(ask.not_with)}


def _asks(rows: Iterable[dict[str, object]]) -> Iterable[Ask]:
    for row in rows:
        yield Ask(
            setting=str(row["setting"]),
            minutes=int(str(row["minutes"])),
            asked_for=row["asked_for"] if row["asked_for"] is None else str(row["asked_for"]),
            not_with=frozenset(_texts(row["not_with"])),
            wishes=tuple(_texts(row["wishes"])),
            past=tuple(_texts(row["past"])),
        )


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
