"""One thing done for many transitions: what it is, for which, and what became of each."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.base import Instant, Stored
from schemas.command import Reason, StaffId


class MoveMany(Stored):
    """Journeys that run by the definition `was` go on by `definition`: digests of the two."""

    do: Literal["move-definition"] = "move-definition"
    definition: str
    was: str
    reason: Reason | None = None


class AcknowledgeMany(Stored):
    """Late steps are seen to: nobody further is told before `until`."""

    do: Literal["acknowledge"] = "acknowledge"
    until: Instant
    reason: Reason


class OfferMany(Stored):
    """People are offered to another coordinator, who answers by a date for each of them."""

    do: Literal["handover-offer"] = "handover-offer"
    to: StaffId
    answer_by: Instant
    overlap_until: Instant | None = None
    reason: Reason


class AnswerMany(Stored):
    """Offers are accepted, or declined with a reason."""

    do: Literal["handover-answer"] = "handover-answer"
    accept: bool
    reason: Reason | None = None


AnyMany = Annotated[MoveMany | AcknowledgeMany | OfferMany | AnswerMany, Field(discriminator="do")]
MANY: TypeAdapter[AnyMany] = TypeAdapter(AnyMany)


class Became(StrEnum):
    """What became of one of the many."""

    TO_DO = "to-do"
    DONE = "done"
    REFUSED = "refused"
    LEFT = "left"
    """Whoever stopped it did not want it any more."""

    @property
    def words(self) -> str:
        """The same in words."""
        return _WORDS[self]


_WORDS = {
    Became.TO_DO: "still to do",
    Became.DONE: "done",
    Became.REFUSED: "could not be done",
    Became.LEFT: "left as it was",
}


class BulkState(Stored):
    """What the workflow of a bulk action carries: everything else is in the records."""

    bulk_id: str


class OneOfMany(Stored):
    """One of the many whose turn it is; `late` when its journey did not answer before, so that it comes last."""

    bulk_id: str
    number: int
    transition_id: str
    late: bool = False


class Turn(Stored):
    """Whose turn it is; nobody's when all is done (`ended`), or while it is `stopped`."""

    items: list[OneOfMany] = []
    stopped: bool = False
    ended: bool = False
