"""What is looked up of peer support: who goes with somebody and why, the queue, and a worker's contacts."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import EVERY_DAY, PEOPLE, Json, Which

if TYPE_CHECKING:
    from records.peers import Alone, Assignment, BookedContact, Candidate, Queued, TeamQueue
    from records.views import TransitionView


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    for daily in (peer, bookings):
        app.command(rich_help_panel=EVERY_DAY)(daily)
    app.command(rich_help_panel=PEOPLE)(queue)


def peer(transition: Which, as_json: Json = False) -> None:
    """Who goes with somebody and why, who else was considered, and which contacts have a time."""
    view, goes, waits = asyncio.run(_peer(transition))
    if as_json:
        known = view.journey.peers.model_dump(mode="json") if view.journey and view.journey.peers else None
        found = {"assignments": [one.model_dump(mode="json") for one in goes], "peers": known}
        typer.echo(json.dumps(found | {"waiting": waits.model_dump(mode="json") if waits else None}))
        return
    _show(view, goes, waits)


async def _peer(which: str) -> "tuple[TransitionView, list[Assignment], Alone | None]":
    from cli.connections import records
    from records import peers
    from records.listings import transition

    async with records() as pool:
        view = await transition(pool, which)
        return view, await peers.assignments(pool, view.id), await peers.alone(pool, view.id)


def _show(view: "TransitionView", goes: "list[Assignment]", waits: "Alone | None") -> None:
    from planner import words

    typer.echo(f"{view.name} ({view.local_id})")
    for one in goes:
        what = "will take over" if one.joining else "goes with them"
        by = f" ({one.assigned_by}: {one.reason})" if one.reason else ""
        typer.echo(f"  {one.staff} {what} since {words.day(one.starts)}{by}")
        _considered(one.considered)
    if waits is not None:
        typer.echo(f"  waits for a peer worker since {words.day(waits.since)}")
        _considered(waits.considered)
    state = view.journey.peers if view.journey else None
    if not goes and waits is None:
        typer.echo("  No peer worker goes with them, and none is sought.")
    for step, booked in sorted(state.booked.items(), key=lambda item: item[1].starts) if state else ():
        typer.echo(f"  {step}: {words.moment(booked.starts)}, {booked.place}, with {' and '.join(booked.staff)}")
    for step, none in state.unplaced.items() if state else ():
        if none.why is not None:
            typer.echo(f"  {step}: no time yet, because {none.why}")


def _considered(considered: "list[Candidate]") -> None:
    for one in considered:
        typer.echo(f"    {one.staff} {one.why}")


def queue(
    team: Annotated[str | None, typer.Option(metavar="TEAM", help="One team's. Default: every team's.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many people of each team.")] = 10,
    as_json: Json = False,
) -> None:
    """Who waits for a peer worker: those whom safety asks for first, then whoever has waited longest."""
    found = asyncio.run(_queue(team, limit))
    if as_json:
        typer.echo(
            json.dumps(
                [
                    {**one.model_dump(mode="json"), "waiting": [w.model_dump(mode="json") for w in who]}
                    for one, who in found
                ]
            )
        )
        return
    if not found:
        typer.echo("Nobody waits for a peer worker.")
    for one, who in found:
        _show_queue(one, who)


async def _queue(team: str | None, limit: int) -> "list[tuple[TeamQueue, list[Queued]]]":
    from cli.connections import records
    from records import peers

    async with records() as pool:
        teams = [one for one in await peers.queues(pool) if team in (None, one.team)]
        return [(one, await peers.queue(pool, one.team, limit)) for one in teams]


def _show_queue(one: "TeamQueue", who: "list[Queued]") -> None:
    from planner import words

    people = "one person waits" if one.people == 1 else f"{one.people} people wait"
    typer.echo(f"{one.team}: {people}, the longest since {words.day(one.since)}")
    for waiting in who:
        first = "  safety first" if waiting.urgency else ""
        typer.echo(f"  {waiting.local_id}  {waiting.name}, since {words.day(waiting.since)}{first}")
    if one.people > len(who):
        typer.echo(f"  and {one.people - len(who)} more (--limit)")


def bookings(
    staff: Annotated[str, typer.Argument(metavar="STAFF", help="Whose contacts.")],
    weeks: Annotated[int, typer.Option(min=1, max=26, help="How many weeks, from today on.")] = 2,
    as_json: Json = False,
) -> None:
    """A worker's contacts: when, where, with whom, and who else comes."""
    found = asyncio.run(_bookings(staff, weeks))
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found]))
        return
    if not found:
        typer.echo(f"Nothing is booked for {staff} in the next {weeks} weeks.")
    from planner import words

    for one in found:
        who = one.group_title or f"{one.name} ({one.local_id}), {one.step}"
        along = f", together with {' and '.join(one.along)}" if one.along else ""
        typer.echo(f"{words.moment(one.starts)}  {one.place}: {who}{along}")


async def _bookings(staff: str, weeks: int) -> "list[BookedContact]":
    from cli.actors import member
    from cli.connections import records
    from planner.clock import local_day, midnight
    from records import peers

    since = midnight(local_day(datetime.now(UTC)))
    async with records() as pool:
        await member(pool, staff)
        return await peers.contacts_of(pool, staff, since, since + timedelta(weeks=weeks))
