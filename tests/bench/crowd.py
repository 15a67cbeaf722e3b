"""Many more people like those who are there: each is copied, with all that is recorded of them, in SQL."""

from records.database import Link
from records.people import enter
from records.words_before import seal_what_is_open
from schemas.person import Person
from workers.client import Pool

A_SET = 10
"""How many copies of a person share a team: so that teams and coordinators grow with the people."""

COPIES = """
-- The copies of everybody: number 0 is the original.
CREATE TEMP TABLE copies ON COMMIT DROP AS
SELECT t.id AS was, md5(t.id::text || n)::uuid AS id, t.person_id AS person_was,
    md5(t.person_id::text || n)::uuid AS person_id, n, n / $2 AS part
FROM transitions t CROSS JOIN generate_series(1, $1) AS n
"""
STAFF = """
-- The staff of every further part of the service; those of all teams stay as they are.
INSERT INTO staff (id, name, role, team, hours_per_week, works, languages, attributes, settings, line_manager,
    role_supervisor, wellbeing_supervisor, email, active)
SELECT s.id || '.' || p, s.name, s.role, s.team || ' ' || p, s.hours_per_week, s.works, s.languages, s.attributes,
    s.settings, s.line_manager, s.role_supervisor, s.wellbeing_supervisor, s.email, s.active
FROM staff s CROSS JOIN (SELECT DISTINCT part AS p FROM copies WHERE part > 0) AS parts WHERE s.team IS NOT NULL
"""
TEAMS = """
INSERT INTO teams (name) SELECT t.name || ' ' || p FROM teams t
CROSS JOIN (SELECT DISTINCT part AS p FROM copies WHERE part > 0) AS parts ON CONFLICT DO NOTHING
"""
PEOPLE = """
SELECT DISTINCT ON (c.person_id) c.person_id, c.n, p.local_id, p.given_name, p.family_name, p.date_of_birth
FROM copies c JOIN people p ON p.id = c.person_was
"""
TRANSITIONS = """
INSERT INTO transitions (id, person_id, pathway, started, taken_on, team, coordinator_id, division, status, on_hold,
    stage, next_due, overdue_count, highest_rung, exit, closed_at, definition, revision, journey)
SELECT c.id, c.person_id, t.pathway, t.started, t.taken_on, t.team || CASE WHEN part > 0 THEN ' ' || part ELSE '' END,
    t.coordinator_id || CASE WHEN part > 0 THEN '.' || part ELSE '' END, t.division, t.status, t.on_hold, t.stage,
    t.next_due, t.overdue_count, t.highest_rung, t.exit, t.closed_at, t.definition, t.revision, t.journey
FROM copies c JOIN transitions t ON t.id = c.was
"""
COMMITS = """
INSERT INTO commits (transition_id, revision, digest, at, command_id)
SELECT c.id, k.revision, k.digest, k.at, k.command_id FROM copies c JOIN commits k ON k.transition_id = c.was
"""
STEPS = """
INSERT INTO steps (transition_id, step, kind, title, owner, ladder, state, due, late, opened, done_on, ended, rung,
    acknowledged_until, reason, by_hand, team, holder)
SELECT c.id, s.step, s.kind, s.title, s.owner, s.ladder, s.state, s.due, s.late, s.opened, s.done_on, s.ended, s.rung,
    s.acknowledged_until, s.reason, s.by_hand, s.team || CASE WHEN part > 0 THEN ' ' || part ELSE '' END,
    s.holder || CASE WHEN part > 0 THEN '.' || part ELSE '' END
FROM copies c JOIN steps s ON s.transition_id = c.was
"""
EVENTS = """
INSERT INTO events (transition_id, revision, seq, event, step, at, said_at, command_id, command, role, staff, reason,
    payload)
SELECT c.id, e.revision, e.seq, e.event, e.step, e.at, e.said_at, e.command_id, e.command, e.role, e.staff, e.reason,
    e.payload
FROM copies c JOIN events e ON e.transition_id = c.was
"""
ESCALATIONS = """
INSERT INTO escalations (transition_id, step, due, rung, at, roles, recipients, revision)
SELECT c.id, e.step, e.due, e.rung, e.at, e.roles, e.recipients, e.revision
FROM copies c JOIN escalations e ON e.transition_id = c.was
"""


WORDS = """
-- What somebody wrote of the original, in one column of the copies, opened; and whose copy it is.
SELECT r.ctid AS place, c.id, readable(c.was, r.{column}) AS said FROM copies c JOIN {table} r ON r.{whose} = c.id
WHERE strpos(r.{column}::text, U&'\\E000') > 0
"""
OPENED = """
-- The same in the copy, as it was said.
UPDATE {table} SET {column} = $2::text::{kind} WHERE ctid = $1
"""
COLUMNS = (
    ("transitions", "journey", "json"), ("steps", "title", "text"), ("steps", "reason", "text"),
    ("steps", "by_hand", "text"), ("events", "reason", "text"), ("events", "payload", "jsonb"),
)  # fmt: skip


async def _with_their_own_key(link: Link) -> None:
    """A copy's own key does not open what was sealed of the original: it is sealed anew, and in the events it stands
    open, as what was recorded before anything was sealed."""
    for table, column, kind in COLUMNS:
        whose = "id" if table == "transitions" else "transition_id"
        rows = await link.fetch(WORDS.format(table=table, column=column, whose=whose))
        opened = [(row["place"], row["said"]) for row in rows]
        await link.executemany(OPENED.format(table=table, column=column, kind=kind), opened)
    await link.execute("INSERT INTO words_open SELECT 'transition', id FROM copies")


async def grow(pool: Pool, people: int) -> int:
    """Copy everybody until there are about so many transitions; answers how many there are."""
    async with pool.acquire() as link:
        there = await link.fetchval("SELECT count(*) FROM transitions")
        async with link.transaction():
            await link.execute(
                "SET LOCAL session_replication_role = replica"
            )  # the copies are sound as their originals
            await link.execute(COPIES.replace("$1", str(people // there)).replace("$2", str(A_SET)))
            copied = {
                row["person_id"]: Person(
                    local_id=f"{row['local_id']}.{row['n']}", given_name=row["given_name"],
                    family_name=row["family_name"], date_of_birth=row["date_of_birth"],
                )
                for row in await link.fetch(PEOPLE)
            }  # fmt: skip
            await enter(link, copied)
            for query in (TEAMS, STAFF, TRANSITIONS, COMMITS, STEPS, EVENTS, ESCALATIONS):
                await link.execute(query)
            await _with_their_own_key(link)
        await seal_what_is_open(link)
        await link.execute("VACUUM ANALYZE")
        count: int = await link.fetchval("SELECT count(*) FROM transitions")
    return count
