"""What becomes of one thing that was asked for many: how far it has come, each with its outcome; stop, go on, leave."""

from typing import Annotated, Any, NamedTuple
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Query, Request, Response
from temporalio.service import RPCError

from planner import words
from planner.policy import Action
from planner.refused import Refused
from records import access, bulk, roles, staff
from records.bulk import Action as Bulk
from records.bulk import Item
from records.database import connected
from records.errors import RecordsError
from schemas.bulk import AcknowledgeMany, AnswerMany, Became, MoveMany, OfferMany
from web.answers import done, page
from web.house import House
from web.viewer import Form, House_, Needs, Viewer
from workers.bulk import look_again

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/bulk/{bulk_id}")
Own = Annotated[Viewer, Depends(Needs(Action.OWN_WORK))]
After = Annotated[str | None, Query(max_length=500)]
NONE = "Nothing of that id was asked for by you, or by anybody for whom you stand in."
LEFT = "It was stopped, and what was left was not wanted any more."
SOON = "It is kept. The service that follows people cannot be reached: it is looked at again within the hour."


class Row(NamedTuple):
    """One of the many, as it is said: `who` is a name for those who see the person, and never for others."""

    item: Item
    who: str
    href: str | None
    became: str


@router.get("")
async def result(
    request: Request, here: House_, bulk_id: UUID, viewer: Own, after: After = None, became: Became | None = None
) -> Response:
    """How far it has come, and what became of each."""
    asked = await _asked_for(here, viewer, str(bulk_id))
    found = await bulk.items(here.db, asked.id, became, after=after)
    known: dict[str, Any] = {
        "asked": asked,
        "title": _title(asked),
        "sentence": await _sentence(here, asked),
        "rows": await _rows(here, viewer, asked, found.rows),
        "next": found.next,
        "after": after,
        "became": became,
        "outcomes": [(one, getattr(asked, _COUNTED[one])) for one in Became],
        "running": asked.ended_at is None and asked.stopped_at is None,
        "still": request.query_params.get("still") == "yes",
        "here": f"/bulk/{asked.id}",
        "back": ("/definitions", "the definitions in use") if _is_move(asked) else ("/people", "my people"),
    }
    return await page(request, "bulk.html", viewer, **known)


@router.post("/stop")
async def stop(request: Request, here: House_, bulk_id: UUID, viewer: Own, form: Form) -> Response:
    """Go no further for now."""
    asked = await _asked_for(here, viewer, str(bulk_id))
    await bulk.stop(here.db, asked.id, viewer.staff, here.clock())
    return await _told(request, here, viewer, asked, "Stopped. What was being done at this moment is still done.")


@router.post("/go-on")
async def go_on(request: Request, here: House_, bulk_id: UUID, viewer: Own, form: Form) -> Response:
    """Go on where it was stopped."""
    asked = await _asked_for(here, viewer, str(bulk_id))
    await bulk.go_on(here.db, asked.id)
    return await _told(request, here, viewer, asked, "It goes on.")


@router.post("/leave")
async def leave(request: Request, here: House_, bulk_id: UUID, viewer: Own, form: Form) -> Response:
    """Leave the rest as it was."""
    asked = await _asked_for(here, viewer, str(bulk_id))
    if asked.stopped_at is None:
        raise Refused("conflict", "It is under way: stop it first, then leave the rest.")
    await bulk.leave(here.db, asked.id, LEFT)
    return await _told(request, here, viewer, asked, "The rest is left as it was.")


async def _told(request: Request, here: House, viewer: Viewer, asked: Bulk, said: str) -> Response:
    log.info("said of one thing for many", bulk_id=asked.id, staff=viewer.staff, what=request.url.path[-7:])
    try:
        await look_again(here.temporal, here.settings.task_queue, asked.id)
    except (RPCError, RuntimeError) as error:  # a client that never reached Temporal fails as the latter
        log.warning("Temporal cannot be reached", error=type(error).__name__, bulk_id=asked.id)
        said = f"{said} {SOON}"
    return await done(request, viewer, f"/bulk/{asked.id}", said)


async def _asked_for(here: House, viewer: Viewer, bulk_id: str) -> Bulk:
    """What was asked for, when it is the viewer's: they asked, or stand in for whoever did; a move is operations'."""
    try:
        asked = await bulk.action(here.db, bulk_id)
    except RecordsError as unknown:
        raise RecordsError("not-found", NONE) from unknown
    if _is_move(asked):
        if viewer.may(Action.DEFINITIONS):
            return asked
    elif viewer.staff == asked.staff or await _stands_in(here, viewer.staff, asked.staff):
        return asked
    raise RecordsError("not-found", NONE)


async def _stands_in(here: House, staff_id: str, absent: str) -> bool:
    async with connected(here.db) as link:
        return (await roles.directory(link, here.clock())).present(absent) == staff_id


def _is_move(asked: Bulk) -> bool:
    return isinstance(asked.said, MoveMany)


async def _rows(here: House, viewer: Viewer, asked: Bulk, items: list[Item]) -> list[Row]:
    if _is_move(asked):
        runs = viewer.may(Action.EXECUTION)
        return [
            Row(one, one.local_id or one.asked, f"/transitions/{one.transition_id}/execution" if runs else None,
                _became(one))
            for one in items
        ]  # fmt: skip
    ids = {one.transition_id for one in items if one.transition_id}
    seen = await access.whole(here.db, viewer.staff, viewer.role, viewer.team, ids, here.clock())
    return [
        Row(one, one.name, f"/people/{one.transition_id}", _became(one)) if one.transition_id in seen
        else Row(one.model_copy(update={"title": None}), "Somebody whom you do not see", None, _became(one))
        for one in items
    ]  # fmt: skip


def _became(one: Item) -> str:
    said = one.became.words.capitalize()
    if one.became is Became.TO_DO and one.tries:
        return f"{said}: no answer yet, tried {one.tries} time{'' if one.tries == 1 else 's'}"
    return f"{said}: {one.why}" if one.why and one.became is Became.REFUSED else said


_COUNTED = {Became.TO_DO: "to_do", Became.DONE: "done", Became.REFUSED: "refused", Became.LEFT: "left"}


def _title(asked: Bulk) -> str:
    match asked.said:
        case AcknowledgeMany():
            return "See to what is late"
        case OfferMany():
            return "Offer to another coordinator"
        case AnswerMany(accept=True):
            return "Accept what is offered"
        case AnswerMany():
            return "Decline what is offered"
    return "Move to another definition"


async def _sentence(here: House, asked: Bulk) -> str:
    """What was asked for, in a sentence."""
    match asked.said:
        case AcknowledgeMany(until=until):
            return f"What is late is seen to until {words.due(until)}; nobody further is told before then."
        case OfferMany(to=to, answer_by=answer_by):
            name = (await staff.names(here.db, [to])).get(to, to)
            return f"Offered to {name}, who answers by {words.due(answer_by)} for each person."
        case AnswerMany(accept=True):
            return "What was offered is accepted."
        case AnswerMany():
            return "What was offered is declined."
        case MoveMany(was=was, definition=to):
            return f"Journeys that ran by the definition {was[:12]} go on by {to[:12]}."
