"""What was recorded and lost on its way to the workflow is known to it again, without anybody's asking."""

from datetime import datetime, timedelta
from uuid import UUID

from temporalio.client import WorkflowExecutionStatus
from temporalio.worker import Worker

from schemas.command import Complete
from tests.durable.careless import MuteWorkflow
from tests.durable.following import Place, now
from tests.durable.test_mending import equal, follow
from tests.records.tampering import unhindered
from workers.abreast import SETTLED, Abreast
from workers.transitions import query_journey, workflow_id


async def test_a_workflow_that_lost_what_was_recorded_is_put_where_the_records_stand(here: Place) -> None:
    lost, sound = await here.take_on(), await here.take_on()
    early = await query_journey(here.client, lost.id)
    await lost.send(Complete(id="done", at=now(), step="discharge-plan"))
    await follow(here, lost, early)
    at = [now()]
    looking = Abreast(here.client, here.settings, here.pool, clock=lambda: at[0])
    assert await looking.look() == 0, "it may be on its way still"
    at[0] = later(at[0])
    before = await sound.handle.describe()
    assert await looking.look() == 1
    assert (await query_journey(here.client, lost.id)).revision == 2
    assert (await sound.handle.describe()).run_id == before.run_id
    await equal(here)
    at[0] = later(at[0])
    assert await looking.look() == 0


async def test_whom_this_temporal_does_not_follow_is_not_followed_unasked(here: Place) -> None:
    person = await here.take_on()
    await person.handle.terminate("another Temporal follows them")
    assert await Abreast(here.client, here.settings, here.pool, clock=lambda: later(now())).look() == 0
    assert (await person.handle.describe()).status is WorkflowExecutionStatus.TERMINATED


async def test_a_worker_that_begins_looks_at_what_was_recorded_last(here: Place) -> None:
    person = await here.take_on()
    early = await query_journey(here.client, person.id)
    await person.send(Complete(id="done", at=now(), step="discharge-plan"))
    await follow(here, person, early)
    next_week = now() + timedelta(days=7)
    assert await Abreast(here.client, here.settings, here.pool, clock=lambda: next_week).look() == 1
    await equal(here)


async def test_what_workers_left_that_died_one_after_another_is_looked_at(here: Place) -> None:
    lost, other = await here.take_on(), await here.take_on()
    early = await query_journey(here.client, lost.id)
    await lost.send(Complete(id="done", at=now(), step="discharge-plan"))
    await follow(here, lost, early)
    async with unhindered(here.pool) as link:
        await link.execute("UPDATE links SET at = at - interval '20 minutes' WHERE transition_id = $1", UUID(lost.id))
    await other.send(Complete(id="later", at=now(), step="discharge-plan"))
    assert await Abreast(here.client, here.settings, here.pool, clock=lambda: later(now())).look() == 1
    await equal(here)


async def test_who_gave_no_answer_is_asked_again(here: Place) -> None:
    person = await here.take_on()
    early = await query_journey(here.client, person.id)
    await person.send(Complete(id="done", at=now(), step="discharge-plan"))
    await person.handle.terminate("another build follows them")
    at = [later(now())]
    looking = Abreast(here.client, here.settings, here.pool, clock=lambda: at[0])
    async with Worker(here.client, task_queue="mute", workflows=[MuteWorkflow]):
        await here.client.start_workflow("TransitionWorkflow", {}, id=workflow_id(person.id), task_queue="mute")
        assert await looking.look() == 0
    await follow(here, person, early)
    at[0] += timedelta(hours=1)
    assert await looking.look() == 1
    await equal(here)


def later(at: datetime) -> datetime:
    """When whatever was on its way has come."""
    return at + SETTLED + timedelta(seconds=5)
