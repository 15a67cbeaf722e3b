"""The page of machines: for administrators alone; a token is shown once, opens what it is for, and is ended."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio

from planner.policy import Scope
from records import machines
from records.staff import upsert_staff
from schemas.codes import Role
from tests.records.journeys import member
from tests.web.doors import form_token, house_on, served, sign_in
from tests.web.machines import API, let_in
from workers.client import Pool

SAID = {"name": "Ward system", "acts_as": "coord-1", "scopes": ["read:work", "read:people"], "days": "90"}


@pytest_asyncio.fixture
async def browser(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of an administrator."""
    roles = [("admin-1", Role.ADMINISTRATOR), ("ops-1", Role.OPERATIONS), ("privacy-1", Role.PRIVACY_OFFICER)]
    everybody = [member(name, role, None) for name, role in roles]
    await upsert_staff(pool, [*everybody, member("coord-1", Role.COORDINATOR, "Team A")])
    async with served(await house_on(pool, demo=True)) as found:
        await sign_in(found, "admin-1")
        yield found


async def make(browser: httpx.AsyncClient, **changed: Any) -> httpx.Response:
    return await browser.post("/machines/new", data=SAID | {"form_token": form_token(browser)} | changed)


async def test_a_token_is_shown_once_and_opens_what_it_is_for(pool: Pool, browser: httpx.AsyncClient) -> None:
    assert "No machine is let in" in (await browser.get("/machines")).text
    made = await make(browser)
    assert made.status_code == 200
    (token,) = set(re.findall(r"alongside_[\w-]{43}", made.text))
    answer = await browser.get(f"{API}/worklists/coord-1", headers=let_in(token))
    assert answer.json() == {"rows": [], "next": None}
    told = (await browser.get("/machines")).text
    assert token not in told
    for shown in (
        "Ward system",
        f"Coord-1 (coord-1), {Role.COORDINATOR.words}",
        "read:people",
        "Last used about",
        "by admin-1",
    ):
        assert shown in told, shown
    stored = [tuple(row) for row in await pool.fetch("SELECT * FROM api_tokens")]
    assert token not in str(stored)
    alerts = [row["text"] for row in await pool.fetch("SELECT text FROM privacy_alerts WHERE recipient = 'privacy-1'")]
    assert alerts == ["A machine was let in by admin-1, to act as coord-1: read:people, read:work."]


async def test_a_token_is_ended(pool: Pool, browser: httpx.AsyncClient) -> None:
    made = await make(browser)
    (token,) = set(re.findall(r"alongside_[\w-]{43}", made.text))
    (one,) = await machines.everyone(pool)
    where = f"/machines/{one.id}/revoke"
    assert (await browser.post(where, data={"form_token": "guessed"})).status_code == 403
    assert (await browser.get(f"{API}/inbox", headers=let_in(token))).status_code == 200
    ended = await browser.post(where, data={"form_token": form_token(browser)})
    assert (ended.status_code, ended.headers["location"]) == (303, "/machines")
    assert "Ward system is not let in any more." in (await browser.get("/machines")).text
    assert (await browser.get(f"{API}/inbox", headers=let_in(token))).status_code == 401
    assert (await browser.post(where, data={"form_token": form_token(browser)})).status_code == 404
    assert (await browser.post("/machines/x/revoke", data={"form_token": form_token(browser)})).status_code == 404


async def test_what_is_wrong_is_said_and_what_was_typed_is_kept(pool: Pool, browser: httpx.AsyncClient) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"name": " "}, "Say which machine it is."),
        ({"name": "two\nlines"}, "in one line"),
        ({"scopes": []}, "Choose at least one thing"),
        ({"scopes": ["write:everything"]}, "Choose at least one thing"),
        ({"acts_as": "nobody"}, "Nobody in the staff list"),
        ({"days": "9999"}, "Choose for how long"),
    ]
    for changed, sentence in wrong:
        answer = await make(browser, **changed)
        assert answer.status_code == 422, changed
        assert sentence in answer.text, changed
        assert "There is a problem" in answer.text
    assert 'value="Ward system"' in (await make(browser, days="")).text
    assert await machines.everyone(pool) == []


async def test_it_is_for_administrators_alone(browser: httpx.AsyncClient) -> None:
    for who in ("ops-1", "coord-1", "privacy-1"):
        await browser.post("/sign-in/demo", data={"who": who, "to": "/"})
        for path in ("/machines", "/machines/new"):
            assert (await browser.get(path)).status_code == 403
        assert (await make(browser)).status_code == 403


async def test_a_scope_that_a_later_version_knows_opens_nothing(pool: Pool, browser: httpx.AsyncClient) -> None:
    (token,) = set(re.findall(r"alongside_[\w-]{43}", (await make(browser)).text))
    await pool.execute("UPDATE api_tokens SET scopes = '{write:everything,read:people}'")
    assert [one.scopes for one in await machines.everyone(pool)] == [[Scope.READ_PEOPLE]]
    assert (await browser.get(f"{API}/inbox", headers=let_in(token))).status_code == 403
