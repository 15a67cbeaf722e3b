"""The data folder: for us only, for one at a time, and never half restored."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.stop import Stop

RESTORING = "restoring"
"""What is being restored lies here; while this folder is there, a restore has not come to its end."""
RESTORED = "restored.json"
"""Says that the folder was restored, until Temporal and the records were brought together."""


def restored_half(folder: Path) -> bool:
    """A restore into the folder began and did not end."""
    return (folder / RESTORING).exists()


def make_private(folder: Path) -> None:
    """Make the folder, for us only, unless it is there. Raises Stop when it cannot be used."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Stop(f"The data folder {folder} cannot be made: {error.strerror}. Choose another with --data.") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Stop(f"The data folder {folder} cannot be written to: choose another with --data.")


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which the operating system frees however we end. Raises Stop when somebody has it."""
    file = folder / "lock"
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = lock.read().strip() or "?"
            raise Stop(
                f"Alongside already runs on {folder} (process {holder}): use that one, stop it with "
                f"`kill {holder}`, or choose another folder with --data."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def flush(folder: Path) -> None:
    """What stands in a folder is on the disk when this returns."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_private(file: Path, text: str) -> None:
    """Write the whole file at once, readable by us only."""
    unfinished = file.with_suffix(".unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.replace(file)
