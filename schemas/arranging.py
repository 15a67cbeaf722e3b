"""What the workflow asks the records when peer support needs arranging: who is free is known only there."""

from schemas.base import Instant, Stored
from schemas.command import AnyCommand


class Arranging(Stored):
    """Arrange the peer support of a journey that stands at `revision`: what `command` says, and whatever is unsettled.

    `at` is the instant at which it is decided.
    """

    transition_id: str
    revision: int
    at: Instant
    command: AnyCommand | None = None
