"""Somebody is taken on: entered in the records, then followed by Temporal. Done again it is done once."""

from typing import NamedTuple

from temporalio.client import Client

from planner import journey as planner
from records import commit, listings, people
from records.errors import AlreadyOnPathway
from schemas.command import Receipt, Start
from schemas.pathway import Pathway
from schemas.person import Person
from workers.client import Pool
from workers.transitions import start_transition


class TakingOn(NamedTuple):
    """Who is taken on, by which rules and in which team (without one, their coordinator's).

    The id of the transition that `command` names is not looked at: it comes of registering.
    """

    person: Person
    pathway: Pathway
    team: str | None
    command: Start


async def take_on(client: Client, task_queue: str, db: Pool, wanted: TakingOn) -> Receipt:
    """Enter a person with their transition, and follow them from now on; as `enter` and `follow` do."""
    receipt, command = await enter(db, wanted)
    return receipt or await follow(client, task_queue, db, wanted.pathway, command)


async def follow(client: Client, task_queue: str, db: Pool, pathway: Pathway, command: Start) -> Receipt:
    """Follow somebody who was entered, in the team of their transition."""
    team = await people.team_of(db, command.transition_id)
    return await start_transition(client, task_queue, command, pathway, team)


async def enter(db: Pool, wanted: TakingOn) -> tuple[Receipt | None, Start]:
    """Enter a person with their transition: how it is to start, and the receipt, when this very command began it.

    Somebody who was registered before, and not begun, is begun now. Refused, before anything is entered, when what is
    said cannot be; RecordsError when the records have somebody else of that number, or the person on the pathway.
    """
    planner.start(wanted.pathway, wanted.command)
    command = wanted.command
    try:
        transition_id = await people.register(
            db,
            wanted.person,
            pathway=wanted.pathway.id,
            started=command.started or command.at,
            taken_on=command.at,
            coordinator=command.coordinator,
            team=wanted.team,
            division=command.division,
        )
    except AlreadyOnPathway as already:
        transition_id = already.transition_id
        view = await listings.transition(db, transition_id)
        receipt = await commit.receipt(db, transition_id, command.id)
        if receipt is None and view.status != "registered":
            raise
        return receipt, command.model_copy(update={"transition_id": transition_id, "started": view.started})
    receipt = await commit.receipt(db, transition_id, command.id)
    return receipt, command.model_copy(update={"transition_id": transition_id})
