"""`alongside source`: other systems that tell us, by HTTP, what happened."""

import asyncio
import json
from typing import Annotated

import typer

from cli.options import RUNNING, As, Asking, Json
from cli.reads import read

Uri = Annotated[str, typer.Argument(metavar="SOURCE", help="What its events name as their source: urn:example:pas.")]


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    source = typer.Typer(help="Other systems that tell us, by HTTP, what happened.", no_args_is_help=True)
    for name, command in (("create", create), ("list", listed), ("end", end)):
        source.command(name)(command)
    app.add_typer(source, name="source", rich_help_panel=RUNNING)


def create(
    source: Uri,
    acts_as: Annotated[str, typer.Option(metavar="STAFF", help="As whom it acts: what they may not, it may not.")],
    by: As = None,
    as_json: Json = False,
) -> None:
    """Hear another system from now on, and show the secret that it signs with, once."""
    asking = Asking(by, None, None, as_json)
    secret = asyncio.run(_create(asking, source, acts_as))
    if as_json:
        typer.echo(json.dumps({"source": source, "secret": secret}))
        return
    typer.echo(f"{source} is heard from now on, as {acts_as}. It signs what it tells with this secret:\n{secret}")
    typer.echo("It is not shown again: give it to whoever runs that system alone.")


async def _create(asking: Asking, source: str, acts_as: str) -> str:
    from cli.connections import records
    from cli.sending import actor
    from planner.policy import Action
    from records import sources
    from records.actors import may_or_refuse, member

    async with records() as pool:
        who = await may_or_refuse(pool, actor(asking), Action.TOKENS)
        await member(pool, acts_as)
        return await sources.create(pool, source, acts_as, asking.now, who.id)


def listed(as_json: Json = False) -> None:
    """Which systems are heard, and as whom. Never a secret."""
    from planner import words
    from records import sources

    found = read(sources.everybody)
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found]))
        return
    for one in found:
        until = f", ended {words.moment(one.ended_at)}" if one.ended_at else ""
        typer.echo(f"{one.source}  as {one.acts_as}, since {words.moment(one.created_at)}{until}")
    if not found:
        typer.echo("Nobody is heard: `alongside source create SOURCE --acts-as STAFF` begins.")


def end(source: Uri, by: As = None, as_json: Json = False) -> None:
    """Hear another system no more: what it tells is refused from now on."""
    asking = Asking(by, None, None, as_json)
    asyncio.run(_end(asking, source))
    typer.echo(json.dumps({"source": source, "ended": True}) if as_json else f"Ended: {source} is not heard any more.")


async def _end(asking: Asking, source: str) -> None:
    from cli.connections import records
    from cli.sending import actor
    from planner.policy import Action
    from records import sources
    from records.actors import may_or_refuse
    from records.errors import RecordsError

    async with records() as pool:
        await may_or_refuse(pool, actor(asking), Action.TOKENS)
        if not await sources.end(pool, source, asking.now):
            raise RecordsError("not-found", "No source of that name is heard: `alongside source list` has them.")
