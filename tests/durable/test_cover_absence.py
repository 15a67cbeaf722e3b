"""Somebody is away: each contact is covered, moved or put back, whatever stops, and nothing is done twice."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.covering import CoveringActivities
from pathways.loader import find
from planner.clock import local_day, midnight
from planner.refused import Refused
from records import covering, listings, staff
from records.groups import add_group
from schemas.codes import Division, Role
from schemas.command import Exit
from schemas.covering import Became, CoverAbsenceState, Outcome, ToCover
from schemas.staff import Absence, StaffMember
from schemas.workforce import GroupPlan
from schemas.workforce import Place as Where
from tests.durable.following import TEAM, Followed, Place, now, place, until
from workers import absences
from workers.client import Pool
from workflows.cover_absence import AT_ONCE, CoverAbsenceWorkflow

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


def listed(outcomes: list[Outcome]) -> list[str]:
    """Outcomes in an order of their own: those that are done at once are kept as it happens."""
    return sorted(one.model_dump_json() for one in outcomes)


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
        assert listed(await covering.outcomes(staffed.pool, absence.id)) == listed(outcomes)
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


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that stops finishes nothing of what it is doing."""
    monkeypatch.setattr("workers.worker.FAREWELL", timedelta(0))


def elsewhere(there: Place) -> Place:
    """The same place with a worker of its own: those who are followed there do not answer while it does not run."""
    settings = there.settings.model_copy(update={"task_queue": f"{there.settings.task_queue}-elsewhere"})
    return Place(there.client, there.pool, settings, there.followed)


@pytest.mark.usefixtures("killed")
async def test_a_crash_in_between_loses_nothing_and_does_nothing_twice(staffed: Place) -> None:
    other = elsewhere(staffed)
    async with staffed.worker(), other.worker():
        who = [*await people(staffed, 5), *await people(other, 1)]
        await staff.upsert_staff(staffed.pool, [worker("peer-2")])
    half: list[Outcome] = []
    absence = five_days()
    async with staffed.worker():
        await absences.begin(staffed.client, staffed.settings.task_queue, absence)

        async def some() -> bool:
            half[:] = await covering.outcomes(staffed.pool, absence.id)
            return len(half) >= AT_ONCE

        await until(some)
        seen = await absences.progress(staffed.client, absence.id)
    assert not seen.finished
    assert who[-1].id in {one.transition_id for one in seen.waiting}
    assert {one.became for one in seen.waiting} == {Became.WAITING}
    assert 0 < len(half) < len(who)
    async with staffed.worker(), other.worker():
        outcomes = await absences.result(staffed.client, absence.id)
    assert sorted(one.transition_id or "" for one in outcomes) == sorted(one.id for one in who)
    assert {(one.became, *one.staff) for one in outcomes} == {(Became.COVERED, "peer-2")}
    times = "SELECT count(*) FROM commits WHERE command_id LIKE 'cover-%' GROUP BY transition_id"
    assert [row["count"] for row in await staffed.pool.fetch(times)] == [1] * len(who)
    assert listed(await covering.outcomes(staffed.pool, absence.id)) == listed(outcomes)


async def stopped(place: Place) -> Absence:
    """An absence whose covering was stopped before it began."""
    absence = five_days()
    await place.client.start_workflow(
        CoverAbsenceWorkflow.run,
        CoverAbsenceState(absence=absence, stopped=True),
        id=absences.workflow_id(absence.id),
        task_queue=place.settings.task_queue,
    )
    return await absences.begin(place.client, place.settings.task_queue, absence)


async def test_it_can_be_seen_stopped_and_resumed(staffed: Place) -> None:
    async with staffed.worker():
        who = await people(staffed, 2)
        absence = await stopped(staffed)

        async def found() -> bool:
            return (await absences.progress(staffed.client, absence.id)).todo == 2

        await until(found)
        seen = await absences.stop(staffed.client, absence.id)
        assert (seen.stopped, seen.finished, seen.done) == (True, False, [])
        assert {(one.transition_id, one.step, one.became) for one in seen.waiting} == {
            (one.id, "welcome-contact", Became.WAITING) for one in who
        }
    async with staffed.worker():
        still = await absences.progress(staffed.client, absence.id)
        assert still == seen
        assert not (await absences.resume(staffed.client, absence.id)).stopped
        await absences.result(staffed.client, absence.id)
        after = await absences.progress(staffed.client, absence.id)
        assert (after.todo, len(after.done), after.waiting, after.finished) == (0, 2, [], True)
        with pytest.raises(Refused, match="is not being covered now"):
            await absences.progress(staffed.client, absences.new_id())


