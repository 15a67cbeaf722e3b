"""Machines: which other systems are let in by a token, as whom and for what; making one, and ending it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from planner.policy import SCOPE_WORDS, Action, Scope
from planner.refused import Refused
from records import machines, staff
from records.errors import RecordsError
from web.answers import done, page
from web.viewer import Form, House_, Needs, Viewer

router = APIRouter()

Administrator = Annotated[Viewer, Depends(Needs(Action.TOKENS))]
DAYS = {"30": "A month", "90": "Three months", str(machines.USUAL): "A year"}
"""For how long a token may hold, as the form offers it."""


@router.get("/machines")
async def listed(request: Request, here: House_, viewer: Administrator) -> Response:
    """Every token that was made: who made it, as whom it acts, when it was last used, whether it holds."""
    found = await machines.everyone(here.db)
    now = here.clock()
    holding = [one for one in found if one.holds(now)]
    ended = [one for one in found if not one.holds(now)]
    return await page(request, "machines.html", viewer, holding=holding, ended=ended, scope_words=SCOPE_WORDS)


@router.get("/machines/new")
async def asked(request: Request, here: House_, viewer: Administrator) -> Response:
    """The form of a new token."""
    return await _form(request, here, viewer, {"days": str(machines.USUAL)}, [])


@router.post("/machines/new")
async def create(request: Request, here: House_, viewer: Administrator, form: Form) -> Response:
    """Let a machine in. Its token is on the page that answers, and nowhere ever after."""
    said = {name: str(form.get(name, "")).strip() for name in ("name", "acts_as", "days")}
    ticked = [scope for scope in Scope if scope in form.getlist("scopes")]
    problems = {
        name: text
        for name, missing, text in (
            ("name", not said["name"], "Say which machine it is."),
            ("acts_as", not said["acts_as"], "Choose as whom it acts."),
            ("scopes", not ticked, "Choose at least one thing that the machine may do."),
            ("days", said["days"] not in DAYS, "Choose for how long it is let in."),
        )
        if missing
    }
    if problems:
        return await _form(request, here, viewer, said, ticked, problems)
    try:
        token = await machines.create(
            here.db, said["name"], ticked, said["acts_as"], here.clock(), days=int(said["days"]), by=viewer.staff
        )
    except (Refused, RecordsError) as why:
        about = "acts_as" if why.kind in ("not-found", "not-allowed") else "name"
        return await _form(request, here, viewer, said, ticked, {about: why.message})
    return await page(request, "machines-made.html", viewer, name=said["name"], token=token)


@router.post("/machines/{token_id}/revoke")
async def revoke(request: Request, here: House_, viewer: Administrator, token_id: str, _: Form) -> Response:
    """Let a machine in no longer."""
    name = await machines.revoke(here.db, token_id, here.clock(), by=viewer.staff)
    return await done(request, viewer, "/machines", f"{name} is not let in any more.")


async def _form(
    request: Request,
    here: House_,
    viewer: Viewer,
    said: dict[str, str],
    ticked: list[Scope],
    problems: dict[str, str] | None = None,
) -> Response:
    known = {
        "typed": said,
        "ticked": ticked,
        "days": DAYS,
        "problems": problems or {},
        "staff": await staff.everybody(here.db),
        "scope_words": SCOPE_WORDS,
    }
    return await page(request, "machines-new.html", viewer, 422 if problems else 200, **known)
