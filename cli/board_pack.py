"""`alongside board-pack`: the month's charts with what they say, as one HTML and one PDF file."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import PEOPLE

if TYPE_CHECKING:
    from datetime import date, datetime

    from web.board_pack import Pack


def add(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command("board-pack", rich_help_panel=PEOPLE)(board_pack)


def board_pack(
    month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="Which month. Default: the last that has ended.")
    ] = None,
    team: Annotated[str | None, typer.Option(metavar="TEAM", help="One team. Default: all of them.")] = None,
    pathway: Annotated[str | None, typer.Option(metavar="ID", help="One pathway. Default: all of them.")] = None,
    folder: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="Where the two files go. Default: here.")
    ] = Path(),
) -> None:
    """The month's charts, what they say, the figures and what they count, as HTML and PDF; small numbers withheld."""
    from datetime import UTC, datetime

    from cli.errors import Stop
    from planner.clock import local_day
    from web import board_pack as packs

    now = datetime.now(UTC)
    begins = _month(month) if month else packs.month_before(local_day(now))
    if not folder.is_dir():
        raise Stop(f"There is no folder {folder}: make it, or choose another one with --out.", 2)
    pack = asyncio.run(_gather(begins, now, team, pathway))
    for ending, made in (("html", packs.html(pack).encode()), ("pdf", packs.pdf(pack))):
        there = folder / f"board-pack-{begins:%Y-%m}.{ending}"
        there.write_bytes(made)
        typer.echo(f"Made {there}")


def _month(text: str) -> "date":
    from datetime import date

    from cli.errors import Stop

    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Stop(f"--month is not a month: write it as in 2026-10, not {text!r}.", 2) from None


async def _gather(month: "date", now: "datetime", team: str | None, pathway: str | None) -> "Pack":
    from cli.connections import records
    from web import board_pack as packs
    from web.pages.reports import rules_of
    from workers.settings import load_settings

    async with records() as pool:
        return await packs.gather(pool, month, now, rules_of(load_settings()), team=team, pathway=pathway)
