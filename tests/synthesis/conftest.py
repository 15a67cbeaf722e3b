"""Some made-up pasts, each lived once, in a database of its own with its ledger beside it."""

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import NamedTuple

import asyncpg
import pytest
import pytest_asyncio

from records.synthetic.playing import Past
from records.synthetic.writing import fill
from tests.synthesis.told import Told, told
from workers.client import Pool, open_pool
from workers.postgres_server import DATABASE, PostgresServer

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SEEDS = (1, 20, 300)
PEOPLE = 500


class Lived(NamedTuple):
    """A past: the records of it, and what really happened."""

    pool: Pool
    told: Told


@pytest_asyncio.fixture(scope="module", params=SEEDS)
async def lived(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> AsyncIterator[Lived]:
    """The past of a seed."""
    name = f"past_{request.param}"
    admin = await asyncpg.connect(postgres_server.url_of("postgres"))
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {DATABASE}")
    pool = await open_pool(postgres_server.url_of(name))
    ledger = io.StringIO()
    try:
        async for _ in fill(pool, Past(request.param, PEOPLE, 2.6, NOW, ledger=ledger)):
            pass
        await pool.execute("ANALYZE")
        yield Lived(pool, told(ledger.getvalue().splitlines()))
    finally:
        pool.terminate()
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()
