"""The definitions in use, what a newer one would change of each journey, and moving many to it: work, and no people."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html import unescape
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from temporalio.client import Client

from records import bulk, definitions, listings
from records.definitions import Version
from records.staff import upsert_staff
from schemas.codes import Role
from schemas.command import SetDue
from tests.durable.following import COORDINATOR, FAMILY_NAME, GIVEN_NAME, Place, inpatient, now, place, until
from tests.durable.test_bulk import newer
from tests.records.journeys import member
from tests.web.doors import form_token, house_on, served, sign_in
from tests.web.test_people import plain
from web.pages.definitions import newest
from workers.client import Pool


@pytest_asyncio.fixture
async def ops(temporal: Client, pool: Pool) -> AsyncIterator[tuple[httpx.AsyncClient, Place]]:
    """Somebody of operations, where an older version than ours is in use, too."""
    async with place(temporal, pool) as here, here.worker():
        await upsert_staff(pool, [member("ops", Role.OPERATIONS, None)])
        async with pool.acquire() as link:
            await definitions.keep(link, newer().canonical)
        async with served(await house_on(pool, temporal, demo=True, task_queue=here.settings.task_queue)) as browser:
            await sign_in(browser, "ops")
            yield browser, here


MOVE = f"/definitions/{inpatient().digest}/{newer().digest}"


async def sent(browser: httpx.AsyncClient, path: str, **said: Any) -> httpx.Response:
    return await browser.post(path, data=said | {"form_token": form_token(browser)})


async def test_many_are_moved_after_a_look_at_what_would_change(ops: tuple[httpx.AsyncClient, Place]) -> None:
    browser, here = ops
    people = [await here.take_on() for _ in range(3)]
    by_hand = SetDue(
        id="by-hand", at=now(), step="discharge-plan", due=datetime(now().year + 1, 6, 1, tzinfo=UTC), reason="agreed"
    )
    await people[0].send(by_hand)
    ahead = await here.take_on(newer())
    listed = (await browser.get("/definitions")).text
    assert MOVE in listed
    assert "3 run by version 2" in plain(listed)
    assert "1 run by version 3" in plain(listed)
    assert 'aria-current="page">Definitions' in listed

    shown = (await browser.get(MOVE)).text
    text = plain(shown)
    assert "3 open journeys run by version 2" in text
    assert "2 dates move" in text
    assert "1 date stays, because it was set by hand" in text
    assert "None would be refused" in text
    assert len(re.findall(r"Begin the discharge plan together: \w+ \d+", text)) == 2
    assert text.count("TEST-") == 3
    assert GIVEN_NAME not in shown
    assert FAMILY_NAME not in shown
    (bulk_id,) = set(re.findall(r'name="bulk_id" value="([^"]+)"', shown))

    assert (await sent(browser, MOVE, reason="")).status_code == 422
    for wrong in ("0", "-1", "many", "1.5", "٣"):
        answer = await sent(browser, MOVE, reason="The plan was too early.", first=wrong)
        assert answer.status_code == 422
        assert "Write a number such as 10" in answer.text
    asked = {"reason": "The plan was too early.", "bulk_id": bulk_id, "first": "2"}
    for _ in range(2):
        assert (await sent(browser, MOVE, **asked)).headers["location"] == f"/bulk/{bulk_id}"

    async def ended() -> bool:
        return (await bulk.action(here.pool, bulk_id)).ended_at is not None

    await until(ended, 60)
    page = (await browser.get(f"/bulk/{bulk_id}")).text
    assert plain(page).count("Done ") >= 2
    assert GIVEN_NAME not in page
    assert "TEST-" in page
    assert f"/bulk/{bulk_id}" in (await browser.get("/definitions")).text
    views = [await listings.transition(here.pool, one.id) for one in [*people, ahead]]
    assert sorted(view.definition == newer().canonical for view in views) == [False, True, True, True]
    await sign_in(browser, COORDINATOR)
    assert (await browser.get(f"/bulk/{bulk_id}")).status_code == 404


async def test_when_all_are_moved_nothing_is_left_to_be_shown(ops: tuple[httpx.AsyncClient, Place]) -> None:
    browser, here = ops
    person = await here.take_on()
    shown = plain((await browser.get(MOVE)).text)
    assert "1 open journey runs by version 2" in shown
    bulk_id = str(uuid4())
    assert (await sent(browser, MOVE, reason="Once.", bulk_id=bulk_id)).status_code == 303
    await until(lambda: _ended(here, bulk_id), 60)
    assert "0 open journeys run by version 2" in plain((await browser.get(MOVE)).text)
    assert len(await person.commits()) == 2


async def _ended(here: Place, bulk_id: str) -> bool:
    return (await bulk.action(here.pool, bulk_id)).ended_at is not None


@pytest.mark.parametrize("path", ["/definitions/nonsense/other", f"/definitions/{inpatient().digest}/{'0' * 64}"])
async def test_what_nobody_has_is_said(ops: tuple[httpx.AsyncClient, Place], path: str) -> None:
    browser, _ = ops
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert "The records have no such definition" in unescape(answer.text)


async def test_of_another_pathway_or_the_same_version_is_refused(ops: tuple[httpx.AsyncClient, Place]) -> None:
    browser, here = ops
    await here.take_on()
    answer = await browser.get(f"/definitions/{inpatient().digest}/{inpatient().digest}")
    assert answer.status_code == 409


async def test_it_is_for_operations(ops: tuple[httpx.AsyncClient, Place]) -> None:
    browser, _ = ops
    await sign_in(browser, COORDINATOR)
    assert (await browser.get("/definitions")).status_code == 403
    assert (await browser.get(MOVE)).status_code == 403
    assert (await sent(browser, MOVE, reason="x")).status_code == 403
    assert "Definitions" not in (await browser.get("/people")).text


def test_the_newest_is_the_one_that_came_last() -> None:
    def version(digest: str, number: int, day: int | None, name: str = "p") -> Version:
        at = datetime(2026, 11, day, tzinfo=UTC) if day else None
        return Version(digest=digest, id=name, version=number, recorded_at=at, running=0)

    old = version("a", 1, 1)
    known = [old, version("b", 2, 3), version("c", 2, None), version("d", 3, 4, "q"), version("e", 1, 9)]
    found = newest(known, old)
    assert found is not None
    assert found.digest == "c"
    assert newest(known, found) is None
