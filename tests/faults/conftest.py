"""The demo caseload, running for real: services on a data folder, and a worker in a process of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client

from workers.client import Pool, open_pool
from workers.embedded import EmbeddedServices
from workers.ports import Ports, free_port

DATA = Path(__file__).parents[2] / "cli" / "demo_data"
ALONGSIDE = str(Path(sys.executable).parent / "alongside")


@dataclass
class World:
    """Everything that runs, and ways to hurt it."""

    services: EmbeddedServices
    client: Client
    pool: Pool
    environment: dict[str, str]
    worker: asyncio.subprocess.Process | None = None

    async def run(self, *arguments: str) -> tuple[int, str]:
        """Run an `alongside` command to its end; its exit code and all that it said."""
        process = await asyncio.create_subprocess_exec(
            ALONGSIDE,
            *arguments,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    async def start_worker(self) -> None:
        """Start a worker in a process of its own."""
        self.worker = await asyncio.create_subprocess_exec(
            ALONGSIDE,
            "worker",
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def kill_worker(self) -> None:
        """End the worker as a power cut would."""
        if self.worker is not None:
            self.worker.send_signal(signal.SIGKILL)
            await self.worker.wait()
            self.worker = None


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[World]:
    """The services on a folder, and a worker; nobody is followed yet."""
    # Ports that no other test takes: the usual ones would be, while Temporal is away, and then all would be sent there.
    folder.mkdir(exist_ok=True)
    (folder / "ports.json").write_text(Ports(temporal=free_port(), ui=free_port()).model_dump_json())
    async with EmbeddedServices(folder, ui=False) as services:
        pool = await open_pool(services.database_url, services.keys)
        environment = {
            **os.environ,
            "ALONGSIDE_DATABASE_URL": services.database_url,
            "ALONGSIDE_DATA_DIR": str(folder),
            "TEMPORAL_ADDRESS": services.temporal_address,
        }
        world = World(services, await services.client(pool), pool, environment)
        await world.start_worker()
        try:
            yield world
        finally:
            await world.kill_worker()
            pool.terminate()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """The services, a worker, and the whole caseload taken on."""
    folder = tmp_path_factory.mktemp("faults")
    async with running(folder) as world:
        for file, more in (("staff-2026-11-16.csv", []), ("caseload-2026-11-16.csv", ["--as-of", "2026-11-16"])):
            code, said = await world.run("import", str(DATA / file), "--refused", str(folder / f"no-{file}"), *more)
            assert code in (0, 1), said
        yield world


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)
