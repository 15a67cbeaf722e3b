"""The weekly audit of failed contacts: of which kind each was, and whether somebody asked if they are safe."""

from datetime import date
from typing import TypeAlias

import pytest
from asyncpg import Pool, Record

from records.staff import upsert_staff
from tests.records.counted import agrees, counted, follow, listed
from tests.records.journeys import MANAGERS, somebody, team_of

Db: TypeAlias = "Pool[Record]"
SPAN = ("2026-03-02", "2026-03-29")
NOW = "2026-04-10 12:00"
STEP = "follow-up-72h"


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """A team."""
    await upsert_staff(pool, [*team_of("north"), *MANAGERS])


async def test_each_week_tells_its_misses_apart(pool: Db) -> None:
    one = await follow(pool, "inpatient-to-community", "2026-01-05 10:00")
    await one.do("2026-03-02 09:00", "milestone", milestone="discharged")
    for at, status in (("03-03 10:00", "3"), ("03-03 15:00", "2"), ("03-04 10:00", "4"), ("03-09 00:10", "7")):
        await one.met(f"2026-{at}", STEP, attendance=status, mechanism="02")
    await one.met("2026-03-10 10:00", STEP)
    found = await counted(pool, "failed-contacts", NOW, *SPAN)
    names = ("failed", "did_not_attend", "cancelled_by_person", "cancelled_by_us", "too_late", "review_needed")
    assert [(str(row.period), *(row.cells[name] for name in names)) for row in found.rows] == [
        ("2026-03-02", 3, 1, 1, 1, 0, 1),
        ("2026-03-09", 1, 0, 0, 0, 1, 1),
    ]
    assert [point.value for point in found.series()] == [3, 1, 0, 0]


async def test_a_review_is_in_time_late_or_open(pool: Db) -> None:
    one = await follow(pool, "inpatient-to-community", "2026-01-05 10:00")
    await one.do("2026-03-02 09:00", "milestone", milestone="discharged")
    await one.met("2026-03-03 10:00", STEP, attendance="3")
    await one.do("2026-03-03 12:00", "complete", step=f"risk-review:{STEP}#1", reason="Spoken to their sister: safe.")
    await one.met("2026-03-03 13:00", STEP, attendance="3")
    await one.do("2026-03-03 19:00", "complete", step=f"risk-review:{STEP}#2")  # asked for within 4 hours
    await one.met("2026-03-04 10:00", STEP, attendance="7")
    await one.until("2026-03-20 10:00")
    total = (await counted(pool, "failed-contacts", NOW, *SPAN)).total.cells
    assert [total[name] for name in ("review_needed", "reviewed_in_time", "reviewed_late", "review_open")] == [
        3,
        1,
        1,
        1,
    ]
    assert total["not_reviewed"] == 0
    assert total["share"] == pytest.approx(1 / 3)
    [still] = await listed(pool, "failed-contacts", "review_open", NOW, *SPAN)
    assert still.shown["attendance"] == "7"
    assert still.name == "Ada Test"


async def test_of_a_child_it_is_said_that_they_were_not_brought(pool: Db) -> None:
    child = somebody().model_copy(update={"date_of_birth": date(2010, 6, 1)})
    one = await follow(pool, "camhs-to-adult", "2026-01-05 10:00", person=child, facts={"peer_support": "accepted"})
    await one.met("2026-03-03 10:00", "peer-introduction", attendance="3")
    total = (await counted(pool, "failed-contacts", NOW, *SPAN)).total.cells
    assert (total["not_brought"], total["did_not_attend"], total["review_needed"]) == (1, 0, 1)


async def test_small_numbers_are_withheld_when_it_leaves(pool: Db) -> None:
    one = await follow(pool, "inpatient-to-community", "2026-01-05 10:00")
    await one.do("2026-03-02 09:00", "milestone", milestone="discharged")
    for hour in range(6):
        await one.met(f"2026-03-03 1{hour}:00", STEP, attendance="3" if hour else "2")
    found = await counted(pool, "failed-contacts", NOW, *SPAN, inside=False)
    [week] = found.rows
    assert week.cells["failed"] == 6
    assert week.cells["did_not_attend"] == week.cells["cancelled_by_person"] == "not shown"
    assert found.total.cells["share"] == "not shown"
    assert found.series("did_not_attend")[0].value is None


async def test_every_figure_is_its_list(pool: Db) -> None:
    one = await follow(pool, "inpatient-to-community", "2026-01-05 10:00")
    await one.do("2026-03-02 09:00", "milestone", milestone="discharged")
    for day, status in ((3, "3"), (4, "2"), (5, "7"), (10, "4")):
        await one.met(f"2026-03-{day:02} 10:00", STEP, attendance=status)
    await agrees(pool, "failed-contacts", NOW, *SPAN)
