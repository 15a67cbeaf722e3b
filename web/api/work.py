"""What is to be done and how late it is, who works here, and the pathways: nothing here names a person."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BeforeValidator, Field, StringConstraints

from pathways import loader
from planner.policy import Action, Scope
from planner.refused import Refused
from records import listings, work
from records import staff as people
from records.views import NoticeRow, Page
from schemas.base import Instant, Strict
from schemas.pathway import Pathway
from web.api import shown
from web.api.machine import In
from web.api.people import After, Limit
from web.viewer import House_, Viewer

router = APIRouter()

Worker = Annotated[Viewer, Depends(In(Scope.READ_WORK, Action.OWN_WORK))]
Watcher = Annotated[Viewer, Depends(In(Scope.READ_WORK, Action.BOARD))]
StaffId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,79}$", description="An id of the staff list.")]
PathwayId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{1,58}$", description="As /pathways lists it.")]

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _written(value: Any) -> Any:
    """An instant as it is written; a bare number would count seconds, which nobody means."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


When = Annotated[Instant, BeforeValidator(_written, json_schema_input_type=datetime)]


class Wanted(Strict):
    """Which transitions: all that is said must be so."""

    find: Annotated[Text | None, Field(description="A local id, or the beginning of a transition's id.")] = None
    state: Annotated[
        Literal["followed", "registered", "open", "on-hold", "closed"] | None,
        Field(description="Followed is all that has not closed; open is under way, and not on hold."),
    ] = None
    pathway: Text | None = None
    team: Text | None = None
    coordinator: Annotated[Text | None, Field(description="An id of the staff list.")] = None
    nobody: Annotated[bool, Field(description="Only those that nobody who works here coordinates.")] = False
    late: Annotated[
        Literal["any", "safety", "silence", "other"] | None, Field(description="Only those where such a thing is late.")
    ] = None
    rung: Annotated[int | None, Field(ge=0, le=20, description="With `late`: how far up its ladder that was told.")] = (
        None
    )
    definition: Annotated[Text | None, Field(description="The digest of a version of a pathway.")] = None
    started_from: When | None = None
    started_before: When | None = None
    closed_from: When | None = None
    closed_before: When | None = None
    newest: Annotated[bool, Field(description="The newest first, in place of the most urgent.")] = False
    limit: Annotated[int, Field(ge=1, le=200, description="Rows, at most.")] = 100
    after: Annotated[str | None, Field(max_length=500, description="The `next` of the page before.")] = None


@router.get("/worklists/{staff}", summary="What somebody has to do")
async def worklist(
    here: House_, viewer: Worker, staff: StaffId, limit: Limit = 100, after: After = None
) -> Page[shown.ToDo]:
    """What waits for somebody, or falls to them: the longest due first. Another's, for those who see the board."""
    if staff != viewer.staff and not viewer.may(Action.BOARD):
        raise Refused("not-allowed", f"This token acts as {viewer.staff}, who sees their own worklist alone.")
    found = await listings.tasks_for(here.db, staff, here.clock(), limit=limit, after=after)
    return Page(rows=[shown.ToDo.of(row) for row in found.rows], next=found.next)


@router.get("/transitions", summary="Find transitions")
async def transitions(here: House_, viewer: Worker, asked: Annotated[Wanted, Query()]) -> Page[work.Work]:
    """Transitions, the most urgent first: late about safety, then late, then by the next date. All filters hold.

    Those who do not search all work find the transitions that they coordinate.
    """
    search = work.Search(**asked.model_dump(exclude={"newest", "limit", "after"}))
    if not viewer.may(Action.SEARCH_WORK):
        if search.coordinator not in (None, viewer.staff):
            raise Refused("not-allowed", f"This token acts as {viewer.staff}, who finds those they coordinate alone.")
        search = search._replace(coordinator=viewer.staff)
    return await work.search(here.db, search, newest=asked.newest, limit=asked.limit, after=asked.after)


@router.get("/overdue", summary="What is late")
async def overdue(
    here: House_,
    _: Watcher,
    team: Annotated[str | None, Query(max_length=200, description="Of this team alone.")] = None,
    limit: Limit = 100,
    after: After = None,
) -> Page[shown.ToDo]:
    """What is past due and not done, silence among it: the longest due first."""
    found = await listings.overdue(here.db, team, limit=limit, after=after)
    return Page(rows=[shown.ToDo.of(row) for row in found.rows], next=found.next)


@router.get("/inbox", summary="What was told")
async def inbox(here: House_, viewer: Worker, limit: Limit = 100, after: After = None) -> Page[NoticeRow]:
    """What whoever the token acts as was told, the latest first. No notice names the person."""
    return await listings.inbox(here.db, viewer.staff, limit=limit, after=after)


@router.get("/staff", summary="Who works here")
async def colleagues(here: House_, _: Worker) -> Page[shown.Colleague]:
    """Everybody who works here, with role and team; all in one page."""
    return Page(rows=[shown.Colleague.of(one) for one in await people.everybody(here.db)])


@router.get("/pathways", summary="The pathways")
async def pathways(_: Worker) -> Page[shown.PathwayRow]:
    """The pathways that a transition can be started on; all in one page."""
    return Page(rows=[shown.PathwayRow.of(loader.find(name)) for name in loader.shipped()])


@router.get("/pathways/{pathway}", summary="One pathway")
async def pathway(_: Worker, pathway: PathwayId) -> dict[str, Any]:
    """The rules of a pathway: its milestones, facts, steps, ladders and the ways it ends."""
    return found(pathway).model_dump(mode="json", by_alias=True, exclude_defaults=True)


def found(name: str) -> Pathway:
    """The pathway of that id; refused when there is none."""
    if name not in loader.shipped():  # and never a file of that name
        raise Refused("not-found", f"There is no such pathway: there is {', '.join(loader.shipped())}.")
    return loader.find(name)
