"""What the listings answer with: plain rows, typed, for whoever shows them."""

from datetime import datetime
from typing import Any, Generic, TypeVar

from schemas.base import Stored
from schemas.codes import Role, StepKind
from schemas.journey import Journey, State

T = TypeVar("T", bound=Stored)


class Page(Stored, Generic[T]):
    """Some rows of a listing; `next` is what to ask for the rows after them, None when there are none."""

    rows: list[T]
    next: str | None = None


class Task(Stored):
    """A step that somebody has to do: `told` are the ids of staff whom its ladder has told."""

    transition_id: str
    local_id: str
    given_name: str
    family_name: str
    pathway: str
    team: str
    coordinator_id: str | None
    on_hold: bool
    step: str
    title: str
    kind: StepKind
    owner: Role
    ladder: str
    state: State
    due: datetime
    opened: datetime | None
    rung: int
    acknowledged_until: datetime | None
    by_hand: str | None
    told: list[str]

    @property
    def name(self) -> str:
        """The person's name."""
        return f"{self.given_name} {self.family_name}"


class TransitionRow(Stored):
    """A transition at a glance."""

    id: str
    local_id: str
    given_name: str
    family_name: str
    pathway: str
    team: str
    coordinator_id: str | None
    status: str
    on_hold: bool
    started: datetime
    taken_on: datetime
    stage: str | None
    next_due: datetime | None
    overdue_count: int
    highest_rung: int
    handover_to: str | None
    exit: str | None
    closed_at: datetime | None
    revision: int

    @property
    def name(self) -> str:
        """The person's name."""
        return f"{self.given_name} {self.family_name}"


class TransitionView(TransitionRow):
    """A transition whole. `journey` and the text of its `definition` are None until it has started."""

    journey: Journey | None
    definition: str | None


class HistoryRow(Stored):
    """One thing that happened: `at` for the journey, `said_at` when somebody said so, `recorded_at` written down."""

    revision: int
    seq: int
    event: str
    step: str | None
    title: str | None
    at: datetime
    said_at: datetime | None
    recorded_at: datetime
    command_id: str | None
    command: str | None
    role: str | None
    staff: str | None
    reason: str | None
    payload: dict[str, Any]


class NoticeRow(Stored):
    """What somebody was told, of a transition, a visit or support. `recipient` is None when nobody could be told."""

    id: str
    transition_id: str | None
    visit_id: str | None = None
    local_id: str | None
    step: str | None
    title: str | None
    kind: str
    due: datetime | None
    number: int
    recipient: str | None
    roles: list[Role]
    text: str
    created_at: datetime
    email: str


class ContactRow(Stored):
    """A contact that was tried."""

    step: str
    number: int
    at: datetime
    recorded_at: datetime
    attendance: str
    mechanism: str
    by_role: str | None
    by_staff: str | None


class EscalationRow(Stored):
    """A rung that fired, and who was told."""

    step: str
    due: datetime
    rung: int
    at: datetime
    roles: list[Role]
    recipients: list[str]


class Counts(Stored):
    """The service at a glance. `overdue` counts transitions, `overdue_steps` what is missed in them."""

    registered: int
    open: int
    closed: int
    on_hold: int
    overdue: int
    overdue_steps: int
    notices_waiting: int
