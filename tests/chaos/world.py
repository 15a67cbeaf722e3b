"""Everything that a service runs, each part a process of its own, and wires before what can be cut off."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
from temporalio.client import Client

from records.migrate import migrate
from records.payload_keys import PayloadKeys
from records.rights import WRITER
from tests.chaos import build
from tests.chaos.disk import Disk
from tests.chaos.kept import Kept
from tests.chaos.outages import Outage
from tests.chaos.post import Post
from tests.chaos.proxy import Proxy, to_port, to_socket
from workers.client import Pool, open_pool, register_search_attributes
from workers.codec import converter
from workers.keys import make_file, own_file
from workers.ports import LOOPBACK, Ports, free_port
from workers.postgres_server import DATABASE, PostgresServer
from workers.temporal_server import TemporalServer

ALONGSIDE = str(Path(sys.executable).parent / "alongside")
WORKS, SERVES = "the worker runs", "The pages are at"
"""What a worker and the web app say when they are ready."""
LITTLE_LOG = ("ALTER SYSTEM SET max_wal_size = '128MB'", "ALTER SYSTEM SET min_wal_size = '32MB'")
"""The write-ahead log is small beside the disk, so that it is the disk that gets full."""
RECOVERY = 180.0
"""Seconds in which everything has to answer again, however busy the machine."""


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


@dataclass
class World:
    """What runs, the ways to it, and when something of it was away. The records and Temporal are also reached directly,
    past the wires, by whoever looks after them."""

    folder: Path
    postgres: PostgresServer
    temporal: TemporalServer
    post: Post
    database_wire: Proxy
    temporal_wire: Proxy
    disk: Disk | None
    no_disk: str | None
    worker: Kept
    web: Kept
    web_url: str
    environment: dict[str, str]
    pool: Pool
    records: Pool
    client: Client
    direct: Client
    outages: list[Outage] = field(default_factory=list)
    build: int = 0

    @asynccontextmanager
    async def outage(self, what: str, *, holds_up: bool, of_records: bool) -> AsyncIterator[None]:
        """Something is hurt in the block; it is over when everything answers again."""
        began = now()
        try:
            yield
        finally:
            await self.well()
            self.outages.append(Outage(what, began, now(), holds_up, of_records))

    async def well(self) -> None:
        """Wait until every part answers; TimeoutError, with the logs' ends, when one does not come back."""
        try:
            async with asyncio.timeout(RECOVERY):
                while not await self._answers():
                    await asyncio.sleep(0.1)
        except TimeoutError:
            logs = "\n".join([self.worker.tail(), self.web.tail(), self.postgres.child.tail()])
            raise TimeoutError(f"not everything came back within {RECOVERY:.0f} seconds:\n{logs}") from None

    async def _answers(self) -> bool:
        return (
            self.worker.ready
            and self.web.ready
            and await self.postgres.answers()
            and await self.temporal.answers()
            and await self._serves()
        )

    async def _serves(self) -> bool:
        try:
            async with httpx.AsyncClient(timeout=5) as browser:
                return (await browser.get(f"{self.web_url}/health")).status_code == 200
        except httpx.HTTPError:
            return False

    def new_worker(self, number: int) -> Kept:
        """A worker of a build, not started yet; 0 is ours."""
        path = [str(build.newer(self.folder, number))] if number else []
        path += filter(None, [self.environment.get("PYTHONPATH")])
        return _worker(self.folder, number, self.environment | {"PYTHONPATH": os.pathsep.join(path)})

    async def run(self, *arguments: str) -> tuple[int, str]:
        """Run an `alongside` command past the wires, to its end; its exit code and all that it said."""
        direct = {"ALONGSIDE_DATABASE_URL": _url(self.postgres), "TEMPORAL_ADDRESS": self.temporal.address}
        process = await asyncio.create_subprocess_exec(
            ALONGSIDE,
            *arguments,
            env=self.environment | direct,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()


async def killed(server: PostgresServer | TemporalServer) -> None:
    """End a server as a power cut would."""
    if (pid := server.child.pid) is not None:
        os.kill(pid, signal.SIGKILL)
        await server.child.ended()


@asynccontextmanager
async def running(folder: Path, no_disk: str | None) -> AsyncIterator[World]:
    """Everything, on a folder: nobody is followed yet. `no_disk` is why PostgreSQL has no disk of its own."""
    async with AsyncExitStack() as stack:
        postgres, disk, no_disk = await _postgres(stack, folder, no_disk)
        temporal, port = await _temporal(stack, folder)
        post = Post()
        await post.open()
        stack.push_async_callback(post.close)
        database_wire, temporal_wire = await _wires(stack, postgres, port)
        keys = make_file(own_file(folder))
        way_in = f"postgresql://{WRITER}@{database_wire.address}/{DATABASE}"
        records, pool = await open_pool(_url(postgres), keys), await open_pool(way_in, keys)
        stack.callback(records.terminate)
        stack.callback(pool.terminate)
        direct, client = [
            await Client.connect(address, data_converter=converter(keys, PayloadKeys(db)))
            for address, db in ((temporal.address, records), (temporal_wire.address, pool))
        ]
        await register_search_attributes(direct)
        environment = _environment(folder, way_in, temporal_wire.address, post.port)
        web, web_url = _web(folder, environment)
        world = World(
            folder=folder,
            postgres=postgres,
            temporal=temporal,
            post=post,
            database_wire=database_wire,
            temporal_wire=temporal_wire,
            disk=disk,
            no_disk=no_disk,
            worker=_worker(folder, 0, environment),
            web=web,
            web_url=web_url,
            environment=environment,
            pool=pool,
            records=records,
            client=client,
            direct=direct,
        )
        stack.push_async_callback(lambda: world.worker.close())  # whichever it is by then
        stack.push_async_callback(web.close)
        world.worker.open()
        web.open()
        await world.well()
        yield world


async def _temporal(stack: AsyncExitStack, folder: Path) -> tuple[TemporalServer, int]:
    """Temporal, on the same port however often it is started, and the port."""
    ports = Ports(temporal=free_port(), ui=free_port())
    server = TemporalServer(folder, lambda: ports, ui=False)
    await server.start()
    stack.push_async_callback(server.stop)
    return server, ports.temporal


async def _postgres(
    stack: AsyncExitStack, folder: Path, no_disk: str | None
) -> tuple[PostgresServer, Disk | None, str | None]:
    """PostgreSQL, on a disk of its own where that can be had; else why not."""
    server = PostgresServer(folder)
    await server.start()
    stack.push_async_callback(server.stop)
    await migrate(server.url)
    owner = await asyncpg.connect(server.url)
    for setting in LITTLE_LOG:
        await owner.execute(setting)
    await owner.close()
    await server.stop()
    disk = None
    if no_disk is None:
        disk = Disk(folder / "postgres")
        try:
            disk.mount()
        except OSError as error:
            disk, no_disk = None, f"a disk of its own cannot be mounted here ({error.strerror})"
        else:
            stack.callback(disk.unmount)
            stack.push_async_callback(server.stop)
    await server.start()
    return server, disk, no_disk


async def _wires(stack: AsyncExitStack, postgres: PostgresServer, temporal: int) -> tuple[Proxy, Proxy]:
    where = parse_qs(urlsplit(postgres.url).query)["host"][0]
    wires = Proxy(to_socket(f"{where}/.s.PGSQL.5432")), Proxy(to_port(LOOPBACK, temporal))
    for wire in wires:
        await wire.open()
        stack.push_async_callback(wire.close)
    return wires


def _worker(folder: Path, number: int, environment: dict[str, str]) -> Kept:
    log = folder / "logs" / f"worker-{number}.log"
    return Kept(f"worker of build {number}", log, [ALONGSIDE, "worker"], environment, WORKS)


def _web(folder: Path, environment: dict[str, str]) -> tuple[Kept, str]:
    port = free_port()
    argv = [ALONGSIDE, "web", "--port", str(port)]
    return Kept("web app", folder / "logs" / "web.log", argv, environment, SERVES), f"http://{LOOPBACK}:{port}"


def _url(postgres: PostgresServer) -> str:
    return postgres.url_of(DATABASE, WRITER)


def _environment(folder: Path, database_url: str, temporal: str, mail: int) -> dict[str, str]:
    """Ours, without what would point a process elsewhere."""
    elsewhere = ("ALONGSIDE_", "TEMPORAL_", "PG")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(elsewhere)}
    return kept | {
        "ALONGSIDE_DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": temporal,
        "ALONGSIDE_DATA_DIR": str(folder),
        "ALONGSIDE_LOG_FORMAT": "json",
        "ALONGSIDE_SMTP_HOST": LOOPBACK,
        "ALONGSIDE_SMTP_PORT": str(mail),
        "ALONGSIDE_SMTP_FROM": "alongside@alongside.example",
    }
