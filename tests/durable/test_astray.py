"""What has a history that its workflow would not make now is followed anew, and nobody has to see to it."""

import asyncio
from contextlib import suppress
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.worker import Worker

from records.policy import policy
from records.reconcile import Kind
from schemas.command import Complete
from schemas.visit import Visit, VisitState
from tests.durable.careless import SleepyVisit, SleepyWorkflow
from tests.durable.following import TEAM, Followed, inpatient, now, place, until
from tests.durable.test_visits import back, go, staffed, tell
from tests.web.watching import staffed as watching_staff
from tests.web.watching import watching
from workers import visits
from workers.astray import follow_anew
from workers.client import Pool
from workers.mending import compared
from workers.still import standing_still
from workers.transitions import differences, workflow_id
from workflows.state import TransitionState

DONE = Complete(id="done", at=now(), step="discharge-plan")


async def test_a_journey_that_another_build_led_astray_is_followed_anew(temporal: Client, pool: Pool) -> None:
    async with place(temporal, pool) as here:
        queue = here.settings.task_queue
        async with here.worker():
            person = await here.take_on()
        await person.handle.terminate("another build follows them")
        async with Worker(temporal, task_queue=queue, workflows=[SleepyWorkflow]):
            given = TransitionState(definition=inpatient().canonical, team=TEAM, start=person.start)
            await temporal.start_workflow("TransitionWorkflow", given, id=workflow_id(person.id), task_queue=queue)
            await until(lambda: _sleeps(person.handle))
        told = await pool.fetch("SELECT id FROM notices ORDER BY id")
        async with here.worker():
            asked = asyncio.create_task(_said(person))
            await until(lambda: _stands_still(here.client, queue, pool, person), seconds=120)
            assert await follow_anew(temporal, here.settings, pool) == 1
            asked.cancel()
            assert (await person.send(DONE)).revision == 2
            assert await differences(temporal, pool) == []
            assert await follow_anew(temporal, here.settings, pool) == 0
        assert await pool.fetch("SELECT id FROM notices ORDER BY id") == told


async def test_a_visit_that_another_build_led_astray_is_followed_anew(temporal: Client, pool: Pool) -> None:
    async with place(temporal, pool) as here:
        queue = here.settings.task_queue
        await staffed(pool)
        await watching_staff(pool)
        async with here.worker():
            visit = await go(here)
        handle = temporal.get_workflow_handle(visits.workflow_id(visit.id))
        await handle.terminate("another build follows them")
        async with Worker(temporal, task_queue=queue, workflows=[SleepyVisit]):
            given = VisitState(visit=visit, policy=await policy(pool, TEAM))
            await temporal.start_workflow("VisitWorkflow", given, id=handle.id, task_queue=queue)
            await until(lambda: _sleeps(handle))
        async with here.worker():
            await handle.signal("go on")
            await until(lambda: _would_not_be_missed(here.client, queue, pool, visit), seconds=120)
            async with watching(pool, temporal=temporal, task_queue=queue) as browser:
                assert "Out, and would not be missed" in (await browser.get("/board")).text
            found = await compared(temporal, here.settings, pool)
            assert [(one.kind, one.id) for one in found] == [(Kind.VISIT_STUCK, visit.id)]
            assert await follow_anew(temporal, here.settings, pool) == 1
            assert await visits.next_alert(temporal, visit.id) == visit.expected_end
            assert (await tell(here, visit, back("back"))).checked_out is not None
            assert await follow_anew(temporal, here.settings, pool) == 0


async def _sleeps(handle: WorkflowHandle[Any, Any]) -> bool:
    return any([event.HasField("timer_started_event_attributes") async for event in handle.fetch_history_events()])


async def _said(person: Followed) -> None:
    with suppress(RPCError):
        await person.send(DONE)


async def _stands_still(client: Client, queue: str, pool: Pool, person: Followed) -> bool:
    found = await standing_still(client, queue, pool, now())
    return found.asked and [one.transition_id for one in found.journeys] == [person.id]


async def _would_not_be_missed(client: Client, queue: str, pool: Pool, visit: Visit) -> bool:
    found = await standing_still(client, queue, pool, now())
    return found.journeys == [] and found.visits == [visit]
