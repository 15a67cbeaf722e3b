"""A time that exists: the earliest at which everybody who comes works, is free, and has hours left."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from planner.clock import LONDON, local_day
from planner.workforce.hours import free_minutes, open_intervals, week_of
from planner.workforce.pattern import DAYS, Interval
from planner.workforce.roster import Busy, Roster
from schemas.workforce import Place, Policy

GRID = timedelta(minutes=5)
"""Contacts begin at a multiple of this: nobody is asked to come at 10:23."""
A_MOMENT = timedelta(microseconds=1)
WHOLE_DAY = (time.min, time.max)
_PARTS = {"morning": (time.min, time(12)), "afternoon": (time(12), time(17)), "evening": (time(17), time.max)}

NOBODY_WORKS, TOO_SHORT, NOT_ASKED_FOR, BOOKED, HOURS_USED_UP = range(5)
WHY_NOT = (
    "nobody works between now and then",
    "no spell of work until then is long enough, with the way there and the writing up",
    "no hour that is worked until then is at a time the person asked for",
    "every hour that is worked until then is booked",
    "the hours of the week are used up",
)
"""Why there is no time, in the order in which a search gets further."""


class Slot(NamedTuple):
    """A contact's time, and the time of each worker that it takes."""

    starts: datetime
    ends: datetime
    busy: tuple[Busy, ...]


class Wanted(NamedTuple):
    """A contact that looks for a time: by whom, from when until when, how long, where, and at which of their times."""

    staff: tuple[str, ...]
    first: datetime
    last: datetime
    minutes: int
    place: Place
    times: tuple[str, ...] = ()


def slot_at(starts: datetime, minutes: int, place: Place, staff: Sequence[str], policy: Policy) -> Slot:
    """The time that a contact takes of each worker: the way there, the contact, and writing it up."""
    ends = starts + timedelta(minutes=minutes)
    travel = policy.travel_minutes if place.away else 0
    begins, done = starts - timedelta(minutes=travel), ends + timedelta(minutes=policy.writing_up_minutes)
    cost = minutes + travel + policy.writing_up_minutes
    return Slot(starts, ends, tuple(Busy(one, begins, done, cost) for one in staff))


def find(roster: Roster, wanted: Wanted) -> Slot | str:
    """The earliest time there is, or why there is none, in words: what the search that came furthest failed of."""
    sample = slot_at(wanted.first, wanted.minutes, wanted.place, wanted.staff, roster.policy)
    before, after = wanted.first - sample.busy[0].begins, sample.busy[0].ends - sample.starts
    shared = _shared(roster, wanted, wanted.first - before, wanted.last - (sample.ends - sample.starts) + after)
    reached = NOBODY_WORKS
    for begins, ends in shared:
        reached = max(reached, TOO_SHORT)
        first, last = max(begins + before, wanted.first), min(ends - after, wanted.last - (sample.ends - sample.starts))
        if _on_grid(first) <= last:
            reached = max(reached, NOT_ASKED_FOR)
        for earliest, latest in _asked_for(first, last, wanted.times):
            found = _earliest(roster, wanted, _on_grid(earliest), latest)
            if isinstance(found, Slot):
                return found
            reached = max(reached, found)
    return WHY_NOT[reached]


def _earliest(roster: Roster, wanted: Wanted, starts: datetime, latest: datetime) -> Slot | int:
    """The first time of a spell at which nobody is booked, if the hours of its week are enough."""
    reached = NOBODY_WORKS
    while starts <= latest:
        slot = slot_at(starts, wanted.minutes, wanted.place, wanted.staff, roster.policy)
        clash = _clash(roster, slot)
        if clash is None:
            return HOURS_USED_UP if over_hours(roster, slot) else slot
        reached, starts = BOOKED, _on_grid(clash + (starts - slot.busy[0].begins))
    return reached


def _asked_for(first: datetime, last: datetime, times: Sequence[str]) -> list[Interval]:
    """What of a spell within one day is at the times that the person asked for, the last moment included."""
    day = local_day(first)
    if not suits_day(day, times):
        return []
    parts = [_PARTS[one] for one in _PARTS if one in times] or [WHOLE_DAY]
    found = [(max(first, _at(day, begins)), min(last, _at(day, ends) - A_MOMENT)) for begins, ends in parts]
    return [(begins, ends) for begins, ends in found if begins <= ends]


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, LONDON).astimezone(UTC)


def problems(roster: Roster, slot: Slot) -> list[str]:
    """Why a time that somebody named cannot be, apart from hours; a sentence each, none when it can."""
    found = []
    for busy in slot.busy:
        worker = roster.workers.get(busy.staff)
        if worker is None:
            found.append(f"{busy.staff} is no peer worker of this team.")
            continue
        works = open_intervals(worker, busy.begins, busy.ends, roster.division)
        if works != [(busy.begins, busy.ends)]:
            found.append(f"{busy.staff} does not work then, with the way there and the writing up.")
        if roster.between(busy.staff, busy.begins, busy.ends):
            found.append(f"{busy.staff} is booked already then.")
    return found


def over_hours(roster: Roster, slot: Slot) -> list[str]:
    """Who would work more than the hours of the week."""
    return [
        busy.staff
        for busy in slot.busy
        if busy.staff in roster.workers and free_minutes(roster, busy.staff, week_of(busy.begins)) < busy.minutes
    ]


def suits(starts: datetime, times: Sequence[str]) -> bool:
    """A time is among those that the person asked for: parts of the day, weekdays; other words say nothing."""
    local = starts.astimezone(LONDON)
    parts = [_PARTS[one] for one in times if one in _PARTS]
    in_part = not parts or any(begins <= local.time() < ends for begins, ends in parts)
    return in_part and suits_day(local.date(), times)


def suits_day(day: date, times: Sequence[str]) -> bool:
    """The day is one of the weekdays that the person asked for, if they asked for any."""
    days = [DAYS.index(one[:3]) for one in times if one[:3] in DAYS]
    return not days or day.weekday() in days


def _shared(roster: Roster, wanted: Wanted, first: datetime, last: datetime) -> list[Interval]:
    """When everybody who comes works."""
    found: list[Interval] | None = None
    for staff in wanted.staff:
        own = open_intervals(roster.workers[staff], first, last, roster.division) if staff in roster.workers else []
        if found is None:
            found = own
        else:
            found = [
                (max(a[0], b[0]), min(a[1], b[1])) for a in found for b in own if max(a[0], b[0]) < min(a[1], b[1])
            ]
    return found or []


def _clash(roster: Roster, slot: Slot) -> datetime | None:
    """When the last booking in the way ends; None when nothing is in the way."""
    ends = [one.ends for busy in slot.busy for one in roster.between(busy.staff, busy.begins, busy.ends)]
    return max(ends, default=None)


def _on_grid(at: datetime) -> datetime:
    minutes, rest = divmod(at.minute * 60 + at.second + at.microsecond / 1e6, GRID.total_seconds())
    floor = at.replace(minute=0, second=0, microsecond=0) + minutes * GRID
    return floor if rest == 0 else floor + GRID
