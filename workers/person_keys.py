"""The file with the keys of people, beside the key ring: a backup has none of them, and is read with this file alone.

So whoever is erased is unreadable in every backup at once: their line is taken out of one file. A backup writes it anew
as a whole, an erasure takes out of it, and whoever changes it holds its lock. Each key is wrapped by the ring, as it is
in the records.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from pydantic import Base64Bytes, BaseModel, ValidationError

from records.database import Database, Link
from records.errors import RecordsError
from records.keyring import KeyRing, key_of
from records.person_keys import KeyRow, every_key, no_more, sealer, wrapped_anew
from workers.folder import flush
from workers.settings import Settings
from workers.stop import Stop


class Line(BaseModel):
    """A line of the file: whose key, and the key as the ring wraps it."""

    person_id: UUID
    wrapped: Base64Bytes


class PeopleKeys(NamedTuple):
    """The wrapped keys of the file by whose they are, and the numbers of the lines that do not open with the ring."""

    wrapped: dict[UUID, bytes]
    damaged: list[int]


def own_file(data_dir: Path) -> Path:
    """Where the file is of what `alongside up` keeps."""
    return data_dir / "person-keys.jsonl"


def file_of(settings: Settings) -> Path | None:
    """Where the file is; None with records elsewhere and no word of where it is kept."""
    return settings.apart(settings.person_keys_file, own_file(settings.data_dir))


def read(file: Path, keys: KeyRing) -> PeopleKeys:
    """The file, each key tried with the ring; nothing when there is none. Raises Stop when it cannot be read."""
    found: dict[UUID, bytes] = {}
    damaged = []
    for number, text in enumerate(_lines(file), 1):
        line = _parsed(text)
        try:
            if line is not None:
                sealer(keys, line.person_id, line.wrapped)
                found[line.person_id] = line.wrapped
        except RecordsError:
            line = None
        if line is None:
            damaged.append(number)
    return PeopleKeys(found, damaged)


def whole(file: Path, keys: KeyRing) -> dict[UUID, bytes]:
    """The wrapped keys of the file, each of which opens with the ring. Raises Stop when one does not."""
    found = read(file, keys)
    if found.damaged:
        lines = ", ".join(str(number) for number in found.damaged[:5])
        raise Stop(f"Not every line of {file} opens with these keys (see {lines}): use another copy.", 2)
    return found.wrapped


def write(file: Path, wrapped: Mapping[UUID, bytes]) -> None:
    """Write the file anew, with these keys and no others; whoever writes it holds it `alone`. Raises Stop."""
    _write(file, (_written(person_id, key) for person_id, key in wrapped.items()))


def add(file: Path, wrapped: Mapping[UUID, bytes]) -> None:
    """Add the keys of whoever has none in it. Raises Stop."""
    with _locked(file):
        lines = _lines(file)
        there = {line.person_id for line in map(_parsed, lines) if line is not None}
        new = {person_id: key for person_id, key in wrapped.items() if person_id not in there}
        if new or not file.exists():
            _write(file, [*lines, *(_written(person_id, key) for person_id, key in new.items())])


def remove(file: Path, people: Collection[UUID]) -> int:
    """Take the lines of people out, on the disk before this returns; how many there were. Raises Stop."""
    with _locked(file):
        lines = _lines(file)
        left = [text for text in lines if (line := _parsed(text)) is None or line.person_id not in people]
        if len(left) < len(lines):
            _write(file, left)
    return len(lines) - len(left)


def wrap(file: Path, keys: KeyRing) -> int:
    """Wrap every key of the file with the key of the ring that seals now; how many were not. Raises Stop.

    A line that does not open stays: `alongside doctor` names it.
    """
    with _locked(file):
        lines = _lines(file)
        anew = [_wrapped_anew(text, keys) for text in lines]
        changed = sum(one != text for one, text in zip(anew, lines, strict=True))
        if changed:
            _write(file, anew)
    return changed


def wrapped_by(file: Path, key_id: str) -> int:
    """How many keys of the file are wrapped by a key of the ring. Raises Stop."""
    return sum(line is not None and _key_of(line.wrapped) == key_id for line in map(_parsed, _lines(file)))


@asynccontextmanager
async def alone(file: Path) -> AsyncIterator[None]:
    """Nobody else changes the file for the time of the block. Raises Stop."""
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(stack.enter_context, _locked(file))
        yield


async def keep(file: Path, link: Link) -> list[KeyRow]:
    """Write the file anew with the key of everybody who is there now; everybody who has or had one. Raises Stop.

    They are read when nobody else changes the file: whoever is erased from then on is taken out after this.
    """
    async with alone(file):
        rows = await every_key(link)
        living = {row.person_id: row.wrapped for row in rows if row.wrapped is not None}
        await asyncio.to_thread(write, file, living)
    return rows


async def take_out(settings: Settings, db: Database, listed: Iterable[str]) -> int:
    """Take out whoever was erased, by the records or by the list; how many were in it. Raises Stop.

    Who is on the list and can be read here all the same was not erased again, and stays. The records are asked first: a
    backup that read them before has the file until it is written.
    """
    file = file_of(settings)
    if file is None:
        return 0
    gone = await no_more(db, [UUID(one) for one in listed])
    return await asyncio.to_thread(remove, file, gone) if gone else 0


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """The lock is a file of its own, since the other one is replaced. What a crash left half written goes."""
    lock = file.with_name(f"{file.name}.lock")
    with _telling("written", file):
        held = os.fdopen(_opened(lock), "ab")
    with held:
        with _telling("written", file):
            fcntl.flock(held, fcntl.LOCK_EX)
            _unfinished(file).unlink(missing_ok=True)
        yield


def _unfinished(file: Path) -> Path:
    return file.with_name(f"{file.name}.unfinished")


def _opened(file: Path) -> int:
    """A file for its owner alone: whoever owns the folder, also when root makes a backup of it."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    if os.geteuid() == 0:
        folder = file.parent.stat()
        os.fchown(descriptor, folder.st_uid, folder.st_gid)
    return descriptor


def _lines(file: Path) -> list[bytes]:
    with _telling("read", file):
        try:
            return [text for text in file.read_bytes().splitlines() if text.strip()]
        except FileNotFoundError:
            return []


def _write(file: Path, lines: Iterable[bytes]) -> None:
    unfinished = _unfinished(file)
    with _telling("written", file):
        with os.fdopen(_opened(unfinished), "wb") as out:
            out.writelines(text + b"\n" for text in lines)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(file)
        flush(file.parent)


@contextmanager
def _telling(what: str, file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = (error.strerror or "?").lower()
        raise Stop(f"The file with the keys of people cannot be {what}: {file}: {why}.") from error


def _parsed(text: bytes) -> Line | None:
    try:
        return Line.model_validate_json(text)
    except ValidationError:
        return None


def _written(person_id: UUID, wrapped: bytes) -> bytes:
    return Line.model_construct(person_id=person_id, wrapped=wrapped).model_dump_json().encode()


def _wrapped_anew(text: bytes, keys: KeyRing) -> bytes:
    line = _parsed(text)
    try:
        return text if line is None else _written(line.person_id, wrapped_anew(keys, line.person_id, line.wrapped))
    except RecordsError:
        return text


def _key_of(wrapped: bytes) -> str | None:
    try:
        return key_of(wrapped)
    except RecordsError:
        return None
