"""Escalations by rung: how many, how soon somebody took them on, and how soon they were put right."""

from typing import TypeAlias

import pytest
from asyncpg import Pool, Record

from records.staff import upsert_staff
from tests.records.counted import agrees, counted, follow, listed
from tests.records.journeys import MANAGERS, team_of

Db: TypeAlias = "Pool[Record]"
SPAN = ("2026-03-01", "2026-03-31")
NOW = "2026-04-10 12:00"


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """Two teams."""
    await upsert_staff(pool, [*team_of("north"), *team_of("south"), *MANAGERS])


async def test_each_rung_is_told_of_with_how_fast_it_was_answered(pool: Db) -> None:
    one = await follow(pool, "inpatient-to-community", "2026-01-05 10:00")
    await one.do("2026-03-02 10:00", "milestone", milestone="discharged")
    # The care plan is late from 3 March 10:00 on: the rungs fire at once, after 4 hours and after 24.
    await one.do("2026-03-03 12:00", "acknowledge", step="care-plan-sent", until="2026-03-03 18:00")
    await one.do("2026-03-03 16:00", "complete", step="care-plan-sent")
    found = await counted(pool, "escalations", NOW, *SPAN, by="rung")
    rows = await listed(pool, "escalations", "fired", NOW, *SPAN)
    plan = [row for row in rows if row.shown["step"] == "care-plan-sent"]
    assert [(row.shown["rung"], row.shown["hours_to_acknowledge"], row.shown["hours_to_resolve"]) for row in plan] == [
        (1, 2.0, 6.0)
    ]
    assert found.asked.by == "rung"
    assert found.splits()[0] == "1"
    assert sum(row.cells["fired"] for row in found.rows) == len(rows)  # type: ignore[misc]  # inside, numbers


async def test_what_is_late_still_is_said_to_be(pool: Db) -> None:
    one = await follow(pool, "inpatient-to-community", "2026-01-05 10:00")
    await one.do("2026-03-02 10:00", "milestone", milestone="discharged")
    await one.until("2026-03-10 10:00")
    rows = await listed(pool, "escalations", "still_late", NOW, *SPAN)
    plan = [row.shown["rung"] for row in rows if row.shown["step"] == "care-plan-sent"]
    assert plan == [1, 2, 3]
    total = (await counted(pool, "escalations", NOW, *SPAN)).total.cells
    assert total["resolved"] == 0
    assert total["hours_to_resolve"] is None


async def test_a_team_and_a_pathway_are_counted_alone(pool: Db) -> None:
    for team, coordinator in (("Team north", "coord-north"), ("Team south", "coord-south")):
        one = await follow(pool, "inpatient-to-community", "2026-01-05 10:00", team=team, coordinator=coordinator)
        await one.until("2026-03-20 10:00")
    winter = ("2026-01-01", "2026-03-31")
    everywhere = (await counted(pool, "escalations", NOW, *winter)).total.cells["fired"]
    north = (await counted(pool, "escalations", NOW, *winter, team="Team north")).total.cells["fired"]
    assert isinstance(everywhere, int)
    assert everywhere == 2 * north > 0  # type: ignore[operator]  # inside, numbers
    other = await counted(pool, "escalations", NOW, *winter, pathway="camhs-to-adult")
    assert other.total.cells["fired"] == 0
    assert other.series()[0].value == 0


async def test_every_figure_is_its_list(pool: Db) -> None:
    one = await follow(pool, "inpatient-to-community", "2026-01-05 10:00")
    await one.do("2026-03-02 10:00", "milestone", milestone="discharged")
    await one.do("2026-03-03 12:00", "acknowledge", step="care-plan-sent", until="2026-03-03 18:00")
    await one.until("2026-03-20 10:00")
    await agrees(pool, "escalations", NOW, *SPAN)
