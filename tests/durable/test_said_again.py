"""A history that has a command as it was said again is read as what was recorded: as it was said first.

A Temporal that dies while a command is recorded keeps the workflow's task, and not the command; when whoever sent it
has sent it again before the task is answered, the history gets the second.
"""

import json
from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import (
    HandleUpdateInput,
    Interceptor,
    Replayer,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from records import staff
from schemas.base import Instant
from schemas.codes import Role
from schemas.command import AnyCommand, Complete, Receipt, Wish
from schemas.journey import Journey
from schemas.staff import StaffMember
from tests.durable.following import TEAM, now, place
from workers.client import Pool
from workflows.transition import TransitionWorkflow


class Reading(Interceptor):
    """Sees what a journey is once its history has been read."""

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []
        self.journeys: list[Journey] = []

    def workflow_interceptor_class(self, _input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        """What is put around the workflow."""
        reading = self

        class Around(WorkflowInboundInterceptor):
            async def handle_update_handler(self, input: HandleUpdateInput) -> Any:  # noqa: A002 - the SDK's name
                receipt = await super().handle_update_handler(input)
                found = workflow.instance()
                assert isinstance(found, TransitionWorkflow)
                reading.receipts.append(receipt)
                reading.journeys.append(found.journey())
                return receipt

        return Around


@pytest.mark.parametrize("later", [timedelta(seconds=11), -timedelta(seconds=3)])
@pytest.mark.parametrize("what", ["decided", "arranged"])
async def test_what_was_recorded_is_as_it_was_said_first(
    temporal: Client, pool: Pool, later: timedelta, what: str
) -> None:
    works = {"hours_per_week": 37.5, "works": "mon-sun 09:00-17:00"}
    known = {"id": "peer-1", "name": "A worker", "role": Role.PEER_WORKER, "team": TEAM}
    await staff.upsert_staff(pool, [StaffMember.model_validate(known | works)])
    async with place(temporal, pool) as here, here.worker():
        person = await here.take_on()
        said = now()
        command: AnyCommand = (
            Complete(id="said", at=said, step="discharge-plan")
            if what == "decided"
            else Wish(id="said", at=said, wishes=["language:Polish"])
        )
        receipt = await person.send(command)
        journey = await person.handle.query(TransitionWorkflow.journey)
        history = await person.handle.fetch_history()
        assert receipt.at == said
        assert await read(temporal, history) == (receipt, journey)
        await say_again(temporal, history, said + later)
        assert await read(temporal, history) == (receipt, journey)


async def say_again(client: Client, history: WorkflowHistory, at: Instant) -> None:
    """Put the command into its history as if it had been said at another instant."""
    codec = client.data_converter.payload_codec
    assert codec is not None
    (accepted,) = [
        event.workflow_execution_update_accepted_event_attributes.accepted_request.input.args.payloads
        for event in history.events
        if event.HasField("workflow_execution_update_accepted_event_attributes")
    ][-1:]
    (plain,) = await codec.decode([accepted[0]])
    said = json.loads(plain.data) | {"at": at.isoformat()}
    accepted[0].CopyFrom(Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(said).encode()))


async def read(client: Client, history: WorkflowHistory) -> tuple[Receipt, Journey]:
    """The latest receipt and the journey, as a worker that knows nothing reads them."""
    reading = Reading()
    replayer = Replayer(
        workflows=[TransitionWorkflow],
        data_converter=client.data_converter,
        interceptors=[reading],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    await replayer.replay_workflow(history)
    return reading.receipts[-1], reading.journeys[-1]
