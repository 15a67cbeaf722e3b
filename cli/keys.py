"""`alongside keys`: the key ring without which nothing that is kept of people can be read."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from cli.errors import Stop
from cli.options import RUNNING, Json

if TYPE_CHECKING:
    from asyncpg import Connection, Record

    from records.keyring import KeyRing

T = TypeVar("T")
Key = Annotated[str, typer.Argument(metavar="ID", help="As `alongside keys list` shows it.")]
Print = Annotated[
    bool, typer.Option("--print", help="Print the changed keys for another program to keep; change no file.")
]


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    keys = typer.Typer(help="The keys without which nothing that is kept can be read.", no_args_is_help=True)
    commands: tuple[tuple[str, Callable[..., None]], ...] = (
        ("new", new),
        ("list", listed),
        ("rotate", rotate),
        ("add", added),
        ("use", use),
        ("wrap", wrap),
        ("retire", retire),
        ("save", save),
        ("load", load),
    )
    for name, command in commands:
        keys.command(name)(command)
    app.add_typer(keys, name="keys", rich_help_panel=RUNNING)


def new(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Where to; without it they are printed for another program.")
    ] = None,
) -> None:
    """Make a new key ring with one key. A copy of it belongs in a safe place: whoever loses it loses the records."""
    from records.keyring import KeyRing
    from workers.keys import make_file

    if file is None:
        _print(KeyRing.fresh(datetime.now(UTC).date()))
        return
    keys = make_file(file)
    typer.echo(f"A new key, {keys.current}, is in {file}. Copy it now to a safe place, apart from the backups.")


def listed(as_json: Json = False) -> None:
    """Which keys there are, which of them seals, and how many people's keys are under each; never a key itself."""
    from workers.keys import load_keys
    from workers.settings import load_settings

    keys = load_keys(load_settings())
    known = asyncio.run(_known())
    rows = [_row(key_id, keys, known.get(key_id)) for key_id in dict.fromkeys([*keys.ids, *known])]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    for row in rows:
        said = [word for word, holds in (("seals", row["current"]), ("finds", row["search"])) if holds]
        said += ["not on the ring, retired"] if row["retired"] and not row["here"] else []
        said += ["NOT ON THE RING"] if not row["here"] and not row["retired"] else []
        people = f"keys of people under it: {row['people']}" if known else "the records cannot be asked"
        typer.echo(f"{row['id']}  {', '.join([*said, people])}")


def rotate() -> None:
    """Seal with a new key from now on, and wrap everybody's key with it. The old ones still open what they sealed."""
    from workers.keys import from_file

    file, keys = _file_and_ring()
    if file is None:
        raise Stop(
            "These keys are not in a file: add one with `alongside keys add`, let every process have it, then "
            "`alongside keys use ID` and `alongside keys wrap` (docs/keys.md).",
            2,
        )
    prepared = keys.with_new(datetime.now(UTC).date())
    _keep(prepared.using(prepared.ids[-1]), file, to_print=False)
    wrapped, copied = _wrap()
    typer.echo(f"{from_file(file).current} seals from now on; keys of people wrapped anew: {wrapped}.")
    typer.echo(f"Copy {' and '.join(map(str, [file, *copied]))} to where the copies are kept.")


def added(to_print: Print = False) -> None:
    """Add a key that opens and does not seal yet: the first of two steps where each process has keys of its own."""
    file, keys = _file_and_ring()
    prepared = keys.with_new(datetime.now(UTC).date())
    if _keep(prepared, file, to_print=to_print):
        typer.echo(f"Added {prepared.ids[-1]}. When every process has it: `alongside keys use {prepared.ids[-1]}`.")


def use(key_id: Key, to_print: Print = False) -> None:
    """Seal with a key of the ring from now on, once every process has it."""
    file, keys = _file_and_ring()
    if _keep(keys.using(key_id), file, to_print=to_print):
        typer.echo(f"{key_id} seals from now on. Wrap everybody's key with it: `alongside keys wrap`.")


def wrap() -> None:
    """Wrap everybody's key with the key that seals now, and those kept for backups. What they sealed stays as it is."""
    wrapped, copied = _wrap()
    typer.echo(f"Keys of people wrapped anew: {wrapped}.")
    for file in copied:
        typer.echo(f"Copy {file} to where its copy is kept, in place of the older one.")


