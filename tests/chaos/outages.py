"""When something was away, and what follows from that for a promise. Pure: no clock, no I/O."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

NOTHING = timedelta(0)


class Outage(NamedTuple):
    """Something was killed, full, cut off or slow, from when until everything answered again.

    `holds_up` says whether a promise needs what was away, `of_records` whether what is written into the records does:
    that is tried again and again meanwhile.
    """

    what: str
    starts: datetime
    ends: datetime
    holds_up: bool = True
    of_records: bool = True

    @property
    def length(self) -> timedelta:
        """For how long."""
        return self.ends - self.starts


class Shadow(NamedTuple):
    """A time in which a promise may be late: an outage, or several in a row, and what it takes to go on after it."""

    starts: datetime
    ends: datetime


def shadows(outages: Iterable[Outage], longest_wait: timedelta) -> list[Shadow]:
    """The outages that hold promises up, in their order, each with the time after it in which the next try may lie.

    What could not be written waits twice as long each time, at most `longest_wait`: so the last try that failed may be
    followed by one as late again as the outage was long. An outage that begins before that prolongs it.
    """
    found: list[Shadow] = []
    for outage in sorted((one for one in outages if one.holds_up), key=lambda one: one.starts):
        goes_on = bool(found) and outage.starts <= found[-1].ends
        starts = found[-1].starts if goes_on else outage.starts
        ends = outage.ends + (min(outage.ends - starts, longest_wait) if outage.of_records else NOTHING)
        if goes_on:
            found[-1] = Shadow(starts, max(ends, found[-1].ends))
        else:
            found.append(Shadow(starts, ends))
    return found


def within(shadow: Sequence[Shadow], starts: datetime, ends: datetime) -> timedelta:
    """How much of a time lies in the shadow of outages."""
    parts = (min(one.ends, ends) - max(one.starts, starts) for one in shadow)
    return sum((part for part in parts if part > NOTHING), NOTHING)
