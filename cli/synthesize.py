"""`alongside synthesize`: a past that nobody has lived, for figures to be seen and tried."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from cli import dates
from cli.options import RUNNING, Json

if TYPE_CHECKING:
    from datetime import datetime

    from records.synthetic.writing import Filled
    from workers.client import Pool


def add(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(rich_help_panel=RUNNING)(synthesize)


def synthesize(
    people: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="How many people come.")] = 1000,
    years: Annotated[float, typer.Option(metavar="Y", min=0.1, max=10, help="Within how many years.")] = 2,
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="The same seed makes the same past.")] = 1,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="The day with which it ends. Default: as today begins.")
    ] = None,
    ledger: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write what they did to a new file, a JSON object a line.", show_default=False
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Fill an empty database with people who never were, on the shipped pathways: for figures to be seen and tried."""
    from datetime import UTC, datetime

    from cli.errors import Stop
    from planner.clock import local_day, midnight

    now = datetime.now(UTC)
    ends = midnight(local_day(now)) if until is None else dates.ends("--until", until, now)
    if ends > now:
        raise Stop("A past cannot end later than now: give --until an earlier day.", 2)
    filled = asyncio.run(_fill(seed, people, years, ends, ledger))
    if as_json:
        typer.echo(json.dumps({"seed": seed, **filled._asdict()}))
        return
    typer.echo(
        f"{filled.people:,} people who never were, on {filled.transitions:,} transitions with {filled.steps:,} steps.\n"
        f"{filled.open:,} are still under way, and followed by nobody: for figures that is enough; "
        "`alongside rebuild` follows them."
    )


async def _fill(seed: int, people: int, years: float, until: "datetime", ledger: Path | None) -> "Filled":
    from cli.connections import records
    from records.synthetic.writing import refuse_others

    async with records() as pool:
        await refuse_others(pool)  # before a file is made that would hold nothing
        if ledger is None:
            return await _write(pool, seed, people, years, until, None)
        with ledger.open("x", encoding="utf-8") as file:
            return await _write(pool, seed, people, years, until, file)


async def _write(
    pool: "Pool", seed: int, people: int, years: float, until: "datetime", ledger: TextIO | None
) -> "Filled":
    from records.synthetic.playing import Past
    from records.synthetic.writing import Filled, fill

    found = Filled(people, 0, 0, 0, 0)
    async for found in fill(pool, Past(seed, people, years, until, ledger=ledger)):
        typer.echo(f"{found.transitions:,} transitions written ...", err=True)
    return found
