"""From when until when somebody was ready to leave: within the stay, once at a time, and nothing said is lost."""

import asyncio
from datetime import date
from typing import Any, TypeAlias

import pytest
from asyncpg import Pool, PostgresError, Record

from records import ready
from records.errors import RecordsError
from records.ready import Spell
from records.staff import upsert_staff
from schemas.ready import ReadyPeriod
from tests.planner.story import CAMHS, INPATIENT, london
from tests.records.counted import Counted, follow
from tests.records.journeys import MANAGERS, team_of

Db: TypeAlias = "Pool[Record]"
NOW = london("2026-03-20 12:00")
WHO = "coord-north"


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """A team."""
    await upsert_staff(pool, [*team_of("north"), *MANAGERS])


@pytest.fixture
async def one(pool: Db) -> Counted:
    """Somebody who is on a ward since the second of March."""
    return await follow(pool, INPATIENT, "2026-03-02 10:00")


def spell(starts: str, ends: str | None = None, reason: str = "18", attribution: str = "05") -> Spell:
    """What is said of a period, by the days of March."""
    return Spell(march(starts), march(ends) if ends else None, reason, attribution)


def march(day: str) -> date:
    return date.fromisoformat(f"2026-03-{day}")


async def begin(pool: Db, one: Counted, *said: Any) -> ReadyPeriod:
    return await ready.begin(pool, one.id, spell(*said), staff=WHO, now=NOW)


async def standing(pool: Db, one: Counted) -> list[tuple[date, date | None]]:
    """The delays as the reports count them."""
    rows = await pool.fetch("SELECT starts, ends FROM delays WHERE transition_id = $1 ORDER BY starts", one.id)
    return [tuple(row) for row in rows]


async def test_a_period_begins_and_ends(pool: Db, one: Counted) -> None:
    begun = await begin(pool, one, "05")
    assert (begun.ends, begun.recorded_by, begun.recorded_at) == (None, WHO, NOW)
    ended = await ready.end(pool, one.id, march("09"), staff="lead-north", now=NOW)
    assert (ended.id, ended.ends, ended.ended_by) == (begun.id, march("09"), "lead-north")
    assert ended.days(march("20")) == 3
    again = await begin(pool, one, "09")
    assert [row.id for row in await ready.periods(pool, one.id)] == [begun.id, again.id]
    assert await standing(pool, one) == [(march("05"), march("09")), (march("09"), None)]


async def test_one_at_a_time(pool: Db, one: Counted) -> None:
    await begin(pool, one, "05", "09")
    for other in (("06", "07"), ("04", "06"), ("08", None)):
        with pytest.raises(RecordsError, match="Another period lies in that time"):
            await begin(pool, one, *other)
    tried = await asyncio.gather(*(begin(pool, one, "10") for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(found, ReadyPeriod) for found in tried) == 1
    assert len(await ready.periods(pool, one.id)) == 2


async def test_a_correction_keeps_what_was_said(pool: Db, one: Counted) -> None:
    wrong = await begin(pool, one, "05")
    right = await ready.correct(
        pool, wrong.id, spell("04", "08", "03"), why=" a day early ", staff="lead-north", now=NOW
    )
    assert (right.corrects, right.starts, right.ends, right.reason) == (wrong.id, march("04"), march("08"), "03")
    kept = await ready.one(pool, wrong.id)
    assert (kept.starts, kept.withdrawn_by, kept.withdrawn_why) == (march("05"), "lead-north", "a day early")
    assert await standing(pool, one) == [(march("04"), march("08"))]
    await ready.withdraw(pool, right.id, why="never so", staff=WHO, now=NOW)
    assert await standing(pool, one) == []
    assert len(await ready.periods(pool, one.id)) == 2
    for said in (ready.withdraw(pool, right.id, why="again", staff=WHO, now=NOW),
                 ready.correct(pool, wrong.id, spell("04"), why="again", staff=WHO, now=NOW)):  # fmt: skip
        with pytest.raises(RecordsError, match="withdrawn already"):
            await said


async def test_a_correction_that_cannot_be_changes_nothing(pool: Db, one: Counted) -> None:
    wrong = await begin(pool, one, "05", "07")
    await begin(pool, one, "10")
    with pytest.raises(RecordsError, match="Another period"):
        await ready.correct(pool, wrong.id, spell("05", "12"), why="longer", staff=WHO, now=NOW)
    assert (await ready.one(pool, wrong.id)).withdrawn_at is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("01",), "came on 2 March 2026"),
        (("21",), "future"),
        (("05", "21"), "future"),
        (("05", "04"), "ends before it begins"),
        (("05", None, "38"), "one of 01, 02"),
        (("05", None, "1"), "no reason"),
        (("05", None, "18", "07"), "one of 04, 05, 06"),
    ],
)
async def test_what_cannot_be_is_refused(pool: Db, one: Counted, said: tuple[Any, ...], told: str) -> None:
    with pytest.raises(RecordsError, match=told):
        await begin(pool, one, *said)
    assert await ready.periods(pool, one.id) == []


