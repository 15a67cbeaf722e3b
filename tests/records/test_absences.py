"""When somebody is away: once at a time, kept when withdrawn, and never with a reason."""

from uuid import UUID, uuid4

import pytest
from asyncpg import Pool, Record

from records.absences import add, away, withdraw
from records.errors import RecordsError, UnknownStaff
from records.staff import upsert_staff
from schemas.staff import Absence
from tests.records.journeys import T0, day, team_of

NURSE, LEAD, TEAM = "nurse-away", "lead-away", "Team away"


@pytest.fixture(autouse=True)
async def _staff(pool: "Pool[Record]") -> None:
    await upsert_staff(pool, [*team_of("away"), *team_of("other")])


async def test_an_absence_is_its_dates_and_who_recorded_it(pool: "Pool[Record]") -> None:
    added = await add(pool, NURSE, day(1), day(3), LEAD)
    assert isinstance(added, UUID)
    expected = Absence(id=str(added), staff=NURSE, starts=day(1), ends=day(3), recorded_by=LEAD)
    assert await away(pool, staff=NURSE, since=T0) == [expected]


async def test_there_is_nowhere_to_put_a_reason(pool: "Pool[Record]") -> None:
    columns = await pool.fetch("SELECT column_name FROM information_schema.columns WHERE table_name = 'absences'")
    dates = {"starts", "ends", "recorded_at", "withdrawn_at"}
    assert {row["column_name"] for row in columns} == {"id", "staff", "recorded_by", "withdrawn_by"} | dates
    assert set(Absence.model_fields) == {"id", "staff", "starts", "ends", "recorded_by"}


async def test_two_that_overlap_are_refused_with_the_other_ones_dates(pool: "Pool[Record]") -> None:
    first = await add(pool, NURSE, day(1), day(3), LEAD)
    await add(pool, NURSE, day(3), day(4), LEAD)
    await add(pool, "coord-away", day(2), day(5), LEAD)
    with pytest.raises(
        RecordsError, match=f"{NURSE} is away from .*3 Nov 2026.* until .*5 Nov 2026.* already"
    ) as refused:
        await add(pool, NURSE, day(2), day(5), LEAD)
    assert refused.value.kind == "conflict"
    await withdraw(pool, first, LEAD)
    await add(pool, NURSE, day(2), day(3), LEAD)
    assert [one.starts for one in await away(pool, staff=NURSE, since=T0)] == [day(2), day(3)]


async def test_what_is_withdrawn_is_kept_with_who_said_so(pool: "Pool[Record]") -> None:
    added = await add(pool, NURSE, day(1), day(3), LEAD)
    await withdraw(pool, added, "coord-away")
    assert await away(pool, staff=NURSE, since=T0) == []
    row = await pool.fetchrow("SELECT withdrawn_by, withdrawn_at IS NOT NULL AS gone FROM absences")
    assert row is not None
    assert (row["withdrawn_by"], row["gone"]) == ("coord-away", True)
    with pytest.raises(RecordsError, match="withdrawn already") as again:
        await withdraw(pool, added, LEAD)
    with pytest.raises(RecordsError, match="There is no absence") as unknown:
        await withdraw(pool, uuid4(), LEAD)
    assert (again.value.kind, unknown.value.kind) == ("conflict", "not-found")


async def test_a_teams_absences_are_those_that_are_not_over(pool: "Pool[Record]") -> None:
    await add(pool, NURSE, day(1), day(3), LEAD)
    await add(pool, LEAD, day(2), day(9), LEAD)
    await add(pool, "nurse-other", day(2), day(9), LEAD)
    assert [one.staff for one in await away(pool, team=TEAM, since=day(2))] == [NURSE, LEAD]
    assert [one.staff for one in await away(pool, team=TEAM, since=day(3))] == [LEAD]
    with pytest.raises(ValueError, match="of a team or of one"):
        await away(pool, since=T0)


async def test_an_absence_ends_after_it_starts_and_is_of_somebody(pool: "Pool[Record]") -> None:
    with pytest.raises(RecordsError, match="ends before it starts") as refused:
        await add(pool, NURSE, day(2), day(2), LEAD)
    assert refused.value.kind == "invalid"
    with pytest.raises(UnknownStaff):
        await add(pool, "stranger", day(1), day(2), LEAD)
