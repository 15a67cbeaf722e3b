"""`alongside queue` and `alongside allocate`: who waits for a peer worker, and another look at each of them now."""

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from cli.options import PEER_SUPPORT, As, Asking, Json

if TYPE_CHECKING:
    from temporalio.client import Client

    from records.peers import Queued, TeamQueue
    from schemas.command import Actor
    from workers.client import Pool

Team = Annotated[str | None, typer.Option(metavar="TEAM", help="One team's. Default: every team's.")]


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    for command in (queue, allocate):
        app.command(rich_help_panel=PEER_SUPPORT)(command)


def queue(
    team: Team = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many people of each team.")] = 10,
    as_json: Json = False,
) -> None:
    """Who waits for a peer worker: those whom safety asks for first, then whoever has waited longest."""
    from cli import peer_words
    from cli.reads import read
    from records import peers

    async def asked(pool: "Pool") -> "list[tuple[TeamQueue, list[Queued]]]":
        return [(one, await peers.queue(pool, one.team, limit)) for one in await peers.queues(pool, team)]

    found = read(asked)
    if as_json:
        told = [one.model_dump(mode="json") | {"waiting": _plain(who)} for one, who in found]
        typer.echo(json.dumps(told))
        return
    for one, who in found:
        for line in peer_words.queue(one, who, datetime.now(UTC)):
            typer.echo(line)
    if not found:
        typer.echo("Nobody waits for a peer worker.")


def _plain(who: "list[Queued]") -> list[dict[str, Any]]:
    return [one.model_dump(mode="json") for one in who]


def allocate(team: Team = None, by: As = None, as_json: Json = False) -> None:
    """Look again now for a worker for everybody who waits, in the order of the queue."""
    from cli.sending import actor

    asking = Asking(by, None, None, as_json)
    asyncio.run(_allocate(team, actor(asking), asking))


async def _allocate(team: str | None, who: str, asking: Asking) -> None:
    from cli.connections import everything
    from records import peers
    from records.actors import acting

    told = []
    async with everything() as (_, client, pool):
        by = await acting(pool, who, None)
        teams = await peers.queues(pool, team)
        for waiting in [one for each in teams for one in await peers.queue(pool, each.team)]:
            told.append((waiting, await _look_again(client, pool, waiting, by, asking)))
    if asking.as_json:
        typer.echo(
            json.dumps(
                [{"transition_id": one.transition_id, "local_id": one.local_id, "staff": goes} for one, goes in told]
            )
        )
        return
    found = sum(goes is not None for _, goes in told)
    typer.echo(_summary(found, len(told) - found))


async def _look_again(client: "Client", pool: "Pool", waiting: "Queued", by: "Actor", asking: Asking) -> str | None:
    """Who goes with somebody who waited, None when nobody is free yet; said in a line as soon as it is known."""
    from cli.sending import answered
    from planner.refused import Refused
    from records import peers
    from schemas.command import AssignPeerWorker
    from workers.transitions import send

    command = AssignPeerWorker(id=str(uuid4()), at=asking.now, by=by)
    why = "nobody is free yet"
    try:
        await answered(send(client, waiting.transition_id, command, pool), command.id)
    except Refused as refusal:
        if refusal.kind != "conflict":
            raise
        why = refusal.message
    goes = await peers.assignments(pool, waiting.transition_id)
    still = await peers.alone(pool, waiting.transition_id) is not None
    found = goes[-1].staff if goes and not still else None
    if not asking.as_json:
        person = f"{waiting.local_id}  {waiting.name}"
        typer.echo(f"{person}: {found} goes with them" if found else f"{person}: {why}")
    return found


def _summary(found: int, still: int) -> str:
    if not found and not still:
        return "Nobody waits for a peer worker."
    with_whom = f"{_people(found)} found a peer worker"
    return f"{with_whom}, and nobody waits any more." if not still else f"{with_whom}; {_people(still, 'still wait')}."


def _people(number: int, wait: str = "") -> str:
    if not wait:
        return "One person" if number == 1 else f"{number or 'No'} people"
    return f"one person {wait}s" if number == 1 else f"{number} people {wait}"
