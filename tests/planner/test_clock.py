"""How time is counted: `pathways.md`, "How time is counted", row by row."""

from datetime import date, timedelta

import pytest

from planner.clock import add_months, add_working_days, bank_holidays, birthday, due_after, due_day, told_at
from schemas.codes import Division
from tests.planner.story import end_of, london, shown

ENGLAND, SCOTLAND, IRELAND = Division.ENGLAND_AND_WALES, Division.SCOTLAND, Division.NORTHERN_IRELAND

GOV_UK = {
    ENGLAND: """
        2024-01-01 2024-03-29 2024-04-01 2024-05-06 2024-05-27 2024-08-26 2024-12-25 2024-12-26
        2025-01-01 2025-04-18 2025-04-21 2025-05-05 2025-05-26 2025-08-25 2025-12-25 2025-12-26
        2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28
        2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28
    """,
    SCOTLAND: """
        2024-01-01 2024-01-02 2024-03-29 2024-05-06 2024-05-27 2024-08-05 2024-12-02 2024-12-25 2024-12-26
        2025-01-01 2025-01-02 2025-04-18 2025-05-05 2025-05-26 2025-08-04 2025-12-01 2025-12-25 2025-12-26
        2026-01-01 2026-01-02 2026-04-03 2026-05-04 2026-05-25 2026-06-15 2026-08-03 2026-11-30 2026-12-25
        2026-12-28
        2027-01-01 2027-01-04 2027-03-26 2027-05-03 2027-05-31 2027-08-02 2027-11-30 2027-12-27 2027-12-28
    """,
    IRELAND: """
        2024-01-01 2024-03-18 2024-03-29 2024-04-01 2024-05-06 2024-05-27 2024-07-12 2024-08-26 2024-12-25
        2024-12-26
        2025-01-01 2025-03-17 2025-04-18 2025-04-21 2025-05-05 2025-05-26 2025-07-14 2025-08-25 2025-12-25
        2025-12-26
        2026-01-01 2026-03-17 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-07-13 2026-08-31 2026-12-25
        2026-12-28
        2027-01-01 2027-03-17 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-07-12 2027-08-30 2027-12-27
        2027-12-28
    """,
}
"""Copied by hand from the bank holidays page of gov.uk; a holiday on a weekend stands as its substitute day."""


@pytest.mark.parametrize("year", [2024, 2025, 2026, 2027])
@pytest.mark.parametrize("division", list(Division))
def test_bank_holidays_are_those_of_gov_uk(division: Division, year: int) -> None:
    told = {date.fromisoformat(day) for day in GOV_UK[division].split() if day.startswith(str(year))}
    assert {day for day in bank_holidays(division, year) if day.weekday() < 5} == told


@pytest.mark.parametrize(
    ("at", "hours", "due"),
    [
        ("2026-12-24 15:00", 48, "2026-12-26 15:00"),
        ("2026-03-28 10:00", 48, "2026-03-30 11:00"),  # the clocks go forward: 48 hours by the clock would be 47
        ("2026-10-24 10:00", 48, "2026-10-26 09:00"),  # the clocks go back: by the clock it would be 49
        ("2026-10-24 22:30", 24, "2026-10-25 21:30"),
        ("2026-06-01 09:00", 0, "2026-06-01 09:00"),
    ],
)
def test_hours_are_exact_whatever_the_clocks_do(at: str, hours: int, due: str) -> None:
    assert due_after(london(at), "hours", hours, ENGLAND) == london(due)
    assert due_after(london(at), "hours", hours, ENGLAND) - london(at) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("at", "unit", "count", "due"),
    [
        ("2026-09-01 09:00", "days", 0, "2026-09-01"),
        ("2026-09-01 00:00", "days", 0, "2026-09-01"),
        ("2026-09-01 23:59", "days", 3, "2026-09-04"),
        ("2026-12-24 15:00", "days", 3, "2026-12-27"),  # Christmas and a Sunday do not move it
        ("2026-03-28 12:00", "days", 1, "2026-03-29"),  # a day of 23 hours
        ("2026-10-24 12:00", "days", 1, "2026-10-25"),  # a day of 25 hours
        ("2026-09-01 09:00", "weeks", 13, "2026-12-01"),
        ("2026-09-01 09:00", "weeks", -4, "2026-08-04"),
        ("2026-08-31 09:00", "months", 6, "2027-02-28"),
        ("2027-08-31 09:00", "months", 6, "2028-02-29"),
        ("2026-05-31 09:00", "months", -3, "2026-02-28"),
        ("2026-12-15 09:00", "months", 1, "2027-01-15"),
        ("2026-01-15 09:00", "months", -1, "2025-12-15"),
        ("2024-02-29 09:00", "months", 12, "2025-02-28"),
        ("2026-06-01 09:00", "working_days", 0, "2026-06-01"),
        ("2026-12-23 09:00", "working_days", 2, "2026-12-29"),  # over Christmas and the substitute for Boxing Day
        ("2026-12-26 09:00", "working_days", 1, "2026-12-29"),
        ("2026-04-07 09:00", "working_days", -1, "2026-04-02"),  # back over Easter
        ("2026-09-05 09:00", "working_days", 1, "2026-09-07"),  # from a Saturday
        ("2026-09-05 09:00", "working_days", -1, "2026-09-04"),
        ("2026-09-07 09:00", "working_days", 5, "2026-09-14"),
    ],
)
def test_other_units_end_with_the_day_that_they_reach(at: str, unit: str, count: int, due: str) -> None:
    assert due_after(london(at), unit, count, ENGLAND) == end_of(due)


