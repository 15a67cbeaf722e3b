"""`alongside rehearse`: play stories of a pathway and say whether what must follow does follow."""

import asyncio
import json
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from cli.errors import Stop

if TYPE_CHECKING:
    from pathways.lines import Lines, Place
    from planner.rehearsal import Rehearsal
    from schemas.event import Event
    from schemas.pathway import Pathway


class Engine(StrEnum):
    """What plays a rehearsal."""

    DURABLE = "durable"
    PLANNER = "planner"


class Story(NamedTuple):
    """A rehearsal that can be played: its file, what it says, its pathway, and how it finds others."""

    file: str
    rehearsal: "Rehearsal"
    pathway: "Pathway"
    load: "Callable[[str], Pathway]"


class Played(NamedTuple):
    """What came of a rehearsal."""

    story: Story
    trace: "list[Event]"
    unmet: list[str]


def add(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(rich_help_panel="Checking")(rehearse)


def rehearse(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Rehearsals (YAML).", show_default=False)],
    engine: Annotated[
        Engine,
        typer.Option(help="`durable`: the real workflow, database and a clock that skips. `planner`: the rules alone."),
    ] = Engine.DURABLE,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a file.")] = False,
) -> None:
    """Play rehearsals, and say whether what must follow does follow.

    Ends with 1 when an expectation is not met; with 2, nothing played, when a file cannot be read or
    names what its pathway has not got.
    """
    stories = _read_all(files)
    show = _print_json if as_json else _print_table
    met = True
    for played in _play_all(stories, engine, show):
        met = met and not played.unmet
    if not met:
        raise typer.Exit(1)


def _play_all(stories: list[Story], engine: Engine, show: Callable[[Played], None]) -> Iterable[Played]:
    from planner.rehearsal import play, unmet

    if engine is Engine.DURABLE:
        return asyncio.run(_play_durably(stories, show))
    found = []
    for story in stories:
        trace = play(story.rehearsal, story.pathway, story.load)
        found.append(Played(story, trace, unmet(story.rehearsal, trace)))
        show(found[-1])
    return found


async def _play_durably(stories: list[Story], show: Callable[[Played], None]) -> list[Played]:
    from planner.rehearsal import unmet
    from workers.logging import configure
    from workers.rehearsal import stage
    from workers.settings import load_settings

    settings = load_settings()
    configure(settings.log_format, "error")
    found = []
    async with stage(settings) as on:
        for story in stories:
            trace = await on.play(story.rehearsal, story.pathway, story.load)
            found.append(Played(story, trace, unmet(story.rehearsal, trace)))
            show(found[-1])
    return found


def _read_all(files: list[Path]) -> list[Story]:
    """Every file, read and checked before anything is played; Stop with all that is wrong with all of them."""
    from pathways.lines import FileError

    stories, wrong = [], []
    for file in files:
        try:
            stories.append(_read(file))
        except FileError as error:
            wrong.append(str(error))
    if wrong:
        raise Stop("\n".join(wrong), 2)
    return stories


def _read(file: Path) -> Story:
    from pydantic import ValidationError

    from pathways.lines import FileError, problems_from, read
    from planner.casting import problems
    from planner.rehearsal import Rehearsal

    data, lines = read(_text(file), str(file))
    try:
        rehearsal = Rehearsal.model_validate(data)
    except ValidationError as error:
        raise FileError(problems_from(error, lines, data, Rehearsal)) from None
    load = _finder(file)
    pathway = _found(load, rehearsal.pathway, lines, ("pathway",))
    for number, entry in enumerate(rehearsal.happens):
        if entry.definition is not None:
            _found(load, entry.definition, lines, ("happens", number, "definition"))
    found = [lines.problem(place, message) for place, message in problems(rehearsal, pathway)]
    if found:
        raise FileError(found)
    return Story(str(file), rehearsal, pathway, load)


def _found(load: "Callable[[str], Pathway]", name: str, lines: "Lines", place: "Place") -> "Pathway":
    from pathways.lines import FileError

    try:
        return load(name)
    except FileError as error:
        if not Path(error.problems[0].file).exists():
            raise FileError([lines.problem(place, error.problems[0].message)]) from None
        raise FileError([lines.problem(place, "is not sound, see below"), *error.problems]) from None


def _text(file: Path) -> str:
    from pathways.lines import FileError, Problem

    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise FileError([Problem(str(file), 1, "", "the file is not UTF-8 text: save it as UTF-8")]) from None
    except OSError as error:
        raise FileError([Problem(str(file), 1, "", f"cannot be read: {error.strerror}")]) from None


def _finder(file: Path) -> "Callable[[str], Pathway]":
    """Finds a pathway by id, or by a path from where the rehearsal is."""
    from pathways.loader import find, shipped

    return lambda name: find(name if name in shipped() else str(file.parent / name) if "." in name else name)


def _print_json(played: Played) -> None:
    typer.echo(
        json.dumps(
            {
                "file": played.story.file,
                "title": played.story.rehearsal.title,
                "met": not played.unmet,
                "unmet": played.unmet,
                "trace": [event.told() for event in played.trace],
            }
        )
    )


def _print_table(played: Played) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(f"\n[bold]{played.story.rehearsal.title}[/bold]  [dim]{played.story.file}[/dim]")
    table = Table("When", "What", "Step", "", box=None, pad_edge=False, header_style="dim")
    day = ""
    for event in played.trace:
        when, day = _when(event, day)
        table.add_row(when, event.event.value, event.step or event.milestone or event.fact or "", _details(event))
    console.print(table)
    for line in played.unmet:
        console.print(f"[red]✗[/red] {line}", markup=True, highlight=False)
    if not played.unmet:
        console.print(f"[green]✓[/green] everything expected followed ({len(played.trace)} events)")


def _when(event: "Event", day: str) -> tuple[str, str]:
    from planner.clock import LONDON

    local = event.at.astimezone(LONDON)
    today = f"{local:%a %d %b %Y}"
    return f"{today if today != day else ' ' * len(today)} {local:%H:%M}", today


def _details(event: "Event") -> str:
    from planner import words

    parts = []
    if event.rung is not None:
        parts.append(f"rung {event.rung}")
    if event.staff:
        parts.append(" and ".join([event.staff, *(event.along or [])]))
    if event.starts:
        parts.append(words.moment(event.starts) + (f", {event.place}" if event.place else ""))
    if event.to:
        parts.append(f"to {words.roles(event.to)}")
    if "due" in event.model_fields_set:
        parts.append(f"due {words.due(event.due)}" if event.due else "no date")
    if event.late:
        parts.append("late")
    if event.attendance:
        parts.append(f"attendance {event.attendance.value}")
    if event.value is not None:
        parts.append(str(event.value))
    if event.exit:
        parts.append(event.exit)
    if event.reason:
        parts.append(event.reason)
    return ", ".join(parts)
