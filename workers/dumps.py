"""A dump of the records without the keys of people: those are saved beside it, and put back after it was restored."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from records.database import Link
from records.keyring import KeyRing
from records.person_keys import KeyRow, put_in, renewed_key, row_of, without
from workers import erased, person_keys
from workers.keys import load_keys
from workers.settings import Settings
from workers.stop import Stop


class Loaded(NamedTuple):
    """How many have their key again, and how many have none any more."""

    people: int
    without_key: int


def file_of(settings: Settings) -> Path:
    """Where the keys of people are kept. Raises Stop when nothing says it."""
    file = person_keys.file_of(settings)
    if file is None:
        raise Stop("Set ALONGSIDE_PERSON_KEYS_FILE to where the keys of people are kept (docs/deploying.md).", 2)
    return file


async def save(settings: Settings, link: Link) -> int:
    """Write the keys of people into their file, as a whole; how many there are. Raises Stop."""
    return sum(row.wrapped is not None for row in await person_keys.keep(file_of(settings), link))


async def load(settings: Settings, link: Link, *, without_keys: bool) -> Loaded:
    """Put the keys of people back where they are missing, all of them or none. Raises Stop.

    Whoever has none in the file, and no certificate, was erased since, by the list; or `without_keys` says that they
    stay unreadable.
    """
    file, keys = file_of(settings), load_keys(settings)
    wrapped = await asyncio.to_thread(person_keys.whole, file, keys)
    async with link.transaction():
        people = await without(link)
        missing = {one for one, destroyed in people.items() if destroyed is None} - wrapped.keys()
        if (unexplained := missing - _listed(settings, keys)) and not without_keys:
            raise Stop(
                f"Of the people here {len(unexplained)} cannot be read: no key of theirs is in {file}, and the list of "
                "who was erased does not have them. Use the newest copy of both, or say with --without-keys that they "
                "stay unreadable for good.", 2,
            )  # fmt: skip
        await put_in(link, [_row(keys, one, at, wrapped.get(one)) for one, at in people.items()])
    return Loaded(len(people) - len(missing), len(missing))


def _listed(settings: Settings, keys: KeyRing) -> set[UUID]:
    file = erased.file_of(settings)
    return {UUID(one.person_id) for one in erased.read(file, keys).listed} if file is not None else set()


def _row(keys: KeyRing, person_id: UUID, destroyed_at: datetime | None, wrapped: bytes | None) -> KeyRow:
    if destroyed_at is not None:
        return row_of(person_id, None, destroyed_at, destroyed_at)
    return row_of(person_id, wrapped or renewed_key(keys, person_id), datetime.now(UTC), None)
