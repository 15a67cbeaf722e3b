"""Who is out, until when they are expected, and who was told that they are not back."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from asyncpg import ForeignKeyViolationError, Record, UniqueViolationError

from planner.visits import ANSWER_FOR_THEM
from records import roles
from records.database import Database, Link, connected, transaction
from records.errors import RecordsError, UnknownStaff
from records.visit_notices import WAITING_FOR, WITHDRAW, texts
from records.words import words_of
from schemas.codes import Role
from schemas.command import Actor
from schemas.visit import DueAlert, RecordedVisit, Visit

PREFIX = 4
"""How much of a visit's id has to be given, at least."""
LIMIT = 500
"""Visits in a listing; a service has not so many people out at once."""

CHECK_IN = """
-- Somebody goes out; the same again changes nothing.
INSERT INTO visits (id, staff, joined_by, team, transition_id, place, alone_because, checked_in, expected_end)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING
"""
COLUMNS = """id, staff, joined_by, team, transition_id, place, readable(transition_id, alone_because) AS alone_because,
    checked_in, expected_end, checked_out, checked_out_by, checked_out_command, went_wrong"""
VISIT = f"""
-- One visit.
SELECT {COLUMNS} FROM visits WHERE id = $1
"""  # noqa: S608 - the columns are ours
BY_BEGINNING = f"""
-- The visits whose id begins alike.
SELECT {COLUMNS} FROM visits WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT 2
"""  # noqa: S608
BY_COMMAND = f"""
-- The visit that a command checked somebody out of.
SELECT {COLUMNS} FROM visits WHERE checked_out_command = $1 AND checked_out IS NOT NULL
"""  # noqa: S608
OUT = f"""
-- The visit that somebody has not checked out of: their own, else the one that they came along on.
SELECT {COLUMNS} FROM (
    SELECT * FROM visits WHERE staff = $1 AND checked_out IS NULL
    UNION ALL
    SELECT * FROM visits WHERE joined_by = $1 AND checked_out IS NULL
) v ORDER BY staff <> $1, checked_in LIMIT 1
"""  # noqa: S608
OUT_NOW = f"""
-- Everybody who is out, the one expected back first (or missing longest) first.
SELECT {COLUMNS} FROM visits WHERE checked_out IS NULL ORDER BY expected_end, id LIMIT $1
"""  # noqa: S608
OUT_OF = f"""
-- Those of some visits that somebody is out on, the one expected back first (or missing longest) first.
SELECT {COLUMNS} FROM visits WHERE id = ANY ($1::uuid[]) AND checked_out IS NULL ORDER BY expected_end, id
"""  # noqa: S608
KNOWN = """
-- Which of these visits are recorded.
SELECT id::text FROM visits WHERE id = ANY ($1::uuid[])
"""
CHECK_OUT = """
-- Somebody is back; only the first to say so is recorded.
UPDATE visits SET checked_out = $2, checked_out_by = $3, checked_out_command = $4, went_wrong = $5
WHERE id = $1 AND checked_out IS NULL
"""
EXTEND = """
-- A visit takes longer.
UPDATE visits SET expected_end = $2 WHERE id = $1 AND checked_out IS NULL AND expected_end <> $2
"""
LOCK = """
-- Nobody checks out while an alert is written, nor the other way round.
SELECT expected_end, checked_out FROM visits WHERE id = $1 FOR UPDATE
"""
ALERT = """
-- A rung is told, once for one expected end.
INSERT INTO visit_alerts (visit_id, expected_end, rung, at, roles, recipients)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING rung
"""
NOTICE = """
-- What one of them is told; it waits to be mailed where that is set up and they have an address.
INSERT INTO visit_notices (id, visit_id, expected_end, rung, recipient, roles, text, created_at, email)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8,
    CASE WHEN $9 AND EXISTS (SELECT FROM staff WHERE id = $5 AND email IS NOT NULL) THEN 'waiting' ELSE 'none' END)
"""
VISITED_AT_HOME = """
-- Somebody of this service has been at the person's home before, on whichever pathway.
SELECT EXISTS (
    SELECT FROM transitions this JOIN transitions t ON t.person_id = this.person_id
    WHERE this.id = $1 AND (
        EXISTS (SELECT FROM visits v WHERE v.transition_id = t.id AND v.place = 'home' AND v.id <> $2)
        OR EXISTS (SELECT FROM bookings b WHERE b.transition_id = t.id AND b.place = 'home' AND b.status = 'done')
    )
)
"""
TEAM_OF_TRANSITION = """
-- The team that a transition is with.
SELECT team FROM transitions WHERE id = $1
"""


