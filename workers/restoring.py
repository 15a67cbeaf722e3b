"""A backup of the embedded services put into a new data folder: looked at first, then whole or not at all."""

import asyncio
import os
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import asyncpg

from records.erased import Listed
from records.keyring import KeyRing
from records.migrate import known
from records.person_keys import KeyRow, put_back, renewed_key, row_of
from records.ring_keys import differing
from workers import erased, person_keys
from workers.backup import MANIFEST, PEOPLE, RECORDS, TEMPORAL, Known, Manifest, part, read_manifest
from workers.folder import RESTORED, RESTORING, flush, make_private, only_one, write_private
from workers.keys import own_file, write_file
from workers.postgres_server import MAJOR, PostgresServer, ran
from workers.stop import Stop

_MAY_BE_THERE = frozenset({"lock", "keys.json", "erased.jsonl", "person-keys.jsonl", "person-keys.jsonl.lock"})
"""What an empty data folder may have: our locks, and what was put there beforehand of what no backup has."""
HOW = (
    "Say where the list is with --erased (it lay beside the keys of the system that was lost; the newest copy counts), "
    "or with --no-list that there is none any more: whoever was erased since is there until they are erased again."
)
HOW_KEYS = (
    "Say where the keys of people are with --person-keys (person-keys.jsonl lay beside the keys of the system that was "
    "lost; the newest copy counts), or with --without-keys that whoever has none there stays unreadable for good."
)
_ROOM = 3
"""How many times their own size the records may need while they are put back."""
_ROOM_FOR_A_CLUSTER = 200_000_000
"""Bytes of a PostgreSQL that has nothing in it yet."""


class Kept(NamedTuple):
    """What is kept apart from a backup: the file that is given, if there is one, and where it is kept from now on."""

    given: Path | None
    into: Path


class Put(NamedTuple):
    """What was put back, and how many people have no key any more."""

    manifest: Manifest
    without_key: int


async def restore(
    backup: Path,
    data_dir: Path,
    keys: KeyRing,
    *,
    keep_keys: bool,
    list_of_erased: Kept,
    keys_of_people: Kept,
    without_keys: bool,
) -> Put:
    """Put a backup into a new or empty data folder; with `keep_keys`, the key ring beside it.

    What the list of who was erased and the file with the keys of people have is in their own places afterwards. No list
    is given when there is none any more. Whoever has no key in the file was erased since, or `without_keys` says that
    they stay unreadable. Everything is looked at before anything is written. Raises Stop.
    """
    manifest = read_manifest(backup)
    _check(backup, manifest, keys)
    listed = _list(list_of_erased.given, manifest, keys) if list_of_erased.given is not None else []
    wrapped = _keys_of_people(keys_of_people.given, keys)
    rows, missing = _rows(_people(backup), wrapped, keys)
    if not without_keys:
        _refuse_missing(missing - {UUID(one.person_id) for one in listed}, keys_of_people.given)
    _check_folder(data_dir, manifest)
    make_private(data_dir)
    with only_one(data_dir):
        await _build(backup, data_dir, rows)
        if keep_keys and not own_file(data_dir).exists():
            write_file(own_file(data_dir), keys)
        there = {one.id for one in erased.read(list_of_erased.into, keys).listed}
        erased.add(list_of_erased.into, [one for one in listed if one.id not in there], keys)
        if wrapped:
            person_keys.add(keys_of_people.into, wrapped)
        write_private(data_dir / RESTORED, manifest.model_dump_json(include={"taken_at", "alongside"}) + "\n")
        for name in (TEMPORAL, "postgres"):
            (data_dir / RESTORING / name).rename(data_dir / name)
        flush(data_dir)
        shutil.rmtree(data_dir / RESTORING)
    return Put(manifest, len(missing))


def _check(backup: Path, manifest: Manifest, keys: KeyRing) -> None:
    there = {file.name for file in backup.iterdir()} - {MANIFEST}
    if missing := sorted({RECORDS, PEOPLE, TEMPORAL} - (there & manifest.files.keys())):
        raise Stop(f"{backup} lacks {', '.join(missing)}: use another backup.", 2)
    for name, wanted in manifest.files.items():
        if name not in there or part(backup / name) != wanted:
            raise Stop(f"{backup / name} is not what was backed up: use another backup.", 2)
    if manifest.postgres != MAJOR:
        raise Stop(f"{backup} is of PostgreSQL {manifest.postgres}, and this is PostgreSQL {MAJOR}.", 2)
    newer = sorted(set(manifest.migrations) - {name[:4] for name in known()})
    if newer:
        raise Stop(f"{backup} was taken by a newer version of Alongside ({manifest.alongside}): restore with that.", 2)
    needed = [{"id": key.id, "proof": bytes.fromhex(key.proof), "retired_at": None} for key in manifest.keys]
    if problem := differing(keys, needed):
        raise Stop(f"These are not the keys of this backup. {problem}", 5)


