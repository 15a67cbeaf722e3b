"""Covering an absence: whom it concerns, and what became of each of their contacts."""

from enum import StrEnum

from schemas.base import Instant, Stored
from schemas.staff import Absence


class Became(StrEnum):
    """What became of a contact of somebody who is away."""

    COVERED = "covered"
    MOVED = "moved"
    PUT_BACK = "put-back"
    OVER = "over"
    REFUSED = "refused"

    @property
    def words(self) -> str:
        """The same in a sentence."""
        return {
            Became.COVERED: "somebody else comes at the same time",
            Became.MOVED: "it takes place at another time",
            Became.PUT_BACK: "nobody has time: it stays to be done, and is looked at again",
            Became.OVER: "it was done, or is no longer asked for",
            Became.REFUSED: "it could not be arranged",
        }[self]


class Outcome(Stored):
    """What became of one contact: who comes now and when; or why nothing could be done, and then there is no step.

    `goes_on` is who goes with the person from now on, when that is another.
    """

    transition_id: str
    step: str | None = None
    was: Instant | None = None
    became: Became
    staff: list[str] = []
    starts: Instant | None = None
    goes_on: str | None = None
    why: str | None = None


class CoverAbsenceState(Stored):
    """What the workflow of an absence carries. `todo` is None until it is known whom the absence concerns."""

    absence: Absence
    long: bool = False
    todo: list[str] | None = None
    done: list[Outcome] = []
    stopped: bool = False


class Progress(Stored):
    """How far the covering of an absence has come."""

    absence: Absence
    long: bool
    todo: int
    done: list[Outcome]
    stopped: bool
    finished: bool = False


class ToCover(Stored):
    """One person's contacts are to be covered, at `at`."""

    absence: Absence
    long: bool
    transition_id: str
    at: Instant


class Concerned(Stored):
    """Whom an absence concerns, those whom safety asks for first; `long` when others go with them from now on."""

    long: bool
    transitions: list[str]
