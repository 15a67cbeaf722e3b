"""How a transition closes: by its last step, by a milestone, or because somebody says so."""

from datetime import datetime

from planner import conditions, outcomes
from planner.dates import ENDED
from planner.refused import Refused
from planner.turn import Outcome, Turn
from schemas.event import Kind
from schemas.journey import Closed, Journey, State, StepState
from schemas.pathway import Exit, Pathway


def named(turn: Turn, exit_id: str) -> Exit:
    """The exit; Refused when the pathway has none of that name."""
    found = turn.pathway.exit.get(exit_id)
    if found is None:
        raise Refused("not-found", f"{turn.pathway.id} has no exit {exit_id}: it has {', '.join(turn.pathway.exit)}.")
    return found


def leave(turn: Turn, exit_id: str) -> None:
    """Somebody says how the transition ends; Refused while that exit is not possible."""
    way = named(turn, exit_id)
    if way.milestone is not None:
        name = turn.pathway.milestone[way.milestone].name
        raise Refused("conflict", f"It closes as {exit_id} when the milestone {way.milestone} is recorded ({name}).")
    for needed in (way.when_done, way.said_with):
        step = turn.journey.steps.get(needed or "")
        if needed is not None and (step is None or step.state is not State.DONE):
            raise Refused("conflict", f"It closes as {exit_id} once {needed} is done, and it is not.")
    close(turn, way)


def close(turn: Turn, way: Exit) -> None:
    """Everything still open is cancelled at once, and nobody is reminded of anything again."""
    fact = way.needs_agreed
    if fact is not None and not conditions.agreed(turn.journey.facts, fact):
        raise Refused(
            "conflict",
            f"It cannot close as {way.id} before a {fact} is accepted: until then somebody could be lost.",
        )
    _end(turn, way.id)


def closed_before(pathway: Pathway, journey: Journey, exit_id: str, at: datetime) -> Outcome:
    """A journey closed, as is known from elsewhere: what the pathway asks of an exit was asked there."""
    turn = Turn(pathway, journey, at)
    _end(turn, exit_id)
    return turn.outcome()


def _end(turn: Turn, exit_id: str) -> None:
    for step_id, step in list(turn.journey.steps.items()):
        if step.state.unfinished:
            turn.cancel(turn.step(step_id), exit_id)
    journey = turn.journey
    journey.silence = journey.hold = journey.handover = None
    journey.series = {}
    journey.occurred = {**journey.occurred, ENDED: turn.now}
    journey.closed = Closed(at=turn.now, exit=exit_id)
    turn.emit(Kind.CLOSED, exit=exit_id)


def after_step(turn: Turn, step: StepState, said: str | None) -> None:
    """A step was done: close when it is the last one, or when it was said how it ended.

    What has got reliably worse is looked at before the transition closes by itself.
    """
    if outcomes.is_review(step):
        return after_review(turn)
    for way in turn.pathway.exits:
        if way.when_done is not None and way.when_done == step.of:
            return None if outcomes.waiting(turn) else close(turn, way)
    if said is None:
        return None
    way = named(turn, said)
    if way.said_with != step.of:
        raise Refused("invalid", f"{step.id} does not say how a transition ends: leave the exit out.")
    if outcomes.waiting(turn):
        raise Refused(
            "conflict",
            "A score says that things have got harder, so this is looked at together first: record it without saying "
            "how the transition ended, and say that afterwards.",
        )
    return close(turn, way)


def after_review(turn: Turn) -> None:
    """Nothing that got worse is left to look at: close, when that alone was waited for."""
    if outcomes.waiting(turn):
        return None
    for way in turn.pathway.exits:
        last = turn.journey.steps.get(way.when_done or "")
        if last is not None and last.state is State.DONE:
            return close(turn, way)
    return None


def after_milestone(turn: Turn, milestone: str) -> None:
    """A milestone was recorded: close when the pathway says that it ends with it."""
    for way in turn.pathway.exits:
        if way.milestone == milestone:
            return close(turn, way)
    return None
