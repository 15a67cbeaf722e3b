"""A peer worker's week, on a phone first: whom they meet, how it went, going out and coming back, and support."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid4, uuid5

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import FormData

from planner import words
from planner.clock import birthday, local_day, midnight
from planner.policy import Action, Sight
from planner.refused import Refused
from records import feeds, known, ledger, staff, support, visits
from records import week as weeks
from records.errors import RecordsError, UnknownStaff
from schemas import command as says
from schemas.codes import Attendance, Mechanism, Role
from schemas.visit import CheckOut, Extend, Visit
from schemas.workforce import Place
from web import acting
from web.answers import done, page
from web.forms import Answers, Field, Option
from web.house import House
from web.pages.standing import PLACE_WORDS
from web.viewer import Form, House_, Needs, NotYours, Opened, Opens, Viewer
from workers import visits as going

router = APIRouter(prefix="/week")
Worker = Annotated[Viewer, Depends(Needs(Action.CONTACTS))]
Theirs = Annotated[Opened, Depends(Opens("contact", least=Sight.SHARED))]
A_WEEK = timedelta(days=7)
AHEAD = timedelta(days=14)
HOW = {Place.TELEPHONE: Mechanism.TELEPHONE, Place.VIDEO: Mechanism.VIDEO}
OUTSIDE = (Place.HOME, Place.COMMUNITY)
MINUTES = (30, 60, 90, 120, 180)


@router.get("")
async def week(
    request: Request, here: House_, viewer: Worker, begins: Annotated[date | None, Query(alias="from")] = None,
    who: Annotated[str | None, Query(max_length=80)] = None,
) -> Response:  # fmt: skip
    """The contacts of a week, today's first, with what has no time yet, hours and support."""
    now = here.clock()
    worker = await _whose(here, viewer, who)
    first = begins or local_day(now)
    first -= timedelta(days=0 if begins is None else first.weekday())
    last = first + A_WEEK
    found = await weeks.week(here.db, worker, midnight(first), midnight(last))
    days: dict[date, list[weeks.Contact]] = {}
    for contact in found:
        days.setdefault(local_day(contact.starts), []).append(contact)
    groups = {one.group_id: await weeks.coming(here.db, one.group_id) for one in found if one.group_id is not None}
    seen = await support.visible_to(here.db, viewer.staff, now)
    name = (await staff.names(here.db, [worker])).get(worker, worker)
    return await page(
        request, "week.html", viewer, days=days, groups=groups, name=name, one_day=timedelta(days=1), seven_days=A_WEEK,
        asked="" if worker == viewer.staff else f"&who={quote(worker)}", today=local_day(now),
        first=first, last=last, worker=worker,
        own=worker == viewer.staff,
        to_arrange=await weeks.to_arrange(here.db, worker, now + AHEAD),
        hours=await _hours(here, worker, now), places=PLACE_WORDS, out=await _out(here, viewer),
        supervisions=[one for one in seen.supervisions if one.staff == worker],
        quoted=lambda text: quote(text, safe=""),
    )  # fmt: skip


async def _whose(here: House, viewer: Viewer, who: str | None) -> str:
    """Whose week is shown: one's own or, for a peer lead, that of somebody of their team."""
    if who is None or who == viewer.staff:
        return viewer.staff
    found = await staff.staff(here.db, who)
    if viewer.role is not Role.PEER_LEAD or viewer.team not in (None, found.team):
        raise Refused("not-allowed", "Each peer worker sees their own week.")
    return found.id


async def _hours(here: House, worker: str, now: datetime) -> tuple[float, float] | None:
    """Hours taken and hours there are of this week; None for somebody who is no peer worker."""
    try:
        (found,) = await ledger.hours(here.db, worker, now, 1, here.settings.division)
    except UnknownStaff:
        return None
    return (found.booked + found.done) / 60, found.available / 60


async def _out(here: House, viewer: Viewer) -> Visit | None:
    return next((visit for visit in await visits.out_now(here.db) if viewer.staff in visit.out), None)


# One contact


