"""When somebody works in a week: read as staff lists write it, "mon-thu 09:00-17:00; fri 09:00-12:00,13:00-15:00"."""

import re
from datetime import UTC, date, datetime, time
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from planner.clock import LONDON

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PART = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?\s+(.+)")
_SPELL = re.compile(r"(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})")
MARGIN = 1 / 60
"""Hours by which a pattern may fall short: rounding of 7 h 30 to decimals is no mistake."""
HOW = "write it as mon-fri 09:00-17:00, several parts with a semicolon between"


class Shift(NamedTuple):
    """A spell of work on one weekday (0 is Monday), local to London."""

    weekday: int
    begins: time
    ends: time


Pattern = tuple[Shift, ...]
Interval = tuple[datetime, datetime]
"""From, and until just before."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Pattern:
    """The working pattern that a text says; ValueError says what is wrong with it and how to write it."""
    shifts: list[Shift] = []
    for part in filter(None, (part.strip() for part in text.lower().split(";"))):
        found = _PART.fullmatch(part)
        if found is None:
            raise ValueError(f"{part!r} is no working time: {HOW}")
        weekdays = _weekdays(found[1], found[2] or found[1])
        shifts += [Shift(day, *spell) for day in weekdays for spell in _spells(found[3])]
    shifts.sort()
    if not shifts:
        raise ValueError(f"no working time is given: {HOW}")
    for one, other in pairwise(shifts):
        if one.weekday == other.weekday and other.begins < one.ends:
            raise ValueError(f"two spells of {DAYS[one.weekday]} overlap: give each hour once")
    return _joined(shifts)


def _joined(shifts: list[Shift]) -> Pattern:
    """Spells that touch are one: somebody who works until noon and from noon on can be with a person at noon."""
    joined = shifts[:1]
    for shift in shifts[1:]:
        if (shift.weekday, shift.begins) == (joined[-1].weekday, joined[-1].ends):
            joined[-1] = joined[-1]._replace(ends=shift.ends)
        else:
            joined.append(shift)
    return tuple(joined)


def _weekdays(first: str, last: str) -> range:
    for name in (first, last):
        if name not in DAYS:
            raise ValueError(f"{name!r} is no weekday: use {', '.join(DAYS)}")
    start, end = DAYS.index(first), DAYS.index(last)
    if start > end:
        raise ValueError(f"{first}-{last} goes backwards: a week begins with mon")
    return range(start, end + 1)


def _spells(text: str) -> list[tuple[time, time]]:
    spells = []
    for one in text.split(","):
        found = _SPELL.fullmatch(one.strip())
        if found is None:
            raise ValueError(f"{one.strip()!r} is no time of day: {HOW}")
        begins, ends = _time(found[1]), _time(found[2])
        if ends <= begins:
            raise ValueError(f"{one.strip()} ends before it begins: work over midnight is two days")
        spells.append((begins, ends))
    return spells


def _time(text: str) -> time:
    hour, minute = (int(part) for part in text.split(":"))
    if hour > 23 or minute > 59:
        raise ValueError(f"{text} is no time of day: {HOW}")
    return time(hour, minute)


def shortfall(pattern: Pattern, contracted: float) -> str | None:
    """What to say when a pattern holds fewer hours a week than are contracted; None when it holds them."""
    minutes = sum(
        (one.ends.hour - one.begins.hour) * 60 + one.ends.minute - one.begins.minute for one in pattern
    )  # fmt: skip
    held = round(minutes / 60, 2)
    if held + MARGIN < contracted:
        return f"contracted {contracted:g} h but the pattern holds {held:g} h"
    return None


@lru_cache(maxsize=65536)
def shifts_on(pattern: Pattern, day: date) -> tuple[Interval, ...]:
    """The spells of work of a day, as instants."""
    return tuple(
        (_instant(day, shift.begins), _instant(day, shift.ends)) for shift in pattern if shift.weekday == day.weekday()
    )


def _instant(day: date, at: time) -> datetime:
    return datetime.combine(day, at, LONDON).astimezone(UTC)
