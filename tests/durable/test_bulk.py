"""One thing for many, at a real server: each once, whatever stops, and who does not answer holds nobody else up."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowExecutionStatus

from records import bulk, definitions, listings, staff
from records.bulk import Asked
from records.database import connected
from schemas.bulk import AnswerMany, AnyMany, Became, MoveMany, OfferMany
from schemas.codes import Role
from schemas.pathway import Pathway
from schemas.staff import StaffMember
from tests.durable.following import COORDINATOR, Followed, Place, inpatient, now, place, until
from workers.bulk import begin, follow_all, look_again, workflow_id
from workers.client import Pool

OTHER = "coordinator-2"


@pytest_asyncio.fixture
async def there(temporal: Client, pool: Pool) -> AsyncIterator[Place]:
    """A place whose worker is not running yet."""
    async with place(temporal, pool) as found:
        await staff.upsert_staff(pool, [StaffMember(id="ops", name="Ops", role=Role.OPERATIONS)])
        yield found


def newer() -> Pathway:
    """The next version of the pathway: the plan has three days more."""
    told = json.loads(inpatient().canonical)
    told["version"] = inpatient().version + 1
    next(one for one in told["steps"] if one["id"] == "discharge-plan")["due"]["working_days"] += 3
    return Pathway.model_validate(told)


async def people(place: Place, count: int) -> list[Followed]:
    return [await place.take_on() for _ in range(count)]


async def ask(place: Place, said: AnyMany, who: Sequence[Followed], by: str = COORDINATOR) -> str:
    """Ask for it as the pages do; its id."""
    bulk_id = str(uuid4())
    await bulk.keep(place.pool, bulk_id, by, said, now(), [Asked(one.id, one.id) for one in who])
    await begin(place.client, place.settings.task_queue, bulk_id)
    return bulk_id


async def became(place: Place, bulk_id: str) -> list[tuple[Became, str | None]]:
    return [(one.became, one.why) for one in (await bulk.items(place.pool, bulk_id)).rows]


async def over(place: Place, bulk_id: str, seconds: float = 60) -> None:
    async def ended() -> bool:
        return (await bulk.action(place.pool, bulk_id)).ended_at is not None

    await until(ended, seconds)


async def silent(place: Place) -> Followed:
    """Somebody whose workflow is there and answers nothing: no worker takes its tasks."""
    found = await place.registered()
    await place.client.start_workflow("TransitionWorkflow", id=f"transition-{found.id}", task_queue=f"nobody-{uuid4()}")
    return found


async def waits(place: Place, bulk_id: str) -> None:
    """Until the workflow has seen that it is stopped, and waits."""
    handle = place.client.get_workflow_handle(workflow_id(bulk_id))

    async def so() -> bool:
        return any(e.HasField("timer_started_event_attributes") for e in (await handle.fetch_history()).events)

    await until(so)


async def done(place: Place, bulk_id: str, count: int) -> None:
    async def so_many() -> bool:
        return (await bulk.action(place.pool, bulk_id)).done >= count

    await until(so_many, 60)


def offer(to: str = OTHER) -> OfferMany:
    return OfferMany(to=to, answer_by=now() + timedelta(days=3), reason="a change of teams")


async def test_each_is_offered_and_answered_and_who_is_concerned_has_word(there: Place) -> None:
    async with there.worker():
        who = await people(there, 6)
        offered = await ask(there, offer(), who)
        await over(there, offered)
        assert await became(there, offered) == [(Became.DONE, None)] * 6
        again = await ask(there, offer(), who[:1])
        declined = await ask(there, AnswerMany(accept=False, reason="too many"), who[:2], OTHER)
        accepted = await ask(there, AnswerMany(accept=True), who[2:], OTHER)
        not_asked = await ask(there, AnswerMany(accept=True), who[:1], "lead-1")
        for one in (again, declined, accepted, not_asked):
            await over(there, one)
        assert (await became(there, again))[0][0] in (Became.REFUSED, Became.DONE)
        assert await became(there, accepted) == [(Became.DONE, None)] * 4
        assert [one for one, _ in await became(there, not_asked)] == [Became.REFUSED]
        journeys = [(await listings.transition(there.pool, one.id)).journey for one in who]
        assert [one.coordinator for one in journeys if one] == [COORDINATOR] * 2 + [OTHER] * 4
        told = "SELECT count(*) FROM notices WHERE kind = 'word' AND recipient = $1 AND text LIKE $2"
        assert await there.pool.fetchval(told, COORDINATOR, "%was accepted%") == 4
        assert await there.pool.fetchval(told, COORDINATOR, "%was declined%") == 2


async def test_whoever_may_not_see_somebody_does_nothing_for_them(there: Place) -> None:
    async with there.worker():
        (person,) = await people(there, 1)
        asked = await ask(there, offer(COORDINATOR), [person], OTHER)  # of another team
        await over(there, asked)
        assert await became(there, asked) == [(Became.REFUSED, "Nobody of that id is among those whom you see.")]
        assert await person.commits() == [(1, "start")]


async def test_journeys_are_moved_the_next_date_first_and_those_that_cannot_say_why(there: Place) -> None:
    async with there.worker():
        who = await people(there, 3)
        to = newer()
        async with connected(there.pool) as link:
            await definitions.keep(link, to.canonical)
        bulk_id = str(uuid4())
        said = MoveMany(definition=to.digest, was=inpatient().digest, reason="the plan has three days more")
        await bulk.keep_move(there.pool, bulk_id, "ops", said, now(), inpatient().digest, 2)
        await begin(there.client, there.settings.task_queue, bulk_id)
        await over(there, bulk_id)
        assert await became(there, bulk_id) == [(Became.DONE, None)] * 2
        views = [await listings.transition(there.pool, one.id) for one in who]
        moved = [one.transition_id for one in (await bulk.items(there.pool, bulk_id)).rows]
        assert [view.definition == to.canonical for view in views] == [one.id in moved for one in who]
        who.sort(key=lambda one: one.id not in moved)
        again = str(uuid4())
        await bulk.keep(there.pool, again, "ops", said, now(), [Asked(one.id, one.id) for one in who])
        await begin(there.client, there.settings.task_queue, again)
        await over(there, again)
        refused = "The transition runs by that definition already."
        assert await became(there, again) == [(Became.REFUSED, refused)] * 2 + [(Became.DONE, None)]


async def test_it_goes_on_after_the_worker_stopped_and_does_each_once(there: Place) -> None:
    async with there.worker():
        who = await people(there, 12)
    asked = await ask(there, offer(), who)
    async with there.worker():
        await done(there, asked, 1)
    await begin(there.client, there.settings.task_queue, asked)  # sent twice
    async with there.worker():
        await over(there, asked)
        # The records know that all is done a moment before the workflow has said so.
        await there.client.get_workflow_handle(workflow_id(asked)).result()
    assert await became(there, asked) == [(Became.DONE, None)] * 12
    assert [len(await one.commits()) for one in who] == [2] * 12
    await begin(there.client, there.settings.task_queue, asked)  # and once more, when it is over
    status = (await there.client.get_workflow_handle(workflow_id(asked)).describe()).status
    assert status is WorkflowExecutionStatus.COMPLETED


async def test_what_was_kept_and_never_begun_is_taken_up(there: Place) -> None:
    async with there.worker():
        (person,) = await people(there, 1)
        bulk_id = str(uuid4())
        await bulk.keep(there.pool, bulk_id, COORDINATOR, offer(), now(), [Asked(person.id, person.id)])
        assert await follow_all(there.client, there.settings.task_queue, there.pool) == 1
        await over(there, bulk_id)
        assert await follow_all(there.client, there.settings.task_queue, there.pool) == 0


async def test_who_does_not_answer_comes_last_and_holds_nobody_up(
    there: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.bulk.ANSWERS_WITHIN", timedelta(seconds=1))
    async with there.worker():
        who = await people(there, 6)
        nobody = await silent(there)
        asked = await ask(there, offer(), [nobody, *who])
        await done(there, asked, 6)
        found = await bulk.action(there.pool, asked)
        assert (found.to_do, found.done, found.ended_at) == (1, 6, None)
        await nobody.handle.terminate("nobody follows them any more")
        await over(there, asked, 60)
        last = (await became(there, asked))[0]
        assert last == (Became.REFUSED, "The transition is not followed any more.")


async def test_it_is_stopped_goes_on_and_the_rest_is_left(there: Place) -> None:
    async with there.worker():
        who = await people(there, 3)
        bulk_id = str(uuid4())
        await bulk.keep(there.pool, bulk_id, COORDINATOR, offer(), now(), [Asked(one.id, one.id) for one in who])
        await bulk.stop(there.pool, bulk_id, COORDINATOR, now())
        await begin(there.client, there.settings.task_queue, bulk_id)
        await waits(there, bulk_id)
        assert await became(there, bulk_id) == [(Became.TO_DO, None)] * 3
        await bulk.go_on(there.pool, bulk_id)
        await look_again(there.client, there.settings.task_queue, bulk_id)
        await over(there, bulk_id)
        assert await became(there, bulk_id) == [(Became.DONE, None)] * 3
        other = str(uuid4())
        said = AnswerMany(accept=True)
        await bulk.keep(there.pool, other, OTHER, said, now(), [Asked(one.id, one.id) for one in who])
        await bulk.stop(there.pool, other, OTHER, now())
        await begin(there.client, there.settings.task_queue, other)
        await bulk.leave(there.pool, other, "not wanted any more")
        await look_again(there.client, there.settings.task_queue, other)
        await over(there, other)
        assert await became(there, other) == [(Became.LEFT, "not wanted any more")] * 3
        journeys = [(await listings.transition(there.pool, one.id)).journey for one in who]
        assert [one.coordinator for one in journeys if one] == [COORDINATOR] * 3
