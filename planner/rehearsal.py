"""A pathway tried before it is trusted: a story, played by the planner, and what must follow of it.

The model reads a rehearsal file (`docs/rehearsals.md`); `play` plays it without clock or server, and
`unmet` says which expectations the trace does not meet.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from planner import journey as planner
from planner import peers
from planner.outings import Outings, visit_id
from planner.peer_commands import ARRANGING, arrange
from planner.refused import Refused
from planner.workforce.pattern import parse
from planner.workforce.roster import Roster, Worker
from schemas import command as says
from schemas.base import Instant, Strict, as_code
from schemas.codes import Attendance, Division, Mechanism, Role
from schemas.event import Event, Kind
from schemas.journey import FactValue, Journey
from schemas.pathway import Pathway
from schemas.visit import CheckOut, Extend, Visit
from schemas.workforce import Place, Policy

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
    "wishes",
    "assign",
    "accept_person",
    "step_back",
    "book",
    "cancel_booking",
    "absence",
    "check_in",
    "check_out",
    "extend_visit",
)
VISITING = frozenset({"check_in", "check_out", "extend_visit"})
"""What happens to somebody who is out; these may be written with a hyphen, too."""


def _either(name: str) -> Any:
    return Field(validation_alias=AliasChoices(name, name.replace("_", "-")))


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


class Colleague(Strict):
    """A peer worker of the rehearsed team, as the staff list has them."""

    id: says.StaffId
    works: str
    hours: Annotated[float, Field(ge=0.1, le=37.5)]
    languages: list[str] = []
    attributes: list[str] = []
    settings: list[str] = []
    job_share: says.StaffId | None = None

    @field_validator("works")
    @classmethod
    def _readable(cls, works: str) -> str:
        parse(works)
        return works

    def worker(self) -> Worker:
        """The same, as allocation and booking see them."""
        return Worker(
            id=self.id,
            pattern=parse(self.works),
            minutes=round(self.hours * 60),
            languages=frozenset(self.languages),
            attributes=frozenset(self.attributes),
            settings=frozenset(self.settings),
            job_share=self.job_share,
        )


class Wished(Strict):
    """What the person asks for, as a rehearsal says it."""

    wishes: list[str] | None = None
    asked_for: str | None = None
    not_with: str | None = None


class Assigned(Strict):
    """Who is to go with the person; nobody named, whom the rules choose."""

    staff: str | None = None
    at_once: bool = False


class Appointed(Strict):
    """A time for a contact."""

    step: str
    starts: Instant | None = None
    not_before: Instant | None = None
    minutes: int | None = None
    place: Place | None = None
    over_hours: bool = False


class Away(Strict):
    """A worker is away; `long` when others are to go with their people meanwhile."""

    staff: str
    starts: Instant
    ends: Instant
    long: bool = False


class GoesOut(Strict):
    """A worker goes out, and says until when."""

    staff: str
    until: Instant
    place: Place
    joined_by: str | None = None
    alone_because: str | None = None


class StaysOut(Strict):
    """A visit takes longer."""

    staff: str
    until: Instant


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
    wishes: Wished | None = None
    assign: Assigned | None = None
    accept_person: bool | None = None
    step_back: str | None = None
    book: Appointed | None = None
    cancel_booking: str | None = None
    absence: Away | None = None
    check_in: Annotated[GoesOut | None, _either("check_in")] = None
    check_out: Annotated[str | None, _either("check_out")] = None
    extend_visit: Annotated[StaysOut | None, _either("extend_visit")] = None

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
        named = self.complete or self.waive or self.acknowledge or self.cancel_booking
        named = named or (self.book.step if self.book else None)
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
    staff: list[Colleague] = []
    policy: Policy = Policy()
    start: Beginning
    happens: list[Entry] = []
    until: Instant
    expect: list[Expectation] = []
    never: list[Never] = []

    def roster(self) -> Roster:
        """The peer workers of the story, nobody of whom is booked yet."""
        workers = [colleague.worker() for colleague in self.staff]
        return Roster(workers, policy=self.policy, division=self.division)

    def starting(self, transition_id: str = REHEARSED) -> says.Start:
        """The command that starts it."""
        return says.Start(
            id="start",
            transition_id=transition_id,
            division=self.division,
            **self.start.model_dump(),
        )

    def told(
        self, load: Callable[[str], Pathway], transition_id: str = REHEARSED
    ) -> Iterator[tuple[Entry, says.AnyCommand | Visit | CheckOut | Extend]]:
        """What happens, in the order of time, as commands; `load` finds a definition moved to."""
        for number, entry in enumerate(sorted(self.happens, key=lambda entry: entry.at), 1):
            if entry.verb in VISITING:
                yield entry, _visiting(number, entry, transition_id)
            else:
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


def _visiting(number: int, entry: Entry, transition_id: str) -> Visit | CheckOut | Extend:
    if entry.check_in is not None:
        return Visit(
            id=visit_id(transition_id, number),
            transition_id=transition_id,
            checked_in=entry.at,
            expected_end=entry.check_in.until,
            **entry.check_in.model_dump(exclude={"until"}),
        )
    role = entry.by or Role.PEER_WORKER
    about: dict[str, Any] = {"id": f"entry-{number}-{transition_id}", "at": entry.at}
    if entry.extend_visit is not None:
        by = says.Actor(role=role, staff=_who(role, entry.extend_visit.staff))
        return Extend(**about, by=by, expected_end=entry.extend_visit.until)
    return CheckOut(**about, by=says.Actor(role=role, staff=_who(role, entry.check_out or "")))


def _who(role: Role, staff: str) -> str:
    """Whoever acts in a role: the worker who is out, or the one of the story who has the role."""
    return staff if role is Role.PEER_WORKER else f"{role.value}-1"


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
    "wishes": lambda e: {"do": "wishes", **(e.wishes.model_dump() if e.wishes else {})},
    "assign": lambda e: {"do": "assign", **(e.assign.model_dump() if e.assign else {})},
    "accept_person": lambda e: {"do": "accept-person"},
    "step_back": lambda e: {"do": "step-back", "staff": e.step_back},
    "book": lambda e: {"do": "book", **(e.book.model_dump() if e.book else {})},
    "cancel_booking": lambda e: {"do": "cancel-booking", "step": e.cancel_booking},
    "absence": lambda e: {"do": "cover-absence", **(e.absence.model_dump() if e.absence else {})},
}


def refused(entry: Entry, why: Refused) -> Event:
    """The trace of an entry that was refused."""
    about: dict[str, Any] = {"step": entry.step} if entry.step else {}
    return Event(event=Kind.REFUSED, at=entry.at, reason=why.message, type=why.kind, **about)


def play(rehearsal: Rehearsal, pathway: Pathway, load: Callable[[str], Pathway]) -> list[Event]:
    """Play the whole story at once; Refused only when the start itself cannot be."""
    play = _Play(rehearsal, pathway)
    for entry, command in rehearsal.told(load):
        play.until(entry.at)
        try:
            play.tell(entry, command)
        except Refused as why:
            play.trace.append(refused(entry, why))
    play.until(rehearsal.until)
    return in_order(play.trace, play.outside)


def in_order(trace: list[Event], outside: list[Event]) -> list[Event]:
    """The journey's events and those of the visits, by time; at the same instant the journey's come first."""
    return sorted([*trace, *outside], key=lambda event: event.at) if outside else trace


class _Play:
    """A story being played: the journey, the team's time, and what has happened."""

    def __init__(self, rehearsal: Rehearsal, pathway: Pathway) -> None:
        self._pathway = pathway
        self._roster = rehearsal.roster()
        self._outings = Outings(rehearsal.policy)
        self.outside: list[Event] = []
        self._journey, self.trace = planner.start(pathway, rehearsal.starting())
        self._settle(rehearsal.start.at)

    def tell(self, entry: Entry, command: says.AnyCommand | Visit | CheckOut | Extend) -> None:
        """Do what a command says; Refused when it cannot be done."""
        if isinstance(command, Visit):
            self.outside.append(self._outings.check_in(command))
            return
        if isinstance(command, CheckOut):
            self.outside.append(self._outings.check_out(entry.check_out or "", command))
            return
        if isinstance(command, Extend):
            staff = entry.extend_visit.staff if entry.extend_visit else ""
            self.outside.append(self._outings.extend(staff, command))
            return
        if isinstance(command, says.CoverAbsence):
            self._roster.is_away(command.staff, (command.starts, command.ends))
        if isinstance(command, ARRANGING):
            self._arrange(command.at, command)
            return
        self._take_over(*planner.decide(self._pathway, self._journey, command))
        if isinstance(command, says.MoveDefinition):
            self._pathway = Pathway.parse_canonical(command.definition)
        self._settle(command.at)

    def until(self, until: datetime) -> None:
        """Let time pass, from one thing that is due to the next."""
        self.outside += self._outings.until(until)
        at = planner.next_wake(self._pathway, self._journey)
        while at is not None and at <= until:
            self._take_over(*planner.wake(self._pathway, self._journey, at))
            self._settle(at)
            following = planner.next_wake(self._pathway, self._journey)
            if following is not None and following <= at:
                raise RuntimeError(f"time does not pass: after {at} the journey wakes at {following}")
            at = following

    def _settle(self, at: datetime) -> None:
        if self._roster.workers and peers.unsettled(self._journey):
            self._arrange(at, None)

    def _arrange(self, at: datetime, command: says.AnyCommand | None) -> None:
        if not self._roster.workers:
            raise Refused("conflict", "This team has no peer workers.")
        trying = self._roster.copy()
        with_them = self._journey.peers
        for staff, worker in list(trying.workers.items()):
            goes = with_them is not None and staff in (with_them.worker, with_them.joining)
            trying.goes_with(staff, int(goes) - worker.people)
        arranged = arrange(self._pathway, self._journey, trying, at, command)
        self._roster = trying
        self._take_over(arranged.journey, arranged.events)

    def _take_over(self, journey: Journey, events: list[Event]) -> None:
        self._journey = journey
        self.trace += events


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
