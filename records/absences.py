"""When members of staff are away: from when to when, and never why."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from asyncpg import ExclusionViolationError, ForeignKeyViolationError

from planner import words
from records.database import Database, connected
from records.errors import RecordsError, UnknownStaff
from schemas.staff import Absence

ADD = """
-- Somebody is away.
INSERT INTO absences (id, staff, starts, ends, recorded_by) VALUES ($5, $1, $2, $3, $4)
ON CONFLICT (id) DO NOTHING
"""
OVERLAPPING = """
-- The absence that another one would overlap.
SELECT starts, ends FROM absences
WHERE staff = $1 AND withdrawn_at IS NULL AND tstzrange(starts, ends) && tstzrange($2, $3) ORDER BY starts LIMIT 1
"""
WITHDRAW = """
-- An absence does not stand.
UPDATE absences SET withdrawn_at = clock_timestamp(), withdrawn_by = $2
WHERE id = $1 AND withdrawn_at IS NULL RETURNING id
"""
FIND = """
-- Whether there ever was an absence of this id.
SELECT 1 FROM absences WHERE id = $1
"""
KNOWN = """
-- Which of these absences are recorded.
SELECT id::text FROM absences WHERE id = ANY ($1::uuid[])
"""
WHOSE = """
-- Who an absence is of.
SELECT staff FROM absences WHERE id = $1
"""
WITHDRAWN = """
-- Whether an absence does not stand any more.
SELECT withdrawn_at IS NOT NULL FROM absences WHERE id = $1
"""
LATEST = """
-- The absence of somebody that stands, and was recorded last.
SELECT id::text FROM absences WHERE staff = $1 AND withdrawn_at IS NULL ORDER BY recorded_at DESC LIMIT 1
"""
AWAY = """
-- When somebody, or anybody of a team, is away from some moment on.
SELECT a.id::text AS id, a.staff, a.starts, a.ends, a.recorded_by FROM absences a
WHERE a.staff = ANY ($1::text[]) AND a.ends > $2 AND a.withdrawn_at IS NULL ORDER BY a.starts, a.staff
"""
TEAM = """
-- Who is in a team.
SELECT id FROM staff WHERE team = $1 AND active
"""


async def add(
    db: Database, staff: str, starts: datetime, ends: datetime, by: str, absence_id: UUID | None = None
) -> UUID:
    """Record that somebody is away from `starts` until just before `ends`; the absence's id. Twice under one is once.

    Invalid when it ends before it starts, conflict when they are away at some of that time already.
    """
    if ends <= starts:
        raise RecordsError("invalid", "The absence ends before it starts: give the later date as its end.")
    added = absence_id or uuid4()
    async with connected(db) as link:
        try:
            async with link.transaction():
                if not await link.fetchval(FIND, added):
                    await link.execute(ADD, staff, starts, ends, by, added)
        except ExclusionViolationError:
            other = await link.fetchrow(OVERLAPPING, staff, starts, ends)
            spell = f" from {words.moment(other['starts'])} until {words.moment(other['ends'])}" if other else ""
            raise RecordsError(
                "conflict", f"{staff} is away{spell} already: give other dates, or withdraw that absence first."
            ) from None
        except ForeignKeyViolationError:
            raise UnknownStaff(staff) from None
    return added


async def withdraw(db: Database, absence: UUID, by: str) -> None:
    """An absence does not stand: they are not away after all. Kept, with who said so; a second time is a conflict."""
    async with connected(db) as link:
        if await link.fetchval(WITHDRAW, absence, by) is not None:
            return
        if await link.fetchval(FIND, absence):
            raise RecordsError("conflict", f"The absence {absence} was withdrawn already.")
        raise RecordsError("not-found", f"There is no absence {absence}.")


async def whose(db: Database, absence: UUID) -> str:
    """Who an absence is of; RecordsError when there never was one."""
    async with connected(db) as link:
        found: str | None = await link.fetchval(WHOSE, absence)
    if found is None:
        raise RecordsError("not-found", f"There is no absence {absence}.")
    return found


async def away(db: Database, *, since: datetime, team: str | None = None, staff: str | None = None) -> list[Absence]:
    """The absences, not withdrawn, of a team or of one member of staff that end after `since`, by their start."""
    if (team is None) == (staff is None):
        raise ValueError("absences are listed of a team or of one member of staff")
    async with connected(db) as link:
        who = [staff] if staff else [row["id"] for row in await link.fetch(TEAM, team)]
        return [Absence.model_validate(dict(row)) for row in await link.fetch(AWAY, who, since)]


async def known(db: Database, ids: Sequence[UUID]) -> set[str]:
    """Which of these absences are recorded."""
    async with connected(db) as link:
        return {row["id"] for row in await link.fetch(KNOWN, list(ids))}


async def withdrawn(db: Database, absence: str) -> bool:
    """The absence was withdrawn."""
    async with connected(db) as link:
        return bool(await link.fetchval(WITHDRAWN, UUID(absence)))


async def latest(db: Database, staff: str) -> str:
    """The absence of somebody that stands, and was recorded last; RecordsError when there is none."""
    async with connected(db) as link:
        found: str | None = await link.fetchval(LATEST, staff)
    if found is None:
        raise RecordsError("not-found", f"No absence of {staff} is recorded.")
    return found
