"""What the tests of the records share: a small pathway, staff, and journeys recorded as the workflow records them."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

from asyncpg import Pool, Record

from planner.journey import decide, start, wake
from planner.turn import Outcome
from records.commit import commit
from records.people import register
from schemas.codes import Role
from schemas.command import AnyCommand, Complete, Start
from schemas.commit import Commit, Committed, Said
from schemas.journey import Journey
from schemas.pathway import Pathway
from schemas.person import Person
from schemas.staff import StaffMember

T0 = datetime(2026, 11, 2, 10, tzinfo=UTC)
"""A Monday."""

PATHWAY = Pathway.model_validate(
    {
        "id": "small-pathway",
        "title": "A small pathway",
        "milestones": [{"id": "started", "name": "Started"}, {"id": "discharged", "name": "Discharged"}],
        "facts": {"peer_support": {"type": "choice", "values": ["offered", "accepted", "declined", "paused"]}},
        "silence": {"days": 21, "after": "started"},
        "ladders": {
            "safety": {
                "reminder": {"hours": 12},
                "rungs": [
                    {"hours": 0, "to": ["owner", "coordinator", "duty-manager"]},
                    {"hours": 4, "to": ["service-manager"]},
                    {"hours": 24, "to": ["safety-lead"]},
                ],
            },
            "standard": {
                "reminder": {"working_days": 2},
                "rungs": [
                    {"working_days": 1, "to": ["owner", "coordinator"]},
                    {"working_days": 3, "to": ["team-lead"]},
                    {"working_days": 5, "to": ["service-manager"]},
                ],
            },
        },
        "exits": [
            {"id": "settled", "title": "Settled", "when_done": "review"},
            {"id": "died", "title": "Died"},
        ],
        "steps": [
            {
                "id": "plan",
                "title": "Write the plan",
                "kind": "document",
                "owner": "coordinator",
                "due": {"after": "started", "working_days": 3},
                "ladder": "standard",
            },
            {
                "id": "therapy-talk",
                "title": "Talk with the therapist",
                "kind": "contact",
                "owner": "therapist",
                "due": {"after": "started", "days": 4},
                "ladder": "standard",
                "attempt_tells": ["named-worker"],
            },
            {
                "id": "follow-up",
                "title": "See the person",
                "kind": "contact",
                "owner": "community-team",
                "due": {"after": "discharged", "hours": 48},
                "ladder": "safety",
            },
            {
                "id": "review",
                "title": "Look back",
                "kind": "review",
                "owner": "coordinator",
                "due": {"after": "discharged", "months": 6},
                "ladder": "standard",
            },
        ],
    }
)

_numbers = count(1)


def somebody() -> Person:
    """A person who is in no other test, without an NHS number."""
    return Person(
        local_id=f"T{next(_numbers):05}", given_name="Ada", family_name="Test", date_of_birth=date(1980, 5, 4)
    )


def member(staff_id: str, role: Role, team: str | None, *, email: bool = True) -> StaffMember:
    """A member of staff with an address."""
    address = f"{staff_id}@alongside.example" if email else None
    return StaffMember(id=staff_id, name=staff_id.title(), role=role, team=team, email=address)


def team_of(name: str) -> list[StaffMember]:
    """A team with a coordinator, a second one, a lead, a nurse and a therapist, their ids ending with its name."""
    roles = {
        "coord": Role.COORDINATOR,
        "other": Role.COORDINATOR,
        "lead": Role.TEAM_LEAD,
        "nurse": Role.COMMUNITY_TEAM,
        "therapist": Role.THERAPIST,
    }
    return [member(f"{who}-{name}", role, f"Team {name}") for who, role in roles.items()]


MANAGERS = [
    member("duty", Role.DUTY_MANAGER, None),
    member("service", Role.SERVICE_MANAGER, None),
    member("safety", Role.SAFETY_LEAD, None, email=False),
    member("ops", Role.OPERATIONS, None),
]


class Recorder(NamedTuple):
    """A journey, recorded turn by turn."""

    pool: "Pool[Record]"
    journey: Journey
    committed: Committed
    last: Commit

    async def tell(self, command: AnyCommand) -> "Recorder":
        """Decide a command and record what came of it."""
        return await self._record(decide(PATHWAY, self.journey, command), command.at, said(command))

    async def until(self, now: datetime) -> "Recorder":
        """Let time pass to now, and record what came of it."""
        return await self._record(wake(PATHWAY, self.journey, now), now, None)

    async def _record(self, outcome: Outcome, at: datetime, words: Said | None) -> "Recorder":
        if not outcome.events:
            return self
        change = Commit(journey=outcome.journey, events=outcome.events, at=at, said=words)
        return Recorder(self.pool, outcome.journey, await commit(self.pool, change, email=True), change)


def said(command: Any) -> Said:
    """A command as the records keep it."""
    return Said(
        id=command.id,
        do=command.do,
        role=command.by.role,
        staff=command.by.staff,
        at=command.at,
        reason=getattr(command, "reason", None),
    )


async def begin(
    pool: "Pool[Record]", coordinator: str | None, team: str | None = None, *, person: Person | None = None
) -> Recorder:
    """Register somebody and record the start of their journey at T0."""
    transition_id = await register(
        pool, person or somebody(), pathway=PATHWAY.id, started=T0, taken_on=T0, coordinator=coordinator, team=team
    )
    command = Start(id="start", transition_id=transition_id, at=T0, coordinator=coordinator)
    journey, events = start(PATHWAY, command)
    change = Commit(journey=journey, events=events, at=T0, said=said(command), definition=PATHWAY.canonical)
    return Recorder(pool, journey, await commit(pool, change, email=True), change)


def complete(step: str, at: datetime, **more: Any) -> Complete:
    """A command that reports a step."""
    return Complete(id=f"{step}-{at:%m%d%H%M}", at=at, step=step, **more)


def day(number: float) -> datetime:
    """So many days after T0."""
    return T0 + timedelta(days=number)
