"""The commands of peer support: what the person asked for, who goes with them, and when their contacts are."""

import asyncio
from typing import Annotated

import typer

from cli import dates
from cli.options import EVERY_DAY, STEERING, As, Asking, Id, Json, Reason, Step, Which


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    for daily in (book, cancel_booking, accept_person, step_back):
        app.command(rich_help_panel=EVERY_DAY)(daily)
    for steering in (wishes, assign, allocate):
        app.command(rich_help_panel=STEERING)(steering)


def wishes(
    transition: Which,
    wish: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND:WISH", help="language:ur, gender:female, culture:..., times:evening; several times."
        ),
    ] = None,
    asked_for: Annotated[str | None, typer.Option(metavar="STAFF", help="A worker they would like to have.")] = None,
    not_with: Annotated[
        str | None, typer.Option(metavar="STAFF", help="A worker they would not: that always holds.")
    ] = None,
    by: As = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Record what the person asked for of a peer worker. Only what they said, never what somebody thinks."""
    from cli.sending import act
    from schemas.command import Wish

    asking = Asking(by, None, command_id, as_json)
    act(transition, asking, Wish, wishes=wish, asked_for=asked_for, not_with=not_with)


def assign(
    transition: Which,
    staff: Annotated[
        str | None, typer.Option(metavar="STAFF", help="Who it should be, with a --reason. Default: by the rules.")
    ] = None,
    at_once: Annotated[bool, typer.Option("--at-once", help="Without a contact with both workers first.")] = False,
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Find a peer worker for somebody, or say who it should be. `alongside peer` says why."""
    from cli.sending import act
    from schemas.command import AssignPeerWorker

    act(transition, Asking(by, reason, command_id, as_json), AssignPeerWorker, staff=staff, at_once=at_once)


def accept_person(transition: Which, by: As = None, command_id: Id = None, as_json: Json = False) -> None:
    """You have met the person together with their worker: you go with them from now on."""
    from cli.sending import act
    from schemas.command import AcceptPerson

    act(transition, Asking(by, None, command_id, as_json), AcceptPerson)


def step_back(
    transition: Which,
    staff: Annotated[str | None, typer.Option(metavar="STAFF", help="Who steps back. Default: who says so.")] = None,
    by: As = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Step back from a person. Nobody asks why; somebody else gets to know them first, where there is somebody."""
    from cli.sending import act, actor
    from schemas.command import StepBack

    asking = Asking(by, None, command_id, as_json)
    act(transition, asking, StepBack, staff=staff or actor(asking))


def book(
    transition: Which,
    step: Step,
    at: Annotated[
        str | None, typer.Option(metavar="WHEN", help="When it begins. Default: the earliest there is.")
    ] = None,
    not_before: Annotated[
        str | None, typer.Option(metavar="WHEN", help="The earliest from then on: they asked for another day.")
    ] = None,
    minutes: Annotated[int | None, typer.Option(help="How long. Default: the team's usual.")] = None,
    place: Annotated[
        str | None, typer.Option(help="ward, community, home, clinic, telephone or video. Default: where they are.")
    ] = None,
    over_hours: Annotated[
        bool, typer.Option("--over-hours", help="Beyond the hours of the week: a team lead's, with a --reason.")
    ] = False,
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Give a peer worker's contact a time; booked already, it moves."""
    from cli.sending import act
    from schemas.command import BookContact

    asking = Asking(by, reason, command_id, as_json)
    act(
        transition,
        asking,
        BookContact,
        step=step,
        starts=dates.begins("--at", at, asking.now) if at is not None else None,
        not_before=dates.begins("--not-before", not_before, asking.now) if not_before is not None else None,
        minutes=minutes,
        place=place,
        over_hours=over_hours,
    )


def cancel_booking(
    transition: Which, step: Step, by: As = None, reason: Reason = None, command_id: Id = None, as_json: Json = False
) -> None:
    """A contact loses its time. It stays to be done; say why with --reason."""
    from cli.sending import act
    from schemas.command import CancelBooking

    act(transition, Asking(by, reason, command_id, as_json), CancelBooking, step=step)


def allocate(
    team: Annotated[str | None, typer.Option(metavar="TEAM", help="One team's queue. Default: every team's.")] = None,
    by: As = None,
) -> None:
    """Look again now for a worker for everybody who waits, in the order of the queue."""
    from cli.sending import actor

    asking = Asking(by, None, None, False)
    asyncio.run(_allocate(team, actor(asking), asking))


async def _allocate(team: str | None, who: str, asking: Asking) -> None:
    from uuid import uuid4

    from cli.actors import acting
    from cli.connections import everything
    from planner.refused import Refused
    from records import peers
    from schemas.command import AssignPeerWorker
    from workers.transitions import send

    found = waits = 0
    async with everything() as (_, client, pool):
        by = await acting(pool, who, None)
        teams = [team] if team else [one.team for one in await peers.queues(pool)]
        for one in [waiting for name in teams for waiting in await peers.queue(pool, name)]:
            command = AssignPeerWorker(id=str(uuid4()), at=asking.now, by=by)
            try:
                await send(client, one.transition_id, command, pool)
            except Refused as why:
                typer.echo(f"{one.local_id}: {why.message}", err=True)
                if why.kind == "not-allowed":
                    raise
                continue
            goes = await peers.assignments(pool, one.transition_id)
            found, waits = found + bool(goes), waits + (not goes)
            if goes:
                typer.echo(f"{goes[0].staff} goes with {one.name} ({one.local_id}).")
    typer.echo(f"{found} found a peer worker, and {waits} still wait.")
