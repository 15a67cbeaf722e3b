"""The list of who was erased: a file apart from the records, so that no restore brings anybody back for long.

A line is added to it before an erasure is reported as done. Whoever is on it and is back in the records is erased again
when a process starts, before any page is served. Each line has a proof by the key ring, so that a file which somebody
else could write erases nobody.
"""

import asyncio
import fcntl
import hmac
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import structlog
from pydantic import BaseModel, ValidationError
from temporalio.client import Client

from activities.retention import forget
from records import erased
from records.database import Database
from records.erased import FollowedSince, Listed
from records.keyring import KeyRing
from workers import person_keys
from workers.folder import RESTORED, flush
from workers.keys import load_keys
from workers.settings import Settings
from workers.stop import Stop

log = structlog.get_logger(__name__)

EVERY = 300.0
"""Seconds between two looks at whether the list and the records fit."""


class Line(BaseModel):
    """A line of the list, and what shows that whoever wrote it had the keys."""

    erasure: dict[str, Any]
    proof: str


class ErasedList(NamedTuple):
    """What the list has, and the numbers of the lines that make no sense or were written without the keys."""

    listed: list[Listed]
    damaged: list[int]


def own_file(data_dir: Path) -> Path:
    """Where the list is of what `alongside up` keeps."""
    return data_dir / "erased.jsonl"


def file_of(settings: Settings) -> Path | None:
    """Where the list is; None with records elsewhere and no word of where it is kept."""
    return settings.apart(settings.erased_file, own_file(settings.data_dir))


def read(file: Path, keys: KeyRing) -> ErasedList:
    """The list; nothing when it is not there yet. Raises Stop when it cannot be read."""
    try:
        lines = file.read_bytes().splitlines()
    except FileNotFoundError:
        lines = []
    except OSError as error:
        raise Stop(f"The list of who was erased cannot be read: {file}: {(error.strerror or '?').lower()}.") from error
    listed, damaged = [], []
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            line = Line.model_validate_json(text)
            one = Listed.model_validate(line.erasure)
        except ValidationError:
            damaged.append(number)
            continue
        if hmac.compare_digest(line.proof, _proof(line.erasure, keys)):
            listed.append(one)
        else:
            damaged.append(number)
    return ErasedList(listed, damaged)


def _proof(erasure: dict[str, Any], keys: KeyRing) -> str:
    return keys.blind(json.dumps(erasure, sort_keys=True), "the list of who was erased").hex()


def _written(one: Listed, keys: KeyRing) -> bytes:
    erasure = one.model_dump(mode="json")
    return Line(erasure=erasure, proof=_proof(erasure, keys)).model_dump_json().encode() + b"\n"


def add(file: Path, new: Sequence[Listed], keys: KeyRing) -> None:
    """Add to the list, on the disk before this returns; what was cut off stays a line of its own. Raises Stop."""
    lines = b"".join(_written(one, keys) for one in new)
    try:
        made = not file.exists()
        with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "ab") as out:
            fcntl.flock(out, fcntl.LOCK_EX)
            size = out.seek(0, os.SEEK_END)
            cut_off = size > 0 and os.pread(out.fileno(), 1, size - 1) != b"\n"
            out.write((b"\n" if cut_off else b"") + lines)
            out.flush()
            os.fsync(out.fileno())
        if made:
            flush(file.parent)
    except OSError as error:
        raise Stop(
            f"The list of who was erased cannot be written: {file}: {(error.strerror or '?').lower()}."
        ) from error


async def write_down(settings: Settings, db: Database) -> ErasedList | None:
    """Bring what is kept apart up to the records: the list, which is answered, and the file with the keys of people.

    None where no list is kept. One that is new is made. Whoever is written down twice, by two processes at once, is on
    it twice and counts once. Raises Stop.
    """
    found = await _written_down(settings, db)
    await person_keys.take_out(settings, db, _people(found))
    return found


async def _written_down(settings: Settings, db: Database) -> ErasedList | None:
    file = file_of(settings)
    if file is None:
        return None
    keys = await asyncio.to_thread(load_keys, settings)
    found = await asyncio.to_thread(read, file, keys)
    missing = await erased.certified(db, [one.id for one in found.listed])
    if missing or not file.exists():
        await asyncio.to_thread(add, file, missing, keys)
    return found._replace(listed=found.listed + missing)


def _people(found: ErasedList | None) -> list[str]:
    return [one.person_id for one in found.listed] if found is not None else []


async def again(settings: Settings, db: Database) -> int:
    """Erase again whoever is on the list and is back; how many were. Raises Stop when the list cannot be used.

    Whoever is erased has no line in the file with the keys of people afterwards, however it came there.
    """
    found = await _written_down(settings, db)
    done = await _erase_again(db, found) if found is not None else 0
    try:
        if taken := await person_keys.take_out(settings, db, _people(found)):
            log.warning("keys of people who were erased were taken out of their file", keys=taken)
    except Stop as stop:
        log.warning("keys of people who were erased may be in their file", reason=stop.message)
    return done


async def _erase_again(db: Database, found: ErasedList) -> int:
    for number in found.damaged:
        log.warning("a line of the list of who was erased counts for nothing: it is not one of ours", line=number)
    done = 0
    for one in await erased.back(db, found.listed):
        try:
            if await erased.again(db, one, datetime.now(UTC)):
                log.warning("erased again", certificate_id=one.id)
                done += 1
        except FollowedSince:
            log.warning("who was erased is followed again, and was not erased again", certificate_id=one.id)
    return done


async def before_anybody_looks(settings: Settings, db: Database) -> None:
    """Erase again whoever is back. A list that cannot be used stops nothing that runs, for people are followed here.

    Raises Stop when the folder was just restored: then it is needed.
    """
    restored, file = (settings.data_dir / RESTORED).exists(), file_of(settings)
    if restored and file is not None and not file.exists():
        raise Stop(f"The list of who was erased is not there: put it where it was, {file}, or restore again.")
    try:
        await again(settings, db)
    except asyncpg.UndefinedTableError:
        raise Stop("The database is of an earlier version: run `alongside migrate` first.") from None
    except Stop as stop:
        if restored:
            raise
        log.warning("nobody knows who was erased", reason=stop.message)


async def look(client: Client, settings: Settings, db: Database) -> int:
    """Whether the list and the records fit, and Temporal has forgotten whom it was to; how many were erased again."""
    try:
        done = await again(settings, db)
    except Stop as stop:
        log.warning("nobody knows who was erased", reason=stop.message)
        done = 0
    await forget_them(client, db)
    return done


async def forget_them(client: Client, db: Database) -> None:
    """Have Temporal forget whoever was erased again."""
    for one in await erased.in_temporal(db):
        await forget(client, one.transitions, one.visits)
        await erased.forgotten(db, one.id, datetime.now(UTC))
