"""When supervision and debriefs are due, who is told and when, and who may know. Nothing here looks at a clock."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from enum import Enum

from planner.clock import (
    LONDON,
    MORNING,
    add_working_days,
    due_after,
    due_day,
    end_of,
    is_working_day,
    local_day,
    told_at,
)
from schemas.codes import Division, Track
from schemas.support import Matter
from schemas.workforce import Policy

REMINDER_WORKING_DAYS = 5
"""So long before supervision is due the worker and the supervisor are reminded, at 09:00."""
AGAIN = timedelta(days=7)
"""How often what is overdue is told again, until it is done."""
REMINDER = 0
"""The number of what is told first; 1 is told when it is overdue, and each later number a week after the one before."""


class Standing(Enum):
    """What somebody is towards a worker. One person may be several of these."""

    THEMSELVES = "themselves"
    ROLE_SUPERVISOR = "role supervisor"
    WELLBEING_SUPERVISOR = "wellbeing supervisor"
    PEER_LEAD = "peer lead"
    LINE_MANAGER = "line manager"


_WELLBEING = frozenset({Standing.THEMSELVES, Standing.WELLBEING_SUPERVISOR, Standing.PEER_LEAD})
MAY_KNOW = {
    Matter.ROLE: frozenset({Standing.THEMSELVES, Standing.ROLE_SUPERVISOR, Standing.PEER_LEAD, Standing.LINE_MANAGER}),
    Matter.WELLBEING: _WELLBEING,
    Matter.DEBRIEF: _WELLBEING,
}
"""Who sees what, and may record it. Whoever is none of these sees nothing."""


def may_know(matter: Matter, standing: Collection[Standing]) -> bool:
    """Whether somebody who stands like this towards a worker may know of the matter at all."""
    return not MAY_KNOW[matter].isdisjoint(standing)


def next_due(policy: Policy, track: Track, last: date | None, starting: date) -> date:
    """The last day for the next supervision, counted from the one before or, before the first, from starting."""
    weeks = policy.supervision_weeks if track is Track.ROLE else policy.wellbeing_supervision_weeks
    return (last or starting) + timedelta(weeks=weeks)


def offer_by(arisen: datetime, division: Division) -> datetime:
    """By when a debrief is to be offered: the end of the next working day."""
    return due_after(arisen, "working_days", 1, division)


def reminder_at(by: datetime, division: Division) -> datetime:
    """When it is reminded of what is due by then."""
    return told_at(by, "working_days", -REMINDER_WORKING_DAYS, division)


def number_at(by: datetime, now: datetime, division: Division) -> int | None:
    """What is to be told by now of something due by `by`: the latest alone, None when it is too early."""
    if now < by:
        return REMINDER if now >= reminder_at(by, division) else None
    return (local_day(now) - local_day(by)) // AGAIN + 1


def following(by: datetime, now: datetime, division: Division) -> datetime:
    """The next moment after now at which something is told, if nothing is done until then."""
    reminder = reminder_at(by, division)
    if now < by:
        return reminder if now < reminder else by
    told = number_at(by, now, division) or 0
    return end_of(due_day(by) + told * AGAIN)


def look_at(now: datetime, division: Division) -> datetime:
    """The next working morning: what was recorded meanwhile, whoever recorded it, is seen then.

    No debrief is overdue before it, for each may be offered until the end of a working day that begins later.
    """
    day = local_day(now)
    morning = datetime.combine(day, MORNING, LONDON)
    if now < morning and is_working_day(day, division):
        return told_at(end_of(day), "days", 0, division)
    return told_at(end_of(add_working_days(day, 1, division)), "days", 0, division)
