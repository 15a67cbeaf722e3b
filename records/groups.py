"""Groups that meet: a slot of one or more workers, and places that people take each for a step of their own."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from planner.workforce import slots
from planner.workforce.roster import Group
from records import roster
from records.database import Database, Link, connected, transaction
from records.errors import RecordsError
from records.rows import as_json
from schemas.codes import Division
from schemas.workforce import GroupPlan, Place

ADD_GROUP = """
-- A group that will meet once.
INSERT INTO group_sessions (team, title, place, starts, ends, people_at_most) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id
"""
BOOK_WORKERS = """
-- The hours of the workers who hold a group.
INSERT INTO bookings (id, group_id, staff, starts, ends, busy, minutes, place, booked_at)
SELECT uuidv7(), $1, n.staff, $3, $4, tstzrange(n.begins, n.done), n.minutes, $5, $6
FROM jsonb_to_recordset($2::text::jsonb) AS n (staff text, begins timestamptz, done timestamptz, minutes int)
"""
GROUP = """
-- One group that has not been cancelled, with its workers and how many places are left, kept from others meanwhile.
SELECT g.starts, g.ends, g.place,
    ARRAY(SELECT b.staff FROM bookings b WHERE b.group_id = g.id AND b.status <> 'released' ORDER BY b.staff) AS staff,
    g.people_at_most - (SELECT count(*) FROM group_places p WHERE p.group_id = g.id AND p.released_at IS NULL) AS places
FROM group_sessions g WHERE g.id = $1 AND g.team = $2 AND g.cancelled_at IS NULL FOR UPDATE OF g
"""
TAKE_PLACES = """
-- Places that somebody takes in groups.
INSERT INTO group_places (group_id, transition_id, step)
SELECT n.group_id, $1, n.step FROM jsonb_to_recordset($2::text::jsonb) AS n (group_id uuid, step text)
ON CONFLICT (group_id, transition_id, step) DO UPDATE SET released_at = NULL
"""
GIVE_PLACES_BACK = """
-- Places that somebody no longer takes.
UPDATE group_places SET released_at = $3 FROM jsonb_to_recordset($2::text::jsonb) AS n (group_id uuid, step text)
WHERE group_places.group_id = n.group_id AND group_places.transition_id = $1 AND group_places.step = n.step
"""
GROUPS_AHEAD = """
-- The groups of a team that are ahead, with who holds them and how many come.
SELECT g.id, g.title, g.place, g.starts, g.ends, g.people_at_most,
    ARRAY(SELECT b.staff FROM bookings b WHERE b.group_id = g.id AND b.status <> 'released' ORDER BY b.staff) AS staff,
    (SELECT count(*) FROM group_places p WHERE p.group_id = g.id AND p.released_at IS NULL) AS coming
FROM group_sessions g WHERE g.team = $1 AND g.starts >= $2 AND g.cancelled_at IS NULL ORDER BY g.starts, g.id LIMIT $3
"""
CANCEL_GROUP = """
-- A group does not meet. Nothing changes of one that was cancelled before.
UPDATE group_sessions SET cancelled_at = $2 WHERE id = $1 AND cancelled_at IS NULL RETURNING id
"""
RELEASE_WORKERS = """
-- The hours of those who would have held a group.
UPDATE bookings SET status = 'released', released_why = 'the group does not meet' WHERE group_id = $1
    AND status = 'booked'
"""
COMING = """
-- Who comes to a group, each with their step.
SELECT transition_id::text, step FROM group_places WHERE group_id = $1 AND released_at IS NULL
ORDER BY transition_id, step
"""


class Session(NamedTuple):
    """A group that is ahead."""

    id: str
    title: str
    place: str
    starts: datetime
    ends: datetime
    people_at_most: int
    staff: list[str]
    coming: int


async def add_group(db: Database, plan: GroupPlan, now: datetime, division: Division) -> str:
    """A group will meet: its workers' hours are booked once for all who come. Answers its id.

    RecordsError when a worker does not work then, is booked, or would be over the hours of the week.
    """
    minutes = int((plan.ends - plan.starts).total_seconds() // 60)
    async with transaction(db) as link:
        hours = await roster.locked(link, plan.team, now, division)
        slot = slots.slot_at(plan.starts, minutes, plan.place, plan.staff, hours.policy)
        if wrong := slots.problems(hours, slot):
            raise RecordsError("conflict", " ".join(wrong))
        if over := slots.over_hours(hours, slot):
            raise RecordsError("conflict", f"{' and '.join(over)} would work more than the hours of that week.")
        group = await link.fetchval(
            ADD_GROUP, plan.team, plan.title, plan.place, plan.starts, plan.ends, plan.people_at_most
        )
        rows = [
            {"staff": one.staff, "begins": one.begins, "done": one.ends, "minutes": one.minutes} for one in slot.busy
        ]
        await link.execute(BOOK_WORKERS, group, as_json(rows), plan.starts, plan.ends, plan.place, now)
    return str(group)


async def group(link: Link, team: str, group_id: str) -> Group | None:
    """A group of a team, its places kept from others until the transaction ends; None when there is no such group."""
    row = await link.fetchrow(GROUP, UUID(group_id), team)
    if row is None:
        return None
    return Group(group_id, row["starts"], row["ends"], Place(row["place"]), tuple(row["staff"]), row["places"])


async def groups(db: Database, team: str, since: datetime, limit: int = 100) -> list[Session]:
    """The groups of a team that begin at an instant or later, the earliest first."""
    async with connected(db) as link:
        rows = await link.fetch(GROUPS_AHEAD, team, since, limit)
    return [Session(**{**dict(row), "id": str(row["id"])}) for row in rows]


async def cancel_group(db: Database, group_id: str, now: datetime) -> list[tuple[str, str]]:
    """A group does not meet: its workers' hours are free again. Answers who was coming, with their steps.

    Cancelled again it answers the same as long as their places have not been given back.
    """
    async with transaction(db) as link:
        await link.execute(CANCEL_GROUP, UUID(group_id), now)
        await link.execute(RELEASE_WORKERS, UUID(group_id))
        return [(row["transition_id"], row["step"]) for row in await link.fetch(COMING, UUID(group_id))]
