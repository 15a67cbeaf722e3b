"""One person's transition being lived: what people do, when, and what the planner makes of it, kept to be written."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from planner import journey as planner
from planner import peers
from planner.peer_commands import Arranged, arrange
from planner.turn import Outcome
from planner.workforce.roster import Roster
from records import measures, notices
from records.commit import escalation_rows
from records.roles import Directory
from records.rows import Row, contact_rows, digest, event_rows, said_row
from records.synthetic.chance import A_MINUTE, Chance, minutes
from records.synthetic.service import Someone
from schemas.codes import COORDINATING_ROLES, Role
from schemas.command import COMMAND, Actor, Start
from schemas.commit import Commit, Said
from schemas.event import Event, Kind
from schemas.journey import Journey, StepState
from schemas.pathway import Pathway
from schemas.person import transition_id
from schemas.workforce import Peers

Action = Callable[["Life"], None]
_LOOKED_AT = frozenset({Kind.STARTED, Kind.FACT, Kind.DEFINITION_CHANGED})
"""Events at which the database keeps from when until when each fact held a value."""


class Service(Protocol):
    """What a life knows of the service that it is lived in."""

    @property
    def directory(self) -> Directory:
        """Everybody who works here."""

    @property
    def rosters(self) -> dict[str, Roster]:
        """The peer workers of each team, and their hours."""

    @property
    def held(self) -> dict[tuple[str | None, Role], list[str]]:
        """Who holds which role in which team, or in none."""

    def note(self, what: str, **facts: object) -> None:
        """Keep what was done, in the words of whoever did it."""

    def kept(self, life: "Life", commit: Commit) -> None:
        """A commit as it would have been recorded."""

    def arrive(self, whom: Someone, pathway: str, team: str, at: datetime) -> None:
        """Somebody comes (again)."""


class Story(Protocol):
    """How people behave on one pathway."""

    def begins(self, life: "Life") -> dict[str, Any]:
        """What is known at the start: facts and expected dates."""

    def lives(self, life: "Life") -> None:
        """Plan what happens to them."""

    def does(self, life: "Life", step: StepState) -> None:
        """Plan what becomes of a step that is to be done."""

    def happened(self, life: "Life", event: Event) -> None:
        """Something happened that others act upon."""


class Kept(NamedTuple):
    """A commit as it is to be written.

    `looked_at` says that the database looks at its facts: then the journey is kept, too, and of the last commit.
    """

    revision: int
    at: datetime
    digest: str
    events: list[Row]
    said: Row
    looked_at: bool
    journey: Journey | None


class Life:
    """A transition under way. `commits` are what is to be written, `team` whose it is now.

    `answers` are anonymous: they are only counted.
    """

    def __init__(
        self, service: Service, story: Story, pathway: Pathway, whom: Someone, team: str, chance: Chance, at: datetime
    ) -> None:  # fmt: skip
        self.service, self.story, self.pathway, self.whom, self.team, self.chance = (
            service, story, pathway, whom, team, chance,
        )  # fmt: skip
        self.now = self.started = at
        self.first_team = team
        self.commits: list[Kept] = []
        self.journey = Journey(transition_id="", pathway=pathway.id, definition="", taken_on=at)
        self.contacts: dict[tuple[str, int], Row] = {}
        self.escalations: list[Row] = []
        self.measures: list[Row] = []
        self.answers: list[Row] = []
        self.ready: list[Row] = []
        self.bookings: dict[str, list[Row]] = {}
        self.assignments: list[Row] = []
        self.queue: Row | None = None
        self.well = chance.uniform(0.15, 0.6)
        self._agenda: list[tuple[datetime, int, Action]] = []
        self._planned: dict[str, object] = {}
        self._wake: datetime | None = None
        self._told = self._plans = 0
        self.id = str(transition_id(whom.id, pathway.id, at))
        self.coordinator = chance.choice(service.held[team, pathway.coordinator])
        self._begin()

    def _begin(self) -> None:
        start = Start(
            id="start", transition_id=self.id, at=self.now, born=self.whom.person.date_of_birth,
            coordinator=self.coordinator, **self.story.begins(self),
        )  # fmt: skip
        self.note("began", person=self.whom.person.local_id, pathway=self.pathway.id, team=self.team)
        said = Said(id="start", do="start", role=Role.TEAM_LEAD, staff=self.who(Role.TEAM_LEAD), at=self.now)
        outcome = planner.start(self.pathway, start)
        self._take_over(outcome, said)
        self.story.lives(self)

    # Time

    @property
    def open(self) -> bool:
        """It has not ended."""
        return self.journey.closed is None

    @property
    def next(self) -> datetime | None:
        """When something happens next, by itself or because somebody does something."""
        planned = self._agenda[0][0] if self._agenda else None
        return min((at for at in (self._wake, planned) if at is not None), default=None)

    def plan(self, at: datetime, action: Action) -> None:
        """Somebody is going to do something, at an instant that lies ahead."""
        self._plans += 1
        heapq.heappush(self._agenda, (max(at, self.now + A_MINUTE), self._plans, action))

    def go_on(self) -> None:
        """What happens next."""
        at = self.next
        if at is None:
            raise RuntimeError("nothing happens any more")
        self.now = max(self.now, at)
        if self._wake is not None and self._wake <= at:
            self._take_over(planner.wake(self.pathway, self.journey, at), None)
            return
        _, _, action = heapq.heappop(self._agenda)
        action(self)

    # What people do

    def note(self, what: str, **facts: object) -> None:
        """Keep what was done, as whoever did it knows it."""
        self.service.note(what, transition=self.id, at=self.now, **facts)

    def who(self, role: Role) -> str | None:
        """Somebody of the team, or of the service, who holds a role towards the person."""
        if role in COORDINATING_ROLES:
            return self.coordinator
        with_them = self.journey.peers
        if role is Role.PEER_WORKER and with_them is not None and with_them.worker is not None:
            return with_them.worker
        held = self.service.held
        found = held.get((self.team, role)) or held.get((None, role))
        return found[0] if found else None

    def tell(self, do: str, *, role: Role | None = None, **fields: Any) -> None:
        """Say something to the planner, now."""
        self._told += 1
        by = Actor(role=role or self.pathway.coordinator, staff=self.who(role or self.pathway.coordinator))
        if do == "handover-answer":
            by = Actor(role=Role.INCOMING_COORDINATOR, staff=fields.pop("staff"))
        command = COMMAND.validate_python({"id": f"{do}-{self._told}", "do": do, "at": self.now, "by": by, **fields})
        said = Said(
            id=command.id, do=do, role=by.role, staff=by.staff, at=self.now, reason=command.reason,
            step=fields.get("step"),
        )  # fmt: skip
        self._take_over(planner.decide(self.pathway, self.journey, command), said)

    def step(self, step_id: str) -> StepState | None:
        """A step that is to be done now; None when it is not, or not any more."""
        found = self.journey.steps.get(step_id)
        return found if found is not None and found.state.actionable else None

    # What the planner makes of it

    def _take_over(self, outcome: Outcome, said: Said | None) -> None:
        self._keep(outcome.journey, outcome.events, said)
        for event in outcome.events:
            self.story.happened(self, event)
        self._settle()
        if self.open:
            self._look()
        else:
            self._agenda.clear()
        self._wake = planner.next_wake(self.pathway, self.journey) if self.open else None

    def _settle(self) -> None:
        roster = self.service.rosters.get(self.team)
        while roster is not None and peers.unsettled(self.journey):
            before = self.journey
            arranged = arrange(self.pathway, self.journey, roster, self.now)
            if arranged.journey.revision == before.revision:
                return
            self._keep(arranged.journey, arranged.events, None)
            self._calendar(before, arranged, roster)

    def _keep(self, journey: Journey, events: list[Event], said: Said | None) -> None:
        if journey.revision == self.journey.revision:
            return
        coordinator, self.journey = self.coordinator, journey
        rules = None if self.commits else self.pathway.canonical
        commit = Commit(journey=journey, events=events, at=self.now, said=said, definition=rules)
        self.service.kept(self, commit)
        rows = event_rows(events)
        if self.commits and not self.commits[-1].looked_at:
            self.commits[-1] = self.commits[-1]._replace(journey=None)
        if journey.coordinator not in (None, coordinator):
            self.coordinator = journey.coordinator or ""
            self.team = self.service.directory.staff[self.coordinator].team or self.team
        looked_at = any(event.event in _LOOKED_AT for event in events)
        # No workflow ever commits this again, so what happened names it well enough.
        named = digest({}, rows, said.id if said else None)
        self.commits.append(Kept(journey.revision, self.now, named, rows, said_row(commit), looked_at, journey))
        spoken = {"by_role": said.role if said else None, "by_staff": said.staff if said else None}
        for row in contact_rows(events, _contacts(journey, events)):
            self.contacts.setdefault((row["step"], row["number"]), row | spoken)
        self.measures += [
            row | {"revision": journey.revision, "recorded_by": spoken["by_staff"]} for row in measures.rows(events)
        ]
        told = notices.told(commit, self.team, self.service.directory)
        self.escalations += [row | {"revision": journey.revision} for row in escalation_rows(told)]

    def _calendar(self, before: Journey, arranged: Arranged, roster: Roster) -> None:
        """The hours of workers that are spoken for, and who goes with the person, as `records.arranging` writes it."""
        was, now = before.peers or Peers(), arranged.journey.peers or Peers()
        for one, ended in arranged.settlement.ended.items():
            for row in self.bookings.get(one, []):
                row |= {"status": ended.status, "released_why": ended.why}
            self.note("hour over", booking=one, how=ended.status)
        for step, booked in now.booked.items():
            if booked.id not in self.bookings:
                self.bookings[booked.id] = [
                    {"id": booked.id, "step": step, "staff": one.staff, "starts": booked.starts, "ends": booked.ends,
                     "begins": one.begins, "done": one.ends, "minutes": one.minutes, "place": booked.place,
                     "booked_at": self.now, "status": "booked", "released_why": None}
                    for one in peers.busy(booked, roster.policy)
                ]  # fmt: skip
                hours = {row["staff"]: row["minutes"] for row in self.bookings[booked.id]}
                self.note("hour given", booking=booked.id, step=step, starts=booked.starts, ends=booked.ends,
                          place=booked.place, minutes=hours)  # fmt: skip
        for event in arranged.events:
            if event.event is Kind.NO_SLOT:
                self.note("no hour", step=event.step)
        if was.waiting_since is None and now.waiting_since is not None:
            self.note("waits for a worker")
        for joining, left, came in ((False, was.worker, now.worker), (True, was.joining, now.joining)):
            if left != came:
                self._assigned(arranged, joining=joining, came=came)
        wants = peers.ask(self.pathway, arranged.journey, roster.policy, self.now)
        waits = {"since": now.waiting_since, "urgency": peers.urgency(arranged.journey), "ask": wants}
        self.queue = waits if now.waiting_since is not None else None

    def _assigned(self, arranged: Arranged, *, joining: bool, came: str | None) -> None:
        for row in self.assignments:
            if row["joining"] is joining and row["ends"] is None:
                row["ends"] = max(self.now, row["starts"])
        self.note("goes with", staff=came, joining=joining)
        if came is None:
            return
        choice = arranged.settlement.choices.get(came)
        self.assignments.append({
            "staff": came, "joining": joining, "starts": self.now, "ends": None, "revision": arranged.journey.revision,
            "why": choice.why if choice else f"{came} met the person and accepted.",
            "considered": [one.model_dump() for one in choice.considered] if choice else [],
        })  # fmt: skip

    def _look(self) -> None:
        """People see what is to be done, and set about it; once more when its date or its time has changed."""
        booked = self.journey.peers.booked if self.journey.peers else {}
        for step in list(self.journey.steps.values()):
            if not step.state.actionable:
                self._planned.pop(step.id, None)
                continue
            wanted = (step.due, booked[step.id].starts if step.id in booked else None)
            if self._planned.get(step.id) == wanted:
                continue
            self._planned[step.id] = wanted
            self.story.does(self, step)

    def try_at(self, step: StepState, at: datetime, action: Callable[["Life", StepState], None]) -> None:
        """Plan to do something for a step, unless its date or time has changed until then, or it is done."""
        step_id, planned = step.id, self._planned.get(step.id)

        def still(life: "Life") -> None:
            found = life.step(step_id)
            if found is not None and life._planned.get(step_id) == planned:
                action(life, found)

        self.plan(at, still)

    @property
    def uuid(self) -> UUID:
        """The transition."""
        return UUID(self.id)


def _contacts(journey: Journey, events: list[Event]) -> Row:
    """The journey as data, as far as its contacts go."""
    tried = {event.step for event in events if event.attendance is not None and event.step in journey.steps}
    return {
        "steps": {
            step: {"id": step, "contacts": [one.model_dump(mode="json") for one in journey.steps[step].contacts]}
            for step in tried
            if step is not None
        }
    }


def a_while_ago(life: Life, step: StepState, most: timedelta) -> datetime | None:
    """When what is reported now really happened, where that was some time before."""
    if not life.chance.yes(0.25):
        return None
    first = max(life.started, step.opened or life.started, life.now - most)
    return life.chance.between(first, life.now) if first < life.now - minutes(timedelta(minutes=5)) else None
