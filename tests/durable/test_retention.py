"""Erasing somebody at a real server: two people, once, whatever stops; and nobody's silence erases anybody."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from planner.refused import Refused
from planner.retention import Periods
from records import erasures, listings, person_keys
from records.errors import RecordsError
from records.staff import upsert_staff
from schemas.codes import Role
from schemas.command import Actor, Exit
from schemas.erasing import Became, RefusedFor, Verdict, Why
from schemas.retention import Decided, Decision, Erased
from tests.durable.following import Followed, Place, now, place, until
from tests.records.journeys import member
from workers.client import Pool
from workers.retention import ask, decide, follow_all, workflow_id
from workers.transitions import workflow_id as transition_workflow
from workflows.retention import ErasureWorkflow

ASKER, SECOND = "privacy-1", "privacy-2"
Skipping = Callable[[], AbstractAsyncContextManager[WorkflowEnvironment]]


async def staffed(pool: Pool) -> None:
    """Two who guard privacy, and one who lets machines in."""
    await upsert_staff(
        pool,
        [
            member(ASKER, Role.PRIVACY_OFFICER, None),
            member(SECOND, Role.PRIVACY_OFFICER, None),
            member("admin-1", Role.ADMINISTRATOR, None),
        ],
    )


@pytest_asyncio.fixture
async def there(temporal: Client, pool: Pool) -> AsyncIterator[Place]:
    """A place whose worker is not running yet."""
    async with place(temporal, pool) as found:
        await staffed(pool)
        yield found


async def left(there: Place) -> Followed:
    """Somebody who was followed and left; a worker runs."""
    person = await there.take_on()
    await person.send(Exit(id="left", at=now(), exit="moved-away", by=Actor(role=Role.COORDINATOR)))
    await person.handle.result()
    return person


async def local_id(there: Place, person: Followed) -> str:
    return (await listings.transition(there.pool, person.id)).local_id


async def asked(there: Place, person: Followed, why: Why = Why.ASKED_BY_PERSON) -> str:
    """Ask as the command line and the pages do; its id."""
    whose = await local_id(there, person)
    return (await ask(there.client, there.settings, there.pool, str(uuid4()), whose, why, ASKER, now())).id


def said(verdict: Verdict = Verdict.APPROVE, by: str = SECOND, refused_for: RefusedFor | None = None) -> Decision:
    role = Role.ADMINISTRATOR if by == "admin-1" else Role.PRIVACY_OFFICER
    return Decision(id=str(uuid4()), at=now(), by=Actor(staff=by, role=role), verdict=verdict, refused_for=refused_for)


async def tell(there: Place, erasure_id: str, decision: Decision) -> Erased:
    return await decide(there.client, there.settings.task_queue, there.pool, erasure_id, decision)


async def key_is_there(there: Place, person: Followed) -> bool:
    return bool(
        await there.pool.fetchval(
            "SELECT k.wrapped IS NOT NULL FROM person_keys k JOIN transitions t USING (person_id) WHERE t.id = $1",
            UUID(person.id),
        )
    )


def handle(there: Place, erasure_id: str) -> WorkflowHandle[ErasureWorkflow, Erased]:
    """Its workflow."""
    return there.client.get_workflow_handle_for(ErasureWorkflow.run, workflow_id(erasure_id))


async def over(there: Place, erasure_id: str) -> Erased:
    """What became of it, once its workflow has ended."""
    return await asyncio.wait_for(handle(there, erasure_id).result(), 60)


async def test_a_second_person_approves_and_it_is_done_everywhere(there: Place) -> None:
    async with there.worker():
        person = await left(there)
        one = await asked(there, person)
        approval = said()
        done = await tell(there, one, approval)
        assert done.became is Became.DONE
        assert await tell(there, one, approval) == done
        assert await over(there, one) == done
        assert not await key_is_there(there, person)
        kept = await erasures.certificate(there.pool, done.certificate_id or "")
        assert (kept.asked_by, kept.approved_by) == (ASKER, SECOND)
        with pytest.raises(Refused, match="It is done already"):
            await tell(there, one, said(by="admin-1"))

        async def forgotten() -> bool:
            try:
                await there.client.get_workflow_handle(transition_workflow(person.id)).describe()
            except RPCError as error:
                return error.status is RPCStatusCode.NOT_FOUND
            return False

        await until(forgotten, 240)


async def test_nobody_approves_what_they_asked_for(there: Place) -> None:
    async with there.worker():
        person = await left(there)
        one = await asked(there, person)
        for by, role, match in (
            (ASKER, Role.PRIVACY_OFFICER, "A second person decides"),
            (ASKER, Role.ADMINISTRATOR, "A second person decides"),
            ("coordinator-1", Role.COORDINATOR, "does not decide this"),
        ):
            decision = said().model_copy(update={"by": Actor(staff=by, role=role)})
            with pytest.raises(Refused, match=match):
                await tell(there, one, decision)
            with pytest.raises(Exception, match="Workflow update failed") as caught:  # past whatever asks first
                await handle(there, one).execute_update(ErasureWorkflow.decide, decision)
            assert match in str(caught.value.__cause__)
        # somebody who says that they have a role which they have not
        lying = said().model_copy(update={"by": Actor(staff="coordinator-1", role=Role.PRIVACY_OFFICER)})
        with pytest.raises(Refused, match="may not do this"):
            await tell(there, one, lying)
        assert await handle(there, one).query(ErasureWorkflow.stands) == Erased(became=Became.ASKED)
        assert await key_is_there(there, person)
        assert (await tell(there, one, said(by="admin-1"))).became is Became.DONE


async def test_what_is_refused_or_withdrawn_destroys_nothing(there: Place) -> None:
    async with there.worker():
        person = await left(there)
        one = await asked(there, person)
        with pytest.raises(Refused, match="Only whoever asked"):
            await tell(there, one, said(Verdict.WITHDRAW))
        assert (await tell(there, one, said(Verdict.WITHDRAW, by=ASKER))).became is Became.WITHDRAWN
        assert (await over(there, one)).became is Became.WITHDRAWN
        again = await asked(there, person)
        refusal = said(Verdict.REFUSE, refused_for=RefusedFor.STILL_NEEDED)
        assert (await tell(there, again, refusal)).became is Became.REFUSED
        assert (await over(there, again)).became is Became.REFUSED
        assert await key_is_there(there, person)
        await person.client.get_workflow_handle(transition_workflow(person.id)).describe()


async def test_who_is_followed_is_not_erased(there: Place) -> None:
    async with there.worker():
        person = await there.take_on()
        for why in Why:
            with pytest.raises((Refused, RecordsError), match="They are followed"):
                await asked(there, person, why)


async def test_a_worker_that_dies_between_the_key_and_the_certificate_has_done_it_once(
    there: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction is undone with the worker that had it, and another worker does all of it."""
    reached, never = asyncio.Event(), asyncio.Event()
    destroy = person_keys.destroy_key

    async def destroys_and_hangs(*said: object) -> bool:
        await destroy(*said)  # type: ignore[arg-type]  # what it is given
        reached.set()
        await never.wait()
        return True

    async with there.worker():
        person = await left(there)
        one = await asked(there, person)
    monkeypatch.setattr("records.erasures.destroy_key", destroys_and_hangs)
    monkeypatch.setattr("workers.worker.FAREWELL", timedelta(0))
    async with there.worker():
        approving = asyncio.create_task(tell(there, one, said()))
        await asyncio.wait_for(reached.wait(), 60)
    assert await key_is_there(there, person)
    assert (await erasures.one(there.pool, one)).became is Became.APPROVED
    monkeypatch.setattr("records.erasures.destroy_key", destroy)
    async with there.worker():
        done = await asyncio.wait_for(approving, 120)
        assert done.became is Became.DONE
        assert await over(there, one) == done
    assert not await key_is_there(there, person)
    assert await there.pool.fetchval("SELECT count(*) FROM erasure_certificates") == 1


