"""What a turn decides is of one instant, though what an activity said may be handed over later than it is when read.

A task that has a query to answer is answered when the query is; what a local activity has said meanwhile is handed to
the workflow with the next task, and has the time of that. A replay has it at the time at which it was said. And a task
that takes longer than Temporal waits for is asked for once more; where nothing was to do in the one before, a replay
has all of it at the time of the latter.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

import planner.preview
from planner.preview import preview
from schemas.command import Complete, SetDue
from tests.durable.following import TEAM, Followed, Place, inpatient, now, place, until
from tests.durable.test_said_again import read
from workers.client import Pool
from workers.transitions import differences, query_journey
from workflows.state import TransitionState
from workflows.transition import TransitionWorkflow

PEOPLE = 8
MISSED = "SELECT at FROM events WHERE transition_id = $1 AND event = 'missed' AND step = 'discharge-plan'"
SLOWLY = 1.2
"""Seconds; Temporal takes a workflow for stuck after two."""


def slowly(*given: Any) -> Any:
    """Answer what a command would do, and take one's time over it."""
    time.sleep(SLOWLY)
    return preview(*given)


async def test_what_falls_due_while_a_question_is_answered(
    monkeypatch: pytest.MonkeyPatch, temporal: Client, pool: Pool
) -> None:
    async with place(temporal, pool) as here:
        async with here.worker():
            people = [await here.take_on() for _ in range(PEOPLE)]
        monkeypatch.setattr(planner.preview, "preview", slowly)
        dues = [now() + timedelta(seconds=0.6 + 0.2 * number) for number in range(PEOPLE)]
        said = [SetDue(id="soon", at=now(), step="discharge-plan", due=due, reason="so") for due in dues]
        sent = [asyncio.create_task(who.send(what)) for who, what in zip(people, said, strict=True)]
        for person in people:
            await until(partial(_has_a_task, person))
        asked = [
            asyncio.create_task(who.handle.query(TransitionWorkflow.preview, what.model_copy(update={"id": "asked"})))
            for who, what in zip(people, said, strict=True)
        ]
        async with here.worker():
            await asyncio.gather(*sent, *asked)
            for person, what in zip(people, said, strict=True):
                await until(partial(here.pool.fetchval, MISSED, person.id))
                assert await here.pool.fetchval(MISSED, person.id) == what.due
        histories = [await person.handle.fetch_history() for person in people]
        assert any(map(_handed_over_later, histories))
        replayer = Replayer(workflows=[TransitionWorkflow], data_converter=temporal.data_converter)
        for history in histories:
            assert (await replayer.replay_workflow(history)).replay_failure is None


async def test_what_falls_due_while_another_takes_long_to_record(temporal: Client, pool: Pool) -> None:
    async with place(temporal, pool) as here, here.worker():
        person = await _impatient(here)
        await _falling_due(person)
        await person.handle.signal("a task that ends with nothing to do")
        async with _locked(pool, person):
            await until(partial(_took_long, person))
        await until(partial(_missed, person, 2))
        receipt = await person.send(Complete(id="done", at=now(), step="baseline-measures"))
        journey = await query_journey(temporal, person.id)
        assert await read(temporal, await person.handle.fetch_history()) == (receipt, journey)
        assert await differences(temporal, pool) == []


@pytest.mark.parametrize("later", [5, 90])
async def test_a_task_that_is_read_as_later_than_it_was(temporal: Client, pool: Pool, later: int) -> None:
    """Late enough, what fell due would be told as of when it was told, and not as of when it was due."""
    async with place(temporal, pool) as here, here.worker():
        person = await here.take_on()
        await _falling_due(person)
        await until(partial(_missed, person, 2))
        receipt = await person.send(Complete(id="done", at=now(), step="baseline-measures"))
        journey = await query_journey(temporal, person.id)
        history = await person.handle.fetch_history()
        fired = [event.HasField("timer_fired_event_attributes") for event in history.events].index(True)
        for event in history.events[fired:]:
            event.event_time.seconds += later
        assert await read(temporal, history) == (receipt, journey)


async def _falling_due(person: Followed) -> None:
    """Two of their steps fall due soon, one after the other."""
    due = now() + timedelta(seconds=3)
    for step, later in (("discharge-plan", 0.0), ("named-coordinator", 0.5)):
        at = due + timedelta(seconds=later)
        await person.send(SetDue(id=f"soon-{step}", at=now(), step=step, due=at, reason="so"))


async def _impatient(here: Place) -> Followed:
    """Somebody whose workflow Temporal asks for its task again after two seconds in place of ten."""
    person = await here.registered()
    state = TransitionState(definition=inpatient().canonical, team=TEAM, start=person.start)
    queue, soon = here.settings.task_queue, timedelta(seconds=2)
    await here.client.start_workflow(
        TransitionWorkflow.run, state, id=person.handle.id, task_queue=queue, task_timeout=soon
    )
    await person.handle.execute_update(TransitionWorkflow.begun)
    return person


@asynccontextmanager
async def _locked(pool: Pool, person: Followed) -> AsyncIterator[None]:
    """Nothing of theirs can be recorded meanwhile."""
    async with pool.acquire() as link, link.transaction():
        await link.execute("SELECT FROM transitions WHERE id = $1 FOR UPDATE", person.id)
        yield


async def _took_long(person: Followed) -> bool:
    """Whether a task was answered with nothing but that it takes longer, and goes on."""
    events = [event.event_type async for event in person.handle.fetch_history_events()]
    asked_again = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED
    return any(pair == asked_again for pair in pairwise(events[-3:]))


async def _missed(person: Followed, steps: int) -> bool:
    said = "SELECT count(*) FROM events WHERE transition_id = $1 AND event = 'missed'"
    return bool(await person.pool.fetchval(said, person.id) == steps)


async def _has_a_task(person: Followed) -> bool:
    return (await person.handle.describe()).raw_description.HasField("pending_workflow_task")


def _handed_over_later(history: WorkflowHistory) -> bool:
    """Whether a task ended with what an activity said, and the next one alone went on from it."""
    kinds = [event.event_type for event in history.events]
    marked = EventType.EVENT_TYPE_MARKER_RECORDED, EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED
    return any(pair == marked for pair in pairwise(kinds))
