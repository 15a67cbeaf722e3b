"""Where one person's transition stands: everything the planner needs to know, and nothing that names them."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator

from schemas.base import Instant, Own, Stored, Words, as_code
from schemas.codes import Attendance, Division, Mechanism, Role, StepKind
from schemas.workforce import Peers

FactValue = Annotated[
    bool | str | list[str],
    BeforeValidator(as_code, json_schema_input_type=bool | int | str | list[str]),
    Own.WISHES,
]


class State(StrEnum):
    """Where a step stands."""

    PLANNED = "planned"
    OPEN = "open"
    MISSED = "missed"
    DONE = "done"
    WAIVED = "waived"
    CANCELLED = "cancelled"

    @property
    def unfinished(self) -> bool:
        """Still to be done, now or once its date is known."""
        return self in _UNFINISHED

    @property
    def actionable(self) -> bool:
        """In somebody's worklist."""
        return self is State.OPEN or self is State.MISSED


_UNFINISHED = frozenset({State.PLANNED, State.OPEN, State.MISSED})


class Contact(Stored):
    """A contact that was tried: whether the person was seen, how, and when."""

    at: Instant
    recorded_at: Instant
    attendance: Attendance
    mechanism: Mechanism


class Fired(Stored):
    """The highest rung that fired for a due instant that is no longer the step's own."""

    due: Instant
    rung: int


@dataclass(kw_only=True)
class StepState:
    """One step of one journey.

    A plain dataclass, because the planner makes and changes thousands of these a second; it is
    checked like any model when a journey is read.

    `of` is the step of the pathway that it comes from (an occurrence of a series has that of the
    series), or None for a risk review, a handover or a one-off. `rung` is the highest rung fired for
    the present `due`; `wake` is the next instant at which time alone changes the step.
    """

    id: str
    of: str | None = None
    number: int | None = None
    title: Annotated[str, Own.TITLE]
    kind: StepKind
    owner: Role
    ladder: str
    state: State = State.PLANNED
    due: Instant | None = None
    by_hand: Words | None = None
    opened: Instant | None = None
    reminder: Instant | None = None
    rung: int = 0
    fired: list[Fired] = field(default_factory=list)
    acknowledged_until: Instant | None = None
    wake: Instant | None = None
    contacts: list[Contact] = field(default_factory=list)
    ended: Instant | None = None
    done_on: Instant | None = None
    late: bool = False
    reason: Words | None = None

    def copy(self) -> Self:
        """The same step, to be changed; its lists are shared, so they are replaced and never added to."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    @property
    def attempts(self) -> int:
        """How often somebody tried to reach the person for this step and did not see them."""
        return sum(not contact.attendance.attended for contact in self.contacts)


class SeriesState(Stored):
    """How far a series has come: the number of its latest opened occurrence, and when the next one opens."""

    opened: int = 0
    wake: Instant | None = None


class Hold(Stored):
    """The transition is on hold."""

    since: Instant
    reason: Words


class Handover(Stored):
    """An offer to another coordinator that has not been answered."""

    step: str
    to: str
    answer_by: Instant
    overlap_until: Instant | None = None


class Overlap(Stored):
    """The coordinator who handed over, still told of everything until then."""

    staff: str
    until: Instant


class Closed(Stored):
    """How and when the transition ended."""

    at: Instant
    exit: str


class Journey(Stored):
    """The whole state of one transition.

    `definition` is the digest of the rules that it runs by. `shifts` holds, for each step of the
    pathway, how many seconds of hold its dates have been moved by. `peers` is None until somebody is sought
    to go with the person.
    """

    transition_id: str
    pathway: str
    definition: str
    division: Division = Division.ENGLAND_AND_WALES
    born: date | None = None
    taken_on: Instant
    facts: dict[str, FactValue] = {}
    expected: dict[str, Instant] = {}
    occurred: dict[str, Instant] = {}
    steps: dict[str, StepState] = {}
    series: dict[str, SeriesState] = {}
    shifts: dict[str, float] = {}
    silence: StepState | None = None
    last_contact: Instant | None = None
    coordinator: str | None = None
    handover: Handover | None = None
    overlap: Overlap | None = None
    peers: Peers | None = None
    hold: Hold | None = None
    closed: Closed | None = None
    revision: int = 0

    @property
    def started(self) -> Instant:
        """When the transition started."""
        return self.occurred["started"]
