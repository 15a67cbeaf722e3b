"""A peer worker's week: who, where, how it went in at most three taps, going out and coming back, asking for help."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

import httpx
import pytest_asyncio
from temporalio.client import Client

from records import listings, visits
from records.staff import upsert_staff
from schemas.codes import Role
from schemas.journey import Journey
from tests.durable.following import COORDINATOR, FAMILY_NAME, TEAM, Followed, Place, place, until
from tests.records.journeys import member
from tests.web.doors import form_token, house_on, served, sign_in
from workers.client import Pool

PEER = "peer-1"


class Phone(NamedTuple):
    """A peer worker's phone."""

    browser: httpx.AsyncClient
    here: Place
    person: Followed

    async def tap(self, path: str) -> str:
        answer = await self.browser.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def send(self, path: str, **said: str) -> httpx.Response:
        return await self.browser.post(path, data=said | {"form_token": form_token(self.browser)})

    async def journey(self) -> Journey:
        found = (await listings.transition(self.here.pool, self.person.id)).journey
        assert found is not None
        return found

    async def contact(self) -> str:
        """The address of the first contact on the week's page."""
        found = re.search(r'href="(/week/contact/[^"]+)"', await self.tap("/week"))
        assert found is not None
        return found[1]


@pytest_asyncio.fixture
async def phone(temporal: Client, pool: Pool) -> AsyncIterator[Phone]:
    async with place(temporal, pool) as here, here.worker():
        hours = {"hours_per_week": 37.5, "works": "mon-sun 00:00-23:30", "settings": ["secure-ward", "community"]}
        await upsert_staff(pool, [member(PEER, Role.PEER_WORKER, TEAM).model_copy(update=hours)])
        person = await here.take_on(
            facts={"peer_support": "accepted"}, expected={"discharged": datetime.now(UTC) + timedelta(days=30)}
        )

        async def goes_with() -> bool:
            asked = "SELECT count(*) = 1 FROM assignments WHERE staff = $1 AND ends IS NULL"
            return bool(await pool.fetchval(asked, PEER))

        await until(goes_with)
        async with served(await house_on(pool, temporal, demo=True, task_queue=here.settings.task_queue)) as browser:
            await sign_in(browser, PEER)
            yield Phone(browser, here, person)


async def test_three_taps_from_the_week_to_done(phone: Phone) -> None:
    shown = await phone.tap("/week")
    assert FAMILY_NAME not in shown
    assert "hours are taken" in shown
    for word in ("risk", "missed", "overdue", "DNA", "failed"):
        assert word not in shown.partition("<main")[2].partition("</main>")[0].lower()
    contact = await phone.contact()
    assert "We met" in await phone.tap(contact)
    for _ in range(2):
        answer = await phone.send(contact.replace("/contact/", "/met/"), command_id="one-tap")
        assert (answer.status_code, answer.headers["location"]) == (303, "/week")
    assert "Kept: you met." in await phone.tap("/week")
    seen = [step for step in (await phone.journey()).steps.values() if step.contacts]
    assert [len(step.contacts) for step in seen] == [1]
    assert seen[0].contacts[0].attendance.attended


async def test_they_could_not_meet(phone: Phone) -> None:
    address = (await phone.contact()).replace("/contact/", "/not-met/")
    assert "They did not come" in await phone.tap(address)
    wrong = await phone.send(address)
    assert (wrong.status_code, "Choose what happened." in wrong.text) == (422, True)
    assert (await phone.send(address, attendance="2")).status_code == 303
    assert sum(step.attempts for step in (await phone.journey()).steps.values()) == 1


async def test_another_day_is_found(phone: Phone) -> None:
    step = (await phone.contact()).rpartition("/")[2]
    day = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}"
    moved = await phone.send(f"/people/{phone.person.id}/do/book/{step}", not_before=day)
    assert moved.status_code == 303, re.findall("error-summary(.*?)<h1", moved.text, re.S)
    assert (moved.status_code, moved.headers["location"]) == (303, "/week")
    state = (await phone.journey()).peers
    assert state is not None
    assert any(f"{one.starts:%Y-%m-%d}" >= day for one in state.booked.values())


async def test_out_and_back_again(phone: Phone) -> None:
    address = (await phone.contact()).replace("/contact/", "/out/")
    assert (await phone.send(address, command_id="out-of-a-page", minutes="30")).status_code == 303
    (out,) = await visits.out_now(phone.here.pool)
    assert out.staff == PEER
    assert "I am back" in await phone.tap("/week")
    assert (await phone.send("/week/back", go="longer")).status_code == 303
    assert (await phone.send("/week/back", go="back")).status_code == 303
    assert await visits.out_now(phone.here.pool) == []


async def test_help_and_the_calendar(phone: Phone) -> None:
    assert "call 999" in await phone.tap("/week/help")
    assert (await phone.send("/week/help")).status_code == 303
    assert await phone.here.pool.fetchval("SELECT count(*) FROM debriefs WHERE staff = $1", PEER) == 1
    made = await phone.send("/week/calendar", go="make")
    found = re.search(r"http://\S+?\.ics", made.text)
    assert found is not None
    assert (await phone.browser.get(found[0])).status_code == 200
    assert (await phone.send("/week/calendar", go="end")).status_code == 303
    assert (await phone.browser.get(found[0])).status_code == 404


async def test_a_clinical_step_is_not_theirs(phone: Phone) -> None:
    step = quote("discharge-plan", safe="")
    for path in (f"/week/contact/{phone.person.id}/{step}", f"/people/{phone.person.id}/do/done/{step}"):
        assert (await phone.browser.get(path)).status_code == 403
    await sign_in(phone.browser, COORDINATOR)
    assert (await phone.browser.get("/week")).status_code == 403
