"""A place with a running worker, for each test."""

from collections.abc import AsyncIterator

import pytest_asyncio
from temporalio.client import Client

from tests.durable.following import Place, place
from workers.client import Pool


@pytest_asyncio.fixture
async def here(temporal: Client, pool: Pool) -> AsyncIterator[Place]:
    """A place whose worker is running."""
    async with place(temporal, pool) as found, found.worker():
        yield found
