"""The migrations make the same database from nothing and from one that is in use."""

import shutil
from pathlib import Path

from asyncpg import connect

from records.listings import history, transition
from records.migrate import MIGRATIONS, known, migrate, pending
from records.people import upsert_person
from records.reconcile import differences, recorded
from records.staff import upsert_staff
from tests.keys import RING
from tests.records.journeys import MANAGERS, begin, day, somebody, team_of
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
    first = known().index("0050_sealed_people.sql") + 1  # the first that this version can write to
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


async def test_whoever_was_here_before_anything_was_sealed_is_sealed(empty_database_url: str, tmp_path: Path) -> None:
    for name in known()[: known().index("0050_sealed_people.sql")]:
        shutil.copy(MIGRATIONS / name, tmp_path)
    await migrate(empty_database_url, tmp_path)
    link = await connect(empty_database_url)
    await link.execute(
        "INSERT INTO people (local_id, nhs_number, given_name, family_name, date_of_birth, known_as) "
        "VALUES ('AL7', '9990046204', 'Ada', 'Xqzvlorp', '1990-01-01', 'Addy')"
    )
    await migrate(empty_database_url)
    async with await open_pool(empty_database_url, RING, size=2) as used:
        (one,) = await used.fetch("SELECT local_id, nhs_number, given_name, family_name, known_as FROM people")
        assert tuple(one) == ("AL7", "9990046204", "Ada", "Xqzvlorp", "Addy")
        assert await upsert_person(used, somebody().model_copy(update={"local_id": "AL7", "nhs_number": None}))
        assert await used.fetchval("SELECT count(*) FROM people") == 1
    assert await link.fetchval("SELECT count(*) FROM people_open") == 0
    kept = await link.fetchval("SELECT string_agg(p::text, ' ') FROM people_sealed p")
    assert not [said for said in ("AL7", "9990046204", "Ada", "Xqzvlorp", "Addy") if said.encode().hex() in kept]
    await link.close()
