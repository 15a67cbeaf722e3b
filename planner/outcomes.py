"""What follows when a measure says that things have got reliably worse: somebody looks at it with the person."""

from collections.abc import Mapping
from typing import Any

from planner.clock import due_after
from planner.turn import Turn
from schemas.codes import Role, StepKind
from schemas.journey import StepState
from schemas.measure import Change, results

OUTCOME_REVIEW = "outcome-review"
WORKING_DAYS = 5
"""How soon it is looked at. Local policy."""
LADDER = "standard"


def worse(scores: Mapping[str, Any] | None) -> list[str]:
    """The measures by which somebody is reliably worse off than at first, in anybody's view."""
    return list(dict.fromkeys(name for name, one in results(scores) if one.change is Change.DETERIORATED))


def review(turn: Turn, step: StepState, scores: Mapping[str, Any] | None) -> None:
    """Ask the coordinator to look at it with the person, once for everything that one report says."""
    measures = worse(scores)
    if not measures:
        return
    number = sum(_of(one, step.id) for one in turn.journey.steps) + 1
    title = f"Look together at what got harder ({', '.join(measures)})"
    opened = StepState(
        id=f"{OUTCOME_REVIEW}:{step.id}#{number}",
        title=title if len(title) <= 120 else "Look together at what got harder",
        kind=StepKind.REVIEW,
        owner=turn.pathway.role(Role.COORDINATOR),
        ladder=LADDER,
    )
    turn.place(turn.add(opened), due_after(turn.now, "working_days", WORKING_DAYS, turn.journey.division))


def _of(review_id: str, step_id: str) -> bool:
    return review_id.rpartition("#")[0] == f"{OUTCOME_REVIEW}:{step_id}"


def waiting(turn: Turn) -> list[StepState]:
    """The reviews that are still to be done."""
    return [one for one in turn.journey.steps.values() if is_review(one) and one.state.unfinished]


def is_review(step: StepState) -> bool:
    """Whether a step is such a review."""
    return step.of is None and step.id.startswith(f"{OUTCOME_REVIEW}:")
