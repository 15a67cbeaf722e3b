"""Acting on one transition: each act is a page that asks, shows what it would mean where that matters, and does it."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response

from planner.because import because
from planner.policy import Sight
from planner.preview import Preview
from planner.refused import Refused
from records import experience, licences, listings, staff
from records.errors import RecordsError
from records.measuring import NotScored
from schemas.codes import COORDINATING_ROLES, Role
from schemas.staff import Cover
from web import acting
from web.answers import done, page
from web.forms import Answers, Field, NotAsItMayBe, Option, Problems
from web.house import House
from web.pages import journey_acts, measure_fields, step_acts
from web.pages.asking import About, Act
from web.pages.goals import going_on
from web.viewer import Form, House_, NotYours, Opened, Opens

router = APIRouter(prefix="/people/{transition_id}")

Whole = Annotated[Opened, Depends(Opens("acts"))]
Shared = Annotated[Opened, Depends(Opens("acts", least=Sight.SHARED))]
TAKING_ON = COORDINATING_ROLES | {Role.TEAM_LEAD}
JOURNEY = ("milestone", "date", "facts", "hold", "handover", "leave", "add", "support", "wishes", "assign", "accept",
           "step-back")  # fmt: skip
CHANGED = "Something changed while you looked. This is what it would mean now: look again, and confirm it."


# One step


@router.get("/steps/{step:path}")
async def step(request: Request, here: House_, who: Shared, step: str) -> Response:
    """One step: what it is, why it is due then, who was told, and what can be done with it."""
    about = await _about(here, who, step)
    if who.journey.closed is not None:
        raise Refused("conflict", "This transition has ended: nothing more is done with its steps.")
    told = await listings.escalations(here.db, who.view.id)
    ids = [one for rung in told if rung.step == step and rung.due == about.step.due for one in rung.recipients]
    names = await staff.names(here.db, ids)
    acts = [act for act in step_acts.offered(about, about.step) if _open_to(about, act)]
    return await page(
        request, "acts/step.html", who.viewer, who=who.view, step=about.step, acts=acts, booked=about.booked(),
        why=because(who.pathway, who.journey, about.step), told=list(dict.fromkeys(names.get(one, one) for one in ids)),
        back=_back(about), whole=who.sight is Sight.WHOLE,
    )  # fmt: skip


def _open_to(about: About, act: Act) -> bool:
    """Whoever sees only what was shared acts on a peer worker's steps alone, and only reports and books them."""
    if about.opened.sight is Sight.WHOLE:
        return True
    return act.shared and about.step_id is not None and about.step.owner is Role.PEER_WORKER


@router.get("/do/{act}/{step:path}")
async def ask_of_step(request: Request, here: House_, who: Shared, act: str, step: str) -> Response:
    """What an act on a step asks."""
    about = await _about(here, who, step)
    return await _asked(request, about, _of_step(about, act))


@router.post("/do/{act}/{step:path}")
async def do_with_step(request: Request, here: House_, form: Form, who: Shared, act: str, step: str) -> Response:
    """Do it, or show first what it would mean."""
    about = await _about(here, who, step)
    return await _done(request, here, about, _of_step(about, act), form)


def _of_step(about: About, name: str) -> Act:
    act = step_acts.ACTS.get(name)
    if act is None:
        raise Refused("not-found", "There is no such page. Go on from the person's page.")
    if not _open_to(about, act):
        raise NotYours(about.opened.view.id, about.viewer)
    return act


# The whole transition


async def _journey_page(request: Request, here: House_, who: Whole) -> Response:
    """What an act on the whole transition asks."""
    about = await _about(here, who)
    return await _asked(request, about, _of_journey(about, request.url.path.rsplit("/", 1)[-1]))


async def _journey_done(request: Request, here: House_, form: Form, who: Whole) -> Response:
    """Do it, or show first what it would mean."""
    about = await _about(here, who)
    return await _done(request, here, about, _of_journey(about, request.url.path.rsplit("/", 1)[-1]), form)


