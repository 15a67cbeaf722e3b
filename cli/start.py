"""`alongside start` and `alongside cover`: somebody is taken on, and somebody stands in for somebody."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from uuid import uuid4

import typer

from cli import dates, values
from cli.options import PEOPLE, As, Asking, Id, Json
from schemas.codes import Division

if TYPE_CHECKING:
    from datetime import datetime

    from schemas.command import Receipt, Start
    from schemas.pathway import Pathway
    from schemas.person import Person
    from workers.client import Pool


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    for command in (start, cover):
        app.command(rich_help_panel=PEOPLE)(command)


class Asked(NamedTuple):
    """What `start` was asked: who it is for, along which pathway, and what is known."""

    asking: Asking
    person: "Person"
    pathway: "Pathway"
    coordinator: str
    team: str | None
    said: dict[str, Any]


def start(
    local_id: Annotated[str, typer.Option(metavar="ID", help="The service's own number for the person.")],
    given_name: Annotated[str, typer.Option(metavar="NAME", help="The person's given name.")],
    family_name: Annotated[str, typer.Option(metavar="NAME", help="The person's family name.")],
    born: Annotated[str, typer.Option(metavar="DATE", help="The date of birth.")],
    pathway: Annotated[str, typer.Option(metavar="ID", help="As `alongside pathway list` lists it.")],
    coordinator: Annotated[str, typer.Option(metavar="STAFF", help="Who coordinates it.")],
    nhs_number: Annotated[str | None, typer.Option(metavar="NUMBER", help="The person's NHS number, if known.")] = None,
    team: Annotated[str | None, typer.Option(metavar="TEAM", help="Default: the coordinator's team.")] = None,
    ethnicity: Annotated[
        str | None, typer.Option(metavar="CODE", help="The person's ethnic category, as they say it, such as A or Z.")
    ] = None,
    started: Annotated[
        str | None, typer.Option(metavar="WHEN", help="A day alone is the beginning of that day. Default: now.")
    ] = None,
    fact: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="May be given several times.")] = None,
    expected: Annotated[
        list[str] | None, typer.Option(metavar="MILESTONE=DATE", help="What is expected; several times.")
    ] = None,
    milestone: Annotated[
        list[str] | None, typer.Option(metavar="MILESTONE=WHEN", help="What has happened; several times.")
    ] = None,
    division: Annotated[
        Division | None, typer.Option(metavar="DIVISION", help="Whose bank holidays count. Default: the service's.")
    ] = None,
    by: As = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Take somebody on, and follow them along a pathway from now on."""
    from cli.sending import actor, built
    from schemas.person import Person

    asking = Asking(by, None, command_id, as_json)
    actor(asking)
    now = asking.now
    rules = _found(pathway)
    names = {"local_id": local_id, "given_name": given_name, "family_name": family_name, "nhs_number": nhs_number}
    names["ethnicity"] = ethnicity
    person: Person = built(Person, names | {"date_of_birth": dates.birth("--born", born, now)})
    awaited = values.once("--expected", values.pairs("--expected", expected or [], "MILESTONE=DATE"))
    happened = values.once("--milestone", values.pairs("--milestone", milestone or [], "MILESTONE=WHEN"))
    said = {
        "started": dates.begins("--started", started, now) if started is not None else None,
        "division": division,
        "facts": _facts(rules, fact or []),
        "expected": {name: dates.begins(f"--expected {name}", text, now) for name, text in awaited.items()},
        "milestones": {
            name: dates.happened(f"--milestone {name}", text, now) or now for name, text in happened.items()
        },
    }
    asyncio.run(_start(Asked(asking, person, rules, coordinator, team, said)))


def _found(name: str) -> "Pathway":
    from cli.errors import Stop
    from pathways.loader import DefinitionError, find

    try:
        return find(name)
    except DefinitionError as error:
        raise Stop(str(error), 2) from None


def _facts(pathway: "Pathway", given: list[str]) -> dict[str, Any]:
    said: dict[str, list[str]] = {}
    for name, text in values.pairs("--fact", given):
        said.setdefault(name, []).append(text)
    found = {name: values.fact(pathway, name, texts) for name, texts in said.items()}
    return {name: value for name, value in found.items() if value is not None}


async def _start(asked: Asked) -> None:
    from cli.connections import everything
    from cli.sending import actor, answered, show_receipt
    from records.actors import acting, member
    from workers.taking_on import TakingOn, enter, follow

    asking = asked.asking
    async with everything() as (settings, client, pool):
        by = await acting(pool, actor(asking), None)
        await member(pool, asked.coordinator)
        command = _command(asked, asked.said["started"] or asking.now, by.model_dump(), settings.division)
        wanted = TakingOn(asked.person, asked.pathway, asked.team, command)
        receipt, command = await enter(pool, wanted)
        if receipt is None:
            following = follow(client, settings.task_queue, pool, asked.pathway, command)
            receipt = await answered(following, command.id)
        if asking.as_json:
            show_receipt(receipt)
        else:
            await _tell(pool, receipt)


def _command(asked: Asked, started: "datetime", by: dict[str, Any], division: Division) -> "Start":
    from cli.sending import built
    from schemas.command import Start

    command: Start = built(
        Start,
        asked.said
        | {
            "id": asked.asking.command_id or str(uuid4()),
            "transition_id": "not-known-yet",
            "at": asked.asking.now,
            "started": started,
            "division": asked.said["division"] or division,
            "born": asked.person.date_of_birth,
            "coordinator": asked.coordinator,
            "by": by,
        },
    )
    return command


async def _tell(pool: "Pool", receipt: "Receipt") -> None:
    from planner.told import next_wait
    from records.listings import transition
    from schemas.pathway import Pathway

    view = await transition(pool, receipt.transition_id)
    said = f"Following {view.local_id} along {view.pathway} as {view.id}."
    if view.journey is not None and view.definition is not None:
        said += f" {next_wait(Pathway.parse_canonical(view.definition), view.journey)}"
    typer.echo(said)


def cover(
    staff: Annotated[str, typer.Argument(metavar="STAFF", help="Who is absent.")],
    by: Annotated[str, typer.Option(metavar="STAFF", help="Who stands in: is told, and acts, instead.")],
    begins: Annotated[str, typer.Option("--from", metavar="WHEN", help="A day alone is its beginning.")],
    until: Annotated[str, typer.Option("--until", metavar="WHEN", help="A day alone counts to its end.")],
    as_json: Json = False,
) -> None:
    """Let somebody stand in for somebody who is absent: they are told instead."""
    from cli.sending import built
    from schemas.staff import Cover

    now = Asking(None, None, None, as_json).now
    first, last = dates.begins("--from", begins, now), dates.ends("--until", until, now)
    found: Cover = built(Cover, {"staff": staff, "stands_in": by, "starts": first, "ends": last})
    asyncio.run(_cover(found))
    _tell_cover(found, as_json)


async def _cover(found: Any) -> None:
    from cli.connections import records
    from records.actors import member
    from records.staff import add_cover

    async with records() as pool:
        await member(pool, found.staff)
        await member(pool, found.stands_in)
        await add_cover(pool, found)


def _tell_cover(found: Any, as_json: bool) -> None:
    from planner import words

    if as_json:
        typer.echo(found.model_dump_json())
        return
    spell = f"{words.moment(found.starts)} until {words.moment(found.ends)}"
    typer.echo(f"Recorded: {found.stands_in} stands in for {found.staff} from {spell}.")
