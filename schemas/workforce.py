"""Peer support as time: the local policy on hours, and what a journey knows of its worker and its bookings."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.base import Instant, Own, Stored, Strict, Words

Minutes = Annotated[int, Field(ge=0, le=480)]


class Place(StrEnum):
    """What sort of place a contact is at: all that a calendar says of it."""

    WARD = "ward"
    COMMUNITY = "community"
    HOME = "home"
    CLINIC = "clinic"
    TELEPHONE = "telephone"
    VIDEO = "video"

    @property
    def away(self) -> bool:
        """Somebody has to travel there."""
        return self not in (Place.TELEPHONE, Place.VIDEO)


class Policy(Strict):
    """What a service settles for itself. Every value is local policy: no national figure exists for any of them.

    `people_per_full_time` is how many people a worker of 37.5 hours may have; part of a person counts as one.
    A contact takes `contact_minutes`, and `travel_minutes` before and `writing_up_minutes` after it count as work.
    """

    contact_minutes: Annotated[int, Field(ge=5, le=480)] = 60
    travel_minutes: Minutes = 20
    writing_up_minutes: Minutes = 15
    people_per_full_time: Annotated[float, Field(gt=0, le=200)] = 60
    warm_handover: bool = False
    """The team's ward worker hands over to a community worker when the person leaves the ward."""
    window_days: Annotated[int, Field(ge=1, le=92)] = 14
    """A contact is sought in so many days before it is due, or since its step opened when that is later."""
    horizon_weeks: Annotated[int, Field(ge=1, le=26)] = 8
    """How far ahead contacts are booked."""
    notice_hours: Annotated[int, Field(ge=0, le=336)] = 24
    """Nobody is booked in sooner than this without being asked."""
    look_again_days: Annotated[int, Field(ge=1, le=28)] = 7
    """How often somebody without a worker, or a contact without a time, is looked at again."""
    queue_working_days: Annotated[int, Field(ge=1, le=60)] = 5
    """How long somebody may wait for a worker before it escalates."""
    long_absence_working_days: Annotated[int, Field(ge=1, le=260)] = 10
    supervision_weeks: Annotated[int, Field(ge=1, le=26)] = 4
    wellbeing_supervision_weeks: Annotated[int, Field(ge=1, le=26)] = 4
    team_lead_alert_minutes: Annotated[int, Field(ge=1, le=240)] = 15
    """After the expected end of a visit that nobody has checked out of."""
    service_manager_alert_minutes: Annotated[int, Field(ge=1, le=480)] = 30
    first_home_visit_joint: bool = True


class GroupPlan(Strict):
    """A group that is to meet once: with whom, where, when, and for how many people at most."""

    team: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=120)]
    place: Place
    starts: Instant
    ends: Instant
    staff: Annotated[list[str], Field(min_length=1, max_length=4)]
    people_at_most: Annotated[int, Field(ge=1, le=100)]

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if not timedelta(minutes=15) <= self.ends - self.starts <= timedelta(hours=8):
            raise ValueError("a group meets for a quarter of an hour to eight hours")
        if len(set(self.staff)) < len(self.staff):
            raise ValueError("each worker is named once")
        return self


class Booked(Stored):
    """A contact that has a time, found for the step's `due` as it was then.

    `staff` are who comes: one, or two for a joint contact; `group` is the group session, when it is one.
    """

    id: str
    due: Instant | None
    staff: list[str]
    starts: Instant
    ends: Instant
    place: Place
    group: str | None = None


class Unplaced(Stored):
    """A contact without a time: for which due instant, and why there is none; no why when it is too early to look."""

    due: Instant | None
    why: Words | None = None


class Peers(Stored):
    """The peer support of one journey: who goes with the person, what they asked for, and what is booked.

    `worker` is responsible. `joining` will take over once they have met the person together (`met`) and accepted;
    `leaving` says that no other contact is booked with the worker until then.
    `not_with` are workers the person does not want, `stepped_back` who stepped back: people are not told which.
    `look` is when time alone asks for another look at what could not be placed.
    """

    worker: str | None = None
    joining: str | None = None
    met: bool = False
    leaving: bool = False
    past: list[str] = []
    asked_for: str | None = None
    not_with: list[str] = []
    stepped_back: list[str] = []
    wishes: Annotated[list[str], Own.WISHES] = []
    waiting_since: Instant | None = None
    booked: dict[str, Booked] = {}
    unplaced: dict[str, Unplaced] = {}
    look: Instant | None = None
    at_home: bool = False
    """Somebody has been to see the person at home: the first time is made by two."""
