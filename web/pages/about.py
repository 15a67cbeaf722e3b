"""What is known of somebody beside their name: asked, and recorded with who said so."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from planner.policy import CARING
from planner.refused import Refused
from records import about
from records.errors import RecordsError
from schemas.ethnicity import CATEGORIES
from web.answers import done, page
from web.forms import Problems
from web.viewer import Form, House_, Opened, Opens

router = APIRouter(prefix="/people/{transition_id}/about")
Whole = Annotated[Opened, Depends(Opens("person"))]


@router.get("")
async def ask(request: Request, here: House_, who: Whole) -> Response:
    """Their ethnic category as they say it, and the day on which they died: asked."""
    _may_record(who)
    known = await about.read(here.db, who.view.id)
    given = {"ethnicity": known.ethnicity or "", "died_on": known.died_on.isoformat() if known.died_on else ""}
    return await _form(request, who, given)


@router.post("")
async def said(request: Request, here: House_, form: Form, who: Whole) -> Response:
    """The same: recorded."""
    _may_record(who)
    given = {name: str(form.get(name) or "").strip() for name in ("ethnicity", "died_on")}
    try:
        died_on = date.fromisoformat(given["died_on"]) if given["died_on"] else None
    except ValueError:
        return await _form(request, who, given, {"died_on": "Write a day that exists, such as 2026-11-26."})
    told = {"staff": who.viewer.staff, "now": here.clock()}
    if given["ethnicity"] and given["ethnicity"] not in CATEGORIES:
        return await _form(request, who, given, {"ethnicity": "Choose one of the list, or leave it open."})
    try:
        await about.write(here.db, who.view.id, ethnicity=given["ethnicity"], died_on=died_on, **told)  # type: ignore[arg-type]  # named above
    except RecordsError as error:
        return await _form(request, who, given, {"died_on": error.message})
    return await done(request, who.viewer, f"/people/{who.view.id}", "What is known of them is recorded.")


def _may_record(who: Opened) -> None:
    if who.viewer.role not in CARING:
        raise Refused("not-allowed", "This is recorded by those who care for the person, after asking them.")


async def _form(request: Request, who: Opened, given: dict[str, str], problems: Problems | None = None) -> Response:
    closed = who.view.journey is not None and who.view.journey.closed is not None
    return await page(
        request, "person-about.html", who.viewer, 422 if problems else 200, who=who.view, given=given,
        ethnicities=CATEGORIES, closed=closed, problems=problems or {},
    )  # fmt: skip