for _name in JOURNEY:
    router.add_api_route(f"/{_name}", _journey_page, methods=["GET"])
    router.add_api_route(f"/{_name}", _journey_done, methods=["POST"])


def _of_journey(about: About, name: str) -> Act:
    act = journey_acts.meant(about, name)
    if act is None:
        raise Refused("not-found", "There is no such page. Go on from the person's page.")
    return act


@router.get("/peer")
async def peer(request: Request, here: House_, who: Whole) -> Response:
    """What can be done about peer support."""
    about = await _about(here, who)
    acts = list(journey_acts.of_peers(about))
    return await page(
        request, "acts/peer.html", who.viewer, who=who.view, acts=acts, peers=who.journey.peers, back=_back(about),
        names=dict(about.colleagues),
    )  # fmt: skip


# Cover, which is about the coordinator and not about one transition


@router.get("/cover")
async def cover(request: Request, here: House_, who: Whole) -> Response:
    """Who stands in for the coordinator."""
    about = await _about(here, who)
    return await _shown(request, about, COVER, COVER.fields(about), {}, {})


@router.post("/cover")
async def stand_in(request: Request, here: House_, form: Form, who: Whole) -> Response:
    """Let somebody stand in for the coordinator: for all their people, until they are back."""
    about = await _about(here, who)
    said = Answers(form, COVER.fields(about), about.now)
    starts, ends = said.moment("starts"), said.moment("ends", ends=True)
    absent = who.journey.coordinator
    if absent is None:
        said.problems[""] = "Nobody coordinates this transition yet: there is nobody to stand in for."
    if not said.problems:
        try:
            fields = {"staff": absent, "stands_in": said.text("stands_in"), "starts": starts, "ends": ends}
            await staff.add_cover(here.db, acting.built(Cover, fields))
        except (RecordsError, NotAsItMayBe) as refused:
            said.problems[""] = str(refused)
    if said.problems:
        return await _shown(request, about, COVER, COVER.fields(about), dict(form), said.problems, 422)
    names = dict(about.colleagues)
    sentence = f"{names.get(said.text('stands_in'))} stands in for {names.get(absent or '', absent)}."
    return await done(request, who.viewer, _back(about), sentence)


def _cover_fields(about: About) -> list[Field]:
    options = (Option("", "Choose somebody"), *(Option(*one) for one in about.colleagues
                                                if one[0] != about.journey.coordinator))  # fmt: skip
    return [
        Field("stands_in", "Who stands in", "select", needed="Choose who stands in.", options=options),
        Field("starts", "From", "moment", needed="Say from when."),
        Field("ends", "Until", "moment", "A day alone counts to its end.", needed="Say until when."),
    ]


COVER = Act(
    "cover", "Somebody stands in for the coordinator",
    "Until then they are told, and act, for everybody whom the coordinator goes with.", "Record it", _cover_fields,
    lambda *_: (_ for _ in ()).throw(TypeError("cover is no command")),
)  # fmt: skip


# How an act is asked, shown and done


async def _about(here: House, who: Opened, step_id: str | None = None) -> About:
    everybody = await staff.everybody(here.db)
    able = [one for one in everybody if one.role in TAKING_ON or one.role is Role.PEER_WORKER]
    able.sort(key=lambda one: (one.team != who.view.team, one.name))
    names = tuple((one.id, f"{one.name}, {one.team or 'every team'}") for one in able)
    if step_id is None:
        return About(who, here.clock(), step_id, names)
    held = await licences.held(here.db)
    return About(who, here.clock(), step_id, names, held, await going_on(here, who))


def _back(about: About) -> str:
    return f"/people/{about.opened.view.id}"


async def _asked(request: Request, about: About, act: Act) -> Response:
    return await _shown(request, about, act, act.fields(about), {}, {})


