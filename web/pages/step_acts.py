"""What can be done with one step: report it, take it on, leave it out, date it, and give its contact a time."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from planner import peers, policy
from planner.clock import birthday
from planner.ladders import SAFETY
from planner.refused import Refused
from schemas import command as says
from schemas.codes import ATTENDANCE_WORDS, MECHANISM_WORDS, Attendance, Mechanism, Role, StepKind
from schemas.command import Actor
from schemas.journey import State, StepState
from schemas.pathway import Pathway
from schemas.workforce import Place
from web.forms import MAYBE, REASON, Answers, Field, Option
from web.pages import measure_fields
from web.pages.asking import About, Act
from web.pages.standing import PLACE_WORDS

NOON = time(12)
HOW = {Place.TELEPHONE: Mechanism.TELEPHONE, Place.VIDEO: Mechanism.VIDEO}
"""How a contact is made, where its booking says where; else face to face."""


def _by(about: About) -> Actor:
    """Who asks, in the role that they have towards this person: the planner asks again when the command comes."""
    staff = about.viewer.staff
    coordinates = about.journey.coordinator == staff
    return Actor(role=Role.COORDINATOR if coordinates else about.viewer.role, staff=staff)


def offered(about: About, step: StepState) -> Iterator[Act]:
    """What whoever asks may do with a step as it stands."""
    by = _by(about)
    pathway, open_ = about.pathway, step.state.actionable
    of_its_own = step.kind in (StepKind.ALLOCATION, StepKind.SILENCE) or (
        step.kind is StepKind.HANDOVER and step.of is None
    )
    if open_ and not of_its_own and _may(policy.may_complete, pathway, step, by):
        yield MET if step.kind.is_contact else DONE
    if peers.is_peer_contact(step) and open_:
        yield BOOK
        if about.journey.peers is not None and step.id in about.journey.peers.booked:
            yield UNBOOK
    if step.state is State.MISSED and step.rung > 0 and _may(policy.may_acknowledge, pathway, step, by):
        yield TAKE_ON
    if not step.state.unfinished or of_its_own:
        return
    if _may_date(pathway, step, by):
        yield DATE
        if step.by_hand is not None and step.of is not None:
            yield BY_RULE
    if _may(policy.may_waive, pathway, step, by):
        yield LEAVE_OUT


def _may(rule: Any, *asked: Any) -> bool:
    try:
        rule(*asked)
    except Refused:
        return False
    return True


def _may_date(pathway: Pathway, step: StepState, by: Actor) -> bool:
    if step.ladder == SAFETY:
        return _may(policy.may_waive, pathway, step, by)
    return _may(policy.may_steer, pathway, by, "set a date")


def _met_fields(about: About) -> list[Field]:
    step, booked = about.step, about.booked()
    usual = HOW.get(booked.place, Mechanism.FACE_TO_FACE) if booked else Mechanism.FACE_TO_FACE
    attendances = [Attendance.ATTENDED, Attendance.ATTENDED_LATE, *_not_met()]
    child = about.journey.born is not None and about.now < birthday(about.journey.born, 18)
    words = {**ATTENDANCE_WORDS, Attendance.DID_NOT_ATTEND: "was not brought"} if child else ATTENDANCE_WORDS
    how = sorted(Mechanism, key=lambda one: (one is not usual, one))
    return [
        Field(
            "attendance", "What became of it", "choice", needed="Say what became of it.",
            options=tuple(Option(one, _capital(words[one])) for one in attendances),
        ),
        Field(
            "mechanism", "How", "select", needed="Say how.", value=usual,
            options=tuple(Option(one, _capital(MECHANISM_WORDS[one])) for one in how),
        ),
        Field("at", "When it was", "moment", "Leave it out if it was just now."),
        *_measures(about, step),
        *_endings(about, step),
        MAYBE,
    ]  # fmt: skip


def _not_met() -> list[Attendance]:
    return [
        Attendance.CANCELLED_BY_PERSON,
        Attendance.DID_NOT_ATTEND,
        Attendance.TOO_LATE_TO_BE_SEEN,
        Attendance.CANCELLED_BY_PROVIDER,
    ]


def _measures(about: About, step: StepState) -> Iterator[Field]:
    rule = about.pathway.step.get(step.of or "")
    for name in rule.measures if rule else []:
        yield from measure_fields.fields(name, about.licensed, about.goals)


def _endings(about: About, step: StepState) -> Iterator[Field]:
    asked = [exit_ for exit_ in about.pathway.exits if exit_.said_with == step.of and step.of is not None]
    if asked:
        options = tuple(Option(exit_.id, exit_.title) for exit_ in asked)
        yield Field("exit", "How the transition ended", "choice", "Leave it out if it has not ended.", options)


def _done_fields(about: About) -> list[Field]:
    return [
        Field("at", "When it was done", "moment", "Leave it out if it was just now."),
        *_measures(about, about.step),
        *_endings(about, about.step),
        MAYBE,
    ]


def _complete(about: About, said: Answers) -> tuple[type[says.Command], dict[str, Any]]:
    rule = about.pathway.step.get(about.step.of or "")
    scores = measure_fields.said(rule.measures if rule else [], said)
    fields: dict[str, Any] = {
        "step": about.step.id, "done_at": said.moment("at", NOON), "scores": scores or None,
        "exit": said.said("exit"), "reason": said.said("reason"),
    }  # fmt: skip
    if about.step.kind.is_contact:
        fields |= {"attendance": said.said("attendance"), "mechanism": said.said("mechanism")}
    return says.Complete, fields


def _take_on(about: About, said: Answers) -> tuple[type[says.Command], dict[str, Any]]:
    until = said.moment("until", ends=True)
    return says.Acknowledge, {"step": about.step.id, "until": until, "reason": said.said("reason")}


def _date(about: About, said: Answers) -> tuple[type[says.Command], dict[str, Any]]:
    due = said.moment("due", ends=True)
    return says.SetDue, {"step": about.step.id, "due": due, "reason": said.said("reason")}


def _book_fields(about: About) -> list[Field]:
    lead = about.viewer.role in (Role.TEAM_LEAD, Role.SERVICE_MANAGER)
    over = Field("over_hours", "Beyond the hours of the week", "yes", "The service manager is told. Say why below.")
    return [
        Field("not_before", "The earliest time there is, from this day on", "day", "Leave it out for the earliest."),
        Field("starts", "Or at exactly this time", "moment"),
        Field(
            "place", "Where", "select", "Leave it out for where they are.",
            (Option("", "Where they are"), *(Option(one, _capital(PLACE_WORDS[one])) for one in Place)),
        ),
        *([over] if lead else []),
        MAYBE,
    ]  # fmt: skip


def _book(about: About, said: Answers) -> tuple[type[says.Command], dict[str, Any]]:
    starts = said.moment("starts")
    if starts is not None and not said.text("starts-time"):
        said.problems["starts"] = "Write the time, too."
    not_before = None if starts else said.moment("not_before")
    return says.BookContact, {
        "step": about.step.id, "starts": starts, "place": said.said("place"), "over_hours": said.yes("over_hours"),
        "not_before": not_before if not_before is None or not_before > about.now else None,
        "reason": said.said("reason"),
    }  # fmt: skip


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _tomorrow(now: datetime) -> str:
    return f"{now + timedelta(days=1):%Y-%m-%d}"


MET = Act(
    "met", "Say how it went", "Whether you met, or tried to. A try is kept, and the step stays to be done.",
    "Record it", _met_fields, _complete, shared=True,
)  # fmt: skip
DONE = Act("done", "Say that it is done", "", "It is done", _done_fields, _complete, shared=True)
TAKE_ON = Act(
    "take-on", "I am seeing to it", "Nobody further is told before then. It stays late until it is done.",
    "I am seeing to it",
    lambda about: [
        Field("until", "Until when", "moment", "A day alone counts to its end.", needed="Say until when.",
              value=_tomorrow(about.now)),
        MAYBE,
    ],
    _take_on,
)  # fmt: skip
LEAVE_OUT = Act(
    "leave-out", "It need not be done", "It is not asked for any more, and everybody can read why.",
    "It need not be done", lambda _: [REASON],
    lambda about, said: (says.Waive, {"step": about.step.id, "reason": said.said("reason")}),
)  # fmt: skip
DATE = Act(
    "date-it", "Set its date by hand", "It stays on this date when everything else moves.", "See what it would mean",
    lambda _: [Field("due", "Due", "moment", "A day alone counts to its end.", needed="Say when it is due."), REASON],
    _date, previewed=True,
)  # fmt: skip
BY_RULE = Act(
    "by-rule", "Let its date follow the pathway again", "", "See what it would mean", lambda _: [],
    lambda about, _: (says.SetDue, {"step": about.step.id, "due": None}), previewed=True,
)  # fmt: skip
BOOK = Act(
    "book", "Find a time for it", "In the worker’s hours, and when the person can. Booked already, it moves.",
    "Find a time", _book_fields, _book, shared=True,
)  # fmt: skip
UNBOOK = Act(
    "unbook", "Give its time back", "The contact stays to be done, and has no time until one is found.",
    "Give the time back", lambda _: [MAYBE],
    lambda about, said: (says.CancelBooking, {"step": about.step.id, "reason": said.said("reason")}), shared=True,
)  # fmt: skip
ACTS = {act.name: act for act in (MET, DONE, TAKE_ON, LEAVE_OUT, DATE, BY_RULE, BOOK, UNBOOK)}
