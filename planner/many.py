"""One thing for many: whom it takes to ask for it, and what each of the many is sent."""

from datetime import datetime

from planner.policy import Action
from planner.refused import Refused
from schemas import command as says
from schemas.bulk import AcknowledgeMany, AnswerMany, AnyMany, MoveMany, OfferMany
from schemas.command import Actor, AnyCommand
from schemas.journey import Journey, State

MOST = 100
"""How many people somebody may choose at once: few enough to read what it would mean for each."""
NOT_SEEN = "Nobody of that id is among those whom you see."
"""Said of whoever does not exist, too: an id that was guessed tells nothing."""
NOTHING_LATE = "Nothing is late of which anybody was told."


def needs(said: AnyMany) -> Action:
    """What somebody must be allowed, to ask for it and while it is done."""
    return Action.DEFINITIONS if isinstance(said, MoveMany) else Action.BULK


def late_steps(journey: Journey) -> list[str]:
    """The steps that can be acknowledged: late, and somebody was told. The longest late first."""
    found = [step for step in journey.steps.values() if step.state is State.MISSED and step.rung > 0]
    if journey.silence is not None and journey.silence.state is State.MISSED:
        found.append(journey.silence)
    return [step.id for step in sorted(found, key=lambda step: (step.due is None, step.due, step.id))]


def command(said: AnyMany, command_id: str, at: datetime, by: Actor, step: str | None, definition: str) -> AnyCommand:
    """What one of the many is sent; Refused when there is nothing to be said.

    `definition` is the text of the definition that a journey moves to.
    """
    match said:
        case MoveMany():
            return says.MoveDefinition(id=command_id, at=at, by=by, reason=said.reason, definition=definition)
        case AcknowledgeMany():
            if step is None:
                raise Refused("conflict", NOTHING_LATE)
            return says.Acknowledge(id=command_id, at=at, by=by, reason=said.reason, step=step, until=said.until)
        case OfferMany():
            return says.OfferHandover(
                id=command_id, at=at, by=by, reason=said.reason,
                to=said.to, answer_by=said.answer_by, overlap_until=said.overlap_until,
            )  # fmt: skip
        case AnswerMany():
            return says.AnswerHandover(id=command_id, at=at, by=by, reason=said.reason, accept=said.accept)
