"""How many minutes of a week somebody works, and how many of them are free. Weeks begin on Monday in London."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

from planner.clock import is_bank_holiday, local_day, midnight
from planner.workforce.pattern import Interval, Pattern, shifts_on
from planner.workforce.roster import Busy, Roster, Worker
from schemas.codes import Division

A_DAY = timedelta(days=1)
A_WEEK = timedelta(weeks=1)
AHEAD_WEEKS = 4
"""How many weeks of hours count when somebody is to go with a person."""


def monday(day: date) -> date:
    """The Monday that a day's week begins with."""
    return day - timedelta(days=day.weekday())


def week_of(at: datetime) -> date:
    """The Monday of the week of an instant, in London."""
    return monday(local_day(at))


def open_intervals(worker: Worker, first: datetime, last: datetime, division: Division) -> list[Interval]:
    """When a worker works between two instants: their pattern without bank holidays and absences."""
    return _open(worker.pattern, worker.away, first, last, division)


def _open(
    pattern: Pattern, away: tuple[Interval, ...], first: datetime, last: datetime, division: Division
) -> list[Interval]:
    found: list[Interval] = []
    day, end = local_day(first), local_day(last)
    while day <= end:
        if not is_bank_holiday(day, division):
            for begins, ends in shifts_on(pattern, day):
                begins, ends = max(begins, first), min(ends, last)
                if begins < ends:
                    found += without((begins, ends), away)
        day += A_DAY
    return found


def without(interval: Interval, gaps: Iterable[Interval]) -> list[Interval]:
    """What is left of an interval when the gaps are taken out of it."""
    left = [interval]
    for begins, ends in gaps:
        left = [
            part
            for one in left
            for part in ((one[0], min(one[1], begins)), (max(one[0], ends), one[1]))
            if part[0] < part[1]
        ]
    return left


def minutes_in(intervals: Sequence[Interval]) -> int:
    """How many minutes the intervals hold."""
    return int(sum((ends - begins).total_seconds() for begins, ends in intervals) // 60)


def available_minutes(worker: Worker, week: date, division: Division) -> int:
    """What a worker can work in a week: what their pattern offers, and no more than they are contracted for."""
    return min(worker.minutes, _worked_minutes(worker.pattern, worker.away, week, division))


@lru_cache(maxsize=65536)
def _worked_minutes(pattern: Pattern, away: tuple[Interval, ...], week: date, division: Division) -> int:
    return minutes_in(_open(pattern, away, midnight(week), midnight(week + A_WEEK), division))


def spent_minutes(busy: Iterable[Busy], week: date) -> int:
    """What is spoken for in a week."""
    begins, ends = midnight(week), midnight(week + A_WEEK)
    return sum(one.minutes for one in busy if begins <= one.begins < ends)


def free_minutes(roster: Roster, staff: str, week: date) -> int:
    """What is left of a worker's week; below zero when somebody overrode it."""
    busy = roster.between(staff, midnight(week), midnight(week + A_WEEK))
    return available_minutes(roster.workers[staff], week, roster.division) - spent_minutes(busy, week)


def free_ahead(roster: Roster, staff: str, now: datetime, weeks: int = AHEAD_WEEKS) -> int:
    """What is free of the weeks after this one; a week that is over its hours lends nothing to another."""
    return sum(_free_by_week(roster, staff, now, weeks))


def room_ahead(roster: Roster, staff: str, now: datetime, each: int, weeks: int = AHEAD_WEEKS) -> int:
    """What of that whole contacts of so many minutes fit into: the ends of four weeks do not make one contact."""
    return sum(free // each * each for free in _free_by_week(roster, staff, now, weeks))


def _free_by_week(roster: Roster, staff: str, now: datetime, weeks: int) -> list[int]:
    following = week_of(now) + A_WEEK
    return [max(0, free_minutes(roster, staff, following + n * A_WEEK)) for n in range(weeks)]
