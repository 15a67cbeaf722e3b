"""Connections: to Temporal and to PostgreSQL, wherever they are."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import psutil
from pydantic import BaseModel, ValidationError
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.service import RPCError, RPCStatusCode

from records.database import Keyed
from records.identity import opener
from records.keyring import KeyRing
from records.payload_keys import PayloadKeys
from records.people import seal_whoever_is_open
from records.ring_keys import introduce
from records.words_before import seal_what_is_open
from workers.codec import converter
from workers.keys import load_keys
from workers.settings import Settings
from workers.stop import Stop
from workflows import attributes

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


class Embedded(BaseModel):
    """What `alongside up` writes into its data folder while it runs, so that other commands find it."""

    pid: int
    database_url: str
    temporal_address: str
    owner_url: str | None = None
    reader_url: str | None = None
    ui_url: str | None = None
    web_url: str | None = None

    @staticmethod
    def file(data_dir: Path) -> Path:
        """Where it is written."""
        return data_dir / "services.json"


@dataclass(frozen=True)
class Services:
    """Where the services are: PostgreSQL by URL, Temporal by what its client connects with.

    The records have a URL for whoever works in them, and may have another for migrating.
    """

    database_url: str
    temporal: ClientConnectConfig = field(repr=False)
    owner_url: str | None = None

    @property
    def migrating(self) -> str:
        """Where the records are, for whoever migrates them."""
        return self.owner_url or self.database_url


def never_reached(error: RuntimeError) -> bool:
    """Whether a client never reached Temporal: it has no other name for "nobody listens there"."""
    return "client connect" in str(error)


def resolve(settings: Settings) -> Services:
    """Where the services are: as the settings say, else as a running `alongside up` on the data folder says.

    Raises Stop when neither says it.
    """
    temporal = _configured_temporal(settings)
    database_url, owner_url = settings.database_url, settings.owner_url
    if database_url is None or "target_host" not in temporal:
        embedded = running(settings.data_dir)
        if embedded is None:
            raise Stop(_nothing_runs(settings, temporal))
        if database_url is None:
            database_url = embedded.database_url
            owner_url = owner_url or embedded.owner_url
        if "target_host" not in temporal:
            temporal = ClientConnectConfig(target_host=embedded.temporal_address)
    return Services(database_url, temporal, owner_url)


def running(data_dir: Path) -> Embedded | None:
    """The embedded services of this data folder, when they run."""
    try:
        embedded = Embedded.model_validate_json(Embedded.file(data_dir).read_text())
    except (OSError, ValidationError):
        return None
    return embedded if psutil.pid_exists(embedded.pid) else None


async def connect(
    settings: Settings, services: Services | None = None, *, db: "Pool | None", lazy: bool = False
) -> Client:
    """A client of Temporal that speaks our models, sealed. Raises Stop when it cannot be reached, unless `lazy`.

    What is of people is sealed with their keys, which are in `db`; without it, look after Temporal itself alone.
    """
    temporal = (services or resolve(settings)).temporal
    sealing = converter(load_keys(settings), PayloadKeys(db) if db is not None else None)
    try:
        return await Client.connect(**temporal, data_converter=sealing, lazy=lazy)
    except (RPCError, RuntimeError, OSError) as error:
        where = temporal.get("target_host", "?")
        raise Stop(f"Temporal does not answer at {where}: {_first_line(error)}.") from error


async def connect_pool(settings: Settings, services: Services | None = None, *, size: int = 10) -> Pool:
    """A pool of at most `size` connections to the records. Raises Stop when they cannot be reached."""
    return await open_pool((services or resolve(settings)).database_url, load_keys(settings), size=size)


async def open_pool(database_url: str, keys: KeyRing, *, size: int = 10) -> Pool:
    """A pool on the database at `database_url`, with JSON columns as Python values, and with the keys of the records.

    Refused when what is kept there was sealed with other keys.
    """
    pool = await _pool(database_url, keys, size)
    try:
        await introduce(pool)
        await seal_whoever_is_open(pool)
        await seal_what_is_open(pool)
    except BaseException:
        pool.terminate()
        raise
    return pool


async def _pool(database_url: str, keys: KeyRing | None, size: int) -> Pool:
    try:
        return await asyncpg.create_pool(
            database_url,
            min_size=1,
            max_size=size,
            connection_class=Keyed,
            init=partial(prepare, keys=keys),
            reset=leave_as_it_is,
            server_settings={"timezone": "UTC"},
        )
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Stop(f"The database cannot be opened: {_first_line(error)}.") from error


@asynccontextmanager
async def bare_connection(settings: Settings) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """A connection to the records without the keys, for what needs none of them. Raises Stop."""
    try:
        connection = await asyncpg.connect(resolve(settings).database_url)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Stop(f"The database cannot be opened: {_first_line(error)}.") from error
    try:
        yield connection
    finally:
        await connection.close()


SearchAttributes: TypeAlias = "dict[str, IndexedValueType.ValueType]"


async def register_search_attributes(client: Client) -> list[str]:
    """Make Temporal know our search attributes; the names that it did not know. May run again at any time.

    Raises Stop when one exists with another type.
    """
    missing = await missing_search_attributes(client)
    if missing:
        await add_search_attributes(client, missing)
    return list(missing)


async def missing_search_attributes(client: Client) -> SearchAttributes:
    """Our search attributes that the namespace does not know, with their types."""
    request = ListSearchAttributesRequest(namespace=client.namespace)
    present = (await client.operator_service.list_search_attributes(request)).custom_attributes
    wanted = wanted_search_attributes()
    for name, kind in wanted.items():
        if name in present and present[name] != kind:
            raise Stop(
                f"Temporal's namespace {client.namespace} has a search attribute {name} of another type: "
                "remove it there (`temporal operator search-attribute remove`) or use another namespace."
            )
    return {name: kind for name, kind in wanted.items() if name not in present}


async def add_search_attributes(client: Client, missing: SearchAttributes) -> None:
    """Add them to the client's namespace; one that another process adds at the same time is no error."""
    request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise


