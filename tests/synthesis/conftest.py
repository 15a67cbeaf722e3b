"""Some made-up pasts, each lived once, in a database of its own with its ledger beside it."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import NamedTuple

import asyncpg
import pytest
import pytest_asyncio

from records.synthetic.playing import Past
from records.synthetic.writing import fill
from tests.keys import RING
from tests.synthesis.told import Told, told
from workers.client import Pool, open_pool
from workers.postgres_server import DATABASE, PostgresServer

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SEEDS = (1, 300)
PEOPLE = 300


class Lived(NamedTuple):
    """A past: the records of it, and what really happened."""

    pool: Pool
    told: Told


@asynccontextmanager
async def database(server: PostgresServer, name: str) -> AsyncIterator[Pool]:
    """A fresh, migrated, empty database."""
    admin = await asyncpg.connect(server.url_of("postgres"))
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {DATABASE}")
    pool = await open_pool(server.url_of(name), RING)
    try:
        yield pool
    finally:
        pool.terminate()
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


@pytest_asyncio.fixture(scope="module", params=SEEDS)
async def lived(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> AsyncIterator[Lived]:
    """The past of a seed."""
    ledger = io.StringIO()
    async with database(postgres_server, f"past_{request.param}") as pool:
        async for _ in fill(pool, Past(request.param, PEOPLE, 2.6, NOW, ledger=ledger)):
            pass
        await pool.execute("ANALYZE")
        yield Lived(pool, told(ledger.getvalue().splitlines()))


@pytest_asyncio.fixture
async def another(postgres_server: PostgresServer) -> AsyncIterator[Pool]:
    """A second database beside that of the test."""
    async with database(postgres_server, "another_past") as pool:
        yield pool
