"""One thing for many of my people: who is chosen, what it would mean for each, and then it is done."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated, Any, NamedTuple
from uuid import UUID, uuid4

import structlog
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel
from starlette.datastructures import FormData
from temporalio.service import RPCError

from planner import many
from planner.clock import LONDON, end_of, local_day
from planner.policy import Action
from records import access, bulk, foretold, listings, staff
from records.bulk import Asked
from records.foretold import Foretold
from records.views import TransitionView
from schemas.bulk import AcknowledgeMany, AnswerMany, AnyMany, OfferMany
from schemas.codes import COORDINATING_ROLES, Role
from schemas.staff import StaffMember
from web import acting
from web.answers import done, page
from web.forms import MAYBE, REASON, Answers, Field, NotAsItMayBe, Option, Problems
from web.house import House
from web.viewer import Form, House_, Needs, Viewer
from workers.bulk import begin

log = structlog.get_logger(__name__)
router = APIRouter()
Steers = Annotated[Viewer, Depends(Needs(Action.BULK))]
TAKING_ON = COORDINATING_ROLES | {Role.TEAM_LEAD}
ANSWER_IN = timedelta(days=5)
OWN = frozenset({"form_token", "go", "item", "who", "do"})
"""What these forms carry beside their answers."""
STEP = "/"
"""Stands between the id of a transition and a step, in what a form carries; no id has it."""
NOBODY_CHOSEN = "Choose at least one person: go back, and tick whom it is for."
TOO_MANY = f"That is more than {many.MOST} at once: go back, and choose fewer. Nothing was done."


class What(NamedTuple):
    """Something that can be done for many: what it asks, and what it becomes."""

    title: str
    lead: str
    fields: Callable[[datetime, tuple[Option, ...]], list[Field]]
    model: type[BaseModel]
    said: Callable[[Answers], dict[str, Any]]


def _day(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%Y-%m-%d}"


def _see_to(now: datetime, _: tuple[Option, ...]) -> list[Field]:
    tomorrow = _day(now + timedelta(days=1))
    return [
        Field("until", "Until when", "moment", "A day alone counts to its end.", needed="Say until when.",
              value=tomorrow),
        REASON,
    ]  # fmt: skip


def _offer(now: datetime, colleagues: tuple[Option, ...]) -> list[Field]:
    by = _day(end_of(local_day(now + ANSWER_IN)) - timedelta(seconds=1))
    return [
        Field("to", "To whom", "select", needed="Choose to whom.", options=colleagues),
        Field("answer_by", "They answer by", "moment", "Silence is never a yes: when nobody answers, others are told.",
              needed="Say by when they answer.", value=by),
        Field("overlap_until", "Both are told of everything until", "moment", "Leave it out for no overlap."),
        REASON,
    ]  # fmt: skip


WHAT = {
    "acknowledge": What(
        "See to what is late",
        "Nobody further is told before then. It stays late until it is done.",
        _see_to,
        AcknowledgeMany,
        lambda said: {"until": said.moment("until", ends=True), "reason": said.said("reason")},
    ),
    "offer": What(
        "Offer to another coordinator",
        "Whoever coordinates somebody stays responsible until the other says yes, for each person.",
        _offer,
        OfferMany,
        lambda said: {
            "to": said.text("to"), "answer_by": said.moment("answer_by", ends=True),
            "overlap_until": said.moment("overlap_until", ends=True), "reason": said.said("reason"),
        },
    ),
    "accept": What(
        "Accept what is offered to you",
        "You coordinate these people from now on.",
        lambda *_: [MAYBE],
        AnswerMany,
        lambda said: {"accept": True, "reason": said.said("reason")},
    ),
    "decline": What(
        "Decline what is offered to you",
        "They stay with whoever coordinates them now, who hears why.",
        lambda *_: [Field("reason", "Why not", "long", needed="Say why not: whoever asks has to find somebody else.")],
        AnswerMany,
        lambda said: {"accept": False, "reason": said.said("reason")},
    ),
}  # fmt: skip


class Chosen(NamedTuple):
    """One of those who were chosen: whom it is, where that may be known, and how a form carries it."""

    asked: Asked
    view: TransitionView | None

    @property
    def carried(self) -> str:
        return self.asked.id + (STEP + self.asked.step if self.asked.step else "")

    @property
    def name(self) -> str:
        return f"{self.view.given_name} {self.view.family_name}" if self.view else "Somebody whom you do not see"

    @property
    def title(self) -> str:
        """What the step is called."""
        journey = self.view.journey if self.view else None
        if journey is None or self.asked.step is None:
            return ""
        found = journey.steps.get(self.asked.step) or (journey.silence if self.asked.step == "silence" else None)
        return found.title if found else self.asked.step


@router.post("/people/many")
async def choose(request: Request, here: House_, form: Form, viewer: Steers) -> Response:
    """Ask what is to be done for those who were chosen, show what it would mean for each, and have it done."""
    what = WHAT.get(str(form.get("do") or ""))
    if what is None:
        return await _not_yet(request, viewer, "Choose what is to be done: go back, and choose one of these.")
    sent = _sent(form)
    people = {one for one, _ in sent}
    if not sent or len(people) > many.MOST:
        return await _not_yet(request, viewer, TOO_MANY if sent else NOBODY_CHOSEN)
    now = here.clock()
    chosen = await _chosen(here, viewer, sent, late=what.model is AcknowledgeMany and not form.getlist("item"), now=now)
    fields = what.fields(now, await _colleagues(here))
    if form.get("go") not in ("preview", "confirm"):
        return await _asked(request, viewer, form, what, chosen, fields, {})
    answers = Answers(form, fields, now)
    try:
        said: AnyMany = _said(what, answers, now)
    except NotAsItMayBe as wrong:
        return await _asked(request, viewer, form, what, chosen, fields, wrong.problems)
    if form.get("go") == "confirm":
        return await _begun(request, here, viewer, form, said, chosen)
    return await _shown(request, here, viewer, form, what, said, chosen, now)


def _sent(form: FormData) -> list[tuple[str, str | None]]:
    """The ids that a form has, each once and in their order: with a step, or of people alone."""
    texts = ["".join(char if char.isprintable() else "?" for char in str(one)) for one in
             (form.getlist("item") or form.getlist("who"))]  # fmt: skip
    parts = [text.partition(STEP) for text in texts if text]
    return list(dict.fromkeys((one[:80], step[:120] or None) for one, _, step in parts))


async def _chosen(
    here: House, viewer: Viewer, sent: Sequence[tuple[str, str | None]], *, late: bool, now: datetime
) -> list[Chosen]:
    """Who was chosen, of those whom the viewer may see; with `late` each of their late steps of its own.

    It is kept that they were looked at.
    """
    ids = {one for one, _ in sent if is_id(one)}
    seen = await access.whole(here.db, viewer.staff, viewer.role, viewer.team, ids, now)
    views: dict[str, TransitionView] = {}
    for one, why in seen.items():
        await access.looked(here.db, viewer.staff, viewer.role, one, "many", why, now)
        views[one] = await listings.transition(here.db, one)
    found: list[Chosen] = []
    for one, step in sent:
        found += _of(one, step, views.get(one), late=late)
    return found


def _of(sent: str, step: str | None, view: TransitionView | None, *, late: bool) -> list[Chosen]:
    if view is None:
        return [Chosen(Asked(sent, None, step, many.NOT_SEEN), None)]
    if late and view.journey is not None:
        return [Chosen(Asked(sent, view.id, one), view) for one in many.late_steps(view.journey)] or [
            Chosen(Asked(sent, view.id, None), view)
        ]
    return [Chosen(Asked(sent, view.id, step), view)]


def is_id(text: str) -> bool:
    """Whether it is an id as we write them."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


