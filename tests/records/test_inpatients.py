"""Who is on a ward at the midnight that ends a month, or now; in which bed, as it was known then."""

from datetime import date
from typing import Any, TypeAlias

import pytest
from asyncpg import Pool, Record

from cli.report import _tell
from records import ready
from records.people import register
from records.ready import Spell
from records.reports.table import plain
from records.staff import upsert_staff
from tests.planner.story import CAMHS, INPATIENT, london
from tests.records.counted import COORDINATOR, agrees, counted, follow
from tests.records.journeys import MANAGERS, somebody, team_of

Db: TypeAlias = "Pool[Record]"
LATER = "2026-05-10 12:00"
SPRING = ("2026-01-01", "2026-05-31")


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """A team."""
    await upsert_staff(pool, [*team_of("north"), *MANAGERS])


async def there(pool: Db, figure: str = "on_a_ward", now: str = LATER, ends: str = SPRING[1], **more: Any) -> Any:
    """A figure by month and split."""
    found = await counted(pool, "inpatients", now, SPRING[0], ends, **more)
    if "by" in more:
        return {(f"{row.period:%m}", row.split): row.cells[figure] for row in found.rows}
    return {f"{row.period:%m}": row.cells[figure] for row in found.rows}


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ("2026-03-31 23:50", {"02": 1}),
        ("2026-04-01 00:10", {"02": 1, "03": 1}),
        ("2026-02-28 12:00", {}),
        ("2026-05-10 11:00", {"02": 1, "03": 1, "04": 1}),
    ],
)
async def test_midnight_decides(pool: Db, left: str, expected: dict[str, int]) -> None:
    one = await follow(pool, INPATIENT, "2026-02-10 10:00")
    await one.do(left, "milestone", milestone="discharged")
    assert await there(pool) == expected


async def test_who_came_later_was_not_there_before(pool: Db) -> None:
    await follow(pool, INPATIENT, "2026-03-31 23:50")
    await follow(pool, INPATIENT, "2026-02-20 10:00", taken_on="2026-05-05 10:00")
    assert await there(pool) == {"02": 1, "03": 2, "04": 2, "05": 2}
    assert await there(pool, now="2026-03-15 12:00") == {"02": 1, "03": 1}
    assert await there(pool, ends="2026-03-30") == {"02": 1, "03": 1}


async def test_who_is_not_followed_is_on_no_ward(pool: Db) -> None:
    one = await follow(pool, INPATIENT, "2026-01-10 10:00")
    await one.do("2026-02-10 10:00", "exit", exit="moved-away")
    await follow(pool, CAMHS, "2026-01-10 10:00")
    at = london("2026-01-10 10:00")
    await register(pool, somebody(), pathway=INPATIENT, started=at, taken_on=at, coordinator=COORDINATOR)
    assert await there(pool) == {"01": 1}


async def test_the_bed_is_that_of_the_time(pool: Db) -> None:
    one = await follow(pool, INPATIENT, "2026-01-10 10:00", facts={"bed_class": "206"})
    await one.do("2026-03-10 10:00", "facts", facts={"bed_class": "212"})
    await one.do("2026-04-10 10:00", "facts", facts={"bed_class": None})
    assert await there(pool, by="bed_class") == {
        ("01", "206"): 1, ("02", "206"): 1, ("03", "212"): 1, ("04", "not known"): 1, ("05", "not known"): 1,
    }  # fmt: skip
    assert await there(pool, "bed_not_known") == {"01": 0, "02": 0, "03": 0, "04": 1, "05": 1}


async def test_who_is_away_from_home_and_who_is_delayed(pool: Db) -> None:
    one = await follow(pool, INPATIENT, "2026-01-10 10:00", facts={"out_of_area": True})
    await one.do("2026-02-10 10:00", "facts", facts={"out_of_area": False})
    for starts, ends in ((date(2026, 2, 27), date(2026, 3, 1)), (date(2026, 3, 31), date(2026, 4, 3))):
        spell = Spell(starts, ends, "18", "05")
        await ready.begin(pool, one.id, spell, staff=COORDINATOR, now=london(LATER))
    assert await there(pool, "out_of_area") == {"01": 1, "02": 0, "03": 0, "04": 0, "05": 0}
    assert await there(pool, "delayed") == {"01": 0, "02": 1, "03": 0, "04": 0, "05": 0}
    assert await there(pool, "days") == {"01": 21.0, "02": 49.0, "03": 80.0, "04": 110.0, "05": 120.0}


async def test_months_are_not_added_up(pool: Db, capsys: pytest.CaptureFixture[str]) -> None:
    await follow(pool, INPATIENT, "2026-01-10 10:00")
    found = await counted(pool, "inpatients", LATER, *SPRING)
    assert found.with_total == found.rows
    assert plain(found)["total"] is None
    _tell(found, as_csv=False, as_json=False)
    assert "All" not in capsys.readouterr().out
    assert [point.value for point in found.series()] == [1.0, 1.0, 1.0, 1.0, 1.0]
    await agrees(pool, "inpatients", LATER, *SPRING)
