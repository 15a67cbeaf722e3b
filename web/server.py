"""The HTTP door on a socket, until it is told to stop."""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import TypeAlias

import structlog
import uvicorn
from temporalio.client import Client

from web.app import build
from web.house import House
from web.render import Pages
from workers.client import Pool, connect, connect_pool
from workers.erased import before_anybody_looks
from workers.ports import USUAL_WEB, listen
from workers.settings import Settings
from workers.stop import Stop
from workers.up import Door, stopping

log = structlog.get_logger(__name__)
Served: TypeAlias = AbstractAsyncContextManager[None]

_PATIENCE = 5
"""Seconds for answers that are under way when the door closes."""


class _Server(uvicorn.Server):
    """A server that leaves the signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run_web(
    settings: Settings, host: str, port: int | None, *, ready: Callable[[str], object], demo: bool = False
) -> None:
    """Serve until SIGINT or SIGTERM; `ready` gets what to tell the person.

    `demo` lets anybody choose who they are: Stop unless it is on this machine alone. Stop when the port is taken.
    """
    if demo and not _loopback(host):
        raise Stop(f"--demo lets anybody be anybody, so it listens on this machine alone, and not on {host}.", 2)
    door = _opened(host, port or settings.web_port or USUAL_WEB)
    try:
        async with stopping() as stop:
            pool = await connect_pool(settings)
            try:
                await before_anybody_looks(settings, pool)
                temporal = await connect(settings, db=pool, lazy=True)
                async with serving(House(settings, pool, temporal, Pages(), demo), door):
                    ready(f"The pages are at {_url(door)}. Stop with Ctrl-C.")
                    await stop.wait()
            finally:
                pool.terminate()
    finally:
        door.close()


def door(*, demo: bool) -> Door:
    """What `alongside up` serves the pages with."""

    def opened(settings: Settings, pool: Pool, client: Client, listening: socket.socket) -> Served:
        return serving(House(settings, pool, client, Pages(), demo), listening)

    return opened


@asynccontextmanager
async def serving(here: House, door: socket.socket) -> AsyncIterator[None]:
    """Serve on a socket for the time of the block; the socket is closed at its end."""
    # No access log, whoever sets logs up: the address of a feed is its secret.
    logging.getLogger("uvicorn.access").disabled = True
    config = uvicorn.Config(
        build(here),
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=here.settings.trusted_proxies,
        timeout_graceful_shutdown=_PATIENCE,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve([door]))
    running.add_done_callback(lambda _: None if server.should_exit else log.error("the HTTP door has closed"))
    try:
        yield
    finally:
        server.should_exit = True
        await running
        door.close()


def _opened(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        raise Stop(
            f"{host} port {port} cannot be listened on: {(error.strerror or str(error)).lower()}. Choose another "
            "with --port or ALONGSIDE_WEB_PORT."
        ) from error


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _url(door: socket.socket) -> str:
    host, port = door.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
