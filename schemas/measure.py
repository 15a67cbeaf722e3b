"""What somebody answered when a measure was asked, and what came of it: the scores that a step's completion carries."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from schemas.base import Stored, Strict
from schemas.codes import View


class Change(StrEnum):
    """What a score says beside the first one of the same measure and the same view."""

    BASELINE = "baseline"
    IMPROVED = "improved"
    DETERIORATED = "deteriorated"
    NO_CHANGE = "no-change"


def _number(value: Any) -> Any:
    """A number as it was meant; yes and no are none."""
    if isinstance(value, bool):
        raise ValueError("is no number")  # noqa: TRY004 - what pydantic tells as a mistake
    return value


Number = Annotated[float, BeforeValidator(_number), Field(ge=-1_000_000, le=1_000_000, allow_inf_nan=False)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]


def _numbered(value: Any) -> Any:
    """Answers in their order are answers by number."""
    return {str(number): one for number, one in enumerate(value, start=1)} if isinstance(value, list) else value


class Answer(Strict):
    """What was said when a measure was asked: its answers by number, or totals by scale, or one total.

    `choice` is the answer to a question with words to choose from. Somebody who would rather not has `declined`.
    """

    view: View | None = None
    items: Annotated[dict[Key, Number], BeforeValidator(_numbered), Field(max_length=100)] = {}
    totals: Annotated[dict[Key, Number], Field(max_length=100)] = {}
    total: Number | None = None
    choice: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    declined: bool = False

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        said = [self.items, self.totals, self.total is not None, self.choice, self.declined]
        if sum(map(bool, said)) != 1:
            raise ValueError("say one of: the answers, the totals, one total, or that they would rather not")
        return self


class Score(Stored):
    """One number of a measure: what was added up, and what it comes to on the measure's own scale."""

    raw: Number | None = None
    derived: Number
    change: Change | None = None


class Result(Stored):
    """A measure as it is kept: whose view, by which version of the scoring, and the numbers.

    `items` are kept where the licence allows it. Of an anonymous measure only that it was asked is kept here. `change`
    says what the scores say together: anything that got reliably worse outweighs what got better.
    """

    view: View = View.SELF
    version: Annotated[int, Field(ge=1)]
    declined: bool = False
    anonymous: bool = False
    items: dict[str, float] | None = None
    scales: dict[str, Score] = {}
    change: Change | None = None


def results(scores: Mapping[str, Any] | None) -> Iterator[tuple[str, Result]]:
    """The scored results among the scores of a step, by measure; what is a bare number or no result is left out."""
    for instrument, told in (scores or {}).items():
        for one in told if isinstance(told, list) else [told]:
            if not isinstance(one, dict):
                continue
            try:
                yield instrument, Result.model_validate(one)
            except ValidationError:  # from before measures were scored, or from a story that tells it otherwise
                continue
