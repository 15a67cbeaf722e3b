"""`alongside report`: what the service counts, and the people behind a figure."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from cli import dates
from cli.options import PEOPLE, Json

if TYPE_CHECKING:
    from datetime import datetime

    from records.reports.asked import Asked
    from records.reports.definition import Report
    from records.reports.table import Table


def add(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(rich_help_panel=PEOPLE)(report)


def report(
    which: Annotated[
        str | None,
        typer.Argument(metavar="[REPORT]", help="Which one; without it, all are listed.", show_default=False),
    ] = None,
    team: Annotated[str | None, typer.Option(metavar="TEAM", help="One team. Default: all of them.")] = None,
    pathway: Annotated[str | None, typer.Option(metavar="ID", help="One pathway. Default: all of them.")] = None,
    begins: Annotated[str | None, typer.Option("--from", metavar="DATE", help="The first day.")] = None,
    ends: Annotated[str | None, typer.Option("--to", metavar="DATE", help="The last day. Default: today.")] = None,
    by: Annotated[
        str | None, typer.Option(metavar="SPLIT", help="What it is told apart by: team, pathway or what it offers.")
    ] = None,
    inside: Annotated[
        bool, typer.Option("--inside", help="It stays with those who see the people: show counts under 5, too.")
    ] = False,
    figure: Annotated[
        str | None, typer.Option("--list", metavar="FIGURE", help="The people behind a figure; needs --inside.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: Json = False,
) -> None:
    """What the service counts: each report with its definition, by period, small numbers withheld."""
    from datetime import UTC, datetime

    from cli.errors import Stop
    from planner.clock import local_day
    from records.reports.asked import asked
    from records.reports.registry import REPORTS, find

    if which is None:
        _offer(REPORTS, as_json=as_json)
        return
    if figure is not None and not inside:
        raise Stop("A list tells of people: say --inside when it stays with those who see them.", 2)
    now = datetime.now(UTC)
    wanted = asked(
        one := find(which),
        local_day(now),
        begins=dates.day("--from", begins, now) if begins else None,
        ends=dates.day("--to", ends, now) if ends else None,
        team=team,
        pathway=pathway,
        by=by or (None if figure else one.by),
        inside=inside,
    )
    if figure is not None:
        asyncio.run(_list(one, wanted, figure, now, as_json=as_json))
    else:
        _tell(asyncio.run(_run(one, wanted, now)), as_csv=as_csv, as_json=as_json)


def _offer(reports: "tuple[Report, ...]", *, as_json: bool) -> None:
    if as_json:
        told = [{"id": one.id, "title": one.title, "question": one.question, "splits": [*one.all_splits],
                 "figures": [figure.name for figure in one.figures]} for one in reports]  # fmt: skip
        typer.echo(json.dumps(told))
        return
    for one in reports:
        typer.echo(f"{one.id}: {one.title}. {one.question}")


async def _run(report: "Report", asked: "Asked", now: "datetime") -> "Table":
    from cli.connections import records
    from records.reports.counting import run

    async with records() as pool:
        return await run(pool, report, asked, now)


async def _list(report: "Report", asked: "Asked", figure: str, now: "datetime", *, as_json: bool) -> None:
    """Each case as it is read, so that a list of any length fits: a JSON object a line."""
    from cli.connections import records
    from records.reports import words
    from records.reports.counting import stream

    shows = report.shows
    async with records() as pool:
        async for case in stream(pool, report, asked, figure, now):
            if as_json:
                typer.echo(case.model_dump_json())
            else:
                told = "; ".join(
                    f"{one.title.lower()}: {words.detail(one.name, case.shown[one.name])}" for one in shows
                )
                typer.echo(f"{case.local_id or '-'}  {case.team}  {told}")


def _tell(found: "Table", *, as_csv: bool, as_json: bool) -> None:
    from records.reports import words
    from records.reports.table import plain

    report = found.report
    if as_json:
        typer.echo(json.dumps(plain(found)))
        return
    split = [report.all_splits[found.asked.by]] if found.asked.by else []
    heads = ["From", *split, *(figure.title for figure in report.figures)]
    if as_csv:
        import csv
        import sys

        writer = csv.writer(sys.stdout)
        writer.writerow(heads)
        for row in found.rows:
            writer.writerow([row.period, *([row.split] if split else []), *row.cells.values()])
        return
    from rich.console import Console
    from rich.table import Table as Shown

    shown = Shown(*heads, box=None, pad_edge=False, header_style="dim")
    for row in found.with_total:
        cells = [words.number(figure, row.cells[figure.name]) for figure in report.figures]
        splits = [row.split or ""] if split else []
        shown.add_row(words.period(report, row.period), *splits, *cells)
    console = Console(highlight=False)
    console.print(f"[bold]{report.title}[/bold]\n{report.question}\n[dim]{report.surety}[/dim]\n")
    console.print(shown)
    if not found.asked.inside:
        typer.echo("Counts under 5, and what would give one away, are withheld.")
