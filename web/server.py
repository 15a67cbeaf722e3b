"""The HTTP door on a socket, until it is told to stop."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog
import uvicorn

from web.app import build
from workers.client import Pool, connect_pool
from workers.ports import USUAL_WEB, listen
from workers.settings import Settings
from workers.stop import Stop
from workers.up import stopping

log = structlog.get_logger(__name__)

_PATIENCE = 5
"""Seconds for answers that are under way when the door closes."""


class _Server(uvicorn.Server):
    """A server that leaves the signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run_web(settings: Settings, host: str, port: int | None, *, ready: Callable[[str], object]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` gets what to tell the person. Stop when the port is taken."""
    door = _opened(host, port or settings.web_port or USUAL_WEB)
    try:
        async with stopping() as stop:
            pool = await connect_pool(settings)
            try:
                async with serving(pool, door):
                    ready(f"The calendar feeds are at {_url(door)}. Stop with Ctrl-C.")
                    await stop.wait()
            finally:
                pool.terminate()
    finally:
        door.close()


@asynccontextmanager
async def serving(pool: Pool, door: socket.socket) -> AsyncIterator[None]:
    """Serve on a socket for the time of the block; the socket is closed at its end."""
    # No access log, whoever sets logs up: the address of a feed is its secret.
    logging.getLogger("uvicorn.access").disabled = True
    config = uvicorn.Config(
        build(pool),
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
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


def _url(door: socket.socket) -> str:
    host, port = door.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
