"""Outcomes: who is paired with what, by how much they moved, and that views and measures are never mixed."""

from typing import Any, TypeAlias

import pytest
from asyncpg import Pool, Record

from pathways.measures import shipped
from records.reports import outcomes
from records.reports.asked import asked
from records.reports.registry import find
from records.staff import upsert_staff
from schemas.codes import View
from schemas.instrument import Scale
from tests.planner.story import london
from tests.records.counted import counted, listed
from tests.records.journeys import MANAGERS, team_of
from tests.records.measured import Measured, measured

Db: TypeAlias = "Pool[Record]"
NOW = "2027-06-30 12:00"
SPAN = ("2026-10-01", "2027-06-30")
CHANGES = ("judged", "improved", "unchanged", "deteriorated")
TIMES = ("measured", "once", "paired", "not_judged", "judged")


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """A team."""
    await upsert_staff(pool, [*team_of("one"), *MANAGERS])


async def person(pool: Db) -> Measured:
    """Somebody who was not asked yet."""
    return await measured(pool)


async def figures(pool: Db, *names: str, by: str | None = None) -> dict[str, tuple[Any, ...]]:
    """Figures by measure and view, of all the quarters."""
    found: dict[str, tuple[Any, ...]] = {}
    for row in (await counted(pool, "outcomes", NOW, *SPAN, by=by)).rows:
        cells = tuple(row.cells[name] for name in names)
        before = found.get(row.split or "", (0,) * len(names))
        found[row.split or ""] = tuple(one + other for one, other in zip(before, cells, strict=True))
    return found


OWN = "QPR-15, their own view"


@pytest.mark.parametrize(
    ("moved", "told"),
    [
        (4, (1, 0, 1, 0)),
        (5, (1, 1, 0, 0)),
        (6, (1, 1, 0, 0)),
        (0, (1, 0, 1, 0)),
        (-4, (1, 0, 1, 0)),
        (-5, (1, 0, 0, 1)),
    ],
)
async def test_a_move_of_the_points_themselves_counts(pool: Db, moved: int, told: tuple[int, ...]) -> None:
    await (await (await person(pool)).say(1, QPR_15=30)).say(40, QPR_15=30 + moved)
    assert await figures(pool, *CHANGES) == {OWN: told}


@pytest.mark.parametrize(
    ("first", "latest", "told"),
    [(18, 22, (1, 0, 1, 0)), (18, 23, (1, 1, 0, 0)), (23, 18, (1, 0, 0, 1)), (30, 29, (1, 0, 1, 0))],
)
async def test_a_table_of_scores_is_judged_by_the_score(
    pool: Db, first: int, latest: int, told: tuple[int, ...]
) -> None:
    await (await (await person(pool)).say(1, SWEMWBS=first)).say(40, SWEMWBS=latest)
    assert await figures(pool, *CHANGES) == {"SWEMWBS, their own view": told}


async def test_where_less_is_better_less_is_an_improvement(pool: Db) -> None:
    lower = {
        (instrument.id, scale.id)
        for instrument in shipped().values()
        for scale in instrument.scales
        if scale.better == "lower" and scale.change is not None and scale.change.of(View.SELF) is not None
    }
    assert lower
    for instrument, scale in lower:
        assert f"('{instrument}', '{scale}', 'self', -" in outcomes.CASES


async def test_the_first_is_beside_the_latest_and_not_the_best(pool: Db) -> None:
    one = await (await person(pool)).say(1, QPR_15=30)
    for day, score in ((30, 45), (60, 20), (90, 33)):
        one = await one.say(day, QPR_15=score)
    assert await figures(pool, *CHANGES) == {OWN: (1, 0, 1, 0)}
    [case] = await listed(pool, "outcomes", "unchanged", NOW, *SPAN)
    assert (case.shown["first_on"], case.shown["latest_on"], case.shown["change"]) == (
        "2026-11-03", "2027-01-31", "unchanged",
    )  # fmt: skip


