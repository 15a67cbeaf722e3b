"""Asked while no worker runs, a workflow answers before it knows what time it is; that must not put it off its course.

A query that waited for a worker is handed to it with all that has happened, before the task in which time goes on.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from functools import partial

from temporalio.client import Client, WorkflowHistory, WorkflowQueryFailedError
from temporalio.service import RPCError
from temporalio.worker import Replayer

from schemas.command import SetDue
from tests.durable.following import Followed, now, place, until
from workers.client import Pool
from workflows.transition import TransitionWorkflow

PEOPLE = 6
MISSED = "SELECT at FROM events WHERE transition_id = $1 AND event = 'missed' AND step = 'discharge-plan'"


async def test_a_timer_that_fired_while_nobody_worked_is_no_riddle(temporal: Client, pool: Pool) -> None:
    async with place(temporal, pool) as here:
        async with here.worker():
            people = [await here.take_on() for _ in range(PEOPLE)]
            due = now() + timedelta(seconds=10)
            for person in people:
                await person.send(SetDue(id="soon", at=now(), step="discharge-plan", due=due, reason="soon"))
        questions = [asyncio.create_task(_asked(person)) for person in people]
        for person in people:
            await until(partial(_fired, person))
        async with here.worker():
            await asyncio.gather(*questions)
            for person in people:
                await until(partial(here.pool.fetchval, MISSED, person.id))
                assert await here.pool.fetchval(MISSED, person.id) == due
        for person in people:
            await _replays(temporal, await person.handle.fetch_history())


async def _asked(person: Followed) -> None:
    with suppress(WorkflowQueryFailedError, RPCError):  # an answer is not owed while nobody works
        await person.handle.query(TransitionWorkflow.journey)


async def _fired(person: Followed) -> bool:
    return any([event.HasField("timer_fired_event_attributes") async for event in person.handle.fetch_history_events()])


async def _replays(client: Client, history: WorkflowHistory) -> None:
    replayer = Replayer(workflows=[TransitionWorkflow], data_converter=client.data_converter)
    assert (await replayer.replay_workflow(history)).replay_failure is None
