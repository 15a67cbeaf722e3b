"""From the records alone: a Temporal that knows nothing follows everybody again, and nobody is told anything twice."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest_asyncio
from temporalio.client import Client

from planner.clock import local_day, midnight
from planner.journey import decide
from records import absences, staff
from schemas.command import Complete, Exit, Expect, SetDue
from schemas.visit import Visit
from schemas.workforce import Place as Where
from tests.durable.following import COORDINATOR, TEAM, Followed, Place, inpatient, now, place, until
from tests.durable.test_cover_absence import booked_with, people, worker
from tests.keys import RING, for_people
from workers import support, visits
from workers.client import Pool
from workers.embedded import ephemeral_temporal
from workers.rebuild import Rebuilt, lost, rebuild
from workers.transitions import differences, go_on, query_journey, workflow_id
from workflows.state import TransitionState
from workflows.transition import TransitionWorkflow


@pytest_asyncio.fixture
async def empty(pool: Pool) -> AsyncIterator[Client]:
    """Another Temporal, which knows of nobody."""
    async with ephemeral_temporal(RING) as client:
        yield for_people(client, pool)


async def again(client: Client, there: Place, *, dry_run: bool = False) -> Rebuilt:
    """Rebuild everything that the records of a place promise."""
    return await rebuild(await lost(client, there.settings, there.pool), dry_run=dry_run)


async def told(pool: Pool) -> list[tuple[object, ...]]:
    """Everything that anybody was told."""
    return [tuple(row) for row in await pool.fetch("SELECT transition_id, step, kind, due, number FROM notices")]


def also(person: Followed, client: Client) -> Followed:
    """The same person, followed by another Temporal."""
    return Followed(person.id, person.start, client, person.pool)


async def test_an_empty_temporal_follows_everybody_from_where_they_stand(
    temporal: Client, empty: Client, pool: Pool
) -> None:
    async with place(temporal, pool) as before, before.worker():
        at = now()
        some = [await before.take_on(started=at - timedelta(days=days)) for days in (1, 20, 40)]
        done = Complete(id="done", at=at, step="discharge-plan")
        receipt = await some[0].send(done)
        await some[1].send(Expect(id="expect", at=at, expected={"discharged": at + timedelta(days=9)}))
        gone = await before.take_on()
        await gone.send(Exit(id="died", at=at, exit="died"))
        journeys = {one.id: await query_journey(temporal, one.id) for one in some}
    known, recorded = await told(pool), [await one.records() for one in some]
    there = Place(empty, pool, before.settings, some)
    dry = await again(empty, there, dry_run=True)
    assert dry.lost["transitions"] == 3
    assert await differences(empty, pool) == [
        f"Transition {one} is open in the records and does not run in Temporal." for one in sorted(journeys)
    ]
    came = await again(empty, there)
    assert (came.made["transitions"], came.failed) == (3, [])
    async with there.worker():
        assert {one: await query_journey(empty, one) for one in journeys} == journeys
        assert await differences(empty, pool) == []
        assert sum((await again(empty, there)).made.values()) == 0
        assert await also(some[0], empty).send(done) == receipt
        assert (await told(pool), [await one.records() for one in some]) == (known, recorded)
        later = await also(some[0], empty).send(Complete(id="next", at=now(), step="named-coordinator"))
        assert later.revision == receipt.revision + 1
        assert await differences(empty, pool) == []


async def test_what_fell_due_meanwhile_is_told_once(temporal: Client, empty: Client, pool: Pool) -> None:
    """A step that becomes late while no Temporal follows: missed once, and each rung told once."""
    async with place(temporal, pool) as before, before.worker():
        person = await before.take_on()
        due = now() + timedelta(seconds=3)
        await person.send(SetDue(id="soon", at=now(), step="discharge-plan", due=due, reason="soon"))
        await before.leave()
        known = await told(pool)
    there = Place(empty, pool, before.settings, [also(person, empty)])
    await until(lambda: passed(due))
    assert (await again(empty, there)).failed == []
    assert await told(pool) == known
    async with there.worker():
        await until(lambda: missed(pool, person.id))
        fired = await pool.fetch("SELECT step, event FROM events WHERE step = 'discharge-plan' AND event = 'missed'")
        assert len(fired) == 1
        notices = await told(pool)
        assert len(set(notices)) == len(notices)
        assert notices[: len(known)] == known
        assert await differences(empty, pool) == []


async def passed(at: datetime) -> bool:
    """The moment lies behind us."""
    return now() > at


async def missed(pool: Pool, transition_id: str) -> bool:
    """The step is listed as late."""
    state = await pool.fetchval(
        "SELECT state FROM steps WHERE transition_id = $1 AND step = 'discharge-plan'", UUID(transition_id)
    )
    return bool(state == "missed")


async def test_who_has_not_begun_is_named_and_holds_nobody_up(temporal: Client, empty: Client, pool: Pool) -> None:
    async with place(temporal, pool) as before, before.worker():
        person = await before.take_on()
        registered = await before.register(inpatient(), at=now(), born=date(1990, 1, 1))
    there = Place(empty, pool, before.settings, [also(person, empty)])
    came = await again(empty, there)
    assert came.lost["transitions"] == 2
    assert came.made["transitions"] == 1
    [sentence] = came.failed
    assert registered in sentence
    assert "was never begun" in sentence
    await there.leave()


async def test_a_journey_that_ended_in_another_past_goes_on(here: Place) -> None:
    """Temporal says that it ended; the records, which were put back to an earlier moment, say that it has not."""
    person = await here.take_on()
    journey = await query_journey(here.client, person.id)
    await person.handle.terminate("to end in another past")
    ended, _ = decide(inpatient(), journey, Exit(id="died", at=now(), exit="died"))
    state = TransitionState(definition=inpatient().canonical, team=TEAM, journey=ended)
    queue = here.settings.task_queue
    await here.client.execute_workflow(TransitionWorkflow.run, state, id=workflow_id(person.id), task_queue=queue)
    assert await go_on(here.client, queue, here.pool, person.id)
    assert not await go_on(here.client, queue, here.pool, person.id)
    assert await query_journey(here.client, person.id) == journey
    await person.send(Exit(id="died", at=now(), exit="died"))
    await person.handle.result()
    assert not await go_on(here.client, queue, here.pool, person.id)


async def test_every_other_promise_is_made_again(temporal: Client, empty: Client, pool: Pool) -> None:
    await staff.upsert_staff(pool, [worker("peer-1")])
    async with place(temporal, pool) as before, before.worker():
        who = await people(before, 2)
        assert [await booked_with(one) for one in who] == [["peer-1"]] * 2
        at = now()
        out = Visit(
            id=str(uuid4()), staff=COORDINATOR, team=TEAM, place=Where.CLINIC, checked_in=at,
            expected_end=at + timedelta(hours=1),
        )  # fmt: skip
        await visits.check_in(temporal, before.settings.task_queue, pool, out)
        await support.follow_all(temporal, before.settings.task_queue, pool, before.settings.division)
    # Somebody is away, and Temporal is lost before anybody's contact is covered.
    await staff.upsert_staff(pool, [worker("peer-2")])
    first = midnight(local_day(now()))
    away = await absences.add(pool, "peer-1", first, first + timedelta(days=5), "lead-1")
    there = Place(empty, pool, before.settings, [also(one, empty) for one in who])
    dry = await again(empty, there, dry_run=True)
    assert {kind: dry.lost[kind] for kind in ("visits", "transitions", "absences")} == {
        "visits": 1, "transitions": 2, "absences": 1,
    }  # fmt: skip
    assert dry.lost["support"] == 2
    came = await again(empty, there)
    assert came.failed == []
    assert came.made == came.lost
    async with there.worker():
        handle = empty.get_workflow_handle(f"cover-absence-{away}")
        await handle.result()
        assert [await booked_with(one) for one in who] == [["peer-2"]] * 2
        assert await visits.next_alert(empty, out.id) == out.expected_end
        assert (await again(empty, there)).lost["absences"] == 0
        await empty.get_workflow_handle(visits.workflow_id(out.id)).terminate("the test is over")
    for peer in ("peer-1", "peer-2"):
        await empty.get_workflow_handle(support.workflow_id(peer)).terminate("the test is over")
