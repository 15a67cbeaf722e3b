"""A journey whose history is not what its workflow would do now is followed anew, and nobody has to see to it."""

import asyncio
from contextlib import suppress

from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from schemas.command import Complete
from tests.durable.careless import SleepyWorkflow
from tests.durable.following import TEAM, Followed, inpatient, now, place, until
from workers.astray import follow_anew
from workers.client import Pool
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
            await until(lambda: _sleeps(person))
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


async def _sleeps(person: Followed) -> bool:
    return any(
        [event.HasField("timer_started_event_attributes") async for event in person.handle.fetch_history_events()]
    )


async def _said(person: Followed) -> None:
    with suppress(RPCError):
        await person.send(DONE)


async def _stands_still(client: Client, queue: str, pool: Pool, person: Followed) -> bool:
    found, asked = await standing_still(client, queue, pool, now())
    return asked and [one.transition_id for one in found] == [person.id]
