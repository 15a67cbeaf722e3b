"""A time that exists: the earliest at which everybody who comes works, is free, and has hours left."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple

from planner.clock import LONDON
from planner.workforce.hours import free_minutes, open_intervals, week_of
from planner.workforce.pattern import DAYS, Interval
from planner.workforce.roster import Busy, Roster
from schemas.workforce import Place, Policy

GRID = timedelta(minutes=5)
"""Contacts begin at a multiple of this: nobody is asked to come at 10:23."""
_PARTS = {"morning": (time(0), time(12)), "afternoon": (time(12), time(17)), "evening": (time(17), time(23, 59))}


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
    """The earliest time there is, or why there is none, in words."""
    sample = slot_at(wanted.first, wanted.minutes, wanted.place, wanted.staff, roster.policy)
    before, after = wanted.first - sample.busy[0].begins, sample.busy[0].ends - sample.starts
    shared = _shared(roster, wanted, wanted.first - before, wanted.last - timedelta(minutes=wanted.minutes) + after)
    why = "nobody works between now and then" if not shared else "every hour that is worked until then is booked"
    for begins, ends in shared:
        starts = _on_grid(max(begins + before, wanted.first))
        while starts + after <= ends and starts + timedelta(minutes=wanted.minutes) <= wanted.last:
            slot = slot_at(starts, wanted.minutes, wanted.place, wanted.staff, roster.policy)
            clash = _clash(roster, slot)
            if clash is not None:
                starts = _on_grid(clash + before)
            elif not suits(starts, wanted.times):
                why, starts = "no hour that is worked until then is at a time the person asked for", starts + GRID
            elif over_hours(roster, slot):
                why = "the hours of the week are used up"
                break
            else:
                return slot
    return why


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
    days = [DAYS.index(one[:3]) for one in times if one[:3] in DAYS]
    in_part = not parts or any(begins <= local.time() < ends for begins, ends in parts)
    return in_part and (not days or local.weekday() in days)


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