def wanted_search_attributes() -> SearchAttributes:
    """Our search attributes by name, with the types that Temporal's interface gives them."""
    return {key.name: IndexedValueType.ValueType(key.indexed_value_type.value) for key in attributes.ALL}


def _configured_temporal(settings: Settings) -> ClientConnectConfig:
    try:
        return ClientConfig.load_client_connect_config(profile=settings.temporal_profile)
    except (RuntimeError, ValueError, OSError) as error:
        raise Stop(f"Temporal's configuration cannot be read: {_first_line(error)}.", 2) from error


def _nothing_runs(settings: Settings, temporal: ClientConnectConfig) -> str:
    unset = [] if settings.database_url else ["ALONGSIDE_DATABASE_URL"]
    unset += [] if "target_host" in temporal else ["TEMPORAL_ADDRESS"]
    return (
        f"Nothing runs on the data folder {settings.data_dir}: start it with `alongside up` in another terminal, "
        f"or set {' and '.join(unset)} to services of your own."
    )


async def leave_as_it_is(_connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Give a connection back to its pool without asking the database anything.

    Nothing here leaves anything in a session (what is set or locked is so for a transaction alone), and asking at each
    return costs a page as much as a third of its queries. The pool itself rolls back what was left open.
    """


async def prepare(connection: "asyncpg.Connection[asyncpg.Record]", *, keys: KeyRing | None) -> None:
    """Make a new connection what each of a pool is: it knows JSON, and has the keys."""
    if keys is not None and isinstance(connection, Keyed):
        connection.keys = keys
        await connection.set_type_codec(
            "bytea", encoder=bytes, decoder=opener(keys), schema="pg_catalog", format="binary"
        )
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, encoder=_to_json, decoder=json.loads, schema="pg_catalog")


def _to_json(value: Any) -> str:
    """Text is JSON already (pydantic wrote it); anything else is written as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _first_line(error: BaseException) -> str:
    """The reason in short: Temporal's client wraps it in the names of its parts."""
    text = str(error).strip() or type(error).__name__
    reason = re.search(r'message: "([^"]+)"', text)
    text = reason[1] if reason else text
    return text.splitlines()[0].rstrip(".")
