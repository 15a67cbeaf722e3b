"""Another system is told what changes: signed, in its order, once, also when it was away for a while."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio
from standardwebhooks import Webhook as Verifier
from temporalio.client import Client, WorkflowExecutionStatus

from records import webhooks
from schemas.command import PutOnHold, Resume
from tests.durable.following import FAMILY_NAME, GIVEN_NAME, Followed, Place, place, until
from workers.client import Pool
from workers.webhooks import follow, follow_all, workflow_id

LOOPBACK = "127.0.0.1"


class Receiver:
    """A small HTTP server that is told, and answers with the status that is set."""

    def __init__(self) -> None:
        self.status = 200
        self.told: list[tuple[dict[str, str], str]] = []
        self.refused = 0
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): value for name, value in headers.items()}
        body = (await reader.readexactly(int(headers["content-length"]))).decode()
        if self.status == 200:
            self.told.append((headers, body))
        else:
            self.refused += 1
        writer.write(f"HTTP/1.1 {self.status} Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    @property
    def revisions(self) -> list[int]:
        return [json.loads(body)["data"]["revision"] for _, body in self.told]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.answer, LOOPBACK, 0)
    receiver.url = f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}/told"
    async with server:
        yield receiver


@pytest_asyncio.fixture
async def there(temporal: Client, pool: Pool) -> AsyncIterator[Place]:
    async with place(temporal, pool) as found, found.worker():
        yield found


async def told(there: Place, receiver: Receiver, **said: Any) -> tuple[str, str]:
    found = await webhooks.create(
        there.pool, receiver.url, datetime.now(UTC), kinds=said.get("kinds", []), team=said.get("team"), by=None
    )
    await follow(there.client, there.settings.task_queue, found[0])
    return found


async def hold(person: Followed, number: int) -> None:
    at = datetime.now(UTC)
    reason = f"{GIVEN_NAME} {FAMILY_NAME} is in hospital"
    await person.send(PutOnHold(id=f"hold-{number}", at=at, reason=reason))


async def test_what_changes_is_told_signed_and_without_a_name(there: Place) -> None:
    async with receiving() as receiver:
        _, secret = await told(there, receiver)
        person = await there.take_on()
        await hold(person, 1)

        async def both() -> bool:
            return receiver.revisions == [1, 2]

        await until(both)
        for headers, body in receiver.told:
            Verifier(secret).verify(body, headers)
            assert json.loads(body)["data"]["transition_id"] == person.id
            assert GIVEN_NAME not in body
            assert FAMILY_NAME not in body
        ids = [headers["webhook-id"] for headers, _ in receiver.told]
        assert ids == [f"{person.id}.1", f"{person.id}.2"]
        assert "held" in receiver.told[1][1]


async def test_what_did_not_arrive_is_told_again_in_its_order(there: Place) -> None:
    async with receiving() as receiver:
        receiver.status = 503
        id_, _ = await told(there, receiver)
        person = await there.take_on()

        async def tried() -> bool:
            return receiver.refused > 0

        await until(tried)
        await hold(person, 1)
        receiver.status = 200

        async def nothing_waits() -> bool:
            (listed,) = [one for one in await webhooks.everybody(there.pool) if one.id == id_]
            return (listed.waiting, listed.given_up) == (0, 0)

        await until(nothing_waits, 60)
        assert receiver.revisions == [1, 2]


async def test_only_what_is_asked_for_is_told(there: Place) -> None:
    async with receiving() as receiver:
        await told(there, receiver, kinds=["resumed"])
        person = await there.take_on()
        await hold(person, 1)
        await person.send(Resume(id="resume", at=datetime.now(UTC)))

        async def one() -> bool:
            return len(receiver.told) == 1

        await until(one)
        assert {event["event"] for event in json.loads(receiver.told[0][1])["data"]["events"]} == {"resumed"}


async def test_whoever_is_gone_is_told_no_more(there: Place) -> None:
    async with receiving() as receiver:
        receiver.status = 410
        id_, _ = await told(there, receiver)
        await there.take_on()
        handle = there.client.get_workflow_handle(workflow_id(id_))
        await asyncio.wait_for(handle.result(), 30)
        (listed,) = [one for one in await webhooks.everybody(there.pool) if one.id == id_]
        assert "410" in (listed.ended_why or "")
        assert (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED
        assert await follow_all(there.client, there.settings.task_queue, there.pool) == 0


async def test_what_is_tried_for_too_long_is_given_up_and_the_next_is_told(there: Place) -> None:
    async with receiving() as receiver:
        receiver.status = 503
        id_, _ = await webhooks.create(there.pool, receiver.url, datetime.now(UTC), kinds=[], team=None, by=None)
        await there.take_on()
        long_ago = datetime.now(UTC) - webhooks.GIVEN_UP_AFTER - timedelta(hours=1)
        await there.pool.execute("UPDATE webhook_messages SET created_at = $1", long_ago)
        await follow(there.client, there.settings.task_queue, id_)

        async def given_up() -> bool:
            (listed,) = [one for one in await webhooks.everybody(there.pool) if one.id == id_]
            return listed.given_up == 1

        await until(given_up)
        receiver.status = 200
        await there.take_on()

        async def next_told() -> bool:
            return receiver.revisions == [1]

        await until(next_told)
