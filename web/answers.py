"""What pages answer with: a page with the frame around it, the way on after something was done, and refusals."""

from typing import Any
from urllib.parse import urlencode

import asyncpg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException as NotFound
from temporalio.service import RPCError

from planner.policy import Action, may
from planner.refused import Refused
from records import sessions
from records.database import LOST
from records.errors import RecordsError
from web.acting import NoAnswer
from web.forms import NotAsItMayBe
from web.house import house
from web.navigation import navigation
from web.security import form_token
from web.viewer import NotYours, SignedOut, Viewer
from workers.client import never_reached

log = structlog.get_logger(__name__)

AWAY = "The records cannot be reached at the moment. Try again in a few minutes."
STATUS = {"not-found": 404, "not-allowed": 403, "invalid": 422, "conflict": 409, "changed": 412}


async def page(
    request: Request, template: str, viewer: Viewer | None = None, status: int = 200, **known: Any
) -> Response:
    """A page in its frame. What the last form said is told first, once."""
    here = house(request)
    said = viewer.said if viewer else None
    if viewer is not None and said is not None:
        await sessions.say(here.db, viewer.token, None)
    frame = {
        "viewer": viewer,
        "said": said,
        "navigation": navigation(viewer, request.url.path) if viewer else [],
        "form_token": form_token(viewer.token) if viewer else "",
        "path": request.url.path,
        "now": here.clock(),
        "idle": int(sessions.IDLE.total_seconds()),
        "demo": here.demo,
    }
    return here.pages.html(template, frame | known, status)


async def done(request: Request, viewer: Viewer, where: str, said: str) -> Response:
    """Something was done: on to the page `where`, which tells it first."""
    await sessions.say(house(request).db, viewer.token, said)
    return RedirectResponse(where, 303)


def answer_refusals(app: FastAPI) -> None:
    """Every refusal is a page that says what was wrong and what to do; nothing unexpected says more than that."""
    app.add_exception_handler(SignedOut, _sign_in)
    app.add_exception_handler(NotYours, _not_yours)
    app.add_exception_handler(RuntimeError, _never_reached)
    ours = (Refused, RecordsError, NoAnswer, NotAsItMayBe)
    for expected in (*ours, NotFound, RequestValidationError, RPCError, asyncpg.DataError, *LOST):
        app.add_exception_handler(expected, _refused)


async def _sign_in(request: Request, _: Exception) -> Response:
    wanted = request.url.path if request.method == "GET" else "/"
    if request.url.query and request.method == "GET":
        wanted += f"?{request.url.query}"
    entrance = f"/sign-in?{urlencode({'to': wanted})}"
    if "HX-Request" in request.headers:  # a part of a page: the whole of it goes on to the entrance
        return Response(headers={"HX-Redirect": entrance})
    return RedirectResponse(entrance, 303)


async def _not_yours(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotYours)  # noqa: S101  # registered for it alone
    known = {
        "transition_id": error.transition_id,
        "may_break_glass": may(error.viewer.role, Action.BREAK_GLASS),
        "wanted": request.url.path,
    }
    return await page(request, "not-yours.html", error.viewer, 403, **known)


async def _refused(request: Request, error: Exception) -> Response:
    status, message = _told(error)
    if request.url.path.startswith("/feeds/") or request.url.path == "/health":
        headers = {"Retry-After": "120"} if status == 503 else {}
        return PlainTextResponse(f"{message}\n", status, headers)
    viewer = getattr(request.state, "viewer", None)
    unreachable = status == 503
    if unreachable:
        viewer = viewer and viewer._replace(said=None)  # its telling is kept in the records, which are away
    return await page(request, "refused.html", viewer, status, message=message)


async def _never_reached(request: Request, error: Exception) -> Response:
    if not (isinstance(error, RuntimeError) and never_reached(error)):
        raise error
    return await _refused(request, error)


def _told(error: Exception) -> tuple[int, str]:
    match error:
        case Refused() | RecordsError():
            return STATUS[error.kind], error.message
        case NotAsItMayBe():
            return 422, str(error)
        case RequestValidationError() | asyncpg.DataError():
            return 422, "A part of the address or of the form is not as it may be. Go back, and follow the links."
        case NoAnswer():
            return 504, str(error)
        case NotFound(status_code=404):
            return 404, "There is no such page. Check the address, or go on from the start."
        case NotFound(status_code=413, detail=detail):
            return 413, detail
        case NotFound():
            return error.status_code, "That cannot be asked for in this way."
        case RPCError() | RuntimeError():
            log.warning("Temporal cannot be reached", error=type(error).__name__)
            return 503, "The service that follows people cannot be reached. Nothing was changed: try again soon."
    log.warning("the records cannot be reached", error=type(error).__name__)  # never the address: it may be a secret
    return 503, AWAY