async def test_an_absence_that_is_withdrawn_moves_nothing_more(staffed: Place) -> None:
    async with staffed.worker():
        who = await people(staffed, 2)
        await staff.upsert_staff(staffed.pool, [worker("peer-2")])
        absence = await stopped(staffed)
        await absences.withdraw(staffed.client, staffed.pool, absence.id, "lead")
        outcomes = await absences.result(staffed.client, absence.id)
        assert [one.became for one in outcomes] == [Became.WITHDRAWN] * 2
        assert [await booked_with(one) for one in who] == [["peer-1"]] * 2
        again = await absences.begin(staffed.client, staffed.settings.task_queue, five_days())
        covered = await absences.result(staffed.client, again.id)
        assert [one.became for one in covered] == [Became.COVERED] * 2
        await absences.withdraw(staffed.client, staffed.pool, again.id, "lead")
        assert [await booked_with(one) for one in who] == [["peer-2"]] * 2


async def test_a_journey_that_does_not_answer_holds_nobody_up(staffed: Place) -> None:
    other = elsewhere(staffed)
    async with staffed.worker():
        async with other.worker():
            silent = await people(other, 1)
            who = await people(staffed, AT_ONCE + 1)
        await staff.upsert_staff(staffed.pool, [worker("peer-2")])
        absence = await absences.begin(staffed.client, staffed.settings.task_queue, five_days())

        async def the_others() -> bool:
            return len((await absences.progress(staffed.client, absence.id)).done) == len(who)

        await until(the_others, seconds=90)
        seen = await absences.progress(staffed.client, absence.id)
        assert [one.transition_id for one in seen.waiting] == [silent[0].id]
        async with other.worker():
            outcomes = await absences.result(staffed.client, absence.id)
        assert [one.became for one in outcomes] == [Became.COVERED] * (len(who) + 1)


async def test_what_was_done_stays_done_when_the_journey_closes_before_anybody_hears(staffed: Place) -> None:
    async with staffed.worker():
        (person,) = await people(staffed, 1)
        await staff.upsert_staff(staffed.pool, [worker("peer-2")])
        absence = await absences.begin(staffed.client, staffed.settings.task_queue, five_days())
        outcomes = await absences.result(staffed.client, absence.id)
        await person.send(Exit(id="gone", at=now(), exit="died"))
        covers = CoveringActivities(staffed.pool, staffed.client, Division.ENGLAND_AND_WALES)
        contacts = [one.model_copy(update={"became": Became.WAITING}) for one in outcomes]
        asked = ToCover(absence=absence, long=False, transition_id=person.id, contacts=contacts, at=now())
        assert await ActivityEnvironment().run(covers.cover, asked) == outcomes
        never = asked.model_copy(update={"absence": absence.model_copy(update={"id": absences.new_id()})})
        await staffed.pool.execute(
            "INSERT INTO absences (id, staff, starts, ends) VALUES ($1, 'peer-2', $2, $3)",
            never.absence.id, absence.starts, absence.ends,
        )  # fmt: skip
        (closed,) = await ActivityEnvironment().run(covers.cover, never)
        assert (closed.step, closed.became) == ("welcome-contact", Became.REFUSED)


async def test_a_group_meets_with_whoever_else_holds_it_and_one_without_anybody_is_said(staffed: Place) -> None:
    await staff.upsert_staff(staffed.pool, [worker("peer-2")])
    absence = five_days()
    met = []
    for hour, holders in ((10, ["peer-1", "peer-2"]), (13, ["peer-1"])):
        starts = absence.starts + timedelta(days=2, hours=hour)
        plan = GroupPlan(
            team=TEAM, title="Drop-in", place=Where.COMMUNITY, starts=starts, ends=starts + timedelta(hours=1),
            staff=holders, people_at_most=8,
        )  # fmt: skip
        met.append(await add_group(staffed.pool, plan, now(), Division.ENGLAND_AND_WALES))
    async with staffed.worker():
        await absences.begin(staffed.client, staffed.settings.task_queue, absence)
        outcomes = await absences.result(staffed.client, absence.id)
    assert [(one.group, one.became, one.staff) for one in outcomes] == [
        (met[0], Became.GROUP, ["peer-2"]),
        (met[1], Became.PUT_BACK, []),
    ]
    assert outcomes[1].why == covering.NOBODY_HOLDS
    assert listed(await covering.outcomes(staffed.pool, absence.id)) == listed(outcomes)


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
