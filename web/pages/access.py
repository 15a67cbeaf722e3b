"""Who looked at whom, and who opened somebody with a reason: for whoever guards privacy. Nobody's name but staff's."""

from typing import Annotated, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from planner.policy import Action
from records import access, listings, staff
from records.access import Broken, Look
from records.errors import RecordsError
from web import export
from web.answers import page
from web.house import House
from web.pages.person import PAGES, WHY_WORDS
from web.viewer import Form, House_, Needs, Viewer

router = APIRouter(prefix="/access")
AT_ONCE = 50
Guards = Annotated[Viewer, Depends(Needs(Action.ACCESS_LOG))]

BROKEN: export.Columns[Broken] = [
    ("When", lambda row: row.at),
    ("Until", lambda row: row.ends),
    ("Staff id", lambda row: row.staff),
    ("Name", lambda row: row.name),
    ("Role", lambda row: row.role.words),
    ("Local id", lambda row: row.local_id),
    ("Transition", lambda row: row.transition_id),
    ("Reason", lambda row: access.REASON_WORDS[row.code]),
    ("In their own words", lambda row: row.words),
]
LOOKED: export.Columns[Look] = [
    ("When", lambda row: row.at),
    ("Staff id", lambda row: row.staff),
    ("Name", lambda row: row.name),
    ("Role", lambda row: row.role.words),
    ("Local id", lambda row: row.local_id),
    ("Transition", lambda row: row.transition_id),
    ("What they saw", lambda row: seen(row.page)),
    ("Why they may", lambda row: WHY_WORDS.get(row.why, row.why)),
    ("Reason", lambda row: access.REASON_WORDS[row.code] if row.code else None),
    ("In their own words", lambda row: row.words),
]


def seen(name: str) -> str:
    """What somebody saw, in words; a machine's name stands behind."""
    return PAGES.get(name, name.replace("-", " "))


@router.get("")
async def broken(request: Request, here: House_, viewer: Guards, after: str | None = None) -> Response:
    """Who opened whom with a reason, the latest first; and the way to who looked."""
    return await _begin(request, here, viewer, after=after)


@router.get("/broken-glass.csv", dependencies=[Depends(Needs(Action.ACCESS_LOG))])
async def broken_csv(here: House_) -> Response:
    """The same, as a file."""
    return await export.csv(
        "broken-glass", BROKEN, lambda after: access.glass(here.db, limit=export.AT_ONCE, after=after)
    )


@router.post("")
async def look_up(request: Request, here: House_, viewer: Guards, form: Form) -> Response:
    """On to the looks of a member of staff, or at a person. What is typed of a person stays out of the address."""
    who, local_id = str(form.get("staff") or "").strip(), str(form.get("local_id") or "").strip()
    if form.get("by") == "person":
        found = await listings.find(here.db, local_id) if _told(local_id) else []
        if found:
            return RedirectResponse(f"/access/looks?{urlencode({'person': found[0].id})}", 303)
        problems = {"local_id": "Nobody here has this local id." if local_id else "Write the local id of the person."}
    else:
        if _told(who) and await staff.names(here.db, [who]):
            return RedirectResponse(f"/access/looks?{urlencode({'staff': who})}", 303)
        problems = {"staff": "Nobody has this id in the staff list." if who else "Write the id of a member of staff."}
    return await _begin(request, here, viewer, {"staff": who, "local_id": local_id}, problems)


def _told(text: str) -> bool:
    return bool(text) and text.isprintable()


async def _begin(
    request: Request,
    here: House_,
    viewer: Viewer,
    typed: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    after: str | None = None,
) -> Response:
    found = await access.glass(here.db, limit=AT_ONCE, after=after)
    return await page(
        request,
        "access.html",
        viewer,
        422 if problems else 200,
        found=found,
        after=after,
        now=here.clock(),
        reasons=access.REASON_WORDS,
        typed=typed or {},
        problems=problems or {},
        members=await staff.everybody(here.db),
    )


class Whose(NamedTuple):
    """Whose looks are asked for: of a member of staff, or at the person of a transition; all of them without either."""

    staff: str | None
    person: str | None

    @property
    def query(self) -> str:
        """As an address says it."""
        return urlencode({name: value for name, value in self._asdict().items() if value is not None})


def _whose(person: UUID | None = None, staff: Annotated[str | None, "a staff id"] = None) -> Whose:
    return Whose(staff, str(person) if person else None)


Asked = Annotated[Whose, Depends(_whose)]


@router.get("/looks")
async def looks(request: Request, here: House_, viewer: Guards, whose: Asked, after: str | None = None) -> Response:
    """Who looked, the latest first; at a person, that this was looked at is kept first."""
    await _keep(here, viewer, whose)
    found = await access.looks(here.db, by=whose.staff, person_of=whose.person, limit=AT_ONCE, after=after)
    called = (await staff.names(here.db, [whose.staff])).get(whose.staff) if whose.staff else None
    if whose.staff and called is None:
        raise RecordsError("not-found", "Nobody has this id in the staff list.")
    local_id = (await listings.transition(here.db, whose.person)).local_id if whose.person else None
    return await page(
        request,
        "access-looks.html",
        viewer,
        found=found,
        after=after,
        whose=whose,
        called=called,
        local_id=local_id,
        seen=seen,
        why_words=WHY_WORDS,
        reasons=access.REASON_WORDS,
    )


async def _keep(here: House, viewer: Viewer, whose: Whose) -> None:
    if whose.person:
        await access.guarded(here.db, viewer.staff, viewer.role, whose.person, "access", here.clock())


@router.get("/looks.csv")
async def looks_csv(here: House_, viewer: Guards, whose: Asked) -> Response:
    """The same, as a file."""
    await _keep(here, viewer, whose)
    return await export.csv(
        "looks",
        LOOKED,
        lambda after: access.looks(here.db, by=whose.staff, person_of=whose.person, limit=export.AT_ONCE, after=after),
    )
