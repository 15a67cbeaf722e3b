"""The ledger adds up: what there is, what is booked and done, and never a free hour that is not there."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from planner.workforce.ledger import Spent, ledger
from planner.workforce.pattern import parse
from planner.workforce.roster import Worker
from schemas.codes import Division

MONDAY = date(2026, 12, 21)
"""The week of Christmas: Friday the 25th is a bank holiday everywhere, and the 28th stands in for Saturday the 26th."""
WORKER = Worker("peer-1", parse("mon-fri 09:00-15:00"), 20 * 60)
NONE: list[Spent] = []


def test_a_week_holds_no_more_than_is_contracted() -> None:
    (week,) = ledger([WORKER], NONE, date(2027, 1, 11), 1, Division.ENGLAND_AND_WALES)
    assert (week.contracted, week.available, week.free) == (1200, 1200, 1200)


def test_bank_holidays_and_leave_take_hours_away() -> None:
    away = ((datetime(2026, 12, 21, tzinfo=UTC), datetime(2026, 12, 24, tzinfo=UTC)),)
    first, second = ledger([WORKER._replace(away=away)], NONE, MONDAY, 2, Division.ENGLAND_AND_WALES)
    assert first.available == 6 * 60  # Thursday alone: three days of leave, and Christmas Day
    assert second.available == 18 * 60  # Monday the 28th and New Year's Day are bank holidays
    (scottish,) = ledger([WORKER], NONE, date(2027, 1, 4), 1, Division.SCOTLAND)
    assert (
        scottish.available == 1200
    )  # 2 January is a Saturday in 2027: Monday the 4th stands in for it, four days are left


@given(booked=st.integers(0, 3000), done=st.integers(0, 3000))
def test_free_and_beyond_say_the_same_from_two_sides(booked: int, done: int) -> None:
    (week,) = ledger(
        [WORKER],
        [Spent("peer-1", date(2027, 1, 11), booked, done, 0)],
        date(2027, 1, 11),
        1,
        Division.ENGLAND_AND_WALES,
    )
    assert week.available - week.booked - week.done == week.free - week.beyond
    assert min(week.free, week.beyond) == 0
