"""Where the key ring comes from: a file, a variable, or a program's answer; else a file in the data folder."""

import contextlib
import os
import shlex
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from records.keyring import BadKeys, KeyRing
from workers.settings import Settings
from workers.stop import Stop

_PATIENCE = 30
"""Seconds for the program that says the keys."""
_asked: dict[str, KeyRing] = {}
"""What such a program said already: it is asked once by a process, and again for a key that it did not say."""


def own_file(data_dir: Path) -> Path:
    """Where the keys are that `alongside up` makes by itself."""
    return data_dir / "keys.json"


def load_keys(settings: Settings) -> KeyRing:
    """The key ring. Raises Stop when there is none, or it cannot be used."""
    found = configured(settings)
    file = own_file(settings.data_dir)
    if found is None and file.exists():
        found = from_file(file)
    if found is None:
        raise Stop(
            "There are no keys, and without them nothing is written: make them with `alongside keys new FILE`, keep a "
            "copy in a safe place, and set ALONGSIDE_KEYS_FILE to where they are (docs/keys.md)."
        )
    return found


def configured(settings: Settings) -> KeyRing | None:
    """The key ring that the settings name, None when they name none. Raises Stop when it cannot be used."""
    if settings.keys_file is not None:
        return from_file(settings.keys_file)
    if settings.keys is not None:
        return _read("ALONGSIDE_KEYS", settings.keys.get_secret_value)
    if settings.keys_command is not None:
        return _from_command(settings.keys_command)
    return None


def from_file(file: Path) -> KeyRing:
    """The key ring of a file. Raises Stop."""

    def content() -> str:
        try:
            return file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise BadKeys("they are no text") from None

    return _read(str(file), content)


def source(settings: Settings) -> str:
    """In words, where the keys come from."""
    if settings.keys is not None:
        return "ALONGSIDE_KEYS"
    if settings.keys_command is not None:
        return "the program of ALONGSIDE_KEYS_COMMAND"
    return str(file_of(settings))


def file_of(settings: Settings) -> Path | None:
    """The file that the keys come from, if it is one."""
    if settings.keys is not None or settings.keys_command is not None:
        return None
    return settings.keys_file or own_file(settings.data_dir)


def make_file(file: Path) -> KeyRing:
    """Write a new ring with one key, readable by us only. Raises Stop when the file is there already."""
    keys = KeyRing.fresh(datetime.now(UTC).date())
    if file.exists():
        raise Stop(f"{file} is there already: keys are never written over.", 2)
    write_file(file, keys)
    return from_file(file)


def write_file(file: Path, keys: KeyRing) -> None:
    """Write the ring, readable by us only, and on the disk before this returns: what it seals is lost without it."""
    unfinished = file.with_name(f"{file.name}.unfinished")
    with contextlib.suppress(FileNotFoundError):
        unfinished.unlink()
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(keys.written())
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(where: str, content: Callable[[], str]) -> KeyRing:
    try:
        return KeyRing.parse(content(), again=lambda: KeyRing.parse(content()))
    except BadKeys as bad:
        raise Stop(f"{where}: {bad.message}", 2) from None
    except OSError as error:
        raise Stop(f"The keys cannot be read: {where}: {(error.strerror or 'no answer').lower()}.", 2) from None


def _from_command(command: str) -> KeyRing:
    if command not in _asked:
        _asked[command] = _read("ALONGSIDE_KEYS_COMMAND", lambda: _answer(command))
    return _asked[command]


def _answer(command: str) -> str:
    """What the program prints; what it complains of, it says itself on stderr."""
    try:
        said = subprocess.run(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=_PATIENCE,
            check=True,
            text=True,
        )
    except ValueError:
        raise BadKeys("the program's name or its output is no text") from None
    except subprocess.SubprocessError as error:
        how = f"ended with {error.returncode}" if isinstance(error, subprocess.CalledProcessError) else "did not end"
        raise BadKeys(f"the program that says them {how}") from None
    return said.stdout
