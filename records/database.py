"""A connection from whatever the caller has: a pool, or a connection of its own. It carries the keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg
from asyncpg import Connection, Pool, Record
from asyncpg.pool import PoolConnectionProxy

from records.errors import RecordsError
from records.keyring import KeyRing

Link: TypeAlias = "Connection[Record] | PoolConnectionProxy[Record]"
"""One connection."""
Database: TypeAlias = "Pool[Record] | Connection[Record] | PoolConnectionProxy[Record]"
"""What every public function of the records takes first."""
LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was told to end, and has not been closed yet
    asyncpg.OperatorInterventionError,  # it stops, or begins, or has just crashed
    asyncpg.InsufficientResourcesError,  # its disk is full, or it has no room for one more connection
    asyncpg.PostgresSystemError,
)
"""What says that the records are away for now, and that nothing is wrong with what was asked."""


class Keyed(Connection):
    """A connection with the keys that what goes over it is sealed with: whoever opens it puts them there.

    So every function of the records has them, and its signature says nothing of keys.
    """

    keys: KeyRing | None = None


def keys_of(link: Link) -> KeyRing:
    """The keys of a connection. Refused when whoever opened it put none there."""
    keys: KeyRing | None = getattr(link, "keys", None)
    if keys is None:
        raise RecordsError("invalid", "This connection to the records carries no keys, and nothing is written open.")
    return keys


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
