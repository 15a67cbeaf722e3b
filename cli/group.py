"""`alongside group`: a drop-in or a group with one or more workers, and the people who come to it."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from cli import dates
from cli.options import EVERY_DAY, As, Asking, Id, Json, Step, Which

Team = Annotated[str, typer.Option("--team", metavar="TEAM", help="Whose group it is.")]
Group = Annotated[str, typer.Argument(metavar="GROUP", help="Its id, as `alongside group list` says it.")]
MAY_HOLD = ("peer-worker", "peer-lead", "team-lead", "care-coordinator", "coordinator", "service-manager")


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    group = typer.Typer(no_args_is_help=True, help="Groups that meet: several people, one time.")
    for command in (plan, listed, join, cancel):
        group.command("list" if command is listed else None)(command)
    app.add_typer(group, name="group", rich_help_panel=EVERY_DAY)


def plan(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What it is, for example 'Weekly drop-in'.")],
    team: Team,
    at: Annotated[str, typer.Option(metavar="WHEN", help="When it begins, for example 2027-01-12T10:30.")],
    staff: Annotated[list[str], typer.Option(metavar="STAFF", help="Who holds it; several times for several.")],
    minutes: Annotated[int, typer.Option(help="How long it is.")] = 90,
    place: Annotated[str, typer.Option(help="ward, community, home, clinic, telephone or video.")] = "community",
    people: Annotated[int, typer.Option(help="How many people at most.")] = 12,
    weeks: Annotated[int, typer.Option(min=1, max=26, help="For how many weeks on end.")] = 1,
    by: As = None,
    as_json: Json = False,
) -> None:
    """Plan a group: its workers' hours are booked once, for everybody who comes."""
    from cli.sending import actor, built
    from schemas.workforce import GroupPlan

    asking = Asking(by, None, None, as_json)
    first = dates.begins("--at", at, asking.now)
    said = {"team": team, "title": title, "place": place, "staff": staff, "people_at_most": people}
    plans = [
        built(GroupPlan, said | {"starts": start, "ends": start + timedelta(minutes=minutes)})
        for start in _weekly(first, weeks)
    ]
    asyncio.run(_plan(actor(asking), plans, asking))


def _weekly(first: datetime, weeks: int) -> list[datetime]:
    """The same hour of the day in London, week after week."""
    from planner.clock import LONDON

    local = first.astimezone(LONDON)
    return [(local + timedelta(weeks=n)).astimezone(first.tzinfo) for n in range(weeks)]


async def _plan(by: str, plans: list[Any], asking: Asking) -> None:
    import json

    from cli.connections import records
    from planner import words
    from records.database import transaction
    from records.groups import add_group
    from workers.settings import load_settings

    async with records() as pool:
        await _may(pool, by)
        async with transaction(pool) as link:  # all of the weeks, or none
            division = load_settings().division
            ids = [await add_group(link, plan, asking.now, division) for plan in plans]
    for one, plan in zip(ids, plans, strict=True):
        if asking.as_json:
            typer.echo(json.dumps({"id": one, **plan.model_dump(mode="json")}))
        else:
            typer.echo(f"Planned: {plan.title} on {words.moment(plan.starts)}, with {' and '.join(plan.staff)}. {one}")


async def _may(pool: Any, by: str) -> None:
    from planner.refused import Refused
    from records.actors import member

    found = await member(pool, by)
    if found.role not in MAY_HOLD:
        raise Refused("not-allowed", f"A {found.role.words} cannot plan groups: ask the team lead or the peer lead.")


def listed(team: Team, as_json: Json = False) -> None:
    """Which groups are ahead, who holds them, and how many come."""
    asyncio.run(_list(team, as_json))


async def _list(team: str, as_json: bool) -> None:
    import json

    from cli.connections import records
    from planner import words
    from records.groups import groups

    async with records() as pool:
        found = await groups(pool, team, Asking(None, None, None, as_json).now)
    if as_json:
        typer.echo(json.dumps([one._asdict() for one in found], default=str))
        return
    if not found:
        typer.echo(f"No group is planned in {team}.")
    for one in found:
        room = f"{one.coming} of {one.people_at_most} places taken"
        typer.echo(f"{words.moment(one.starts)}  {one.title}, {one.place}, with {' and '.join(one.staff)}: {room}")
        typer.echo(f"    {one.id}")


def join(
    transition: Which, step: Step, group: Group, by: As = None, command_id: Id = None, as_json: Json = False
) -> None:
    """Book a place in a group for somebody's contact. What came of it is recorded for each person on their own."""
    from cli.sending import act
    from schemas.command import BookContact

    act(transition, Asking(by, None, command_id, as_json), BookContact, step=step, group=group)


def cancel(group: Group, by: As = None, as_json: Json = False) -> None:
    """A group does not meet: its workers' hours are free again, and everybody's contact is to be placed anew."""
    from cli.sending import actor

    asking = Asking(by, None, None, as_json)
    asyncio.run(_cancel(actor(asking), group, asking))


async def _cancel(by: str, group: str, asking: Asking) -> None:
    from cli.connections import everything
    from cli.errors import Stop
    from planner.refused import Refused
    from records.actors import acting
    from records.groups import cancel_group
    from schemas.command import CancelBooking
    from workers.transitions import send

    said, was_coming = "The group does not meet", 0
    async with everything() as (_, client, pool):
        await _may(pool, by)
        who = await acting(pool, by, None)
        for transition, step in await cancel_group(pool, _id(group), asking.now):
            command = CancelBooking(id=f"group-{group}-{step}", at=asking.now, by=who, step=step, reason=said)
            try:
                await send(client, transition, command, pool)
            except Refused as why:
                if why.kind != "conflict":
                    raise Stop(f"{transition}: {why.message} Give the command again.") from why
            was_coming += 1
    people = "One person was" if was_coming == 1 else f"{was_coming} people were"
    coming = f"{people} coming: their contacts are to be placed anew. Please tell them."
    typer.echo(f"Cancelled. {coming if was_coming else 'Nobody was coming.'}")


def _id(text: str) -> str:
    from uuid import UUID

    from cli.errors import Stop

    try:
        return str(UUID(text))
    except ValueError:
        raise Stop(f"{text} is no group: see `alongside group list`.", 2) from None