async def _colleagues(here: House) -> tuple[Option, ...]:
    able = [one for one in await staff.everybody(here.db) if one.role in TAKING_ON]
    able.sort(key=lambda one: (one.team or "", one.name))
    named = (Option(one.id, f"{one.name}, {one.team or 'every team'}") for one in able)
    return (Option("", "Choose somebody"), *named)


def _said(what: What, answers: Answers, now: datetime) -> AnyMany:
    """What is said for all of them; NotAsItMayBe when it cannot be meant for anybody."""
    fields = what.said(answers)
    for name in ("until", "answer_by"):
        if (at := fields.get(name)) is not None and at <= now:
            answers.problems.setdefault(name, "That lies in the past: give a time ahead.")
    answers.sound()
    return acting.built(what.model, fields)  # type: ignore[return-value]  # every model of WHAT is one


async def _not_yet(request: Request, viewer: Viewer, why: str) -> Response:
    return await page(request, "many-not-yet.html", viewer, 422, why=why)


def _common(form: FormData, what: What) -> dict[str, Any]:
    return {"what": what, "do": form.get("do"), "bulk_id": _bulk_id(form), "most": many.MOST}


def _bulk_id(form: FormData) -> str:
    """The id under which it is done once, however often the form is sent."""
    given = str(form.get("bulk_id") or "")
    return given if is_id(given) else str(uuid4())


