"""How much may be sent, and how often: what is more is refused, in a sentence, before it costs anybody anything."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from typing import NamedTuple

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web import answers
from web.api import problems
from web.viewer import token_of

LARGEST_BODY = 256 * 1024
"""Bytes of what is sent, at most: it is refused before it is read."""
KEPT = 20_000
"""Of how many it is known how much they asked, at most; whoever asked nothing for the longest is forgotten first."""
TOO_MUCH = f"That is more than {LARGEST_BODY // 1024} KiB, so nothing was done: send less at once."
TOO_OFTEN = "That was asked for too often, so nothing was done. Wait {seconds}, and go on."


class Asked(NamedTuple):
    """How much somebody may still ask, and when that was reckoned."""

    left: float
    at: float


class Rate:
    """So many requests a minute of each, and as many at once after a rest: each has an allowance that fills again."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(a_minute)
        self._clock = clock
        self._asked: OrderedDict[bytes, Asked] = OrderedDict()

    def wait(self, who: bytes) -> float:
        """Somebody asks: the seconds that they have to wait, 0 when they may. A refusal costs them nothing more."""
        now = self._clock()
        before = self._asked.pop(who, Asked(self._most, now))
        left = min(self._most, before.left + (now - before.at) * self._most / 60)
        may = left >= 1
        self._asked[who] = Asked(left - 1 if may else left, now)
        if len(self._asked) > KEPT:
            self._asked.popitem(last=False)
        return 0.0 if may else (1 - left) * 60 / self._most


class Limit:
    """Whoever sends too much is refused, and whoever asks too often is told when to ask again.

    What a page is made up with is not counted.
    """

    def __init__(self, app: ASGIApp, a_minute: int) -> None:
        self._app = app
        self._rate = Rate(a_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or answer 413 or 429."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        counted = not request.url.path.startswith("/static/") and request.url.path != "/health"
        if counted and (wait := self._rate.wait(_who(request))):
            await (await _too_often(request, ceil(wait)))(scope, receive, send)
        elif request.url.path.startswith("/codec/"):  # a history is larger, and it counts by itself what comes
            await self._app(scope, receive, send)
        elif _promised(request) > LARGEST_BODY:
            await (await _refusal(request, 413, TOO_MUCH, {"Connection": "close"}))(scope, receive, send)
        else:
            await self._app(scope, _counting(receive), send)


def _promised(request: Request) -> int:
    """How many bytes are said to come; 0 when that is not said, or nonsense."""
    said = request.headers.get("content-length", "")
    return int(said) if said.isascii() and said.isdecimal() else 0


def _counting(receive: Receive) -> Receive:
    """What comes, for as long as it is not too much; HTTPException 413 then, wherever it is being read."""
    came = 0

    async def counted() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > LARGEST_BODY:
            raise HTTPException(413, TOO_MUCH)
        return message

    return counted


def _who(request: Request) -> bytes:
    """Whose allowance it is: a hash, so that no secret is kept here."""
    if request.url.path.startswith("/api/"):
        told = request.headers.get("authorization") or ""
    elif request.url.path.startswith("/feeds/"):
        told = request.url.path  # read by calendar services, many from one address
    else:
        told = token_of(request) or ""
    told = told or (request.client.host if request.client else "")
    return hashlib.sha256(told.encode("utf-8", "surrogateescape")).digest()


async def _too_often(request: Request, seconds: int) -> Response:
    message = TOO_OFTEN.format(seconds="a second" if seconds == 1 else f"{seconds} seconds")
    return await _refusal(request, 429, message, {"Retry-After": str(seconds)})


async def _refusal(request: Request, status: int, message: str, headers: dict[str, str]) -> Response:
    """A refusal in the form that whoever asks reads."""
    if request.url.path.startswith("/api/"):
        return problems.problem(status, message, headers=headers)
    if request.url.path.startswith("/feeds/"):
        return PlainTextResponse(f"{message}\n", status, headers)
    answer = await answers.page(request, "refused.html", None, status, message=message)
    answer.headers.update(headers)
    return answer