async def test_what_no_workflow_waits_for_is_found(there: Place) -> None:
    """It was recorded, and Temporal was away."""
    async with there.worker():
        person = await left(there)
        whose = await local_id(there, person)
        one = await erasures.ask(there.pool, Periods(), str(uuid4()), whose, Why.ASKED_BY_PERSON, ASKER, now())
        assert await follow_all(there.client, there.settings.task_queue, there.pool) == 1

        async def followed() -> bool:
            return await follow_all(there.client, there.settings.task_queue, there.pool) == 0

        await until(followed, 60)
        assert (await tell(there, one.id, said())).became is Became.DONE


async def test_what_was_approved_and_not_done_is_done_when_temporal_is_another_one(there: Place) -> None:
    """The records have the approval, and no workflow is there, or one that ended before they were put back."""
    async with there.worker():
        person = await left(there)
        one = await asked(there, person)
        await handle(there, one).terminate("Temporal was lost")
        at = Decided(erasure_id=one, verdict=Verdict.APPROVE, staff=SECOND, at=now())
        await erasures.decide(there.pool, at)
        assert await follow_all(there.client, there.settings.task_queue, there.pool) == 1
        assert (await over(there, one)).became is Became.DONE
        assert not await key_is_there(there, person)
        assert await follow_all(there.client, there.settings.task_queue, there.pool) == 0


async def test_what_nobody_decides_lapses_and_is_told(skipping: Skipping, pool: Pool) -> None:
    async with skipping() as environment, place(environment.client, pool) as there, there.worker():
        await staffed(pool)
        person = await there.registered()
        at = await environment.get_current_time()
        whose = await local_id(there, person)
        one = (await ask(there.client, there.settings, pool, str(uuid4()), whose, Why.NEVER_BEGUN, ASKER, at)).id
        await environment.sleep(timedelta(days=29, hours=23))
        assert (await erasures.one(pool, one)).became is Became.ASKED
        await environment.sleep(timedelta(hours=2))
        assert (await over(there, one)).became is Became.LAPSED
        assert (await erasures.one(pool, one)).became is Became.LAPSED
        told = [notice.text for notice in (await listings.inbox(pool, ASKER)).rows]
        assert any(text.startswith("Nobody decided within 30 days") for text in told)
        with pytest.raises(Refused, match="It is lapsed already"):
            await tell(there, one, said())
        assert await key_is_there(there, person)
