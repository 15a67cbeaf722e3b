"""The way in and out: signed out is led to the entrance, the demo lets choose, a form needs its token."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from records.staff import upsert_staff
from schemas.codes import Role
from tests.records.journeys import member
from tests.web.doors import form_token, house_on, served, sign_in
from workers.client import Pool


@pytest_asyncio.fixture
async def browser(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    await upsert_staff(pool, [member("coord-1", Role.COORDINATOR, "Team A"), member("ops-1", Role.OPERATIONS, None)])
    async with served(await house_on(pool, demo=True)) as found:
        yield found


async def test_signed_out_is_led_to_the_entrance_and_back(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?to=%2F")
    chosen = await browser.post("/sign-in/demo", data={"who": "coord-1", "to": "/people?late=yes"})
    assert chosen.headers["location"] == "/people?late=yes"
    cookie = chosen.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


async def test_nobody_is_led_elsewhere(browser: httpx.AsyncClient) -> None:
    for elsewhere in ("https://example.org/", "//example.org", "/\\example.org", "javascript:alert(1)", "/a\nb"):
        chosen = await browser.post("/sign-in/demo", data={"who": "coord-1", "to": elsewhere})
        assert chosen.headers["location"] == "/", elsewhere


async def test_signing_out_needs_the_form_and_ends_the_session(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "coord-1")
    assert (await browser.post("/sign-out", data={"form_token": "guessed"})).status_code == 403
    cookie = browser.cookies["alongside"]
    out = await browser.post("/sign-out", data={"form_token": form_token(browser)})
    assert out.headers["location"] == "/sign-in"
    again = await browser.get("/", headers={"Cookie": f"alongside={cookie}"})
    assert again.headers["location"].startswith("/sign-in")


async def test_another_site_changes_nothing(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "coord-1")
    said = {"form_token": form_token(browser)}
    for header in ({"Origin": "https://example.org"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await browser.post("/sign-out", data=said, headers=header)).status_code == 403


async def test_choosing_is_for_the_demo_on_this_machine_alone(pool: Pool, browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/sign-in", headers={"Host": "rebound.example.org"})).status_code == 403
    async with served(await house_on(pool)) as other:
        assert "Choose who you are" not in (await other.get("/sign-in")).text
        assert (await other.post("/sign-in/demo", data={"who": "coord-1"})).status_code == 404


async def test_every_answer_is_guarded(browser: httpx.AsyncClient) -> None:
    for path in ("/sign-in", "/no-such-page", "/static/alongside.css"):
        answer = await browser.get(path)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"
