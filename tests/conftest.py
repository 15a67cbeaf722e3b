"""The real services for tests: PostgreSQL, Temporal on real time, and Temporal with a clock that skips.

Each pytest-xdist worker has its own, started when first asked for and thrown away at the end.
"""

import itertools
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from tests.keys import RING, for_people
from tests.safety.evidence import pytest_runtest_logreport, pytest_sessionfinish, pytest_terminal_summary
from workers.client import Pool, open_pool
from workers.embedded import ephemeral_postgres, ephemeral_temporal, time_skipping
from workers.postgres_server import DATABASE, PostgresServer

__all__ = ["pytest_runtest_logreport", "pytest_sessionfinish", "pytest_terminal_summary"]

_numbers = itertools.count(1)

MEMORY = Path("/dev/shm")
"""Files in memory, where the system has that: a database is copied there in a tenth of the time."""
ENOUGH = 4 * 2**30
"""Bytes that have to be free there. A container may have as little as 64 MiB."""


def _in_memory() -> bool:
    return MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ENOUGH


@pytest_asyncio.fixture(scope="session")
async def postgres_server() -> AsyncIterator[PostgresServer]:
    """A migrated PostgreSQL, kept as the template that tests copy: do not write to its own database."""
    async with ephemeral_postgres(MEMORY if _in_memory() else None) as server:
        yield server


@pytest_asyncio.fixture
async def database_url(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """A fresh, migrated, empty database for one test. Whoever is told where it is finds the keys beside it."""
    monkeypatch.setenv("ALONGSIDE_KEYS", RING.written())
    apart = tmp_path_factory.mktemp("apart")
    monkeypatch.setenv("ALONGSIDE_ERASED_FILE", str(apart / "erased.jsonl"))
    monkeypatch.setenv("ALONGSIDE_PERSON_KEYS_FILE", str(apart / "person-keys.jsonl"))
    async with _database(postgres_server, f"TEMPLATE {DATABASE} STRATEGY FILE_COPY") as url:
        yield url


@pytest_asyncio.fixture
async def empty_database_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """A fresh database without any table, for tests of the migrations themselves."""
    async with _database(postgres_server, "TEMPLATE template0") as url:
        yield url


@pytest_asyncio.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A pool of connections to a fresh database."""
    opened = await open_pool(database_url, RING)
    try:
        yield opened
    finally:
        opened.terminate()


@pytest_asyncio.fixture(scope="session")
async def temporal_server() -> AsyncIterator[Client]:
    """A client of a development server on real time, our search attributes registered, that knows of no people."""
    async with ephemeral_temporal(RING) as client:
        yield client


@pytest_asyncio.fixture
async def temporal(temporal_server: Client, pool: Pool) -> Client:
    """The same, with the keys of the people of one test. Use your own task queue."""
    return for_people(temporal_server, pool)


@pytest.fixture(scope="session")
def skipping() -> Callable[[], AbstractAsyncContextManager[WorkflowEnvironment]]:
    """`async with skipping() as environment:` a server whose clock skips, for this test alone."""
    return lambda: time_skipping(RING)


@asynccontextmanager
async def _database(server: PostgresServer, like: str) -> AsyncIterator[str]:
    name = f"test_{next(_numbers)}"
    admin = await asyncpg.connect(server.url_of("postgres"))
    try:
        await admin.execute(f"CREATE DATABASE {name} {like}")
        yield server.url_of(name)
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()
