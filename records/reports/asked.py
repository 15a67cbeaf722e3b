"""What somebody asks of a report: whose, along which way, over which days, told apart by what."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from planner.clock import YEARS, add_months
from records.errors import RecordsError
from records.reports.definition import Period, Report

USUAL = {Period.WEEK: 13, Period.MONTH: 12, Period.QUARTER: 8}
"""How many periods are shown when nobody says from when."""
LONGEST = 120
"""Periods of one table."""


@dataclass(frozen=True)
class Asked:
    """The days from `begins` to before `until`; `by` is a split of the report or None.

    `inside` says that the answer stays with those who see the people anyway, so that small numbers may be shown.
    """

    begins: date
    until: date
    team: str | None = None
    pathway: str | None = None
    by: str | None = None
    inside: bool = False

    def within(self, period: date, report: Report) -> "Asked":
        """The same of one period alone, as far as it was asked for."""
        ends = next_period(period, report.period)
        return replace(self, begins=max(self.begins, period), until=min(self.until, ends))


def asked(
    report: Report, today: date, *, begins: date | None = None, ends: date | None = None, team: str | None = None,
    pathway: str | None = None, by: str | None = None, inside: bool = False,
) -> Asked:  # fmt: skip
    """What is asked, from whole periods; RecordsError when it cannot be. `ends` is the last day, or today.

    What is anonymous never counts as staying inside: those who see the people are not to know it either.
    """
    by = by if by or report.added_up else report.by
    if by is not None and by not in report.all_splits:
        raise RecordsError(
            "invalid", f"{report.title} cannot be told apart by {by}: choose one of {', '.join(report.all_splits)}."
        )
    last = ends or today
    if any(day.year not in YEARS for day in (last, begins) if day is not None):
        raise RecordsError("invalid", "That day is too far away: check the year.")
    first = begin_of(begins, report.period) if begins else _usual(last, report.period)
    if first > last:
        raise RecordsError("invalid", "The first day lies after the last: change one of them.")
    if len(periods(first, last + timedelta(days=1), report.period)) > LONGEST:
        raise RecordsError("invalid", f"That is more than {LONGEST} {report.period}s: begin later.")
    return Asked(first, last + timedelta(days=1), team, pathway, by, inside and not report.anonymous)


def _usual(last: date, period: Period) -> date:
    first = begin_of(last, period)
    for _ in range(USUAL[period] - 1):
        first = begin_of(first - timedelta(days=1), period)
    return first


def begin_of(day: date, period: Period) -> date:
    """The first day of the period that a day lies in."""
    match period:
        case Period.WEEK:
            return day - timedelta(days=day.weekday())
        case Period.MONTH:
            return day.replace(day=1)
    return day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1)


def next_period(begins: date, period: Period) -> date:
    """The first day of the period after the one that begins then."""
    match period:
        case Period.WEEK:
            return begins + timedelta(days=7)
        case Period.MONTH:
            return add_months(begins, 1)
    return add_months(begins, 3)


def periods(begins: date, until: date, period: Period) -> list[date]:
    """The first days of the periods from one day to before another."""
    found: list[date] = []
    one = begin_of(begins, period)
    while one < until and len(found) <= LONGEST:
        found.append(one)
        one = next_period(one, period)
    return found
