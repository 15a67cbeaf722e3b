"""A process that is started again whenever it has ended, as a service manager does."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from workers.child import Child

AGAIN = 0.5
"""Seconds until it is started again."""


class Kept:
    """A program that is to run all the time; it is ready when its log says so."""

    def __init__(self, name: str, log: Path, argv: Sequence[str], env: Mapping[str, str], ready: str) -> None:
        self.name = name
        self._argv = argv
        self._says = ready.encode()
        self._child = Child(name, log, env=env)
        self._keeper: asyncio.Task[None] | None = None
        self.ended_by_itself = 0
        """How often it ended without being told to: when it was started while a service was away, for example."""
        self._told_to_end = False

    def open(self) -> None:
        """Run it from now on."""
        self._keeper = asyncio.create_task(self._keep())

    async def close(self, *, at_once: bool = False) -> None:
        """Run it no more: it may finish what it is doing, unless it is to end at once."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if at_once:
            await self.kill()
        await self._child.stop(30)

    async def kill(self) -> None:
        """End it as a power cut would."""
        if (pid := self._child.pid) is not None:
            self._told_to_end = True
            os.kill(pid, signal.SIGKILL)
            await self._child.ended()

    @property
    def ready(self) -> bool:
        """Whether the process that runs now has said that it is ready."""
        return self._child.running and self._says in self._child.said()

    def tail(self) -> str:
        """The last lines of its log."""
        return self._child.tail()

    async def _keep(self) -> None:
        while True:
            self._told_to_end = False
            await self._child.start(self._argv)
            await self._child.ended()
            self.ended_by_itself += not self._told_to_end
            await asyncio.sleep(AGAIN)
