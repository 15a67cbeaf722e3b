"""What `alongside doctor` and the system page look at: configured, reachable, migrated, and how to mend what is not."""

import asyncio
import os
import shutil
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

import asyncpg
import httpx
from aiosmtplib import SMTP, SMTPException
from pydantic import BaseModel
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from records import erased, person_keys, rights, seals
from records.database import Link, keys_of
from records.errors import RecordsError
from records.keyring import KeyRing
from records.migrate import known, pending
from records.ring_keys import problem
from workers import person_keys as people_keys
from workers.client import Pool, Services, connect, missing_search_attributes, resolve, running
from workers.described import FAILING
from workers.erased import file_of, read
from workers.keys import file_of as keys_file
from workers.keys import load_keys, source
from workers.settings import Settings, encrypted, unknown_variables
from workers.stop import Stop

_OLDEST_POSTGRES = 180000
_PATIENCE = 5
"""Seconds for Temporal to answer a page."""
_ALMOST_FULL = 0.1
_GIGABYTE = 1_000_000_000
_SEALED_WITHIN = timedelta(hours=25)
_OURS = " AND TaskQueue = '{}'"
_BROKEN_OFF = "ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated')"


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
        return [*findings, said, _keys(settings), await _mail(settings), await _sign_in(settings)]
    findings += [*await _database(settings, services), await _known_keys(settings, services)]
    findings += await _temporal(settings, services)
    return [*findings, await _mail(settings), await _sign_in(settings)]


async def examine_from_within(settings: Settings, db: Pool, client: Client) -> list[Finding]:
    """Look at what a process stands on that is connected already, by its own connections, whatever fails on the way."""
    async with db.acquire() as link:
        findings = [await _version(link, "the records answer"), migrated := await _migrations(link), await _size(link)]
        if migrated.state == "ok":
            findings += [await _roles(link), await _verified(link), *await _apart(settings, link)]
        findings.append(await _same_keys(link, keys_of(link), source(settings)))
    findings += await _temporal_from_within(settings, client)
    return [*findings, await _mail(settings), _disk(settings), _variables()]


async def _size(link: Link) -> Finding:
    size = await link.fetchval("SELECT pg_database_size(current_database())")
    return Finding(what="size of the records", state="ok", found=f"{size / _GIGABYTE:.1f} GB")


async def _temporal_from_within(settings: Settings, client: Client) -> list[Finding]:
    try:
        async with asyncio.timeout(_PATIENCE):
            missing = await missing_search_attributes(client)
            reached = Finding(what="Temporal", state="ok", found=f"answers, namespace {client.namespace}")
            found = [reached, _attributes(list(missing)), await _workers(client, settings.task_queue)]
            return [*found, await _stuck(client, settings.task_queue), await _broken_off(client, settings.task_queue)]
    except (Stop, RPCError, RuntimeError, TimeoutError) as error:  # RuntimeError: it was never reached
        mend = (
            "Start it (`alongside up`), or correct TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and how to sign in. Nothing is "
            "lost: journeys go on where they stand as soon as it is back. Until then nobody is told of anything new."
        )
        said = "it does not answer" if isinstance(error, TimeoutError) else _first_sentence(error)
        return [Finding(what="Temporal", state="failed", found=said, mend=mend)]


def _first_sentence(error: Exception) -> str:
    return str(error).partition(":")[0].strip() or type(error).__name__


async def _stuck(client: Client, task_queue: str) -> Finding:
    what = "stand still"
    try:
        count = (await client.count_workflows(FAILING + _OURS.format(task_queue))).count
    except RPCError:
        return Finding(what=what, state="ok", found="this Temporal does not count what stands still")
    if count:
        mend = "Their code failed. Read the worker's log, and start a worker that is mended; they go on by themselves."
        return Finding(what=what, state="failed", found=_journeys(count), mend=mend)
    return Finding(what=what, state="ok", found="none")


async def _broken_off(client: Client, task_queue: str) -> Finding:
    count = (await client.count_workflows(_BROKEN_OFF + _OURS.format(task_queue))).count
    if count:
        mend = "`alongside reconcile` names whom nobody follows, and `alongside rebuild` follows them again."
        return Finding(what="broken off", state="warning", found=_journeys(count), mend=mend)
    return Finding(what="broken off", state="ok", found="none")


def _journeys(count: int) -> str:
    return f"{count} {'workflow' if count == 1 else 'workflows'}"


def _disk(settings: Settings) -> Finding:
    folder = next(one for one in (settings.data_dir, *settings.data_dir.parents) if one.exists())
    usage = shutil.disk_usage(folder)
    found = f"{usage.free / _GIGABYTE:.1f} of {usage.total / _GIGABYTE:.0f} GB free on this machine"
    if usage.free < usage.total * _ALMOST_FULL:
        mend = "Make room before it is full: the records can then no longer be written."
        return Finding(what="disk", state="warning", found=found, mend=mend)
    return Finding(what="disk", state="ok", found=found)