def _list(file: Path, manifest: Manifest, keys: KeyRing) -> list[Listed]:
    """The list of who was erased, whole and at least as long as it was when the backup was made."""
    if not file.exists():
        raise Stop(f"The list of who was erased is not there: {file}. {HOW}", 2)
    found = erased.read(file, keys)
    if found.damaged:
        lines = ", ".join(str(number) for number in found.damaged)
        raise Stop(f"Not every line of {file} was written with these keys (see {lines}): use another copy.", 2)
    if len({one.id for one in found.listed}) < manifest.erased:
        raise Stop(f"{file} is older than the backup, which knows of more who were erased: use a newer copy.", 2)
    return found.listed


def _people(backup: Path) -> list[Known]:
    """Everybody of a backup who has or had a key."""
    return [Known.model_validate_json(line) for line in (backup / PEOPLE).read_bytes().splitlines()]


def _keys_of_people(file: Path | None, keys: KeyRing) -> dict[UUID, bytes]:
    """The keys of people, each of which opens with the ring."""
    if file is None:
        return {}
    if not file.exists():
        raise Stop(f"The file with the keys of people is not there: {file}. {HOW_KEYS}", 2)
    return person_keys.whole(file, keys)


def _rows(people: Sequence[Known], wrapped: dict[UUID, bytes], keys: KeyRing) -> tuple[list[KeyRow], set[UUID]]:
    """The table of keys as it is put back, and who has no key in the file, though none was destroyed in the backup.

    They get one that opens nothing, so that they are erased again as anybody is, and what comes after is sealed.
    """
    missing = {one.person_id for one in people if one.destroyed_at is None} - wrapped.keys()
    rows = []
    for one in people:
        key = renewed_key(keys, one.person_id) if one.person_id in missing else wrapped.get(one.person_id)
        key = key if one.destroyed_at is None else None
        rows.append(row_of(one.person_id, key, one.made_at, one.destroyed_at))
    return rows, missing


def _refuse_missing(missing: Collection[UUID], file: Path | None) -> None:
    if not missing:
        return
    where = f"in {file}" if file is not None else "given"
    raise Stop(
        f"Of the people in this backup {len(missing)} cannot be read: no key of theirs is {where}, and the list of who "
        f"was erased does not have them. One of the two is not the newest, or of another system. {HOW_KEYS}", 2,
    )  # fmt: skip


def _check_folder(data_dir: Path, manifest: Manifest) -> None:
    there = {file.name for file in data_dir.iterdir()} if data_dir.is_dir() else set()
    if data_dir.exists() and not data_dir.is_dir():
        raise Stop(f"{data_dir} is not a folder: choose another with --data.", 2)
    if RESTORING not in there and there - _MAY_BE_THERE:
        raise Stop(f"{data_dir} is not empty, and nothing is written over: choose a new folder with --data.", 2)
    nearest = next(one for one in (data_dir, *data_dir.parents) if one.exists())
    needed = manifest.size * _ROOM + manifest.files[TEMPORAL].bytes + _ROOM_FOR_A_CLUSTER
    if shutil.disk_usage(nearest).free < needed:
        raise Stop(f"There may be too little room in {nearest}: make {needed // 1_000_000} MB free.")


async def _build(backup: Path, data_dir: Path, rows: Sequence[KeyRow]) -> None:
    """Put everything into a folder of its own within the data folder; a restore that was cut off begins again."""
    unfinished = data_dir / RESTORING
    server = PostgresServer(unfinished, durable=False)  # it is all on the disk at the end, or begun again
    if unfinished.exists():
        await server.end_leftovers()
        for name in (TEMPORAL, "postgres", RESTORED):
            _remove(data_dir / name)
        _remove(unfinished)
    unfinished.mkdir(mode=0o700)
    (unfinished / TEMPORAL).touch(mode=0o600)
    shutil.copyfile(backup / TEMPORAL, unfinished / TEMPORAL)
    try:
        await server.start()
        await _fill(server.url, backup / RECORDS, rows)
    finally:
        await server.stop()
    await asyncio.to_thread(os.sync)


async def _fill(url: str, dump: Path, rows: Sequence[KeyRow]) -> None:
    """Tables and what is in them, the keys, and only then what watches over them."""
    await _pg_restore(url, dump, "--section=pre-data", "--section=data")
    connection = await asyncpg.connect(url)
    try:
        if rows:
            await put_back(connection, rows)
        await _pg_restore(url, dump, "--section=post-data")
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _pg_restore(url: str, dump: Path, *sections: str) -> None:
    if said := await ran("pg_restore", *sections, "--exit-on-error", f"--dbname={url}", str(dump)):
        raise Stop(f"The records could not be put back: {said[0]}")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
