"""`alongside capacity`, `hours` and `overrides`: need against hours, said early, and what somebody overrode."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import PEOPLE, Json

if TYPE_CHECKING:
    from planner.workforce.ledger import Week
    from records.ledger import Capacity, Override

Weeks = Annotated[int, typer.Option(min=1, max=26, help="How many weeks, from this one on.")]


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    for command in (capacity, hours, overrides):
        app.command(rich_help_panel=PEOPLE)(command)


def capacity(
    team: Annotated[str | None, typer.Option(metavar="TEAM", help="One team. Default: all of them.")] = None,
    weeks: Weeks = 8,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw it, too.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: Json = False,
) -> None:
    """Peer contacts that are asked for against the hours that there are, week by week and team by team."""
    found = asyncio.run(_capacity(team, weeks))
    if svg is not None:
        _draw(svg, found)
    if as_json:
        typer.echo(json.dumps([_plain(one) for one in found], default=str))
    elif as_csv:
        _print_csv(found)
    else:
        for one in found:
            _show(one)
        if svg is not None:
            typer.echo(f"\nDrawn: {svg}")


async def _capacity(team: str | None, weeks: int) -> "list[Capacity]":
    from datetime import UTC, datetime

    from cli.connections import records
    from cli.errors import Stop
    from records import ledger
    from workers.settings import load_settings

    now = datetime.now(UTC)
    async with records() as pool:
        teams = await ledger.teams(pool)
        if team is not None and team not in teams:
            raise Stop(f"There is no team {team} with peer workers or people: there is {', '.join(teams)}.", 3)
        division = load_settings().division
        return [await ledger.capacity(pool, one, now, weeks, division) for one in ([team] if team else teams)]


def _plain(found: "Capacity") -> dict[str, Any]:
    weeks = [week._asdict() for week in found.weeks]
    return {**found._asdict(), "weeks": weeks, "waiting": found.waiting._asdict()}


def _print_csv(found: "list[Capacity]") -> None:
    import csv
    import sys

    writer = csv.writer(sys.stdout)
    writer.writerow(
        ["team", "week", "contacts_asked", "contacts_held", "needed_minutes", "available_minutes", "booked_minutes",
         "done_minutes", "free_minutes"]
    )  # fmt: skip
    for one in found:
        writer.writerows([one.team, *week] for week in one.weeks)


def _show(found: "Capacity") -> None:
    from rich.console import Console
    from rich.table import Table

    from records.capacity_words import sentences

    console = Console(highlight=False)
    console.print(f"\n[bold]{found.team}[/bold]")
    if found.workers:
        table = Table("Week of", box=None, pad_edge=False, header_style="dim")
        for head in ("contacts asked", "hours hold", "hours needed", "there are", "booked", "done", "free"):
            table.add_column(head, justify="right")
        for week in found.weeks:
            spent = (week.needed, week.available, week.booked, week.done, week.free)
            table.add_row(f"{week.week:%d %b %Y}", str(week.asked), str(week.holds), *map(_hours, spent))
        console.print(table)
    for sentence in sentences(found):
        console.print(sentence)


def _hours(minutes: int) -> str:
    return f"{minutes / 60:.1f}"


def _draw(file: Path, found: "list[Capacity]") -> None:
    from cli.errors import Stop
    from web.pictures.capacity import svg

    try:
        file.write_text(svg(found), encoding="utf-8")
    except OSError as error:
        raise Stop(f"{file} cannot be written: {error.strerror}.") from error


def hours(
    staff: Annotated[str, typer.Argument(metavar="STAFF", help="Whose hours.")], weeks: Weeks = 8, as_json: Json = False
) -> None:
    """One worker's weeks: contracted, booked, done (with travel and writing up), and free."""
    found = asyncio.run(_of_worker(staff, weeks))
    if as_json:
        typer.echo(json.dumps([{**week._asdict(), "free": week.free} for week in found], default=str))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("Week of", box=None, pad_edge=False, header_style="dim")
    for head in ("contracted", "there are", "booked", "done", "free", "beyond"):
        table.add_column(head, justify="right")
    for week in found:
        spent = (week.contracted, week.available, week.booked, week.done, week.free)
        table.add_row(f"{week.week:%d %b %Y}", *map(_hours, spent), _hours(week.beyond) if week.beyond else "")
    Console(highlight=False).print(table)
    typer.echo("Hours. There are: what the pattern offers without leave and bank holidays, up to the contract.")


async def _of_worker(staff: str, weeks: int) -> "list[Week]":
    from datetime import UTC, datetime

    from cli.connections import records
    from records import ledger
    from workers.settings import load_settings

    async with records() as pool:
        return await ledger.hours(pool, staff, datetime.now(UTC), weeks, load_settings().division)


def overrides(as_json: Json = False) -> None:
    """What is booked beyond somebody's hours, by whom and why: for the service manager."""
    found = asyncio.run(_overrides())
    if as_json:
        typer.echo(json.dumps([one._asdict() for one in found], default=str))
        return
    if not found:
        typer.echo("Nothing is booked beyond anybody's hours.")
    from planner import words

    for one in found:
        said = f"{words.moment(one.starts)}  {one.staff}, {one.minutes} minutes, {one.team}"
        typer.echo(f"{said}: {one.override_by} said: {one.override_reason}")


async def _overrides() -> "list[Override]":
    from datetime import UTC, datetime, timedelta

    from cli.connections import records
    from records import ledger

    async with records() as pool:
        return await ledger.overrides(pool, datetime.now(UTC) - timedelta(weeks=4))
