"""One person: how they stand and what to do now, how it came to that, who looked, and what they agreed to share."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from planner.policy import CARING, Action, Sight
from planner.refused import Refused
from records import about, access, known, listings, moves, staff
from records.errors import RecordsError
from schemas.codes import Role
from schemas.ethnicity import CATEGORIES
from web import entries
from web.answers import done, page
from web.house import House
from web.pages.goals import shared
from web.pages.standing import Teller, staff_in
from web.pictures import timeline
from web.viewer import Form, House_, Needs, Opened, Opens, Viewer, opened

router = APIRouter(prefix="/people/{transition_id}")
ENTRIES = 200
"""Rows of a history on one page."""
LOOKS = 50

PAGES = {
    "person": "their page",
    "history": "their history",
    "outcomes": "how they fare",
    "goals": "their goals",
    "access": "who looked at them",
    "api": "by a machine",
    "ready": "when they were ready to leave",
    "many": "among many at once",
    "temporal": "what Temporal holds",
    "export-person": "everything held about them, to give it to them",
}
WHY_WORDS = {
    "named": "They are named for this person",
    "allocated": "A step of this person waits for them",
    "goes-with": "They go with this person",
    "team": "This person is of their team",
    "broken-glass": "They opened this person with a reason",
    access.GUARDS: "They guard privacy",
}


@router.get("")
async def person(
    request: Request, here: House_, who: Annotated[Opened, Depends(Opens("person", least=Sight.SHARED))]
) -> Response:
    """How a person stands and what to do now; a peer worker sees what was shared and what their task needs."""
    called = await known.read(here.db, who.view.id)
    shown: dict[str, Any] = {"who": who.view, "called": called.known_as or who.view.given_name}
    if who.view.journey is None:
        return await page(request, "person-entered.html", who.viewer, **shown)
    teller = await _teller(here, who)
    if who.sight is Sight.SHARED:
        return await page(
            request,
            "person-shared.html",
            who.viewer,
            **shown,
            told=teller,
            shares=called.shares,
            goals=await shared(here, who, called),
            theirs=who.seen.standing.goes_with,
        )
    was = {step: one.was for step, one in teller.moves.items() if one.was is not None}
    drawn = timeline.picture(who.pathway, who.journey, here.clock(), was)
    finished, earlier = teller.finished()
    return await page(
        request,
        "person.html",
        who.viewer,
        **shown,
        agreed=called,
        share_words=known.SHARE_WORDS,
        about=await about.read(here.db, who.view.id),
        ethnicities=CATEGORIES,
        journey=who.journey,
        pathway=who.pathway,
        coordinator_role=who.pathway.role(Role.COORDINATOR).words,
        told=teller,
        picture=drawn,
        shapes=timeline.SHAPES,
        finished=finished,
        earlier=earlier,
        cares=who.viewer.role in CARING,
        on_a_ward="discharged" in who.pathway.milestone,
        acts=who.viewer.role in CARING and who.journey.closed is None,
        asked=who.journey.handover is not None and who.journey.handover.to == who.viewer.staff,
        sees_access=who.viewer.may(Action.WHO_LOOKED),
    )


async def _teller(here: House, who: Opened) -> Teller:
    whole = who.sight is Sight.WHOLE
    told = await listings.escalations(here.db, who.view.id) if whole else []
    moved = await moves.moves(here.db, who.view.id) if whole else {}
    named = staff_in(who.journey) | {name for one in told for name in one.recipients}
    named |= {one.staff for one in moved.values() if one.staff}
    names = await staff.names(here.db, named)
    if not whole:
        names[who.viewer.staff] = "you"
    return Teller(who.pathway, who.journey, here.clock(), names=names, told=told, moves=moved)


@router.get("/history")
async def history(
    request: Request,
    here: House_,
    who: Annotated[Opened, Depends(Opens("history"))],
    after: str | None = None,
) -> Response:
    """Everything that happened, who said so, when it was recorded and why; and why each step is due when it is."""
    found = await listings.history(here.db, who.view.id, limit=ENTRIES, after=after)
    names = await staff.names(here.db, entries.staff_in(found.rows))
    begins = after is None and who.view.journey is not None
    rows = (await _teller(here, who)).table() if begins else []
    return await page(
        request,
        "person-history.html",
        who.viewer,
        who=who.view,
        entries=entries.entries(found.rows, names),
        steps=[row for row in rows if row.state.unfinished],
        next=found.next,
        after=after,
    )


@router.get("/access")
async def looked(
    request: Request,
    here: House_,
    transition_id: UUID,
    viewer: Annotated[Viewer, Depends(Needs(Action.WHO_LOOKED))],
    after: str | None = None,
) -> Response:
    """Who looked at a person: for those who answer for their team, and for whoever guards privacy."""
    await sees_who_looked(here, viewer, str(transition_id))
    found = await access.looks(here.db, transition_id=str(transition_id), limit=LOOKS, after=after)
    return await page(
        request,
        "person-access.html",
        viewer,
        transition_id=transition_id,
        looks=found.rows,
        pages=PAGES,
        why_words=WHY_WORDS,
        reasons=access.REASON_WORDS,
        next=found.next,
        opens=not viewer.may(Action.ACCESS_LOG),
    )


async def sees_who_looked(here: House, viewer: Viewer, transition_id: str) -> None:
    """That somebody sees who looked at a person is kept as every look is, also of whoever guards privacy."""
    if viewer.may(Action.ACCESS_LOG):
        await access.guarded(here.db, viewer.staff, viewer.role, transition_id, "access", here.clock())
    else:
        await opened(here, viewer, transition_id, "access")


@router.get("/known")
async def ask(request: Request, here: House_, who: Annotated[Opened, Depends(Opens("person"))]) -> Response:
    """How they wish to be called and what they share with their peer worker: asked."""
    _may_record(who)
    called = await known.read(here.db, who.view.id)
    return await _form(request, who, called.known_as or "", list(called.shares))


@router.post("/known")
async def said(
    request: Request, here: House_, form: Form, who: Annotated[Opened, Depends(Opens("person"))]
) -> Response:
    """How they wish to be called and what they share with their peer worker: recorded."""
    _may_record(who)
    name = str(form.get("known_as") or "")
    ticked = [str(one) for one in form.getlist("shares")]
    shares = [one for one in known.Share if one in ticked]
    try:
        await known.write(here.db, who.view.id, known_as=name, shares=shares, staff=who.viewer.staff, now=here.clock())
    except RecordsError as error:
        return await _form(request, who, name, shares, {"known_as": error.message})
    return await done(
        request, who.viewer, f"/people/{who.view.id}", "How they wish to be called and what they share is recorded."
    )


def _may_record(who: Opened) -> None:
    if who.viewer.role not in CARING:
        raise Refused("not-allowed", "This is recorded by those who care for the person, after asking them.")


async def _form(
    request: Request, who: Opened, name: str, shares: list[known.Share], problems: dict[str, str] | None = None
) -> Response:
    return await page(
        request,
        "person-known.html",
        who.viewer,
        422 if problems else 200,
        who=who.view,
        known_as=name,
        shares=shares,
        share_words=known.SHARE_WORDS,
        problems=problems or {},
    )
