"""The HTTP door: each worker's private calendar feed, and whether the door itself is well."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import asyncpg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from records import feeds
from records.database import Database
from records.errors import RecordsError

log = structlog.get_logger(__name__)

AWAY = "The records cannot be reached at the moment. Try again in a few minutes."
PRIVATE = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
"""What every answer says: it is for whoever asked, and nobody keeps it on the way."""
STATUS = {"not-found": 404, "not-allowed": 403, "invalid": 422, "conflict": 409}
Next: TypeAlias = Callable[[Request], Awaitable[Response]]
_LOST = (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.CannotConnectNowError)


def build(db: Database) -> FastAPI:
    """The application on a pool of connections to the records."""
    app = FastAPI(title="Alongside", docs_url=None, redoc_url=None, openapi_url=None)

    @app.api_route("/feeds/{token}.ics", methods=["GET", "HEAD"])
    async def feed(token: str) -> Response:
        """The calendar of whoever holds the token; one sentence, always the same, when it opens nothing."""
        return Response(await feeds.calendar(db, token), media_type="text/calendar; charset=utf-8")

    @app.api_route("/health", methods=["GET", "HEAD"])
    async def health() -> Response:
        """Well, when the records answer."""
        await feeds.answers(db)
        return JSONResponse({"status": "ok"})

    @app.middleware("http")
    async def private(request: Request, call_next: Next) -> Response:
        answer = await call_next(request)
        answer.headers.update(PRIVATE)
        return answer

    @app.exception_handler(RecordsError)
    async def refused(_: Request, error: RecordsError) -> Response:
        return PlainTextResponse(error.message + "\n", STATUS[error.kind])

    for lost in _LOST:
        app.add_exception_handler(lost, _lost)
    return app


async def _lost(_: Request, error: Exception) -> Response:
    log.warning("the records cannot be reached", error=type(error).__name__)  # never the address: it is a secret
    return PlainTextResponse(AWAY + "\n", 503, headers={"Retry-After": "120"})
