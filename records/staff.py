"""The staff list, and who stands in for whom."""

from collections.abc import Collection, Iterable

from asyncpg import ExclusionViolationError, ForeignKeyViolationError, UniqueViolationError

from records.database import Database, connected, transaction
from records.errors import RecordsError, UnknownStaff
from records.people import KEEP_TEAM
from schemas.staff import Cover, StaffMember

UPSERT_STAFF = """
-- A member of staff by id: new, or as they are now.
INSERT INTO staff (id, name, role, team, hours_per_week, works, languages, attributes, settings,
    line_manager, role_supervisor, wellbeing_supervisor, email, active)
VALUES ($1, $2, $3, $4, $5::float8, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, team = excluded.team,
    hours_per_week = excluded.hours_per_week, works = excluded.works, languages = excluded.languages,
    attributes = excluded.attributes, settings = excluded.settings, line_manager = excluded.line_manager,
    role_supervisor = excluded.role_supervisor, wellbeing_supervisor = excluded.wellbeing_supervisor,
    email = excluded.email, active = excluded.active
"""
STAFF_IDS = """
-- The ids of everybody who works here.
SELECT id FROM staff WHERE active
"""
STAFF_MEMBER = """
-- One member of staff.
SELECT id, name, role, team, hours_per_week::float8, works, languages, attributes, settings,
    line_manager, role_supervisor, wellbeing_supervisor, email, active
FROM staff WHERE id = $1
"""
ADD_COVER = """
-- Somebody stands in for somebody.
INSERT INTO cover (staff, stands_in, starts, ends) VALUES ($1, $2, $3, $4)
"""


async def upsert_staff(db: Database, members: Iterable[StaffMember]) -> int:
    """Enter members of staff, or what has changed of them; all or none. Answers how many were given."""
    given = list(members)
    async with transaction(db) as link:
        await link.executemany(KEEP_TEAM, [(team,) for team in sorted({m.team for m in given if m.team})])
        await link.executemany(
            UPSERT_STAFF,
            [
                (m.id, m.name, m.role, m.team, m.hours_per_week, m.works, m.languages, m.attributes, m.settings,
                 m.line_manager, m.role_supervisor, m.wellbeing_supervisor, m.email, m.active)
                for m in given
            ],
        )  # fmt: skip
    return len(given)


async def staff_ids(db: Database) -> set[str]:
    """The ids of everybody who works here."""
    async with connected(db) as link:
        return {row["id"] for row in await link.fetch(STAFF_IDS)}


async def staff(db: Database, staff_id: str) -> StaffMember:
    """One member of staff, also one who has left; UnknownStaff when there never was one of that id."""
    async with connected(db) as link:
        row = await link.fetchrow(STAFF_MEMBER, staff_id)
    if row is None:
        raise UnknownStaff(staff_id)
    return StaffMember.model_validate(dict(row))


async def known(db: Database, staff_id: str) -> bool:
    """Somebody of that id works here."""
    async with connected(db) as link:
        row = await link.fetchrow(STAFF_MEMBER, staff_id)
    return row is not None and bool(row["active"])


async def add_cover(db: Database, cover: Cover) -> None:
    """Somebody stands in for somebody for a while; RecordsError when that time is covered already."""
    async with connected(db) as link:
        try:
            await link.execute(ADD_COVER, cover.staff, cover.stands_in, cover.starts, cover.ends)
        except (ExclusionViolationError, UniqueViolationError):
            raise RecordsError(
                "conflict", f"{cover.staff} has cover for a part of that time already: choose other dates."
            ) from None
        except ForeignKeyViolationError as unknown:
            who = cover.staff if unknown.constraint_name == "cover_staff_fkey" else cover.stands_in
            raise UnknownStaff(who) from None


NAMES = """
-- What members of staff are called.
SELECT id, name FROM staff WHERE id = ANY($1)
"""


async def names(db: Database, staff_ids: Collection[str]) -> dict[str, str]:
    """What those members of staff are called, by id; who is not in the staff list is left out."""
    async with connected(db) as link:
        return {row["id"]: row["name"] for row in await link.fetch(NAMES, list(staff_ids))}
