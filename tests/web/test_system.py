"""How the system is: what works, what does not and how to mend it; shown when Temporal is away, too."""

import uuid
from typing import Any

import pytest_asyncio
from temporalio.client import Client

from tests.durable.following import place
from tests.durable.following import until as eventually
from tests.web.watching import staffed, watching
from workers.client import Pool


@pytest_asyncio.fixture(autouse=True)
async def service(pool: Pool) -> None:
    await staffed(pool)


async def test_it_is_shown_when_temporal_is_away(pool: Pool) -> None:
    async with watching(pool) as browser:
        page = await browser.get("/system")
    assert page.status_code == 200
    assert "People may not be followed at the moment" in page.text
    assert page.text.index("Does not work") < page.text.index("What follows people (Temporal)")
    assert "<code>alongside up</code>" in page.text
    assert page.text.index("<h2>Works</h2>") < page.text.index("The records answer: PostgreSQL")


async def test_a_queue_without_a_worker_needs_a_look(pool: Pool, temporal: Client) -> None:
    async with watching(pool, temporal=temporal, task_queue=f"nobody-{uuid.uuid4()}") as browser:
        page = (await browser.get("/system")).text
    assert page.index("Needs a look") < page.index("None on task queue")
    assert "Journeys stand still until one runs: <code>alongside worker</code>" in page


async def test_with_a_worker_journeys_are_carried_on(pool: Pool, temporal: Client) -> None:
    async with place(temporal, pool) as here, here.worker():
        queue = here.settings.task_queue
        async with watching(pool, temporal=temporal, task_queue=queue) as browser:

            async def seen() -> bool:
                return f"1 on task queue {queue}" in (await browser.get("/system")).text

            await eventually(seen)
            assert "People may not be followed" not in (await browser.get("/system")).text


async def test_mail_that_does_not_answer_and_what_is_pending_are_said(pool: Pool) -> None:
    await pool.execute("DELETE FROM schema_migrations WHERE version = '0001'")
    said: dict[str, Any] = {"smtp_host": "127.0.0.1", "smtp_port": 9, "smtp_from": "alongside@example.org"}
    async with watching(pool, **said) as browser:
        page = (await browser.get("/system")).text
    assert "127.0.0.1:9" in page
    assert "1 pending: 0001_records.sql" in page
    assert "Run <code>alongside migrate</code>." in page


async def test_it_is_for_those_who_watch(pool: Pool) -> None:
    async with watching(pool, "coord-north") as browser:
        assert (await browser.get("/system")).status_code == 403
