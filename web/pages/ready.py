"""Clinically ready for discharge, on one person's page: since when, what for, until when, and what was corrected."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from planner.policy import Action
from planner.refused import Refused
from records import ready, staff
from records.errors import RecordsError
from records.ready import Spell
from schemas.ready import ATTRIBUTIONS, REASONS, ReadyPeriod
from web.answers import done, page
from web.forms import Answers, Field, Option
from web.house import House
from web.viewer import Form, House_, Opened, Opens

router = APIRouter(prefix="/people/{transition_id}/ready")
Whole = Annotated[Opened, Depends(Opens("ready"))]

STARTS = Field("starts", "The day from which they are ready", "day", needed="Say from which day.")
ENDS = Field(
    "ends", "The day on which it ended", "day", "They left, or were not ready any more.", needed="Say on which day."
)
MAYBE_ENDS = Field("ends", "The day on which it ended, if it has", "day")
WHAT_FOR = Field(
    "delay", "What they wait for", "select", "Codes of the national data set.",
    (Option("", "Choose what fits best"), *(Option(code, f"{code} {text}") for code, text in REASONS.items())),
    "Choose what they wait for.",
)  # fmt: skip
WHOSE = Field(
    "attribution", "Whose the delay is", "choice", options=tuple(Option(*one) for one in ATTRIBUTIONS.items()),
    needed="Say whose it is.",
)  # fmt: skip
WHY = Field("why", "Why it is corrected", "long", needed="Say why it is corrected.")
BEGIN, END, CORRECT, WITHDRAW = [STARTS, WHAT_FOR, WHOSE], [ENDS], [STARTS, MAYBE_ENDS, WHAT_FOR, WHOSE, WHY], [WHY]


@router.get("")
async def periods(request: Request, here: House_, who: Whole) -> Response:
    """Every period, and what can be recorded now."""
    _may(who)
    return await _all(request, here, who)


@router.post("")
async def record(request: Request, here: House_, form: Form, who: Whole) -> Response:
    """They are ready from a day on; or that has ended."""
    _may(who)
    ending = form.get("do") == "end"
    said = Answers(form, END if ending else BEGIN, here.clock())
    days = _days(said)
    told: dict[str, Any] = {"staff": who.viewer.staff, "now": here.clock()}
    try:
        if said.problems:
            return await _all(request, here, who, dict(form), said.problems)
        if ending:
            await ready.end(here.db, who.view.id, _known(days["ends"]), **told)
        else:
            await ready.begin(here.db, who.view.id, _spell(said, days), **told)
    except RecordsError as refused:
        return await _all(request, here, who, dict(form), {"": refused.message})
    sentence = "Recorded: they are not delayed any more." if ending else "Recorded: they are ready to leave."
    return await done(request, who.viewer, f"/people/{who.view.id}/ready", sentence)


@router.get("/{period_id}")
async def look_again(request: Request, here: House_, who: Whole, period_id: str) -> Response:
    """One period: what would be corrected."""
    _may(who)
    period = await _theirs(here, who, period_id)
    given = {
        "starts": f"{period.starts}", "ends": f"{period.ends or ''}", "delay": period.reason,
        "attribution": period.attribution,
    }  # fmt: skip
    return await _one(request, who, period, given)


@router.post("/{period_id}")
async def change(request: Request, here: House_, form: Form, who: Whole, period_id: str) -> Response:
    """Another one in its place, or none: nothing that was said is lost."""
    _may(who)
    period = await _theirs(here, who, period_id)
    taken_back = form.get("do") == "withdraw"
    said = Answers(form, WITHDRAW if taken_back else CORRECT, here.clock())
    days = {} if taken_back else _days(said)
    told: dict[str, Any] = {"why": said.text("why"), "staff": who.viewer.staff, "now": here.clock()}
    try:
        if said.problems:
            return await _one(request, who, period, dict(form), said.problems)
        if taken_back:
            await ready.withdraw(here.db, period.id, **told)
        else:
            await ready.correct(here.db, period.id, _spell(said, days), **told)
    except RecordsError as refused:
        return await _one(request, who, period, dict(form), {"": refused.message})
    sentence = "Withdrawn: it stays in the history." if taken_back else "Corrected: both stay in the history."
    return await done(request, who.viewer, f"/people/{who.view.id}/ready", sentence)


def _may(who: Opened) -> None:
    if not who.viewer.may(Action.READY):
        raise Refused("not-allowed", "This is recorded by those who care for the person.")


async def _theirs(here: House, who: Opened, period_id: str) -> ReadyPeriod:
    found = await ready.one(here.db, period_id)
    if found.transition_id != who.view.id:
        raise RecordsError("not-found", "This person has no such period: go on from their page.")
    return found


def _days(said: Answers) -> dict[str, date | None]:
    """The days that a form says."""
    found: dict[str, date | None] = {}
    for name in ("starts", "ends"):
        text = said.text(name)
        try:
            found[name] = date.fromisoformat(text) if text else None
        except ValueError:
            found[name] = None
            said.problems.setdefault(name, "Write a day that exists, such as 2026-11-26.")
    return found


def _known(day: date | None) -> date:
    assert day is not None  # noqa: S101  # a form without it was refused
    return day


def _spell(said: Answers, days: dict[str, date | None]) -> Spell:
    return Spell(_known(days["starts"]), days["ends"], said.text("delay"), said.text("attribution"))


async def _all(
    request: Request, here: House, who: Opened, given: dict[str, Any] | None = None,
    problems: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    found = await ready.periods(here.db, who.view.id)
    stands = [one for one in found if one.withdrawn_at is None]
    named = {name for one in found for name in (one.recorded_by, one.ended_by, one.withdrawn_by) if name}
    return await page(
        request, "person-ready.html", who.viewer, 422 if problems else 200, who=who.view, periods=found,
        goes_on=next((one for one in stands if one.ends is None), None), begin=BEGIN, end=END, given=given or {},
        problems=problems or {}, reasons=REASONS, whose=ATTRIBUTIONS, names=await staff.names(here.db, named),
    )  # fmt: skip


async def _one(
    request: Request, who: Opened, period: ReadyPeriod, given: dict[str, Any], problems: dict[str, str] | None = None
) -> Response:
    return await page(
        request, "person-ready-period.html", who.viewer, 422 if problems else 200, who=who.view, period=period,
        correct=CORRECT, given=given, problems=problems or {}, reasons=REASONS,
    )  # fmt: skip
