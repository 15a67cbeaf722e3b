"""What somebody was told and what waits for them, and what is asked of peer workers against their hours."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from records.staff import upsert_staff
from schemas.codes import Role
from tests.records.journeys import PATHWAY, begin, day, member, team_of
from tests.web.doors import house_on, served, sign_in
from workers.client import Pool

TEAM = "Team post"
"""The team of `team_of("post")`."""


@pytest_asyncio.fixture
async def browser(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    everybody = [
        *team_of("post"),
        member("ops-1", Role.OPERATIONS, None),
        member("peer-lead-1", Role.PEER_LEAD, None),
        member("p-1", Role.PEER_WORKER, TEAM).model_copy(update={"hours_per_week": 4, "works": "mon 09:00-13:00"}),
    ]
    await upsert_staff(pool, everybody)
    recorder = await begin(pool, "coord-post")
    await recorder.until(day(12))
    async with served(await house_on(pool, demo=True)) as found:
        yield found


async def test_an_inbox_has_what_was_told_and_leads_to_the_person(browser: httpx.AsyncClient, pool: Pool) -> None:
    recipient = await pool.fetchval("SELECT recipient FROM notices WHERE recipient IS NOT NULL LIMIT 1")
    await sign_in(browser, recipient)
    shown = (await browser.get("/inbox")).text
    assert f'href="/people/{await pool.fetchval("SELECT id::text FROM transitions")}"' in shown
    file = await browser.get("/inbox.csv")
    assert file.headers["content-type"].startswith("text/csv")
    assert len(file.text.splitlines()) > 1


async def test_what_waits_is_named_for_those_who_care(browser: httpx.AsyncClient, pool: Pool) -> None:
    coordinator = await pool.fetchval("SELECT coordinator_id FROM transitions")
    (named,) = await pool.fetch("SELECT given_name, family_name FROM people")
    name = " ".join(named)
    await sign_in(browser, coordinator)
    shown = (await browser.get("/tasks")).text
    assert PATHWAY.steps[0].title in shown
    assert name in shown
    await sign_in(browser, "ops-1")
    assert name not in (await browser.get("/tasks")).text


async def test_hours_are_shown_with_a_picture_and_as_a_file(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "peer-lead-1")
    shown = (await browser.get("/capacity", params={"team": TEAM})).text
    assert "Hours needed" in shown
    assert "Who waits for a peer worker" in shown
    drawn = await browser.get("/capacity.svg", params={"team": TEAM})
    assert drawn.text.startswith("<svg")
    assert "default-src 'none'" in drawn.headers["content-security-policy"]
    assert TEAM in (await browser.get("/capacity.csv")).text
    assert (await browser.get("/capacity", params={"team": "Nowhere"})).status_code == 404
    assert (await browser.get("/capacity", params={"weeks": "many"})).status_code == 422


@pytest.mark.parametrize(
    ("role", "where"),
    [
        (Role.COORDINATOR, "/people"),
        (Role.PEER_WORKER, "/week"),
        (Role.OPERATIONS, "/board"),
        (Role.PRIVACY_OFFICER, "/access"),
        (Role.ADMINISTRATOR, "/machines"),
        (Role.THERAPIST, "/people"),
    ],
)
async def test_everybody_begins_where_their_work_is(
    browser: httpx.AsyncClient, pool: Pool, role: Role, where: str
) -> None:
    await upsert_staff(pool, [member("somebody", role, TEAM)])
    await sign_in(browser, "somebody")
    assert (await browser.get("/")).headers["location"] == where
