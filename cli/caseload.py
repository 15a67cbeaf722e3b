"""`alongside import`: take a staff list or a caseload on."""

import asyncio
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import Stop

if TYPE_CHECKING:
    from workers.intake import Taken


def add(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command("import", rich_help_panel="People")(import_)


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV of staff or of people.", show_default=False)],
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="The day the caseload was exported. Default: today.", show_default=False
        ),
    ] = None,
    refused: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Where refused rows go. Default: beside the file.", show_default=False),
    ] = None,
    shift_weeks: Annotated[int, typer.Option(help="Move every date by whole weeks (for demonstrations).")] = 0,
) -> None:
    """Import staff or a caseload: every row is checked, the sound ones go in, the others go to a file with the reason.

    Importing the same file again changes nothing.
    """
    from workers.intake import is_staff_list

    if not file.is_file():
        raise Stop(f"There is no file {file}.", 2)
    began = time.monotonic()
    if is_staff_list(file):
        if as_of is not None or shift_weeks:
            raise Stop("A staff list has no dates: leave --as-of and --shift-weeks out.", 2)
        taken = asyncio.run(_staff(file))
    else:
        taken = asyncio.run(_people(file, _day(as_of, shift_weeks), shift_weeks))
    _tell(file, taken, refused or file.with_name(f"{file.stem}.refused-rows.csv"), time.monotonic() - began)


def _day(as_of: datetime | None, shift_weeks: int) -> date:
    today = date.today()  # noqa: DTZ011 - the day that it is where the person sits
    day = as_of.date() if as_of else today - timedelta(weeks=shift_weeks)
    if day + timedelta(weeks=shift_weeks) > today:
        raise Stop(f"{day + timedelta(weeks=shift_weeks)} lies in the future: --as-of is the day of the export.", 2)
    return day


async def _staff(file: Path) -> "Taken":
    from cli.connections import records
    from workers.intake import take_staff

    async with records() as pool:
        return await take_staff(pool, file)


async def _people(file: Path, day: date, shift_weeks: int) -> "Taken":
    from rich.progress import Progress

    from cli.connections import everything
    from planner.clock import end_of
    from workers.intake import read, take_caseload

    async with everything() as (settings, client, pool):
        # The export tells how things stood at the end of its day; taken on the same day, that is now.
        from datetime import UTC

        at = min(end_of(day), datetime.now(UTC) - timedelta(weeks=shift_weeks))
        found = await read(pool, file, at, shift_weeks)
        with Progress(transient=True) as progress:
            task = progress.add_task("Taking people on", total=len(found.sound))
            return await take_caseload(client, pool, settings.task_queue, found, lambda: progress.advance(task))


def _tell(file: Path, taken: "Taken", refused: Path, seconds: float) -> None:
    from records.caseload import write_refused

    count = taken.new + taken.known
    typer.echo(f"{file.name}: {taken.new} new, {taken.known} already there, {len(taken.refused)} refused.")
    if taken.refused:
        write_refused(refused, taken.refused)
        typer.echo(f"The refused rows, and why: {refused}")
    if taken.new and seconds > 1:
        typer.echo(f"{seconds:.0f} seconds, {count / max(seconds, 0.001):.0f} rows a second.")
