"""`alongside outcomes` and `alongside licence`: how one person fares by what they said, and what may be asked."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import PEOPLE, RUNNING, As, Asking, Json, Which
from cli.reads import read

if TYPE_CHECKING:
    from records.outcomes import Outcomes
    from workers.client import Pool

Measure = Annotated[str, typer.Argument(metavar="MEASURE", help="As docs/outcomes.md lists it, such as DIALOG.")]


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command(rich_help_panel=PEOPLE)(outcomes)
    licence = typer.Typer(help="Which measures this service may use with their answers.", no_args_is_help=True)
    for name, command in (("record", record), ("end", end), ("list", listed)):
        licence.command(name)(command)
    app.add_typer(licence, name="licence", rich_help_panel=RUNNING)


def outcomes(which: Which, as_json: Json = False) -> None:
    """How a person fares by what they said: each measure since the first time, each view by itself."""
    from records import listings
    from records import outcomes as records

    async def asked(pool: "Pool") -> "Outcomes":
        return await records.outcomes(pool, (await listings.transition(pool, which)).id)

    found = read(asked)
    if as_json:
        typer.echo(found.model_dump_json())
        return
    for line in _lines(found):
        typer.echo(line)


def _lines(found: "Outcomes") -> list[str]:
    if not found.lines:
        return ["No measure has been answered yet."]
    told = [f"{one.title} ({one.whose}): {one.words}" for one in found.domains]
    for line in found.lines:
        told += ["", f"{line.instrument}, {line.label} ({line.whose})", f"  {line.sentence}"]
        if line.lines:
            told.append(f"  {line.lines}")
    if found.use is not None:
        told += ["", "Use of services, beside the others and never by itself:", *(f"  {one}" for one in found.use)]
    return told


def record(
    measure: Measure,
    ground: Annotated[str, typer.Option(metavar="TEXT", help="On what ground, such as the number of the licence.")],
    by: As = None,
    as_json: Json = False,
) -> None:
    """Record a licence: from now on the answers may be entered, and not only totals."""
    from pathways.measures import find
    from records import licences

    asking, instrument = Asking(by, None, None, as_json), find(measure)

    async def said(pool: "Pool") -> None:
        await licences.record(pool, instrument, ground, await _allowed(pool, asking), asking.now)

    read(said)
    _tell(as_json, instrument.id, True, f"Recorded: {instrument.id} may be used with its answers.")


def end(measure: Measure, by: As = None, as_json: Json = False) -> None:
    """Record that a licence has ended: only totals may be entered from now on. What was answered stays."""
    from pathways.measures import find
    from records import licences

    asking, instrument = Asking(by, None, None, as_json), find(measure)

    async def said(pool: "Pool") -> None:
        await licences.end(pool, instrument, await _allowed(pool, asking), asking.now)

    read(said)
    _tell(as_json, instrument.id, False, f"Recorded: of {instrument.id} only totals may be entered from now on.")


def listed(as_json: Json = False) -> None:
    """Every measure, what its owner asks, and the licence that is recorded."""
    from pathways.measures import shipped
    from planner import words
    from records import licences

    found = read(licences.everything)
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found]))
        return
    held = {one.instrument: one for one in found if one.ended_at is None}
    for instrument in shipped().values():
        if instrument.id in held:
            one = held[instrument.id]
            stands = f"recorded on {words.day(one.recorded_at)} by {one.recorded_by}: {one.ground}"
        elif instrument.licence.needs == "nothing":
            stands = "may be used"
        else:
            stands = f"needs a {instrument.licence.needs}, and none is recorded: only totals may be entered"
        typer.echo(f"{instrument.id}: {stands}")


async def _allowed(pool: "Pool", asking: Asking) -> str:
    """Who records licences; refused when they may not."""
    from cli.sending import actor
    from planner.policy import Action
    from records.actors import may_or_refuse

    return (await may_or_refuse(pool, actor(asking), Action.LICENCES)).id


def _tell(as_json: bool, measure: str, held: bool, sentence: str) -> None:
    typer.echo(json.dumps({"measure": measure, "licence": held}) if as_json else sentence)
