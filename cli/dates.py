"""Dates and times as people write them on the command line, in the time of London."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from cli.errors import Stop

LONDON = ZoneInfo("Europe/London")  # not planner.clock's: that knows the bank holidays, which take half a second
FORMS = "write it 2026-11-26, 26/11/2026, 2026-11-26 14:05, today, yesterday, tomorrow, or 14:05 for today"
YEARS = range(1900, 2200)
NOON = time(12)

_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_WRITTEN = re.compile(
    r"(?P<day>\d{4}-\d\d?-\d\d?|\d\d?/\d\d?/\d{4}|yesterday|today|tomorrow)?"
    r"(?:(?:^|[T ] *)(?P<time>\d\d?:\d\d(?::\d\d(?:\.\d+)?)?)(?P<offset> *Z| *[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE | re.ASCII,
)


def happened(name: str, text: str | None, now: datetime) -> datetime | None:
    """When something happened; None is "now".

    A day alone is noon of that day; today before noon, it is now.
    """
    if text is None:
        return None
    day, at = _read(name, text, now)
    if at is not None:
        return at
    local = now.astimezone(LONDON)
    if day == local.date() and local.time() < NOON:
        return None
    return datetime.combine(day, NOON, LONDON).astimezone(UTC)


def begins(name: str, text: str, now: datetime) -> datetime:
    """A moment to count from; a day alone is the midnight at which it begins."""
    day, at = _read(name, text, now)
    return at or _midnight(day)


def ends(name: str, text: str, now: datetime) -> datetime:
    """A moment by which something has to be done; a day alone counts to its end."""
    day, at = _read(name, text, now)
    return at or _midnight(day + timedelta(days=1))


def birth(name: str, text: str, now: datetime) -> date:
    """A date of birth."""
    day, at = _read(name, text, now)
    if at is not None:
        raise Stop(f"{name}: give the day alone, such as 1990-05-04.", 2)
    return day


def day(name: str, text: str, now: datetime) -> date:
    """A day without a time."""
    found, at = _read(name, text, now)
    if at is not None:
        raise Stop(f"{name}: give the day alone, such as 2026-11-26.", 2)
    return found


def _midnight(day: date) -> datetime:
    """The instant at which a day begins in London."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def _read(name: str, text: str, now: datetime) -> tuple[date, datetime | None]:
    """The day, and the instant when a time was said. Stop when there is no such day or time."""
    said = _WRITTEN.fullmatch(text.strip())
    if said is None or not (said["day"] or said["time"]):
        raise Stop(f"{name} {text!r} is not a date: {FORMS}.", 2)
    try:
        day = _day(said["day"], now)
        clock = _clock(said["time"])
    except (ValueError, OverflowError):
        raise Stop(f"{name} {text!r} does not exist: check the day, the month and the time.", 2) from None
    if day.year not in YEARS:
        raise Stop(f"{name} {text!r} is too far away: the year lies between {YEARS.start} and {YEARS.stop - 1}.", 2)
    return day, None if clock is None else _instant(name, text, datetime.combine(day, clock), said["offset"])


def _day(text: str | None, now: datetime) -> date:
    words = (text or "today").lower()
    if words in _DAYS:
        return now.astimezone(LONDON).date() + timedelta(days=_DAYS[words])
    if "/" in words:
        day, month, year = map(int, words.split("/"))
    else:
        year, month, day = map(int, words.split("-"))
    return date(year, month, day)


def _clock(text: str | None) -> time | None:
    if text is None:
        return None
    return time.fromisoformat(text if text[2] == ":" else f"0{text}")


def _instant(name: str, text: str, local: datetime, offset: str | None) -> datetime:
    if offset is not None:
        return local.replace(tzinfo=_zone(name, text, offset.strip().upper())).astimezone(UTC)
    # Where the clocks go back an hour comes twice: the first is meant (fold 0).
    at = local.replace(tzinfo=LONDON).astimezone(UTC)
    if at.astimezone(LONDON).replace(tzinfo=None) != local:
        raise Stop(f"{name} {text!r} does not exist: the clocks go forward over that hour.", 2)
    return at


def _zone(name: str, text: str, offset: str) -> timezone:
    if offset == "Z":
        return UTC
    digits = offset[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:
        raise Stop(f"{name} {text!r} is in no time zone: check the offset after the time.", 2)
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if offset[0] == "-" else ahead)
