"""A program that runs beside this process, writes to a log file, and does not outlive us where that can be had."""

import asyncio
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from workers.account import Account

_LOG_LIMIT = 10 * 1024 * 1024
_PR_SET_PDEATHSIG = 1


class Child:
    """One program; `start` and `stop` it any number of times."""

    def __init__(
        self,
        name: str,
        log: Path,
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        env: Mapping[str, str] | None = None,
        account: Account | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._stop_signal = stop_signal
        self._env = env
        self._account = account
        self._process: asyncio.subprocess.Process | None = None
        self._log_before = 0

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self.running and self._process else None

    @property
    def running(self) -> bool:
        """It was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self, argv: Sequence[str | Path]) -> None:
        """Start the program; its output is added to the log file."""
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".1.log"))
        self._log_before = self.log.stat().st_size if self.log.exists() else 0
        user = {"user": self._account.uid, "group": self._account.gid, "extra_groups": []} if self._account else {}
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(str(word) for word in argv),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=None if self._env is None else dict(self._env),
                start_new_session=True,  # Ctrl-C is for us: we stop our children in order
                umask=0o077,
                preexec_fn=_die_with_parent(self._stop_signal),
                **user,  # type: ignore[arg-type]  # one mapping for three parameters of different types
            )

    async def ended(self) -> int:
        """Wait until the program ends; its exit code (negative: the signal that ended it)."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return await self._process.wait()

    async def stop(self, patience: float = 15.0) -> None:
        """Ask the program to stop, and make it after `patience` seconds."""
        if self._process is None or not self.running:
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(self._stop_signal)
        try:
            await asyncio.wait_for(self._process.wait(), patience)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    def said(self) -> bytes:
        """What the program has written since it was started."""
        if not self.log.exists():
            return b""
        with self.log.open("rb") as log:
            log.seek(self._log_before)
            return log.read()

    def tail(self, lines: int = 12) -> str:
        """The last lines of its log."""
        if not self.log.exists():
            return "(it wrote no log)"
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 16_384))
            text = log.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])


def _die_with_parent(sig: signal.Signals) -> Callable[[], None] | None:
    """What a child does before it becomes its program: on Linux, ask for `sig` when we die."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def before_program() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, sig)
        if os.getppid() != parent:
            os._exit(1)

    return before_program


async def end_leftovers(found: Callable[[], Sequence[psutil.Process]], sig: signal.Signals, patience: float) -> int:
    """Stop programs that a killed parent left behind, with `sig` and after `patience` seconds by force.

    Returns how many there were.
    """
    leftovers = found()
    for how in (sig, signal.SIGKILL):
        for process in filter(_lives, leftovers):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(how)
        deadline = time.monotonic() + patience
        while any(map(_lives, leftovers)) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # nobody tells of the end of a process that is not our child
    return len(leftovers)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
