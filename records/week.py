"""A peer worker's week: whom they meet when and where, called as the person wishes, and what has no time yet."""

from datetime import datetime

from records.database import Database, connected
from schemas.base import Stored
from schemas.journey import State

WEEK = """
-- A worker's contacts between two instants, with what the person wishes to be called and who comes along.
SELECT b.starts, b.ends, b.place, b.status, b.step, b.transition_id::text,
    readable(b.transition_id, s.title) AS title, s.state,
    coalesce(p.known_as, p.given_name) AS called, g.title AS group_title, g.id::text AS group_id,
    ARRAY(SELECT coalesce(m.name, o.staff) FROM bookings o LEFT JOIN staff m ON m.id = o.staff
          WHERE (o.id = b.id OR o.group_id = b.group_id) AND o.staff <> b.staff AND o.status <> 'released'
          ORDER BY o.staff) AS along
FROM bookings b LEFT JOIN transitions t ON t.id = b.transition_id LEFT JOIN people p ON p.id = t.person_id
LEFT JOIN steps s ON s.transition_id = b.transition_id AND s.step = b.step
LEFT JOIN group_sessions g ON g.id = b.group_id
WHERE b.staff = $1 AND b.starts >= $2 AND b.starts < $3 AND b.status <> 'released' ORDER BY b.starts
"""
TO_ARRANGE = """
-- A worker's steps that have no time yet, the first due first.
SELECT s.transition_id::text, s.step, readable(s.transition_id, s.title) AS title, s.due,
    coalesce(p.known_as, p.given_name) AS called
FROM assignments a JOIN steps s ON s.transition_id = a.transition_id AND s.owner = 'peer-worker'
    AND s.state IN ('open', 'missed')
JOIN transitions t ON t.id = s.transition_id JOIN people p ON p.id = t.person_id
WHERE a.staff = $1 AND a.ends IS NULL AND NOT a.joining AND s.due < $2 AND NOT EXISTS (
    SELECT FROM bookings b WHERE b.transition_id = s.transition_id AND b.step = s.step AND b.status = 'booked'
)
ORDER BY s.due, s.transition_id, s.step LIMIT $3
"""
COMING = """
-- Who comes to a group: each for a step of their own.
SELECT p.transition_id::text, p.step, coalesce(n.known_as, n.given_name) AS called, s.state
FROM group_places p JOIN transitions t ON t.id = p.transition_id JOIN people n ON n.id = t.person_id
JOIN steps s ON s.transition_id = p.transition_id AND s.step = p.step
WHERE p.group_id = $1::text::uuid AND p.released_at IS NULL ORDER BY called, p.transition_id
"""
LIMIT = 50


class Contact(Stored):
    """One contact of a week: with a person, or a group with its title."""

    starts: datetime
    ends: datetime
    place: str
    status: str
    step: str | None
    transition_id: str | None
    title: str | None
    state: State | None
    called: str | None
    group_title: str | None
    group_id: str | None
    along: list[str]


class ToArrange(Stored):
    """A contact that has no time yet."""

    transition_id: str
    step: str
    title: str
    due: datetime
    called: str


class Coming(Stored):
    """Somebody who comes to a group."""

    transition_id: str
    step: str
    called: str
    state: State


async def week(db: Database, staff: str, since: datetime, until: datetime) -> list[Contact]:
    """A worker's contacts that begin between two instants."""
    async with connected(db) as link:
        return [Contact.model_validate(dict(row)) for row in await link.fetch(WEEK, staff, since, until)]


async def to_arrange(db: Database, staff: str, until: datetime) -> list[ToArrange]:
    """A worker's contacts that are due before an instant and have no time."""
    async with connected(db) as link:
        return [ToArrange.model_validate(dict(row)) for row in await link.fetch(TO_ARRANGE, staff, until, LIMIT)]


async def coming(db: Database, group: str) -> list[Coming]:
    """Who comes to a group session."""
    async with connected(db) as link:
        return [Coming.model_validate(dict(row)) for row in await link.fetch(COMING, group)]
