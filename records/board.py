"""What operations watch: counts of what is late, waits, was not delivered or failed, and the listings behind them.

Nothing here tells who anybody is: local ids, teams, roles and dates.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg import Record

from planner import ladders
from records import peers
from records.database import Database, Link, connected
from records.listings import BEFORE_ALL, FIRST_STEP, NO_ID, page_of, place_after
from records.peers import TeamQueue
from records.views import Page
from schemas.base import Stored
from schemas.codes import Role, StepKind

LIMIT = 50
LONG = timedelta(minutes=15)
"""An e-mail that waits longer than this is not merely on its way."""
KEPT = timedelta(days=7)
"""What can no longer be mended by sending again is shown for so long."""
SOON = timedelta(days=2)
"""Silence that would be told of within this is counted, too."""

LATE = """
-- What is late, by ladder and kind, team and rung: how many, and since when the longest.
SELECT ladder, kind, team, rung, count(*)::int AS number, min(due) AS since FROM steps WHERE state = 'missed'
GROUP BY ladder, kind, team, rung
"""
SILENCE_AHEAD = """
-- How many people would be told of as silent between two instants.
SELECT count(*)::int FROM steps WHERE kind = 'silence' AND state = 'planned' AND due >= $1 AND due < $2
"""
WITHOUT_COORDINATOR = """
-- Whom nobody coordinates, by team: how many, and since when the longest.
SELECT team, count(*)::int AS people, min(taken_on) AS since FROM without_coordinator GROUP BY team ORDER BY since, team
"""
_UNDELIVERED = """(u.why IN ('failed', 'uncertain', 'nobody') OR u.created_at < $1)
    AND (u.why NOT IN ('uncertain', 'nobody') OR u.created_at >= $2)"""
UNDELIVERED = f"""
-- What was not delivered, by why: how much, and since when the longest.
SELECT u.why, count(*)::int AS number, min(u.created_at) AS since FROM undelivered u WHERE {_UNDELIVERED} GROUP BY u.why
"""  # noqa: S608  # put together from constants
NOTICES = f"""
-- What was not delivered, the longest ago first.
WITH found AS (
    SELECT u.* FROM undelivered u WHERE {_UNDELIVERED} AND ($3::text IS NULL OR u.why = $3)
        AND (u.created_at, u.id) > ($4, $5)
    ORDER BY u.created_at, u.id LIMIT $6
)
SELECT f.id, f.created_at, f.transition_id, p.local_id, t.team, f.kind, f.recipient, f.roles, f.why, f.error
FROM found f LEFT JOIN transitions t ON t.id = f.transition_id LEFT JOIN people p ON p.id = t.person_id
ORDER BY f.created_at, f.id
"""  # noqa: S608  # put together from constants
MAILS = """
-- E-mails that failed or may have since an instant, by what the mail server said.
SELECT u.why, coalesce(u.error, 'nothing was said') AS error, count(*)::int AS number, max(u.claimed_at) AS last
FROM undelivered u WHERE u.why IN ('failed', 'uncertain') AND u.claimed_at >= $1
GROUP BY u.why, u.error ORDER BY number DESC, error, u.why LIMIT 20
"""
NOT_BACK = """
-- Who should be back and nobody has checked out, by team: how many, since when, and the highest rung that was told.
SELECT v.team, count(*)::int AS visits, min(v.expected_end) AS since, coalesce(max(a.rung), -1) AS rung
FROM visits v LEFT JOIN LATERAL (
    SELECT max(rung) AS rung FROM visit_alerts WHERE visit_id = v.id AND expected_end = v.expected_end
) a ON true
WHERE v.checked_out IS NULL AND v.expected_end < $1 GROUP BY v.team ORDER BY since
"""
UNCOVERED = """
-- Contacts that are still booked with somebody who is away by then, by team.
SELECT s.team, count(*)::int AS contacts, min(b.starts) AS first
FROM absences a JOIN bookings b ON b.staff = a.staff AND b.status = 'booked' AND b.starts < a.ends
    AND b.starts >= a.starts - interval '8 hours' AND b.starts > $1 AND b.ends > a.starts
JOIN staff s ON s.id = a.staff
WHERE a.withdrawn_at IS NULL AND a.ends > $1 GROUP BY s.team ORDER BY first
"""
NOT_COVERED = """
-- Contacts of somebody away for which nobody else was found since an instant, by why.
SELECT became, coalesce(why, 'nobody who could come instead has time') AS why, count(*)::int AS number
FROM absence_outcomes WHERE became IN ('refused', 'put-back') AND recorded_at >= $1
GROUP BY became, absence_outcomes.why ORDER BY number DESC, 2 LIMIT 20
"""
_LATE_WORK = """
SELECT s.transition_id, p.local_id, t.pathway, s.team, t.coordinator_id, t.on_hold, s.step,
    readable(s.transition_id, s.title) AS title, s.kind, s.owner,
    s.ladder, s.due, s.rung, s.acknowledged_until
FROM steps s JOIN transitions t ON t.id = s.transition_id JOIN people p ON p.id = t.person_id
WHERE s.state = 'missed' AND {what} AND ($1::text IS NULL OR s.team = $1) AND ($2::int IS NULL OR s.rung = $2)
    AND (s.due, s.transition_id, s.step) > ($3, $4, $5)
