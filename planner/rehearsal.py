"""A pathway tried before it is trusted: a story, played by the planner, and what must follow of it.

The model reads a rehearsal file (`docs/rehearsals.md`); `play` plays it without clock or server, and
`unmet` says which expectations the trace does not meet.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from planner import journey as planner
from planner.refused import Refused
from schemas import command as says
from schemas.base import Instant, Strict, as_code
from schemas.codes import Attendance, Division, Mechanism, Role
from schemas.event import Event, Kind
from schemas.journey import FactValue, Journey
from schemas.pathway import Pathway

REHEARSED = "00000000-0000-4000-8000-000000000000"
"""The transition id of a rehearsal that only the planner plays."""

VERBS = (
    "complete",
    "milestone",
    "expected",
    "facts",
    "waive",
    "acknowledge",
    "hold",
    "resume",
    "exit",
    "set_due",
    "add",
    "handover",
    "accept",
    "decline",
    "withdraw",
    "definition",
)


class Beginning(Strict):
    """How the person starts, or is taken on after they started."""

    at: Instant
    born: date | None = None
    facts: dict[str, FactValue] = {}
    expected: dict[str, Instant] = {}
    started: Instant | None = None
    milestones: dict[str, Instant] = {}
    last_contact: Instant | None = None
    coordinator: str = "coordinator-1"


class Added(Strict):
    """A one-off step, as a rehearsal adds it."""

    step: str
    title: str
    due: Instant
    owner: Role = Role.COORDINATOR
    ladder: str = "standard"


class Offered(Strict):
    """A handover, as a rehearsal offers it."""

    to: str
    answer_by: Instant
    overlap_until: Instant | None = None


class Entry(Strict):
    """One thing that happens: exactly one verb, when, by whom, and what the verb needs."""

    at: Instant
    by: Role | None = None
    reason: str | None = None
    complete: str | None = None
    attendance: Annotated[Attendance | None, BeforeValidator(as_code)] = None
    mechanism: Annotated[Mechanism | None, BeforeValidator(as_code)] = None
    contact_at: Instant | None = None
    scores: dict[str, Any] | None = None
    outcome: str | None = None
    milestone: str | None = None
    occurred_at: Instant | None = None
    expected: dict[str, Instant | None] | None = None
    facts: dict[str, FactValue | None] | None = None
    waive: str | None = None
    acknowledge: str | None = None
    until: Instant | None = None
    hold: str | None = None
    resume: bool | None = None
    exit: str | None = None
    set_due: dict[str, Instant | None] | None = None
    add: Added | None = None
    handover: Offered | None = None
    accept: bool | None = None
    decline: str | None = None
    withdraw: bool | None = None
    definition: str | None = None

    @property
    def verb(self) -> str:
        """What happens."""
        said = [verb for verb in VERBS if getattr(self, verb) is not None]
        # "exit" beside "complete" says how the transition ended.
        return "complete" if said == ["complete", "exit"] else said[0] if len(said) == 1 else ""

    @model_validator(mode="after")
    def _one_verb(self) -> Self:
        if not self.verb:
            raise ValueError(f"say exactly one thing that happens: {', '.join(VERBS)}")
        if self.acknowledge is not None and self.until is None:
            raise ValueError("an acknowledgement says until when: add `until`")
        if self.set_due is not None and len(self.set_due) != 1:
            raise ValueError("set the date of one step at a time")
        return self

    @property
    def step(self) -> str | None:
        """The step that it is about, if it is about one."""
        named = self.complete or self.waive or self.acknowledge
        return named or (next(iter(self.set_due)) if self.set_due else None) or (self.add.step if self.add else None)


class Expectation(Event):
    """What an event must have; only the keys that are given are compared."""

    model_config = ConfigDict(extra="forbid")

    event: Kind | None = None  # type: ignore[assignment]  # an expectation need not say what sort of event it is
    at: Instant | None = None  # type: ignore[assignment]  # nor when
    attendance: Annotated[Attendance | None, BeforeValidator(as_code)] = None
    mechanism: Annotated[Mechanism | None, BeforeValidator(as_code)] = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set - {"before", "after"}:
            raise ValueError("say what the event has, for example `event: missed`")
        return self

    def met_by(self, event: Event) -> bool:
        """The event has every key given, with equal values."""
        return all(self._same(name, event) for name in self.model_fields_set - {"before", "after"})

    def _same(self, name: str, event: Event) -> bool:
        if name not in event.model_fields_set:
            return False
        wanted, found = getattr(self, name), getattr(event, name)
        return sorted(wanted) == sorted(found or []) if name == "to" and wanted is not None else wanted == found

    def words(self) -> str:
        """The expectation as it is written."""
        said = self.model_dump(mode="json", exclude_unset=True)
        return ", ".join(f"{name}: {_plain(value)}" for name, value in said.items())


class Never(Expectation):
    """What no event may have, within a time when that is given."""

    before: Instant | None = None
    after: Instant | None = None

    def met_by(self, event: Event) -> bool:
        """The event is one that must not be."""
        early = self.after is not None and event.at <= self.after
        late = self.before is not None and event.at >= self.before
        return not early and not late and super().met_by(event)


class Rehearsal(Strict):
    """A whole file."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    pathway: str
    division: Division = Division.ENGLAND_AND_WALES
    start: Beginning
    happens: list[Entry] = []
    until: Instant
    expect: list[Expectation] = []
    never: list[Never] = []

    def starting(self, transition_id: str = REHEARSED) -> says.Start:
        """The command that starts it."""
        return says.Start(
            id="start",
            transition_id=transition_id,
            division=self.division,
            **self.start.model_dump(),
        )

    def told(self, load: Callable[[str], Pathway]) -> Iterator[tuple[Entry, says.AnyCommand]]:
        """What happens, in the order of time, as commands; `load` finds a definition moved to."""
        for number, entry in enumerate(sorted(self.happens, key=lambda entry: entry.at), 1):
            yield entry, _command(f"entry-{number}", entry, load)


