"""Who works here: the staff, and who stands in for whom."""

from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.base import Instant, Stored, Strict
from schemas.codes import Role
from schemas.command import StaffId

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class StaffMember(Strict):
    """One member of staff, as the service's staff list says it.

    `works` is when they work, in words ("mon-fri 09:00-17:00"). Without a team they hold their role
    for every team. `line_manager` and the supervisors are ids of staff, or roles; they may all differ.
    `job_share` is who shares the post. `settings` is where they may work ("secure-ward" needs experience);
    `attributes` is what they chose to share of themselves for matching ("gender:female").
    """

    id: StaffId
    name: Name
    role: Role
    team: Name | None = None
    hours_per_week: Annotated[float, Field(ge=0.1, le=37.5)] | None = None
    works: str | None = None
    languages: list[str] = []
    attributes: list[str] = []
    settings: list[str] = []
    line_manager: str | None = None
    role_supervisor: str | None = None
    wellbeing_supervisor: str | None = None
    job_share: StaffId | None = None
    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)] | None = None
    active: bool = True


class Cover(Strict):
    """Somebody is absent from `starts` until `ends`, and `stands_in` is told and acts instead."""

    staff: StaffId
    stands_in: StaffId
    starts: Instant
    ends: Instant

    @model_validator(mode="after")
    def _somebody_else_for_a_while(self) -> Self:
        if self.staff == self.stands_in:
            raise ValueError("nobody stands in for themselves: name somebody else")
        if self.ends <= self.starts:
            raise ValueError("the cover ends before it starts")
        return self


class Absence(Stored):
    """Somebody is away from `starts` until `ends`. Why is not known here, and must never be."""

    id: str
    staff: str
    starts: Instant
    ends: Instant
    recorded_by: str | None = None


class Feed(Stored):
    """A calendar feed of somebody; it is read until it is revoked."""

    staff: str
    created_at: Instant
    revoked_at: Instant | None = None


class Change(Stored):
    """What somebody changed of a member of staff or a team: each field with what it was and what it is now.

    `was` is empty of what was new; `by` is None when nobody was named.
    """

    at: Instant
    by: str | None
    was: dict[str, Any]
    is_now: dict[str, Any]
