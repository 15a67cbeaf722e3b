"""Follow-up after a discharge is counted exactly as the national measure is coded, beside the two local clocks."""

from datetime import date
from typing import Any, TypeAlias

import pytest
from asyncpg import Pool, Record

from records.staff import upsert_staff
from schemas.discharge import DESTINATIONS, FOLLOWED_BEDS, METHODS, NOT_FOLLOWED_DESTINATIONS, NOT_FOLLOWED_METHODS
from tests.records.counted import Counted, agrees, counted, follow, listed
from tests.records.journeys import MANAGERS, team_of

Db: TypeAlias = "Pool[Record]"
WARD = "inpatient-to-community"
MONDAY = "2025-09-01 09:00"
LATER = "2025-10-20 12:00"
IN, MET, MISSED, OUT = (1, 1), (1, 1), (1, 0), (0, 0)


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """A team."""
    await upsert_staff(pool, [*team_of("north"), *team_of("south"), *MANAGERS])


async def discharged(pool: Db, at: str, bed: str = "200", **facts: str) -> Counted:
    """Somebody who was on a ward from August on, and left it then."""
    known = {"bed_class": bed, **facts}
    one = await follow(pool, WARD, "2025-08-04 10:00", facts=known)
    return await one.do(at, "milestone", milestone="discharged")


async def measured(pool: Db, now: str = LATER) -> tuple[Any, Any]:
    """How many are in the national measure, and how many of them were followed up."""
    total = (await counted(pool, "follow-up", now, "2025-08-01", "2026-02-28")).total.cells
    assert total["eligible"] == total["followed"] + total["not_followed"]  # type: ignore[operator]  # numbers, inside
    return total["eligible"], total["followed"]


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("2025-09-01 16:00", MISSED),  # the day itself never counts
        ("2025-09-02 00:30", MET),
        ("2025-09-04 23:50", MET),
        ("2025-09-05 00:10", MISSED),
    ],
)
async def test_dates_count_and_not_hours(pool: Db, contact: str, expected: tuple[int, int]) -> None:
    one = await discharged(pool, MONDAY)
    await one.met(contact, "follow-up-72h", mechanism="02")
    assert await measured(pool) == expected


@pytest.mark.parametrize(("day", "expected"), [("20", MET), ("21", MET), ("22", MET), ("23", MISSED)])
async def test_no_weekend_and_no_holiday_makes_it_longer(pool: Db, day: str, expected: tuple[int, int]) -> None:
    one = await discharged(pool, "2025-12-19 15:00")
    await one.met(f"2025-12-{day} 12:00", "follow-up-72h")
    assert await measured(pool, "2026-02-01 12:00") == expected


async def test_a_missed_call_and_one_on_the_fourth_day_are_no_follow_up(pool: Db) -> None:
    one = await discharged(pool, MONDAY)
    await one.met("2025-09-02 10:00", "follow-up-72h", attendance="3", mechanism="02")
    await one.met("2025-09-05 10:00", "follow-up-72h", mechanism="02")
    assert await measured(pool) == MISSED


@pytest.mark.parametrize("code", sorted(DESTINATIONS))
async def test_some_destinations_are_not_asked_about(pool: Db, code: str) -> None:
    await discharged(pool, MONDAY, discharge_destination=code)
    assert await measured(pool) == (OUT if code in NOT_FOLLOWED_DESTINATIONS else MISSED)


async def test_a_destination_that_is_not_known_stays_in(pool: Db) -> None:
    await discharged(pool, MONDAY)
    assert await measured(pool) == MISSED


@pytest.mark.parametrize("code", sorted(METHODS))
async def test_who_died_or_was_stillborn_is_not_asked_about(pool: Db, code: str) -> None:
    await discharged(pool, MONDAY, discharge_method=code)
    assert await measured(pool) == (OUT if code in NOT_FOLLOWED_METHODS else MISSED)


@pytest.mark.parametrize(("day", "expected"), [(1, MISSED), (2, MET), (3, MET), (4, MET), (5, MISSED)])
async def test_a_new_stay_on_one_of_the_days_counts(pool: Db, day: int, expected: tuple[int, int]) -> None:
    one = await discharged(pool, MONDAY)
    await one.do(f"2025-09-0{day} 12:00", "milestone", milestone="readmitted")
    assert await measured(pool) == expected


async def test_a_new_stay_that_is_a_transition_of_its_own_counts(pool: Db) -> None:
    one = await discharged(pool, MONDAY)
    await one.do("2025-09-02 10:00", "exit", exit="moved-away")
    await follow(pool, WARD, "2025-09-03 10:00", person=one.person)
    assert await measured(pool) == MET


