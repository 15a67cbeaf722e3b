"""While the records cannot be asked for a person's key, nothing is sealed otherwise, and no turn is lost."""

import asyncio
from uuid import UUID

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.converter import WorkflowSerializationContext

from records import payload_keys
from records.database import LOST
from records.payload_keys import PayloadKeys
from records.person_keys import KeyDestroyed, destroy_key
from schemas.command import Complete
from tests.durable.following import STRICT, Followed, now, place, until
from tests.keys import RING, for_people
from workers.client import Pool, open_pool
from workers.codec import SealingCodec, is_of_a_person
from workers.embedded import ephemeral_postgres
from workers.worker import build_worker

SECRET = "Xqzvlorp Wrrthjk"


async def failed(person: Followed) -> bool:
    """Whether a turn of theirs failed; it says nothing of what it was about."""
    events = [event async for event in person.handle.fetch_history_events()]
    assert SECRET.encode() not in b"".join(event.SerializeToString() for event in events)
    return any(event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED for event in events)


async def test_a_turn_whose_key_cannot_be_asked_for_is_tried_again(temporal_server: Client) -> None:
    async with ephemeral_postgres() as server:
        pool = await open_pool(server.url, RING)
        async with place(temporal_server, pool) as here:
            async with here.worker():
                person = await here.take_on()
            await server.stop()
            done = Complete(id="done", at=now(), step="discharge-plan", reason=SECRET)
            sending = asyncio.create_task(person.send(done))  # its key is at hand here
            with_nothing_at_hand = for_people(temporal_server, pool)
            async with build_worker(here.settings, with_nothing_at_hand, pool, restrictions=STRICT):
                await until(lambda: failed(person), 60)
                await server.start()
                receipt = await asyncio.wait_for(sending, 120)
            assert await person.send(done) == receipt
            assert await person.commits() == [(1, "start"), (2, "done")]
        pool.terminate()


async def test_a_key_that_is_at_hand_is_used_while_the_records_are_away_and_no_other(
    monkeypatch: pytest.MonkeyPatch, temporal_server: Client
) -> None:
    async with ephemeral_postgres() as server:
        pool = await open_pool(server.url, RING)
        async with place(temporal_server, pool) as here:
            known, unknown = await here.registered(), await here.registered()
            keys = PayloadKeys(pool)
            monkeypatch.setattr(payload_keys, "AT_HAND", 0.0)
            await seal(keys, known)
            await server.stop()
            assert is_of_a_person(await seal(keys, known))
            with pytest.raises(LOST):
                await seal(keys, unknown)
            monkeypatch.setattr(payload_keys, "WITHOUT_RECORDS", 0.0)
            with pytest.raises(LOST):
                await seal(keys, known)
            await server.start()
            assert is_of_a_person(await seal(keys, known))
            assert is_of_a_person(await seal(keys, unknown))
        pool.terminate()


async def test_a_destroyed_key_is_used_no_longer_than_it_is_at_hand(
    monkeypatch: pytest.MonkeyPatch, pool: Pool, temporal_server: Client
) -> None:
    async with place(temporal_server, pool) as here:
        person, keys = await here.registered(), PayloadKeys(pool)
        sealed = await seal(keys, person)
        who: UUID = await pool.fetchval("SELECT person_id FROM transitions WHERE id = $1", UUID(person.id))
        await destroy_key(pool, who, now())
        assert (await SealingCodec(RING, keys).decode([sealed]))[0].data == b"words"
        monkeypatch.setattr(payload_keys, "AT_HAND", 0.0)
        for _ in range(2):
            with pytest.raises(KeyDestroyed):
                await SealingCodec(RING, keys).decode([sealed])
            with pytest.raises(KeyDestroyed):
                await seal(keys, person)


async def seal(keys: PayloadKeys, person: Followed) -> Payload:
    """Something of somebody as Temporal is handed it."""
    context = WorkflowSerializationContext("default", f"transition-{person.id}")
    (sealed,) = await SealingCodec(RING, keys).with_context(context).encode([Payload(data=b"words")])
    return sealed