@router.get("/contact/{transition_id}/{step:path}")
async def contact(request: Request, here: House_, who: Theirs, step: str) -> Response:
    """One contact: going out and coming back, and how it went."""
    _of_theirs(who, step)
    state = who.journey.peers
    called = await known.read(here.db, who.view.id)
    return await page(
        request, "week-contact.html", who.viewer, who=who.view, step=who.journey.steps[step],
        called=called.known_as or who.view.given_name, booked=state.booked.get(step) if state else None,
        places=PLACE_WORDS, outside=OUTSIDE, minutes=MINUTES, out=await _out(here, who.viewer),
        quoted=quote(step, safe=""),
        command_id=str(uuid4()),
    )  # fmt: skip


def _of_theirs(who: Opened, step: str) -> None:
    found = who.journey.steps.get(step)
    if found is None:
        raise Refused("not-found", "This contact is not asked for any more. Go back to your week.")
    if found.owner is not Role.PEER_WORKER and who.sight is not Sight.WHOLE:
        raise NotYours(who.view.id, who.viewer)


@router.post("/met/{transition_id}/{step:path}")
async def met(request: Request, here: House_, form: Form, who: Theirs, step: str) -> Response:
    """They met: how is known from where."""
    _of_theirs(who, step)
    state = who.journey.peers
    booked = state.booked.get(step) if state else None
    how = HOW.get(booked.place, Mechanism.FACE_TO_FACE) if booked else Mechanism.FACE_TO_FACE
    said = {"step": step, "attendance": Attendance.ATTENDED, "mechanism": how}
    return await _recorded(request, here, who, form, said, "Kept: you met.")


@router.get("/not-met/{transition_id}/{step:path}")
async def could_not_meet(request: Request, here: House_, who: Theirs, step: str) -> Response:
    """Why they could not meet."""
    _of_theirs(who, step)
    return await _why_not(request, here, who, step, {}, 200)


@router.post("/not-met/{transition_id}/{step:path}")
async def not_met(request: Request, here: House_, form: Form, who: Theirs, step: str) -> Response:
    """They could not meet; the contact stays to be arranged."""
    _of_theirs(who, step)
    answers = Answers(form, _why(here, who), here.clock())
    if answers.problems:
        return await _why_not(request, here, who, step, answers.problems, 422)
    said = {"step": step, "attendance": answers.text("attendance"), "mechanism": Mechanism.FACE_TO_FACE}
    return await _recorded(request, here, who, form, said, "Kept. It stays to be arranged.")


def _why(here: House, who: Opened) -> list[Field]:
    child = who.journey.born is not None and here.clock() < birthday(who.journey.born, 18)
    options = (
        Option(Attendance.CANCELLED_BY_PERSON, "They cancelled, or somebody did for them"),
        Option(Attendance.DID_NOT_ATTEND, "They were not brought" if child else "They did not come"),
        Option(Attendance.TOO_LATE_TO_BE_SEEN, "They came too late to meet"),
        Option(Attendance.CANCELLED_BY_PROVIDER, "I, or we, had to cancel"),
    )
    return [Field("attendance", "What happened", "choice", needed="Choose what happened.", options=options)]


async def _why_not(
    request: Request, here: House, who: Opened, step: str, problems: dict[str, str], status: int
) -> Response:
    (field,) = _why(here, who)
    return await page(
        request, "week-not-met.html", who.viewer, status, who=who.view, step=who.journey.steps[step], field=field,
        problems=problems, command_id=str(uuid4()), quoted=quote(step, safe=""),
    )  # fmt: skip


async def _recorded(
    request: Request, here: House, who: Opened, form: FormData, said: Mapping[str, object], sentence: str
) -> Response:
    command_id = str(form.get("command_id") or "") or None
    command = await acting.command(here, who, says.Complete, command_id, **said)
    await acting.do(here, who, command)
    return await done(request, who.viewer, "/week", sentence)


# Going out, and coming back