async def test_nobody_is_delayed_after_they_left(pool: Db, one: Counted) -> None:
    await begin(pool, one, "05")
    await one.do("2026-03-10 15:00", "milestone", milestone="discharged")
    assert await standing(pool, one) == [(march("05"), march("10"))]
    with pytest.raises(RecordsError, match="left on 10 March 2026"):
        await ready.end(pool, one.id, march("11"), staff=WHO, now=NOW)
    await ready.end(pool, one.id, march("10"), staff=WHO, now=NOW)
    with pytest.raises(RecordsError, match="left on 10 March 2026"):
        await begin(pool, one, "11")
    with pytest.raises(RecordsError, match="nothing to end"):
        await ready.end(pool, one.id, march("10"), staff=WHO, now=NOW)


async def test_nobody_is_delayed_who_is_not_followed(pool: Db, one: Counted) -> None:
    await begin(pool, one, "05")
    await one.do("2026-03-12 15:00", "exit", exit="moved-away")
    assert await standing(pool, one) == [(march("05"), march("12"))]


async def test_a_discharge_that_is_corrected_makes_no_delay_shorter_than_none(pool: Db, one: Counted) -> None:
    await begin(pool, one, "08")
    await one.do("2026-03-10 15:00", "milestone", milestone="discharged")
    await one.do("2026-03-11 15:00", "milestone", milestone="discharged", occurred_at="2026-03-06 10:00")
    assert await standing(pool, one) == [(march("08"), march("08"))]


async def test_only_somebody_on_a_ward_is_ready_to_leave_it(pool: Db) -> None:
    other = await follow(pool, CAMHS, "2026-03-02 10:00")
    with pytest.raises(RecordsError, match="Only somebody on a ward"):
        await begin(pool, other, "05")
    for what in ("00000000-0000-0000-0000-000000000000",):
        with pytest.raises(RecordsError, match="No such transition"):
            await ready.begin(pool, what, spell("05"), staff=WHO, now=NOW)
    for period in ("nonsense", "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(RecordsError, match="no such period"):
            await ready.withdraw(pool, period, why="it was not so", staff=WHO, now=NOW)


@pytest.mark.parametrize("why", ["", "  ", "x" * 1001, "a\0b"])
async def test_a_correction_says_why(pool: Db, one: Counted, why: str) -> None:
    period = await begin(pool, one, "05")
    with pytest.raises(RecordsError, match="Say why"):
        await ready.withdraw(pool, period.id, why=why, staff=WHO, now=NOW)
    assert (await ready.one(pool, period.id)).withdrawn_at is None


async def test_the_database_keeps_what_was_said(pool: Db, one: Counted) -> None:
    await begin(pool, one, "05", "09")
    for change in ("UPDATE ready_periods SET starts = starts - 1", "UPDATE ready_periods SET reason = '01'",
                   "UPDATE ready_periods SET ends = ends + 1", "DELETE FROM ready_periods",
                   "TRUNCATE ready_periods CASCADE"):  # fmt: skip
        with pytest.raises(PostgresError, match=r"keeps what was said|only added to"):
            await pool.execute(change)
