"""What guards every answer: headers, and that a form was sent from a page of ours by whoever is signed in."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import TypeAlias
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse

Next: TypeAlias = Callable[[Request], Awaitable[Response]]

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
"""What a page may load and do: nothing from elsewhere, and no script or style that is written into it."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with none at all a browser would not say where a form of ours comes from
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
PRIVATE = "private, no-store"
"""Whoever is on the way keeps nothing."""
YEAR = 31_536_000
ASKING = frozenset({"GET", "HEAD", "OPTIONS"})


def guard(app: FastAPI, *, secure: bool) -> None:
    """Every answer has the headers; nothing is changed by a request that another site made a browser send."""

    @app.middleware("http")
    async def guarded(request: Request, call_next: Next) -> Response:
        answer = _elsewhere(request) or await call_next(request)
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if not request.url.path.startswith("/static/"):
            answer.headers.setdefault("Cache-Control", PRIVATE)
        if secure:
            answer.headers["Strict-Transport-Security"] = f"max-age={YEAR}; includeSubDomains"
        return answer


def _elsewhere(request: Request) -> Response | None:
    """The refusal of a change that comes from another site; None for all else."""
    if request.method in ASKING or request.url.path.startswith("/api/"):  # a machine's token is in no browser
        return None
    if request.url.path.startswith("/codec/"):  # Temporal's pages are another site, and it asks itself which
        return None
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign or site in ("cross-site", "same-site"):
        return PlainTextResponse("This was sent from another site, so nothing was done.\n", 403)
    return None


def form_token(session: str) -> str:
    """What a form of this session carries: it can be made from the session's cookie alone, and not the reverse."""
    return hashlib.sha256(b"form:" + session.encode()).hexdigest()


def same(given: str | None, session: str) -> bool:
    """Whether a form carries the token of its session."""
    return given is not None and hmac.compare_digest(given.encode(), form_token(session).encode())
