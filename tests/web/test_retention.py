"""The pages of retention: whose time is over, asked by one, decided by another, and the certificate."""

import re
from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest_asyncio
from temporalio.client import Client

from records import erasures
from records.staff import upsert_staff
from schemas.codes import Role
from tests.durable.following import FAMILY_NAME, GIVEN_NAME, Place, place
from tests.records.journeys import member
from tests.web.doors import form_token, house_on, served, sign_in
from tests.web.test_people import plain
from workers.client import Pool

ASKER, SECOND = "privacy-1", "admin-1"


class Office(NamedTuple):
    """A browser at the pages, and where people are followed."""

    browser: httpx.AsyncClient
    here: Place

    async def see(self, path: str) -> str:
        answer = await self.browser.get(path)
        assert answer.status_code == 200, answer.text
        assert GIVEN_NAME not in answer.text
        assert FAMILY_NAME not in answer.text
        return answer.text

    async def post(self, path: str, **said: str) -> httpx.Response:
        return await self.browser.post(path, data=said | {"form_token": form_token(self.browser)})

    async def left(self, years: int) -> str:
        """Somebody who left so many years ago; their local id."""
        person = await self.here.registered()
        await self.here.pool.execute(
            "UPDATE transitions SET status = 'closed', journey = '{}', exit = 'settled', "
            "closed_at = now() - make_interval(years => $2, days => 2) WHERE id = $1",
            UUID(person.id),
            years,
        )
        whose = "SELECT local_id FROM people p JOIN transitions t ON t.person_id = p.id WHERE t.id = $1"
        return str(await self.here.pool.fetchval(whose, UUID(person.id)))


@pytest_asyncio.fixture
async def office(temporal: Client, pool: Pool) -> AsyncIterator[Office]:
    async with place(temporal, pool) as here, here.worker():
        await upsert_staff(pool, [member(ASKER, Role.PRIVACY_OFFICER, None), member(SECOND, Role.ADMINISTRATOR, None)])
        async with served(await house_on(pool, temporal, demo=True, task_queue=here.settings.task_queue)) as browser:
            await sign_in(browser, ASKER)
            yield Office(browser, here)


async def test_it_is_listed_asked_for_approved_and_certified(office: Office) -> None:
    due, later = await office.left(20), await office.left(3)
    shown = await office.see("/retention")
    assert due in shown
    assert later not in shown
    where = re.search(r'href="(/retention/ask\?person=[^"]+)"', shown)
    assert where is not None
    asked = await office.see(where[1])
    assert f'value="{due}"' in asked
    hidden = re.search(r'name="erasure_id" value="([^"]+)"', asked)
    assert hidden is not None
    said = {"local_id": due, "why": "end-of-retention", "erasure_id": hidden[1]}
    for _ in range(2):  # sent twice, it is asked once
        answer = await office.post("/retention/ask", **said)
        assert answer.headers["location"] == f"/retention/{hidden[1]}"
    own = plain(await office.see(f"/retention/{hidden[1]}"))
    assert "You asked for it, so somebody else decides" in own
    assert "Approve and destroy" not in own
    refused = await office.post(f"/retention/{hidden[1]}", verdict="approve")
    assert (refused.status_code, "A second person decides" in refused.text) == (422, True)
    await sign_in(office.browser, SECOND)
    assert "Approve and destroy it" in await office.see(f"/retention/{hidden[1]}")
    done = await office.post(f"/retention/{hidden[1]}", verdict="approve")
    assert done.status_code == 303, done.text
    kept = plain(await office.see(done.headers["location"]))
    assert "It is done. This certificate stays." in kept
    assert f"approved by Admin-1 ({SECOND})" in kept
    after = plain(await office.see("/retention"))
    assert "Nobody’s, at the moment." in after
    assert "Done (Admin-1)." in after
    assert await office.here.pool.fetchval("SELECT count(*) FROM person_keys WHERE destroyed_at IS NOT NULL") == 1


async def test_what_is_wrong_is_said_at_the_field(office: Office) -> None:
    local_id = await office.left(3)
    for said, says in (
        ({"why": "asked-by-person"}, "Write the local id."),
        ({"local_id": local_id}, "Choose why."),
        ({"local_id": "NOBODY", "why": "asked-by-person"}, "Nobody here has that local id"),
        ({"local_id": local_id, "why": "end-of-retention"}, "It is not due"),
        ({"local_id": local_id, "why": "never-begun", "erasure_id": "x"}, "A journey of theirs began"),
    ):
        answer = await office.post("/retention/ask", **said)
        assert answer.status_code == 422
        assert says in answer.text
    assert (await erasures.latest(office.here.pool)).rows == []
    for path in (f"/retention/{uuid4()}", f"/retention/certificates/{uuid4()}", f"/retention/ask?person={uuid4()}"):
        assert (await office.browser.get(path)).status_code == 404


async def test_it_is_refused_with_a_reason_or_withdrawn(office: Office) -> None:
    local_id = await office.left(3)
    where = (await office.post("/retention/ask", local_id=local_id, why="asked-by-person")).headers["location"]
    assert (await office.post(where, verdict="destroy")).status_code == 422
    withdrawn = await office.post(where, verdict="withdraw")
    assert withdrawn.headers["location"] == where
    assert "It is withdrawn: what is held stays as it is." in plain(await office.see(where))
    where = (await office.post("/retention/ask", local_id=local_id, why="asked-by-person")).headers["location"]
    await sign_in(office.browser, SECOND)
    without = await office.post(where, verdict="refuse")
    assert (without.status_code, "Choose why it is refused." in without.text) == (422, True)
    assert (await office.post(where, verdict="refuse", refused_for="still-needed")).status_code == 303
    assert "A complaint, a claim, an inquiry" in plain(await office.see(where))
    late = await office.post(where, verdict="approve")
    assert (late.status_code, "It is refused already" in late.text) == (422, True)
    assert await office.here.pool.fetchval("SELECT count(*) FROM person_keys WHERE destroyed_at IS NOT NULL") == 0
