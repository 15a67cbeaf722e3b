"""The way in and out: who somebody is, where they begin, signing out. In the demo they choose who they are."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from planner.policy import Action
from planner.refused import Refused
from records import sessions, staff
from web.answers import page
from web.house import House
from web.navigation import home
from web.viewer import COOKIE, SECURE_COOKIE, House_, Needs, Viewer, posted, token_of, whoever

router = APIRouter()
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@router.get("/")
async def begin(viewer: Annotated[Viewer, Depends(Needs(Action.OWN_WORK))]) -> Response:
    """On to where somebody begins."""
    return RedirectResponse(home(viewer), 303)


@router.get("/sign-in")
async def sign_in(request: Request, here: House_, to: Annotated[str, Query(max_length=2000)] = "/") -> Response:
    """Sign in; in the demo, choose who to be."""
    if here.demo:
        _on_this_machine(request)
        everybody = await staff.everybody(here.db)
        return await page(request, "choose.html", staff=everybody, to=inside(to))
    return await page(request, "sign-in.html", to=inside(to))


@router.post("/sign-in/demo")
async def choose(
    request: Request, here: House_, who: Annotated[str, Form(max_length=80)], to: Annotated[str, Form()] = "/"
) -> Response:
    """In the demo alone, and on this machine alone: be somebody."""
    if not here.demo:
        raise Refused("not-found", "There is no such page.")
    _on_this_machine(request)
    token = await sessions.begin(here.db, who, here.clock(), "demo")
    if token is None:
        raise Refused("not-found", "Nobody of that id works here: choose somebody of the list.")
    return welcome(here, token, inside(to))


@router.post("/sign-out", dependencies=[Depends(posted)])
async def sign_out(request: Request, here: House_) -> Response:
    """End the session, here and in the records."""
    token = token_of(request)
    if token:
        await sessions.end(here.db, token)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(name_of_cookie(here), path="/", secure=here.secure, httponly=True, samesite="lax")
    return answer


@router.post("/still-here", dependencies=[Depends(posted)])
async def still_here(viewer: Annotated[Viewer, Depends(whoever)]) -> Response:
    """Whoever is warned that they will be signed out stays signed in."""
    return Response(status_code=204)


def welcome(here: House, token: str, to: str) -> Response:
    """On to the page that was wanted, with the session's cookie."""
    answer = RedirectResponse(to, 303)
    longest = int(sessions.LONGEST.total_seconds())
    answer.set_cookie(
        name_of_cookie(here), token, max_age=longest, path="/", secure=here.secure, httponly=True, samesite="lax"
    )
    return answer


def name_of_cookie(here: House) -> str:
    """The session's cookie: bound to this host alone where people come by HTTPS."""
    return SECURE_COOKIE if here.secure else COOKIE


def inside(to: str) -> str:
    """A page of ours to go on to, and nowhere else."""
    parts = urlsplit(to)
    ours = to.startswith("/") and not to.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return to if ours and to.isprintable() else "/"


def _on_this_machine(request: Request) -> None:
    asked = request.url.hostname or ""
    came = request.client.host if request.client else ""
    if asked not in LOOPBACK or came not in LOOPBACK:
        raise Refused("not-allowed", "Choosing who to be is for the demo on one's own machine alone.")
