"""Processes that run until they are told to stop: everything at once, or a worker alone."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import TypeAlias

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from records.migrate import pending
from workers.client import Pool, Services, bare_connection, connect, connect_pool, register_search_attributes, resolve
from workers.embedded import EmbeddedServices
from workers.erased import before_anybody_looks
from workers.keys import configured
from workers.restored import bring_together
from workers.settings import Settings
from workers.stop import Stop

log = structlog.get_logger(__name__)

_PATIENCE = 5.0

Door: TypeAlias = Callable[[Settings, Pool, Client, socket.socket], AbstractAsyncContextManager[None]]
"""What serves HTTP on a socket for the time of a block. It is handed in, for it is built on top of the workers."""


async def run_up(
    settings: Settings, *, ui: bool = True, ready: Callable[[str], object], door: Door | None = None
) -> None:
    """Run the embedded services, and a worker and the HTTP door on them, until SIGINT or SIGTERM.

    `ready` gets what to tell the person. Stops the door and the worker first, then Temporal, then PostgreSQL. Raises
    Stop when a part cannot be kept running.
    """
    async with (
        stopping() as stop,
        EmbeddedServices(
            settings.data_dir, temporal_cli=settings.temporal_cli, ui=ui, keys=configured(settings)
        ) as own,
    ):
        services = Services(own.database_url, {"target_host": own.temporal_address})
        failure = asyncio.create_task(_give_up(own, stop))
        together = asyncio.create_task(bring_together(settings, services))
        listening = own.listen_for_web(settings.web_port) if door else None
        try:
            ready(welcome(own))
            await _work(settings, services, stop, door, listening)
        finally:
            failure.cancel()
            together.cancel()
        if own.failure.done():
            raise own.failure.result()


async def run_worker_alone(settings: Settings) -> None:
    """Run a worker on the configured services until SIGINT or SIGTERM."""
    services = resolve(settings)
    await _require_migrated(settings)
    await _register(await connect(settings, services, db=None))
    async with stopping() as stop:
        await _work(settings, services, stop)


async def _require_migrated(settings: Settings) -> None:
    async with bare_connection(settings) as connection:
        missing = await pending(connection)
    if missing:
        raise Stop(f"The database lacks {', '.join(missing)}: run `alongside migrate` first.")


async def _register(client: Client) -> None:
    """Where an operator alone may register search attributes, the worker says which are missing and goes on."""
    try:
        await register_search_attributes(client)
    except RPCError as error:
        log.warning("search attributes could not be checked or registered", reason=error.message)


@asynccontextmanager
async def stopping() -> AsyncIterator[asyncio.Event]:
    """An event that SIGINT or SIGTERM sets while the block runs."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _work(
    settings: Settings,
    services: Services,
    stop: asyncio.Event,
    door: Door | None = None,
    listening: socket.socket | None = None,
) -> None:
    from workers.worker import run_worker

    pool = await connect_pool(settings, services)
    try:
        await before_anybody_looks(settings, pool)
        client = await connect(settings, services, db=pool)
        async with door(settings, pool, client, listening) if door and listening else nullcontext():
            await run_worker(settings, client, pool, stop)
    finally:
        try:
            await asyncio.wait_for(pool.close(), _PATIENCE)
        except TimeoutError:
            pool.terminate()


def _about_keys(own: EmbeddedServices) -> list[str]:
    if own.made_keys is None:
        return []
    return [
        "",
        f"New keys are in {own.made_keys}: whoever loses them loses the records.",
        "Copy that file now to a safe place that is not where the backups of the records are.",
    ]


async def _give_up(own: EmbeddedServices, stop: asyncio.Event) -> None:
    await asyncio.wait([own.failure])
    stop.set()


def welcome(own: EmbeddedServices) -> str:
    """What a person wants to know when everything runs."""
    lines = [f"Alongside runs on {own.data_dir}"]
    lines += [f"  records    {own.database_url}", f"  Temporal   {own.temporal_address}"]
    lines += [f"  workflows  {own.ui_url}"] if own.ui_url else []
    lines += [f"  pages      {own.web_url}"] if own.web_url else []
    lines += [f"  migrated   {', '.join(own.migrated)}"] if own.migrated else []
    lines += _about_keys(own)
    lines += ["", "In another terminal, try:", "  alongside doctor", "  alongside import FILE", "  alongside overdue"]
    return "\n".join([*lines, "", "Stop with Ctrl-C: nothing is lost, the next start goes on from here."])
