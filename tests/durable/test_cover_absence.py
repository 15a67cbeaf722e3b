"""Somebody is away: each contact is covered, moved or put back, whatever stops, and nothing is done twice."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.client import Client

from pathways.loader import find
from planner.clock import local_day, midnight
from planner.refused import Refused
from records import covering, listings, staff
from schemas.codes import Role
from schemas.covering import Became
from schemas.staff import Absence, StaffMember
from tests.durable.following import TEAM, Followed, Place, now, place, until
from workers import absences
from workers.client import Pool

EVERY_DAY = "mon-sun 09:00-17:00"


def worker(staff_id: str, **said: object) -> StaffMember:
    """A peer worker who is there every day."""
    known = {"name": "A worker", "role": Role.PEER_WORKER, "team": TEAM, "hours_per_week": 37.5, "works": EVERY_DAY}
    return StaffMember.model_validate(known | {"id": staff_id} | said)


@pytest_asyncio.fixture
async def staffed(temporal: Client, pool: Pool) -> AsyncIterator[Place]:
    """A place where only one peer worker is, until another is added."""
    lead = StaffMember(id="lead", name="L", role=Role.TEAM_LEAD, team=TEAM)
    await staff.upsert_staff(pool, [worker("peer-1"), lead])
    async with place(temporal, pool) as found:
        yield found


async def people(place: Place, count: int) -> list[Followed]:
    """So many people who were referred today, and whose first contact is booked."""
    facts = {"peer_support": "accepted"}
    return [await place.take_on(find("waiting-list-to-discharge"), started=now(), facts=facts) for _ in range(count)]


def five_days(**said: object) -> Absence:
    """The worker is away from the beginning of today on."""
    first = midnight(local_day(now()))
    spell = {"starts": first, "ends": first + timedelta(days=5)}
    return Absence.model_validate({"id": absences.new_id(), "staff": "peer-1", "recorded_by": "lead"} | spell | said)


async def booked_with(person: Followed) -> list[str]:
    """Who comes to the person's first contact, by the records."""
    journey = (await listings.transition(person.pool, person.id)).journey
    assert journey is not None
    assert journey.peers is not None
    return journey.peers.booked["welcome-contact"].staff if "welcome-contact" in journey.peers.booked else []


async def test_another_comes_at_the_same_time(staffed: Place) -> None:
    async with staffed.worker():
        who = await people(staffed, 3)
        assert [await booked_with(one) for one in who] == [["peer-1"]] * 3
        await staff.upsert_staff(staffed.pool, [worker("peer-2")])
        absence = await absences.begin(staffed.client, staffed.settings.task_queue, five_days())
        outcomes = await absences.result(staffed.client, absence.id)
        assert {(one.transition_id, one.became, *one.staff) for one in outcomes} == {
            (one.id, Became.COVERED, "peer-2") for one in who
        }
        assert [await booked_with(one) for one in who] == [["peer-2"]] * 3
        assert await covering.outcomes(staffed.pool, absence.id) == outcomes
        again = await absences.begin(staffed.client, staffed.settings.task_queue, absence)
        assert again == absence
        tell = "SELECT count(*) FROM steps WHERE step LIKE 'tell-the-person:%' AND state = 'open'"
        assert await staffed.pool.fetchval(tell) == 3


async def test_with_nobody_to_come_it_is_moved_or_put_back(staffed: Place) -> None:
    async with staffed.worker():
        (one,) = await people(staffed, 1)
        short = await absences.begin(staffed.client, staffed.settings.task_queue, five_days())
        (moved,) = await absences.result(staffed.client, short.id)
        assert (moved.became, moved.staff) == (Became.MOVED, ["peer-1"])
        assert moved.starts is not None
        assert moved.starts >= short.ends
        rest = five_days(starts=short.ends, ends=short.ends + timedelta(days=40))
        long = await absences.begin(staffed.client, staffed.settings.task_queue, rest)
        (put_back,) = await absences.result(staffed.client, long.id)
        assert (put_back.became, put_back.staff, put_back.starts) == (Became.PUT_BACK, [], None)
        assert await booked_with(one) == []


async def test_a_crash_in_between_loses_nothing_and_does_nothing_twice(staffed: Place) -> None:
    async with staffed.worker():
        who = await people(staffed, 4)
        await staff.upsert_staff(staffed.pool, [worker("peer-2")])
        absence = await absences.begin(staffed.client, staffed.settings.task_queue, five_days())
        await absences.stop(staffed.client, absence.id)
        half = await absences.progress(staffed.client, absence.id)
        assert half.stopped
    async with staffed.worker():
        await absences.resume(staffed.client, absence.id)
        outcomes = await absences.result(staffed.client, absence.id)
    assert sorted(one.transition_id for one in outcomes) == sorted(one.id for one in who)
    assert {one.became for one in outcomes} == {Became.COVERED}
    twice = await staffed.pool.fetch(
        "SELECT transition_id, count(*) FROM commits WHERE command_id LIKE 'cover-%' GROUP BY 1 HAVING count(*) <> 1"
    )
    assert twice == []


async def test_it_can_be_seen_stopped_and_resumed(staffed: Place) -> None:
    async with staffed.worker():
        await people(staffed, 2)
        absence = await absences.begin(staffed.client, staffed.settings.task_queue, five_days())

        async def finished() -> bool:
            return (await absences.progress(staffed.client, absence.id)).finished

        await until(finished)
        seen = await absences.progress(staffed.client, absence.id)
        assert (seen.todo, len(seen.done)) == (0, 2)
        with pytest.raises(Refused, match="is not being covered now"):
            await absences.progress(staffed.client, absences.new_id())


async def test_an_absence_that_overlaps_another_is_refused_and_nothing_is_covered(staffed: Place) -> None:
    async with staffed.worker():
        await people(staffed, 1)
        first = await absences.begin(staffed.client, staffed.settings.task_queue, five_days())
        await absences.result(staffed.client, first.id)
        with pytest.raises(Refused, match="is away from") as refused:
            await absences.begin(staffed.client, staffed.settings.task_queue, five_days())
        assert refused.value.kind == "conflict"
        assert await staffed.pool.fetchval("SELECT count(*) FROM absences") == 1


async def test_somebody_who_is_not_followed_any_more_is_listed_and_stops_nobody(staffed: Place) -> None:
    async with staffed.worker():
        gone, other = await people(staffed, 2)
        await staff.upsert_staff(staffed.pool, [worker("peer-2")])
        await gone.handle.terminate("lost")
        absence = await absences.begin(staffed.client, staffed.settings.task_queue, five_days())
        outcomes = {one.transition_id: one for one in await absences.result(staffed.client, absence.id)}
        assert outcomes[gone.id].became is Became.REFUSED
        assert outcomes[other.id].became is Became.COVERED
