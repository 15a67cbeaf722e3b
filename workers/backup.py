"""A backup of the embedded services: the records and Temporal, taken while they run or while they do not.

Temporal is copied first, so that the records are never behind it: a journey that has gone on meanwhile is behind the
records, and adopts them. No key is in it, neither the ring nor that of any person: those are written beside the ring
(`workers.person_keys`), as they are at the moment of which the records are.
"""

import asyncio
import hashlib
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from uuid import UUID

import asyncpg
from pydantic import BaseModel, ValidationError

from records.database import Link
from records.person_keys import KeyRow
from records.ring_keys import used
from workers import person_keys
from workers.client import running
from workers.folder import only_one, write_private
from workers.postgres_server import MAJOR, PostgresServer, ran
from workers.stop import Stop

FORMAT = 2
MANIFEST = "manifest.json"
"""Written last: a folder without it is no backup."""
RECORDS, PEOPLE, TEMPORAL = "records.dump", "people.jsonl", "temporal.db"

APPLIED = """
-- The migrations that these records have.
SELECT version FROM schema_migrations ORDER BY version
"""
HAS_CERTIFICATES = """
-- Whether these records, which may be of an earlier version, know of certificates.
SELECT to_regclass('certificates') IS NOT NULL
"""
SNAPSHOT = """
-- The moment of this transaction, for another one.
SELECT pg_export_snapshot()
"""
SIZE = """
-- How large the records are.
SELECT pg_database_size(current_database())
"""
ERASED = """
-- How many were erased.
SELECT count(*) FROM certificates
"""


class Part(BaseModel):
    """A file of a backup."""

    bytes: int
    sha256: str


class Key(BaseModel):
    """A key that the records need: its id, and what shows that a key is this one and says nothing of it."""

    id: str
    proof: str


class Known(BaseModel):
    """What is known of a person's key without having it: that there was one, and whether it was destroyed."""

    person_id: UUID
    made_at: datetime
    destroyed_at: datetime | None = None


class Manifest(BaseModel):
    """What a backup has, when it was taken, and what it takes to restore it."""

    format: int = FORMAT
    taken_at: datetime
    alongside: str
    postgres: str
    migrations: list[str]
    keys: list[Key]
    erased: int = 0
    """How many were erased by then: a list of who was has at least as many."""
    size: int = 0
    """Bytes of the records as they were, unpacked."""
    files: dict[str, Part] = {}


async def back_up(data_dir: Path, folder: Path, keys_into: Path) -> Manifest:
    """Take a backup of a data folder into a new or empty one, and write the keys of people into a file beside it.

    Raises Stop; then there is no manifest in it.
    """
    _refuse(data_dir, folder, keys_into)
    async with _records(data_dir) as url:
        _make_empty(folder)
        try:
            return await _take(data_dir, url, folder, keys_into)
        except BaseException:
            await asyncio.to_thread(_empty, folder)  # half a backup is none
            raise


async def _take(data_dir: Path, url: str, folder: Path, keys_into: Path) -> Manifest:
    taken_at = datetime.now(UTC)
    await asyncio.to_thread(_copy_temporal, data_dir / TEMPORAL, folder / TEMPORAL)
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            # The moment of the transaction is when it first reads, which is when it has the file.
            people = await person_keys.keep(keys_into, connection)
            await asyncio.to_thread(_write_people, folder / PEOPLE, people)
            await _copy_records(url, await connection.fetchval(SNAPSHOT), folder / RECORDS)
            manifest = await _manifest(connection, taken_at)
    finally:
        await connection.close()
    manifest.files = await asyncio.to_thread(_parts, folder)
    write_private(folder / MANIFEST, manifest.model_dump_json(indent=2) + "\n")
    _flush(folder)
    return manifest


