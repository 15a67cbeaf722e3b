"""Delays are counted in days from the day after, in the month in which each day lies, and by what they are for."""

from datetime import date
from typing import Any, TypeAlias

import pytest
from asyncpg import Pool, Record

from records import ready
from records.ready import Spell
from records.staff import upsert_staff
from schemas.ready import GROUP_OF, REASONS
from tests.planner.story import INPATIENT, london
from tests.records.counted import Counted, agrees, counted, follow, listed
from tests.records.journeys import MANAGERS, team_of

Db: TypeAlias = "Pool[Record]"
LATER = "2026-04-20 12:00"
SPRING = ("2026-01-01", "2026-04-30")


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """A team."""
    await upsert_staff(pool, [*team_of("north"), *MANAGERS])


@pytest.fixture
async def one(pool: Db) -> Counted:
    """Somebody on a ward since the beginning of the year."""
    return await follow(pool, INPATIENT, "2026-01-02 10:00")


async def delayed(
    pool: Db, one: Counted, starts: str, ends: str | None = None, reason: str = "18", whose: str = "05"
) -> str:
    """A delay that was recorded, by its days of the year 2026; answers its id."""
    first, last = (date.fromisoformat(f"2026-{day}") if day else None for day in (starts, ends))
    assert first is not None
    spell = Spell(first, last, reason, whose)
    return (await ready.begin(pool, one.id, spell, staff="coord-north", now=london(LATER))).id


async def by_month(pool: Db, now: str = LATER, begins: str = SPRING[0], ends: str = SPRING[1]) -> dict[str, Any]:
    """Delays and days of each month."""
    found = await counted(pool, "delays", now, begins, ends)
    return {f"{row.period:%m}": (row.cells["delays"], row.cells["days"]) for row in found.rows}


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        ("03-05", "03-05", {}),
        ("03-05", "03-06", {}),
        ("03-05", "03-07", {"03": (1, 1)}),
        ("01-20", "02-10", {"01": (1, 11), "02": (1, 9)}),
        ("01-31", "02-03", {"02": (1, 2)}),
        ("02-26", "03-01", {"02": (1, 2)}),
        ("02-26", "03-02", {"02": (1, 2), "03": (1, 1)}),
        ("03-28", "03-30", {"03": (1, 1)}),  # the clocks go forward
        ("04-18", None, {"04": (1, 2)}),  # today counts while it goes on
        ("04-20", None, {}),
    ],
)
async def test_days_count_from_the_day_after(
    pool: Db, one: Counted, starts: str, ends: str | None, expected: dict[str, Any]
) -> None:
    await delayed(pool, one, starts, ends)
    assert await by_month(pool) == expected
    (period,) = await ready.periods(pool, one.id)
    assert sum(days for _, days in expected.values()) == period.days(date(2026, 4, 20))


async def test_a_stay_may_have_several(pool: Db, one: Counted) -> None:
    await delayed(pool, one, "03-02", "03-06")
    await delayed(pool, one, "03-06", "03-09", "03")
    await delayed(pool, one, "03-20", "04-05", "03")
    assert await by_month(pool) == {"03": (3, 3 + 2 + 11), "04": (1, 4)}
    found = await counted(pool, "delays", LATER, *SPRING, by="reason_group")
    told = {(f"{row.period:%m}", row.split): row.cells["days"] for row in found.rows}
    assert told == {("03", "housing"): 3, ("03", "social care"): 13, ("04", "social care"): 4}
    assert found.total.cells["length"] == 3.0  # the middle one of 2, 3 and 15


async def test_it_ends_when_they_leave_and_when_they_are_not_followed_any_more(pool: Db, one: Counted) -> None:
    await delayed(pool, one, "03-02")
    other = await follow(pool, INPATIENT, "2026-01-02 10:00")
    await delayed(pool, other, "03-02")
    await one.do("2026-03-10 23:50", "milestone", milestone="discharged")
    await other.do("2026-03-06 10:00", "exit", exit="moved-away")
    assert await by_month(pool) == {"03": (2, 7 + 3)}


async def test_what_was_withdrawn_does_not_count_and_what_was_corrected_counts_once(pool: Db, one: Counted) -> None:
    wrong = await delayed(pool, one, "03-02", "03-12")
    told: dict[str, Any] = {"why": "so", "staff": "coord-north", "now": london(LATER)}
    right = await ready.correct(pool, wrong, Spell(date(2026, 3, 4), date(2026, 3, 8), "03", "04"), **told)
    assert await by_month(pool) == {"03": (1, 3)}
    await ready.withdraw(pool, right.id, **told)
    assert await by_month(pool) == {}


@pytest.mark.parametrize("reason", sorted(REASONS))
async def test_every_reason_is_in_its_group(pool: Db, one: Counted, reason: str) -> None:
    await delayed(pool, one, "03-02", "03-12", reason)
    found = await counted(pool, "delays", LATER, *SPRING, by="reason_group")
    assert [row.split for row in found.rows] == [GROUP_OF[reason].value]


async def test_whose_it_is_shares_the_whole_out(pool: Db) -> None:
    for number, whose in enumerate(("04", "04", "05", "06")):
        one = await follow(pool, INPATIENT, "2026-01-02 10:00")
        await delayed(pool, one, f"03-0{number + 2}", f"03-1{number + 2}", whose=whose)
    total = (await counted(pool, "delays", LATER, *SPRING)).total.cells
    assert [total[name] for name in ("delays", "nhs", "social_care", "both", "days")] == [4, 2, 1, 1, 36]
    outside = (await counted(pool, "delays", LATER, *SPRING, inside=False)).total.cells
    assert {str(outside[name]) for name in ("delays", "nhs", "days", "length")} == {"under 5", "not shown"}


async def test_a_part_of_a_month_has_its_days_alone(pool: Db, one: Counted) -> None:
    await delayed(pool, one, "01-20", "04-10")
    assert await by_month(pool, ends="2026-03-05") == {"01": (1, 11), "02": (1, 28), "03": (1, 5)}
    assert await by_month(pool, begins="2026-03-01") == {"03": (1, 31), "04": (1, 9)}
    assert await by_month(pool, now="2026-02-03 12:00") == {"01": (1, 11), "02": (1, 3)}


async def test_every_figure_is_its_list(pool: Db, one: Counted) -> None:
    await delayed(pool, one, "01-20", "03-10")
    await delayed(pool, one, "03-15", None, "03", "06")
    await agrees(pool, "delays", LATER, *SPRING)
    rows = await listed(pool, "delays", "days", LATER, *SPRING, split="housing", by="reason_group")
    assert [(row.day.isoformat(), row.shown["days"], row.shown["delay"]) for row in rows] == [
        ("2026-01-21", 11, "18"), ("2026-02-01", 28, "18"), ("2026-03-01", 9, "18"),
    ]  # fmt: skip
