"""What Temporal is handed is sealed, and opens with the keys alone; what it held before there were keys still opens."""

import json
from datetime import date

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, WorkflowSerializationContext
from temporalio.exceptions import ApplicationError
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from records.keyring import KeyRing, Unreadable
from schemas.command import Complete
from tests.durable.following import STRICT, now, place
from tests.keys import RING
from workers.client import Pool
from workers.codec import SealingCodec, converter, is_sealed, workflow_of
from workers.execution import why
from workflows.transition import TransitionWorkflow

SECRET = "Xqzvlorp Wrrthjk"
OF_A_JOURNEY = WorkflowSerializationContext("alongside", "transition-1")


def sealing(keys: KeyRing = RING) -> DataConverter:
    """What a client has when it speaks of one journey."""
    return converter(keys).with_context(OF_A_JOURNEY)


async def one(said: object = SECRET) -> Payload:
    """A payload as Temporal is handed it."""
    (payload,) = await sealing().encode([said])
    return payload


async def test_a_payload_is_sealed_and_says_whose_it_is() -> None:
    payload = await one()
    assert is_sealed(payload)
    assert workflow_of(payload) == "transition-1"
    assert SECRET.encode() not in payload.SerializeToString()
    assert await converter(RING).decode([payload]) == [SECRET]


async def test_what_was_never_sealed_is_read_as_before() -> None:
    payloads = await pydantic_data_converter.encode([SECRET, {"a": 1}])
    assert not any(is_sealed(payload) for payload in payloads)
    assert await converter(RING).decode(payloads) == [SECRET, {"a": 1}]


async def test_it_cannot_be_put_under_another_name() -> None:
    payload = await one()
    payload.metadata["workflow"] = b"transition-2"
    with pytest.raises(Unreadable, match="altered, or belongs elsewhere"):
        await converter(RING).decode([payload])


async def test_without_the_key_it_says_which_is_missing_and_nothing_else() -> None:
    with pytest.raises(Unreadable) as refused:
        await converter(KeyRing.fresh(date(2026, 11, 28))).decode([await one()])
    assert refused.value.key == RING.current
    for damaged in (b"", b"\x01", b"\x02abc", RING.seal(b"\xff\xff", b"payload of transition-1")):
        payload = await one()
        payload.data = damaged
        with pytest.raises(Unreadable):
            await converter(RING).decode([payload])


async def test_a_running_process_reads_what_is_sealed_with_a_new_key() -> None:
    prepared = RING.with_new(date(2026, 11, 28))
    rotated = prepared.using(prepared.ids[-1])
    running = KeyRing.parse(RING.written(), again=lambda: rotated)
    (payload,) = await SealingCodec(rotated, None, "transition-1").encode([Payload(data=b"x")])
    (opened,) = await SealingCodec(running).decode([payload])
    assert opened.data == b"x"
    assert running.current == rotated.current


def _fail() -> None:
    raise ApplicationError(SECRET, {"who": SECRET}, type="conflict")


async def test_a_failure_says_nothing_and_is_told_to_those_who_may(temporal: Client) -> None:
    failure, converting = Failure(), sealing()
    try:
        _fail()
    except ApplicationError as error:
        error.__cause__ = ValueError(SECRET)
        await converting.encode_failure(error, failure)
    raw = failure.SerializeToString()
    assert SECRET.encode() not in raw
    assert b"test_codec.py" not in raw, "where it happened is sealed, too"
    assert failure.application_failure_info.type == "conflict"
    assert await why(temporal, failure) == SECRET


async def test_why_is_not_told_without_the_key(temporal: Client) -> None:
    failure, other = Failure(), KeyRing.fresh(date(2026, 11, 28))
    await sealing(other).encode_failure(ApplicationError(SECRET), failure)
    assert await why(temporal, failure) == Unreadable(other.current).message


async def test_a_sealed_history_replays(temporal: Client, pool: Pool) -> None:
    async with place(temporal, pool) as here, here.worker():
        person = await here.take_on()
        await person.send(Complete(id="done", at=now(), step="discharge-plan", reason=SECRET))
        history = await person.handle.fetch_history()
    text = history.to_json()
    assert json.loads(text)["events"]
    assert SECRET not in text
    assert b"json/plain" not in b"".join(
        event.SerializeToString()
        for event in history.events
        if not event.HasField("upsert_workflow_search_attributes_event_attributes")
        and not event.HasField("marker_recorded_event_attributes")
    )
    replayer = Replayer(
        workflows=[TransitionWorkflow],
        data_converter=temporal.data_converter,
        workflow_runner=SandboxedWorkflowRunner(STRICT),
    )
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    assert result.replay_failure is None
