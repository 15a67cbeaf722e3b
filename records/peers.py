"""What people look up of peer support: who goes with whom and why, who waits, and a worker's contacts."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from records.database import Database, connected
from records.errors import RecordsError
from schemas.base import Stored

ASSIGNMENT = """
-- Who goes with somebody (or will take over), since when, and why them.
SELECT staff, joining, starts, readable(transition_id, why) AS why, readable(transition_id, considered) AS considered,
    assigned_by, readable(transition_id, reason) AS reason FROM assignments
WHERE transition_id = $1 AND ends IS NULL ORDER BY joining
"""
WAITING_ALONE = """
-- Why nobody goes with somebody who waits.
SELECT since, readable(transition_id, considered) AS considered FROM peer_queue WHERE transition_id = $1
"""
QUEUE = """
-- The allocation queue of a team: the most at risk first, then who has waited longest.
SELECT q.transition_id::text, p.local_id, p.given_name, p.family_name, q.team, q.urgency, q.since
FROM peer_queue q JOIN transitions t ON t.id = q.transition_id JOIN people p ON p.id = t.person_id
WHERE q.team = $1 ORDER BY q.urgency DESC, q.since, q.transition_id LIMIT $2
"""
QUEUES = """
-- The queue of a team, or of every team in which somebody waits: how many, since when the longest, how many urgently.
SELECT t.name AS team, q.people, q.since, q.urgent
FROM teams t CROSS JOIN LATERAL (
    SELECT count(*)::int AS people, min(since) AS since, count(*) FILTER (WHERE urgency > 0)::int AS urgent
    FROM peer_queue WHERE team = t.name
) q
WHERE CASE WHEN $1::text IS NULL THEN q.people > 0 ELSE t.name = $1 END ORDER BY t.name
"""
CONTACTS_OF = """
-- A worker's contacts between two instants: with whom, where, and who else comes.
SELECT b.starts, b.ends, b.place, b.status, b.step, p.local_id, p.given_name, p.family_name,
    (SELECT g.title FROM group_sessions g WHERE g.id = b.group_id) AS group_title, t.id::text AS transition_id,
    ARRAY(
        SELECT o.staff FROM bookings o WHERE (o.id = b.id OR o.group_id = b.group_id) AND o.staff <> b.staff
            AND o.status <> 'released' ORDER BY o.staff
    ) AS along
FROM bookings b LEFT JOIN transitions t ON t.id = b.transition_id LEFT JOIN people p ON p.id = t.person_id
WHERE b.staff = $1 AND b.starts >= $2 AND b.starts < $3 AND b.status <> 'released' ORDER BY b.starts
"""


class Candidate(Stored):
    """Somebody who was considered, and what was found of them."""

    staff: str
    could: bool
    why: str


class Assignment(Stored):
    """Who goes with a person, or `joining` will take over; everybody who was considered has a sentence."""

    staff: str
    joining: bool
    starts: datetime
    why: str
    considered: list[Candidate]
    assigned_by: str | None
    reason: str | None


class Alone(Stored):
    """Somebody waits for a worker, and why each of them is not theirs."""

    since: datetime
    considered: list[Candidate]


class Queued(Stored):
    """Somebody in the allocation queue."""

    transition_id: str
    local_id: str
    name: str
    team: str
    urgency: int
    since: datetime


class TeamQueue(Stored):
    """How many wait in a team, since when the longest (None: nobody waits), and how many of them safety asks for."""

    team: str
    people: int
    since: datetime | None
    urgent: int


class BookedContact(Stored):
    """One of a worker's contacts; a group has its title instead of a person."""

    starts: datetime
    ends: datetime
    place: str
    status: str
    step: str | None
    local_id: str | None
    name: str | None
    group_title: str | None
    transition_id: str | None
    along: list[str]


async def assignments(db: Database, transition_id: str) -> list[Assignment]:
    """Who goes with the person now; whoever will take over comes second."""
    async with connected(db) as link:
        rows = await link.fetch(ASSIGNMENT, UUID(transition_id))
    return [Assignment.model_validate({**row, "considered": json.loads(row["considered"])}) for row in rows]


async def alone(db: Database, transition_id: str) -> Alone | None:
    """Since when the person waits and why nobody could go; None when they do not wait."""
    async with connected(db) as link:
        row = await link.fetchrow(WAITING_ALONE, UUID(transition_id))
    return Alone.model_validate({**row, "considered": json.loads(row["considered"])}) if row else None


def _named(row: Record) -> dict[str, Any]:
    given, family = row["given_name"], row["family_name"]
    return {**row, "name": None if given is None else f"{given} {family}"}


async def queue(db: Database, team: str, limit: int | None = None) -> list[Queued]:
    """Who waits in a team, in the order in which they are thought of: all of them, or at most `limit`."""
    async with connected(db) as link:
        return [Queued.model_validate(_named(row)) for row in await link.fetch(QUEUE, team, limit)]


async def queues(db: Database, team: str | None = None) -> list[TeamQueue]:
    """The teams in which somebody waits; or one team, waited in or not. RecordsError when there is no such team."""
    async with connected(db) as link:
        rows = await link.fetch(QUEUES, team)
    if team is not None and not rows:
        raise RecordsError("not-found", f"There is no team {team!r}: `alongside staff list` names the teams.")
    return [TeamQueue.model_validate(dict(row)) for row in rows]


async def contacts_of(db: Database, staff_id: str, since: datetime, until: datetime) -> list[BookedContact]:
    """A worker's contacts that begin between two instants."""
    async with connected(db) as link:
        return [
            BookedContact.model_validate(_named(row)) for row in await link.fetch(CONTACTS_OF, staff_id, since, until)
        ]
