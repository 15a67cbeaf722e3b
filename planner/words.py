"""Dates and roles as a person says them, in London time."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from planner.clock import LONDON, due_day, local_day
from schemas.codes import Role

_MOMENT = timedelta(microseconds=1)


def day(at: datetime) -> str:
    """For example "Thu 26 Nov 2026"."""
    return f"{at.astimezone(LONDON):%a %-d %b %Y}"


def moment(at: datetime) -> str:
    """For example "Thu 26 Nov 2026 14:05"."""
    return f"{at.astimezone(LONDON):%a %-d %b %Y %H:%M}"


def due(at: datetime) -> str:
    """A due instant: the day that it ends, or day and time when it falls within one."""
    local = at.astimezone(LONDON)
    return day(at - _MOMENT) if (local.hour, local.minute, local.second) == (0, 0, 0) else moment(at)


def due_from(at: datetime, now: datetime) -> str:
    """For example "due Thu 26 Nov 2026, 2 days late", "due today", "due tomorrow 14:05"."""
    text = f"due {due(at)}"
    if at <= now:
        days = (local_day(now) - due_day(at)).days
        hours = int((now - at) / timedelta(hours=1))
        return f"{text}, {_count(days, 'day')} late" if days else f"{text}, {_count(max(hours, 1), 'hour')} late"
    days = (due_day(at) - local_day(now)).days
    return f"{text} (today)" if days == 0 else f"{text} (tomorrow)" if days == 1 else text


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def roles(names: Iterable[Role]) -> str:
    """For example "the coordinator, the team lead and the duty manager"."""
    said = [f"the {name.words}" for name in names]
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)
