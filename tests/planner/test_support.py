"""When supervision is due and told: five working days before, at the end of its day, and weekly until it is done."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner import support as rules
from planner.clock import end_of, is_working_day, local_day, midnight
from planner.support import MAY_KNOW, Standing, following, look_at, may_know, next_due, number_at, offer_by, reminder_at
from schemas.codes import Division, Track
from schemas.support import Matter
from schemas.workforce import Policy

ENGLAND = Division.ENGLAND_AND_WALES
WEEK = timedelta(weeks=1)
DUE = date(2026, 12, 21)
"""A Monday; its week has two bank holidays."""
BY = end_of(DUE)

days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
moments = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda number: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
)
divisions = st.sampled_from(Division)


def test_it_is_counted_from_the_one_before_else_from_the_beginning() -> None:
    policy = Policy(supervision_weeks=4, wellbeing_supervision_weeks=2)
    began, last = date(2026, 11, 2), date(2026, 11, 9)
    assert next_due(policy, Track.ROLE, None, began) == date(2026, 11, 30)
    assert next_due(policy, Track.ROLE, last, began) == date(2026, 12, 7)
    assert next_due(policy, Track.WELLBEING, last, began) == date(2026, 11, 23)


def test_the_reminder_comes_five_working_days_before_at_nine() -> None:
    assert reminder_at(BY, ENGLAND) == datetime(2026, 12, 14, 9, tzinfo=UTC)
    summer = end_of(date(2026, 8, 31))  # after a bank holiday: the clocks are an hour ahead
    assert reminder_at(summer, ENGLAND) == datetime(2026, 8, 24, 8, tzinfo=UTC)
    assert reminder_at(summer, Division.SCOTLAND) == datetime(2026, 8, 24, 8, tzinfo=UTC)
    after_christmas = end_of(date(2026, 12, 29))
    assert reminder_at(after_christmas, ENGLAND) == datetime(2026, 12, 18, 9, tzinfo=UTC)


def test_overdue_is_told_at_the_end_of_the_day_and_each_week_again() -> None:
    moment = timedelta(microseconds=1)
    told = [number_at(BY, at, ENGLAND) for at in (BY - moment, BY, BY + WEEK - moment, BY + WEEK, BY + 5 * WEEK)]
    assert told == [0, 1, 1, 2, 6]
    assert number_at(BY, reminder_at(BY, ENGLAND) - moment, ENGLAND) is None


def test_the_weeks_are_counted_in_london_when_the_clocks_change() -> None:
    by = end_of(date(2026, 10, 20))
    assert following(by, by, ENGLAND) == midnight(date(2026, 10, 28))
    assert following(by, by, ENGLAND) - by == WEEK + timedelta(hours=1)


@given(days, moments, divisions)
def test_what_follows_is_ahead_and_is_the_first_that_tells_something_new(
    due: date, now: datetime, division: Division
) -> None:
    by = end_of(due)
    ahead = following(by, now, division)
    assert ahead > now
    just_before = ahead - timedelta(microseconds=1)
    assert number_at(by, just_before, division) == number_at(by, now, division)
    before, after = number_at(by, now, division), number_at(by, ahead, division)
    assert after is not None
    assert after == (0 if before is None else before + 1) or ahead == by


@given(moments, divisions)
def test_a_debrief_may_be_offered_for_a_working_day_and_is_seen_before_it_is_over(
    at: datetime, division: Division
) -> None:
    by, seen = offer_by(at, division), look_at(at, division)
    last = local_day(by - timedelta(microseconds=1))
    assert is_working_day(last, division)
    assert by == end_of(last)
    assert not any(
        is_working_day(local_day(at) + timedelta(days=number), division)
        for number in range(1, (last - local_day(at)).days)
    )
    assert at < seen < by
    assert is_working_day(local_day(seen), division)


def test_a_debrief_is_offered_by_the_end_of_the_next_working_day() -> None:
    friday = datetime(2026, 11, 27, 15, tzinfo=UTC)
    assert offer_by(friday, ENGLAND) == end_of(date(2026, 11, 30))
    assert offer_by(friday, Division.SCOTLAND) == end_of(date(2026, 12, 1))  # St Andrew's day


@pytest.mark.parametrize("matter", [Matter.WELLBEING, Matter.DEBRIEF])
def test_a_line_manager_does_not_know_how_somebody_is_helped(matter: Matter) -> None:
    assert not may_know(matter, {Standing.LINE_MANAGER})
    assert not may_know(matter, {Standing.LINE_MANAGER, Standing.ROLE_SUPERVISOR})
    for also in (Standing.THEMSELVES, Standing.WELLBEING_SUPERVISOR, Standing.PEER_LEAD):
        assert may_know(matter, {Standing.LINE_MANAGER, also})
    assert not may_know(matter, set())


def test_every_matter_says_who_may_know_of_it() -> None:
    assert set(MAY_KNOW) == set(Matter)
    assert not may_know(Matter.ROLE, {Standing.WELLBEING_SUPERVISOR})
    assert rules.REMINDER == 0
