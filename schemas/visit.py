"""Out alone: a contact outside a staffed building, from checking in to checking out."""

from schemas.base import Instant, Stored
from schemas.command import Command, Reason, StaffId
from schemas.workforce import Place, Policy


class Visit(Stored):
    """Somebody is out. `joined_by` is who came along; `alone_because` why nobody did on a first visit at home.

    Nobody is safe until `checked_out` is set. `checked_out_command` is the command that did it, so that it is
    done once. Without a `team` the worker serves all of them.
    """

    id: str
    staff: StaffId
    joined_by: StaffId | None = None
    team: str | None = None
    transition_id: str | None = None
    place: Place
    alone_because: Reason | None = None
    checked_in: Instant
    expected_end: Instant
    checked_out: Instant | None = None
    checked_out_by: StaffId | None = None
    checked_out_command: str | None = None
    went_wrong: bool = False

    @property
    def out(self) -> tuple[str, ...]:
        """Who is out there: they cannot answer for their own alerts."""
        return (self.staff, self.joined_by) if self.joined_by else (self.staff,)


class CheckOut(Command):
    """The worker is back and safe, as they say, or as who answers for them found out.

    `went_wrong` asks that a debrief be offered; what went wrong is not asked, and not kept.
    """

    went_wrong: bool = False


class Extend(Command):
    """The visit takes longer: the alerts start again from the new expected end."""

    expected_end: Instant


class VisitState(Stored):
    """What a visit's workflow starts with; `ahead_by` is as in a transition's, in seconds."""

    visit: Visit
    policy: Policy
    ahead_by: float = 0


class DueAlert(Stored):
    """An alert that is to be told now, at `at`."""

    visit: Visit
    rung: int
    roles: list[str]
    at: Instant


class RecordedVisit(Stored):
    """The visit as the records hold it now, and the notices that wait to be mailed."""

    visit: Visit
    notices: list[str] = []