def _plain(value: object) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _command(command_id: str, entry: Entry, load: Callable[[str], Pathway]) -> says.AnyCommand:
    said: dict[str, Any] = {"id": command_id, "at": entry.at, "by": {"role": entry.by}}
    if entry.reason is not None:
        said["reason"] = entry.reason
    said |= _DETAILS[entry.verb](entry) if entry.verb != "definition" else {}
    if entry.definition is not None:
        said |= {"do": "move-definition", "definition": load(entry.definition).canonical}
    return says.COMMAND.validate_python(said)


def _complete(entry: Entry) -> dict[str, Any]:
    return {
        "do": "complete",
        "step": entry.complete,
        "attendance": entry.attendance,
        "mechanism": entry.mechanism,
        "done_at": entry.contact_at,
        "scores": entry.scores,
        "exit": entry.exit or entry.outcome,
    }


_DETAILS: dict[str, Callable[[Entry], dict[str, Any]]] = {
    "complete": _complete,
    "milestone": lambda e: {"do": "milestone", "milestone": e.milestone, "occurred_at": e.occurred_at},
    "expected": lambda e: {"do": "expect", "expected": e.expected},
    "facts": lambda e: {"do": "facts", "facts": e.facts},
    "waive": lambda e: {"do": "waive", "step": e.waive},
    "acknowledge": lambda e: {"do": "acknowledge", "step": e.acknowledge, "until": e.until},
    "hold": lambda e: {"do": "hold", "reason": e.hold},
    "resume": lambda e: {"do": "resume"},
    "exit": lambda e: {"do": "exit", "exit": e.exit},
    "set_due": lambda e: {"do": "set-due", "step": e.step, "due": next(iter((e.set_due or {}).values()))},
    "add": lambda e: {"do": "add-step", **(e.add.model_dump() if e.add else {})},
    "handover": lambda e: {"do": "handover-offer", **(e.handover.model_dump() if e.handover else {})},
    "accept": lambda e: {"do": "handover-answer", "accept": True},
    "decline": lambda e: {"do": "handover-answer", "accept": False, "reason": e.decline},
    "withdraw": lambda e: {"do": "handover-withdraw"},
}


def refused(entry: Entry, why: Refused) -> Event:
    """The trace of an entry that was refused."""
    about: dict[str, Any] = {"step": entry.step} if entry.step else {}
    return Event(event=Kind.REFUSED, at=entry.at, reason=why.message, type=why.kind, **about)


def play(rehearsal: Rehearsal, pathway: Pathway, load: Callable[[str], Pathway]) -> list[Event]:
    """Play the whole story at once; Refused only when the start itself cannot be."""
    journey, trace = planner.start(pathway, rehearsal.starting())
    for entry, command in rehearsal.told(load):
        journey = _until(pathway, journey, entry.at, trace)
        try:
            journey, events = planner.decide(pathway, journey, command)
        except Refused as why:
            trace.append(refused(entry, why))
            continue
        trace += events
        if isinstance(command, says.MoveDefinition):
            pathway = Pathway.parse_canonical(command.definition)
    _until(pathway, journey, rehearsal.until, trace)
    return trace


def _until(pathway: Pathway, journey: Journey, until: datetime, trace: list[Event]) -> Journey:
    at = planner.next_wake(pathway, journey)
    while at is not None and at <= until:
        journey, events = planner.wake(pathway, journey, at)
        trace += events
        following = planner.next_wake(pathway, journey)
        if following is not None and following <= at:
            raise RuntimeError(f"time does not pass: after {at} the journey wakes at {following}")
        at = following
    return journey


def unmet(rehearsal: Rehearsal, trace: list[Event]) -> list[str]:
    """The expectations that the trace does not meet, in words; none when it meets all."""
    found = []
    for wanted in rehearsal.expect:
        if not any(wanted.met_by(event) for event in trace):
            found.append(f"expected but did not happen: {wanted.words()}{_nearest(wanted, trace)}")
    for unwanted in rehearsal.never:
        for event in trace:
            if unwanted.met_by(event):
                found.append(f"must never happen but did, at {event.at.isoformat()}: {unwanted.words()}")
                break
    return found


def _nearest(wanted: Expectation, trace: list[Event]) -> str:
    alike = [event for event in trace if event.event == wanted.event and event.step == wanted.step]
    if not alike:
        return ""
    told = [", ".join(f"{k}: {_plain(v)}" for k, v in event.told().items()) for event in alike[:3]]
    return f" (what did happen: {'; '.join(told)})"
