"""Capacity as the records tell it: need, hours, who waits, and what was overridden."""

from datetime import date, timedelta

import pytest
from asyncpg import Pool

from records import ledger
from records.capacity_words import sentences
from records.errors import RecordsError
from records.groups import add_group
from records.staff import upsert_staff
from schemas.codes import Division, Role
from schemas.staff import StaffMember
from schemas.workforce import GroupPlan, Place
from tests.records.journeys import T0

TEAM = "Team of hours"
ENGLAND = Division.ENGLAND_AND_WALES


@pytest.fixture
async def worker(pool: Pool) -> None:
    """One worker of four hours, on Tuesdays."""
    await upsert_staff(
        pool,
        [
            StaffMember(
                id="p-1", name="A worker", role=Role.PEER_WORKER, team=TEAM, hours_per_week=4, works="tue 10:00-14:00"
            )
        ],
    )


@pytest.mark.usefixtures("worker")
async def test_a_booking_stands_in_the_week_of_london(pool: Pool) -> None:
    starts = T0 + timedelta(days=8, hours=1)  # Tuesday of the second week
    plan = GroupPlan(
        team=TEAM,
        title="Drop-in",
        place=Place.COMMUNITY,
        starts=starts,
        ends=starts + timedelta(hours=1),
        staff=["p-1"],
        people_at_most=5,
    )
    await add_group(pool, plan, T0, ENGLAND)
    first, second = await ledger.hours(pool, "p-1", T0, 2, ENGLAND)
    assert (first.week, first.booked, first.free) == (date(2026, 11, 2), 0, 240)
    assert (second.week, second.booked, second.free) == (date(2026, 11, 9), 95, 145)
    found = await ledger.capacity(pool, TEAM, T0, 2, ENGLAND)
    assert [(week.available, week.booked, week.holds) for week in found.weeks] == [(240, 0, 2), (240, 95, 2)]
    assert found.waiting == ledger.Waiting(0, None, 0)


@pytest.mark.usefixtures("worker")
async def test_sentences_say_what_does_not_fit(pool: Pool) -> None:
    found = await ledger.capacity(pool, TEAM, T0, 2, ENGLAND)
    busy = found._replace(weeks=[week._replace(asked=3) for week in found.weeks])
    assert next(sentences(busy)) == (
        "6 contacts are asked for in the 2 weeks, and the hours hold 4 of them: 2 have nobody's hours."
    )
    nobody = await ledger.capacity(pool, "A team without any", T0, 2, ENGLAND)
    assert "has no peer workers" in next(sentences(nobody))


async def test_only_peer_workers_have_a_ledger(pool: Pool) -> None:
    await upsert_staff(pool, [StaffMember(id="lead", name="A lead", role=Role.TEAM_LEAD, team=TEAM)])
    for who in ("lead", "nobody"):
        with pytest.raises(RecordsError):
            await ledger.hours(pool, who, T0, 2, ENGLAND)
