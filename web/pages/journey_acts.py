"""What can be done with a whole transition: what happened, dates, what is known, hold, handover, peer support, ends."""

from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

from planner import peers
from planner.clock import LONDON, local_day
from schemas import command as says
from schemas.codes import Role, StepKind
from schemas.workforce import Peers
from web.forms import MAYBE, REASON, Answers, Field, Option
from web.pages.asking import About, Act, Said
from web.pages.starting import Said as Texts
from web.pages.starting import fact

NOON = time(12)
CORRECTS = "Recorded already: this corrects it"
ANSWER_IN = timedelta(days=5)
KINDS = (StepKind.TASK, StepKind.CONTACT, StepKind.MEETING, StepKind.DOCUMENT, StepKind.REVIEW)
OWNERS = (Role.COORDINATOR, Role.COMMUNITY_TEAM, Role.PEER_WORKER, Role.TEAM_LEAD, Role.THERAPIST)


def _milestones(about: About) -> tuple[Option, ...]:
    happened = about.journey.occurred
    return tuple(
        Option(one.id, f"{one.name[:1].upper()}{one.name[1:]}", CORRECTS if one.id in happened else "")
        for one in about.pathway.milestones
    )  # fmt: skip


def _happened(about: About, said: Answers) -> Said:
    at = said.moment("at", NOON)
    return says.RecordMilestone, {
        "milestone": said.text("milestone"), "occurred_at": at, "reason": said.said("reason")
    }  # fmt: skip


def _expected_fields(about: About) -> list[Field]:
    ahead = [one for one in about.pathway.milestones if one.id not in about.journey.occurred]
    fields = [
        Field(
            one.id, f"When the {one.name} is expected", "moment", "Empty when nobody knows.",
            value=_day(about, one.id), clock=_clock(about, one.id),
        )
        for one in ahead
    ]  # fmt: skip
    return [*fields, Field("reason", "Why it moves", "long", needed="Say why it moves.")]


def _day(about: About, milestone: str) -> str:
    at = about.journey.expected.get(milestone)
    return f"{at.astimezone(LONDON):%Y-%m-%d}" if at else ""


def _clock(about: About, milestone: str) -> str:
    at = about.journey.expected.get(milestone)
    local = at.astimezone(LONDON) if at else None
    return f"{local:%H:%M}" if local and (local.hour, local.minute) != (0, 0) else ""


def _expect(about: About, said: Answers) -> Said:
    found: dict[str, Any] = {}
    for name, field in said.fields.items():
        if field.kind != "moment":
            continue
        if (said.text(name), said.text(f"{name}-time")) != (field.value, field.clock):
            found[name] = said.moment(name)
    if not found and not said.problems:
        said.problems[next(iter(said.fields))] = "No date is another one than before: change one."
    return says.Expect, {"expected": found, "reason": said.said("reason")}


def _facts(about: About, said: Answers) -> Said:
    texts = Texts({name: said.text(name) for name in said.names()})
    changed: dict[str, Any] = {}
    for name, rule in about.pathway.facts.items():
        if not said.asked(f"fact-{name}"):
            continue
        value, known = fact(texts, name, rule), about.journey.facts.get(name)
        if value != known and not (value is None and known in (rule.default, False)):
            changed[name] = value
    if not changed:
        said.problems[""] = "Nothing here is other than before: change something, or go back."
    return says.ChangeFacts, {"facts": changed, "reason": said.said("reason")}


def _colleagues(about: About, *, beside: str | None = None) -> tuple[Option, ...]:
    return tuple(Option(id_, name) for id_, name in about.colleagues if id_ != beside)


def _offer_fields(about: About) -> list[Field]:
    by = f"{local_day(about.now) + ANSWER_IN:%Y-%m-%d}"
    return [
        Field("to", "To whom", "select", needed="Choose to whom.",
              options=(Option("", "Choose somebody"), *_colleagues(about, beside=about.journey.coordinator))),
        Field("answer_by", "They answer by", "moment", "Silence is never a yes: when nobody answers, others are told.",
              needed="Say by when they answer.", value=by),
        Field("overlap_until", "Both are told of everything until", "moment", "Leave it out for no overlap."),
        MAYBE,
    ]  # fmt: skip


