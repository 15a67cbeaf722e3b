"""Reasons that are codes: the planner gives them, and figures ask for them. Every other reason is somebody's words."""

from planner.covering import AWAY_THEN, GOODBYE
from planner.peers import CANCELLED
from planner.turn import BEFORE_ALONGSIDE, DEFINITION_CHANGED, PASSED, SERIES_ENDED, SUPERSEDED
from schemas.codes import WAS_NOT_BROUGHT, Attendance
from schemas.journey import Journey

CODES = frozenset(
    {
        *(BEFORE_ALONGSIDE, PASSED, SUPERSEDED, SERIES_ENDED, DEFINITION_CHANGED, AWAY_THEN, GOODBYE, CANCELLED),
        *("declined", "withdrawn", "no-longer-asked-for", WAS_NOT_BROUGHT.replace(" ", "-")),
        *(attendance.name.lower().replace("_", "-") for attendance in Attendance),
    }
)
"""The same in every journey."""


def codes(journey: Journey) -> frozenset[str]:
    """Every reason that is a code in a journey: its milestones and its exit are, too."""
    return CODES | journey.occurred.keys() | ({journey.closed.exit} if journey.closed else set())
