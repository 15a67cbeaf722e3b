"""The migrations make the same database from nothing and from one that is in use."""

import shutil
from pathlib import Path

from asyncpg import connect

from records.listings import history, transition
from records.migrate import MIGRATIONS, known, migrate, pending
from records.reconcile import differences, recorded
from records.staff import upsert_staff
from schemas.command import ChangeFacts, RecordMilestone
from tests.keys import RING
from tests.records.journeys import MANAGERS, begin, day, team_of
from workers.client import open_pool

SCHEMA = """
-- Every column, index and constraint, as text to compare.
SELECT 'column', table_name || '.' || column_name, data_type || is_nullable
    FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
ORDER BY 1, 2, 3
"""


async def schema_of(url: str) -> list[tuple[str, ...]]:
    """What a database is made of."""
    link = await connect(url)
    try:
        return [tuple(row) for row in await link.fetch(SCHEMA)]
    finally:
        await link.close()


async def test_an_empty_database_gets_everything_once(empty_database_url: str) -> None:
    assert await migrate(empty_database_url) == known()
    before = await schema_of(empty_database_url)
    assert await migrate(empty_database_url) == []
    assert await schema_of(empty_database_url) == before


async def test_a_database_in_use_keeps_what_it_has(empty_database_url: str, database_url: str, tmp_path: Path) -> None:
    first = known().index("0030_person_keys.sql") + 1  # the first that this version can write to
    before, rest = known()[:first], known()[first:]
    for name in before:
        shutil.copy(MIGRATIONS / name, tmp_path)
    assert await migrate(empty_database_url, tmp_path) == before
    async with await open_pool(empty_database_url, RING, size=2) as used:
        await upsert_staff(used, [*team_of("used"), *MANAGERS])
        late = await (await begin(used, "coord-used")).until(day(12))
        rows = await used.fetchval("SELECT count(*) FROM events")
        assert await migrate(empty_database_url) == rest
        one = late.journey.transition_id
        assert (await transition(used, one)).journey == late.journey
        assert len((await history(used, one)).rows) == rows
        told = {one: late.journey.model_dump(mode="json")}
        assert differences(told, {found: row async for found, row in recorded(used)}) == []
    assert await schema_of(empty_database_url) == await schema_of(database_url)


async def test_what_is_pending_is_told(empty_database_url: str) -> None:
    link = await connect(empty_database_url)
    assert await pending(link) == known()
    await migrate(empty_database_url)
    assert await pending(link) == []
    await link.close()


async def test_what_was_there_before_it_was_counted_is_counted(empty_database_url: str, tmp_path: Path) -> None:
    """A database from before milestones and facts stood beside the steps, with a journey, a change and a death."""
    before = [name for name in known() if name[:4] not in ("0023", "0024", "0051")]
    for name in before:
        shutil.copy(MIGRATIONS / name, tmp_path)
    assert await migrate(empty_database_url, tmp_path) == before
    async with await open_pool(empty_database_url, RING, size=2) as used:
        await upsert_staff(used, [*team_of("used"), *MANAGERS])
        one = await begin(used, "coord-used")
        changed = ChangeFacts(id="f", at=day(1), facts={"peer_support": "accepted"})
        one = await one.tell(changed)
        one = await one.tell(RecordMilestone(id="m", at=day(3), milestone="discharged", occurred_at=day(2)))
        ended = "UPDATE transitions SET status = 'closed', exit = 'died', closed_at = $1"
        await used.execute(ended, day(4))
        await migrate(empty_database_url)
        found = await used.fetch("SELECT milestone, occurred FROM milestones ORDER BY milestone")
        assert [tuple(row) for row in found] == [("discharged", day(2)), ("started", day(0))]
        facts = await used.fetch("SELECT fact, value::text, since, until FROM fact_periods")
        assert [tuple(row) for row in facts] == [("peer_support", '"accepted"', day(1), None)]
        assert await used.fetchval("SELECT died_on FROM people") == day(4).date()
