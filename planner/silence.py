"""The watch for silence: nobody has seen the person for longer than the pathway allows."""

from datetime import datetime, timedelta

from planner.turn import Turn
from schemas.codes import Role, StepKind
from schemas.event import Kind
from schemas.journey import Fired, State, StepState

SILENCE = "silence"
LADDER = "standard"


def heard(turn: Turn, at: datetime) -> None:
    """The person was seen; a contact reported late never makes the last one earlier."""
    journey = turn.journey
    floor = journey.last_contact or _taken_on_late(turn)
    journey.last_contact = max(floor, at) if floor else at
    derive(turn)


def derive(turn: Turn) -> None:
    """When silence would be told of next: raised at once if that lies behind, stood down if ahead."""
    due = _due(turn)
    silence = turn.journey.silence
    if (silence.due if silence else None) == due:
        return
    if silence is not None and silence.state is State.MISSED:
        turn.emit(Kind.STOOD_DOWN, step=SILENCE)
    told = _told(silence) if silence is not None else []
    turn.journey.silence = None
    if due is None:
        return
    turn.journey.silence = StepState(
        id=SILENCE,
        title="No contact for too long",
        kind=StepKind.SILENCE,
        owner=turn.pathway.role(Role.COORDINATOR),
        ladder=LADDER,
        state=State.OPEN,
        due=due,
        wake=due,
        rung=next((fired.rung for fired in told if fired.due == due), 0),
        fired=told,
    )
    if due <= turn.now:
        advance(turn)


def _told(silence: StepState) -> list[Fired]:
    """Which rungs were told for which due instant, so that an anchor corrected back tells nobody twice."""
    if silence.due is None or silence.rung == 0:
        return silence.fired
    others = [fired for fired in silence.fired if fired.due != silence.due]
    return [*others, Fired(due=silence.due, rung=silence.rung)]


def advance(turn: Turn) -> None:
    """The time without a contact has passed, or a rung of its ladder has come."""
    if turn.journey.silence is None:
        return
    silence = turn.journey.silence = turn.journey.silence.copy()
    if silence.state is State.OPEN:
        silence.state = State.MISSED
        silence.opened = turn.now
        turn.emit(Kind.SILENCE, step=SILENCE, due=silence.due)
    turn.climb(silence)
    turn.arm(silence)


def _due(turn: Turn) -> datetime | None:
    rule = turn.pathway.silence
    anchor = turn.journey.occurred.get(rule.after)
    if anchor is None:
        return None
    since = turn.journey.last_contact or _taken_on_late(turn)
    return (max(anchor, since) if since else anchor) + timedelta(days=rule.days)


def _taken_on_late(turn: Turn) -> datetime | None:
    journey = turn.journey
    return journey.taken_on if journey.taken_on > journey.started else None
