"""Each worker's private calendar feed, and whether the door is well."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from records import feeds
from web.viewer import House_

router = APIRouter()


@router.api_route("/feeds/{token}.ics", methods=["GET", "HEAD"])
async def feed(token: str, here: House_) -> Response:
    """The calendar of whoever holds the token; one sentence, always the same, when it opens nothing."""
    return Response(await feeds.calendar(here.db, token), media_type="text/calendar; charset=utf-8")


@router.api_route("/health", methods=["GET", "HEAD"])
async def health(here: House_) -> Response:
    """Well, when the records answer."""
    await feeds.answers(here.db)
    return JSONResponse({"status": "ok"})