def _variables() -> Finding:
    slips = unknown_variables(os.environ)
    if slips:
        return Finding(what="settings", state="warning", found=" ".join(slips), mend="Correct or remove them.")
    return Finding(what="settings", state="ok", found="every ALONGSIDE_ variable is known")


def _folder(settings: Settings) -> Finding:
    embedded = running(settings.data_dir)
    state = f"`alongside up` runs (process {embedded.pid})" if embedded else "`alongside up` is not running on it"
    return Finding(what="data folder", state="ok", found=f"{settings.data_dir}: {state}")


async def _database(settings: Settings, services: Services) -> list[Finding]:
    where = _without_password(services.database_url)
    try:
        connection = await asyncpg.connect(services.database_url, timeout=10)
    except (OSError, ValueError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        mend = "Start it (`alongside up`), or correct ALONGSIDE_DATABASE_URL."
        return [Finding(what="database", state="failed", found=f"{where}: {error or 'no answer in 10 s'}", mend=mend)]
    try:
        findings = [await _version(connection, where), await _migrations(connection)]
        if all(finding.state == "ok" for finding in findings):
            findings += [await _roles(connection), await _verified(connection), *await _apart(settings, connection)]
        return findings
    finally:
        await connection.close()


def _keys(settings: Settings) -> Finding:
    try:
        keys = load_keys(settings)
    except Stop as stop:
        return Finding(what="keys", state="failed", found=f"none from {source(settings)}", mend=stop.message)
    file = keys_file(settings)
    if file is not None and file.stat().st_mode & 0o007:
        mend = f"Let nobody else read it: chmod o= {file}"
        return Finding(what="keys", state="warning", found=f"everybody on this machine can read {file}", mend=mend)
    return _found(keys, source(settings))


def _found(keys: KeyRing, where: str) -> Finding:
    count = f"{len(keys.ids)} {'key' if len(keys.ids) == 1 else 'keys'}"
    return Finding(what="keys", state="ok", found=f"{count} from {where}; {keys.current} seals")


async def _known_keys(settings: Settings, services: Services) -> Finding:
    found = _keys(settings)
    if found.state == "failed":
        return found
    try:
        connection = await asyncpg.connect(services.database_url, timeout=10)
    except (OSError, ValueError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return found  # the database has its own line
    try:
        same = await _same_keys(connection, load_keys(settings), source(settings))
    finally:
        await connection.close()
    return same if same.state == "failed" else found


async def _apart(settings: Settings, link: Link) -> list[Finding]:
    """What is kept apart from the records, so that no backup brings back whoever was erased."""
    return [await _erased(settings, link), *await _keys_of_people(settings, link)]


async def _keys_of_people(settings: Settings, link: Link) -> list[Finding]:
    """Whether the file that backups open with has nobody who was erased; nothing is said where there was no backup."""
    what, file = "keys of people", people_keys.file_of(settings)
    if file is None or not file.exists():
        return []
    try:
        kept = await asyncio.to_thread(people_keys.read, file, load_keys(settings))
    except Stop as stop:
        mend = "Let Alongside read and write it: until then nobody who is erased is taken out of it."
        return [Finding(what=what, state="warning", found=stop.message, mend=mend)]
    if erased_since := kept.wrapped.keys() & await person_keys.no_more(link, []):
        mend = "A worker takes them out when it runs; if one does, see why it cannot write the file."
        found = f"{file} has {len(erased_since)} who were erased: their backups can still be read"
        return [Finding(what=what, state="warning", found=found, mend=mend)]
    if kept.damaged:
        lines = ", ".join(str(number) for number in kept.damaged[:5])
        found = f"{file}: not every line opens with these keys (see {lines})"
        return [Finding(what=what, state="warning", found=found, mend="The next backup writes it anew: take one.")]
    return [Finding(what=what, state="ok", found=f"{len(kept.wrapped)} in {file}, as of the last backup")]


async def _erased(settings: Settings, link: Link) -> Finding:
    """Whether who was erased is known apart from the records, and nobody of them is back."""
    what, file = "list of who was erased", file_of(settings)
    if file is None:
        mend = "Set ALONGSIDE_ERASED_FILE to a file that no backup of the records brings back (docs/retention.md)."
        found = "none is kept: after a restore nobody would know who was erased since"
        return Finding(what=what, state="warning", found=found, mend=mend)
    try:
        kept = await asyncio.to_thread(read, file, load_keys(settings))
    except Stop as stop:
        return Finding(what=what, state="warning", found=stop.message, mend="Put it back from its newest copy.")
    if back := await erased.back(link, kept.listed):
        mend = "A worker erases them again when it runs; whoever is followed again has to be asked about."
        found = f"{len(back)} of those on {file} can be read again: a backup from before was restored"
        return Finding(what=what, state="warning", found=found, mend=mend)
    if missing := await erased.certified(link, [one.id for one in kept.listed]):
        mend = "A worker adds them when it runs; if one does, see why it cannot write the file."
        found = f"{file} lacks {len(missing)} that have a certificate"
        return Finding(what=what, state="warning", found=found, mend=mend)
    if kept.damaged:
        lines = ", ".join(str(number) for number in kept.damaged)
        found = f"{file}: not every line was written by us (see {lines})"
        mend = "Compare it with a copy: a line that was cut off is written anew, and may be taken out."
        return Finding(what=what, state="warning", found=found, mend=mend)
    return Finding(what=what, state="ok", found=f"{len(kept.listed)} in {file}")


async def _same_keys(link: Link, keys: KeyRing, where: str) -> Finding:
    said = await problem(link, keys)
    if said is None:
        return _found(keys, where)
    return Finding(what="keys", state="failed", found=f"those from {where} are others", mend=said)


async def _version(connection: Link, where: str) -> Finding:
    number = int(await connection.fetchval("SHOW server_version_num"))
    version = await connection.fetchval("SHOW server_version")
    if number < _OLDEST_POSTGRES:
        mend = "Alongside needs PostgreSQL 18 or later."
        return Finding(what="database", state="failed", found=f"{where}: PostgreSQL {version}", mend=mend)
    return Finding(what="database", state="ok", found=f"{where}: PostgreSQL {version}")


async def _migrations(connection: Link) -> Finding:
    try:
        missing = await pending(connection)
    except (RecordsError, asyncpg.PostgresError) as error:
        return Finding(what="migrations", state="failed", found=str(error), mend="Correct the migration files.")
    if missing:
        found = f"{len(missing)} pending: {', '.join(missing)}"
        return Finding(what="migrations", state="failed", found=found, mend="Run `alongside migrate`.")
    return Finding(what="migrations", state="ok", found=f"all {len(known())} applied")


async def _roles(connection: Link) -> Finding:
    what = "roles of the database"
    if await rights.more_than_writer(connection):
        mend = 'Work as a role that may only write: docs/deploying.md, "Roles of the database".'
        found = "not separated: whoever works in the records could change what was recorded"
        return Finding(what=what, state="warning", found=found, mend=mend)
    if not await rights.counts_as_reader(connection):
        found = "reports are counted with the rights of whoever works here, and not as the reader"
        return Finding(what=what, state="warning", found=found, mend=f"As an administrator: `{rights.LET_COUNT}`.")
    return Finding(what=what, state="ok", found="what was recorded cannot be changed by whoever works here")


async def _verified(connection: Link) -> Finding:
    what, last, head = "verified", await seals.last_verified(connection), await seals.head(connection)
    sealed = f"sealed until {head.until:%d %b %Y %H:%M} UTC" if head else "nothing is sealed yet"
    if last is None:
        mend = "Run `alongside verify`, and then every week."
        return Finding(what=what, state="ok", found=f"never; {sealed}", mend=mend)
    found = f"{last.rows:,} rows on {last.at:%d %b %Y}, {last.findings:,} found wrong; {sealed}"
    if last.findings:
        mend = 'Run `alongside verify` and see docs/operations.md, "When something was changed".'
        return Finding(what=what, state="failed", found=found, mend=mend)
    if head and datetime.now(UTC) - head.until > _SEALED_WITHIN:
        return Finding(what=what, state="warning", found=found, mend="A worker seals every hour: see why none does.")
    return Finding(what=what, state="ok", found=found)


async def _temporal(settings: Settings, services: Services) -> list[Finding]:
    where = services.temporal.get("target_host", "?")
    try:
        client = await connect(settings, services, db=None)
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


async def _sign_in(settings: Settings) -> Finding:
    what, issuer = "sign-in", settings.oidc_issuer
    if issuer is None:
        mend = "Set ALONGSIDE_OIDC_ISSUER and its companions: docs/signing-in.md."
        return Finding(what=what, state="warning", found="not set up: nobody can sign in to the pages", mend=mend)
    try:
        async with httpx.AsyncClient(timeout=10) as http:
            answer = await http.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        said = str(answer.raise_for_status().json()["issuer"])
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        mend = "Correct ALONGSIDE_OIDC_ISSUER, or see why it cannot be reached from here."
        return Finding(what=what, state="failed", found=f"{issuer}: {type(error).__name__}", mend=mend)
    if said.rstrip("/") != issuer.rstrip("/"):
        mend = "Set ALONGSIDE_OIDC_ISSUER to what it says that it is."
        return Finding(what=what, state="failed", found=f"{issuer} says that it is {said}", mend=mend)
    if not encrypted(settings.public_url):
        found = f"{issuer} answers, and people come without HTTPS: a session can be read on the way"
        return Finding(what=what, state="warning", found=found, mend="Set ALONGSIDE_PUBLIC_URL to an https:// address.")
    return Finding(
        what=what, state="ok", found=f"{issuer} answers; it sends back to {settings.public_url}/sign-in/back"
    )


def _without_password(url: str) -> str:
    password = urlsplit(url).password
    return url.replace(f":{password}@", ":***@", 1) if password else url
