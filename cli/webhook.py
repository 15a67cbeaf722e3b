"""`alongside webhook`: other systems that are told, by HTTP, what changes."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import RUNNING, As, Asking, Json
from cli.reads import read

if TYPE_CHECKING:
    from records.errors import RecordsError


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    webhook = typer.Typer(help="Other systems that are told, by HTTP, what changes.", no_args_is_help=True)
    for name, command in (("create", create), ("list", listed), ("end", end)):
        webhook.command(name)(command)
    app.add_typer(webhook, name="webhook", rich_help_panel=RUNNING)


def create(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where they are told: https://...")],
    event: Annotated[
        list[str] | None, typer.Option(metavar="EVENT", help="Only of these, such as missed; several times.")
    ] = None,
    team: Annotated[str | None, typer.Option(metavar="TEAM", help="Only of this team's transitions.")] = None,
    by: As = None,
    as_json: Json = False,
) -> None:
    """Tell another system what changes from now on, and show the secret that it is signed with, once."""
    asking = Asking(by, None, None, as_json)
    id_, secret = asyncio.run(_create(asking, url, event or [], team))
    if as_json:
        typer.echo(json.dumps({"id": id_, "secret": secret}))
        return
    typer.echo(f"Webhook {id_} is told from now on. What it is told is signed with this secret:\n{secret}")
    typer.echo("It is not shown again: give it to whoever runs that system alone.")


async def _create(asking: Asking, url: str, kinds: list[str], team: str | None) -> tuple[str, str]:
    from cli.connections import everything
    from cli.sending import actor
    from planner.policy import Action
    from records import webhooks
    from records.actors import may_or_refuse
    from workers.webhooks import follow

    _sound(url)
    async with everything() as (settings, client, pool):
        who = await may_or_refuse(pool, actor(asking), Action.TOKENS)
        id_, secret = await webhooks.create(pool, url, asking.now, kinds=kinds, team=team, by=who.id)
        await follow(client, settings.task_queue, id_)
    return id_, secret


def _sound(url: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    from cli.errors import Stop
    from schemas.webhook import Url

    try:
        TypeAdapter(Url).validate_python(url)
    except ValidationError:
        raise Stop(
            "URL: give the whole address, beginning with https:// and without a name or password in it.", 2
        ) from None


def listed(as_json: Json = False) -> None:
    """Who is told, since when, and what is still to be told. Never a secret."""
    from planner import words
    from records import webhooks

    found = read(webhooks.everybody)
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found]))
        return
    for one in found:
        until = f"ended {words.moment(one.ended_at)}: {one.ended_why}" if one.ended_at else f"{one.waiting} waiting"
        lost = f", {one.given_up} given up" if one.given_up else ""
        typer.echo(f"{one.id}  {one.url}\n  since {words.moment(one.created_at)}, {until}{lost}")
    if not found:
        typer.echo("Nobody is told: `alongside webhook create URL` begins.")


def end(
    webhook: Annotated[str, typer.Argument(metavar="ID", help="As `alongside webhook list` has it.")],
    by: As = None,
    as_json: Json = False,
) -> None:
    """Tell another system no more."""
    asking = Asking(by, None, None, as_json)
    asyncio.run(_end(asking, webhook))
    typer.echo(json.dumps({"id": webhook, "ended": True}) if as_json else f"Ended: {webhook} is told nothing more.")


async def _end(asking: Asking, webhook: str) -> None:
    from cli.connections import records
    from cli.sending import actor
    from planner.policy import Action
    from records import webhooks
    from records.actors import may_or_refuse

    async with records() as pool:
        who = await may_or_refuse(pool, actor(asking), Action.TOKENS)
        if not await webhooks.end(pool, _id(webhook), asking.now, f"ended by {who.id}"):
            raise _unknown()


def _id(webhook: str) -> str:
    from uuid import UUID

    try:
        return str(UUID(webhook))
    except ValueError:
        raise _unknown() from None


def _unknown() -> "RecordsError":
    from records.errors import RecordsError

    return RecordsError("not-found", "No webhook of that id is told: `alongside webhook list` has them.")
