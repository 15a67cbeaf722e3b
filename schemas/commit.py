"""What the workflow asks the records to write: everything that one command or one wake-up changed."""

from schemas.base import Instant, Stored, Words
from schemas.codes import Role
from schemas.command import Receipt
from schemas.event import Event
from schemas.journey import Journey


class Said(Stored):
    """The command that caused a change: which, who, when it was said, why, and about which step."""

    id: str
    do: str
    role: Role | None = None
    staff: str | None = None
    at: Instant
    reason: Words | None = None
    step: str | None = None


class Commit(Stored):
    """One revision of one journey, written in one transaction and keyed by (transition, revision).

    `said` is None when time alone caused the change. `definition` is the canonical text of the rules,
    given when the records may not have it yet (at the start, and when the journey moves to a newer one).
    """

    journey: Journey
    events: list[Event]
    at: Instant
    said: Said | None = None
    definition: str | None = None


class Ahead(Stored):
    """The records hold something else at this revision already: the workflow goes on from there.

    `receipt` is the answer to the command, when it is this very command that is recorded already. `at` is when the
    latest that they hold was.
    """

    journey: Journey
    definition: str
    at: Instant | None = None
    receipt: Receipt | None = None


class Committed(Stored):
    """What came of a commit, and the ids of notices to mail; or that the records are ahead, and nothing was written.

    `team` is whose the transition is now: it follows the coordinator. `peers` says whether that team has peer workers,
    where it was looked at. `at` is when what is recorded was, and `said` when its command was said: read from a history
    it may be otherwise, for a Temporal that dies meanwhile may keep a command as it was said again, and a task that
    took long is read with the time at which it ended.
    """

    notices: list[str] = []
    team: str | None = None
    peers: bool | None = None
    ahead: Ahead | None = None
    at: Instant | None = None
    said: Instant | None = None


class Arranged(Committed):
    """What came of arranging peer support: the journey and what happened, or why it was refused."""

    journey: Journey | None = None
    events: list[Event] = []
    refused: str | None = None
    message: str = ""