async def check_in(db: Database, visit: Visit) -> RecordedVisit:
    """Record that somebody is out; the same again changes nothing. RecordsError when they are out already."""
    async with connected(db) as link:
        words = await words_of(link, _uuid(visit.transition_id))
        try:
            await link.execute(
                CHECK_IN, UUID(visit.id), visit.staff, visit.joined_by, visit.team, _uuid(visit.transition_id),
                visit.place, words.reason(visit.alone_because, ()), visit.checked_in, visit.expected_end,
            )  # fmt: skip
        except UniqueViolationError:
            raise RecordsError(
                "conflict", f"{visit.staff} is out on another visit: check them out of that one first."
            ) from None
        except ForeignKeyViolationError as unknown:
            raise _unknown(visit, unknown.constraint_name) from None
        return RecordedVisit(visit=await _visit(link, visit.id))


async def check_out(db: Database, visit: Visit) -> RecordedVisit:
    """Record a visit that was checked out of, and offer a debrief if it went wrong.

    Answers the visit as it is recorded: when somebody had checked out before, what they said.
    """
    async with transaction(db) as link:
        done = await link.execute(
            CHECK_OUT, UUID(visit.id), visit.checked_out, visit.checked_out_by, visit.checked_out_command,
            visit.went_wrong,
        )  # fmt: skip
        recorded = await _visit(link, visit.id)
        if done == "UPDATE 1":
            await link.execute(WITHDRAW, UUID(visit.id))
            await _debrief(link, recorded)
    return RecordedVisit(visit=recorded)


async def _debrief(link: Link, visit: Visit) -> None:
    """Whoever was out on a visit that went wrong is offered a debrief; what happened is not asked."""
    if not visit.went_wrong or visit.checked_out is None:
        return
    from records.support import offer_debrief

    for who in visit.out:
        await offer_debrief(link, who, cause="visit", at=visit.checked_out)


async def extend(db: Database, visit: Visit) -> RecordedVisit:
    """Record a new expected end; letters about the old one that have not gone out no longer do."""
    async with transaction(db) as link:
        if await link.execute(EXTEND, UUID(visit.id), visit.expected_end) == "UPDATE 1":
            await link.execute(WITHDRAW, UUID(visit.id))
        return RecordedVisit(visit=await _visit(link, visit.id))


async def alert(db: Database, due: DueAlert, *, email: bool) -> RecordedVisit:
    """Tell a rung to who answers for its roles now, in their inboxes, and say which notices wait to be mailed.

    Told already, or not to be told any more because the records hold a check-out or another expected end:
    nothing is written, and the answer has the visit as it is recorded.
    """
    visit_id, end = UUID(due.visit.id), due.visit.expected_end
    async with transaction(db) as link:
        held = await link.fetchrow(LOCK, visit_id)
        if held is not None and held["checked_out"] is None and held["expected_end"] == end:
            await _tell(link, due, email=email)
        waiting = await link.fetch(WAITING_FOR, visit_id)
        return RecordedVisit(visit=await _visit(link, due.visit.id), notices=[str(row["id"]) for row in waiting])


async def _tell(link: Link, due: DueAlert, *, email: bool) -> None:
    visit_id, end = UUID(due.visit.id), due.visit.expected_end
    recipients = await _recipients(link, due)
    names = [one.staff for one in recipients if one.staff]
    if await link.fetchval(ALERT, visit_id, end, due.rung, due.at, due.roles, names) is None:
        return
    for one, text in zip(recipients, texts(due.visit, recipients), strict=True):
        told_as = list(one.roles + one.unheld)
        await link.execute(NOTICE, uuid4(), visit_id, end, due.rung, one.staff, told_as, text, due.at, email)


async def _recipients(link: Link, due: DueAlert) -> list[roles.Recipient]:
    """Who is told: the worker themselves, or who answers for the roles, cover included; never who is out there."""
    visit = due.visit
    if not due.roles:
        return [roles.Recipient(who, ()) for who in visit.out]
    directory = _without(await roles.directory(link, due.at), visit.out)
    return roles.resolve(directory, [Role(name) for name in due.roles], roles.Place(visit.team or "", None), due.at)


