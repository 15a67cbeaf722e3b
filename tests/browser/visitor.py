"""Somebody at the pages: where they go, what they see, and that nothing of it is out of reach."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page

WIDER = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
AXE = Axe()


class Visitor(NamedTuple):
    """A browser's page, and what it complained of."""

    page: Page
    address: str
    complaints: list[str]

    async def go(self, path: str) -> None:
        """To a page, which must be there."""
        answer = await self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status)

    async def click(self, name: str) -> None:
        """A link or a button, by what is written on it; the page after it has come."""
        target = self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name)).first
        await target.click()
        await self.page.wait_for_load_state()

    async def heading(self) -> str:
        """What the page is called."""
        return (await self.page.locator("h1").inner_text()).strip()

    async def told(self) -> str:
        """What the page says was done."""
        return (await self.page.locator(".nhsuk-notification-banner__heading").inner_text()).strip()

    async def within_reach(self) -> None:
        """Nothing is out of reach for anybody: axe finds nothing, and nothing is cut off at the side."""
        found = await AXE.run(self.page)
        where = self.page.url.removeprefix(self.address)
        assert found.violations_count == 0, f"{where}\n{found.generate_report()}"
        assert await self.page.evaluate(WIDER) <= 0, f"{where} is wider than the window"
        assert self.complaints == [], where


@asynccontextmanager
async def visitor(
    chromium: Browser, address: str, staff: str | None, size: tuple[int, int], *, script: bool = True
) -> AsyncIterator[Visitor]:
    """Somebody who signed in, at their first page; or nobody yet, at the entrance."""
    context = await chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, java_script_enabled=script, reduced_motion="reduce"
    )
    page = await context.new_page()
    here = Visitor(page, address, [])
    page.on("console", lambda said: _heard(here, said))
    page.on("pageerror", lambda error: here.complaints.append(str(error)))
    try:
        await here.go("/sign-in")
        if staff is not None:
            await page.locator(f'button[value="{staff}"]').click()
            await page.wait_for_load_state()
        yield here
    finally:
        await context.close()


def _heard(here: Visitor, said: ConsoleMessage) -> None:
    if said.type in ("error", "warning"):
        here.complaints.append(said.text)
