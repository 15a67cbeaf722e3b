"""What other systems tell: signed, done once, answered the same again, and never more than they may."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import pytest
import pytest_asyncio
from standardwebhooks import Webhook as Signer
from temporalio.client import Client

from records import listings, sources
from tests.durable.following import COORDINATOR, Followed, Place, place
from tests.web.doors import house_on, served
from tests.web.machines import API
from workers.client import Pool

SOURCE = "urn:example:pas"
MEDIA = "application/cloudevents+json"


class Door(NamedTuple):
    """An API that hears one source, and somebody it tells of."""

    browser: httpx.AsyncClient
    here: Place
    person: Followed
    secret: str

    def event(self, id_: str = "1", **data: Any) -> dict[str, Any]:
        said = {"transition_id": self.person.id, "milestone": "discharged", "occurred_at": _ago(0), **data}
        return {"specversion": "1.0", "id": id_, "source": SOURCE, "type": "alongside.milestone", "data": said}

    async def tell(self, event: Any, *, secret: str | None = None, at: datetime | None = None) -> httpx.Response:
        body, moment = json.dumps(event), at or datetime.now(UTC)
        headers = {
            "Content-Type": MEDIA,
            "webhook-id": "msg-1",
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Signer(secret or self.secret).sign("msg-1", moment, body),
        }
        return await self.browser.post(f"{API}/events", content=body, headers=headers)

    async def revision(self) -> int:
        return (await listings.transition(self.here.pool, self.person.id)).revision


def _ago(hours: int) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()


@pytest_asyncio.fixture
async def door(temporal: Client, pool: Pool) -> AsyncIterator[Door]:
    async with place(temporal, pool) as here, here.worker():
        person = await here.take_on(expected={"discharged": datetime.now(UTC) + timedelta(days=10)})
        secret = await sources.create(pool, SOURCE, COORDINATOR, datetime.now(UTC), "admin-1")
        async with served(await house_on(pool, temporal, task_queue=here.settings.task_queue)) as browser:
            yield Door(browser, here, person, secret)


async def test_a_milestone_is_recorded_once_and_answered_the_same(door: Door) -> None:
    event = door.event()
    first, *others = await asyncio.gather(*(door.tell(event) for _ in range(4)))
    assert first.status_code == 200, first.text
    assert first.json()["transition_id"] == door.person.id
    assert [other.json() for other in others] == [first.json()] * 3
    assert (await door.tell(event)).json() == first.json()
    history = (await listings.history(door.here.pool, door.person.id)).rows
    (milestone,) = [row for row in history if row.event == "milestone" and row.payload["milestone"] == "discharged"]
    assert (milestone.staff, milestone.reason) == (COORDINATOR, f"Told by {SOURCE}")


async def test_an_attendance_and_a_changed_date_are_recorded(door: Door) -> None:
    told = await door.tell(
        door.event("d") | {
            "type": "alongside.date",
            "data": {"transition_id": door.person.id, "milestone": "discharged", "expected": _ago(-200)},
        }
    )  # fmt: skip
    assert told.status_code == 200, told.text
    assert (await door.tell(door.event("m"))).status_code == 200
    data = {"transition_id": door.person.id, "step": "follow-up-72h", "attendance": "3", "mechanism": "02"}
    data |= {"at": _ago(0)}
    told = await door.tell(door.event("a") | {"type": "alongside.attendance", "data": data})
    assert told.status_code == 200, told.text
    journey = (await listings.transition(door.here.pool, door.person.id)).journey
    assert journey is not None
    assert journey.steps["follow-up-72h"].attempts == 1


async def test_the_same_id_with_something_else_is_refused(door: Door) -> None:
    assert (await door.tell(door.event("same"))).status_code == 200
    before = await door.revision()
    other = await door.tell(door.event("same", occurred_at=_ago(-1)))
    assert other.status_code == 409
    assert "id of its own" in other.json()["detail"]
    assert await door.revision() == before


async def test_what_cannot_be_is_refused_and_answered_the_same(door: Door) -> None:
    event = door.event(milestone="no-such-milestone")
    first = await door.tell(event)
    assert first.status_code == 404
    assert "no-such-milestone" in first.json()["detail"]
    assert (await door.tell(event)).json() == first.json()


async def test_what_is_not_signed_changes_nothing(door: Door) -> None:
    before = await door.revision()
    wrong = "whsec_" + "A" * 32
    unsigned = await door.browser.post(f"{API}/events", json=door.event(), headers={"Content-Type": MEDIA})
    answers = [
        unsigned,
        await door.tell(door.event(), secret=wrong),
        await door.tell(door.event(), at=datetime.now(UTC) - timedelta(minutes=10)),
        await door.tell(door.event() | {"source": "urn:example:unknown"}),
    ]
    assert [answer.status_code for answer in answers] == [401] * 4
    assert await sources.end(door.here.pool, SOURCE, datetime.now(UTC))
    assert (await door.tell(door.event())).status_code == 401
    assert await door.revision() == before


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"specversion": "0.3"}, "#/specversion"),
        ({"type": "alongside.tea"}, "#"),
        ({"id": ""}, "#/id"),
        ({"data": {"milestone": "discharged"}}, "#/data/occurred_at"),
    ],
)
async def test_what_is_wrong_is_said_with_its_place(door: Door, wrong: dict[str, Any], pointer: str) -> None:
    answer = await door.tell(door.event() | wrong)
    assert answer.status_code == 422, answer.text
    assert pointer in {fault["pointer"] for fault in answer.json()["errors"]}


async def test_whom_it_is_about_may_be_said_by_number(door: Door) -> None:
    person = await door.here.pool.fetchrow(
        "SELECT p.local_id, p.nhs_number FROM people p JOIN transitions t ON t.person_id = p.id WHERE t.id::text = $1",
        door.person.id,
    )
    assert person is not None
    event = door.event("by-local-id", local_id=person["local_id"])
    del event["data"]["transition_id"]
    assert (await door.tell(event)).json()["transition_id"] == door.person.id
    event = door.event("nobody", local_id="XX99999")
    del event["data"]["transition_id"]
    assert (await door.tell(event)).status_code == 404
