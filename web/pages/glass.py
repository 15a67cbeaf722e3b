"""Opening a person whom one does not see otherwise: with a reason, for a while, and not in secret."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from planner.policy import Action, Sight, sight
from planner.words import moment
from records import access
from records.errors import RecordsError
from web.answers import done, page
from web.house import House
from web.pages.entrance import inside
from web.viewer import Form, House_, Needs, Viewer

router = APIRouter(prefix="/break-glass/{transition_id}")
HOURS = int(access.GLASS_HOLDS.total_seconds()) // 3600
Asks = Annotated[Viewer, Depends(Needs(Action.BREAK_GLASS))]


@router.get("")
async def ask(
    request: Request,
    here: House_,
    transition_id: UUID,
    viewer: Asks,
    to: Annotated[str, Query(max_length=2000)] = "/",
) -> Response:
    """Why, from a list and in own words, and what follows of it."""
    wanted = _wanted(to, transition_id)
    if await _seen(here, viewer, transition_id):
        return RedirectResponse(wanted, 303)
    return await _form(request, viewer, transition_id, wanted)


@router.post("")
async def break_glass(request: Request, here: House_, transition_id: UUID, viewer: Asks, form: Form) -> Response:
    """They are open for a while; whoever guards privacy is told, without a name."""
    wanted = _wanted(str(form.get("to") or "/"), transition_id)
    if await _seen(here, viewer, transition_id):
        return RedirectResponse(wanted, 303)
    said, words = str(form.get("reason") or ""), str(form.get("words") or "")
    problems = {} if said in set(access.Reason) else {"reason": "Choose the reason that fits best."}
    if wrong := access.wrong_words(words):
        problems["words"] = wrong
    if problems:
        return await _form(request, viewer, transition_id, wanted, said, words, problems)
    code, now = access.Reason(said), here.clock()
    email = here.settings.smtp_host is not None
    ends = await access.break_glass(
        here.db, viewer.staff, viewer.role, str(transition_id), code, words, now, email=email
    )
    return await done(request, viewer, wanted, f"This person is open to you until {moment(ends)}.")


async def _seen(here: House, viewer: Viewer, transition_id: UUID) -> bool:
    """Whether the viewer sees them already; RecordsError when there is no such transition."""
    now = here.clock()
    seen = await access.standing(here.db, viewer.staff, viewer.role, viewer.team, str(transition_id), now)
    if seen is None:
        raise RecordsError("not-found", "No such transition.")
    return sight(viewer.role, seen.standing) is Sight.WHOLE


def _wanted(to: str, transition_id: UUID) -> str:
    found = inside(to)
    return found if found != "/" else f"/people/{transition_id}"


async def _form(
    request: Request,
    viewer: Viewer,
    transition_id: UUID,
    to: str,
    reason: str = "",
    words: str = "",
    problems: dict[str, str] | None = None,
) -> Response:
    return await page(
        request,
        "glass.html",
        viewer,
        422 if problems else 200,
        transition_id=transition_id,
        to=to,
        reason=reason,
        words=words,
        problems=problems or {},
        reasons=access.REASON_WORDS,
        hours=HOURS,
        longest=access.LONGEST,
    )
