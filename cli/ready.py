"""`alongside ready`: from when until when somebody could have left a ward, and what they wait for."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import dates
from cli.options import PEOPLE, As, Asking, Json, Which
from cli.reads import read

if TYPE_CHECKING:
    from schemas.ready import ReadyPeriod
    from workers.client import Pool

Period = Annotated[str, typer.Argument(metavar="PERIOD", help="Its id, as `alongside ready list` lists it.")]
Begins = Annotated[str, typer.Option("--from", metavar="DATE", help="The day from which they are ready.")]
Delay = Annotated[
    str, typer.Option("--for", metavar="CODE", help="What they wait for: a code of MHSDS, 01 to 37 or 98.")
]
Whose = Annotated[str, typer.Option(metavar="CODE", help="Whose the delay is: 04 the NHS, 05 social care, 06 both.")]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it is corrected.")]


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    ready = typer.Typer(help="Clinically ready for discharge: since when, and what for.", no_args_is_help=True)
    commands = (("begin", begin), ("end", end), ("correct", correct), ("withdraw", withdraw), ("list", listed))
    for name, command in commands:
        ready.command(name)(command)
    app.add_typer(ready, name="ready", rich_help_panel=PEOPLE)


def begin(
    transition: Which, begins: Begins, delay: Delay, whose: Whose, by: As = None, as_json: Json = False
) -> None:  # fmt: skip
    """Somebody is ready to leave from a day on."""
    from records import ready

    asking = Asking(by, None, None, as_json)
    spell = ready.Spell(dates.day("--from", begins, asking.now), None, delay, whose)

    async def recorded(pool: "Pool") -> "ReadyPeriod":
        who, found = await _may(pool, asking), await _transition(pool, transition)
        return await ready.begin(pool, found, spell, staff=who, now=asking.now)

    _tell(read(recorded), as_json)


def end(
    transition: Which,
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="They left that day, or were not ready any more.")],
    by: As = None,
    as_json: Json = False,
) -> None:
    """The delay that goes on has ended."""
    from records import ready

    asking = Asking(by, None, None, as_json)
    day = dates.day("--on", on, asking.now)

    async def recorded(pool: "Pool") -> "ReadyPeriod":
        who, found = await _may(pool, asking), await _transition(pool, transition)
        return await ready.end(pool, found, day, staff=who, now=asking.now)

    _tell(read(recorded), as_json)


def correct(
    period: Period,
    begins: Begins,
    delay: Delay,
    whose: Whose,
    reason: Why,
    ended: Annotated[str | None, typer.Option("--on", metavar="DATE", help="The day on which it ended.")] = None,
    by: As = None,
    as_json: Json = False,
) -> None:
    """Another period in the place of one: what was said stays in the history."""
    from records import ready

    asking = Asking(by, None, None, as_json)
    until = dates.day("--on", ended, asking.now) if ended else None
    spell = ready.Spell(dates.day("--from", begins, asking.now), until, delay, whose)

    async def recorded(pool: "Pool") -> "ReadyPeriod":
        who = await _may(pool, asking)
        return await ready.correct(pool, period, spell, why=reason, staff=who, now=asking.now)

    _tell(read(recorded), as_json)


def withdraw(period: Period, reason: Why, by: As = None) -> None:
    """Take back a period that was not so. It stays in the history."""
    from records import ready

    asking = Asking(by, None, None, False)

    async def withdrawn(pool: "Pool") -> None:
        who = await _may(pool, asking)
        await ready.withdraw(pool, period, why=reason, staff=who, now=asking.now)

    read(withdrawn)
    typer.echo("Withdrawn: it stays in the history.")


def listed(transition: Which, as_json: Json = False) -> None:
    """Every period of somebody, and what was withdrawn."""
    from records import ready

    async def found(pool: "Pool") -> "list[ReadyPeriod]":
        return await ready.periods(pool, await _transition(pool, transition))

    periods = read(found)
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in periods]))
        return
    for one in periods:
        typer.echo(_sentence(one))
    if not periods:
        typer.echo("They were never recorded as ready for discharge.")


async def _may(pool: "Pool", asking: Asking) -> str:
    from cli.sending import actor
    from planner.policy import Action
    from records.actors import may_or_refuse

    return (await may_or_refuse(pool, actor(asking), Action.READY)).id


async def _transition(pool: "Pool", which: str) -> str:
    from records.listings import transition

    return (await transition(pool, which)).id


def _tell(period: Any, as_json: bool) -> None:
    typer.echo(period.model_dump_json() if as_json else f"Recorded: {_sentence(period)}")


def _sentence(period: "ReadyPeriod") -> str:
    from schemas.ready import ATTRIBUTIONS, REASONS

    until = f" until {period.ends:%-d %b %Y}" if period.ends else ""
    whose = ATTRIBUTIONS[period.attribution]
    taken_back = f"; withdrawn: {period.withdrawn_why}" if period.withdrawn_at else ""
    spell = f"ready from {period.starts:%-d %b %Y}{until}"
    return f"{spell}, {REASONS[period.reason]} ({period.reason}), {whose}{taken_back}  {period.id}"
