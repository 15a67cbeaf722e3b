"""What people say of the service: every answer counts, in percentages of them all, and is nobody's."""

from typing import Any, TypeAlias

import pytest
from asyncpg import Pool, Record

from records import experience
from records.errors import RecordsError
from records.staff import upsert_staff
from tests.planner.story import london
from tests.records.counted import Counted, counted, follow, listed
from tests.records.journeys import MANAGERS, team_of

Db: TypeAlias = "Pool[Record]"
NOW = "2026-09-30 12:00"
SPAN = ("2026-03-01", "2026-09-30")
COUNTS = ("responses", "positive", "negative", "neither", "do_not_know")


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """Two teams."""
    await upsert_staff(pool, [*team_of("north"), *team_of("south"), *MANAGERS])


async def answered(
    pool: Db, answers: dict[str, int], *, at: str = "2026-04-10 10:00", team: str = "north"
) -> list[Counted]:
    """Each answer is given by so many people, as the faces have it counted."""
    people = []
    for answer, times in answers.items():
        for _ in range(times):
            one = await follow(
                pool, "waiting-list-to-discharge", "2026-03-02 10:00", team=f"Team {team}", coordinator=f"coord-{team}"
            )
            apart = experience.apart({"FFT": {"choice": answer}})
            await experience.count(pool, one.id, one.journey.revision, apart, london(at))
            people.append(one)
    return people


async def total(pool: Db, **more: Any) -> dict[str, Any]:
    """The figures in all."""
    return dict((await counted(pool, "experience", NOW, *SPAN, **more)).total.cells)


async def test_percentages_are_of_every_answer(pool: Db) -> None:
    await answered(pool, {"very-good": 6, "good": 4, "neither": 5, "poor": 3, "very-poor": 2, "do-not-know": 5})
    cells = await total(pool)
    assert [cells[name] for name in COUNTS] == [25, 10, 5, 5, 5]
    assert (cells["positive_share"], cells["negative_share"]) == (0.4, 0.2)


async def test_no_answer_has_no_percentage(pool: Db) -> None:
    cells = await total(pool)
    assert (cells["responses"], cells["positive_share"]) == (0, None)


async def test_small_numbers_are_withheld_from_everybody(pool: Db) -> None:
    await answered(pool, {"very-good": 6, "very-poor": 1})
    for inside in (True, False):
        cells = await total(pool, inside=inside)
        assert cells["responses"] == 7
        assert [cells[name] for name in ("positive", "negative", "neither", "positive_share", "negative_share")] == [
            "not shown"
        ] * 5


async def test_a_single_answer_is_under_5(pool: Db) -> None:
    await answered(pool, {"very-poor": 1})
    assert (await total(pool))["responses"] == "under 5"


async def test_no_list_leads_to_anybody(pool: Db) -> None:
    await answered(pool, {"very-good": 6})
    with pytest.raises(RecordsError, match="A list tells of people"):
        await listed(pool, "experience", "responses", NOW, *SPAN)


async def test_an_answer_is_of_its_month_team_and_pathway(pool: Db) -> None:
    await answered(pool, {"good": 5}, at="2026-04-30 23:30")
    await answered(pool, {"poor": 5}, at="2026-05-01 00:30")  # in UTC it is April still
    found = await counted(pool, "experience", NOW, *SPAN)
    assert [(f"{row.period:%m}", row.cells["positive"], row.cells["negative"]) for row in found.rows] == [
        ("04", 5, 0), ("05", 0, 5),
    ]  # fmt: skip
    await answered(pool, {"good": 5}, team="south")
    assert (await total(pool, team="Team south"))["responses"] == 5
    assert (await total(pool, pathway="waiting-list-to-discharge"))["responses"] == 15
    assert (await total(pool, pathway="inpatient-to-community"))["responses"] == 0


async def test_a_report_that_comes_twice_counts_once(pool: Db) -> None:
    people = await answered(pool, {"good": 5})
    for one in people:
        apart = experience.apart({"FFT": {"choice": "poor"}})
        await experience.count(pool, one.id, one.journey.revision, apart, london("2026-04-11 10:00"))
    cells = await total(pool)
    assert (cells["responses"], cells["positive"], cells["negative"]) == (5, 5, 0)
