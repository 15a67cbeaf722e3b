"""A backup of the embedded services put into a new data folder: looked at first, then whole or not at all."""

import os
import shutil
import tarfile
from pathlib import Path

import structlog

from records.erased import Listed
from records.keyring import KeyRing
from records.migrate import known
from records.ring_keys import differing
from workers.account import lent_account
from workers.backup import MANIFEST, POSTGRES, TEMPORAL, WAL, Manifest, part, read_manifest
from workers.erased import add, read
from workers.folder import RESTORED, RESTORING, flush, make_private, only_one, write_private
from workers.keys import own_file, write_file
from workers.postgres_server import MAJOR
from workers.stop import Stop

log = structlog.get_logger(__name__)

_MAY_BE_THERE = frozenset({"lock", "keys.json", "erased.jsonl"})
"""What an empty data folder may have: our lock, and the keys and the list that were put there beforehand."""
HOW = (
    "Say where the list is with --erased (it lay beside the keys of the system that was lost; the newest copy counts), "
    "or with --no-list that there is none any more: whoever was erased since is readable until they are erased again."
)
_ROOM = 8
"""How many times its own size a backup may need when it is unpacked."""


def restore(
    backup: Path, data_dir: Path, keys: KeyRing, *, keep_keys: bool, erased: Path | None, erased_into: Path
) -> Manifest:
    """Put a backup into a new or empty data folder; with `keep_keys`, the keys beside it.

    `erased` is a list of who was erased, None when there is none any more; what it has is on the list `erased_into`
    afterwards. Everything is looked at before anything is written. Raises Stop.
    """
    backup, data_dir = backup.absolute(), data_dir.absolute()
    manifest = read_manifest(backup)
    _check(backup, manifest, keys)
    listed = _list(erased, manifest, keys) if erased is not None else []
    _check_folder(data_dir, manifest)
    make_private(data_dir)
    with only_one(data_dir):
        _unpack(backup, data_dir)
        if keep_keys and not own_file(data_dir).exists():
            write_file(own_file(data_dir), keys)
        there = {one.id for one in read(erased_into, keys).listed}
        add(erased_into, [one for one in listed if one.id not in there], keys)
        write_private(data_dir / RESTORED, manifest.model_dump_json(include={"taken_at", "alongside"}) + "\n")
        for name in (TEMPORAL, "postgres"):
            (data_dir / RESTORING / name).rename(data_dir / name)
        flush(data_dir)
        (data_dir / RESTORING).rmdir()
    return manifest


def _check(backup: Path, manifest: Manifest, keys: KeyRing) -> None:
    there = {file.name for file in backup.iterdir()} - {MANIFEST}
    if missing := sorted({POSTGRES, WAL, TEMPORAL} - (there & manifest.files.keys())):
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
    found = read(file, keys)
    if found.damaged:
        lines = ", ".join(str(number) for number in found.damaged)
        raise Stop(f"Not every line of {file} was written with these keys (see {lines}): use another copy.", 2)
    if len({one.id for one in found.listed}) < manifest.erased:
        raise Stop(f"{file} is older than the backup, which knows of more who were erased: use a newer copy.", 2)
    return found.listed


def _check_folder(data_dir: Path, manifest: Manifest) -> None:
    there = {file.name for file in data_dir.iterdir()} if data_dir.is_dir() else set()
    if data_dir.exists() and not data_dir.is_dir():
        raise Stop(f"{data_dir} is not a folder: choose another with --data.", 2)
    if RESTORING not in there and there - _MAY_BE_THERE:
        raise Stop(f"{data_dir} is not empty, and nothing is written over: choose a new folder with --data.", 2)
    nearest = next(one for one in (data_dir, *data_dir.parents) if one.exists())
    needed = sum(file.bytes for file in manifest.files.values()) * _ROOM
    if shutil.disk_usage(nearest).free < needed:
        raise Stop(f"There may be too little room in {nearest}: make {needed // 1_000_000} MB free.")


def _unpack(backup: Path, data_dir: Path) -> None:
    """Put everything into a folder of its own within the data folder; a restore that was cut off begins again."""
    unfinished = data_dir / RESTORING
    if unfinished.exists():
        for name in (TEMPORAL, "postgres", RESTORED):
            _remove(data_dir / name)
        _remove(unfinished)
    unfinished.mkdir(mode=0o700)
    mask = os.umask(0o077)
    try:
        cluster = unfinished / "postgres"
        for name, into in ((POSTGRES, cluster), (WAL, cluster / "pg_wal")):
            with tarfile.open(backup / name) as packed:
                packed.extractall(into, filter="data")
        shutil.copyfile(backup / TEMPORAL, unfinished / TEMPORAL)
    finally:
        os.umask(mask)
    if account := lent_account():
        for path in (cluster, *cluster.rglob("*")):
            account.owns(path)
    os.sync()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
