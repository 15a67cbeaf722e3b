"""The migrations make the same database from nothing and from one that is in use."""

import shutil
from pathlib import Path

from asyncpg import Pool, Record, connect, create_pool

from records.listings import history, transition
from records.migrate import MIGRATIONS, known, migrate, pending
from records.reconcile import differences, recorded
from records.staff import upsert_staff
from tests.records.databases import a_database, schema_of
from tests.records.journeys import MANAGERS, begin, day, team_of
from workers.postgres_server import PostgresServer


async def test_an_empty_database_gets_everything_once(pool: "Pool[Record]", postgres: PostgresServer) -> None:
    async with a_database(pool, postgres) as url:
        assert await migrate(url) == known()
        before = await schema_of(url)
        assert await migrate(url) == []
        assert await schema_of(url) == before


async def test_a_database_in_use_keeps_what_it_has(
    pool: "Pool[Record]", postgres: PostgresServer, tmp_path: Path
) -> None:
    first, *rest = known()
    shutil.copy(MIGRATIONS / first, tmp_path)
    async with a_database(pool, postgres) as url, a_database(pool, postgres) as other:
        assert await migrate(url, tmp_path) == [first]
        used = await create_pool(url, min_size=1, max_size=2)
        await upsert_staff(used, [*team_of("used"), *MANAGERS])
        late = await (await begin(used, "coord-used")).until(day(12))
        rows = await used.fetchval("SELECT count(*) FROM events")
        assert await migrate(url) == rest
        one = late.journey.transition_id
        assert (await transition(used, one)).journey == late.journey
        assert len((await history(used, one)).rows) == rows
        assert (
            differences({one: late.journey.model_dump(mode="json")}, {i: row async for i, row in recorded(used)}) == []
        )
        await used.close()
        await migrate(other)
        assert await schema_of(url) == await schema_of(other)


async def test_what_is_pending_is_told(pool: "Pool[Record]", postgres: PostgresServer) -> None:
    async with a_database(pool, postgres) as url:
        link = await connect(url)
        assert await pending(link) == known()
        await migrate(url)
        assert await pending(link) == []
        await link.close()