def _offer(_: About, said: Answers) -> Said:
    return says.OfferHandover, {
        "to": said.text("to"), "answer_by": said.moment("answer_by", ends=True),
        "overlap_until": said.moment("overlap_until", ends=True), "reason": said.said("reason"),
    }  # fmt: skip


def _answer(_: About, said: Answers) -> Said:
    accepts = said.text("accept") == "yes"
    if not accepts and said.text("accept") and not said.text("reason"):
        said.problems["reason"] = "Say why not: whoever asks has to find somebody else."
    return says.AnswerHandover, {"accept": accepts, "reason": said.said("reason")}


def _added(about: About, said: Answers) -> Said:
    taken = {*about.journey.steps, *about.pathway.step}
    # An id is in clear wherever it goes: what the step is about is in its title alone.
    own = next(name for number in range(1, 1000) if (name := f"own-{number}") not in taken)
    return says.AddStep, {
        "step": own, "title": said.text("title"), "kind": said.text("kind"), "owner": said.text("owner"),
        "due": said.moment("due", ends=True), "reason": said.said("reason"),
    }  # fmt: skip


def _wish_fields(about: About) -> list[Field]:
    state = about.journey.peers or Peers()
    kinds = {"language": "Language, by its two letters, such as ur for Urdu", "gender": "Gender",
             "culture": "Cultural background", "times": "Times, such as mornings, evenings, mon, fri"}  # fmt: skip
    said = {kind: ", ".join(w.partition(":")[2] for w in peers.wishes(about.journey) if w.startswith(f"{kind}:"))
            for kind in kinds}  # fmt: skip
    none = Option("", "Nobody in particular")
    return [
        *(Field(f"wish-{kind}", label, "line", value=said[kind]) for kind, label in kinds.items()),
        Field("asked_for", "Somebody they would like", "select", value=state.asked_for or "",
              options=(none, *_colleagues(about))),
        Field("not_with", "Somebody they would not like: that always holds, and is never said to them", "select",
              options=(none, *_colleagues(about))),
    ]  # fmt: skip


def _wishes(_: About, said: Answers) -> Said:
    wishes = [
        f"{name.removeprefix('wish-')}:{one.strip()}"
        for name in said.fields
        if name.startswith("wish-")
        for one in said.text(name).split(",")
        if one.strip()
    ]
    return says.Wish, {"wishes": wishes, "asked_for": said.said("asked_for"), "not_with": said.said("not_with")}


def _assign_fields(about: About) -> list[Field]:
    return [
        Field("staff", "Who", "select", "Without a name the rules choose, and say why.",
              (Option("", "Whom the rules choose"), *_colleagues(about))),
        Field("at_once", "At once, without a contact with both workers first", "yes"),
        Field("reason", "Why them, when you name somebody", "long"),
    ]  # fmt: skip


def _assign(_: About, said: Answers) -> Said:
    staff = said.said("staff")
    if staff and not said.text("reason"):
        said.problems["reason"] = "Say why it should be them: it is kept with the assignment."
    at_once = said.yes("at_once") and staff is not None
    return says.AssignPeerWorker, {"staff": staff, "at_once": at_once, "reason": said.said("reason") if staff else None}


def of_peers(about: About) -> Iterator[Act]:
    """What can be done about peer support as it stands."""
    state = about.journey.peers or Peers()
    yield SUPPORT
    yield WISHES
    if peers.accepted(about.journey):
        yield ASSIGN
        if state.joining is not None and state.met:
            yield ACCEPT
        if state.worker is not None:
            yield STEP_BACK


HAPPENED = Act(
    "milestone", "Record something that happened", "", "See what it would mean",
    lambda about: [
        Field("milestone", "What happened", "choice", needed="Choose what happened.", options=_milestones(about)),
        Field("at", "When", "moment", "Leave it out if it was just now. A day alone counts as noon."),
        MAYBE,
    ],
    _happened, previewed=True,
)  # fmt: skip
EXPECTED = Act(
    "date", "Change an expected date", "", "See what it would mean", _expected_fields, _expect, previewed=True
)
FACTS = Act("facts", "Change what is known", "", "See what it would mean", lambda _: [MAYBE], _facts, previewed=True)
HOLD = Act(
    "hold", "Put on hold", "What is about safety goes on. Everything else waits, and moves by as long as it lasts.",
    "Put on hold", lambda _: [REASON], lambda _, said: (says.PutOnHold, {"reason": said.said("reason")}),
)  # fmt: skip
RESUME = Act("hold", "End the hold", "", "See what it would mean", lambda _: [],
             lambda *_: (says.Resume, {}), previewed=True)  # fmt: skip
