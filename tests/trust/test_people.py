"""What Temporal has of a person is sealed with their key: once that is destroyed, nothing opens it any more."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHandle
from temporalio.converter import WorkflowSerializationContext

from records.keyring import Unreadable
from records.payload_keys import PayloadKeys, WhoseUnknown
from records.people import upsert_person
from records.person_keys import KeyDestroyed, destroy_key, wrap_anew
from schemas.codes import Role
from schemas.command import Actor, Complete, Exit, PutOnHold
from schemas.person import Person
from schemas.visit import CheckOut, Visit
from tests.durable.following import COORDINATOR, TEAM, Followed, Place, now, place
from tests.keys import RING
from workers.client import Pool, open_pool
from workers.codec import NotHere, SealingCodec, converter, is_of_a_person, is_sealed
from workers.transitions import query_journey
from workers.visits import check_in, check_out, workflow_id

SECRET = "Xqzvlorp Wrrthjk"


@pytest.fixture
async def here(temporal: Client, pool: Pool) -> AsyncIterator[Place]:
    """A place whose worker is running."""
    async with place(temporal, pool) as found, found.worker():
        yield found


async def person_of(pool: Pool, person: Followed) -> UUID:
    """The id of the row of somebody who is followed."""
    return UUID(str(await pool.fetchval("SELECT person_id FROM transitions WHERE id = $1", UUID(person.id))))


async def spoken_of(here: Place) -> Followed:
    """Somebody of whom something is said, and who then leaves."""
    person = await here.take_on()
    await person.send(Complete(id="done", at=now(), step="discharge-plan", reason=SECRET))
    await person.send(PutOnHold(id="hold", at=now(), reason=SECRET))
    await person.send(Exit(id="left", at=now(), exit="moved-away", by=Actor(role=Role.COORDINATOR)))
    await person.handle.result()
    return person


async def payloads(handle: WorkflowHandle[Any, Any]) -> list[Payload]:
    """Every payload of a history as Temporal has it, search attributes left out: those are in clear on purpose."""
    return [one async for event in handle.fetch_history_events() for one in found_in(event) if is_sealed(one)]


def found_in(message: Message) -> Iterator[Payload]:
    """Every payload in a message, however deep."""
    if isinstance(message, Payload):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            values = [one for one in value.values() if isinstance(one, Message)]
        else:
            values = list(value) if field.is_repeated else [value]
        for one in values:
            yield from found_in(one)


def anew(pool: Pool) -> SealingCodec:
    """What opens with the ring and the database, as a process does that was just started."""
    return SealingCodec(RING, PayloadKeys(pool))


async def test_what_temporal_has_of_somebody_opens_with_nothing_once_their_key_is_destroyed(
    here: Place, pool: Pool
) -> None:
    gone, stays = await spoken_of(here), await spoken_of(here)
    theirs, others = await payloads(gone.handle), await payloads(stays.handle)
    assert len(theirs) > 10
    assert all(is_of_a_person(one) for one in theirs), "nothing of a journey is sealed with the ring alone"
    assert SECRET.encode() not in b"".join(one.SerializeToString() for one in theirs)
    assert SECRET.encode() in b"".join(one.data for one in await anew(pool).decode(theirs))
    with pytest.raises(NotHere):
        await SealingCodec(RING).decode(theirs)

    await destroy_key(pool, await person_of(pool, gone), now())

    raw = await payloads(gone.handle)
    assert [one.data for one in raw] == [one.data for one in theirs]
    for one in raw:
        with pytest.raises(KeyDestroyed, match="unreadable for good"):
            await anew(pool).decode([one])
        with pytest.raises(Unreadable):
            RING.open(one.data, f"payload of transition-{gone.id}".encode())
    assert SECRET.encode() in b"".join(one.data for one in await anew(pool).decode(others))
    assert (await query_journey(here.client, stays.id)).closed is not None


async def test_a_visit_to_somebody_is_sealed_with_their_key_before_the_records_have_it(here: Place, pool: Pool) -> None:
    person = await here.take_on()
    at = now()
    said: dict[str, Any] = {"staff": COORDINATOR, "team": TEAM, "checked_in": at}
    said |= {"expected_end": at + timedelta(hours=1), "place": "community"}
    to_them = Visit(id=str(uuid4()), transition_id=person.id, **said)
    await check_in(here.client, here.settings.task_queue, pool, to_them)
    back = CheckOut(id="back", at=now(), by=Actor(staff=COORDINATOR))
    await check_out(here.client, here.settings.task_queue, pool, to_them.id, back)
    held = await payloads(here.client.get_workflow_handle(workflow_id(to_them.id)))
    assert held
    assert all(is_of_a_person(one) for one in held)

    to_nobody = Visit(id=str(uuid4()), transition_id=None, **said)
    await check_in(here.client, here.settings.task_queue, pool, to_nobody)
    back = CheckOut(id="back-again", at=now(), by=Actor(staff=COORDINATOR))
    await check_out(here.client, here.settings.task_queue, pool, to_nobody.id, back)
    held = await payloads(here.client.get_workflow_handle(workflow_id(to_nobody.id)))
    assert held
    assert not any(is_of_a_person(one) for one in held)


def of(pool: "Pool | None", workflow: str) -> SealingCodec:
    """What seals for one workflow."""
    codec = converter(RING, PayloadKeys(pool) if pool else None).payload_codec
    assert isinstance(codec, SealingCodec)
    return codec.with_context(WorkflowSerializationContext("default", workflow))


async def somebody(pool: Pool, transition_id: UUID) -> UUID:
    """Somebody with a transition that has not begun; the id of their row."""
    person = Person.model_validate(
        {"local_id": str(uuid4()), "given_name": "Ada", "family_name": "Test", "date_of_birth": "1990-01-01"}
    )
    found = await upsert_person(pool, person)
    await pool.execute("INSERT INTO teams (name) VALUES ('North') ON CONFLICT DO NOTHING")
    await pool.execute(
        "INSERT INTO transitions (id, person_id, pathway, started, taken_on, team, division)"
        " VALUES ($1, $2, 'inpatient-to-community', now(), now(), 'North', 'england-and-wales')",
        transition_id,
        found,
    )
    return found


async def test_whose_key_it_is_cannot_be_changed(pool: Pool) -> None:
    first, second = uuid4(), uuid4()
    await somebody(pool, first)
    await somebody(pool, second)
    text = Payload(metadata={"encoding": b"json/plain"}, data=b'"words"')
    (one,) = await of(pool, f"transition-{first}").encode([text])
    (other,) = await of(pool, f"transition-{second}").encode([text])
    (ours,) = await of(None, f"transition-{first}").encode([text])
    changed = []
    for name in ("person", "workflow"):
        changed.append(Payload.FromString(one.SerializeToString()))
        changed[-1].metadata[name] = other.metadata[name]
    changed.append(Payload(metadata={n: v for n, v in one.metadata.items() if n != "person"}, data=one.data))
    changed.append(Payload(metadata=dict(one.metadata), data=ours.data))
    for damaged in changed:
        with pytest.raises(Unreadable):
            await anew(pool).decode([damaged])
    assert await anew(pool).decode([one, other, ours]) == [text] * 3


async def test_what_is_of_nobody_whom_the_records_know_is_not_sealed(pool: Pool) -> None:
    for workflow in (f"transition-{uuid4()}", "transition-1", f"visit-{uuid4()}"):
        with pytest.raises(WhoseUnknown, match="not known whose"):
            await of(pool, workflow).encode([Payload(data=b"words")])
    for workflow in ("support-peer-1", f"webhook-{uuid4()}", ""):
        (one,) = await of(pool, workflow).encode([Payload(data=b"words")])
        assert not is_of_a_person(one)


async def test_it_opens_after_their_key_was_wrapped_by_a_new_one(pool: Pool, database_url: str) -> None:
    workflow = uuid4()
    await somebody(pool, workflow)
    (one,) = await of(pool, f"transition-{workflow}").encode([Payload(data=b"words")])
    prepared = RING.with_new(now().date())
    rotated = await open_pool(database_url, prepared.using(prepared.ids[-1]))
    try:
        assert await wrap_anew(rotated) == 1
        assert (await SealingCodec(prepared, PayloadKeys(rotated)).decode([one]))[0].data == b"words"
    finally:
        rotated.terminate()
