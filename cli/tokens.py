"""`alongside token`: what lets other systems in at the API."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import RUNNING, As, Asking, Json
from cli.reads import read

if TYPE_CHECKING:
    from planner.policy import Scope
    from workers.client import Pool

Days = Annotated[int, typer.Option(min=1, max=366, metavar="NUMBER", help="For how many days it holds.")]


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    token = typer.Typer(help="What lets other systems in at the API.", no_args_is_help=True)
    for name, command in (("create", create), ("list", listed), ("revoke", revoke)):
        token.command(name)(command)
    app.add_typer(token, name="token", rich_help_panel=RUNNING)


def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which machine it is for.")],
    acts_as: Annotated[
        str, typer.Option(metavar="STAFF", help="As whom it acts: their role and team decide what it may.")
    ],
    scope: Annotated[
        list[str], typer.Option(metavar="SCOPE", help="What it is for, such as read:work; may be given several times.")
    ],
    days: Days = 365,
    by: As = None,
    as_json: Json = False,
) -> None:
    """Let another system in, and show its token: now, and never again."""
    from records import machines

    asking = Asking(by, None, None, as_json)
    scopes = [_scope(one) for one in scope]

    async def made(pool: "Pool") -> str:
        who = await _administrator(pool, asking)
        return await machines.create(pool, name, scopes, acts_as, asking.now, days=days, by=who)

    token = read(made)
    if as_json:
        typer.echo(json.dumps({"name": name, "token": token}))
        return
    typer.echo(f"{name} is let in, acting as {acts_as}. Its token:\n{token}")
    typer.echo("It is not shown again: give it to whoever runs that system alone.")


def listed(as_json: Json = False) -> None:
    """Which systems are let in, as whom and for what; never a token."""
    from planner import words
    from records import machines

    found = read(machines.everyone)
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found]))
        return
    for one in found:
        ends = f"ended {words.moment(one.revoked_at)}" if one.revoked_at else f"holds until {words.day(one.expires_at)}"
        used = f"last used about {words.moment(one.last_used)}" if one.last_used else "never used"
        typer.echo(f"{one.id}  {one.name}, as {one.acts_as}: {', '.join(one.scopes)}; {ends}, {used}")
    if not found:
        typer.echo("No system was let in: make a token with `alongside token create`.")


def revoke(
    token: Annotated[str, typer.Argument(metavar="ID", help="As `alongside token list` shows it.")],
    by: As = None,
    as_json: Json = False,
) -> None:
    """Let a system in no longer: its token opens nothing from now on."""
    from records import machines

    asking = Asking(by, None, None, as_json)

    async def ended(pool: "Pool") -> str:
        return await machines.revoke(pool, token, asking.now, by=await _administrator(pool, asking))

    name = read(ended)
    typer.echo(json.dumps({"id": token, "revoked": True}) if as_json else f"{name} is not let in any more.")


async def _administrator(pool: "Pool", asking: Asking) -> str:
    """Who lets machines in; refused when they may not."""
    from cli.sending import actor
    from planner.policy import Action
    from records.actors import may_or_refuse

    return (await may_or_refuse(pool, actor(asking), Action.TOKENS)).id


def _scope(text: str) -> "Scope":
    from cli.errors import Stop
    from planner.policy import Scope

    try:
        return Scope(text)
    except ValueError:
        raise Stop(f"--scope: there is no {text}; there is {', '.join(Scope)}.", 2) from None
