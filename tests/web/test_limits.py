"""What is too much is refused at the door, in a sentence: too large, too long, too many, too often."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
import pytest_asyncio

from records.staff import upsert_staff
from schemas.codes import Role
from tests.records.journeys import member
from tests.web.doors import form_token, house_on, served, sign_in
from tests.web.machines import API, let_in, token
from web import limits
from web.api import body
from web.limits import LARGEST_BODY, Rate
from web.viewer import LONGEST_TEXT
from workers.client import Pool

PROBLEM = "application/problem+json"


@pytest_asyncio.fixture
async def browser(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    await upsert_staff(pool, [member(name, Role.TEAM_LEAD, "North") for name in ("lead-1", "lead-2")])
    async with served(await house_on(pool, demo=True)) as found:
        await sign_in(found, "lead-1")
        yield found


async def in_pieces(number: int) -> AsyncIterator[bytes]:
    """Nobody says beforehand how much it will be."""
    for _ in range(number):
        yield b"x" * 10_000


async def test_a_form_that_is_too_large_is_refused(browser: httpx.AsyncClient) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for content in (b"name=" + b"x" * LARGEST_BODY, in_pieces(LARGEST_BODY // 10_000 + 1)):
        answer = await browser.post("/find", content=content, headers=form)
        assert answer.status_code == 413
        assert "That is more than 256 KiB, so nothing was done" in answer.text


async def test_it_is_refused_before_it_is_read(browser: httpx.AsyncClient) -> None:
    """Ten gigabytes are promised, and none of them is waited for."""
    reader, writer = await asyncio.open_connection(browser.base_url.host, browser.base_url.port)
    for path, kind in (("/sign-in/demo", b"text/html"), (f"{API}/events", PROBLEM.encode())):
        writer.write(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000000\r\n".encode())
        writer.write(b"Content-Type: application/x-www-form-urlencoded\r\n\r\n")
        async with asyncio.timeout(30):
            told = await reader.readuntil(b"\r\n\r\n")
        assert told.startswith(b"HTTP/1.1 413"), told
        assert kind in told
        writer.close()
        reader, writer = await asyncio.open_connection(browser.base_url.host, browser.base_url.port)
    writer.close()


async def test_a_request_to_the_api_that_is_too_large_is_a_problem(browser: httpx.AsyncClient, pool: Pool) -> None:
    headers = let_in(await token(pool, "lead-1")) | {"Content-Type": "application/json", "Idempotency-Key": "one"}
    for content in (b"{" + b" " * LARGEST_BODY, in_pieces(LARGEST_BODY // 10_000 + 1)):
        answer = await browser.post(f"{API}/transitions", content=content, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
        assert "256 KiB" in answer.json()["detail"]


async def test_a_list_that_is_too_long_is_pointed_at(browser: httpx.AsyncClient, pool: Pool) -> None:
    headers = let_in(await token(pool, "lead-1")) | {"Idempotency-Key": "one"}
    said = {"pathway": "inpatient-to-community", "facts": {"preferences": ["language:en"] * (body.LONGEST + 1)}}
    answer = await browser.post(f"{API}/transitions", json=said, headers=headers)
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault == {"pointer": "#/facts/preferences", "detail": "This has more than 1000 entries: send it in parts."}


@pytest.mark.parametrize(
    ("text", "told"),
    [("x" * (LONGEST_TEXT + 1), "An answer is longer than 5000 letters"), ("a\0b", "a character that is no text")],
)
async def test_an_answer_that_cannot_be_kept_is_refused(browser: httpx.AsyncClient, text: str, told: str) -> None:
    answer = await browser.post("/find", data={"find": text, "form_token": form_token(browser)})
    assert answer.status_code == 422
    assert told in answer.text


async def test_an_address_that_no_record_can_have_is_no_fault_of_ours(browser: httpx.AsyncClient) -> None:
    for path in (
        "/capacity?team=%00",
        "/transitions?team=%00",
        "/tasks?after=%00",
        "/people?who=%00",
        "/board?team=%00",
    ):
        assert (await browser.get(path)).status_code < 500, path


async def test_whoever_asks_too_often_waits_and_nobody_else_does(pool: Pool) -> None:
    await upsert_staff(pool, [member(name, Role.TEAM_LEAD, "North") for name in ("lead-1", "lead-2")])
    given = [await token(pool, "lead-1"), await token(pool, "lead-2")]
    house = replace(await house_on(pool, demo=True), a_minute=5)
    async with served(house) as one, httpx.AsyncClient(base_url=one.base_url, trust_env=False) as other:
        await sign_in(one, "lead-1")
        await sign_in(other, "lead-2")
        answers = [await one.get("/tasks") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert "That was asked for too often" in answers[-1].text
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 12
        assert answers[-1].headers["content-security-policy"]
        assert (await one.get("/static/alongside.css")).status_code == 200
        assert (await other.get("/tasks")).status_code == 200
        answers = [await one.get(f"{API}/inbox", headers=let_in(given[0])) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert answers[-1].headers["content-type"] == PROBLEM
        assert answers[-1].json()["type"] == "urn:alongside:problem:too-often"
        assert (await one.get(f"{API}/inbox", headers=let_in(given[1]))).status_code == 200


def test_an_allowance_fills_again_and_a_refusal_costs_nothing() -> None:
    now = 0.0
    rate = Rate(60, lambda: now)
    assert [rate.wait(b"a") for _ in range(60)] == [0.0] * 60
    assert rate.wait(b"a") == pytest.approx(1)
    now = 0.5
    assert rate.wait(b"a") == pytest.approx(0.5)
    now = 1.5
    assert rate.wait(b"a") == 0.0
    now = 1000.0
    assert [rate.wait(b"a") for _ in range(61)].count(0.0) == 60


def test_whoever_asked_nothing_for_the_longest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KEPT", 2)
    rate = Rate(1, lambda: 0.0)
    assert rate.wait(b"a") == 0.0
    assert rate.wait(b"a") > 0
    rate.wait(b"b")
    rate.wait(b"c")
    assert rate.wait(b"a") == 0.0
