"""What another system may tell us, as a CloudEvent (CloudEvents 1.0): a milestone, an attendance, a changed date."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, TypeAdapter

from schemas.base import Instant, Stored, Strict
from schemas.codes import Attendance, Mechanism
from schemas.command import StepName

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class About(Strict):
    """Whom it is about: a transition, or a person by the service's own number or their NHS number.

    `pathway` says which, when they are on more than one.
    """

    transition_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")] | None = None
    local_id: Text | None = None
    nhs_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")] | None = None
    pathway: Text | None = None


class Milestone(About):
    """Something happened."""

    milestone: Text
    occurred_at: Instant


class Attended(About):
    """A contact took place, or did not."""

    step: StepName
    attendance: Attendance
    mechanism: Mechanism
    at: Instant


class Expected(About):
    """A date that is expected has changed; null when it is not known any more."""

    milestone: Text
    expected: Instant | None


class _Event(Stored):
    """The context that every CloudEvent has; what we do not know of it is let be."""

    specversion: Literal["1.0"]
    id: Text
    source: Text
    time: Instant | None = None
    datacontenttype: Literal["application/json"] = "application/json"


class MilestoneEvent(_Event):
    """A milestone."""

    type: Literal["alongside.milestone"]
    data: Milestone


class AttendanceEvent(_Event):
    """An attendance."""

    type: Literal["alongside.attendance"]
    data: Attended


class DateEvent(_Event):
    """A changed date."""

    type: Literal["alongside.date"]
    data: Expected


AnyEvent = Annotated[MilestoneEvent | AttendanceEvent | DateEvent, Field(discriminator="type")]
EVENT: TypeAdapter[Any] = TypeAdapter(AnyEvent)


class Source(Stored):
    """A system that tells us, and as whom it does."""

    source: str
    acts_as: str
    created_by: str | None
    created_at: Instant
    ended_at: Instant | None = None
