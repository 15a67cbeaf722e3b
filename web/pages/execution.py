"""How a transition runs: everything that happened to it, and beside it its durable execution. Work, and no person."""

from typing import Annotated, Any, NamedTuple
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Request, Response
from temporalio.service import RPCError

from pathways import words as rules_in_words
from planner.policy import Action
from planner.refused import Refused
from records import listings, staff
from records.views import HistoryRow, TransitionView
from schemas.event import Kind
from schemas.pathway import Pathway
from web import entries
from web.answers import done, page
from web.house import House
from web.viewer import Form, House_, Needs, Viewer
from workers import execution
from workers.execution import Execution

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/transitions/{transition_id}/execution")
Runs = Annotated[Viewer, Depends(Needs(Action.EXECUTION))]
ENTRIES = 200
"""Rows of a history on one page."""

OF_THE_PERSON = frozenset({Kind.FACT, Kind.WISHES, Kind.ASSIGNED, Kind.JOINING, Kind.BOOKED, Kind.RELEASED})
"""What is known of a person or was asked for by them: that it changed is told here, and not what it is, nor why."""
KEPT = "on the person’s page"
STATUS_WORDS = {
    "running": "Running",
    "completed": "Ended as it should",
    "continued-as-new": "Went on as the next run",
    "failed": "Failed",
    "terminated": "Ended by hand",
    "canceled": "Called off",
    "timed-out": "Ran out of time",
    "paused": "Paused",
}
STATE_WORDS = {
    "scheduled": "waits for its turn",
    "started": "is being done now",
    "cancel-requested": "is called off",
    "paused": "is paused",
    "pause-requested": "is paused when this try ends",
}
ACTIVITY_WORDS = {
    "deliver": "Mail notices",
    "commit": "Write a change to the records",
    "arrange": "Arrange peer support",
}
AWAY = "Temporal cannot be reached at the moment, so how this runs is not known. The history comes from the records."
UNKNOWN = "Temporal does not know this transition."


class Shown(NamedTuple):
    """How a transition runs, or a sentence on why that is not told."""

    found: Execution | None
    sentence: str | None


@router.get("")
async def runs(request: Request, here: House_, transition_id: UUID, viewer: Runs, after: str | None = None) -> Response:
    """Everything that happened, who said so and when, and how it runs in Temporal."""
    return await _page(request, here, viewer, str(transition_id), after)


@router.post("/retry")
async def again(request: Request, here: House_, transition_id: UUID, viewer: Runs, form: Form) -> Response:
    """What failed is tried again at once."""
    view = await listings.transition(here.db, str(transition_id))
    try:
        await execution.retry(here.temporal, view.id, str(form.get("activity") or ""))
    except Refused as why:
        return await _page(request, here, viewer, view.id, None, problems={"": why.message})
    log.info("asked to try again", transition_id=view.id, staff=viewer.staff)
    where = f"/transitions/{view.id}/execution"
    return await done(request, viewer, where, "It is tried again now. Show this page again to see how it went.")


async def _page(
    request: Request, here: House, viewer: Viewer, transition_id: str, after: str | None,
    problems: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    view = await listings.transition(here.db, transition_id)
    found = await listings.history(here.db, view.id, limit=ENTRIES, after=after)
    rows = [_without_person(row) for row in found.rows]
    names = await staff.names(here.db, entries.staff_in(rows))
    shown = await _running(here, view)
    known: dict[str, Any] = {
        "view": view,
        "stage": rules_in_words.stage(_rules(view), view.stage) if view.stage else None,
        "entries": entries.entries(rows, names),
        "next": found.next,
        "after": after,
        "runs": shown.found,
        "sentence": shown.sentence,
        "temporal": _temporal(here, shown.found),
        "statuses": STATUS_WORDS,
        "states": STATE_WORDS,
        "activities": ACTIVITY_WORDS,
        "problems": problems or {},
        "may_open": viewer.may(Action.FIND_PEOPLE) or viewer.may(Action.BREAK_GLASS),
    }
    return await page(request, "execution.html", viewer, 409 if problems else 200, **known)


async def _running(here: House, view: TransitionView) -> Shown:
    try:
        found = await execution.look(here.temporal, view.id)
    except (RPCError, RuntimeError) as error:  # a client that never reached Temporal fails as the latter
        log.warning("Temporal cannot be reached", error=type(error).__name__)
        return Shown(None, AWAY)
    return Shown(found, None if found is not None else _unknown(view))


def _unknown(view: TransitionView) -> str:
    if view.status == "closed":
        return f"{UNKNOWN} It has closed, and Temporal keeps what has ended for a while only."
    if view.status == "registered":
        return f"{UNKNOWN} It is entered, and has not begun."
    return f"{UNKNOWN} It should be followed and is not: “alongside reconcile” tells what else differs."


def _rules(view: TransitionView) -> Pathway | None:
    return Pathway.parse_canonical(view.definition) if view.definition else None


def _without_person(row: HistoryRow) -> HistoryRow:
    if row.event not in OF_THE_PERSON:
        return row.model_copy(update={"reason": None}) if row.command in ("facts", "wishes") else row
    told = {name: value for name, value in row.payload.items() if name not in ("reason", "place")}
    if row.event == Kind.FACT:
        told["value"] = KEPT
    return row.model_copy(update={"payload": told, "reason": None})


def _temporal(here: House, found: Execution | None) -> str | None:
    """The address of the present run in Temporal's own pages."""
    where = execution.ui_url(here.settings)
    if where is None or found is None:
        return None
    return f"{where}/namespaces/{here.temporal.namespace}/workflows/{found.workflow}/{found.current.id}/history"
