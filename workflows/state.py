"""What a transition's workflow carries: its input, which is also what it keeps when it continues as new."""

from planner.preview import Preview
from planner.refused import Why
from schemas.base import Instant, Stored
from schemas.command import Receipt, Start
from schemas.journey import Journey


class TransitionState(Stored):
    """Everything that the workflow knows. At the very start there is `start` and no `journey`.

    `definition` is the canonical text of the rules. `handled` has the receipts of the latest commands,
    `outbox` the notices not yet mailed, `last` is when the latest event was recorded, `peers` whether the team has
    peer workers. `ahead_by` is how many seconds the workflow's clock is ahead of
    Temporal's: 0, except in rehearsals, which are played at the time that they tell of.
    """

    definition: str
    team: str
    start: Start | None = None
    journey: Journey | None = None
    handled: dict[str, Receipt] = {}
    outbox: list[str] = []
    last: Instant | None = None
    peers: bool = False
    ahead_by: float = 0


class Previewed(Stored):
    """What a command would do, or by what right and in which words it would be refused."""

    preview: Preview | None = None
    refused: Why | None = None
    message: str = ""


class FaultInTheRulesError(RuntimeError):
    """The planner did what it never does. The workflow's task fails and is tried again, so a mended build goes on."""


class NotStartedError(RuntimeError):
    """Something was asked of a journey that has not begun; Temporal tries it again."""
