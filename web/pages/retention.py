"""Until when what is held of people is kept, and destroying it: asked by one person, approved by another."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from planner.policy import Action
from planner.refused import Refused
from records import erasures, retention
from records.erasures import Erasure
from records.errors import RecordsError
from schemas.command import Actor
from schemas.erasing import LEFT_WORDS, REFUSED_WORDS, RULE_WORDS, WHY_WORDS, Became, RefusedFor, Verdict, Why
from schemas.retention import Decision, Erased
from web.acting import answered, built
from web.answers import done, page
from web.house import House
from web.viewer import Form, House_, Needs, Viewer
from workers import retention as erasing
from workers.retention import periods

router = APIRouter(prefix="/retention")
AT_ONCE = 50
Guards = Annotated[Viewer, Depends(Needs(Action.RETENTION))]
Decides = Annotated[Viewer, Depends(Needs(Action.APPROVE_ERASURE))]
BECAME_WORDS = {
    Became.ASKED: "Waits for a second person",
    Became.APPROVED: "Approved, and being done",
    Became.REFUSED: "Refused",
    Became.WITHDRAWN: "Withdrawn",
    Became.LAPSED: "Nobody decided in time",
    Became.OVERTAKEN: "They came back before it was done",
    Became.DONE: "Done",
}


@router.get("")
async def overview(
    request: Request, here: House_, viewer: Guards, after: str | None = None, asked_after: str | None = None
) -> Response:
    """Whose time is over, and what was asked for, each with what became of it."""
    kept = periods(here.settings)
    return await page(
        request,
        "retention.html",
        viewer,
        due=await retention.due(here.db, kept, here.clock(), limit=AT_ONCE, after=after),
        asked=await erasures.latest(here.db, limit=AT_ONCE, after=asked_after),
        after=after,
        asked_after=asked_after,
        periods=kept,
        rules=RULE_WORDS,
        became=BECAME_WORDS,
        whys=WHY_WORDS,
    )


@router.get("/ask")
async def form(request: Request, here: House_, viewer: Guards, person: UUID | None = None) -> Response:
    """The form that asks; somebody who is listed is filled in."""
    known = await retention.person(here.db, periods(here.settings), person) if person else None
    typed = {"local_id": known.local_id, "why": Why.END_OF_RETENTION.value} if known else {}
    return await _form(request, viewer, typed, str(uuid4()))


@router.post("/ask")
async def ask(request: Request, here: House_, viewer: Guards, said: Form) -> Response:
    """It is asked, and waits for a second person."""
    typed = {name: str(said.get(name) or "").strip() for name in ("local_id", "why")}
    erasure_id = _uuid(str(said.get("erasure_id") or "")) or str(uuid4())
    problems = {} if typed["local_id"].isprintable() and typed["local_id"] else {"local_id": "Write the local id."}
    if typed["why"] not in set(Why):
        problems["why"] = "Choose why."
    if problems:
        return await _form(request, viewer, typed, erasure_id, problems)
    asking = erasing.ask(
        here.temporal, here.settings, here.db, erasure_id, typed["local_id"], Why(typed["why"]), viewer.staff,
        here.clock(),
    )  # fmt: skip
    try:
        found = await answered(asking, erasure_id)
    except (Refused, RecordsError) as wrong:
        return await _form(request, viewer, typed, erasure_id, {"local_id": wrong.message})
    return await done(request, viewer, f"/retention/{found.id}", "It is asked. A second person decides.")


async def _form(
    request: Request, viewer: Viewer, typed: dict[str, str], erasure_id: str, problems: dict[str, str] | None = None
) -> Response:
    return await page(
        request,
        "retention-ask.html",
        viewer,
        422 if problems else 200,
        typed=typed,
        erasure_id=erasure_id,
        problems=problems or {},
        whys=WHY_WORDS,
    )


@router.get("/certificates/{certificate_id}")
async def certificate(request: Request, here: House_, viewer: Guards, certificate_id: UUID) -> Response:
    """A certificate, to be read and printed."""
    found = await erasures.certificate(here.db, str(certificate_id))
    return await page(request, "retention-certificate.html", viewer, certificate=found)


@router.get("/{erasure_id}")
async def one(request: Request, here: House_, viewer: Guards, erasure_id: UUID) -> Response:
    """What was asked for one person, and the decision of a second one."""
    return await _one(request, viewer, await erasures.one(here.db, str(erasure_id)))


@router.post("/{erasure_id}")
async def decide(request: Request, here: House_, viewer: Decides, erasure_id: UUID, said: Form) -> Response:
    """Approve, refuse, or withdraw."""
    found = await erasures.one(here.db, str(erasure_id))
    problems = _problems(said)
    if problems:
        return await _one(request, viewer, found, problems)
    try:
        ended = await _decided(here, viewer, found, said)
    except (Refused, RecordsError) as wrong:
        return await _one(request, viewer, await erasures.one(here.db, found.id), {"": wrong.message})
    if ended.became is Became.DONE and ended.certificate_id is not None:
        where = f"/retention/certificates/{ended.certificate_id}"
        return await done(request, viewer, where, "It is done. This certificate stays.")
    return await done(request, viewer, f"/retention/{found.id}", LEFT_WORDS.get(ended.became, "It is being done."))


def _problems(said: FormData) -> dict[str, str]:
    verdict = said.get("verdict")
    if verdict not in set(Verdict):
        return {"": "Choose what is to happen."}
    if verdict == Verdict.REFUSE and said.get("refused_for") not in set(RefusedFor):
        return {"refused_for": "Choose why it is refused."}
    return {}


async def _decided(here: House, viewer: Viewer, found: Erasure, said: FormData) -> Erased:
    verdict = Verdict(str(said.get("verdict")))
    decision = built(
        Decision,
        {
            "id": _uuid(str(said.get("decision_id") or "")) or str(uuid4()),
            "at": here.clock(),
            "by": Actor(role=viewer.role, staff=viewer.staff),
            "verdict": verdict,
            "refused_for": said.get("refused_for") if verdict is Verdict.REFUSE else None,
        },
    )
    deciding = erasing.decide(here.temporal, here.settings.task_queue, here.db, found.id, decision)
    return await answered(deciding, decision.id)


async def _one(request: Request, viewer: Viewer, found: Erasure, problems: dict[str, str] | None = None) -> Response:
    return await page(
        request,
        "retention-one.html",
        viewer,
        422 if problems else 200,
        one=found,
        own=found.asked_by == viewer.staff,
        open=found.became is Became.ASKED,
        decision_id=str(uuid4()),
        problems=problems or {},
        rules=RULE_WORDS,
        became=BECAME_WORDS,
        whys=WHY_WORDS,
        refused=REFUSED_WORDS,
    )


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None
