"""Workers come and go, in several versions; journeys stay."""

from uuid import uuid4

from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from schemas.command import Complete
from tests.durable.following import TEAM, Followed, Place, inpatient, now, place, until
from workers.client import Pool
from workers.transitions import cannot_go_on, differences, query_journey, workflow_id
from workflows.state import TransitionState
from workflows.transition import TransitionWorkflow

MOST_EVENTS = 10
"""History events that a completed step may cost."""


async def test_another_worker_goes_on_where_one_stopped(temporal: Client, pool: Pool) -> None:
    async with place(temporal, pool) as there:
        async with there.worker():
            person = await there.take_on()
            command = Complete(id="first", at=now(), step="discharge-plan")
            receipt = await person.send(command)
            before = await query_journey(temporal, person.id)
        async with there.worker():
            assert await query_journey(temporal, person.id) == before
            assert await person.send(command) == receipt
            await person.send(Complete(id="second", at=now(), step="named-coordinator"))
            assert await differences(temporal, pool) == []
        assert [command_id for _, command_id in await person.commits()] == ["start", "first", "second"]


async def test_a_completed_step_costs_few_events(here: Place) -> None:
    person = await here.take_on()
    cost = []
    for step in ("discharge-plan", "named-coordinator", "baseline-measures"):
        before = await person.history_length()
        await person.send(Complete(id=step, at=now(), step=step))
        cost.append(await person.history_length() - before)
    assert max(cost) <= MOST_EVENTS, cost


async def test_journeys_stay_on_the_build_that_they_began_on(temporal: Client, pool: Pool) -> None:
    deployment = f"alongside-{uuid4()}"
    async with place(temporal, pool, deployment_name=deployment, build_id="1") as there, there.worker():
        await make_current(temporal, deployment, "1")
        early = await there.take_on()
        async with there.worker(build_id="2"):
            await make_current(temporal, deployment, "2")
            late = await there.take_on()
            for person in (early, late):
                await person.send(Complete(id="done", at=now(), step="discharge-plan"))
            assert (await build_of(early), await build_of(late)) == ("1", "2")


async def make_current(client: Client, deployment: str, build: str) -> None:
    """New journeys begin on this build, as soon as Temporal knows it."""
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace, deployment_name=deployment, build_id=build
    )

    async def known() -> bool:
        try:
            await client.workflow_service.set_worker_deployment_current_version(request)
        except RPCError as error:
            if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION):
                raise
            return False
        return True

    await until(known)


async def build_of(person: Followed) -> str:
    """The build that last worked on somebody's journey."""
    info = (await person.handle.describe()).raw_description.workflow_execution_info.versioning_info
    return info.deployment_version.build_id


async def test_a_fault_in_the_rules_is_seen_and_loses_nothing(here: Place) -> None:
    """A journey that the planner cannot go on with: Temporal shows the failing task, and tries it again."""
    person = await here.take_on()
    journey = await query_journey(here.client, person.id)
    await person.handle.terminate("to be taken over with a fault")
    faulty = journey.model_copy(deep=True)
    faulty.steps["discharge-plan"].ladder = "no-such-ladder"
    state = TransitionState(definition=inpatient().canonical, team=TEAM, journey=faulty)
    await here.client.start_workflow(
        TransitionWorkflow.run, state, id=workflow_id(person.id), task_queue=here.settings.task_queue
    )
    await until(lambda: cannot_go_on(here.client, person.id))
    found = await differences(here.client, here.pool)
    assert any(person.id in line and "cannot go on" in line for line in found), found
