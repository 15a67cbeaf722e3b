"""What is withheld, and that nothing that is shown gives it away."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from planner import suppression
from planner.suppression import LEAST, Marks, Part, Withheld, row, small, total

PARTS = {
    "met": Part("whole", "national"),
    "missed": Part("whole", "national"),
    "asked": Part("whole", "asked"),
}
RESTING = {"share": "met", "days": "days__of"}
ADDITIVE = ("whole", "met", "missed", "asked")
Counts = dict[str, int]


@st.composite
def counts(draw: st.DrawFn, most: int = 20) -> Counts:
    """A row: a whole, shared out between met and missed, and a part that is asked for."""
    met, missed = draw(st.integers(0, most)), draw(st.integers(0, most))
    whole = met + missed
    return {
        "whole": whole, "met": met, "missed": missed, "asked": draw(st.integers(0, whole)),
        "days__of": draw(st.integers(0, whole)),
    }  # fmt: skip


def shown(counts: Counts, marks: Marks) -> dict[str, int | Withheld]:
    """A row as it leaves."""
    return {name: marks.get(name, counts[name]) for name in ADDITIVE}


@given(counts())
def test_no_small_count_is_shown(found: Counts) -> None:
    marks = row(found, PARTS, RESTING)
    assert not any(small(found[name]) for name in found if name not in marks and name != "days__of")


@given(counts())
def test_nothing_that_is_left_of_a_whole_is_small_or_can_be_worked_out(found: Counts) -> None:
    marks = row(found, PARTS, RESTING)
    for name, part in PARTS.items():
        if name not in marks:
            assert part.whole not in marks
            assert not small(found[part.whole] - found[name])
    assert ("met" in marks) == ("missed" in marks)


@given(counts())
def test_a_share_goes_with_its_part_and_a_median_with_what_it_is_of(found: Counts) -> None:
    marks = row(found, PARTS, RESTING)
    assert ("share" in marks) == ("met" in marks)
    assert ("days" in marks) == small(found["days__of"])


@given(st.lists(counts(), max_size=6))
def test_a_total_is_shown_only_when_all_that_it_adds_up_is(rows: list[Counts]) -> None:
    marks = [row(one, PARTS, RESTING) for one in rows]
    sums = {name: sum(one[name] for one in rows) for name in [*ADDITIVE, "days__of"]}
    withheld = total(row(sums, PARTS, RESTING), marks, ADDITIVE)
    for name in ADDITIVE:
        if name not in withheld:
            assert not any(name in one for one in marks)
            assert not small(sums[name])


@given(st.lists(counts(7), min_size=1, max_size=1))
def test_whoever_knows_the_rule_cannot_work_a_number_out(rows: list[Counts]) -> None:
    """Every row that would be shown the same: each withheld number has several values among them."""
    [found] = rows
    as_shown = shown(found, row(found, PARTS, RESTING))
    possible = [
        one
        for met, missed in product(range(15), repeat=2)
        for asked in range(met + missed + 1)
        if shown(one := {"whole": met + missed, "met": met, "missed": missed, "asked": asked, "days__of": 0},
                 row(one, PARTS, RESTING)) == as_shown
    ]  # fmt: skip
    for name, cell in as_shown.items():
        if isinstance(cell, Withheld):
            assert len({one[name] for one in possible}) > 1


def test_in_words() -> None:
    assert LEAST == 5
    assert row({"whole": 3}, {}, {}) == {"whole": Withheld.SMALL}
    assert row({"whole": 0}, {}, {}) == {}
    assert row({"whole": 5}, {}, {}) == {}
    only = {"met": Part("whole", "met")}
    assert row({"whole": 20, "met": 3}, only, {}) == {"met": Withheld.SMALL}
    assert row({"whole": 20, "met": 18}, only, {}) == {"met": Withheld.DERIVED}
    assert row({"whole": 20, "met": 20}, only, {}) == {}
    assert row({"whole": 4, "met": 0}, only, {}) == {"whole": Withheld.SMALL, "met": Withheld.DERIVED}
    assert suppression.total({}, [{"met": Withheld.SMALL}, {}], ["met", "whole"]) == {"met": Withheld.DERIVED}