@pytest.mark.parametrize(
    ("died", "expected"), [("2025-09-01", OUT), ("2025-09-03", OUT), ("2025-09-04", OUT), ("2025-09-05", MISSED)]
)
async def test_who_died_within_three_days_is_in_neither(pool: Db, died: str, expected: tuple[int, int]) -> None:
    await discharged(pool, MONDAY)
    await pool.execute("UPDATE people_sealed SET died_on = $1", date.fromisoformat(died))
    assert await measured(pool) == expected


async def test_the_exit_says_the_day_of_a_death_that_nobody_had_said(pool: Db) -> None:
    one = await discharged(pool, MONDAY)
    await one.do("2025-09-03 10:00", "exit", exit="died")
    assert await pool.fetchval("SELECT died_on FROM people") == date(2025, 9, 3)
    assert await measured(pool) == OUT


@pytest.mark.parametrize("mechanism", ["01", "02", "04", "05", "09", "10", "11", "12", "13", "98"])
async def test_only_a_conversation_counts(pool: Db, mechanism: str) -> None:
    one = await discharged(pool, MONDAY)
    await one.met("2025-09-02 10:00", "follow-up-72h", mechanism=mechanism)
    assert await measured(pool) == (MET if mechanism in ("01", "02", "04", "11") else MISSED)


@pytest.mark.parametrize("attendance", ["2", "3", "4", "5", "6", "7"])
async def test_only_who_was_seen_counts(pool: Db, attendance: str) -> None:
    one = await discharged(pool, MONDAY)
    await one.met("2025-09-02 10:00", "follow-up-72h", attendance=attendance)
    assert await measured(pool) == (MET if attendance in ("5", "6") else MISSED)


@pytest.mark.parametrize("bed", ["200", "201", "202", "203", "205", "206", "207", "208", "212", "213", "300"])
async def test_only_some_beds_are_asked_about(pool: Db, bed: str) -> None:
    await discharged(pool, MONDAY, bed)
    assert await measured(pool) == (MISSED if bed in FOLLOWED_BEDS else OUT)


async def test_a_peer_workers_contact_counts_nationally(pool: Db) -> None:
    one = await discharged(pool, MONDAY, peer_support="accepted")
    await one.met("2025-09-03 10:00", "drop-in-invitation")
    assert await measured(pool) == MET
    total = (await counted(pool, "follow-up", LATER, "2025-08-01", "2025-10-31")).total.cells
    assert (total["local_asked"], total["local_met"]) == (1, 0)


async def test_another_provider_who_is_responsible_has_contacts_of_its_own(pool: Db) -> None:
    one = await discharged(pool, MONDAY, responsible_provider="another")
    await one.met("2025-09-03 10:00", "follow-up-72h")
    assert await measured(pool) == MISSED


@pytest.mark.parametrize(
    ("discharge", "month"),
    [("2025-08-27 12:00", "2025-08-01"), ("2025-08-28 00:10", "2025-09-01"), ("2025-09-26 23:50", "2025-09-01"),
     ("2025-09-27 00:10", "2025-10-01")],
)  # fmt: skip
async def test_a_month_begins_and_ends_four_days_early(pool: Db, discharge: str, month: str) -> None:
    await discharged(pool, discharge)
    found = await counted(pool, "follow-up", LATER, "2025-08-01", "2025-10-31")
    assert [(str(row.period), row.cells["eligible"]) for row in found.rows] == [(month, 1)]


async def test_a_discharge_counts_when_its_days_are_over(pool: Db) -> None:
    await discharged(pool, MONDAY)
    assert await measured(pool, "2025-09-04 23:50") == OUT
    assert await measured(pool, "2025-09-05 00:10") == MISSED


async def test_the_local_clocks_stand_beside_it(pool: Db) -> None:
    one = await follow(pool, WARD, "2025-08-04 10:00", facts={"bed_class": "207", "suicide_risk": True})
    await one.do(MONDAY, "milestone", milestone="discharged")
    await one.met("2025-09-03 10:00", "follow-up-48h")  # 49 hours later
    await one.met("2025-09-03 10:00", "follow-up-72h")
    total = (await counted(pool, "follow-up", LATER, "2025-08-01", "2025-10-31")).total.cells
    assert (total["eligible"], total["bed_not_known"]) == (0, 0)
    assert (total["local_asked"], total["local_met"], total["local_share"]) == (1, 1, 1.0)
    assert (total["risk_asked"], total["risk_met"], total["risk_share"]) == (1, 0, 0.0)


async def test_every_figure_is_its_list(pool: Db) -> None:
    for number in range(5):
        one = await discharged(pool, f"2025-09-0{number + 1} 09:00", discharge_destination="19" if number else "37")
        if number % 2:
            await one.met(f"2025-09-0{number + 2} 12:00", "follow-up-72h")
    await agrees(pool, "follow-up", LATER, "2025-08-01", "2025-10-31")
    rows = await listed(pool, "follow-up", "not_followed", LATER, "2025-08-01", "2025-10-31")
    assert [row.shown["destination"] for row in rows] == ["19", "19"]
