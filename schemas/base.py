"""What every model shares: how strict it is, that its errors do not repeat what they are about, what an instant is.

And which of its texts somebody writes of a person in their own words: the records keep those sealed.
"""

from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:  # within a day of the first or the last instant that there is
        raise ValueError("the year cannot be right") from None


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A moment in time: needs a UTC offset when read, is UTC ever after."""


class Own(Enum):
    """Marks a text that may be somebody's own words of a person, by how it is told from a code."""

    WORDS = "words"
    """It is theirs unless it is a code that the planner gives."""
    TITLE = "title"
    """It is theirs where the step comes from no rule of the pathway."""
    WISHES = "wishes"
    """`kind:wish`: the wish is theirs unless it is one word, as the staff list has them. A value that is no list is a
    code of the pathway."""
    ANSWERS = "answers"
    """Whatever is no number and no single word; and the answers to single questions, as a whole."""


Words = Annotated[str, Own.WORDS]
"""A text that may be somebody's own words."""


def as_code(value: Any) -> Any:
    """A code that YAML read as a number, because nobody put it in quotes: 200 is "200"."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Strict(BaseModel):
    """Something a person wrote: an unknown field is a mistake to report, not to pass over."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Stored(BaseModel):
    """Something kept between releases: a field added later has a default, an unknown one is left alone."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)
