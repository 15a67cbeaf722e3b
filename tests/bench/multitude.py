"""A made-up past many times over: each copy with staff of its own, some weeks earlier, in SQL."""

from typing import NamedTuple

from asyncpg import Record

from records.people import enter
from schemas.person import Person
from workers.client import Pool

WEEKS = 13
"""Over how many weeks the copies are spread."""
OF_TRANSITIONS = (
    "steps", "contacts", "events", "escalations", "milestones", "fact_periods", "ready_periods", "assignments",
    "bookings", "measures", "measure_scores",
)  # fmt: skip
STAFF = frozenset(
    {"staff", "holder", "by_staff", "recorded_by", "assigned_by", "coordinator_id", "overlap_coordinator_id",
     "handover_to"}
)  # fmt: skip
EARLIER = "c.days * interval '1 day'"
COPIES = """
-- Everybody so many times again: which copy, and how many days earlier it was.
CREATE TEMP TABLE copies ON COMMIT DROP AS
SELECT t.id AS was, md5(t.id::text || n)::uuid AS id, t.person_id, n, -7 * (n % {weeks}) AS days
FROM transitions t CROSS JOIN generate_series(1, {times}) AS n
"""
TEAMS = "INSERT INTO teams (name) SELECT t.name || ' ' || n FROM teams t CROSS JOIN generate_series(1, {times}) AS n"
PEOPLE = """
-- Whom the copies are of, and when they died.
SELECT DISTINCT ON (c.person_id, c.n) md5(c.person_id::text || c.n)::uuid AS id, c.n, p.local_id, p.given_name,
    p.family_name, p.date_of_birth, p.ethnicity, p.died_on + c.days AS died_on
FROM copies c JOIN people p ON p.id = c.person_id
"""
ALSO = "UPDATE people_sealed SET ethnicity = $2, died_on = $3 WHERE id = $1"
COLUMNS = """
-- The columns of a table that can be written.
SELECT column_name AS name, udt_name AS type FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position
"""


class Column(NamedTuple):
    """A column of a table, and its type."""

    name: str
    type: str

    @property
    def copied(self) -> str:
        """What it is in a copy."""
        name = f"r.{self.name}"
        if self.name == "transition_id":
            return "c.id"
        if self.name in ("id", "person_id") and self.type == "uuid":
            return f"md5({name}::text || c.n)::uuid"
        if self.name in STAFF:
            return f"{name} || '.' || c.n"
        if self.name == "team":
            return f"{name} || ' ' || c.n"
        return {
            "timestamptz": f"{name} + {EARLIER}",
            "date": f"{name} + c.days",
            "tstzrange": f"tstzrange(lower({name}) + {EARLIER}, upper({name}) + {EARLIER})",
        }.get(self.type, name)


def _copy(row: Record) -> Person:
    names = {name: row[name] for name in ("given_name", "family_name", "date_of_birth")}
    return Person(local_id=f"{row['local_id']}.{row['n']}", **names)


async def multiply(pool: Pool, transitions: int) -> None:
    """Copy everybody, with all that a report reads of them, until there are so many transitions or a few more."""
    async with pool.acquire() as link:
        there: int = await link.fetchval("SELECT count(*) FROM transitions")
        times = -(-transitions // there) - 1
        async with link.transaction():
            await link.execute("SET LOCAL session_replication_role = replica")  # they are sound as their originals
            await link.execute(COPIES.format(weeks=WEEKS, times=times))
            await link.execute(TEAMS.format(times=times))
            people = await link.fetch(PEOPLE)
            await enter(link, {row["id"]: _copy(row) for row in people})
            await link.executemany(ALSO, [(row["id"], row["ethnicity"], row["died_on"]) for row in people])
            for table in ("transitions", *OF_TRANSITIONS):
                columns = [Column(*row) for row in await link.fetch(COLUMNS, table)]
                key = "id" if table == "transitions" else "transition_id"
                names, copied = ", ".join(one.name for one in columns), ", ".join(one.copied for one in columns)
                await link.execute(
                    f"INSERT INTO {table} ({names}) SELECT {copied} FROM copies c JOIN {table} r ON r.{key} = c.was"
                )
        await link.execute("VACUUM ANALYZE", timeout=900)