def retire(
    key_id: Key,
    lost: Annotated[
        bool, typer.Option("--lost", help="It is lost: what is still sealed with it stays unreadable for good.")
    ] = False,
    to_print: Print = False,
) -> None:
    """Take a key off the ring under which nobody's key is any more. Histories of Temporal sealed with it stay shut.

    So do older copies of the file with the keys of people: have the newest one everywhere first.
    """
    from records import ring_keys
    from records.keyring import BadKeys

    file, keys = _file_and_ring()
    try:
        left: KeyRing | None = keys.without(key_id)
    except BadKeys:
        if not lost or key_id in keys.ids:
            raise
        left = None
    if not lost:
        _refuse_kept_under(key_id)
    _ask_records(lambda link: ring_keys.retire(link, key_id, lost=lost))
    if left is None or _keep(left, file, to_print=to_print):
        typer.echo(f"{key_id} is retired.")


def save() -> None:
    """Write the keys of people into the file that dumps without them are read with: right after each dump.

    For a PostgreSQL of your own (docs/deploying.md); `alongside backup` does it by itself.
    """
    from workers import dumps
    from workers.settings import load_settings

    settings = load_settings()
    count = _ask_records(lambda link: dumps.save(settings, link))
    typer.echo(f"Keys of people in {dumps.file_of(settings)}: {count}.")
    typer.echo("Copy it to where the copies of the key ring are, in place of the older one.")


def load(
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Whoever has no key there any more stays unreadable for good.")
    ] = False,
) -> None:
    """Put the keys of people back into records that were restored from a dump without them, before anything runs."""
    from workers import dumps
    from workers.settings import load_settings

    settings = load_settings()
    loaded = _ask_records(lambda link: dumps.load(settings, link, without_keys=without_keys))
    typer.echo(f"Keys of people put back: {loaded.people}.")
    if loaded.without_key:
        typer.echo(f"People who have no key any more, and cannot be read: {loaded.without_key}.")


def _row(key_id: str, keys: "KeyRing", known: "Record | None") -> dict[str, object]:
    return {
        "id": key_id,
        "here": key_id in keys.ids,
        "current": key_id == keys.current,
        "search": key_id == keys.search,
        "people": known["people"] if known else 0,
        "retired": bool(known and known["retired_at"]),
    }


def _file_and_ring() -> "tuple[Path | None, KeyRing]":
    from workers.keys import file_of, load_keys
    from workers.settings import load_settings

    settings = load_settings()
    return file_of(settings), load_keys(settings)


def _keep(keys: "KeyRing", file: Path | None, *, to_print: bool) -> bool:
    """Write the changed ring to its file, or print it where it is in none; whether it was written."""
    from workers.keys import write_file

    if to_print or file is None:
        _print(keys)
        return False
    write_file(file, keys)
    return True


def _print(keys: "KeyRing") -> None:
    if _to_a_screen():
        raise Stop("Keys are not shown on a screen: send them to a file or to a program that keeps secrets.", 2)
    typer.echo(keys.written(), nl=False)


def _to_a_screen() -> bool:
    return sys.stdout.isatty()


def _wrap() -> tuple[int, list[Path]]:
    """Wrap everybody's key anew, in the records and in the file for backups: how many, and the file if it changed."""
    from cli.reads import read
    from records.person_keys import wrap_anew
    from workers import person_keys
    from workers.client import Pool
    from workers.keys import load_keys
    from workers.settings import load_settings

    async def every(pool: Pool) -> int:
        wrapped = 0
        while some := await wrap_anew(pool):
            wrapped += some
        return wrapped

    wrapped, settings = read(every), load_settings()
    file = person_keys.file_of(settings)
    there = file is not None and file.exists() and person_keys.wrap(file, load_keys(settings)) > 0
    return wrapped, [file] if file is not None and there else []


def _refuse_kept_under(key_id: str) -> None:
    """Whoever is in a backup is read with the file of people's keys, and that with the ring."""
    from workers import person_keys
    from workers.settings import load_settings

    file = person_keys.file_of(load_settings())
    if file is not None and person_keys.wrapped_by(file, key_id):
        raise Stop(f"Keys of people in {file} are sealed with {key_id}: `alongside keys wrap` first.", 5)


async def _known() -> "dict[str, Record]":
    """What the records know of each key; nothing when they cannot be asked."""
    from records.ring_keys import used

    try:
        return {row["id"]: row for row in await _asked(used)}
    except Stop:
        return {}


def _ask_records(query: "Callable[[Connection[Record]], Awaitable[T]]") -> T:
    return asyncio.run(_asked(query))


async def _asked(query: "Callable[[Connection[Record]], Awaitable[T]]") -> T:
    """Ask the records over a connection without keys: they may be just what is missing."""
    from workers.client import bare_connection
    from workers.settings import load_settings

    async with bare_connection(load_settings()) as link:
        return await query(link)
