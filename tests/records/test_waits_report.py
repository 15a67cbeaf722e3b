"""Waits by stage: when each begins and ends, who is over 18 weeks or 18 months, and who waits longest."""

from typing import Any, TypeAlias

import pytest
from asyncpg import Pool, Record

from records.staff import upsert_staff
from tests.records.counted import TEAM, Counted, agrees, counted, days, follow, listed
from tests.records.journeys import MANAGERS, team_of

Db: TypeAlias = "Pool[Record]"
WAITING = "waiting-list-to-discharge"
MONDAY = "2026-03-02 10:00"
NOW = "2026-06-30 12:00"
DAYS = ("done_days", "done_longest", "waiting_days", "waiting_longest")
SPAN = ("2026-03-01", "2026-06-30")
FIRST, SECOND, THIRD = "1 referral to assessment", "2 assessment to start of therapy", "3 start to end of therapy"


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """A team."""
    await upsert_staff(pool, [*team_of("north"), *MANAGERS])


async def waits(pool: Db, started: str = MONDAY, **reached: int) -> Counted:
    """Somebody who is referred, and comes to milestones so many days later."""
    one = await follow(pool, WAITING, started)
    for milestone, day in reached.items():
        await one.do(days(started, day), "milestone", milestone=milestone.replace("_", "-"))
    return one


async def stages(pool: Db, now: str = NOW, span: tuple[str, str] = SPAN) -> dict[str | None, dict[str, Any]]:
    """The figures of each stage in all the months together; days are those of the first month that has any."""
    found: dict[str | None, dict[str, Any]] = {}
    for row in (await counted(pool, "waits", now, *span, by="stage")).rows:
        known = found.setdefault(row.split, dict.fromkeys(row.cells, 0) | dict.fromkeys(DAYS))
        for name, value in row.cells.items():
            if name in DAYS:
                known[name] = known[name] or value
            else:
                known[name] += value
    return found


async def test_each_stage_is_a_wait_of_its_own(pool: Db) -> None:
    await waits(pool, assessment=20, therapy_started=50, therapy_ended=90)
    await waits(pool, assessment=30)
    found = await counted(pool, "waits", NOW, "2026-03-01", "2026-06-30", by="stage")
    told = {(f"{row.period:%m}", row.split): row.cells for row in found.rows}
    assert [told["03", FIRST][name] for name in ("done", "done_days", "done_longest")] == [1, 20, 20]
    assert [told["04", FIRST][name] for name in ("done", "done_days")] == [1, 30]
    assert (told["04", SECOND]["done"], told["04", SECOND]["done_days"]) == (1, 30)
    assert (told["05", THIRD]["done"], told["05", THIRD]["done_days"]) == (1, 40)
    # Who still waits stands in the month of today.
    assert (told["06", SECOND]["waiting"], told["06", SECOND]["waiting_days"]) == (1, 90)
    assert found.total.cells["done"] == 4
    assert len(told) == 5


@pytest.mark.parametrize(("day", "over"), [(125, 0), (126, 0), (127, 1)])
async def test_eighteen_weeks_are_126_days(pool: Db, day: int, over: int) -> None:
    await waits(pool, assessment=day)
    await waits(pool)
    found = await stages(pool, days(MONDAY, day), ("2026-03-01", "2026-08-31"))
    assert [found[FIRST][name] for name in ("done_18_weeks", "waiting_18_weeks")] == [over, over]
    assert [found[FIRST][name] for name in ("done_longest", "waiting_longest")] == [day, day]


@pytest.mark.parametrize(
    ("began", "today", "over"),
    [
        ("2025-03-01 00:10", "2026-09-01", 0),
        ("2025-03-01 00:10", "2026-09-02", 1),
        ("2025-02-28 23:50", "2026-08-28", 0),
        ("2025-02-28 23:50", "2026-08-29", 1),
        ("2024-08-31 10:00", "2026-02-28", 0),  # a month without a 31st
        ("2024-08-31 10:00", "2026-03-01", 1),
    ],
)
async def test_eighteen_months_are_those_of_the_calendar(pool: Db, began: str, today: str, over: int) -> None:
    one = await waits(pool, began)
    span = ("2026-02-01", "2026-09-30")
    assert (await stages(pool, f"{today} 12:00", span))[FIRST]["waiting_18_months"] == over
    await one.do(f"{today} 11:00", "milestone", milestone="assessment")
    found = (await stages(pool, "2026-09-30 12:00", span))[FIRST]
    assert (found["done_18_months"], found["done_18_weeks"], found["waiting"]) == (over, 1, 0)


