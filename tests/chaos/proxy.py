"""A wire to a service, on loopback, that can be slow or cut."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from workers.ports import LOOPBACK

Ends: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_CHUNK = 64 * 1024
_ON_THE_WAY = 64
"""Chunks on the way at most: whoever sends more waits, as on a real wire."""


class Proxy:
    """Listens on a port of its own and hands everything on to a service, both ways."""

    def __init__(self, service: Callable[[], Awaitable[Ends]]) -> None:
        self._service = service
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._port = 0
        self.delay = 0.0
        """Seconds that everything is under way, each way."""
        self._cut = False

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"{LOOPBACK}:{self._port}"

    async def open(self) -> None:
        """Listen from now on."""
        self._server = await asyncio.start_server(self._taken, LOOPBACK, 0)
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Hand nothing on any more."""
        if self._server is not None:
            self._server.close()
        self._abort()

    def cut(self) -> None:
        """Every connection breaks, with whatever is under way in it, and no other can be made."""
        self._cut = True
        self._abort()

    def mend(self) -> None:
        """Connections can be made again."""
        self._cut = False

    def _abort(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        try:
            their_reader, their_writer = await self._service()
        except OSError:  # the service is away: so is whoever asks for it here
            writer.transport.abort()
            return
        ends = {writer, their_writer}
        self._writers |= ends
        try:
            await asyncio.gather(self._carry(reader, their_writer), self._carry(their_reader, writer))
        finally:
            self._writers -= ends
            for one in ends:
                one.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Everything from one end to the other, in its order, each chunk as late as the wire is slow."""
        wire: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_ON_THE_WAY)
        arriving = asyncio.create_task(self._arrive(wire, writer))
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                await wire.put((loop.time() + self.delay, chunk))
        await wire.put((loop.time() + self.delay, b""))
        await arriving

    async def _arrive(self, wire: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        broken = False
        while True:
            at, chunk = await wire.get()
            if (early := at - loop.time()) > 0:
                await asyncio.sleep(early)
            if not chunk:
                break
            if broken:
                continue
            try:
                writer.write(chunk)
                await writer.drain()
            except OSError:  # the other end is gone: what still comes for it falls on the floor
                broken = True
        if not broken and writer.can_write_eof():
            with contextlib.suppress(OSError):
                writer.write_eof()


def to_socket(path: str) -> Callable[[], Awaitable[Ends]]:
    """A service that listens on a Unix socket."""
    return lambda: asyncio.open_unix_connection(path)


def to_port(host: str, port: int) -> Callable[[], Awaitable[Ends]]:
    """A service that listens on a port."""
    return lambda: asyncio.open_connection(host, port)
