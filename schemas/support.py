"""Support for the workers: dates of supervision, debriefs that are owed, and nothing of what was said in them."""

from datetime import date
from enum import StrEnum

from schemas.base import Instant, Stored
from schemas.codes import Division, Track
from schemas.command import StaffId


class Matter(StrEnum):
    """What support is about: a track of supervision, or a debrief."""

    ROLE = "role"
    WELLBEING = "wellbeing"
    DEBRIEF = "debrief"


class Cause(StrEnum):
    """After what a debrief is owed."""

    INCIDENT = "incident"
    DEATH = "death"
    VISIT = "visit"

    @property
    def words(self) -> str:
        """The cause as it is said in a sentence."""
        return {"incident": "an incident", "death": "a death", "visit": "a visit that went wrong"}[self]


class Supervised(Stored):
    """When somebody had supervision of a track last, and on which day at the latest it is due again."""

    staff: StaffId
    track: Track
    last: date | None
    due: date


class Debrief(Stored):
    """A debrief that is owed: that it was offered, and whether it was taken, is all that is known of it."""

    id: str
    staff: StaffId
    cause: Cause
    arisen_at: Instant
    offer_by: Instant
    offered_at: Instant | None = None
    offered_by: StaffId | None = None
    taken: bool | None = None


class SupportState(Stored):
    """What a worker's support begins with. `ahead_by` is as in a transition's, in seconds."""

    staff: StaffId
    division: Division = Division.ENGLAND_AND_WALES
    ahead_by: float = 0


class Look(Stored):
    """Look at what is due for somebody `at` this moment."""

    staff: StaffId
    at: Instant
    division: Division


class Looked(Stored):
    """Everybody was told who had to be; `following` is when to look again, None when nothing is owed any more."""

    following: Instant | None
