"""Milestones and facts stand beside the steps as the journey has them, whatever program records it."""

from typing import TypeAlias

import pytest
from asyncpg import Pool, Record

from records.reconcile import differences, recorded
from records.staff import upsert_staff
from tests.planner.story import london
from tests.records.counted import follow
from tests.records.journeys import MANAGERS, team_of

Db: TypeAlias = "Pool[Record]"
WARD = "inpatient-to-community"


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """A team."""
    await upsert_staff(pool, [*team_of("north"), *MANAGERS])


async def milestones(pool: Db) -> dict[str, tuple[object, object]]:
    """Every milestone: expected, and happened."""
    return {
        row["milestone"]: (row["expected"], row["occurred"]) for row in await pool.fetch("SELECT * FROM milestones")
    }


async def facts(pool: Db, name: str) -> list[tuple[str, object, object]]:
    """The values that a fact has held, in their order."""
    rows = await pool.fetch("SELECT value::text, since, until FROM fact_periods WHERE fact = $1 ORDER BY since", name)
    return [tuple(row) for row in rows]


async def test_milestones_are_expected_happen_and_are_corrected(pool: Db) -> None:
    one = await follow(pool, WARD, "2026-03-02 10:00", expected={"discharged": "2026-05-01 00:00"})
    start = london("2026-03-02 10:00")
    assert await milestones(pool) == {"started": (None, start), "discharged": (london("2026-05-01 00:00"), None)}
    await one.do("2026-03-10 10:00", "expect", expected={"discharged": None})
    assert await milestones(pool) == {"started": (None, start)}
    await one.do("2026-04-10 10:00", "milestone", milestone="discharged", occurred_at="2026-04-09 15:00")
    assert (await milestones(pool))["discharged"] == (None, london("2026-04-09 15:00"))
    await one.do("2026-04-11 10:00", "milestone", milestone="discharged", occurred_at="2026-04-09 14:00")
    assert (await milestones(pool))["discharged"] == (None, london("2026-04-09 14:00"))
    await one.do("2026-04-12 10:00", "exit", exit="moved-away")
    assert (await milestones(pool))["ended"] == (None, london("2026-04-12 10:00"))


async def test_a_fact_holds_from_the_start_until_it_changes(pool: Db) -> None:
    one = await follow(pool, WARD, "2026-03-02 10:00", taken_on="2026-04-01 10:00", facts={"out_of_area": True})
    begun, moved, back = london("2026-03-02 10:00"), london("2026-04-05 10:00"), london("2026-04-06 10:00")
    assert await facts(pool, "out_of_area") == [("true", begun, None)]
    await one.do("2026-04-05 10:00", "facts", facts={"out_of_area": False, "out_of_area_reason": "10"})
    await one.do("2026-04-06 10:00", "facts", facts={"out_of_area_reason": None})
    assert await facts(pool, "out_of_area") == [("true", begun, moved), ("false", moved, None)]
    assert await facts(pool, "out_of_area_reason") == [('"10"', moved, back)]


async def test_counted_anew_they_are_the_same(pool: Db) -> None:
    one = await follow(pool, WARD, "2026-03-02 10:00", expected={"discharged": "2026-05-01 00:00"})
    await one.do("2026-04-05 10:00", "facts", facts={"bed_class": "200"})
    await one.do("2026-04-06 10:00", "facts", facts={"bed_class": "202"})
    await one.do("2026-04-10 10:00", "milestone", milestone="discharged")
    before = [await pool.fetch(f"SELECT * FROM {name} ORDER BY 1, 2, 4") for name in ("milestones", "fact_periods")]
    await pool.execute("SELECT count_everything_anew()")
    after = [await pool.fetch(f"SELECT * FROM {name} ORDER BY 1, 2, 4") for name in ("milestones", "fact_periods")]
    assert after == before


async def test_what_strayed_from_the_journey_is_named(pool: Db) -> None:
    one = await follow(pool, WARD, "2026-03-02 10:00", facts={"bed_class": "200"})
    told = {one.id: one.journey.model_dump(mode="json")}

    async def found() -> list[str]:
        return differences(told, {each: row async for each, row in recorded(pool)})

    assert await found() == []
    await pool.execute("UPDATE milestones SET occurred = occurred + interval '1 day'")
    await pool.execute("UPDATE fact_periods SET until = since WHERE fact = 'bed_class'")
    assert await found() == [
        f"Transition {one.id}: milestone started is listed otherwise than the recorded journey has it.",
        f"Transition {one.id}: fact bed_class is listed otherwise than the recorded journey has it.",
    ]