async def test_what_was_told_late_is_in_the_order_of_its_days(pool: Db) -> None:
    one = await (await person(pool)).say(40, QPR_15=40)
    # The score of the later day is the latest, whichever was entered first.
    await one.pool.execute("UPDATE measure_scores SET taken_on = '2027-01-10'")
    await one.say(60, QPR_15=30)
    assert await figures(pool, *CHANGES) == {OWN: (1, 1, 0, 0)}


async def test_once_is_no_pair_nor_twice_on_one_day(pool: Db) -> None:
    one = await (await person(pool)).say(1, QPR_15=30)
    assert await figures(pool, *TIMES) == {OWN: (1, 1, 0, 0, 0)}
    await one.say(1.1, QPR_15=40)
    assert await figures(pool, *TIMES) == {OWN: (1, 1, 0, 0, 0)}


async def test_what_was_declined_is_no_score(pool: Db) -> None:
    one = await (await person(pool)).say(1, QPR_15=30)
    one = await one.say(30, QPR_15={"declined": True})
    assert await figures(pool, *TIMES) == {OWN: (1, 1, 0, 0, 0)}
    await one.say(60, QPR_15=36)
    assert await figures(pool, *CHANGES) == {OWN: (1, 1, 0, 0)}


async def test_views_and_measures_are_never_mixed(pool: Db) -> None:
    one = await (await person(pool)).say(1, GBO=[{"view": "self", "items": [2]}, {"view": "parent", "items": [8]}])
    one = await one.say(30, GBO=[{"view": "self", "items": [6]}, {"view": "parent", "items": [4]}], QPR_15=30)
    await one.say(60, GBO={"view": "clinician", "items": [1]}, SWEMWBS=18)
    assert await figures(pool, *TIMES[1:3], *CHANGES[1:]) == {
        "GBO, their own view": (0, 1, 1, 0, 0),
        "GBO, a parent’s or carer’s view": (0, 1, 0, 0, 1),
        "GBO, a clinician’s view": (1, 0, 0, 0, 0),
        OWN: (1, 0, 0, 0, 0),
        "SWEMWBS, their own view": (1, 0, 0, 0, 0),
    }


async def test_two_people_are_no_pair(pool: Db) -> None:
    await (await person(pool)).say(1, QPR_15=30)
    await (await person(pool)).say(40, QPR_15=40)
    assert await figures(pool, *TIMES) == {OWN: (2, 2, 0, 0, 0)}


async def test_any_goal_that_is_worse_outweighs_what_is_better(pool: Db) -> None:
    await (await (await person(pool)).say(1, GBO=[2, 5, 5])).say(40, GBO=[9, 2, 5])
    await (await (await person(pool)).say(1, GBO=[2, 5, 5])).say(40, GBO=[9, 3, 5])
    assert await figures(pool, *CHANGES) == {"GBO, their own view": (2, 1, 0, 1)}


async def test_a_goal_that_came_later_is_compared_with_its_own_first(pool: Db) -> None:
    one = await (await person(pool)).say(1, GBO={"items": {"1": 5}})
    one = await one.say(20, GBO={"items": {"1": 5, "2": 2}})
    await one.say(40, GBO={"items": {"2": 5}})
    assert await figures(pool, *CHANGES) == {"GBO, their own view": (1, 1, 0, 0)}


async def test_where_no_source_says_what_is_chance_a_pair_is_not_judged(pool: Db) -> None:
    await (await (await person(pool)).say(1, QPR_22=10, Brief_INSPIRE=10)).say(40, QPR_22=60, Brief_INSPIRE=20)
    found = await figures(pool, "paired", "not_judged", "judged", "improved", "deteriorated")
    assert found
    assert set(found.values()) == {(1, 1, 0, 0, 0)}