OFFER = Act(
    "handover", "Hand over to somebody else", "You stay responsible until they have said yes.", "Offer it",
    _offer_fields, _offer,
)  # fmt: skip
ANSWER = Act(
    "handover", "Answer the offer", "If you say yes, you coordinate this transition from now on.", "Answer",
    lambda _: [
        Field("accept", "Do you take it on?", "choice", needed="Say yes or no.",
              options=(Option("yes", "Yes, I take it on"), Option("no", "No"))),
        Field("reason", "If not, why", "long"),
    ],
    _answer,
)  # fmt: skip
WITHDRAW = Act(
    "handover", "Withdraw the offer", "It stays with whoever coordinates it now.", "Withdraw it",
    lambda _: [MAYBE], lambda _, said: (says.WithdrawHandover, {"reason": said.said("reason")}),
)  # fmt: skip
LEAVE = Act(
    "leave", "End this transition",
    "Nothing more is asked for after that. It cannot be undone: a new one can be started.",
    "See what it would mean",
    lambda about: [
        Field("exit", "How it ends", "choice", needed="Choose how it ends.",
              options=tuple(Option(one.id, one.title) for one in about.pathway.exits)),
        REASON,
    ],
    lambda _, said: (says.Exit, {"exit": said.text("exit"), "reason": said.said("reason")}), previewed=True,
)  # fmt: skip
ADD = Act(
    "add", "Add a step for this person alone", "", "Add it",
    lambda about: [
        Field("title", "What is to be done", needed="Say what is to be done."),
        Field("kind", "What sort of thing it is", "select",
              options=tuple(Option(one, one.replace("-", " ").capitalize()) for one in KINDS)),
        Field("owner", "Who does it", "select", options=tuple(Option(one, one.words.capitalize()) for one in OWNERS)),
        Field("due", "Due", "moment", "A day alone counts to its end.", needed="Say when it is due."),
        MAYBE,
    ],
    _added,
)  # fmt: skip
SUPPORT = Act(
    "support", "Peer support: offered, accepted, declined", "", "See what it would mean",
    lambda about: [
        Field("fact-peer_support", "What they said", "choice", needed="Choose what they said.",
              value=str(about.journey.facts.get("peer_support") or ""),
              options=tuple(Option(one, one.capitalize()) for one in about.pathway.facts["peer_support"].values or ())),
        MAYBE,
    ],
    _facts, previewed=True,
)  # fmt: skip
WISHES = Act(
    "wishes", "What they asked for", "Only what they said themselves, never what somebody thinks of them.", "Record it",
    _wish_fields, _wishes,
)  # fmt: skip
ASSIGN = Act(
    "assign", "Find a peer worker, or name one", "Somebody who has a worker gets to know the new one first.",
    "Find somebody", _assign_fields, _assign,
)  # fmt: skip
ACCEPT = Act(
    "accept", "They have met: the new worker takes over", "", "Record it", lambda _: [],
    lambda *_: (says.AcceptPerson, {}),
)  # fmt: skip
STEP_BACK = Act(
    "step-back", "Their worker steps back", "Nobody asks why. Somebody else gets to know them first, where there is "
    "somebody.", "Step back", lambda _: [],
    lambda about, _: (says.StepBack, {"staff": (about.journey.peers or Peers()).worker or ""}),
)  # fmt: skip
ALWAYS = {act.name: act for act in (HAPPENED, EXPECTED, FACTS, LEAVE, ADD, SUPPORT, WISHES, ASSIGN, ACCEPT, STEP_BACK)}


def meant(about: About, name: str) -> Act | None:
    """The act of that name, as things stand: a hold is put on or ended, an offer made, answered or withdrawn."""
    if name == "hold":
        return HOLD if about.journey.hold is None else RESUME
    if name == "handover":
        offer = about.journey.handover
        return OFFER if offer is None else ANSWER if offer.to == about.viewer.staff else WITHDRAW
    return ALWAYS.get(name)
