"""Working patterns, as staff lists write them."""

from datetime import date, time
from itertools import pairwise

import pytest
from hypothesis import given

from planner.workforce.pattern import Pattern, Shift, parse, shifts_on, shortfall
from tests.planner.story import london
from tests.planner.workforce.random_rosters import PATTERNS, written


def test_a_week_is_read_as_the_staff_list_writes_it() -> None:
    assert parse("mon-tue 09:00-17:00; Fri 9:00-12:00,13:00-15:30") == (
        Shift(0, time(9), time(17)),
        Shift(1, time(9), time(17)),
        Shift(4, time(9), time(12)),
        Shift(4, time(13), time(15, 30)),
    )


def test_spells_that_touch_are_one() -> None:
    assert parse("fri 12:00-15:00, 09:00-12:00") == (Shift(4, time(9), time(15)),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no working time is given"),
        (" ; ", "no working time is given"),
        ("weekdays", "'weekdays' is no working time"),
        ("mon", "'mon' is no working time"),
        ("mox 09:00-17:00", "'mox' is no weekday"),
        ("fri-mon 09:00-17:00", "fri-mon goes backwards"),
        ("mon 9-17", "'9-17' is no time of day"),
        ("mon 09:00-25:00", "25:00 is no time of day"),
        ("mon 17:00-09:00", "17:00-09:00 ends before it begins"),
        ("mon 09:00-09:00", "09:00-09:00 ends before it begins"),
        ("mon 09:00-12:00, 11:00-13:00", "two spells of mon overlap"),
        ("mon-wed 09:00-12:00; tue 11:00-13:00", "two spells of tue overlap"),
    ],
)
def test_what_cannot_be_read_is_said_plainly(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(text)


def test_a_pattern_that_holds_too_little_is_said_and_rounding_is_not() -> None:
    assert shortfall(parse("tue 10:00-14:00"), 4) is None
    assert shortfall(parse("mon-fri 09:00-16:30"), 37.51) is None
    assert shortfall(parse("tue 10:00-14:00"), 4.5) == "contracted 4.5 h but the pattern holds 4 h"


def test_a_shift_keeps_its_hour_on_the_wall_across_both_clock_changes() -> None:
    sundays = parse("sun 09:00-17:00")
    for day in ("2026-03-22", "2026-03-29", "2026-10-18", "2026-10-25"):
        assert shifts_on(sundays, date.fromisoformat(day)) == ((london(f"{day} 09:00"), london(f"{day} 17:00")),)
    assert shifts_on(sundays, date(2026, 3, 30)) == ()


@given(PATTERNS)
def test_a_pattern_that_is_written_is_read_again(pattern: Pattern) -> None:
    again = parse(written(pattern))
    assert parse(written(again)) == again
    for one, other in pairwise(again):
        assert (one.weekday, one.ends) < (other.weekday, other.begins)
    minutes = [(shift.weekday, minute) for shift in pattern for minute in _minutes(shift)]
    assert sorted(minutes) == [(shift.weekday, minute) for shift in again for minute in _minutes(shift)]


def _minutes(shift: Shift) -> range:
    return range(shift.begins.hour * 60 + shift.begins.minute, shift.ends.hour * 60 + shift.ends.minute)
