"""What a command talks to: the records, or the records and Temporal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from temporalio.client import Client

    from workers.client import Pool
    from workers.settings import Settings


@asynccontextmanager
async def records() -> "AsyncIterator[Pool]":
    """The records, for commands that only read."""
    from workers.client import connect_pool
    from workers.settings import load_settings

    pool = await connect_pool(load_settings(), size=4)
    try:
        yield pool
    finally:
        pool.terminate()


@asynccontextmanager
async def everything() -> "AsyncIterator[tuple[Settings, Client, Pool]]":
    """The settings, Temporal and the records, for commands that change something."""
    from workers.client import connect, connect_pool, resolve
    from workers.logging import configure
    from workers.settings import load_settings

    settings = load_settings()
    configure(settings.log_format, "error")
    services = resolve(settings)
    pool = await connect_pool(settings, services)
    try:
        yield settings, await connect(settings, services, db=pool), pool
    finally:
        pool.terminate()
