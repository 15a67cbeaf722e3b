"""How time is counted: exact hours, calendar days of Europe/London, and working days of a division.

Everything here is a pure function of its arguments; nothing asks what the time is.
"""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays.countries.united_kingdom import UnitedKingdom

from schemas.codes import Division

LONDON = ZoneInfo("Europe/London")
MORNING = time(9)
"""Reminders and rungs counted in working days fire at this local time."""

_SUBDIVISION = {
    Division.ENGLAND_AND_WALES: "ENG",
    Division.SCOTLAND: "SCT",
    Division.NORTHERN_IRELAND: "NIR",
}
_A_DAY = timedelta(days=1)
_A_MOMENT = timedelta(microseconds=1)


YEARS = range(1950, 2151)
"""The years whose bank holidays are known; outside of them only weekends are."""

# Worked out on import and not when asked for: the library reads translations, which workflow code may not.
_BANK_HOLIDAYS = {
    division: frozenset(UnitedKingdom(subdiv=subdivision, years=YEARS))  # type: ignore[no-untyped-call]  # has no types
    for division, subdivision in _SUBDIVISION.items()
}


def bank_holidays(division: Division, year: int) -> set[date]:
    """The bank holidays of a division in a year, substitute days among them."""
    return {day for day in _BANK_HOLIDAYS[division] if day.year == year}


def is_bank_holiday(day: date, division: Division) -> bool:
    """The day is a bank holiday of the division."""
    return day in _BANK_HOLIDAYS[division]


def is_working_day(day: date, division: Division) -> bool:
    """Monday to Friday, and no bank holiday of the division."""
    return day.weekday() < 5 and not is_bank_holiday(day, division)


@lru_cache(maxsize=65536)
def add_working_days(day: date, count: int, division: Division) -> date:
    """The `count`-th working day after the day (before it, when negative); the day itself for 0."""
    step = _A_DAY if count > 0 else -_A_DAY
    for _ in range(abs(count)):
        day += step
        while not is_working_day(day, division):
            day += step
    return day


def add_months(day: date, count: int) -> date:
    """The same day of the month so many months on, clamped to the month's last day."""
    month = day.year * 12 + day.month - 1 + count
    year, month = divmod(month, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


@lru_cache(maxsize=65536)
def local_day(at: datetime) -> date:
    """The date in London at an instant."""
    return at.astimezone(LONDON).date()


@lru_cache(maxsize=65536)
def midnight(day: date) -> datetime:
    """The instant at which a day begins in London."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The local midnight that ends a day."""
    return midnight(day + _A_DAY)


@lru_cache(maxsize=65536)
def due_day(due: datetime) -> date:
    """The day that a due instant belongs to: the local date of the moment just before it."""
    return local_day(due - _A_MOMENT)


def shift_day(day: date, unit: str, count: int, division: Division) -> date:
    """A day moved by days, weeks, months or working days."""
    if unit == "months":
        return add_months(day, count)
    if unit == "working_days":
        return add_working_days(day, count, division)
    return day + timedelta(days=count * (7 if unit == "weeks" else 1))


@lru_cache(maxsize=65536)
def due_after(at: datetime, unit: str, count: int, division: Division) -> datetime:
    """The instant `count` units after `at` (before it, when negative), as a due instant.

    `hours` are exact; every other unit ends with the local midnight of the day that it reaches. The
    unit "none" is the instant itself.
    """
    if unit == "none":
        return at
    if unit == "hours":
        return at.astimezone(UTC) + timedelta(hours=count)
    return end_of(shift_day(local_day(at), unit, count, division))


@lru_cache(maxsize=65536)
def told_at(due: datetime, unit: str, count: int, division: Division) -> datetime:
    """When somebody is told, `count` units from a due instant: 09:00 local, or exact in hours.

    Days are counted from the due day (see `due_day`).
    """
    if unit == "hours":
        return due.astimezone(UTC) + timedelta(hours=count)
    day = shift_day(due_day(due), unit, count, division)
    return datetime.combine(day, MORNING, LONDON).astimezone(UTC)


def birthday(born: date, age: int) -> datetime:
    """The local midnight with which somebody reaches an age; 29 February counts as the 28th."""
    return midnight(add_months(born, age * 12))
