"""Who may do what in the database: whoever migrates owns it, the writer works in it, the reader reports from it.

The rights are given anew after every migration, from what is written here. A table that is not here is treated with
care, and a test asks for its place.
"""

from enum import StrEnum

import structlog
from asyncpg import DuplicateObjectError, InsufficientPrivilegeError, UniqueViolationError

from records.database import Link

log = structlog.get_logger(__name__)

WRITER, READER = "alongside_writer", "alongside_reader"


class Right(StrEnum):
    """What the writer may do with a table."""

    READ = "SELECT"
    """The database alone writes it."""
    ADD = "SELECT, INSERT"
    """What is recorded stays as it was recorded."""
    CHANGE = "SELECT, INSERT, UPDATE"
    REMOVE = "SELECT, INSERT, UPDATE, DELETE"


OF_WRITER = {
    Right.READ: (
        *("schema_migrations", "links", "sealed", "seals"),
        *("commands", "attempts", "people", "worklist", "caseload", "without_coordinator", "undelivered", "delays"),
        *("certificates", "under_18", "peer_wishes", "matched_by", "failed_contacts", "no_slots"),
    ),
    Right.ADD: (
        *("definitions", "commits", "events", "contacts", "escalations", "agreements", "absence_outcomes"),
        *("staff_history", "team_history", "access_log", "broken_glass", "privacy_alerts", "verifications"),
        *("visit_alerts", "supervisions", "support_alerts", "api_requests", "inbound_events"),
        *("measures", "measure_scores", "experience_heard", "people_said", "erasure_certificates"),
    ),
    Right.CHANGE: (
        *("teams", "staff", "cover", "people_sealed", "transitions", "notices", "absences", "assignments", "bookings"),
        *("group_sessions", "group_places", "visits", "visit_notices", "debriefs", "feeds", "api_tokens"),
        *("webhooks", "webhook_messages", "event_sources", "bulk_actions", "bulk_items", "chart_marks"),
        *("goals", "licences", "experience", "ready_periods", "ring_keys", "person_keys", "troubles"),
        *("erasures", "erased_again"),
    ),
    Right.REMOVE: (
        *("steps", "milestones", "fact_periods", "peer_queue", "sessions", "sign_ins", "people_open"),
        "words_open",
    ),
}
"""Every table and view, by what the writer may do with it."""

_EVERYTHING = "*"
OF_READER = {
    "schema_migrations": _EVERYTHING,
    "seals": _EVERYTHING,
    "verifications": _EVERYTHING,
    "teams": _EVERYTHING,
    "definitions": _EVERYTHING,
    "contacts": _EVERYTHING,
    "attempts": _EVERYTHING,
    "escalations": _EVERYTHING,
    "group_sessions": _EVERYTHING,
    "group_places": _EVERYTHING,
    "without_coordinator": _EVERYTHING,
    "milestones": _EVERYTHING,
    "fact_periods": _EVERYTHING,
    "measure_scores": _EVERYTHING,
    "experience": _EVERYTHING,
    "delays": _EVERYTHING,
    "under_18": _EVERYTHING,
    "peer_wishes": _EVERYTHING,
    "matched_by": _EVERYTHING,
    "failed_contacts": _EVERYTHING,
    "no_slots": _EVERYTHING,
    "people": "id, ethnicity, died_on",
    "staff": "id, name, role, team, hours_per_week, works, settings, job_share, active",
    "absences": "id, staff, starts, ends, withdrawn_at",
    "transitions": "id, person_id, pathway, started, taken_on, team, coordinator_id, overlap_coordinator_id, "
    "overlap_until, handover_to, division, status, on_hold, stage, next_due, overdue_count, highest_rung, exit, "
    "closed_at, definition, revision",
    "commits": "transition_id, revision, at, recorded_at",
    "events": "transition_id, revision, seq, event, step, at, said_at, recorded_at, command, role, staff",
    "steps": "transition_id, step, title, kind, owner, ladder, state, due, late, opened, done_on, ended, reason, rung, "
    "acknowledged_until, team, holder",
    "notices": "id, transition_id, revision, step, kind, due, number, recipient, roles, created_at, email, sent_at",
    "assignments": "id, transition_id, staff, joining, starts, ends, revision",
    "bookings": "id, transition_id, step, group_id, staff, starts, ends, busy, minutes, place, status, over_hours, "
    "booked_at",
    "ready_periods": "id, transition_id, starts, ends, reason, attribution, withdrawn_at",
    "peer_queue": "transition_id, team, urgency, since",
    "visits": "id, team, place, checked_in, expected_end, checked_out, went_wrong",
}
"""What the reader may see, by table: of who is followed no name, no number, no date of birth; no secret.

It has no keys: what is in somebody's own words, such as the reason of a step, are bytes to it.
"""

