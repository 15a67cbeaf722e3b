"""Somebody is entered, and their transition started."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from planner.policy import Action, Scope
from planner.refused import Refused
from records import listings, machines, staff
from records.actors import acting as actor
from records.actors import member
from records.errors import AlreadyOnPathway
from schemas.command import Receipt, Start
from web import acting
from web.api import asked, body
from web.api.machine import In
from web.api.people import Key, digest, same
from web.api.work import found
from web.house import House
from web.viewer import House_, Viewer
from workers.taking_on import TakingOn, enter, follow

router = APIRouter()

Starter = Annotated[Viewer, Depends(In(Scope.WRITE_TRANSITIONS, Action.START))]


@router.post("/transitions", status_code=201, summary="Start a transition")
async def start(request: Request, here: House_, viewer: Starter, key: Key, answer: Response) -> Receipt:
    """Enter somebody, and follow them along a pathway from now on.

    A person is found again by their local id. One who is here with another name or date of birth is refused.
    """
    said = await body.read(request, asked.START)
    pathway = found(said.pathway)
    kept = await machines.said(here.db, about(viewer), key)
    if kept is not None:
        same(kept, viewer, said)
    receipt = await machines.started(here.db, said.person.local_id, pathway.id, key) if kept else None
    if receipt is None:
        receipt = await _started(here, viewer, said, key, kept)
    answer.headers["Location"] = f"/api/v1/transitions/{receipt.transition_id}"
    return receipt


async def _started(here: House, viewer: Viewer, said: asked.Starting, key: str, kept: machines.Said | None) -> Receipt:
    await machines.refuse_another(here.db, said.person)
    command = await _command(here, viewer, said, key, kept.at if kept else here.clock())
    same(kept or await machines.say(here.db, about(viewer), key, digest(viewer, said), command.at), viewer, said)
    pathway = found(said.pathway)
    receipt, command = await enter(here.db, TakingOn(said.person, pathway, said.team, command))
    if receipt is not None:
        return receipt
    if (await listings.transition(here.db, command.transition_id)).status != "registered":
        raise AlreadyOnPathway(pathway.id, command.transition_id)
    following = follow(here.temporal, here.settings.task_queue, here.db, pathway, command)
    return await acting.answered(following, command.id)


def about(viewer: Viewer) -> str:
    """What the keys of starts are kept about: the transition is not known yet, so it is whoever starts it."""
    return f"starts by {viewer.staff}"


async def _command(here: House, viewer: Viewer, said: asked.Starting, key: str, at: datetime) -> Start:
    """How it starts. `at` is when it was first asked for: asked for again, it is the same start."""
    await member(here.db, said.coordinator)
    if said.team is not None and said.team not in await staff.teams(here.db):
        raise Refused("not-found", "There is no such team: leave it out, and it is the coordinator's.")
    fields = said.model_dump(exclude={"person", "pathway", "team"})
    known = {
        "id": key,
        "transition_id": "not-known-yet",
        "at": at,
        "started": said.started or at,
        "division": said.division or here.settings.division,
        "born": said.person.date_of_birth,
        "by": await actor(here.db, viewer.staff, None),
    }
    return acting.built(Start, fields | known)