async def _manifest(link: Link, taken_at: datetime) -> Manifest:
    return Manifest(
        taken_at=taken_at,
        alongside=version("alongside"),
        postgres=MAJOR,
        migrations=[row["version"] for row in await link.fetch(APPLIED)],
        keys=[Key(id=row["id"], proof=row["proof"].hex()) for row in await used(link) if not row["retired_at"]],
        erased=await link.fetchval(ERASED) if await link.fetchval(HAS_CERTIFICATES) else 0,
        size=await link.fetchval(SIZE),
    )


def _write_people(file: Path, rows: Sequence[KeyRow]) -> None:
    """What is no secret of the keys of people."""
    file.touch(mode=0o600)
    with file.open("w") as out:
        for row in rows:
            known = Known(person_id=row.person_id, made_at=row.made_at, destroyed_at=row.destroyed_at)
            out.write(known.model_dump_json() + "\n")


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup. Raises Stop when the folder has none, or one that this version cannot read."""
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_text())
    except OSError as error:
        raise Stop(f"{folder} is no finished backup: there is no {MANIFEST} in it that can be read.", 2) from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise Stop(f"{folder / MANIFEST} is damaged: use another backup.", 2) from error
    if manifest.format != FORMAT:
        raise Stop(f"{folder} was taken by another version of Alongside ({manifest.alongside}): restore with that.", 2)
    return manifest


def part(file: Path) -> Part:
    """What a file is, for the manifest."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256")
    return Part(bytes=file.stat().st_size, sha256=digest.hexdigest())


def _parts(folder: Path) -> dict[str, Part]:
    return {file.name: part(file) for file in sorted(folder.iterdir())}


def _refuse(data_dir: Path, folder: Path, keys_into: Path) -> None:
    if not (data_dir / "postgres" / "PG_VERSION").exists():
        raise Stop(
            f"There is nothing to back up in {data_dir}: this is for the embedded services. For a PostgreSQL of your "
            "own see docs/deploying.md.", 2,
        )  # fmt: skip
    if data_dir.absolute() in (folder.absolute(), *folder.absolute().parents):
        raise Stop("A backup does not lie in the folder that it is of: choose another, best on another disk.", 2)
    if folder.absolute() in keys_into.absolute().parents:
        raise Stop("The keys of people do not lie in the backup that they open: correct ALONGSIDE_PERSON_KEYS_FILE.", 2)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Stop(f"{folder} is not an empty folder: choose a new one for each backup.", 2)


@asynccontextmanager
async def _records(data_dir: Path) -> AsyncIterator[str]:
    """Where the records answer: those of a running `alongside up`, else started for the time of the block."""
    embedded = running(data_dir)
    if embedded is not None:
        yield embedded.owner_url or embedded.database_url
        return
    with only_one(data_dir):
        server = PostgresServer(data_dir)
        await server.start()
        try:
            yield server.url
        finally:
            await server.stop()


def _make_empty(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise Stop(f"The folder {folder} cannot be made: {error.strerror}.", 2) from error


def _copy_temporal(source: Path, target: Path) -> None:
    """As SQLite's own backup does: what is being written meanwhile waits for a moment, and the copy is whole."""
    target.touch(mode=0o600)
    original, copy = sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=60), sqlite3.connect(target)
    try:
        original.backup(copy)
    except sqlite3.Error as error:
        raise Stop(f"Temporal's data could not be copied: {error}.") from error
    finally:
        copy.close()
        original.close()


async def _copy_records(url: str, snapshot: str, file: Path) -> None:
    """All of the records as of a moment, but for the keys of people: statistics have some of each column's values."""
    options = ["--format=custom", "--compress=gzip:1", "--no-statistics", "--exclude-table-data=person_keys"]
    if said := await ran("pg_dump", *options, f"--snapshot={snapshot}", f"--file={file}", f"--dbname={url}"):
        raise Stop(f"The records could not be copied: {said[0]}")


def _flush(folder: Path) -> None:
    """Everything of a folder is on the disk when this returns."""
    for path in (*folder.iterdir(), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
