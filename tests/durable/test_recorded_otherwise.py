"""A history that decides otherwise than what was recorded is noticed when it is read, and not gone on from."""

import json
from datetime import timedelta

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer, Worker

from schemas.base import Instant
from schemas.command import Complete
from tests.durable.following import TEAM, inpatient, now, place, until
from workers.client import Pool
from workers.described import went_astray
from workers.transitions import workflow_id
from workflows.state import RecordedOtherwiseError, TransitionState
from workflows.transition import TransitionWorkflow


@workflow.defn(name="TransitionWorkflow", sandboxed=False)
class StrayWorkflow:
    """A journey whose history decides otherwise than what was recorded."""

    @workflow.run
    async def run(self, _given: dict[str, object]) -> None:
        """Fail as ours does then."""
        raise RecordedOtherwiseError("what was recorded is not what this history decides")


async def test_a_command_that_temporal_kept_as_it_was_said_again(temporal: Client, pool: Pool) -> None:
    """Temporal died between the two, and has the instant of the second; the records have that of the first."""
    async with place(temporal, pool) as here, here.worker():
        person = await here.take_on()
        said = now()
        await person.send(Complete(id="done", at=said, step="discharge-plan"))
        history = await person.handle.fetch_history()
        assert await _failure(temporal, history) is None
        await _say_again(temporal, history, said - timedelta(seconds=3))
        failure = await _failure(temporal, history)
        assert failure is not None
        assert RecordedOtherwiseError.__name__ in str(failure)


async def test_a_journey_of_that_sort_went_astray(temporal: Client, pool: Pool) -> None:
    """So it is followed anew from the records (tests/durable/test_astray.py)."""
    async with place(temporal, pool) as here:
        async with here.worker():
            person = await here.take_on()
        await person.handle.terminate("another build follows them")
        queue = here.settings.task_queue
        async with Worker(temporal, task_queue=queue, workflows=[StrayWorkflow]):
            given = TransitionState(definition=inpatient().canonical, team=TEAM, start=person.start)
            await temporal.start_workflow("TransitionWorkflow", given, id=workflow_id(person.id), task_queue=queue)
            await until(lambda: went_astray(temporal, workflow_id(person.id)))


async def _say_again(client: Client, history: WorkflowHistory, at: Instant) -> None:
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


async def _failure(client: Client, history: WorkflowHistory) -> Exception | None:
    replayer = Replayer(workflows=[TransitionWorkflow], data_converter=client.data_converter)
    return (await replayer.replay_workflow(history, raise_on_replay_failure=False)).replay_failure