def _without(directory: roles.Directory, out: Collection[str]) -> roles.Directory:
    """The staff list without those who cannot answer because they are what it is about."""
    return replace(directory, staff={who: holder for who, holder in directory.staff.items() if who not in out})


async def known(db: Database, ids: Sequence[UUID]) -> set[str]:
    """Which of these visits are recorded."""
    async with connected(db) as link:
        return {row["id"] for row in await link.fetch(KNOWN, list(ids))}


async def acting(db: Database, visit: Visit, staff_id: str, at: datetime) -> Actor:
    """Who asks something of a visit: one of those who are out, or in the role in which they answer for them.

    RecordsError for somebody who does neither.
    """
    async with connected(db) as link:
        directory = await roles.directory(link, at)
    holder = directory.staff.get(staff_id)
    if staff_id in visit.out:
        return Actor(role=holder.role if holder else None, staff=staff_id)
    if holder is None:
        raise UnknownStaff(staff_id)
    here, place = _without(directory, visit.out), roles.Place(visit.team or "", None)
    for role in ANSWER_FOR_THEM:
        if staff_id in roles.answering(here, role, place, at)[0]:
            return Actor(role=role, staff=staff_id)
    raise RecordsError(
        "not-allowed",
        f"{staff_id} does not answer for {visit.staff}: they check out themselves, or their team lead, "
        "the duty manager or the service manager does it for them.",
    )


async def visited_at_home(db: Database, transition_id: str | None, visit_id: str) -> bool:
    """Whether this service has been at the home of a transition's person before; not, of a person not known."""
    if transition_id is None:
        return False
    async with connected(db) as link:
        return bool(await link.fetchval(VISITED_AT_HOME, UUID(transition_id), UUID(visit_id)))


async def team_for(db: Database, team: str | None, transition_id: str | None) -> str | None:
    """Whose leads answer for a visit: the worker's team or, without one, the team of the transition."""
    if team is not None or transition_id is None:
        return team
    async with connected(db) as link:
        found: str | None = await link.fetchval(TEAM_OF_TRANSITION, UUID(transition_id))
    return found


async def visit(db: Database, visit_id: str) -> Visit:
    """One visit by its whole id; RecordsError when there is none."""
    async with connected(db) as link:
        return await _visit(link, visit_id)


async def find(db: Database, which: str, command_id: str | None = None) -> Visit:
    """The visit that a command ended, or that somebody of the staff is out on, or whose id begins like this."""
    async with connected(db) as link:
        done = await link.fetchrow(BY_COMMAND, command_id) if command_id else None
        row = done or await link.fetchrow(OUT, which)
        if row is not None:
            return _read(row)
        digits = which.replace("-", "").lower()
        if not PREFIX <= len(digits) <= 32 or set(digits) - set("0123456789abcdef"):
            raise _nobody(which)
        rows = await link.fetch(BY_BEGINNING, UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f")))
    if len(rows) > 1:
        raise RecordsError("conflict", "More than one visit begins like that: give more of the id.")
    if not rows:
        raise _nobody(which)
    return _read(rows[0])


async def out_now(db: Database, limit: int = LIMIT) -> list[Visit]:
    """Everybody who is out, who is missing longest or expected back first."""
    async with connected(db) as link:
        return [_read(row) for row in await link.fetch(OUT_NOW, limit)]


async def out_of(db: Database, visit_ids: Sequence[str]) -> list[Visit]:
    """Those of some visits that somebody is out on; the others are over."""
    async with connected(db) as link:
        return [_read(row) for row in await link.fetch(OUT_OF, [UUID(one) for one in visit_ids])]


async def _visit(link: Link, visit_id: str) -> Visit:
    row = await link.fetchrow(VISIT, UUID(visit_id))
    if row is None:
        raise RecordsError("not-found", "No such visit is in the records.")
    return _read(row)


def _read(row: Record) -> Visit:
    plain = {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}
    return Visit.model_validate(plain)


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text is not None else None


def _nobody(which: str) -> RecordsError:
    return RecordsError("not-found", f"{which} is not out on a visit: see `alongside visits` for who is.")


def _unknown(visit: Visit, constraint: str | None) -> RecordsError:
    if constraint == "visits_staff_fkey":
        return UnknownStaff(visit.staff)
    if constraint == "visits_joined_by_fkey":
        return UnknownStaff(visit.joined_by or "")
    what = "team" if constraint == "visits_team_fkey" else "transition"
    return RecordsError("not-found", f"The {what} of this visit is not in the records.")
