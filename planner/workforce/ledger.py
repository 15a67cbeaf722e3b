"""The hours of a worker, week by week: what they are contracted for, can work, have booked and have done."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from planner.workforce.hours import A_WEEK, available_minutes
from planner.workforce.roster import Worker
from schemas.codes import Division


class Spent(NamedTuple):
    """Bookings of a worker in one week, in minutes with travel and writing up; `over` were booked beyond the hours."""

    staff: str
    week: date
    booked: int
    done: int
    over: int


class Week(NamedTuple):
    """One worker's week, in minutes. `free` is never below zero; what is beyond it is in `beyond`."""

    staff: str
    week: date
    contracted: int
    available: int
    booked: int
    done: int

    @property
    def free(self) -> int:
        """What can still be booked."""
        return max(0, self.available - self.booked - self.done)

    @property
    def beyond(self) -> int:
        """What is booked or done beyond what there is: a team lead's override, or leave that came later."""
        return max(0, self.booked + self.done - self.available)


def ledger(
    workers: Iterable[Worker], spent: Iterable[Spent], first: date, weeks: int, division: Division
) -> list[Week]:
    """The weeks of some workers from a Monday on, by worker and then by week."""
    of = {(one.staff, one.week): one for one in spent}
    nothing = Spent("", first, 0, 0, 0)
    return [
        Week(
            staff=worker.id,
            week=week,
            contracted=worker.minutes,
            available=available_minutes(worker, week, division),
            booked=of.get((worker.id, week), nothing).booked,
            done=of.get((worker.id, week), nothing).done,
        )
        for worker in workers
        for week in (first + n * A_WEEK for n in range(weeks))
    ]
