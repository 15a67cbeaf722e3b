"""What the API shows: rows without names, and a person as far as whoever asks sees them."""

from datetime import date, datetime

from planner import waits as planner
from planner.policy import Sight
from records.known import Known, Share
from records.views import Task
from schemas.base import Stored
from schemas.codes import Role, StepKind
from schemas.journey import FactValue, Journey, State, StepState
from schemas.pathway import Pathway
from schemas.staff import StaffMember
from web.viewer import Opened


class ToDo(Stored):
    """Something to be done. `told` are the ids of staff whom its ladder has told; nothing here names the person."""

    transition_id: str
    local_id: str
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

    @classmethod
    def of(cls, task: Task) -> "ToDo":
        """What is shown of a task."""
        return cls.model_validate(task.model_dump())


class Colleague(Stored):
    """Somebody who works here."""

    id: str
    name: str
    role: Role
    team: str | None

    @classmethod
    def of(cls, member: StaffMember) -> "Colleague":
        """What is shown of a member of staff: nothing that is about themselves."""
        return cls(id=member.id, name=member.name, role=member.role, team=member.team)


class Step(Stored):
    """A step of somebody's transition."""

    id: str
    title: str
    kind: StepKind
    owner: Role
    state: State
    due: datetime | None
    by_hand: str | None
    opened: datetime | None
    rung: int
    acknowledged_until: datetime | None
    attempts: int
    done_on: datetime | None
    late: bool
    reason: str | None


class Person(Stored):
    """Somebody's transition, as far as whoever asks sees them: what they do not see is null.

    `sight` is `whole`, or `shared`: then there is what the person agreed to share, and the steps of peer support.
    `called` is how they wish to be called.
    """

    id: str
    sight: Sight
    revision: int
    local_id: str
    called: str
    pathway: str
    version: int | None
    status: str
    on_hold: bool
    team: str
    coordinator_id: str | None
    peer_worker: str | None
    started: datetime
    taken_on: datetime
    exit: str | None
    closed_at: datetime | None
    stage: str | None
    next_due: datetime | None
    given_name: str | None
    family_name: str | None
    born: date | None
    handover_to: str | None
    hold_reason: str | None
    facts: dict[str, FactValue] | None
    expected: dict[str, datetime] | None
    occurred: dict[str, datetime] | None
    steps: list[Step]


class Wait(Stored):
    """One thing that a transition waits for: what it is, in words, and when time alone changes it."""

    step: str
    title: str
    text: str
    at: datetime | None


def person(opened: Opened, known: Known) -> Person:
    """What whoever opened a person sees of them."""
    view, journey = opened.view, opened.view.journey
    whole = opened.sight is Sight.WHOLE
    shares = set(Share) if whole else set(known.shares)
    peers = journey.peers if journey else None
    given = view.model_dump() | {
        "sight": opened.sight,
        "called": known.known_as or view.given_name,
        "version": opened.pathway.version if journey else None,
        "peer_worker": peers.worker if peers else None,
        "born": journey.born if journey else None,
        "hold_reason": journey.hold.reason if journey and journey.hold else None,
        "facts": journey.facts if journey and Share.FACTS in shares else None,
        "expected": journey.expected if journey and Share.DATES in shares else None,
        "occurred": journey.occurred if journey and Share.DATES in shares else None,
        "steps": [_step(one) for one in steps(journey, shares)] if journey else [],
    }
    hidden = {} if whole else dict.fromkeys(("given_name", "family_name", "born", "handover_to", "hold_reason"))
    if Share.STAGE not in shares:
        hidden |= dict.fromkeys(("stage", "next_due", "exit"))
    return Person.model_validate(given | hidden)


def steps(journey: Journey, shares: set[Share]) -> list[StepState]:
    """The steps that are seen: all where they are shared, and those of peer support in any case."""
    return [one for one in journey.steps.values() if Share.STEPS in shares or one.owner is Role.PEER_WORKER]


def waits(opened: Opened, known: Known) -> list[Wait]:
    """What the transition waits for, of the steps that are seen."""
    found = planner.waits(opened.pathway, opened.journey)
    if opened.sight is not Sight.WHOLE:
        seen = {one.id for one in steps(opened.journey, set(known.shares))}
        found = [wait for wait in found if wait.step in seen]
    return [Wait.model_validate(wait._asdict()) for wait in found]


def _step(step: StepState) -> Step:
    return Step.model_validate({**vars(step), "attempts": step.attempts})


class PathwayRow(Stored):
    """A pathway that comes with Alongside; `digest` names this version of its rules."""

    id: str
    title: str
    version: int
    digest: str

    @classmethod
    def of(cls, pathway: Pathway) -> "PathwayRow":
        """A pathway at a glance."""
        return cls(id=pathway.id, title=pathway.title, version=pathway.version, digest=pathway.digest)
