"""From answers to scores: the examples that sources give, and every set that is not whole or not in range refused."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pathways.measures import shipped
from planner.refused import Refused
from planner.scoring import rounded, score
from schemas.codes import View
from schemas.instrument import Instrument
from schemas.measure import Answer, Result

MEASURES = shipped()


def scored(name: str, *, licensed: bool = True, weights: dict[str, float] | None = None, **said: Any) -> Result:
    return score(MEASURES[name], Answer.model_validate(said), licensed=licensed, weights=weights)


def derived(result: Result) -> dict[str, float]:
    return {scale: one.derived for scale, one in result.scales.items()}


def refusal(name: str, *, licensed: bool = True, **said: Any) -> str:
    with pytest.raises(Refused) as caught:
        scored(name, licensed=licensed, **said)
    assert caught.value.kind == "invalid"
    return caught.value.message


def test_dialog_is_two_means() -> None:
    result = scored("DIALOG", items=[4, 5, 3, 6, 4, 5, 6, 5, 5, 4, 6])
    found = derived(result)
    assert (found["quality-of-life"], found["treatment"]) == (4.75, 5.00)
    assert (result.scales["quality-of-life"].raw, result.scales["treatment"].raw) == (38, 15)
    assert found["question-3"] == 3


@pytest.mark.parametrize(
    ("items", "raw", "metric"),
    [([2, 3, 2, 3, 3, 2, 3], 18, 17.43), ([3] * 7, 21, 19.25), ([1] * 7, 7, 7.0), ([5] * 7, 35, 35.0)],
)
def test_swemwbs_is_a_table_by_the_sum(items: list[int], raw: int, metric: float) -> None:
    result = scored("SWEMWBS", items=items)
    assert (result.scales["metric"].raw, result.scales["metric"].derived) == (raw, metric)
    assert derived(scored("SWEMWBS", licensed=False, total=raw)) == {"metric": metric}


@pytest.mark.parametrize(
    ("ratings", "weights", "t"),
    [
        ([0, 0, 0], [1, 1, 1], 50.00),
        ([1, 0, -1], [1, 1, 1], 50.00),
        ([1, 1, 0], [1, 1, 1], 59.13),
        ([-1, -1, -1], [1, 1, 1], 36.31),
        ([-2, -2, -2], [1, 1, 1], 22.61),
        ([1, 0, -1], [3, 2, 1], 54.41),
        ([2], [1], 70.00),
        ([-1], [1], 40.00),
        ([-1], [7], 40.00),
        ([1, 1, 1], [1, 1, 1], 63.69),
    ],
)
def test_goal_attainment_is_a_t_score(ratings: list[int], weights: list[int], t: float) -> None:
    weighed = {str(number): float(weight) for number, weight in enumerate(weights, start=1)}
    assert derived(scored("GAS", items=ratings, weights=weighed)) == {"t": t}


@pytest.mark.parametrize(
    ("name", "said", "found"),
    [
        ("QPR-15", {"items": [3] * 15}, {"total": 45}),
        ("QPR-15", {"total": 41}, {"total": 41}),
        ("QPR-22", {"items": [4] * 22}, {"total": 88}),
        ("QPR-22", {"totals": {"intrapersonal": 50, "interpersonal": 12}}, {"intrapersonal": 50, "interpersonal": 12}),
        ("ReQoL-10", {"items": [4, 3, 2, 1, 0, 4, 3, 2, 1, 0]}, {"total": 20}),
        ("ReQoL-20", {"items": [4] * 20}, {"total": 80}),
        ("WEMWBS", {"items": [3] * 14}, {"total": 42}),
        ("Brief INSPIRE", {"items": [4, 3, 2, 3, 2]}, {"score": 70}),
        ("Brief INSPIRE", {"total": 70}, {"score": 70}),
        ("GBO", {"items": {"1": 4, "3": 9}}, {"goal-1": 4, "goal-3": 9}),
        ("Social Inclusion Web", {"items": [1] * 8 + [2] * 8}, {"people": 8, "places": 16}),
        ("Social Inclusion Web", {"totals": {"people": 12, "places": 5}}, {"people": 12, "places": 5}),
        ("Socially valued goals", {"items": [1, 0, 1, 1, 0, 1]}, {"total": 4}),
        ("SDQ", {"total": 17}, {"total": 17}),
        ("RCADS", {"totals": {"depression-t": 68.25}}, {"depression-t": 68.25}),
        ("DIALOG", {"totals": {"quality-of-life": 4.75}}, {"quality-of-life": 4.75}),
    ],
)
def test_the_others(name: str, said: dict[str, Any], found: dict[str, float]) -> None:
    assert derived(scored(name, **said)) == found


def test_parts_add_up() -> None:
    parts = {"emotional": 4, "conduct": 3, "hyperactivity": 5, "peer": 1, "prosocial": 8, "impact": 2}
    assert derived(scored("SDQ", totals=parts))["total"] == 13
    anxiety = {
        "generalised-anxiety": 9,
        "obsessive-compulsive": 4,
        "panic": 6,
        "separation-anxiety": 5,
        "social-phobia": 10,
    }
    found = derived(scored("RCADS", totals=anxiety | {"depression": 11}))
    assert (found["total-anxiety"], found["total"]) == (34, 45)


@pytest.mark.parametrize(
    ("name", "said", "told"),
    [
        ("QPR-15", {"items": [3] * 14}, "question 15 is missing"),
        ("QPR-15", {"items": [3] * 16}, "there is no question 16: there are 15"),
        ("QPR-15", {"items": [3] * 6 + [5] + [3] * 8}, "question 7 is 5, and is a whole number from 0 to 4"),
        ("QPR-15", {"items": [3] * 6 + [2.5] + [3] * 8}, "question 7 is 2.5, and is a whole number"),
        ("QPR-15", {"total": 61}, "the total is 61, and is a whole number from 0 to 60"),
        ("QPR-15", {"totals": {"sum": 12}}, "there is no total sum to enter: there is total"),
        ("DIALOG", {"items": [8] + [4] * 10}, "question 1 is 8, and is a whole number from 1 to 7"),
        ("DIALOG", {"items": [4] * 4 + [0] + [4] * 6}, "question 5 is 0"),
        ("DIALOG", {"total": 4.5}, "say which total"),
        ("DIALOG", {"totals": {"treatment": 4.123}}, "a number with at most 2 decimals from 1 to 7"),
        ("SWEMWBS", {"total": 17.43}, "the metric is 17.43, and is a whole number from 7 to 35"),
        ("SWEMWBS", {"total": 6}, "from 7 to 35"),
        ("Brief INSPIRE", {"total": 72}, "goes in steps of 5"),
        ("GBO", {"items": {"1": 11}}, "goal 1 is 11, and is a whole number from 0 to 10"),
        ("GBO", {"items": {"11": 3}}, "there is no goal 11: there are 10"),
        ("GBO", {"items": [1, 2, 3, 4]}, "at most 3 goals are rated at once, and these are 4"),
        ("GBO", {"total": 7}, "it has no total: enter each rating by its number"),
        ("GAS", {"items": [3]}, "goal 1 is 3, and is a whole number from -2 to 2"),
        ("SDQ", {"items": [1] * 25}, "only totals are entered"),
        ("SDQ", {"totals": {"emotional": 4, "conduct": 3, "peer": 2}}, "hyperactivity is missing"),
        ("SDQ", {"totals": {"prosocial": 8}}, "the total is missing"),
        ("SDQ", {"totals": {"emotional": 4, "conduct": 3, "hyperactivity": 2, "peer": 2, "total": 12}}, "add up to 11"),
        ("SDQ", {"total": 10, "view": "clinician"}, "the view is self or parent, and never clinician"),
        ("RCADS", {"totals": {"panic": 28}}, "the panic is 28, and is a whole number from 0 to 27"),
        ("FFT", {"choice": "likely"}, "the answer is one of very-good, good"),
        ("FFT", {"total": 1}, "the answer is one of very-good"),
        ("QPR-15", {"choice": "good"}, "it is answered with numbers"),
    ],
)
def test_what_is_not_whole_or_not_in_range_is_refused(name: str, said: dict[str, Any], told: str) -> None:
    message = refusal(name, **said)
    assert message.startswith(f"{name}: ")
    assert told in message


@pytest.mark.parametrize(
    "name", [name for name, one in MEASURES.items() if one.licence.needs != "nothing" and one.items]
)
def test_without_a_licence_only_totals_are_entered(name: str) -> None:
    items = MEASURES[name].items
    assert items is not None
    message = refusal(name, licensed=False, items=[items.low] * items.count)
    assert "may be entered once a" in message
    assert "until then enter the total" in message


def test_somebody_may_decline() -> None:
    result = scored("GBO", view="parent", declined=True)
    assert (result.declined, result.view, result.scales, result.items) == (True, View.PARENT, {}, None)


def test_an_anonymous_answer_is_not_in_the_result() -> None:
    result = scored("FFT", choice="very-poor")
    assert result.anonymous
    assert "very-poor" not in result.model_dump_json()


def test_the_items_and_the_version_are_kept() -> None:
    result = scored("QPR-15", items=list(range(3)) * 5)
    assert result.items == {str(number): float((number - 1) % 3) for number in range(1, 16)}
    assert result.version == MEASURES["QPR-15"].version


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"total": 3, "declined": True},
        {"items": [1], "total": 1},
        {"total": True},
        {"total": "many"},
        {"total": float("nan")},
        {"total": 10**30},
        {"items": [1, None]},
        {"items": [1] * 101},
        {"totals": {"Not A Key": 1}},
        {"total": 3, "view": "teacher"},
        {"total": 3, "change": "improved"},
    ],
)
def test_an_answer_says_one_thing(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Answer.model_validate(said)


SUMS = [one for one in MEASURES.values() if one.items and not one.items.goals]


@given(st.data())
def test_every_whole_set_scores_in_its_range(data: st.DataObject) -> None:
    instrument: Instrument = data.draw(st.sampled_from(SUMS))
    asked = instrument.items
    assert asked is not None
    answers = data.draw(st.lists(st.integers(asked.low, asked.high), min_size=asked.count, max_size=asked.count))
    for name, one in scored(instrument.id, items=answers).scales.items():
        scale = instrument.scale_of(name)
        assert scale.low <= one.derived <= scale.high


@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(1, 9)), min_size=1, max_size=10))
def test_goal_attainment_goes_up_with_every_goal(goals: list[tuple[int, int]]) -> None:
    weights = {str(number): float(weight) for number, (_, weight) in enumerate(goals, start=1)}
    low = [-2] * len(goals)
    steps = [low]
    for place, (rating, _) in enumerate(goals):
        steps.append([*steps[-1][:place], rating, *steps[-1][place + 1 :]])
    found = [derived(scored("GAS", items=step, weights=weights))["t"] for step in steps]
    assert all(before <= after for before, after in pairwise(found))
    assert 13 <= found[0] <= found[-1] <= 87


def test_the_metric_score_rises_with_the_sum() -> None:
    table = MEASURES["SWEMWBS"].scale["metric"].table
    assert sorted(table) == list(range(7, 36))
    assert all(before < after for before, after in pairwise(table[total] for total in sorted(table)))


@pytest.mark.parametrize(("number", "to"), [(4.125, 4.13), (4.115, 4.12), (-1.005, -1.01), (2 / 3, 0.67), (50.0, 50.0)])
def test_halves_round_away_from_zero(number: float, to: float) -> None:
    assert rounded(number) == to
