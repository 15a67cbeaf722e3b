"""Hostile text in every text field of every form: nothing of it runs, it is shown as text, and nothing breaks."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import NamedTuple
from urllib.parse import quote, urlencode

import pytest_asyncio
from playwright.async_api import Browser, Dialog, Response
from temporalio.client import Client

from records.staff import upsert_staff
from schemas.codes import Role
from tests.browser.conftest import DESKTOP
from tests.browser.test_reach import OF_A_PERSON
from tests.browser.visitor import Visitor, visitor
from tests.durable.following import COORDINATOR, TEAM, Followed, Place, place, until
from tests.records.journeys import member
from tests.web.doors import house_on, served
from workers.client import Pool

SCRIPT = "<script>window.ran=1</script>"
SHORT = f"{SCRIPT}\"'><b onmouseover=ran=1>{{{{7*7}}}}&amp;"
"""Fits where a title does."""
BREAKS_OUT = [
    f'"\'></textarea></title></svg>{SCRIPT}<img src=x onerror="window.ran=1">',
    "{{7*7}}{% for x in ().__class__.__base__.__subclasses__() %}${7*7}#{7*7}<%= 7*7 %>",
    "javascript:window.ran=1//'; DROP TABLE people; --",
    "\u202egnp.exe\u202c \u2066\u200f\u00a0\ufeff\u2028\u2029 \u0007\x1b[31m \ufffd\ufffe \U0001f469\u200d\U0001f52c",
    "Llanfairpwllgwyngyll" * 45,
    '=HYPERLINK("http://example.org")\t@SUM(1+1) +1 -1 \\u0000 %00 %0d%0aSet-Cookie:a=b null None undefined NaN',
]
"""Ways out of an attribute, an element, a template, a query, a spreadsheet, a line of a log; and a word without end."""
FORMS = 'document.querySelectorAll("main form")'
FILL = """([form, text]) => {
    const radios = new Set();
    for (const field of form.elements) {
        const kind = field.type;
        if (kind === "hidden" || kind === "submit" || kind === "button") continue;
        if (kind === "radio") { if (!radios.has(field.name)) { field.checked = true; radios.add(field.name); } }
        else if (kind === "checkbox") field.checked = true;
        else if (kind === "select-one") field.selectedIndex = field.options.length - 1;
        else if (kind === "date") field.value = "2027-03-01";
        else if (kind === "time") field.value = "10:00";
        else field.value = text;
    }
    form.noValidate = true;
    const button = form.querySelector("button:not([type=button])");
    button ? form.requestSubmit(button) : form.requestSubmit();
}"""
HAS_TEXT = """form => [...form.elements].some(field =>
    field.tagName === "TEXTAREA" || ["text", "search", "email", "tel", "url", "number"].includes(field.type))"""


class Ward(NamedTuple):
    """A person who is followed, and whoever comes to the pages."""

    here: Place
    person: Followed
    come: Callable[[str], Awaitable["Watched"]]

    @property
    def path(self) -> str:
        """Their page."""
        return f"/people/{self.person.id}"

    async def contact(self) -> str:
        """A contact that the peer worker has with them, as an address says it."""
        journey = await self.here.pool.fetchval("SELECT step FROM bookings WHERE transition_id = $1", self.person.id)
        return f"{self.person.id}/{quote(journey, safe='')}"


PEER = "peer-1"


@pytest_asyncio.fixture
async def ward(temporal: Client, pool: Pool, chromium: Browser) -> AsyncIterator[Ward]:
    """Somebody who is followed for real, at a real server, with everybody who has a form to fill in."""
    roles = {"ops-1": Role.OPERATIONS, "privacy-1": Role.PRIVACY_OFFICER, "admin-1": Role.ADMINISTRATOR}
    hours = {"hours_per_week": 37.5, "works": "mon-sun 00:00-23:30", "settings": ["secure-ward", "community"]}
    peer = member(PEER, Role.PEER_WORKER, TEAM).model_copy(update=hours)
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(place(temporal, pool))
        await stack.enter_async_context(here.worker())
        await upsert_staff(pool, [peer, *(member(name, role, None) for name, role in roles.items())])
        expected = {"discharged": datetime.now(UTC) + timedelta(days=30)}
        person = await here.take_on(facts={"peer_support": "accepted"}, expected=expected)
        booked = "SELECT EXISTS (SELECT FROM bookings WHERE staff = $1)"
        await until(lambda: pool.fetchval(booked, PEER), 120)
        house = replace(await house_on(pool, temporal, demo=True, task_queue=here.settings.task_queue), a_minute=10**6)
        browser = await stack.enter_async_context(served(house))
        address = str(browser.base_url).rstrip("/")

        async def come(staff: str) -> Watched:
            return Watched.of(await stack.enter_async_context(visitor(chromium, address, staff, DESKTOP)))

        yield Ward(here, person, come)


class Watched(NamedTuple):
    """A visitor, and everything that would tell that a text was more than a text."""

    visitor: Visitor
    dialogs: list[str]
    answers: list[Response]

    @classmethod
    def of(cls, visitor: Visitor) -> "Watched":
        """From now on."""
        found = cls(visitor, [], [])

        async def dialog(opened: Dialog) -> None:
            found.dialogs.append(opened.message)
            await opened.dismiss()

        visitor.page.on("dialog", dialog)
        visitor.page.on("response", lambda answer: found.answers.append(answer))
        return found

    async def forms(self, path: str) -> int:
        """Go to a page that may be there; how many of its forms ask for text."""
        answer = await self.visitor.page.goto(self.visitor.address + path)
        assert answer is not None
        assert answer.status < 500, path
        handles = await self.visitor.page.query_selector_all("main form")
        return len([one for one in handles if await one.evaluate(HAS_TEXT)])

    async def submit(self, path: str, number: int, text: str) -> bool:
        """Fill a form of a page with a text and send it; what would come of it is confirmed.

        False when the form is not there any more, for it was answered.
        """
        await self.forms(path)
        page = self.visitor.page
        handles = [one for one in await page.query_selector_all("main form") if await one.evaluate(HAS_TEXT)]
        if number >= len(handles):
            return False
        for form in (handles[number], None):
            form = form or await page.query_selector("main form:has(button[name=go][value=confirm])")
            if form is None:
                break
            async with page.expect_navigation():
                await form.evaluate(f"(form, text) => ({FILL})([form, text])", text)
            await self.unharmed(f"{path} {text[:30]!r}")
        return True

    async def unharmed(self, where: str) -> None:
        """No script ran or was kept from running, nothing was asked, and nothing was our fault."""
        page = self.visitor.page
        await page.wait_for_load_state()
        assert await page.evaluate("window.ran") is None, where
        assert self.dialogs == [], where
        assert await page.locator("main script, main b[onmouseover], main img[onerror]").count() == 0, where
        assert "49" not in (await page.locator("h1").first.inner_text()), where
        broken = [answer for answer in self.answers if answer.status >= 500]
        assert broken == [], where
        blocked = [said for said in self.visitor.complaints if "Content Security Policy" in said]
        assert blocked == [], where


async def _everywhere(watched: Watched, paths: list[str], texts: list[str]) -> int:
    """Each form gets everything at once, which is mostly too long and shown again, and then texts of their own turn."""
    tried, turns = 0, cycle(texts)
    for path in paths:
        for number in range(await watched.forms(path)):
            for text in ("\n".join(BREAKS_OUT), next(turns)):
                tried += await watched.submit(path, number, text)
    return tried


async def test_the_forms_of_a_coordinator(ward: Ward) -> None:
    watched = await ward.come(COORDINATOR)
    page, here = watched.visitor.page, ward.path
    of_person = [here + path for path in OF_A_PERSON if path not in ("", "/history", "/peer", "/leave", "/accept")]
    steps = [f"{here}/do/{act}/discharge-plan" for act in ("take-on", "leave-out", "date-it", "done")]
    paths = ["/people", "/find", "/start", "/inbox", *of_person, *steps]
    assert await _everywhere(watched, paths, BREAKS_OUT) > 20
    await watched.submit(f"{here}/add", 0, SHORT)
    assert "is added" in await watched.visitor.told()
    await watched.submit(f"{here}/known", 0, SHORT)
    for path in (here, f"{here}/history", "/people", "/tasks"):
        await watched.visitor.go(path)
        await watched.unharmed(path)
        if path != "/tasks":
            assert "<script>window.ran=1</script>" in await page.locator("main").inner_text(), path
    await watched.submit(f"{here}/leave", 0, BREAKS_OUT[0])


async def test_the_forms_of_everybody_else(ward: Ward) -> None:
    glass = f"/break-glass/{ward.person.id}"
    pages = {
        "coordinator-2": [glass],
        "ops-1": ["/board", "/transitions", "/capacity", f"/transitions/{ward.person.id}/execution"],
        PEER: ["/week", "/week/help", "/week/calendar", "/find", f"/week/contact/{await ward.contact()}"],
        "lead-1": [f"{ward.path}/do/book/{(await ward.contact()).partition('/')[2]}"],
        "admin-1": ["/machines/new"],
        "privacy-1": ["/access", "/access/looks"],
    }
    for who, paths in pages.items():
        assert await _everywhere(await ward.come(who), paths, [SHORT]) > 0, who
    for who, path, text in (("privacy-1", "/access", SHORT), ("admin-1", "/machines", SHORT)):
        watched = await ward.come(who)
        await watched.visitor.go(path)
        await watched.unharmed(path)
        assert text in await watched.visitor.page.locator("main").inner_text()


async def test_an_address_that_is_hostile(ward: Ward) -> None:
    watched = await ward.come("ops-1")
    names = ("find", "team", "coordinator", "pathway", "after", "started_from", "sort")
    for text in BREAKS_OUT:
        for path in (f"/transitions?{urlencode(dict.fromkeys(names, text))}", f"/{quote(text[:200], safe='')}"):
            await watched.visitor.page.goto(watched.visitor.address + path)
            await watched.unharmed(path)
