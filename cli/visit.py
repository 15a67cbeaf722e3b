"""Out alone: `check-in`, `check-out`, `extend-visit`, and `visits`, which says who is out now."""

import asyncio
from typing import TYPE_CHECKING, Annotated
from uuid import NAMESPACE_URL, uuid4, uuid5

import typer

from cli import dates
from cli.options import EVERY_DAY, Asking, Id, Json

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from schemas.visit import Visit
    from workers.client import Pool

Until = Annotated[
    str, typer.Option("--until", metavar="WHEN", help="When it will be over: 14:05, at most 8 hours after check-in.")
]
By = Annotated[
    str | None,
    typer.Option("--by", "--as", metavar="STAFF", envvar="ALONGSIDE_AS", help="Who says so. Default: the worker."),
]
Whose = Annotated[str, typer.Argument(metavar="STAFF|VISIT", help="Who is out, or the beginning of the visit's id.")]
Person = Annotated[
    str | None, typer.Option("--for", metavar="TRANSITION", help="Whom they visit: its id or the person's local id.")
]
Where = Annotated[
    str | None, typer.Option("--place", metavar="PLACE", help="home, community, clinic or ward. Default: home.")
]
With = Annotated[str | None, typer.Option("--with", metavar="STAFF", help="Who comes along.")]
Alone = Annotated[
    str | None, typer.Option("--alone-because", metavar="REASON", help="Why nobody comes along on a first home visit.")
]
Wrong = Annotated[bool, typer.Option("--went-wrong", help="Offer a debrief. What happened is not asked.")]


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command("check-in", rich_help_panel=EVERY_DAY)(check_in)
    app.command("check-out", rich_help_panel=EVERY_DAY)(check_out)
    app.command("extend-visit", rich_help_panel=EVERY_DAY)(extend_visit)
    app.command("visits", rich_help_panel=EVERY_DAY)(visits)


