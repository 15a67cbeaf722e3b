"""What a person at work says next, drawn from how things stand: a command, and how it is said."""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from schemas.codes import Attendance, Mechanism, Role, StepKind
from schemas.command import COMMAND, Actor, AnyCommand

SOON = (3.0, 40.0)
"""Seconds until what is promised during the storm falls due, from and to."""
REMINDED_BEFORE = timedelta(hours=12)
"""How long before its due instant a step of the safety ladder is reminded of."""
ENDS_SOMETHING = frozenset(
    {"review-6-months", "closing-review", "engagement-check", "assessment-attended", "therapy-start-attended"}
)
"""Steps that end a journey or another step by being done: the caseload is to last."""
NOT_REPORTED = frozenset({StepKind.SILENCE, StepKind.HANDOVER, StepKind.ALLOCATION})
MOVED = {
    "inpatient-to-community": "discharged",
    "camhs-to-adult": "transferred",
    "waiting-list-to-discharge": "therapy-started",
}
"""A milestone of each pathway whose expected date is moved."""


class Step(NamedTuple):
    """A step as the records have it."""

    step: str
    kind: str
    state: str
    ladder: str
    rung: int


class Person(NamedTuple):
    """A journey as whoever acts on it has read it."""

    transition: str
    pathway: str
    revision: int
    coordinator: str
    on_hold: bool
    steps: Sequence[Step]

    def of(self, *states: str) -> list[Step]:
        """The steps that can be reported and stand like that."""
        return [
            one
            for one in self.steps
            if one.state in states and one.step not in ENDS_SOMETHING and StepKind(one.kind) not in NOT_REPORTED
        ]


Fields: TypeAlias = dict[str, Any]
Act: TypeAlias = Callable[[Person, random.Random, datetime], Fields | None]
"""The fields of a command; None when this person gives no occasion for it."""


def _soon(chance: random.Random, at: datetime) -> datetime:
    return at + timedelta(seconds=chance.uniform(*SOON))


def done(person: Person, chance: random.Random, at: datetime) -> Fields | None:
    """A step was done; a contact took place."""
    return _reported(person, chance, Attendance.ATTENDED, "open", "missed")


def tried(person: Person, chance: random.Random, at: datetime) -> Fields | None:
    """A contact was tried and did not take place."""
    contacts = [one for one in person.of("open", "missed") if StepKind(one.kind).is_contact]
    if not contacts:
        return None
    contact = chance.choice(contacts)
    return _contact(contact, Attendance.DID_NOT_ATTEND)


def stale(person: Person, chance: random.Random, at: datetime) -> Fields | None:
    """A step that is finished is reported, by somebody who has not seen that."""
    return _reported(person, chance, Attendance.ATTENDED, "done", "waived")


def _reported(person: Person, chance: random.Random, attendance: Attendance, *states: str) -> Fields | None:
    found = person.of(*states)
    if not found:
        return None
    step = chance.choice(found)
    return _contact(step, attendance) if StepKind(step.kind).is_contact else {"do": "complete", "step": step.step}


def _contact(step: Step, attendance: Attendance) -> Fields:
    return {"do": "complete", "step": step.step, "attendance": attendance, "mechanism": Mechanism.TELEPHONE}


def promised(person: Person, chance: random.Random, at: datetime) -> Fields | None:
    """Something is to be done in a moment, and missed safely: whoever is to be told is told in that moment."""
    return _added(chance, _soon(chance, at))


def reminded(person: Person, chance: random.Random, at: datetime) -> Fields | None:
    """Something is to be done in half a day, and its owner is reminded of it in a moment."""
    return _added(chance, _soon(chance, at) + REMINDED_BEFORE)


def _added(chance: random.Random, due: datetime) -> Fields:
    name = f"call-{chance.getrandbits(40):010x}"
    return {"do": "add-step", "step": name, "title": "Call them", "ladder": "safety", "due": due}


def sooner(person: Person, chance: random.Random, at: datetime) -> Fields | None:
    """A date is set by hand."""
    steps = [one for one in person.of("open") if one.ladder != "safety"]
    if not steps:
        return None
    return {"do": "set-due", "step": chance.choice(steps).step, "due": _soon(chance, at), "reason": "They asked for it"}


def acknowledged(person: Person, chance: random.Random, at: datetime) -> Fields | None:
    """Somebody takes on what people were told about."""
    told = [one for one in person.of("missed") if one.rung]
    if not told:
        return None
    return {"do": "acknowledge", "step": chance.choice(told).step, "until": at + timedelta(hours=1)}


def waived(person: Person, chance: random.Random, at: datetime) -> Fields | None:
    """A step need not be done."""
    found = person.of("open", "missed")
    return {"do": "waive", "step": chance.choice(found).step, "reason": "They said no"} if found else None


def held(person: Person, chance: random.Random, at: datetime) -> Fields | None:
    """The transition is put on hold, or the hold ends."""
    return {"do": "resume"} if person.on_hold else {"do": "hold", "reason": "They are away"}


def moved(person: Person, chance: random.Random, at: datetime) -> Fields | None:
    """A milestone is expected on another day."""
    milestone = MOVED.get(person.pathway)
    expected = at + timedelta(days=chance.randint(20, 200), minutes=chance.randint(0, 1000))
    return {"do": "expect", "expected": {milestone: expected}} if milestone else None


def assigned(person: Person, chance: random.Random, at: datetime) -> Fields | None:
    """A peer worker is sought for them."""
    return {"do": "assign"}


def wished(person: Person, chance: random.Random, at: datetime) -> Fields | None:
    """They ask for something of a peer worker."""
    return {"do": "wishes", "wishes": [f"language:{chance.choice(['en', 'ur', 'pl'])}"]}


def left(person: Person, chance: random.Random, at: datetime) -> Fields | None:
    """The transition closes early."""
    return {"do": "exit", "exit": "moved-away"}


ACTS: Mapping[Act, float] = {
    done: 26,
    tried: 8,
    stale: 8,
    promised: 24,
    reminded: 6,
    sooner: 6,
    acknowledged: 6,
    waived: 3,
    held: 5,
    moved: 8,
    assigned: 2,
    wished: 2,
    left: 0.3,
}
"""How often each is done beside the others."""


def command(person: Person, fields: Fields, command_id: str, at: datetime, *, if_revision: int | None) -> AnyCommand:
    """A command of the person's coordinator."""
    by = Actor(role=Role.COORDINATOR, staff=person.coordinator)
    return COMMAND.validate_python({"id": command_id, "at": at, "by": by, "if_revision": if_revision} | fields)
