"""Placements out of area: from the facts as they held, for want of a bed, back again, reviewed in time."""

from typing import Any, TypeAlias

import pytest
from asyncpg import Pool, Record

from records.staff import upsert_staff
from tests.planner.story import INPATIENT
from tests.records.counted import Counted, agrees, counted, follow, listed
from tests.records.journeys import MANAGERS, team_of

Db: TypeAlias = "Pool[Record]"
LATER = "2026-11-20 12:00"
YEAR = ("2026-01-01", "2026-11-30")
STARTED = "2026-01-05 10:00"


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """A team."""
    await upsert_staff(pool, [*team_of("north"), *MANAGERS])


async def placed(pool: Db, reason: str | None = "10", **more: Any) -> Counted:
    """Somebody who was placed out of area from the start."""
    facts = {"out_of_area": True} | ({"out_of_area_reason": reason} if reason else {})
    return await follow(pool, INPATIENT, STARTED, facts=facts, **more)


async def figures(pool: Db, *names: str, now: str = LATER) -> list[Any]:
    """Some figures of the year."""
    total = (await counted(pool, "out-of-area", now, *YEAR)).total.cells
    return [total[name] for name in names]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("10", [1, 1, 0, 0]), ("11", [1, 0, 1, 0]), ("12", [1, 0, 1, 0]), ("13", [1, 0, 1, 0]), ("14", [1, 0, 1, 0]),
     ("99", [1, 0, 0, 1]), (None, [1, 0, 0, 1])],
)  # fmt: skip
async def test_for_want_of_a_bed_it_is_inappropriate(pool: Db, reason: str | None, expected: list[int]) -> None:
    await placed(pool, reason)
    assert await figures(pool, "began", "inappropriate", "other_reason", "reason_not_known") == expected


async def test_nobody_is_placed_who_never_was(pool: Db) -> None:
    one = await follow(pool, INPATIENT, STARTED, facts={"out_of_area_reason": "10"})
    await one.do("2026-02-02 10:00", "facts", facts={"out_of_area": True})
    await one.do("2026-02-02 10:00", "facts", facts={"out_of_area": False})
    assert await figures(pool, "began", "ended") == [0, 0]


async def test_who_came_back_did_so_before_they_left_the_ward(pool: Db) -> None:
    back, left, moved = await placed(pool), await placed(pool), await placed(pool)
    await back.do("2026-02-04 10:00", "facts", facts={"out_of_area": False})
    await back.do("2026-03-02 10:00", "milestone", milestone="discharged")
    await left.do("2026-03-05 10:00", "milestone", milestone="discharged")
    await left.do("2026-03-06 10:00", "facts", facts={"out_of_area": False})  # said after they had left
    await moved.do("2026-03-07 10:00", "exit", exit="moved-away")
    assert await figures(pool, "began", "ended", "brought_back", "left_from_there") == [3, 3, 1, 2]
    found = await counted(pool, "out-of-area", LATER, *YEAR)
    months = {f"{row.period:%m}": (row.cells["ended"], row.cells["days"]) for row in found.rows if row.cells["ended"]}
    assert months == {"02": (1, 30.0), "03": (2, 60.0)}


async def test_a_second_placement_is_another_one_and_the_last_reason_counts(pool: Db) -> None:
    one = await placed(pool, "11")
    await one.do("2026-01-20 10:00", "facts", facts={"out_of_area_reason": "10"})
    await one.do("2026-02-04 10:00", "facts", facts={"out_of_area": False})
    await one.do("2026-02-05 10:00", "facts", facts={"out_of_area_reason": "14"})
    await one.do("2026-04-04 10:00", "facts", facts={"out_of_area": True})
    rows = await listed(pool, "out-of-area", "began", LATER, *YEAR)
    assert [(row.day.isoformat(), row.shown["out_of_area_reason"]) for row in rows] == [
        ("2026-01-05", "10"), ("2026-04-04", "14"),
    ]  # fmt: skip
    assert await figures(pool, "began", "inappropriate", "brought_back") == [2, 1, 1]


async def test_reviews_are_counted_when_they_fall_due(pool: Db) -> None:
    one = await placed(pool)
    await one.do("2026-04-01 10:00", "complete", step="placement-review#1")
    assert await figures(pool, "reviews", now="2026-04-05 12:00") == [0]
    await one.do("2026-07-09 10:00", "complete", step="placement-review#2")  # due on the fifth of July
    await one.until("2026-10-10 10:00")
    names = ("reviews", "reviewed_in_time", "reviewed_late", "not_reviewed")
    assert await figures(pool, *names) == [3, 1, 1, 1]
    found = await counted(pool, "out-of-area", LATER, *YEAR)
    due = {f"{row.period:%m}": row.cells["reviews"] for row in found.rows if row.cells["reviews"]}
    assert due == {"04": 1, "07": 1, "10": 1}
    assert found.total.cells["reviewed_share"] == 1 / 3


async def test_a_review_that_nobody_did_counts_also_when_they_came_back_since(pool: Db) -> None:
    one = await placed(pool)
    await one.do("2026-04-20 10:00", "facts", facts={"out_of_area": False})
    assert await figures(pool, "reviews", "not_reviewed") == [1, 1]


async def test_no_review_is_asked_for_that_could_not_be_known(pool: Db) -> None:
    early = await follow(pool, INPATIENT, STARTED)
    await early.do("2026-05-01 10:00", "facts", facts={"out_of_area": True})  # the first would have been in April
    taken = await placed(pool, taken_on="2026-05-01 10:00")
    soon = await placed(pool)
    await soon.do("2026-02-01 10:00", "facts", facts={"out_of_area": False})
    for one in (early, taken, soon):
        await one.until("2026-06-01 10:00")
    assert await figures(pool, "began", "reviews", now="2026-06-01 12:00") == [3, 0]


async def test_every_figure_is_its_list(pool: Db) -> None:
    one, other = await placed(pool), await placed(pool, "14")
    await one.do("2026-04-20 10:00", "facts", facts={"out_of_area": False})
    await other.do("2026-04-01 10:00", "complete", step="placement-review#1")
    await agrees(pool, "out-of-area", LATER, *YEAR)
