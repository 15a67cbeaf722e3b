"""Figures over time: limits by hand, each rule on its own and at its edge, and what is said about them."""

from datetime import date
from itertools import pairwise
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.reading import BY_CHANCE, NOTHING, Say, reading
from planner.spc import FEWEST, Baseline, Limits, Point, Rules, Signal, limits, read

ONLY = {
    Signal.OUTSIDE: Rules(None, None, outside=True, near_a_limit=False),
    Signal.SHIFT: Rules(7, None, outside=False, near_a_limit=False),
    Signal.TREND: Rules(None, 7, outside=False, near_a_limit=False),
    Signal.NEAR_A_LIMIT: Rules(None, None, outside=False, near_a_limit=True),
}
SAY = Say(lambda day: f"{day:%B %Y}", "months", lambda value: f"{value:g}")
CALM = [50.0, 52, 48, 51, 49, 50, 52, 48, 51, 49, 50, 52]


def months(values: list[float]) -> list[tuple[date, float]]:
    """One figure a month from January 2025."""
    return [(date(2025 + n // 12, n % 12 + 1, 1), value) for n, value in enumerate(values)]


def found(values: list[float], signal: Signal) -> list[int]:
    """The places that one rule alone marks."""
    points = read(months(values), rules=ONLY[signal])
    return [place for place, point in enumerate(points) if signal in point.signals]


def test_limits_are_the_mean_and_2_66_mean_moving_ranges() -> None:
    values = [10.0, 12, 11, 14, 10, 12, 13, 9, 12, 11]
    # The moving ranges are 2 1 3 4 2 1 4 3 1: 21 / 9; the mean is 11.4.
    held = limits(values)
    assert held is not None
    assert held.mean == pytest.approx(11.4)
    assert held.upper == pytest.approx(11.4 + 2.66 * 21 / 9)
    assert held.lower == pytest.approx(11.4 - 2.66 * 21 / 9)
    assert held.near_upper == pytest.approx(11.4 + 2.66 * 2 / 3 * 21 / 9)


def test_a_limit_is_nothing_that_cannot_be() -> None:
    held = limits([0.0, 100] * 6, floor=0, ceiling=100)
    assert held is not None
    assert (held.lower, held.upper) == (0, 100)


def test_few_figures_have_no_limits_and_signal_nothing() -> None:
    points = read(months([1.0, 100, 1, 100, 1, 100, 1, 100, 5000]))
    assert len(points) == FEWEST - 1
    assert all(point.limits is None and not point.signals for point in points)


def test_a_figure_outside_the_limits() -> None:
    assert found([*CALM, 90], Signal.OUTSIDE) == [12]
    assert found([*CALM, 10], Signal.OUTSIDE) == [12]
    assert found(CALM, Signal.OUTSIDE) == []


def test_seven_on_one_side_are_a_shift_and_six_are_not() -> None:
    low = [10.0, 12, 10, 12, 10, 12]
    assert found([*low, 10, 20, 22, 20, 22, 20, 22], Signal.SHIFT) == list(range(7))
    assert found([*low, 20, 22, 20, 22, 20, 22], Signal.SHIFT) == []


def test_a_figure_on_the_mean_ends_a_run() -> None:
    values = [1.0, 1, 1, 1, 3, 3, 3, 2, 3, 3, 3, 1, 1]
    assert fmean(values) == 2
    assert found(values, Signal.SHIFT) == []


def test_seven_that_rise_are_a_trend_and_six_are_not() -> None:
    assert found([5.0, 4, 1, 2, 3, 4, 5, 6, 7, 5, 5], Signal.TREND) == [2, 3, 4, 5, 6, 7, 8]
    assert found([5.0, 4, 1, 2, 3, 4, 5, 6, 5, 5, 4], Signal.TREND) == []
    assert found([5.0, 5, 9, 8, 7, 6, 5, 4, 3, 5], Signal.TREND) == [2, 3, 4, 5, 6, 7, 8]


def test_a_standstill_breaks_a_trend() -> None:
    assert found([1.0, 2, 3, 4, 4, 5, 6, 7, 8, 3], Signal.TREND) == []


def test_older_guidance_asks_for_six() -> None:
    values = [5.0, 4, 1, 2, 3, 4, 5, 6, 5, 5, 4]
    points = read(months(values), rules=Rules(None, 6, outside=False, near_a_limit=False))
    assert [n for n, point in enumerate(points) if point.signals] == [2, 3, 4, 5, 6, 7]


def test_two_of_three_near_the_same_limit() -> None:
    high, low = 58.0, 42.0
    held = limits([*CALM, high, 50, high, *CALM])
    assert held is not None
    assert held.near_upper < high < held.upper
    at_once = [*CALM, high, 50, high, *CALM]
    assert found(at_once, Signal.NEAR_A_LIMIT) == [12, 14]
    assert found([*CALM, high, 50, low, *CALM], Signal.NEAR_A_LIMIT) == []
    assert found([*CALM, high, 50, 51, high, *CALM], Signal.NEAR_A_LIMIT) == []


def test_a_baseline_that_is_set_again_has_its_own_limits_and_runs_end_there() -> None:
    values = [*CALM, *[value + 100 for value in CALM]]
    points = read(months(values), [Baseline(date(2026, 1, 1), "The team doubled")])
    first, second = points[0].limits, points[12].limits
    assert first is not None
    assert second is not None
    assert second.mean == pytest.approx(first.mean + 100)
    assert all(not point.signals for point in points)
    assert any(point.signals for point in read(months(values)))


@given(st.lists(st.floats(0, 1000), min_size=FEWEST, max_size=60), st.floats(0.1, 50), st.floats(-500, 500))
def test_signals_do_not_depend_on_the_unit(values: list[float], factor: float, moved: float) -> None:
    # Differences that rounding may undo are no part of the claim.
    distinct = sorted(set(values))
    if any(after - before < 1e-3 for before, after in pairwise(distinct)) or _on_an_edge(values):
        return
    before = read(months(values))
    after = read(months([value * factor + moved for value in values]))
    assert [point.signals for point in before] == [point.signals for point in after]


def _on_an_edge(values: list[float]) -> bool:
    held = limits(values)
    return held is None or any(abs(value - edge) < 1e-6 for value in values for edge in held)


@given(st.lists(st.integers(0, 10), max_size=60))
def test_every_figure_is_there_once_in_its_order(values: list[int]) -> None:
    points = read(months([float(value) for value in values]))
    assert [(point.begins, point.value) for point in points] == months([float(value) for value in values])


def test_the_sentence_says_when_there_is_nothing_to_say() -> None:
    assert reading([], SAY, "up") == [NOTHING]
    few = reading(read(months([1.0, 2])), SAY, "up")
    assert few == [
        "There are 2 figures since January 2025. From 10 on, limits can be drawn that tell a change from chance; "
        "until then none is read into them."
    ]
    assert reading(read(months(CALM)), SAY, "up")[-1] == BY_CHANCE
    assert reading(read(months([7.0] * 12)), SAY, None) == ["Every figure since January 2025 is 7."]


def test_the_sentence_names_what_happened_and_which_way_it_goes() -> None:
    points = read(months([*CALM, 90]), rules=ONLY[Signal.OUTSIDE])
    assert "January 2026 (90) lies above the limits: a change for the worse, more than chance." in reading(
        points, SAY, "down"
    )
    shifted = read(months([10.0, 12, 10, 12, 10, 12, 10, 20, 22, 20, 22, 20, 22, 20]), rules=ONLY[Signal.SHIFT])
    assert reading(shifted, SAY, "up")[1:] == [
        "The 7 months from January 2025 to July 2025 lie below the mean: a change for the worse, more than chance.",
        "The last 7 months lie above the mean: a change for the better, more than chance.",
    ]
    rising = read(months([5.0, 4, 5, 1, 2, 3, 4, 5, 6, 7]), rules=ONLY[Signal.TREND])
    assert reading(rising, SAY, None)[1:] == ["The last 7 months rise without a break: more than chance."]


def test_two_trends_that_meet_are_two() -> None:
    values = [1.0, 2, 3, 4, 5, 6, 7, 6, 5, 4, 3, 2, 1]
    assert reading(read(months(values), rules=ONLY[Signal.TREND]), SAY, None)[1:] == [
        "The 7 months from January 2025 to July 2025 rise without a break: more than chance.",
        "The last 7 months fall without a break: more than chance.",
    ]


def test_a_trend_points_where_it_goes_and_everything_else_to_its_side() -> None:
    rising = read(months([5.0, 4, 5, 1, 2, 3, 4, 5, 6, 7]), rules=ONLY[Signal.TREND])
    assert [point.way for point in rising] == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1]
    low = read(months([10.0, 12, 10, 12, 10, 12, 10, 20, 22, 20, 22, 20, 22]), rules=ONLY[Signal.SHIFT])
    assert [point.way for point in low] == [-1] * 7 + [0] * 6


def test_the_sentence_is_about_the_figures_since_the_last_baseline() -> None:
    points = read(months([*CALM, 90, 5, 6]), [Baseline(date(2026, 2, 1), "Counted anew")])
    assert reading(points, SAY, "up")[0].startswith("There are 2 figures since February 2026.")


def test_a_point_without_limits_is_on_no_side() -> None:
    assert Point(date(2025, 1, 1), 3, None, frozenset()).side == 0
    assert Point(date(2025, 1, 1), 3, Limits(2, 1, 4, 1.5, 3), frozenset()).side == 1
