"""`alongside export-person`: everything that is held about somebody, to be given to them."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import PEOPLE, As, Asking
from cli.reads import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from records.held import Held
    from workers.client import Pool

ENDINGS = ("html", "json")


def add(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command("export-person", rich_help_panel=PEOPLE)(export_person)


def export_person(
    local_id: Annotated[str, typer.Argument(metavar="LOCAL_ID", help="The service's own number for the person.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="FOLDER|FILE", help="A folder for both files, or one file that ends with .html or .json."
        ),
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write over files that are there.")] = False,
    by: As = None,
) -> None:
    """Everything held about somebody, readable, who looked at them included; as a page and as JSON.

    The files are readable by you alone. Read them before you give them away: what is about others than the person may
    have to be taken out. That it was taken out is kept among the looks at the person.
    """
    from cli.sending import actor
    from records import held

    who = actor(Asking(by, None, None, False))
    endings = _endings(out)

    async def gathered(pool: "Pool") -> "tuple[Held, dict[str, str]]":
        from records import staff
        from web.held import named

        found = await held.held(pool, local_id, who, datetime.now(UTC))
        return found, await staff.names(pool, named(found))

    _free(out, endings, overwrite)
    found, names = read(gathered)
    made = _made(found, names)
    name = f"held-{found.made_at:%Y-%m-%d-%H%M%S}"
    for ending in endings:
        there = out / f"{name}.{ending}" if out.is_dir() else out
        _write(there, made[ending](), overwrite)
        typer.echo(f"Made {there}")


def _made(found: "Held", names: dict[str, str]) -> "dict[str, Callable[[], str]]":
    from records.held import as_json
    from web.held import html

    return {"html": lambda: html(found, names), "json": lambda: as_json(found)}


def _endings(out: Path) -> tuple[str, ...]:
    from cli.errors import Stop

    if out.is_dir():
        return ENDINGS
    ending = out.suffix.removeprefix(".")
    if ending not in ENDINGS:
        raise Stop(f"--out {out} is no folder that is there, and no file that ends with .html or .json.", 2)
    if not out.parent.is_dir():
        raise Stop(f"There is no folder {out.parent}: make it, or choose another one with --out.", 2)
    return (ending,)


def _free(out: Path, endings: tuple[str, ...], overwrite: bool) -> None:
    """Stop before anything is read, and kept as a look, when the file may not be written."""
    from cli.errors import Stop

    if len(endings) == 1 and out.exists() and not overwrite:
        raise Stop(f"{out} is there already: choose another file, or say --overwrite.", 2)


def _write(there: Path, text: str, overwrite: bool) -> None:
    """Write a file that its owner alone can read, whatever was there."""
    if overwrite:
        there.unlink(missing_ok=True)
    handle = os.open(there, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