ROLES_THERE = """
-- Which of our roles there are.
SELECT rolname FROM pg_roles WHERE rolname = ANY ($1::text[])
"""
RELATIONS = """
-- Our tables and views, and whether a table is only added to.
SELECT c.relname AS name, c.relkind IN ('v', 'm') AS view, EXISTS (
    SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'only_added_to'
) AS added_to
FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relname
"""
MAY_SEAL = """
-- Whether this database can seal.
SELECT to_regprocedure('seal()') IS NOT NULL
"""


async def give(link: Link) -> bool:
    """Give the roles their rights, making the roles where we may; whether there are roles to give any to.

    Where we may not make them, somebody who may does it once (docs/deploying.md), and migrates again.
    """
    async with link.transaction():
        await link.execute("SELECT pg_advisory_xact_lock(hashtext('alongside: rights'))")
        there = {row["rolname"] for row in await link.fetch(ROLES_THERE, [WRITER, READER])}
        for role in {WRITER, READER} - there:
            if not await _made(link, role):
                log.warning("the roles of the database are not separated", missing=role)
                return False
        for row in await link.fetch(RELATIONS):
            for statement in _statements(row["name"], view=row["view"], added_to=row["added_to"]):
                await link.execute(statement)
        for statement in (f"GRANT USAGE ON SCHEMA public TO {WRITER}, {READER}", *await _sealing(link)):
            await link.execute(statement)
        if not await link.fetchval(COUNTS_AS_READER, WRITER) and not await _given(link, LET_COUNT):
            log.warning("reports are counted with the rights of the writer", grant=LET_COUNT)
    return True


async def _made(link: Link, role: str) -> bool:
    return await _given(link, f"CREATE ROLE {role} NOLOGIN")


async def _given(link: Link, statement: str) -> bool:
    """Do something about roles; whether we may."""
    try:
        async with link.transaction():
            await link.execute(statement)
    except InsufficientPrivilegeError:
        return False
    except (DuplicateObjectError, UniqueViolationError):  # roles are the server's: another database's migration made it
        return True
    return True


async def _sealing(link: Link) -> tuple[str, ...]:
    return (f"GRANT EXECUTE ON FUNCTION seal() TO {WRITER}",) if await link.fetchval(MAY_SEAL) else ()


def right_of(name: str, *, view: bool, added_to: bool) -> Right:
    """What the writer may do with a table; with one that has no place here, what its kind allows."""
    for right, names in OF_WRITER.items():
        if name in names:
            return right
    if view:
        return Right.READ
    return Right.ADD if added_to else Right.CHANGE


def _statements(name: str, *, view: bool, added_to: bool) -> list[str]:
    """Names of tables come from the database's own catalogue, and are quoted all the same."""
    table = '"' + name.replace('"', '""') + '"'
    found = [
        f"REVOKE ALL ON {table} FROM PUBLIC, {WRITER}, {READER}",
        f"GRANT {right_of(name, view=view, added_to=added_to)} ON {table} TO {WRITER}",
    ]
    seen = OF_READER.get(name)
    if seen is not None:
        found.append(f"GRANT SELECT {'' if seen == _EVERYTHING else f'({seen})'} ON {table} TO {READER}")
    return found


LET_COUNT = f"GRANT {READER} TO {WRITER} WITH INHERIT FALSE, SET TRUE"
"""So that the writer counts reports as the reader, and with nothing that the reader may not see."""
AS_READER = f"""
-- The reader for the rest of the transaction, where there is one and whoever asks may become it.
SELECT set_config('role', rolname, true) FROM pg_roles
WHERE rolname = '{READER}' AND pg_has_role(oid, 'SET')
"""  # noqa: S608 - the role is ours
COUNTS_AS_READER = f"""
-- Whether reports that a role counts, or whoever asks, are counted as the reader.
SELECT EXISTS (
    SELECT FROM pg_roles w CROSS JOIN pg_roles r
    WHERE w.rolname = coalesce($1, current_user) AND r.rolname = '{READER}' AND pg_has_role(w.oid, r.oid, 'SET')
)
"""  # noqa: S608 - the role is ours
MORE_THAN_WRITER = """
-- Whether this connection could change what was recorded.
SELECT has_table_privilege('events', 'UPDATE') OR has_table_privilege('events', 'DELETE')
"""


async def more_than_writer(link: Link) -> bool:
    """Whether this connection may do more than the writer may: it is the owner's, or an administrator's."""
    return bool(await link.fetchval(MORE_THAN_WRITER))


async def as_reader(link: Link) -> None:
    """See what the reader may see, and no more, until the transaction ends. As before where there is no such role."""
    await link.execute(AS_READER)


async def counts_as_reader(link: Link) -> bool:
    """Whether this connection can do that."""
    return bool(await link.fetchval(COUNTS_AS_READER, None))
