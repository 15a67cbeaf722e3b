"""What people may ask of a transition. Each command has an id: sent twice, it is done once."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, TypeAdapter

from schemas.base import Instant, Own, Strict
from schemas.codes import Attendance, Division, Mechanism, Role, StepKind
from schemas.journey import FactValue
from schemas.workforce import Place

CommandId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}$")]
StaffId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,79}$")]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), Own.WORDS]
StepName = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class Actor(Strict):
    """Who asks: the role they act in towards this transition and, where known, who they are."""

    role: Role | None = None
    staff: StaffId | None = None


class Start(Strict):
    """A person starts a pathway, or is taken on after they started (`started` lies before `at`).

    `at` is the moment of taking on. `facts`, `expected` and `milestones` are what is known by then;
    `last_contact` the last contact that they attended, where the caseload names one.
    """

    do: Literal["start"] = "start"
    id: CommandId
    transition_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
    at: Instant
    started: Instant | None = None
    division: Division = Division.ENGLAND_AND_WALES
    born: date | None = None
    facts: dict[str, FactValue] = {}
    expected: dict[str, Instant] = {}
    milestones: dict[str, Instant] = {}
    last_contact: Instant | None = None
    coordinator: StaffId | None = None
    by: Actor = Actor()


class Command(Strict):
    """What every command says: its id, who asks, when they said it, and why where it makes sense.

    `if_revision` is the revision that whoever asks has seen: the command is refused when it is another by then.
    """

    id: CommandId
    at: Instant
    by: Actor = Actor()
    reason: Reason | None = None
    if_revision: int | None = None


class Complete(Command):
    """A step was done, or a contact was tried.

    A contact needs `attendance` and `mechanism`; with attendance 2, 3, 4 or 7 it is an attempt and the
    step stays open. `done_at` is when it really happened, where that was before it is reported.
    `exit` says how the transition ended, on the step that asks for it.
    """

    do: Literal["complete"] = "complete"
    step: StepName
    attendance: Attendance | None = None
    mechanism: Mechanism | None = None
    done_at: Instant | None = None
    scores: Annotated[dict[str, Any] | None, Own.ANSWERS] = None
    exit: str | None = None


class Waive(Command):
    """A step need not be done; a reason is asked for."""

    do: Literal["waive"] = "waive"
    step: StepName


class Acknowledge(Command):
    """Somebody has taken an escalation on: nobody further is told before `until`."""

    do: Literal["acknowledge"] = "acknowledge"
    step: StepName
    until: Instant


class RecordMilestone(Command):
    """Something happened, at `occurred_at` (default `at`); recorded again it is corrected."""

    do: Literal["milestone"] = "milestone"
    milestone: str
    occurred_at: Instant | None = None


class Expect(Command):
    """Expected dates are set, moved, or cleared with null."""

    do: Literal["expect"] = "expect"
    expected: Annotated[dict[str, Instant | None], Field(min_length=1)]


class ChangeFacts(Command):
    """Facts change; null takes one away."""

    do: Literal["facts"] = "facts"
    facts: Annotated[dict[str, FactValue | None], Field(min_length=1)]


class PutOnHold(Command):
    """Steps off the safety ladder stop falling due. The reason is asked for."""

    do: Literal["hold"] = "hold"


class Resume(Command):
    """The hold ends; what is unfinished moves by its length."""

    do: Literal["resume"] = "resume"


class SetDue(Command):
    """A due date set by hand, kept when its milestone moves; null goes back to the pathway's rule."""

    do: Literal["set-due"] = "set-due"
    step: StepName
    due: Instant | None


class AddStep(Command):
    """A one-off step for this person alone."""

    do: Literal["add-step"] = "add-step"
    step: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,58}$")]
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=120), Own.TITLE]
    kind: StepKind = StepKind.TASK
    owner: Role = Role.COORDINATOR
    ladder: str = "standard"
    due: Instant


class OfferHandover(Command):
    """The transition is offered to another coordinator, who answers by a date. Silence is no yes."""

    do: Literal["handover-offer"] = "handover-offer"
    to: StaffId
    answer_by: Instant
    overlap_until: Instant | None = None


class AnswerHandover(Command):
    """The other coordinator takes it on, or does not (with a reason)."""

    do: Literal["handover-answer"] = "handover-answer"
    accept: bool


class WithdrawHandover(Command):
    """The offer is taken back."""

    do: Literal["handover-withdraw"] = "handover-withdraw"


class Wish(Command):
    """What the person asked for of a peer worker: a list, written kind:wish, in place of what they asked before.

    `asked_for` is somebody they would like to have, `not_with` somebody they would not: that always holds.
    """

    do: Literal["wishes"] = "wishes"
    wishes: Annotated[list[Annotated[str, StringConstraints(pattern=r"^[a-z]+:.{1,150}$")]] | None, Own.WISHES] = None
    asked_for: StaffId | None = None
    not_with: StaffId | None = None


class AssignPeerWorker(Command):
    """A peer worker goes with the person: whom the rules choose, or `staff`, with a reason.

    Somebody who has a worker already gets to know the new one by a joint contact first, unless `at_once`.
    """

    do: Literal["assign"] = "assign"
    staff: StaffId | None = None
    at_once: bool = False


class AcceptPerson(Command):
    """The worker who joined has met the person, and is responsible from now on."""

    do: Literal["accept-person"] = "accept-person"


class StepBack(Command):
    """A peer worker steps back from a person. No reason is asked for, and none is kept."""

    do: Literal["step-back"] = "step-back"
    staff: StaffId


class BookContact(Command):
    """A contact gets a time: the earliest there is, not before `not_before`, or the one at which it `starts`.

    Booked already, it moves. `over_hours` books beyond the hours of the week: a team lead's, with a reason.
    `group` books a place in a group session instead.
    """

    do: Literal["book"] = "book"
    step: StepName
    starts: Instant | None = None
    not_before: Instant | None = None
    minutes: Annotated[int, Field(ge=5, le=480)] | None = None
    place: Place | None = None
    over_hours: bool = False
    group: Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")] | None = None


class CancelBooking(Command):
    """A contact loses its time; the step stays to be done."""

    do: Literal["cancel-booking"] = "cancel-booking"
    step: StepName


class CoverAbsence(Command):
    """A worker is away: what is booked with them in that time is covered, moved or put back.

    When the absence is `long`, somebody else goes with the person from then on.
    """

    do: Literal["cover-absence"] = "cover-absence"
    staff: StaffId
    starts: Instant
    ends: Instant
    long: bool = False


class MoveDefinition(Command):
    """The journey goes on by a newer definition of its pathway; `definition` is its canonical text."""

    do: Literal["move-definition"] = "move-definition"
    definition: str


class Exit(Command):
    """The transition closes early."""

    do: Literal["exit"] = "exit"
    exit: str


AnyCommand = Annotated[
    Complete
    | Waive
    | Acknowledge
    | RecordMilestone
    | Expect
    | ChangeFacts
    | PutOnHold
    | Resume
    | SetDue
    | AddStep
    | OfferHandover
    | AnswerHandover
    | WithdrawHandover
    | MoveDefinition
    | Exit
    | Wish
    | AssignPeerWorker
    | AcceptPerson
    | StepBack
    | BookContact
    | CancelBooking
    | CoverAbsence,
    Field(discriminator="do"),
]
COMMAND: TypeAdapter[AnyCommand] = TypeAdapter(AnyCommand)


class Receipt(Strict):
    """The answer to a command: the transition, its revision afterwards, and when it was recorded."""

    transition_id: str
    revision: int
    at: Instant
