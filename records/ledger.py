"""Hours and need, as the records hold them: what is booked and done, who waits, and which journeys ask for contacts."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import NamedTuple

from planner.clock import midnight
from planner.workforce.allocation import people_at_most
from planner.workforce.hours import A_WEEK, week_of
from planner.workforce.ledger import Spent, Week, ledger
from planner.workforce.need import need
from planner.workforce.roster import Worker
from records import roster
from records.database import Database, Link, connected, transaction
from records.errors import UnknownStaff
from records.staff import staff
from schemas.codes import Division
from schemas.journey import Journey
from schemas.pathway import Pathway

TEAMS_WITH_NEED = """
-- Teams that have peer workers, or people who go with one.
SELECT team FROM staff WHERE active AND role = 'peer-worker' AND team IS NOT NULL
UNION SELECT team FROM transitions WHERE status = 'open' ORDER BY team
"""
SPENT = """
-- What some workers have booked and done between two instants, by week. A contact that nobody came to was work as well.
SELECT staff, (date_trunc('week', starts AT TIME ZONE 'Europe/London'))::date AS week,
    coalesce(sum(minutes) FILTER (WHERE status IN ('booked', 'unreported')), 0)::int AS booked,
    coalesce(sum(minutes) FILTER (WHERE status IN ('done', 'not-seen')), 0)::int AS done,
    coalesce(sum(minutes) FILTER (WHERE over_hours), 0)::int AS over
FROM bookings WHERE staff = ANY($1) AND starts >= $2 AND starts < $3 AND status <> 'released' GROUP BY 1, 2
"""
OPEN_JOURNEYS = """
-- The journeys of a team that are under way, with their rules.
SELECT readable(t.id, t.journey) AS journey, d.canonical
FROM transitions t JOIN definitions d ON d.digest = t.definition WHERE t.status = 'open' AND t.team = $1
"""
WAITING = """
-- How many people of a team wait for a peer worker, and since when.
SELECT count(*)::int AS people, min(since) AS since, count(*) FILTER (WHERE urgency > 0)::int AS urgent
FROM peer_queue WHERE team = $1
"""
OVERRIDES = """
-- What is booked beyond the hours of a week, by whom and why.
SELECT b.staff, b.starts, b.minutes, b.override_by,
    readable(b.transition_id, b.override_reason) AS override_reason, t.team, b.transition_id::text AS transition_id
FROM bookings b JOIN transitions t ON t.id = b.transition_id
WHERE b.over_hours AND b.status <> 'released' AND b.starts >= $1 ORDER BY b.starts, b.staff LIMIT $2
"""


class Waiting(NamedTuple):
    """The allocation queue of a team: how many wait, since when the longest, and how many of them safety asks for."""

    people: int
    since: datetime | None
    urgent: int


class TeamWeek(NamedTuple):
    """A team's week: contacts that are asked for, and minutes. `contacts` are those that the hours can hold."""

    week: date
    asked: int
    holds: int
    needed: int
    available: int
    booked: int
    done: int
    free: int


class Capacity(NamedTuple):
    """A team's weeks to come: need against hours, who waits, and how many people its workers have places for."""

    team: str
    workers: int
    weeks: list[TeamWeek]
    waiting: Waiting
    people: int
    people_at_most: int
    contact_minutes: int


class Override(NamedTuple):
    """A contact that was booked beyond the hours of a week."""

    staff: str
    starts: datetime
    minutes: int
    override_by: str
    override_reason: str
    team: str
    transition_id: str


async def teams(db: Database) -> list[str]:
    """The teams that capacity is a question for."""
    async with connected(db) as link:
        return [row["team"] for row in await link.fetch(TEAMS_WITH_NEED)]


async def hours(db: Database, staff_id: str, now: datetime, weeks: int, division: Division) -> list[Week]:
    """One worker's weeks, from this one on. UnknownStaff when they are no peer worker of the staff list."""
    member = await staff(db, staff_id)
    async with transaction(db) as link:
        workers = (await roster.read(link, member.team or "", now, division)).workers
        if staff_id not in workers:
            raise UnknownStaff(staff_id)
        return await _ledger(link, [workers[staff_id]], now, weeks, division)


async def capacity(db: Database, team: str, now: datetime, weeks: int, division: Division) -> Capacity:
    """A team's need against its hours, for so many weeks from this one on."""
    async with transaction(db) as link:
        team_roster = await roster.read(link, team, now, division)
        workers = list(team_roster.workers.values())
        asked: Counter[date] = Counter()
        async for pathway, journey in _journeys(link, team):
            asked += need(pathway, journey, now, weeks)
        policy = team_roster.policy
        cost = policy.contact_minutes + policy.travel_minutes + policy.writing_up_minutes
        found = await _ledger(link, workers, now, weeks, division)
        (waiting,) = [Waiting(**row) for row in await link.fetch(WAITING, team)]
        return Capacity(
            team=team,
            workers=len(workers),
            weeks=[_team_week(found, week, asked[week], cost) for week in _weeks(now, weeks)],
            waiting=waiting,
            people=sum(worker.people for worker in workers),
            people_at_most=sum(people_at_most(worker, team_roster) for worker in workers),
            contact_minutes=cost,
        )


async def overrides(db: Database, since: datetime, limit: int = 200) -> list[Override]:
    """What is booked beyond the hours, from an instant on."""
    async with connected(db) as link:
        return [Override(**row) for row in await link.fetch(OVERRIDES, since, limit)]


def _weeks(now: datetime, weeks: int) -> list[date]:
    return [week_of(now) + n * A_WEEK for n in range(weeks)]


async def _ledger(link: Link, workers: list[Worker], now: datetime, weeks: int, division: Division) -> list[Week]:
    first = week_of(now)
    rows = await link.fetch(SPENT, [worker.id for worker in workers], midnight(first), midnight(first + weeks * A_WEEK))
    return ledger(workers, [Spent(**row) for row in rows], first, weeks, division)


async def _journeys(link: Link, team: str) -> AsyncIterator[tuple[Pathway, Journey]]:
    async for row in link.cursor(OPEN_JOURNEYS, team, prefetch=200):
        yield Pathway.parse_canonical(row["canonical"]), Journey.model_validate_json(row["journey"])


def _team_week(found: list[Week], week: date, asked: int, cost: int) -> TeamWeek:
    own = [one for one in found if one.week == week]
    return TeamWeek(
        week=week,
        asked=asked,
        holds=sum(one.available // cost for one in own),
        needed=asked * cost,
        available=sum(one.available for one in own),
        booked=sum(one.booked for one in own),
        done=sum(one.done for one in own),
        free=sum(one.free for one in own),
    )