def test_the_day_is_the_one_in_london() -> None:
    assert due_after(london("2026-07-01 00:30"), "days", 1, ENGLAND) == end_of("2026-07-02")  # 30 June in UTC


@pytest.mark.parametrize(
    ("division", "at", "due"),
    [
        (ENGLAND, "2026-11-27 09:00", "2026-11-30"),
        (SCOTLAND, "2026-11-27 09:00", "2026-12-01"),  # Saint Andrew
        (IRELAND, "2026-03-16 09:00", "2026-03-18"),  # Saint Patrick
        (ENGLAND, "2026-03-16 09:00", "2026-03-17"),
        (SCOTLAND, "2026-04-02 09:00", "2026-04-06"),  # Easter Monday is a working day there
        (ENGLAND, "2026-04-02 09:00", "2026-04-07"),
        (SCOTLAND, "2025-12-31 09:00", "2026-01-05"),  # 2 January is none
        (ENGLAND, "2025-12-31 09:00", "2026-01-02"),
    ],
)
def test_working_days_are_those_of_the_division(division: Division, at: str, due: str) -> None:
    assert due_after(london(at), "working_days", 1, division) == end_of(due)


def test_the_due_day_is_that_of_the_moment_just_before() -> None:
    assert due_day(end_of("2026-09-04")) == date(2026, 9, 4)
    assert due_day(london("2026-09-04 15:00")) == date(2026, 9, 4)


@pytest.mark.parametrize(
    ("due", "working_days", "told"),
    [
        ("2026-09-04", 1, "2026-09-07 09:00"),
        ("2026-09-04", -2, "2026-09-02 09:00"),
        ("2026-09-06", 1, "2026-09-07 09:00"),  # due on a Sunday
        ("2026-10-23", 1, "2026-10-26 09:00"),  # the clocks have gone back in between
        ("2026-12-24", 1, "2026-12-29 09:00"),
    ],
)
def test_people_are_told_at_nine_on_working_days(due: str, working_days: int, told: str) -> None:
    assert shown(told_at(end_of(due), "working_days", working_days, ENGLAND)) == told


def test_told_in_hours_is_exact() -> None:
    assert shown(told_at(london("2026-10-25 12:00"), "hours", -12, ENGLAND)) == "2026-10-25 01:00"  # summer time


def test_months_there_and_back_clamp_only_where_a_month_is_short() -> None:
    assert add_months(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert add_months(date(2026, 8, 15), 6) == date(2027, 2, 15)


def test_working_days_back_and_forth() -> None:
    day = date(2026, 4, 7)
    assert add_working_days(add_working_days(day, -10, ENGLAND), 10, ENGLAND) == day


def test_a_birthday_begins_with_its_midnight() -> None:
    assert birthday(date(2008, 10, 20), 18) == london("2026-10-20 00:00")