async def _asked(
    request: Request, viewer: Viewer, form: FormData, what: What, chosen: list[Chosen], fields: list[Field],
    problems: Problems,
) -> Response:  # fmt: skip
    texts = {name: text for name, text in form.items() if isinstance(text, str) and name not in OWN}
    given = {one.name: one.value for one in fields} | {f"{one.name}-time": one.clock for one in fields} | texts
    grouped = [list(group) for _, group in groupby(chosen, key=lambda one: one.asked.id)]
    known = {"fields": fields, "problems": problems, "given": given, "grouped": grouped}
    return await page(request, "many.html", viewer, 422 if problems else 200, **_common(form, what), **known)


async def _shown(
    request: Request, here: House, viewer: Viewer, form: FormData, what: What, said: AnyMany, chosen: list[Chosen],
    now: datetime,
) -> Response:  # fmt: skip
    """What it would mean for each, who would hear of it, and for whom it cannot be done."""
    by = StaffMember(id=viewer.staff, name=viewer.name, role=viewer.role, team=viewer.team)
    told = await foretold.foretell(here.db, by, said, [_meant(one, said) for one in chosen], now)
    names = await staff.names(here.db, {one for each in told for one in each.hear})
    rows = list(zip(chosen, told, strict=True))
    known = {
        "can": [(one, _who_hears(each, names)) for one, each in rows if each.refused is None],
        "cannot": [(one, each.refused) for one, each in rows if each.refused is not None],
        "hear": sorted({names.get(one, one) for each in told for one in each.hear}),
        "carried": [(name, text) for name, text in form.items() if isinstance(text, str) and name not in OWN],
        "meant": said,
    }
    return await page(request, "many-preview.html", viewer, **(_common(form, what) | known))


def _meant(one: Chosen, said: AnyMany) -> Asked:
    nothing = isinstance(said, AcknowledgeMany) and one.view is not None and one.asked.step is None
    return one.asked._replace(why=many.NOTHING_LATE) if nothing else one.asked


def _who_hears(each: Foretold, names: dict[str, str]) -> str:
    return ", ".join(names.get(one, one) for one in each.hear) or "nobody else"


async def _begun(
    request: Request, here: House, viewer: Viewer, form: FormData, said: AnyMany, chosen: list[Chosen]
) -> Response:
    """Kept, and under way; when Temporal is away it begins as soon as it is back."""
    bulk_id = _bulk_id(form)
    await bulk.keep(here.db, bulk_id, viewer.staff, said, here.clock(), [_meant(one, said) for one in chosen])
    log.info("asked for one thing for many", bulk_id=bulk_id, staff=viewer.staff, what=said.do, number=len(chosen))
    sentence = await begun(here, bulk_id)
    return await done(request, viewer, f"/bulk/{bulk_id}", sentence)


async def begun(here: House, bulk_id: str) -> str:
    """Have it done now; a sentence on whether it is under way. What is kept is taken up later otherwise."""
    try:
        await begin(here.temporal, here.settings.task_queue, bulk_id)
    except (RPCError, RuntimeError) as error:  # a client that never reached Temporal fails as the latter
        log.warning("Temporal cannot be reached", error=type(error).__name__, bulk_id=bulk_id)
        return "It is kept, and begins as soon as the service that follows people can be reached again."
    return "It was begun: what becomes of each is below."