async def _shown(
    request: Request, about: About, act: Act, fields: list[Field], said: dict[str, Any], problems: Problems,
    status: int = 200, preview: Preview | None = None, note: str = "",
) -> Response:  # fmt: skip
    """The page of an act: its questions, or with a preview what it would mean."""
    texts = {name: text for name, text in said.items() if isinstance(text, str)}
    known = {
        "who": about.opened.view, "act": act, "fields": fields, "problems": problems, "back": _back(about),
        "step": about.step if about.step_id else None, "note": note, "preview": preview,
        "command_id": texts.get("command_id") or str(uuid4()), "revision": about.opened.view.revision,
        "carried": [(name, text) for name, text in texts.items() if name not in OWN],
        "facts": about.pathway.facts if act.name == "facts" else None, "given": _given(about, act, fields, texts),
        "title_of": _titles(about),
    }  # fmt: skip
    template = "acts/preview.html" if preview is not None else "acts/form.html"
    return await page(request, template, about.viewer, status, **known)


OWN = frozenset({"form_token", "command_id", "if_revision", "go"})
"""What a form carries beside its answers."""


def _given(about: About, act: Act, fields: list[Field], texts: dict[str, str]) -> dict[str, str]:
    """What stands in each field: what was typed, or what is known."""
    if texts:
        return texts
    found = {field.name: field.value for field in fields} | {f"{field.name}-time": field.clock for field in fields}
    if act.name == "facts":
        for name, value in about.journey.facts.items():
            found |= _fact_given(name, value)
    return found


def _fact_given(name: str, value: Any) -> dict[str, str]:
    if isinstance(value, bool):
        return {f"fact-{name}": "yes" if value else "no"}
    if isinstance(value, list):
        kinds: dict[str, list[str]] = {}
        for wish in value:
            kind, _, text = wish.partition(":")
            kinds.setdefault(kind, []).append(text)
        return {f"fact-{name}-{kind}": ", ".join(texts) for kind, texts in kinds.items()}
    choice, _, status = str(value).partition(":")
    return {f"fact-{name}": choice, f"fact-{name}-status": status}


def _titles(about: About) -> dict[str, str]:
    return {one.id: one.title for one in about.journey.steps.values()} | {
        one.id: one.title for one in about.pathway.steps
    }


async def _done(request: Request, here: House, about: About, act: Act, form: Any) -> Response:
    fields, said = act.fields(about), dict(form)
    answers = Answers(said, fields, about.now)
    try:
        model, command = act.command(about, answers)
        answers.sound()
        confirmed = said.get("go") == "confirm"
        seen = {"if_revision": _revision(said)} if act.previewed and confirmed else {}
        meant = await acting.command(here, about.opened, model, said.get("command_id") or None, **command, **seen)
        if act.previewed and not confirmed:
            foretold = acting.foretold(about.opened, meant)
            return await _shown(request, about, act, fields, said, {}, preview=foretold)
        sentence = await acting.do(here, about.opened, meant, experience.apart(command.get("scores")))
    except NotAsItMayBe as wrong:
        return await _shown(request, about, act, fields, said, wrong.problems, 422)
    except NotScored as wrong:
        where = measure_fields.where(fields, wrong.instrument)
        return await _shown(request, about, act, fields, said, {where: wrong.message}, 422)
    except (Refused, RecordsError, acting.NoAnswer) as refused:
        if isinstance(refused, Refused) and refused.kind == "changed":
            return await _again(request, here, about, act, form)
        return await _shown(request, about, act, fields, said, {"": str(refused)}, 422)
    onward = "/week" if about.opened.sight is Sight.SHARED else _back(about)
    return await done(request, about.viewer, onward, sentence)


async def _again(request: Request, here: House, about: About, act: Act, form: Any) -> Response:
    """The journey changed since its preview was shown: what it would mean now."""
    fields, said = act.fields(about), {**form, "command_id": ""}
    model, command = act.command(about, Answers(said, fields, about.now))
    meant = await acting.command(here, about.opened, model, None, **command)
    foretold = acting.foretold(about.opened, meant)
    return await _shown(request, about, act, fields, said, {}, 409, preview=foretold, note=CHANGED)


def _revision(said: dict[str, Any]) -> int | None:
    text = said.get("if_revision")
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10 else -1
