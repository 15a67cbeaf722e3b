"""What every model shares: how strict it is, that its errors do not repeat what they are about, what an instant is."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:  # within a day of the first or the last instant that there is
        raise ValueError("the year cannot be right") from None


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A moment in time: needs a UTC offset when read, is UTC ever after."""


def as_code(value: Any) -> Any:
    """A code that YAML read as a number, because nobody put it in quotes: 200 is "200"."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Strict(BaseModel):
    """Something a person wrote: an unknown field is a mistake to report, not to pass over."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Stored(BaseModel):
    """Something kept between releases: a field added later has a default, an unknown one is left alone."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)
