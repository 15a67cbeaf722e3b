"""The staff list, and who stands in for whom."""

import json
from collections.abc import Collection, Iterable
from typing import Any

from asyncpg import ExclusionViolationError, ForeignKeyViolationError, Record, UniqueViolationError

from records.database import Database, Link, connected, transaction
from records.errors import RecordsError, UnknownStaff
from records.people import KEEP_TEAM
from schemas.codes import Role
from schemas.staff import Change, Cover, StaffMember

UPSERT_STAFF = """
-- A member of staff by id: new, or as they are now.
INSERT INTO staff (id, name, role, team, hours_per_week, works, languages, attributes, settings,
    line_manager, role_supervisor, wellbeing_supervisor, job_share, email, active)
VALUES ($1, $2, $3, $4, $5::float8, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, team = excluded.team,
    hours_per_week = excluded.hours_per_week, works = excluded.works, languages = excluded.languages,
    attributes = excluded.attributes, settings = excluded.settings, line_manager = excluded.line_manager,
    role_supervisor = excluded.role_supervisor, wellbeing_supervisor = excluded.wellbeing_supervisor,
    job_share = excluded.job_share, email = excluded.email, active = excluded.active
"""
STAFF_IDS = """
-- The ids of everybody who works here.
SELECT id FROM staff WHERE active
"""
_MEMBER = """
SELECT id, name, role, team, hours_per_week::float8, works, languages, attributes, settings,
    line_manager, role_supervisor, wellbeing_supervisor, job_share, email, active
FROM staff"""
STAFF_MEMBER = f"""
-- One member of staff.{_MEMBER} WHERE id = $1
"""
EVERYBODY = f"""
-- Everybody who works here, of one team and one role where those are said.{_MEMBER}
WHERE active AND ($1::text IS NULL OR team = $1) AND ($2::text IS NULL OR role = $2) ORDER BY team NULLS LAST, role, id
"""
TEAMS = """
-- The teams by name.
SELECT name FROM teams ORDER BY name
"""
STAFF_HISTORY = """
-- What was changed of a member of staff, the first first.
SELECT changed_at, changed_by, was, is_now FROM staff_history WHERE staff = $1 ORDER BY changed_at
"""
ACTOR = """
-- Who changes what is changed in this transaction: the history asks for it.
SELECT set_config('alongside.actor', $1, true)
"""
ADD_COVER = """
-- Somebody stands in for somebody.
INSERT INTO cover (staff, stands_in, starts, ends) VALUES ($1, $2, $3, $4)
"""


async def upsert_staff(db: Database, members: Iterable[StaffMember], *, actor: str | None = None) -> int:
    """Enter members of staff, or what has changed of them; all or none. Answers how many were given.

    The history keeps what changed under the name of `actor`.
    """
    given = list(members)
    async with transaction(db) as link:
        await acts(link, actor)
        await link.executemany(KEEP_TEAM, [(team,) for team in sorted({m.team for m in given if m.team})])
        await link.executemany(
            UPSERT_STAFF,
            [
                (m.id, m.name, m.role, m.team, m.hours_per_week, m.works, m.languages, m.attributes, m.settings,
                 m.line_manager, m.role_supervisor, m.wellbeing_supervisor, m.job_share, m.email, m.active)
                for m in given
            ],
        )  # fmt: skip
    return len(given)


async def acts(link: Link, actor: str | None) -> None:
    """What is changed until this transaction ends is kept under the name of `actor`."""
    await link.execute(ACTOR, actor or "")


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


async def everybody(db: Database, *, team: str | None = None, role: Role | None = None) -> list[StaffMember]:
    """Everybody who works here, of one team and one role where those are said; by team, role and id."""
    async with connected(db) as link:
        return [StaffMember.model_validate(dict(row)) for row in await link.fetch(EVERYBODY, team, role)]


async def teams(db: Database) -> list[str]:
    """The names of all teams."""
    async with connected(db) as link:
        return [row["name"] for row in await link.fetch(TEAMS)]


async def history(db: Database, staff_id: str) -> list[Change]:
    """What was changed of a member of staff, when and by whom, the first first; UnknownStaff as for `staff`."""
    async with connected(db) as link:
        await staff(link, staff_id)
        return [changed(row) for row in await link.fetch(STAFF_HISTORY, staff_id)]


def changed(row: Record) -> Change:
    """A row of a history, with the fields alone that changed."""
    was, is_now = as_data(row["was"]) or {}, as_data(row["is_now"])
    fields = [name for name in {**was, **is_now} if was.get(name) != is_now.get(name)]
    return Change(
        at=row["changed_at"],
        by=row["changed_by"],
        was={name: was[name] for name in fields if name in was},
        is_now={name: is_now[name] for name in fields if name in is_now},
    )


def as_data(value: Any) -> Any:
    """What a jsonb column holds, from a connection that reads JSON and from one that leaves it as text."""
    return json.loads(value) if isinstance(value, str) else value


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
