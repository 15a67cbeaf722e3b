"""What says that the records are away: also a connection that was told to end over a wire that does not say so yet."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from records.database import LOST
from workers.ports import LOOPBACK


@asynccontextmanager
async def never_closing(database_url: str) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """A way to a database on which everything is handed on but its end; the event says when that came."""
    parts = urlsplit(database_url)
    socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
    writers: list[asyncio.StreamWriter] = []
    ended = asyncio.Event()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while said := await reader.read(4096):
                writer.write(said)
                await writer.drain()

    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        their_reader, their_writer = await asyncio.open_unix_connection(socket)
        writers.extend((writer, their_writer))
        onward = asyncio.create_task(carry(reader, their_writer))
        await carry(their_reader, writer)
        ended.set()
        await onward

    server = await asyncio.start_server(taken, LOOPBACK, 0)
    try:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql://{parts.username}@{LOOPBACK}:{port}{parts.path}", ended
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()


async def test_a_connection_that_was_told_to_end_is_lost(database_url: str) -> None:
    owner = await asyncpg.connect(database_url)
    async with never_closing(database_url) as (way, ended):
        connection = await asyncpg.connect(way)
        number = await connection.fetchval("SELECT pg_backend_pid()")
        assert await owner.fetchval("SELECT pg_terminate_backend($1, 5000)", number)
        await asyncio.wait_for(ended.wait(), 10)
        for _ in range(10):
            await asyncio.sleep(0)  # what came for it last is read
        with pytest.raises(LOST) as found:
            await connection.fetchval("SELECT 1", timeout=5)
        assert isinstance(found.value, asyncpg.InternalClientError)
        connection.terminate()
    await owner.close()
