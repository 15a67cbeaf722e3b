"""What Temporal refuses in the stead of a workflow that never heard it is said again."""

import asyncio

import pytest
from temporalio.api.enums.v1 import TaskQueueKind
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    PollWorkflowTaskQueueRequest,
    PollWorkflowTaskQueueResponse,
    RespondWorkflowTaskCompletedRequest,
)
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from schemas.command import Complete, Receipt
from tests.durable.following import TEAM, Followed, Place, inpatient, now, place
from workers import taken
from workers.client import Pool
from workers.transitions import workflow_id
from workflows.state import TransitionState
from workflows.transition import TransitionWorkflow


async def test_a_command_that_no_workflow_heard_is_said_again(temporal: Client, pool: Pool) -> None:
    async with place(temporal, pool) as here:
        person, saying = await _said(here)
        assert await _overhear(here) == ["done"]
        assert not saying.done()
        async with here.worker():
            assert (await saying).revision == 2
        assert await person.commits() == [(1, "start"), (2, "done")]


async def test_what_no_workflow_ever_hears_is_not_said_for_ever(
    temporal: Client, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taken, "TRIES", 2)
    async with place(temporal, pool) as here:
        _, saying = await _said(here)
        assert [await _overhear(here), await _overhear(here)] == [["done"], ["done"]]
        with pytest.raises(TimeoutError, match="no workflow heard it"):
            await saying


async def test_what_somebody_heard_and_could_not_do_is_said_once() -> None:
    said: list[str] = []

    @taken.until_taken
    async def say(what: str) -> None:
        said.append(what)
        raise WorkflowUpdateFailedError(ApplicationError("no", type="conflict"))

    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await say("once")
    assert isinstance(failed.value.cause, ApplicationError)
    assert said == ["once"]


async def _said(here: Place) -> tuple[Followed, asyncio.Task[Receipt]]:
    """Somebody whose workflow has begun without doing anything, and a command on its way to it."""
    person = await here.registered()
    state = TransitionState(definition=inpatient().canonical, team=TEAM, start=person.start)
    queue = here.settings.task_queue
    await here.client.start_workflow(TransitionWorkflow.run, state, id=workflow_id(person.id), task_queue=queue)
    await _overhear(here)
    return person, asyncio.create_task(person.send(Complete(id="done", at=now(), step="discharge-plan")))


async def _overhear(here: Place) -> list[str]:
    """Do a workflow's task as if nothing had come with it; the ids of the commands that had."""
    client = here.client
    queue = TaskQueue(name=here.settings.task_queue, kind=TaskQueueKind.TASK_QUEUE_KIND_NORMAL)
    asking = PollWorkflowTaskQueueRequest(namespace=client.namespace, task_queue=queue, identity="hard of hearing")
    task = PollWorkflowTaskQueueResponse()
    while not task.task_token:
        task = await client.workflow_service.poll_workflow_task_queue(asking)
    answer = RespondWorkflowTaskCompletedRequest(
        namespace=client.namespace, task_token=task.task_token, identity="hard of hearing"
    )
    await client.workflow_service.respond_workflow_task_completed(answer)
    return [message.protocol_instance_id for message in task.messages]
