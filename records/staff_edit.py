"""Changing the staff list by hand: by whoever may, checked like an import, with its history, all or nothing."""

from typing import Any

from pydantic import ValidationError

from planner.refused import Refused
from records import staff, staff_checks
from records.database import Database, Link, transaction
from records.errors import RecordsError
from records.staff_file import WRONG
from schemas.codes import Role
from schemas.staff import StaffMember

EDITORS = frozenset({Role.TEAM_LEAD, Role.PEER_LEAD, Role.SERVICE_MANAGER, Role.ADMINISTRATOR})
"""Who may change the staff list and what a team has settled."""

LOCK = """
-- One change of the staff list at a time: what is checked against the others still holds when it is written.
SELECT pg_advisory_xact_lock(hashtext('alongside.staff'))
"""
NAMED_BY = """
-- Whose line manager or supervisor somebody is.
SELECT id FROM staff WHERE active AND $1 IN (line_manager, role_supervisor, wellbeing_supervisor) ORDER BY id
"""
END_FEED = """
-- Whoever has left reads no calendar.
UPDATE feeds SET revoked_at = greatest(now(), created_at) WHERE staff = $1 AND revoked_at IS NULL
"""


async def allowed(db: Database, by: str) -> None:
    """Refused (not-allowed) unless `by` may change the staff list."""
    found = await staff.staff(db, by)
    if not found.active or found.role not in EDITORS:
        may = ", ".join(role.words for role in Role if role in EDITORS)
        who = f"{by} is {found.role.words}" if found.active else f"{by} does not work here any more"
        raise Refused("not-allowed", f"{who}: this is for {may}.")


async def change(db: Database, staff_id: str, changes: dict[str, Any], by: str) -> StaffMember:
    """Change fields of a member of staff, and answer with them as they are now.

    `job_share` is set of both who share the post, and ended of both. RecordsError (invalid) says what cannot be.
    """
    async with transaction(db) as link:
        await _begun(link, by)
        before = await staff.staff(link, staff_id)
        if not before.active:
            raise RecordsError("conflict", f"{staff_id} does not work here any more: import them again first.")
        here = {member.id: member for member in await staff.everybody(link)}
        after = _changed(before, changes)
        here[staff_id] = after
        touched = {staff_id: after} | (_shares(here, before, after) if "job_share" in changes else {})
        here |= touched
        await _check(link, before, after, here)
        await staff.upsert_staff(link, touched.values(), actor=by)
        return after


COUNTING_ON = """
-- How many people count on a worker: they go with them and nobody else is sought, or a contact is booked.
SELECT count(*)::int FROM (
    SELECT a.transition_id FROM assignments a WHERE a.staff = $1 AND a.ends IS NULL
        AND NOT EXISTS (SELECT FROM peer_queue q WHERE q.transition_id = a.transition_id)
    UNION SELECT b.transition_id FROM bookings b
    WHERE b.staff = $1 AND b.status = 'booked' AND b.starts > now() AND b.transition_id IS NOT NULL
) AS counting
"""


async def leave(db: Database, staff_id: str, by: str) -> list[str]:
    """Somebody does not work here any more: a shared post is the other's alone, and their calendar feed ends.

    Answers whose line manager or supervisor they still are, for these need another. Refused as a conflict while
    somebody counts on them: a contact that is booked, or a person they go with and for whom nobody else is sought.
    """
    async with transaction(db) as link:
        await _begun(link, by)
        before = await staff.staff(link, staff_id)
        if not before.active:
            raise RecordsError("conflict", f"{staff_id} has left already.")
        if counting := await link.fetchval(COUNTING_ON, staff_id):
            people = "one person counts" if counting == 1 else f"{counting} people count"
            raise RecordsError(
                "conflict",
                f"{people[0].upper()}{people[1:]} on {staff_id}. First `alongside away {staff_id} --from today's date "
                "--until a date a month ahead`: each of them is found somebody else, or is sought somebody.",
            )
        partner = [await staff.staff(link, before.job_share)] if before.job_share else []
        gone = before.model_copy(update={"active": False, "job_share": None})
        alone = [one.model_copy(update={"job_share": None}) for one in partner if one.job_share == staff_id]
        await staff.upsert_staff(link, [gone, *alone], actor=by)
        await link.execute(END_FEED, staff_id)
        return [row["id"] for row in await link.fetch(NAMED_BY, staff_id)]


async def _begun(link: Link, by: str) -> None:
    await link.execute(LOCK)
    await allowed(link, by)


def _changed(before: StaffMember, changes: dict[str, Any]) -> StaffMember:
    try:
        return StaffMember.model_validate(before.model_dump() | changes)
    except ValidationError as error:
        wrong = dict.fromkeys(str(one["loc"][0]) for one in error.errors())
        told = "; ".join(f"{name}: {WRONG.get(name, 'it cannot be read')}" for name in wrong)
        raise RecordsError("invalid", f"{before.id} was not changed. {told}.") from None


def _shares(here: dict[str, StaffMember], before: StaffMember, after: StaffMember) -> dict[str, StaffMember]:
    """The other halves, as they are when this share has changed."""
    touched = {}
    if before.job_share in here and before.job_share != after.job_share:
        touched[before.job_share] = here[before.job_share].model_copy(update={"job_share": None})
    if after.job_share in here and after.job_share != after.id:
        partner = here[after.job_share]
        if partner.job_share not in (None, after.id):
            raise RecordsError("conflict", f"{partner.id} shares a post with {partner.job_share}: end that first.")
        touched[partner.id] = partner.model_copy(update={"job_share": after.id})
    return touched


async def _check(link: Link, before: StaffMember, after: StaffMember, here: dict[str, StaffMember]) -> None:
    """RecordsError (invalid) with all that cannot be. A supervisor who has left prevents no other change."""
    changed = {name for name in StaffMember.model_fields if getattr(before, name) != getattr(after, name)}
    problems = staff_checks.own(after)
    problems |= {name: why for name, why in staff_checks.supported(after, here).items() if name in changed}
    if share := staff_checks.shared(after, here):
        problems["job_share"] = share
    if "team" in changed and after.team is not None and after.team not in (teams := await staff.teams(link)):
        problems["team"] = f"there is no team {after.team!r}, only {', '.join(teams)}; a new one comes with an import"
    if problems:
        told = "; ".join(f"{name}: {why}" for name, why in problems.items())
        raise RecordsError("invalid", f"{after.id} was not changed. {told}.")
