"""Covering an absence: whom it concerns, and what became of each of their contacts."""

from enum import StrEnum

from schemas.base import Instant, Stored
from schemas.staff import Absence


class Became(StrEnum):
    """What became of a contact of somebody who is away."""

    WAITING = "waiting"
    COVERED = "covered"
    GOODBYE = "goodbye"
    MOVED = "moved"
    PUT_BACK = "put-back"
    OVER = "over"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    GROUP = "group"

    @property
    def words(self) -> str:
        """The same in a sentence."""
        return _WORDS[self]


_WORDS = {
    Became.WAITING: "it waits its turn",
    Became.COVERED: "somebody else comes at the same time",
    Became.GOODBYE: "both come, to say goodbye",
    Became.MOVED: "it takes place at another time",
    Became.PUT_BACK: "nobody has time: it stays to be done, and is looked at again",
    Became.OVER: "it was done, moved or no longer asked for before it was its turn",
    Became.REFUSED: "it could not be arranged",
    Became.WITHDRAWN: "it stays as it is: the absence was withdrawn",
    Became.GROUP: "the group meets with whoever else holds it",
}


class Outcome(Stored):
    """What became of one contact: who comes now and when; or why nothing could be done.

    Without a step it is about who goes with the person; a `group` has no person of its own. `goes_on` is who goes with
    the person from now on, when that is another.
    """

    transition_id: str | None = None
    group: str | None = None
    step: str | None = None
    was: Instant | None = None
    became: Became
    staff: list[str] = []
    starts: Instant | None = None
    goes_on: str | None = None
    why: str | None = None


class CoverAbsenceState(Stored):
    """What the workflow of an absence carries. `todo` is None until it is known whom the absence concerns.

    `late` are people whose journeys did not answer in time: they come last, so that they hold nobody else up.
    """

    absence: Absence
    long: bool = False
    todo: list[Outcome] | None = None
    late: list[str] = []
    done: list[Outcome] = []
    stopped: bool = False


class Progress(Stored):
    """How far the covering of an absence has come. `todo` is how many people are left, `waiting` are their contacts."""

    absence: Absence
    long: bool
    todo: int
    waiting: list[Outcome]
    done: list[Outcome]
    stopped: bool
    finished: bool = False


class ToCover(Stored):
    """One person's contacts are to be covered, at `at`."""

    absence: Absence
    long: bool
    transition_id: str
    contacts: list[Outcome]
    at: Instant


class Concerned(Stored):
    """Whose contacts an absence concerns, in their order; `long` when others go with them from now on.

    `done` is what nothing has to be done for.
    """

    long: bool
    contacts: list[Outcome]
    done: list[Outcome]
