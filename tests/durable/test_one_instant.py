"""What a turn decides is of one instant, though what an activity said may be handed over later than it is when read.

A task that has a query to answer is answered when the query is; what a local activity has said meanwhile is handed to
the workflow with the next task, and has the time of that. A replay has it at the time at which it was said.
"""

import asyncio
import time
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
from schemas.command import SetDue
from tests.durable.following import Followed, now, place, until
from workers.client import Pool
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


async def _has_a_task(person: Followed) -> bool:
    return (await person.handle.describe()).raw_description.HasField("pending_workflow_task")


def _handed_over_later(history: WorkflowHistory) -> bool:
    """Whether a task ended with what an activity said, and the next one alone went on from it."""
    kinds = [event.event_type for event in history.events]
    marked = EventType.EVENT_TYPE_MARKER_RECORDED, EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED
    return any(pair == marked for pair in pairwise(kinds))
