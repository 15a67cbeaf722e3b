"""The way in and out: who somebody is, where they begin, signing out. In the demo they choose who they are."""

import asyncio
import secrets
from datetime import timedelta
from math import ceil
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from planner.policy import Action
from planner.refused import Refused
from records import sessions, sign_ins, staff
from web import openid
from web.answers import page
from web.house import House
from web.navigation import home
from web.viewer import COOKIE, SECURE_COOKIE, House_, Needs, Viewer, posted, token_of, whoever

router = APIRouter()
log = structlog.get_logger(__name__)
LEAVING = 3.0
"""Seconds that signing out waits for the provider to say where to sign out of it too."""
NOT_IN = {"not-set-up": 503, "over": 400, "refused": 403, "untrue": 400, "unknown": 403, "away": 503}
"""Why somebody is not signed in, and the status of the page that says so."""
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
    if openid.Client.of(here.settings) is None:
        return await _not_in(request, "not-set-up")
    return await page(request, "sign-in.html", to=inside(to))


@router.get("/sign-in/begin")
async def begin_sign_in(request: Request, here: House_, to: Annotated[str, Query(max_length=2000)] = "/") -> Response:
    """On to where people sign in."""
    client = openid.Client.of(here.settings)
    if client is None:
        return await _not_in(request, "not-set-up")
    browser = request.cookies.get(_begun_cookie(here)) or secrets.token_urlsafe(32)
    came = request.client.host if request.client else ""
    try:
        begun = await sign_ins.begin(here.db, browser, came, inside(to), here.clock())
        answer = RedirectResponse(openid.begin(client, await openid.metadata(client), begun), 303)
    except sign_ins.TooOften as error:
        return await _too_often(request, error.after)
    except openid.Away as error:
        log.warning("whoever signs people in cannot be reached", why=str(error))
        return await _not_in(request, "away", inside(to))
    holds = int(sign_ins.HOLDS.total_seconds())
    answer.set_cookie(
        _begun_cookie(here), browser, max_age=holds, path="/", secure=here.secure, httponly=True, samesite="lax"
    )  # lax: the provider sends them back from another site
    return answer


class Answer(NamedTuple):
    """What the provider sends somebody back with."""

    state: str
    code: str
    iss: str | None

    @classmethod
    def of(cls, request: Request) -> "Answer":
        """As the address says it; what is missing is empty."""
        said = request.query_params
        return cls(said.get("state", ""), said.get("code", ""), said.get("iss"))


@router.get("/sign-in/back")
async def back(request: Request, here: House_) -> Response:
    """Back from where people sign in: in, when they work here."""
    client, said, now = openid.Client.of(here.settings), Answer.of(request), here.clock()
    if client is None:
        return await _not_in(request, "not-set-up")
    kept = await sign_ins.take(here.db, said.state, request.cookies.get(_begun_cookie(here), ""), now)
    if kept is None:
        return await _not_in(request, "over")
    if not said.code:
        return await _not_in(request, "refused", kept.return_to)
    try:
        person = await openid.back(client, said.code, kept.nonce, kept.verifier, said.iss, now)
    except openid.Away as error:
        log.warning("whoever signs people in cannot be reached", why=str(error))
        return await _not_in(request, "away", kept.return_to)
    except openid.Untrue as error:
        log.warning("a sign-in was refused", why=str(error))
        return await _not_in(request, "untrue", kept.return_to)
    who = person.staff or (await sign_ins.of_email(here.db, person.email) if person.email else None)
    token = await sessions.begin(here.db, who, now, "openid-connect") if who else None
    if token is None:
        return await _not_in(request, "unknown")
    await sign_ins.succeeded(here.db, said.state)
    if before := token_of(request):
        await sessions.end(here.db, before)
    return welcome(here, token, kept.return_to)


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
    """End the session, here and in the records; say how to end the provider's too, which is not ours to end."""
    token = token_of(request)
    if token:
        await sessions.end(here.db, token)
    elsewhere = await _leave(here)
    answer = await page(request, "signed-out.html", elsewhere=elsewhere) if elsewhere else _to_sign_in()
    answer.delete_cookie(name_of_cookie(here), path="/", secure=here.secure, httponly=True, samesite="lax")
    return answer


def _to_sign_in() -> Response:
    return RedirectResponse("/sign-in", 303)


async def _leave(here: House) -> str | None:
    client = openid.Client.of(here.settings)
    if client is None or here.demo:
        return None
    try:
        async with asyncio.timeout(LEAVING):
            return openid.leave(client, await openid.metadata(client))
    except (openid.Away, TimeoutError) as error:
        log.warning("whoever signs people in cannot be reached", why=type(error).__name__)
        return None


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


def _begun_cookie(here: House) -> str:
    return f"{name_of_cookie(here)}-sign-in"


async def _not_in(request: Request, why: str, to: str = "/") -> Response:
    return await page(request, "not-signed-in.html", status=NOT_IN[why], why=why, to=to)


async def _too_often(request: Request, after: timedelta) -> Response:
    seconds = ceil(after.total_seconds())
    answer = await page(request, "not-signed-in.html", status=429, why="too-often", minutes=ceil(seconds / 60))
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _on_this_machine(request: Request) -> None:
    asked = request.url.hostname or ""
    came = request.client.host if request.client else ""
    if asked not in LOOPBACK or came not in LOOPBACK:
        raise Refused("not-allowed", "Choosing who to be is for the demo on one's own machine alone.")