ORDER BY s.due, s.transition_id, s.step LIMIT $6
"""


class What(StrEnum):
    """What sort of thing is late; nothing is two of them."""

    SAFETY = "safety"
    """On the ladder that nothing delays."""
    SILENCE = "silence"
    """Nobody has seen the person for longer than their pathway allows."""
    OTHER = "other"


IS: dict[What, str] = {
    What.SAFETY: "s.ladder = 'safety' AND s.kind <> 'silence'",
    What.SILENCE: "s.kind = 'silence'",
    What.OTHER: "s.ladder <> 'safety' AND s.kind <> 'silence'",
}
"""Of a late step `s`, what it is."""
LATE_WORK = {
    what: f"\n-- What is late of one sort, the longest late first.{_LATE_WORK.format(what=test)}"
    for what, test in IS.items()
}


class Late(NamedTuple):
    """How much of one sort is late in a team at a rung, and since when the longest."""

    what: What
    team: str
    rung: int
    number: int
    since: datetime


class Alone(NamedTuple):
    """Whom nobody coordinates in a team, and since when the longest."""

    team: str
    people: int
    since: datetime


class Undelivered(NamedTuple):
    """How much was not delivered for one reason, and since when the longest."""

    why: str
    number: int
    since: datetime


class FailedMail(NamedTuple):
    """E-mails that failed (or, `uncertain`, may have), with what was said, and when the last."""

    why: str
    error: str
    number: int
    last: datetime


class NotBack(NamedTuple):
    """Visits that should be over; `rung` is the highest that was told of one of them, -1 for none."""

    team: str | None
    visits: int
    since: datetime
    rung: int


class Uncovered(NamedTuple):
    """Contacts still booked with somebody who is away by then."""

    team: str | None
    contacts: int
    first: datetime


class NotCovered(NamedTuple):
    """Contacts of somebody away for which nobody else was found, and why."""

    became: str
    why: str
    number: int


class Board(NamedTuple):
    """The service as operations watch it, at one instant."""

    late: list[Late]
    silence_ahead: int
    alone: list[Alone]
    queues: list[TeamQueue]
    undelivered: list[Undelivered]
    mails: list[FailedMail]
    not_back: list[NotBack]
    uncovered: list[Uncovered]
    not_covered: list[NotCovered]


class LateWork(Stored):
    """Something late. Whose it is says the local id alone."""

    transition_id: str
    local_id: str
    pathway: str
    team: str
    coordinator_id: str | None
    on_hold: bool
    step: str
    title: str
    kind: StepKind
    owner: Role
    ladder: str
    due: datetime
    rung: int
    acknowledged_until: datetime | None


class Unsent(Stored):
    """A notice that was not delivered: `recipient` is None when there was nobody to tell."""

    id: str
    created_at: datetime
    transition_id: str | None
    local_id: str | None
    team: str | None
    kind: str
    recipient: str | None
    roles: list[Role]
    why: str
    error: str | None


async def board(db: Database, now: datetime, today: datetime) -> Board:
    """Everything that operations watch; `today` is when the day began, for what failed on it."""
    async with connected(db) as link:
        return Board(
            late=_late(await link.fetch(LATE)),
            silence_ahead=await link.fetchval(SILENCE_AHEAD, now, now + SOON),
            alone=await _rows(link, Alone, WITHOUT_COORDINATOR),
            queues=await peers.queues(link),
            undelivered=await undelivered(link, now),
            mails=await _rows(link, FailedMail, MAILS, today),
            not_back=await _rows(link, NotBack, NOT_BACK, now),
            uncovered=await _rows(link, Uncovered, UNCOVERED, now),
            not_covered=await _rows(link, NotCovered, NOT_COVERED, today),
        )


async def undelivered(db: Database, now: datetime) -> list[Undelivered]:
    """What was not delivered, by why."""
    async with connected(db) as link:
        return await _rows(link, Undelivered, UNDELIVERED, now - LONG, now - KEPT)


async def _rows(link: Link, kind: Any, query: str, *arguments: object) -> list[Any]:
    return [kind(*row) for row in await link.fetch(query, *arguments)]


def _late(rows: Iterable[Record]) -> list[Late]:
    found: dict[tuple[What, str, int], Late] = {}
    for row in rows:
        what = sort_of(row["ladder"], row["kind"])
        place = (what, row["team"], row["rung"])
        one = Late(*place, row["number"], row["since"])
        before = found.get(place, one._replace(number=0))
        found[place] = one._replace(number=one.number + before.number, since=min(one.since, before.since))
    return list(found.values())


def sort_of(ladder: str, kind: str) -> What:
    """What sort of thing a late step is, by its ladder and kind."""
    if kind == StepKind.SILENCE:
        return What.SILENCE
    return What.SAFETY if ladder == ladders.SAFETY else What.OTHER


async def late_work(
    db: Database, what: What, team: str | None = None, rung: int | None = None, *, limit: int = LIMIT,
    after: str | None = None,
) -> Page[LateWork]:  # fmt: skip
    """What is late of one sort, in a team or at a rung where they are said: the longest late first."""
    place = place_after(after, (datetime.fromisoformat, UUID, str), FIRST_STEP)
    async with connected(db) as link:
        rows = await link.fetch(LATE_WORK[what], team, rung, *place, limit + 1)
    return page_of(LateWork, rows, limit, lambda row: (row["due"], row["transition_id"], row["step"]))


async def notices(
    db: Database, now: datetime, why: str | None = None, *, limit: int = LIMIT, after: str | None = None
) -> Page[Unsent]:
    """What was not delivered, for one reason where it is said: the longest ago first."""
    place = place_after(after, (datetime.fromisoformat, UUID), (BEFORE_ALL, NO_ID))
    async with connected(db) as link:
        rows = await link.fetch(NOTICES, now - LONG, now - KEPT, why, *place, limit + 1)
    return page_of(Unsent, rows, limit, lambda row: (row["created_at"], row["id"]))
