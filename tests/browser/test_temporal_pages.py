"""Temporal's own pages, in a browser, at the real codec server: what is sealed is shown to whoever may see it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, expect

from records import access
from records.staff import upsert_staff
from schemas.codes import Role
from schemas.command import Complete
from tests.durable.following import Followed, now, place_of
from tests.records.journeys import member
from web.house import House
from web.render import Pages
from web.server import serving
from workers.client import Pool, open_pool
from workers.embedded import EmbeddedServices
from workers.settings import Settings
from workers.transitions import workflow_id

SECRET = "Xqzvlorp Wrrthjk"
CODEC = """
for (const [name, value] of Object.entries({
    endpoint: JSON.stringify('%s/codec/default'),
    includeCredentials: 'true',
    overrideRemoteCodecConfiguration: 'true',
})) localStorage.setItem(name, value);
"""
"""What Temporal's pages keep when somebody has chosen the codec server there."""


@dataclass
class Here:
    """Everything that runs, and somebody who is followed."""

    person: Followed
    pool: Pool
    pages: str
    temporal: str


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    """Services with Temporal's pages, ours beside them, and a step that was reported in somebody's own words."""
    async with EmbeddedServices(tmp_path / "data") as services:
        pool = await open_pool(services.database_url, services.keys)
        client = await services.client(pool)
        async with place_of(client, pool) as there, there.worker():
            await upsert_staff(pool, [member("ops", Role.OPERATIONS, None)])
            person = await there.take_on()
            await person.send(Complete(id="done", at=now(), step="discharge-plan", reason=SECRET))
            door = services.listen_for_web()
            settings = Settings(data_dir=services.data_dir, public_url=str(services.web_url))
            async with serving(House(settings, pool, client, Pages(), demo=True), door):
                yield Here(person, pool, str(services.web_url), str(services.ui_url))
        pool.terminate()


@asynccontextmanager
async def operations(chromium: Browser, here: Here) -> AsyncIterator[BrowserContext]:
    """A browser in which somebody of operations is signed in, and has chosen the codec server in Temporal's pages."""
    context = await chromium.new_context()
    signed_in = await context.request.post(f"{here.pages}/sign-in/demo", form={"who": "ops", "to": "/"})
    assert signed_in.ok, signed_in.status
    await context.add_init_script(CODEC % here.pages)
    yield context
    await context.close()


async def test_what_is_sealed_is_shown_to_whoever_opened_the_person(chromium: Browser, here: Here) -> None:
    async with operations(chromium, here) as context:
        page = await context.new_page()
        history = f"{here.temporal}/namespaces/default/workflows/{workflow_id(here.person.id)}"
        await page.goto(history)
        shut = page.get_by_text("You do not see this person. Open them with a reason")
        await expect(shut.first).to_be_visible(timeout=90_000)
        assert SECRET not in await page.content()
        await access.break_glass(
            here.pool, "ops", Role.OPERATIONS, here.person.id, access.Reason.RECORDS_ERROR, "It does not go on", now()
        )
        await page.reload()
        secret = page.get_by_text(SECRET).first
        async with asyncio.timeout(120):
            while (
                not await secret.is_visible()
            ):  # their page draws itself anew as it opens things, and may lose a click
                await page.get_by_role("button").filter(has_text="command").first.click()
                with suppress(AssertionError):
                    await expect(secret).to_be_visible(timeout=10_000)
    looks = (await access.looks(here.pool, transition_id=here.person.id)).rows
    assert [(look.staff, look.page, look.why) for look in looks] == [("ops", "temporal", "broken-glass")]
