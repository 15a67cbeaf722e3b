"""`alongside register`: Temporal made ready for Alongside, where Temporal is somebody else's to start."""

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from cli.errors import Stop
from cli.options import RUNNING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from temporalio.client import Client
    from temporalio.service import RPCError

T = TypeVar("T")
PAUSE = 1.0
"""Seconds between two tries."""


def add(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(rich_help_panel=RUNNING)(register)


def register(
    retention_days: Annotated[
        int, typer.Option(min=1, max=3650, help="How long a new namespace keeps the histories of closed journeys.")
    ] = 90,
    patience: Annotated[int, typer.Option(metavar="SECONDS", min=0, help="How long to wait for Temporal.")] = 120,
) -> None:
    """Make Temporal's namespace and search attributes, where they are missing. May run again at any time."""
    typer.echo(asyncio.run(_register(timedelta(days=retention_days), time.monotonic() + patience)))


async def _register(retention: timedelta, until: float) -> str:
    from workers.client import connect, register_search_attributes, resolve
    from workers.settings import load_settings

    settings = load_settings()
    services = resolve(settings)
    client = await _patiently(lambda: connect(settings, services, db=None), until)
    made = await _patiently(lambda: _make_namespace(client, retention), until)
    # A namespace that was just made is not known to every part of Temporal at once.
    added = await _patiently(lambda: register_search_attributes(client), until)
    namespace = f"made the namespace {client.namespace}" if made else f"the namespace {client.namespace} is there"
    attributes = f"registered {', '.join(added)}" if added else "every search attribute is registered"
    return f"{namespace[0].upper()}{namespace[1:]}; {attributes}."


async def _make_namespace(client: "Client", retention: timedelta) -> bool:
    """Make the client's namespace; False when it is there."""
    from google.protobuf.duration_pb2 import Duration
    from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
    from temporalio.service import RPCError, RPCStatusCode

    if await _has_namespace(client):
        return False
    kept = Duration(seconds=int(retention.total_seconds()))
    request = RegisterNamespaceRequest(namespace=client.namespace, workflow_execution_retention_period=kept)
    try:
        await client.workflow_service.register_namespace(request)
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise
        return False
    return True


async def _has_namespace(client: "Client") -> bool:
    from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
    from temporalio.service import RPCError, RPCStatusCode

    try:
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


async def _patiently(attempt: "Callable[[], Awaitable[T]]", until: float) -> T:
    """Try until it works, or the time is over; what waiting cannot mend ends it at once."""
    from temporalio.service import RPCError

    while True:
        try:
            return await attempt()
        except (RPCError, Stop) as error:
            if isinstance(error, RPCError) and not _may_pass(error):
                raise Stop(f"Temporal refuses: {error.message}.") from error
            if time.monotonic() >= until:
                raise error if isinstance(error, Stop) else Stop(f"Temporal is not ready: {error.message}.") from error
        await asyncio.sleep(PAUSE)


def _may_pass(error: "RPCError") -> bool:
    from temporalio.service import RPCStatusCode

    return error.status in (
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.NOT_FOUND,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.INTERNAL,
        RPCStatusCode.UNKNOWN,
    )