async def test_days_are_those_of_london(pool: Db) -> None:
    await waits(pool, "2026-03-28 23:30")
    one = await waits(pool, "2026-03-29 00:30")  # the clocks go forward in that night
    await one.do("2026-03-30 00:10", "milestone", milestone="assessment")
    assert (await stages(pool))[FIRST]["done_days"] == 1


async def test_who_left_is_counted_beside(pool: Db) -> None:
    one = await waits(pool, assessment=10)
    await one.do(days(MONDAY, 20), "exit", exit="moved-away")
    found = await stages(pool)
    assert (found[FIRST]["done"], found[FIRST]["left_before"]) == (1, 0)
    assert [found[SECOND][name] for name in ("done", "waiting", "left_before", "done_days")] == [0, 0, 1, None]
    [case] = await listed(pool, "waits", "left_before", NOW, *SPAN)
    assert (case.shown["days"], case.shown["over_on"]) == (10, "2026-03-22")


async def test_therapy_without_an_assessment_ends_the_first_wait_without_it(pool: Db) -> None:
    await waits(pool, therapy_started=15)
    found = await stages(pool)
    assert [found[FIRST][name] for name in ("done", "waiting", "left_before")] == [0, 0, 1]
    assert SECOND not in found
    assert found[THIRD]["waiting"] == 1


async def test_a_hold_stops_no_clock_and_a_correction_is_followed(pool: Db) -> None:
    one = await waits(pool)
    await one.do(days(MONDAY, 5), "hold", reason="In hospital")
    await one.do(days(MONDAY, 25), "resume")
    await one.do(days(MONDAY, 40), "milestone", milestone="assessment", occurred_at=days(MONDAY, 30))
    await one.do(days(MONDAY, 41), "milestone", milestone="assessment", occurred_at=days(MONDAY, 28))
    assert (await stages(pool))[FIRST]["done_days"] == 28


async def test_only_pathways_to_a_therapy_are_in_it(pool: Db) -> None:
    await waits(pool)
    await follow(pool, "inpatient-to-community", MONDAY)
    assert (await counted(pool, "waits", NOW, *SPAN, by=None)).total.cells["waiting"] == 1


async def test_the_list_has_the_longest_first_in_pages_that_meet(pool: Db) -> None:
    for started in ("2026-03-10 10:00", "2026-03-02 10:00", "2026-03-20 10:00", "2026-03-20 09:00", "2026-03-05 10:00"):
        await waits(pool, started)
    rows = await listed(pool, "waits", "waiting", NOW, *SPAN)
    assert [case.shown["days"] for case in rows] == [120, 117, 112, 102, 102]
    again = await listed(pool, "waits", "waiting", NOW, *SPAN, split=FIRST, by="stage")
    assert [case.case_id for case in again] == [case.case_id for case in rows]
    # Among those that are over, too, and not who began longest ago.
    await waits(pool, "2026-03-02 10:00", assessment=5)
    await waits(pool, "2026-04-02 10:00", assessment=15)
    assert [case.shown["days"] for case in await listed(pool, "waits", "done", NOW, *SPAN)] == [15, 5]


async def test_the_longest_wait_of_one_person_never_leaves(pool: Db) -> None:
    for hour in range(6):
        await waits(pool, f"2026-03-02 1{hour}:00")
    inside, leaves = [await counted(pool, "waits", NOW, *SPAN, inside=one) for one in (True, False)]
    assert inside.total.cells["waiting_longest"] == 120
    assert [leaves.total.cells[name] for name in ("waiting", "waiting_days", "waiting_longest")] == [
        6,
        120,
        "not shown",
    ]
    assert leaves.total.cells["done_longest"] is None
    [row] = leaves.rows
    assert row.cells["waiting_longest"] == "not shown"


async def test_every_figure_is_its_list(pool: Db) -> None:
    await waits(pool, assessment=20, therapy_started=50, therapy_ended=90)
    await waits(pool, "2025-01-06 10:00")
    left = await waits(pool, assessment=20)
    await left.do(days(MONDAY, 60), "exit", exit="declined-service")
    await agrees(pool, "waits", NOW, *SPAN)
    assert (await counted(pool, "waits", NOW, *SPAN, team=TEAM)).total.cells["waiting"] == 1
    assert (await counted(pool, "waits", NOW, *SPAN, team="Another")).total.cells["waiting"] == 0
