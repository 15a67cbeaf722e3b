"""A connection from whatever the caller has: a pool, or a connection of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

from asyncpg import Connection, Pool, Record
from asyncpg.pool import PoolConnectionProxy

Link: TypeAlias = "Connection[Record] | PoolConnectionProxy[Record]"
"""One connection."""
Database: TypeAlias = "Pool[Record] | Connection[Record] | PoolConnectionProxy[Record]"
"""What every public function of the records takes first."""


@asynccontextmanager
async def connected(db: Database) -> AsyncIterator[Link]:
    """A connection of the pool for the time of the block, or the given one."""
    if isinstance(db, Pool):
        async with db.acquire() as link:
            yield link
    else:
        yield db


@asynccontextmanager
async def transaction(db: Database) -> AsyncIterator[Link]:
    """A connection in a transaction that ends with the block: kept when it ends well, else undone."""
    async with connected(db) as link, link.transaction():
        yield link
