"""What scores say beside the first ones: by how much is more than chance, together, and in words."""

from datetime import date
from typing import Any

import pytest

from pathways.measures import shipped
from planner.change import Point, chance, compared, judged, lines, sentence, together
from planner.scoring import score
from schemas.codes import View
from schemas.measure import Answer, Change, Score

MEASURES = shipped()
MARCH, JUNE = date(2026, 3, 3), date(2026, 6, 1)
UP, DOWN, SAME, FIRST = Change.IMPROVED, Change.DETERIORATED, Change.NO_CHANGE, Change.BASELINE


@pytest.mark.parametrize(
    ("name", "scale", "view", "first", "latest", "change"),
    [
        ("QPR-15", "total", View.SELF, 30, 35, UP),
        ("QPR-15", "total", View.SELF, 30, 34, SAME),
        ("QPR-15", "total", View.SELF, 30, 25, DOWN),
        ("QPR-15", "total", View.SELF, 30, 30, SAME),
        ("SWEMWBS", "metric", View.SELF, 19.25, 22.25, UP),
        ("SWEMWBS", "metric", View.SELF, 19.25, 22.24, SAME),
        ("SWEMWBS", "metric", View.SELF, 20.73, 17.43, DOWN),
        ("WEMWBS", "total", View.SELF, 40, 48, SAME),
        ("WEMWBS", "total", View.SELF, 40, 49, UP),
        ("ReQoL-10", "total", View.SELF, 22, 17, DOWN),
        ("ReQoL-20", "total", View.SELF, 22, 70, None),
        ("GBO", "goal-1", View.PARENT, 2, 5, UP),
        ("GBO", "goal-1", View.PARENT, 2, 4, SAME),
        ("DIALOG", "question-4", View.SELF, 5, 4, DOWN),
        ("DIALOG", "quality-of-life", View.SELF, 6, 3, None),
        ("SDQ", "peer", View.SELF, 2, 6, SAME),
        ("SDQ", "peer", View.PARENT, 2, 6, DOWN),
        ("SDQ", "prosocial", View.PARENT, 4, 7, UP),
        ("SDQ", "total", View.SELF, 10, 30, None),
        ("RCADS", "panic", View.SELF, 3, 27, None),
        ("RCADS", "panic-t", View.SELF, 50, 68.29, DOWN),
        ("RCADS", "panic-t", View.SELF, 50, 68.28, SAME),
        ("RCADS", "panic-t", View.PARENT, 50, 100, None),
        ("Brief INSPIRE", "score", View.SELF, 20, 100, None),
        ("GAS", "t", View.SELF, 36.31, 63.69, None),
        ("QPR-22", "total", View.SELF, 20, 80, None),
        ("Social Inclusion Web", "people", View.SELF, 1, 50, None),
    ],
)
def test_a_change_is_judged_by_what_a_source_says(
    name: str, scale: str, view: View, first: float, latest: float, change: Change | None
) -> None:
    assert judged(MEASURES[name].scale_of(scale), view, first, latest) is change


@pytest.mark.parametrize(
    ("changes", "all_of_them"),
    [
        ([UP, UP, DOWN], DOWN),
        ([UP, SAME, None], UP),
        ([SAME, None], SAME),
        ([FIRST, None], FIRST),
        ([FIRST, DOWN], DOWN),
        ([], None),
        ([None], None),
    ],
)
def test_what_got_worse_outweighs_what_got_better(changes: list[Change | None], all_of_them: Change | None) -> None:
    assert together(changes) is all_of_them


def test_a_result_is_compared_number_by_number() -> None:
    goals = MEASURES["GBO"]
    result = score(goals, Answer.model_validate({"items": {"1": 2, "2": 9, "3": 5}}), licensed=True)
    told = compared(goals, result, {"goal-1": 6, "goal-2": 5})
    assert {name: one.change for name, one in told.scales.items()} == {"goal-1": DOWN, "goal-2": UP, "goal-3": FIRST}
    assert told.change is DOWN
    assert result.change is None


@pytest.mark.parametrize(
    ("name", "scale", "view", "first", "latest", "words"),
    [
        ("QPR-15", "total", View.SELF, 30, 37,
         "Since 3 March 2026, recovery as they see it is up by 7, from 30 to 37. "
         "A change of 5 or more is more than chance."),
        ("SWEMWBS", "metric", View.SELF, 19.25, 17.43,
         "Since 3 March 2026, wellbeing as they see it is down by 1.82, from 19.25 to 17.43. "
         "A change of 3 or more is more than chance."),
        ("QPR-22", "total", View.SELF, 30, 30,
         "Since 3 March 2026, recovery as they see it is the same. "
         "No source says how much change is more than chance."),
        ("GBO", "goal-2", View.PARENT, 3, 7,
         "Since 3 March 2026, how close they are to it (goal 2), as a parent or carer sees it, is up by 4, "
         "from 3 to 7. "
         "A change of 3 or more is more than chance."),
        ("QPR-15", "total", View.SELF, 30, None,
         "On 3 March 2026, recovery as they see it stood at 30. There is nothing to compare it with yet."),
    ],
)  # fmt: skip
def test_a_change_in_words(name: str, scale: str, view: View, first: float, latest: float | None, words: str) -> None:
    now = Point(JUNE, latest) if latest is not None else None
    assert sentence(MEASURES[name], scale, view, Point(MARCH, first), now) == words


def test_a_threshold_that_is_not_confirmed_is_said_to_be_so() -> None:
    scale = MEASURES["ReQoL-20"].scale["total"]
    assert scale.change is not None
    assert "not confirmed" in chance(scale, View.SELF)


@pytest.mark.parametrize(
    ("points", "told"),
    [
        (
            23,
            "By the rule of NHS England’s dashboard of community mental health outcomes (under 25), 23 is in the range",
        ),
        (24, "24 lies between the lines that sources draw (24 and 25), so nothing is concluded from it."),
        (25, "25 is not in the range of people who use mental health services."),
    ],
)
def test_a_cut_off_is_told_with_whose_rule_it_is(points: int, told: str) -> None:
    assert told in lines(MEASURES["ReQoL-10"].scale["total"], points)


@pytest.mark.parametrize("name", ["QPR-15", "Brief INSPIRE", "SWEMWBS"])
def test_no_cut_off_is_made_up(name: str) -> None:
    assert all(lines(scale, scale.low) == "" for scale in MEASURES[name].scales)


def test_the_first_score_is_a_baseline() -> None:
    one: dict[str, Any] = {"total": 30}
    told = compared(MEASURES["QPR-15"], score(MEASURES["QPR-15"], Answer(**one), licensed=True), {})
    assert (told.change, told.scales["total"]) == (FIRST, Score(raw=30, derived=30, change=FIRST))