def check_in(
    staff: Annotated[str, typer.Argument(metavar="STAFF", help="Who goes out.")],
    until: Until,
    person: Person = None,
    place: Where = None,
    joined_by: With = None,
    alone_because: Alone = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Go out on a visit: whoever does not check out again is missed, and people are told."""
    from cli.errors import Stop
    from cli.sending import built
    from schemas.visit import Visit

    if person is None and place is None:
        raise Stop("Say where the visit is: --for TRANSITION, --place PLACE, or both.", 2)
    asking = Asking(None, None, command_id or str(uuid4()), as_json)
    said = {
        "id": str(uuid5(NAMESPACE_URL, f"visit:{asking.command_id}")),
        "staff": staff,
        "joined_by": joined_by,
        "place": place or "home",
        "alone_because": alone_because,
        "checked_in": asking.now,
        "expected_end": dates.ends("--until", until, asking.now),
    }
    visit: Visit = built(Visit, said)
    asyncio.run(_check_in(asking, visit, person))


async def _check_in(asking: Asking, visit: "Visit", person: str | None) -> None:
    from cli.connections import everything
    from cli.sending import answered
    from records.actors import member
    from records.listings import transition
    from workers.visits import check_in

    async with everything() as (settings, client, pool):
        worker = await member(pool, visit.staff)
        if visit.joined_by is not None:
            await member(pool, visit.joined_by)
        known = {"team": worker.team, "transition_id": (await transition(pool, person)).id if person else None}
        going = check_in(client, settings.task_queue, pool, visit.model_copy(update=known))
        _tell(await answered(going, asking.command_id or visit.id), asking.as_json, _went)


def check_out(
    which: Whose, by: By = None, went_wrong: Wrong = False, command_id: Id = None, as_json: Json = False
) -> None:
    """Be back from a visit, or say that somebody else is, having found out that they are safe."""
    asyncio.run(_check_out(Asking(by, None, command_id or str(uuid4()), as_json), which, went_wrong))


async def _check_out(asking: Asking, which: str, went_wrong: bool) -> None:
    from cli.connections import everything
    from cli.sending import answered, built
    from schemas.visit import CheckOut
    from workers.visits import check_out

    async with everything() as (settings, client, pool):
        visit, said = await _asked(pool, asking, which)
        command: CheckOut = built(CheckOut, said | {"went_wrong": went_wrong})
        done = await answered(check_out(client, settings.task_queue, pool, visit.id, command), command.id)
        _tell(done, asking.as_json, _came_back)


def extend_visit(which: Whose, until: Until, by: By = None, command_id: Id = None, as_json: Json = False) -> None:
    """Say that a visit takes longer: people are told again only when it is over by then and nobody checks out."""
    asking = Asking(by, None, command_id or str(uuid4()), as_json)
    asyncio.run(_extend(asking, which, dates.ends("--until", until, asking.now)))


async def _extend(asking: Asking, which: str, end: "datetime") -> None:
    from cli.connections import everything
    from cli.sending import answered, built
    from schemas.visit import Extend
    from workers.visits import extend

    async with everything() as (settings, client, pool):
        visit, said = await _asked(pool, asking, which)
        command: Extend = built(Extend, said | {"expected_end": end})
        longer = await answered(extend(client, settings.task_queue, pool, visit.id, command), command.id)
        _tell(longer, asking.as_json, _expected)


async def _asked(pool: "Pool", asking: Asking, which: str) -> "tuple[Visit, dict[str, object]]":
    """The visit that is meant, and what every command about it says."""
    from records.visits import acting, find

    named = which.strip()
    visit = await find(pool, named, asking.command_id)
    who = (asking.by or "").strip() or (named if named in visit.out else visit.staff)
    by = await acting(pool, visit, who, asking.now)
    return visit, {"id": asking.command_id, "at": asking.now, "by": by}


def visits(as_json: Json = False) -> None:
    """Who is out now, when they are expected back, and how late they are; the one missing longest first."""
    import json
    from datetime import UTC, datetime

    from cli.reads import read
    from records.visits import out_now

    found = read(out_now)
    if as_json:
        typer.echo(json.dumps([visit.model_dump(mode="json") for visit in found]))
    elif not found:
        typer.echo("Nobody is out.")
    else:
        _table(found, datetime.now(UTC))


def _table(found: "list[Visit]", now: "datetime") -> None:
    from rich.console import Console
    from rich.table import Table

    from planner import words

    table = Table("Who", "Where", "Out since", "Expected back", "Late", box=None, header_style="dim", pad_edge=False)
    for visit in found:
        minutes = int((now - visit.expected_end).total_seconds() // 60)
        late = f"[bold red]{_minutes(minutes)}[/bold red]" if minutes >= 0 else ""
        whose = f"\n[dim]transition {visit.transition_id[:8]}[/dim]" if visit.transition_id else ""
        table.add_row(
            f"{' and '.join(visit.out)}\n[dim]visit {visit.id[:8]}[/dim]",
            f"{visit.place}{whose}",
            words.moment(visit.checked_in),
            words.moment(visit.expected_end),
            late,
        )
    Console().print(table)


def _minutes(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def _tell(visit: "Visit", as_json: bool, sentence: "Callable[[Visit], str]") -> None:
    typer.echo(visit.model_dump_json() if as_json else sentence(visit))


def _went(visit: "Visit") -> str:
    return (
        f"Checked in: {' and '.join(visit.out)} {'are' if visit.joined_by else 'is'} out until {_end(visit)}. "
        f"Check out with `alongside check-out {visit.staff}`."
    )


def _came_back(visit: "Visit") -> str:
    debrief = " A debrief is offered." if visit.went_wrong else ""
    return f"Checked out: {visit.staff} is back, says {visit.checked_out_by}.{debrief}"


def _expected(visit: "Visit") -> str:
    return f"Extended: {visit.staff} is expected back by {_end(visit)}."


def _end(visit: "Visit") -> str:
    from planner import words

    return words.moment(visit.expected_end)
