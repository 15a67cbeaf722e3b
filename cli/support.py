"""Support for the workers: `supervision`, `supervisions`, `debrief`, `incident`. What is said in them is not asked."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from cli import dates
from cli.options import PEOPLE, As, Asking, Json
from schemas.codes import Track

if TYPE_CHECKING:
    from datetime import datetime

    from records.support import Visible
    from schemas.codes import Division
    from schemas.support import Debrief, Supervised
    from workers.client import Pool

Worker = Annotated[str, typer.Argument(metavar="STAFF", help="Whose support it is: an id of the staff list.")]


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    for command in (supervision, supervisions, incident):
        app.command(rich_help_panel=PEOPLE)(command)
    debrief = typer.Typer(help="That a debrief was offered, and whether it was taken.", no_args_is_help=True)
    answers: dict[str, Callable[..., None]] = {"offer": offer, "taken": taken, "not-taken": not_taken}
    for name, answer in answers.items():
        debrief.command(name)(answer)
    app.add_typer(debrief, name="debrief", rich_help_panel=PEOPLE)


def supervision(
    staff: Worker,
    track: Annotated[Track, typer.Option(help="Which of the two.")],
    held: Annotated[str, typer.Option(metavar="DATE", help="The day that it was held.")],
    by: As = None,
    as_json: Json = False,
) -> None:
    """Record the day of a supervision. Only the day is kept, never what was said."""
    from records.support import record_supervision

    asking = Asking(by, None, None, as_json)
    day = dates.day("--held", held, asking.now)

    async def record(pool: "Pool", who: str, _: "Division") -> str:
        await record_supervision(pool, staff, track, day, who, asking.now)
        return f"Recorded: {track} supervision of {staff} on {day:%a %-d %b %Y}."

    _record(asking, staff, record)


def supervisions(
    team: Annotated[str | None, typer.Option(metavar="TEAM", help="Only of this team.", show_default=False)] = None,
    by: As = None,
    as_json: Json = False,
) -> None:
    """When supervision is due next, and who is owed a debrief: what you may know of, the first due first."""
    import json

    from cli.reads import read
    from cli.sending import actor
    from records.support import visible_to

    asking = Asking(by, None, None, as_json)
    who = actor(asking)
    seen = read(lambda pool: visible_to(pool, who, asking.now, team=team))
    if as_json:
        told = {name: [one.model_dump(mode="json") for one in rows] for name, rows in seen._asdict().items()}
        typer.echo(json.dumps(told))
    elif seen.supervisions or seen.debriefs:
        _table(seen, asking.now)
    else:
        typer.echo(f"There is no support here that {who} sees to.")


def offer(staff: Worker, by: As = None, as_json: Json = False) -> None:
    """A debrief was offered, for all that one was owed for."""
    from records.support import debrief_offered

    asking = Asking(by, None, None, as_json)

    async def record(pool: "Pool", who: str, _: "Division") -> str:
        await debrief_offered(pool, staff, who, asking.now)
        return f"Recorded: {staff} was offered a debrief."

    _record(asking, staff, record)


def taken(staff: Worker, by: As = None, as_json: Json = False) -> None:
    """The debrief that was offered was taken."""
    _answer(staff, True, Asking(by, None, None, as_json))


def not_taken(staff: Worker, by: As = None, as_json: Json = False) -> None:
    """The debrief that was offered was not taken, which is as good an answer."""
    _answer(staff, False, Asking(by, None, None, as_json))


def _answer(staff: str, was_taken: bool, asking: Asking) -> None:
    from records.support import debrief_answered

    async def record(pool: "Pool", who: str, _: "Division") -> str:
        await debrief_answered(pool, staff, was_taken, who, asking.now)
        return f"Recorded: the debrief offered to {staff} was {'taken' if was_taken else 'not taken'}."

    _record(asking, staff, record)


def incident(
    staff: Worker,
    at: Annotated[
        str | None, typer.Option(metavar="WHEN", help="When it happened. A day alone is noon of it. Default: now.")
    ] = None,
    by: As = None,
    as_json: Json = False,
) -> None:
    """Something happened to a worker: a debrief is owed. What happened is not asked here."""
    from records import support

    asking = Asking(by, None, None, as_json)
    happened = dates.happened("--at", at, asking.now) or asking.now

    async def record(pool: "Pool", who: str, division: "Division") -> str:
        from planner.words import due

        by = await support.incident(pool, staff, happened, who, asking.now, division)
        return f"Recorded: {staff} is to be offered a debrief by {due(by)}."

    _record(asking, staff, record)


def _record(asking: Asking, staff: str, record: "Callable[[Pool, str, Division], Awaitable[str]]") -> None:
    """Record something of somebody's support as whoever asks, let their workflow see it, and say so."""
    import json

    from cli.sending import actor

    told = asyncio.run(_recorded(staff, actor(asking), record))
    typer.echo(json.dumps({"staff": staff, "told": told}) if asking.as_json else told)


async def _recorded(staff: str, who: str, record: "Callable[[Pool, str, Division], Awaitable[str]]") -> str:
    from cli.connections import everything
    from workers.support import follow

    async with everything() as (settings, client, pool):
        told = await record(pool, who, settings.division)
        await follow(client, settings.task_queue, staff, settings.division)
    return told


def _table(seen: "Visible", now: "datetime") -> None:
    from rich.console import Console
    from rich.table import Table

    if seen.supervisions:
        table = Table("Who", "Supervision", "Held last", "Next", box=None, header_style="dim", pad_edge=False)
        for one in seen.supervisions:
            last = f"{one.last:%a %-d %b %Y}" if one.last else "-"
            table.add_row(one.staff, one.track, last, _next(one, now))
        Console().print(table)
    for debrief in seen.debriefs:
        typer.echo(_debrief(debrief))


def _next(one: "Supervised", now: "datetime") -> str:
    from planner.clock import local_day

    day = f"{one.due:%a %-d %b %Y}"
    return f"by {day}" if one.due >= local_day(now) else f"to arrange now (was to be by {day})"


def _debrief(one: "Debrief") -> str:
    from planner import words

    if one.offered_at is None:
        return f"{one.staff} is to be offered a debrief after {one.cause.words} by {words.due(one.offer_by)}."
    offered = f"{words.day(one.offered_at)} by {one.offered_by}"
    return f"{one.staff} was offered a debrief after {one.cause.words} on {offered}: taken, or not taken?"
