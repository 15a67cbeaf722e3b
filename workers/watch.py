"""A service kept running: started again when it dies, given up on when it keeps dying."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Protocol

import structlog

from workers.child import Child
from workers.stop import Stop

log = structlog.get_logger(__name__)

_TOO_OFTEN = 5
_WITHIN = 60.0


class Server(Protocol):
    """What can be started, watched and stopped."""

    name: str
    child: Child

    async def start(self) -> None:
        """Start it and return when it answers. Raises Stop when it will not."""

    async def stop(self) -> None:
        """Stop it cleanly."""


class Watch:
    """Keeps one server running; `failure` gets the reason when that is no longer possible."""

    def __init__(self, server: Server, failure: "asyncio.Future[Stop]") -> None:
        self.server = server
        self._failure = failure
        self._deaths: deque[float] = deque(maxlen=_TOO_OFTEN)
        self._changing = asyncio.Lock()
        self._keeper: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start the server and watch it from then on."""
        await self.server.start()
        self._keeper = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Watch no more, and stop the server."""
        if self._keeper:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        await self.server.stop()

    @contextlib.asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """The server is stopped for the time of the block."""
        async with self._changing:
            await self.server.stop()
            try:
                yield
            finally:
                await self.server.start()

    async def _keep(self) -> None:
        while not self._failure.done():
            code = await self.server.child.ended()
            async with self._changing:
                if not self.server.child.running:
                    await self._start_again(code)

    async def _start_again(self, code: int) -> None:
        name = self.server.name
        self._deaths.append(time.monotonic())
        if len(self._deaths) == _TOO_OFTEN and self._deaths[-1] - self._deaths[0] < _WITHIN:
            self._fail(f"{name} ended {_TOO_OFTEN} times within a minute. Its log ends:\n{self.server.child.tail()}")
            return
        log.warning("service ended by itself, starting it again", service=name, exit_code=code)
        try:
            await self.server.start()
        except Stop as stop:
            self._fail(stop.message)
        except Exception as error:  # nobody awaits this task: whatever it is, it must be heard of
            log.exception("service cannot be started again", service=name)
            self._fail(f"{name} cannot be started again: {error}.")
        else:
            log.info("service runs again", service=name)

    def _fail(self, message: str) -> None:
        if not self._failure.done():
            self._failure.set_result(Stop(message))