async def test_goal_attainment_is_paired_and_compares_no_groups(pool: Db) -> None:
    await (await (await person(pool)).say(1, GAS=[-1, -1])).say(40, GAS=[2, 2])
    assert await figures(pool, *TIMES) == {"GAS, their own view": (1, 0, 1, 1, 0)}
    assert "'GAS'" not in outcomes.CASES


async def test_an_unconfirmed_threshold_judges_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    told = shipped()["QPR-15"].scales[0]
    assert told.change is not None
    unconfirmed = told.model_copy(update={"change": told.change.model_copy(update={"confirmed": False})})
    assert isinstance(unconfirmed, Scale)
    instrument = shipped()["QPR-15"].model_copy(update={"scales": [unconfirmed]})
    monkeypatch.setattr(outcomes, "shipped", lambda: {"QPR-15": instrument})
    assert outcomes.thresholds() == []


async def test_another_version_of_the_scoring_is_not_compared(pool: Db) -> None:
    one = await (await person(pool)).say(1, QPR_15=10)
    await pool.execute("UPDATE measure_scores SET version = 7")
    one = await one.say(30, QPR_15=30)
    assert await figures(pool, *TIMES) == {OWN: (1, 1, 0, 0, 0)}
    await one.say(60, QPR_15=33)
    assert await figures(pool, *CHANGES) == {OWN: (1, 0, 1, 0)}


async def test_a_pair_counts_in_the_quarter_of_its_latest_score(pool: Db) -> None:
    one = await (await (await person(pool)).say(1, QPR_15=30)).say(40, QPR_15=40)
    found = await counted(pool, "outcomes", NOW, *SPAN)
    assert [(str(row.period), row.cells["improved"]) for row in found.rows] == [("2026-10-01", 1)]
    await one.say(80, QPR_15=41)
    found = await counted(pool, "outcomes", NOW, *SPAN)
    assert [(str(row.period), row.cells["improved"]) for row in found.rows] == [("2027-01-01", 1)]


async def test_it_is_always_told_apart_and_has_no_total(pool: Db) -> None:
    await (await (await person(pool)).say(1, QPR_15=30, SWEMWBS=20)).say(40, QPR_15=40, SWEMWBS=20)
    report = find("outcomes")
    assert asked(report, london(NOW).date()).by == "measure"
    assert set(report.all_splits) == {"measure", "in_team", "on_pathway"}
    found = await counted(pool, "outcomes", NOW, *SPAN, by=None)
    assert (found.sums, set(found.total.cells.values()), found.with_total) == ([], {None}, found.rows)
    assert {point.value for point in found.series("improved")} == {None}
    assert [point.value for point in found.series("improved", OWN)] == [1, 0, 0]
    assert set(await figures(pool, "paired", by="in_team")) == {f"Team one: {OWN}", "Team one: SWEMWBS, their own view"}


async def test_small_numbers_are_withheld_when_they_leave(pool: Db) -> None:
    for moved in (10, 10, 10, 10, 10, -10):
        await (await (await person(pool)).say(1, QPR_15=30)).say(40, QPR_15=30 + moved)
    found = await counted(pool, "outcomes", NOW, *SPAN, inside=False)
    [row] = found.rows
    assert (row.cells["judged"], row.cells["improved"], row.cells["deteriorated"], row.cells["improved_share"]) == (
        6, "not shown", "not shown", "not shown",
    )  # fmt: skip


async def test_every_figure_is_its_list(pool: Db) -> None:
    await (await (await person(pool)).say(1, QPR_15=30, GAS=[0])).say(40, QPR_15=40, GAS=[1])
    await (await (await person(pool)).say(1, QPR_15=30)).say(40, QPR_15=20, SWEMWBS=20)
    found = await counted(pool, "outcomes", NOW, *SPAN)
    for row in found.rows:
        for figure in found.report.figures:
            if figure.listed:
                rows = await listed(pool, "outcomes", figure.name, NOW, *SPAN, split=row.split)
                assert len(rows) == row.cells[figure.name], (row.split, figure.name)
