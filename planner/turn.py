"""One turn of a journey: what becomes of its steps at one instant, and what is told of it.

A `Turn` works on its own copy of the journey, so a turn that is refused half-way leaves nothing behind.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from planner import ladders
from planner.refused import Refused, closed_as
from schemas.codes import StepKind
from schemas.command import Command
from schemas.event import Event, Kind
from schemas.journey import Fired, Journey, State, StepState
from schemas.pathway import Ladder, Pathway

BEFORE_ALONGSIDE = "before-alongside"
PASSED = "passed"
SUPERSEDED = "superseded"
SERIES_ENDED = "series-ended"
DEFINITION_CHANGED = "definition-changed"

SAFETY_LOOK_BACK = timedelta(days=7)
"""On taking a caseload on, safety steps due this recently still come in late."""


class Outcome(NamedTuple):
    """The journey after a turn, and what happened in it."""

    journey: Journey
    events: list[Event]


class Turn:
    """A journey at one instant, being changed."""

    def __init__(self, pathway: Pathway, journey: Journey, now: datetime, *, taking_on: bool = False) -> None:
        self.pathway = pathway
        self._given = journey
        self.journey = journey.model_copy()
        self.journey.steps = dict(journey.steps)
        self.now = now
        self.taking_on = taking_on
        self.events: list[Event] = []
        self._mine: set[str] = set()

    def outcome(self) -> Outcome:
        """What came of the turn; the revision counts the turns in which something changed, told or not."""
        if self.events or self.journey != self._given:
            self.journey.revision += 1
        return Outcome(self.journey, self.events)

    def take(self, command: Command) -> None:
        """Refused when the journey has closed, or is not any more as whoever gives the command has seen it."""
        if command.if_revision not in (None, self._given.revision):
            raise Refused(
                "changed", "The transition changed after you read it: read it again, then say whether it still holds."
            )
        if self.journey.closed is not None:
            raise closed_as(self.journey.closed.exit)

    def emit(self, event: Kind, **fields: Any) -> None:
        """Something happened now."""
        self.events.append(Event(event=event, at=self.now, **fields))

    def step(self, step_id: str) -> StepState:
        """The step, as a copy that may be changed."""
        step = self.journey.steps[step_id]
        if step_id not in self._mine:
            step = self.journey.steps[step_id] = step.copy()
            self._mine.add(step_id)
        return step

    def add(self, step: StepState) -> StepState:
        """A new step of the journey."""
        self.journey.steps[step.id] = step
        self._mine.add(step.id)
        return step

    def ladder(self, step: StepState) -> Ladder:
        """The ladder that the step is on."""
        return self.pathway.ladders[step.ladder]

    def paused(self, step: StepState) -> bool:
        """A hold keeps the step from falling due and from climbing."""
        if step.kind is StepKind.SILENCE:
            return False
        return self.journey.hold is not None and step.ladder != ladders.SAFETY

    def moment(self, ladder: str) -> datetime:
        """Now, as steps on the ladder feel it: a hold stops time for all but the safety ladder."""
        hold = self.journey.hold
        return hold.since if hold is not None and ladder != ladders.SAFETY else self.now

    # What becomes of one step

    def place(self, step: StepState, due: datetime | None) -> None:
        """Give the step its due instant, and the state that follows from it.

        With no date the step waits. Ahead, it is open. Behind, it is missed at once, and only the highest
        rung reached is told; a peer step is cancelled instead, and on taking a caseload on so is everything
        but a recent safety step. Nothing happens to a step that already stands there.
        """
        if step.state is State.CANCELLED and not self._revives(step, due):
            self.let_pass(step, due)
            return
        if self.stands(step, due):
            return
        was_escalated = step.state is State.MISSED and step.rung > 0
        if due != step.due:
            self._date(step, due)
        if due is None:
            step.state = State.PLANNED
        elif due > self.moment(step.ladder) or self._waits_for_resume(step):
            self.open(step)
        elif self._alerts_nobody(step, due):
            was_escalated = False
            self.cancel(step, BEFORE_ALONGSIDE if self.taking_on else PASSED)
        else:
            was_escalated = False
            if step.state is State.PLANNED:
                self.open(step)
            self._miss(step)
        if was_escalated:
            self.emit(Kind.STOOD_DOWN, step=step.id)
        self.arm(step)

    def stands(self, step: StepState, due: datetime | None) -> bool:
        """The step is where a due instant puts it already."""
        if due != step.due:
            return False
        return step.state.actionable or (due is None and step.state is State.PLANNED)

    def _revives(self, step: StepState, due: datetime | None) -> bool:
        behind = due is not None and due <= self.moment(step.ladder)
        if behind and step.kind is StepKind.PEER_CONTACT:
            return False
        if behind and step.reason in (PASSED, BEFORE_ALONGSIDE):
            return False
        self.undo(step)
        return True

    def let_pass(self, step: StepState, due: datetime | None) -> None:
        """A cancelled step that is asked for again, too late: it has passed, and may still be reported."""
        step.due = due
        if step.reason not in (PASSED, SUPERSEDED, BEFORE_ALONGSIDE):
            self.cancel(step, PASSED)

    def _waits_for_resume(self, step: StepState) -> bool:
        return self.paused(step) and step.kind is not StepKind.PEER_CONTACT and not self.taking_on

    def _alerts_nobody(self, step: StepState, due: datetime) -> bool:
        if self.taking_on:
            return step.ladder != ladders.SAFETY or due < self.now - SAFETY_LOOK_BACK
        return step.kind is StepKind.PEER_CONTACT

    def wait(self, step: StepState, due: datetime) -> None:
        """The step has a date, and its turn has not come."""
        if step.state is State.CANCELLED:
            self.undo(step)
        was_escalated = step.state is State.MISSED and step.rung > 0
        if due != step.due:
            self._date(step, due)
        step.state = State.PLANNED
        if was_escalated:
            self.emit(Kind.STOOD_DOWN, step=step.id)
        self.arm(step)

    def _date(self, step: StepState, due: datetime | None) -> None:
        if step.rung and step.due:
            others = [fired for fired in step.fired if fired.due != step.due]
            step.fired = [*others, Fired(due=step.due, rung=step.rung)]
        step.due = due
        step.rung = next((fired.rung for fired in step.fired if fired.due == due), 0)
        step.acknowledged_until = None
        self._set_reminder(step)
        told = {"by_hand": True} if step.by_hand else {}
        self.emit(Kind.DUE, step=step.id, due=due, **told)

    def _set_reminder(self, step: StepState) -> None:
        """Arm the reminder of the step's date; one whose moment has passed is skipped."""
        at = ladders.reminder_at(self.ladder(step), step.due, self.journey.division) if step.due else None
        step.reminder = at if at and at > self.now else None

    def open(self, step: StepState) -> None:
        """The owner may act on the step; it shows in their worklist."""
        if step.state is State.OPEN:
            return
        self.emit(Kind.REOPENED if step.opened else Kind.OPENED, step=step.id)
        step.state = State.OPEN
        step.opened = step.opened or self.now
        self._set_reminder(step)

    def _miss(self, step: StepState) -> None:
        step.state = State.MISSED
        step.reminder = None
        self.emit(Kind.MISSED, step=step.id, due=step.due)
        self.climb(step)

    def climb(self, step: StepState) -> None:
        """Tell whoever the highest rung reached names, if it has not been told for this due instant."""
        if step.due is None or self.paused(step):
            return
        if step.acknowledged_until is not None:
            if step.acknowledged_until > self.now:
                return
            step.acknowledged_until = None
        ladder = self.ladder(step)
        rung = ladders.rung_reached(ladder, step.due, self.journey.division, self.now)
        if rung > step.rung:
            step.rung = rung
            to = ladders.addressed(self.pathway, step, list(ladder.rungs[rung - 1].to))
            self.emit(Kind.ESCALATED, step=step.id, rung=rung, to=to, due=step.due)

    def advance(self, step: StepState) -> None:
        """Time alone has come to the step: remind, miss or climb."""
        if step.state is State.MISSED:
            self.climb(step)
        elif step.due is not None and step.due <= self.now:
            self._miss(step)
        elif step.reminder is not None and step.reminder <= self.now:
            step.reminder = None
            reminder = self.ladder(step).reminder
            to = ladders.addressed(self.pathway, step, list(reminder.to) if reminder else [])
            self.emit(Kind.REMINDED, step=step.id, to=to, due=step.due)
        self.arm(step)

    def arm(self, step: StepState) -> None:
        """Note when time alone changes the step next."""
        if step.state is State.OPEN:
            step.wake = step.reminder or step.due
        elif step.state is State.MISSED:
            step.wake = ladders.next_rung_at(self.ladder(step), step, self.journey.division)
        else:
            step.wake = None

    def cancel(self, step: StepState, reason: str) -> None:
        """The pathway no longer asks for the step."""
        self._finish(step, State.CANCELLED, reason)
        self.emit(Kind.CANCELLED, step=step.id, reason=reason)

    def waive(self, step: StepState, reason: str) -> None:
        """Somebody decided that the step need not be done."""
        self._finish(step, State.WAIVED, reason)
        self.emit(Kind.WAIVED, step=step.id, reason=reason)

    def complete(self, step: StepState, done_on: datetime, **told: Any) -> None:
        """The step was done, on `done_on`; late when that is not before its due instant."""
        step.late = step.due is not None and done_on >= step.due
        step.done_on = done_on
        self._finish(step, State.DONE, None)
        self.emit(Kind.COMPLETED, step=step.id, late=step.late, **told)

    def _finish(self, step: StepState, state: State, reason: str | None) -> None:
        step.state, step.reason, step.ended = state, reason, self.now
        step.reminder = step.acknowledged_until = step.wake = None

    def undo(self, step: StepState) -> None:
        """A finished step is to be done after all; `place` says from here how it stands."""
        step.state = State.PLANNED
        step.reason = step.ended = step.done_on = None
        step.late = False