@router.post("/out/{transition_id}/{step:path}")
async def check_in(request: Request, here: House_, form: Form, who: Theirs, step: str) -> Response:
    """Going out: whoever is not back by then is looked for."""
    _of_theirs(who, step)
    state, now = who.journey.peers, here.clock()
    booked = state.booked.get(step) if state else None
    along = next((one for one in booked.staff if one != who.viewer.staff), None) if booked else None
    why = str(form.get("alone_because") or "").strip() or None
    visit = Visit(
        id=str(uuid5(NAMESPACE_URL, f"visit:{form.get('command_id') or uuid4()}")),
        staff=who.viewer.staff, joined_by=along,
        team=who.viewer.team, transition_id=who.view.id, place=booked.place if booked else Place.COMMUNITY,
        alone_because=why, checked_in=now, expected_end=now + timedelta(minutes=_minutes(form)),
    )  # fmt: skip
    try:
        out = await going.check_in(here.temporal, here.settings.task_queue, here.db, visit)
    except (Refused, RecordsError) as refused:
        return await done(request, who.viewer, f"/week/contact/{who.view.id}/{quote(step, safe='')}", str(refused))
    told = f"You are out, expected back {words.moment(out.expected_end)}. Say here when you are back."
    return await done(request, who.viewer, "/week", told)


def _minutes(form: FormData) -> int:
    text = str(form.get("minutes"))
    return int(text) if text in {str(one) for one in MINUTES} else 60


@router.post("/back")
async def check_out(request: Request, here: House_, form: Form, viewer: Worker) -> Response:
    """Back again, or it takes longer."""
    out, now = await _out(here, viewer), here.clock()
    if out is None:
        return await done(request, viewer, "/week", "You are back already.")
    by = await visits.acting(here.db, out, viewer.staff, now)
    about = {"id": str(uuid4()), "at": now, "by": by}
    queue = here.settings.task_queue
    if form.get("go") == "longer":
        more = Extend.model_validate(about | {"expected_end": now + timedelta(minutes=30)})
        await going.extend(here.temporal, queue, here.db, out.id, more)
        return await done(request, viewer, "/week", "You have half an hour more.")
    wrong = form.get("go") == "wrong"
    await going.check_out(here.temporal, queue, here.db, out.id, CheckOut.model_validate(about | {"went_wrong": wrong}))
    told = "Good that you are back. A talk about it is offered to you." if wrong else "Good that you are back."
    return await done(request, viewer, "/week", told)


# Support


@router.get("/help")
async def ask_for_help(request: Request, here: House_, viewer: Worker) -> Response:
    """Who can be asked for help, and asking for a talk after something hard."""
    me = await staff.staff(here.db, viewer.staff)
    ids = [one for one in (me.line_manager, me.role_supervisor, me.wellbeing_supervisor) if one]
    names = await staff.names(here.db, ids)
    return await page(request, "week-help.html", viewer, me=me, names=names)


@router.post("/help")
async def something_happened(request: Request, here: House_, form: Form, viewer: Worker) -> Response:
    """Something happened: a talk is owed. What happened is not asked."""
    now = here.clock()
    by = await support.incident(here.db, viewer.staff, now, viewer.staff, now, here.settings.division)
    told = f"Those who support you are told. A talk is offered to you by {local_day(by):%a %-d %b}."
    return await done(request, viewer, "/week", told)


@router.get("/calendar")
async def calendar(request: Request, here: House_, viewer: Worker) -> Response:
    """Whether one's private calendar can be read, and since when."""
    found = await feeds.feeds_of(here.db, viewer.staff)
    return await page(
        request, "week-calendar.html", viewer, feed=next((one for one in found if not one.revoked_at), None)
    )


@router.post("/calendar")
async def change_calendar(request: Request, here: House_, form: Form, viewer: Worker) -> Response:
    """Make the address of one's calendar, which is shown once, or end it."""
    if form.get("go") == "end":
        await feeds.revoke(here.db, viewer.staff)
        return await done(request, viewer, "/week/calendar", "The address opens nothing any more.")
    token = await feeds.create(here.db, viewer.staff)
    address = f"{str(request.base_url).rstrip('/')}/feeds/{token}.ics"
    return await page(request, "week-calendar.html", viewer, address=address, feed=None)
