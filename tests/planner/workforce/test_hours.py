"""How many minutes of a week somebody works, and how many are free."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.workforce.hours import (
    A_WEEK,
    available_minutes,
    free_ahead,
    free_minutes,
    monday,
    open_intervals,
    spent_minutes,
    week_of,
    without,
)
from planner.workforce.pattern import parse
from planner.workforce.roster import Busy, Roster, Worker
from schemas.codes import Division
from tests.planner.story import london
from tests.planner.workforce.random_rosters import NOW, Slowly, rosters

ENGLAND = Division.ENGLAND_AND_WALES
FULL = Worker("p-1", parse("mon-fri 09:00-16:30"), 2250)


def test_a_week_begins_on_monday_on_the_wall() -> None:
    assert monday(date(2026, 11, 22)) == date(2026, 11, 16)
    assert week_of(london("2026-11-22 23:59")) == date(2026, 11, 16)
    assert week_of(london("2026-11-23 00:00")) == date(2026, 11, 23)
    assert week_of(london("2026-06-22 00:30")) == date(2026, 6, 22)  # still Sunday in UTC


def test_a_bank_holiday_of_the_division_is_not_worked() -> None:
    week = date(2026, 11, 30)  # St Andrew's Day is a Monday
    assert available_minutes(FULL, week, ENGLAND) == 2250
    assert available_minutes(FULL, week, Division.SCOTLAND) == 1800


def test_nobody_works_more_than_they_are_contracted_for() -> None:
    assert available_minutes(FULL._replace(minutes=240), date(2026, 11, 16), ENGLAND) == 240
    assert (
        available_minutes(FULL._replace(minutes=2250, pattern=parse("tue 10:00-14:00")), date(2026, 11, 16), ENGLAND)
        == 240
    )


def test_an_absence_takes_its_hours_and_no_others() -> None:
    away = (london("2026-11-17 12:00"), london("2026-11-18 10:00"))
    worker = FULL._replace(away=(away,))
    assert available_minutes(worker, date(2026, 11, 16), ENGLAND) == 2250 - 4 * 60 - 30 - 60
    assert open_intervals(worker, *away, ENGLAND) == []
    assert available_minutes(worker, date(2026, 11, 23), ENGLAND) == 2250


def test_a_week_of_a_clock_change_holds_the_hours_on_the_wall() -> None:
    whole = Worker("p-1", parse("mon-sun 09:00-10:00"), 2250)
    for week in (date(2026, 3, 23), date(2026, 10, 19)):
        assert available_minutes(whole, week, ENGLAND) == 7 * 60


def test_what_is_overrun_lends_nothing_from_another_week() -> None:
    over = [Busy("p-1", london(f"2026-11-2{day} 09:00"), london(f"2026-11-2{day} 16:30"), 750) for day in (3, 4, 5, 6)]
    roster = Roster([FULL], over)
    assert free_minutes(roster, "p-1", date(2026, 11, 23)) == -750
    assert free_ahead(roster, "p-1", london("2026-11-16 09:00")) == 3 * 2250
    assert free_ahead(roster, "p-1", london("2026-11-16 09:00"), weeks=1) == 0


def test_time_that_is_given_back_is_free_again_and_no_other() -> None:
    one = Busy("p-1", london("2026-11-23 09:00"), london("2026-11-23 10:35"), 95)
    other = Busy("p-1", london("2026-11-23 10:35"), london("2026-11-23 12:10"), 95)
    roster = Roster([FULL], [one, other])
    roster.free(one)
    assert roster.of("p-1") == [other]
    assert free_minutes(roster, "p-1", date(2026, 11, 23)) == 2250 - 95


@pytest.mark.parametrize(
    ("gaps", "left"),
    [([], [(9, 17)]), ([(10, 11)], [(9, 10), (11, 17)]), ([(8, 12), (11, 13)], [(13, 17)]), ([(0, 24)], []),
     ([(17, 18), (8, 9)], [(9, 17)])],
)  # fmt: skip
def test_gaps_are_taken_out_of_an_interval(gaps: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
    def at(hour: int) -> datetime:
        return london("2026-11-23 00:00") + timedelta(hours=hour)

    found = without((at(9), at(17)), [(at(begins), at(ends)) for begins, ends in gaps])
    assert found == [(at(begins), at(ends)) for begins, ends in left]


@given(st.data(), NOW)
def test_the_minutes_of_a_week_are_those_that_a_wall_clock_counts(data: st.DataObject, now: datetime) -> None:
    roster = data.draw(rosters(now))
    slowly = Slowly(roster, now)
    for staff, worker in roster.workers.items():
        for number in range(4):
            week = week_of(now) + number * A_WEEK
            assert available_minutes(worker, week, roster.division) == slowly.available(staff, week)
            assert free_minutes(roster, staff, week) == slowly.free(staff, week)
            assert 0 <= available_minutes(worker, week, roster.division) <= worker.minutes
        ahead = [max(0, slowly.free(staff, week_of(now) + number * A_WEEK)) for number in range(1, 5)]
        assert free_ahead(roster, staff, now) == sum(ahead)


@given(st.data(), NOW)
def test_every_minute_is_spent_in_one_week(data: st.DataObject, now: datetime) -> None:
    roster = data.draw(rosters(now))
    for staff in roster.workers:
        busy = roster.of(staff)
        weeks = [week_of(now) + number * A_WEEK for number in range(-2, 7)]
        assert sum(spent_minutes(busy, week) for week in weeks) == sum(one.minutes for one in busy)
