"""What `alongside doctor` looks at: configured, reachable, migrated, and how to mend what is not."""

import os
from typing import Literal
from urllib.parse import urlsplit

import asyncpg
from aiosmtplib import SMTP, SMTPException
from pydantic import BaseModel
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from records.errors import RecordsError
from records.migrate import known, pending
from workers.client import Services, connect, missing_search_attributes, resolve, running
from workers.settings import Settings, unknown_variables
from workers.stop import Stop

_OLDEST_POSTGRES = 180000


class Finding(BaseModel):
    """One thing looked at; `mend` says what to do when it is not well."""

    what: str
    state: Literal["ok", "warning", "failed"]
    found: str
    mend: str = ""


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything, whatever fails on the way."""
    findings = [_variables(), _folder(settings)]
    try:
        services = resolve(settings)
    except Stop as stop:
        said = Finding(what="services", state="failed", found="not configured and not running", mend=stop.message)
        return [*findings, said, await _mail(settings)]
    findings += await _database(services)
    findings += await _temporal(settings, services)
    return [*findings, await _mail(settings)]


def _variables() -> Finding:
    slips = unknown_variables(os.environ)
    if slips:
        return Finding(what="settings", state="warning", found=" ".join(slips), mend="Correct or remove them.")
    return Finding(what="settings", state="ok", found="every ALONGSIDE_ variable is known")


def _folder(settings: Settings) -> Finding:
    embedded = running(settings.data_dir)
    state = f"`alongside up` runs (process {embedded.pid})" if embedded else "`alongside up` is not running on it"
    return Finding(what="data folder", state="ok", found=f"{settings.data_dir}: {state}")


async def _database(services: Services) -> list[Finding]:
    where = _without_password(services.database_url)
    try:
        connection = await asyncpg.connect(services.database_url, timeout=10)
    except (OSError, ValueError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        mend = "Start it (`alongside up`), or correct ALONGSIDE_DATABASE_URL."
        return [Finding(what="database", state="failed", found=f"{where}: {error or 'no answer in 10 s'}", mend=mend)]
    try:
        return [await _version(connection, where), await _migrations(connection)]
    finally:
        await connection.close()


async def _version(connection: "asyncpg.Connection[asyncpg.Record]", where: str) -> Finding:
    number = int(await connection.fetchval("SHOW server_version_num"))
    version = await connection.fetchval("SHOW server_version")
    if number < _OLDEST_POSTGRES:
        mend = "Alongside needs PostgreSQL 18 or later."
        return Finding(what="database", state="failed", found=f"{where}: PostgreSQL {version}", mend=mend)
    return Finding(what="database", state="ok", found=f"{where}: PostgreSQL {version}")


async def _migrations(connection: "asyncpg.Connection[asyncpg.Record]") -> Finding:
    try:
        missing = await pending(connection)
    except (RecordsError, asyncpg.PostgresError) as error:
        return Finding(what="migrations", state="failed", found=str(error), mend="Correct the migration files.")
    if missing:
        found = f"{len(missing)} pending: {', '.join(missing)}"
        return Finding(what="migrations", state="failed", found=found, mend="Run `alongside migrate`.")
    return Finding(what="migrations", state="ok", found=f"all {len(known())} applied")


async def _temporal(settings: Settings, services: Services) -> list[Finding]:
    where = services.temporal.get("target_host", "?")
    try:
        client = await connect(settings, services)
        missing = await missing_search_attributes(client)
    except (Stop, RPCError) as error:
        mend = "Start it (`alongside up`), or correct TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and how to sign in."
        return [Finding(what="Temporal", state="failed", found=str(error), mend=mend)]
    reached = Finding(what="Temporal", state="ok", found=f"{where}, namespace {client.namespace}")
    return [reached, _attributes(list(missing)), await _workers(client, settings.task_queue)]


def _attributes(missing: list[str]) -> Finding:
    if missing:
        mend = "A worker registers them when it starts: run `alongside up` or `alongside worker`."
        return Finding(what="search attributes", state="failed", found=f"missing: {', '.join(missing)}", mend=mend)
    return Finding(what="search attributes", state="ok", found="all registered")


async def _workers(client: Client, task_queue: str) -> Finding:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    pollers = (await client.workflow_service.describe_task_queue(request)).pollers
    if not pollers:
        mend = "Journeys stand still until one runs: `alongside worker`."
        return Finding(what="workers", state="warning", found=f"none on task queue {task_queue}", mend=mend)
    return Finding(what="workers", state="ok", found=f"{len(pollers)} on task queue {task_queue}")


async def _mail(settings: Settings) -> Finding:
    if settings.smtp_host is None:
        return Finding(what="e-mail", state="ok", found="not configured: notices stay in each inbox")
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    secret = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    try:
        async with SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_username,
            password=secret,
            start_tls=settings.smtp_starttls,
            timeout=10,
        ) as server:
            await server.noop()
    except (OSError, SMTPException) as error:
        mend = "Correct ALONGSIDE_SMTP_HOST and its companions, or unset it to send no e-mail."
        return Finding(what="e-mail", state="failed", found=f"{where}: {error}", mend=mend)
    return Finding(what="e-mail", state="ok", found=f"{where} answers")


def _without_password(url: str) -> str:
    password = urlsplit(url).password
    return url.replace(f":{password}@", ":***@", 1) if password else url
