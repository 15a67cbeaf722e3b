"""Groups: one slot of their workers for everybody who comes, each of whom has a place and a contact of their own."""

from datetime import timedelta

import pytest
from asyncpg import Pool

from records.errors import RecordsError
from records.groups import add_group, cancel_group, groups
from records.staff import upsert_staff
from schemas.codes import Division, Role
from schemas.staff import StaffMember
from schemas.workforce import GroupPlan, Place
from tests.records.journeys import T0

TEAM = "Team of groups"
ENGLAND = Division.ENGLAND_AND_WALES


def plan(*staff: str, hours: float = 0, people: int = 2) -> GroupPlan:
    """A drop-in on the Tuesday after T0, at eleven or so many hours later."""
    starts = T0 + timedelta(days=8, hours=1 + hours)
    return GroupPlan(
        team=TEAM,
        title="Weekly drop-in",
        place=Place.COMMUNITY,
        starts=starts,
        ends=starts + timedelta(minutes=90),
        staff=list(staff),
        people_at_most=people,
    )


@pytest.fixture
async def workers(pool: Pool) -> None:
    """Two workers who work on Tuesdays."""
    await upsert_staff(
        pool,
        [
            StaffMember(
                id=one, name="A worker", role=Role.PEER_WORKER, team=TEAM, hours_per_week=4, works="tue 09:00-15:00"
            )
            for one in ("peer-1", "peer-2")
        ],
    )


@pytest.mark.usefixtures("workers")
async def test_a_group_takes_the_hours_of_all_who_hold_it(pool: Pool) -> None:
    one = await add_group(pool, plan("peer-1", "peer-2"), T0, ENGLAND)
    (found,) = await groups(pool, TEAM, T0)
    assert (found.id, found.staff, found.coming) == (one, ["peer-1", "peer-2"], 0)
    assert await pool.fetchval("SELECT sum(minutes) FROM bookings WHERE group_id = $1::uuid", one) == 2 * (20 + 90 + 15)


@pytest.mark.usefixtures("workers")
async def test_nobody_holds_two_groups_at_once(pool: Pool) -> None:
    await add_group(pool, plan("peer-1"), T0, ENGLAND)
    with pytest.raises(RecordsError, match="peer-1 is booked already then"):
        await add_group(pool, plan("peer-1", "peer-2", hours=1), T0, ENGLAND)
    assert len(await groups(pool, TEAM, T0)) == 1


@pytest.mark.usefixtures("workers")
async def test_a_group_outside_working_hours_or_over_them_is_refused(pool: Pool) -> None:
    with pytest.raises(RecordsError, match="does not work then"):
        await add_group(pool, plan("peer-1", hours=3), T0, ENGLAND)
    await add_group(pool, plan("peer-1"), T0, ENGLAND)
    with pytest.raises(RecordsError, match="more than the hours of that week"):
        await add_group(pool, plan("peer-1", hours=2.25), T0, ENGLAND)


@pytest.mark.usefixtures("workers")
async def test_a_cancelled_group_gives_its_hours_back(pool: Pool) -> None:
    one = await add_group(pool, plan("peer-1"), T0, ENGLAND)
    assert await cancel_group(pool, one, T0) == []
    assert await cancel_group(pool, one, T0) == []
    assert await groups(pool, TEAM, T0) == []
    await add_group(pool, plan("peer-1"), T0, ENGLAND)
