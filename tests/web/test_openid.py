"""Signing in with a real provider: who is let in, and everything that lets nobody in."""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from joserfc import jwk, jwt

from records import sign_ins
from records.staff import upsert_staff
from schemas.codes import Role
from tests.records.journeys import member
from tests.web.doors import form_token, house_on, served
from tests.web.provider import Answer, Provider, asked_for, challenge, provider, said_of
from workers.checks import examine
from workers.client import Pool
from workers.ports import LOOPBACK, free_port
from workers.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the provider's own libraries
SECRET = "a secret: with signs%"


class Clock:
    """A clock that a test may set forward."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with provider() as found:
        yield found


@pytest.fixture
def there(running: Provider) -> Provider:
    running.tokens = running.told = lambda said: said
    running.asked.clear()
    running.knows("1", preferred_username="coord-1", email="coord-1@example.org", email_verified=True)
    running.knows("2", preferred_username="gone-1", email="gone-1@example.org", email_verified=True)
    running.knows("3", preferred_username="never-1", email="never-1@example.org", email_verified=True)
    return running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@asynccontextmanager
async def door(pool: Pool, there: Provider, clock: Clock, **said: Any) -> AsyncIterator[httpx.AsyncClient]:
    settings: Answer = {"oidc_issuer": there.issuer, "oidc_client_id": "alongside", "public_url": f"http://{LOOPBACK}"}
    here = await house_on(pool, **settings | said)
    async with served(replace(here, clock=clock)) as found:
        yield found


@pytest_asyncio.fixture
async def browser(pool: Pool, there: Provider, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    gone = member("gone-1", Role.COORDINATOR, "Team A").model_copy(update={"active": False})
    known = member("coord-1", Role.COORDINATOR, "Team A").model_copy(update={"email": "Coord-1@example.org"})
    await upsert_staff(pool, [known, gone])
    async with door(pool, there, clock, oidc_client_secret=SECRET) as found:
        yield found


async def begin(browser: httpx.AsyncClient, to: str = "/people") -> str:
    answer = await browser.get("/sign-in/begin", params={"to": to})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def come_back(browser: httpx.AsyncClient, where: str) -> httpx.Response:
    return await browser.get("/sign-in/back", params=asked_for(where))


async def sign_in(browser: httpx.AsyncClient, there: Provider, sub: str = "1") -> httpx.Response:
    return await come_back(browser, await there.says_yes(await begin(browser), sub))


async def signed_in(browser: httpx.AsyncClient) -> bool:
    return not (await browser.get("/")).headers["location"].startswith("/sign-in")


async def refused(browser: httpx.AsyncClient, answer: httpx.Response, status: int, says: str) -> None:
    assert answer.status_code == status, answer.text
    assert says in answer.text
    assert "alongside" not in browser.cookies
    assert not await signed_in(browser)


async def test_somebody_who_works_here_is_let_in_where_they_wanted_to_go(
    browser: httpx.AsyncClient, there: Provider, pool: Pool
) -> None:
    where = await begin(browser, "/people?late=yes")
    asked = asked_for(where)
    assert where.startswith(f"{there.issuer}/oauth2/authorize?")
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"http://{LOOPBACK}/sign-in/back"
    answer = await come_back(browser, await there.says_yes(where, "1"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/people?late=yes")
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("alongside=")).lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert await signed_in(browser)
    code = there.asked[0]
    assert challenge(code["code_verifier"]) == asked["code_challenge"]
    assert code["header"].startswith("Basic ")
    assert "client_secret" not in code
    assert await pool.fetchval("SELECT how FROM sessions") == "openid-connect"
    assert await pool.fetchval("SELECT count(*) FROM sign_ins") == 0


async def test_nothing_that_is_kept_lets_anybody_in(browser: httpx.AsyncClient, pool: Pool) -> None:
    asked = asked_for(await begin(browser))
    kept = str([dict(row) for row in await pool.fetch("SELECT * FROM sign_ins")])
    assert asked["state"] not in kept
    assert browser.cookies["alongside-sign-in"] not in kept
    assert LOOPBACK not in kept


@pytest.mark.parametrize("sub", ["2", "3"])
async def test_who_does_not_work_here_is_told_whom_to_ask_and_no_more(
    browser: httpx.AsyncClient, there: Provider, sub: str
) -> None:
    answer = await sign_in(browser, there, sub)
    await refused(browser, answer, 403, "Ask your team lead")
    assert "gone" not in answer.text
    assert "never" not in answer.text


async def test_what_comes_back_is_good_once(browser: httpx.AsyncClient, there: Provider) -> None:
    back = await there.says_yes(await begin(browser), "1")
    assert (await come_back(browser, back)).status_code == 303
    browser.cookies.delete("alongside")
    await refused(browser, await come_back(browser, back), 400, "was used already")


async def test_an_old_code_is_no_good_in_a_new_sign_in(browser: httpx.AsyncClient, there: Provider) -> None:
    code = asked_for(await there.says_yes(await begin(browser), "1"))["code"]
    said = {"state": asked_for(await begin(browser))["state"], "code": code}
    # the code is still good at the provider: what tells is that it was given for another nonce
    await refused(browser, await browser.get("/sign-in/back", params=said), 400, "could not be relied on")
    assert len(there.asked) == 1
    again = {"state": asked_for(await begin(browser))["state"], "code": code}
    await refused(browser, await browser.get("/sign-in/back", params=again), 400, "could not be relied on")


async def test_a_made_up_state_asks_nobody(browser: httpx.AsyncClient, there: Provider) -> None:
    await begin(browser)
    await refused(browser, await browser.get("/sign-in/back", params={"state": "x", "code": "y"}), 400, "sign in again")
    await refused(browser, await browser.get("/sign-in/back"), 400, "sign in again")
    assert there.asked == []


async def test_another_browser_does_not_come_back_in_ones_place(
    browser: httpx.AsyncClient, there: Provider, pool: Pool, clock: Clock
) -> None:
    back = await there.says_yes(await begin(browser), "1")
    async with door(pool, there, clock) as other:
        await begin(other)
        await refused(other, await come_back(other, back), 400, "another browser")
    assert (await come_back(browser, back)).status_code == 303


async def test_whoever_takes_too_long_begins_again(browser: httpx.AsyncClient, there: Provider, clock: Clock) -> None:
    back = await there.says_yes(await begin(browser), "1")
    clock.by = sign_ins.HOLDS + timedelta(seconds=1)
    await refused(browser, await come_back(browser, back), 400, "10 minutes")


async def test_two_tabs_may_sign_in_at_once(browser: httpx.AsyncClient, there: Provider) -> None:
    first, second = await begin(browser, "/people"), await begin(browser, "/inbox")
    assert (await come_back(browser, await there.says_yes(first, "1"))).headers["location"] == "/people"
    assert (await come_back(browser, await there.says_yes(second, "1"))).headers["location"] == "/inbox"


async def test_a_new_sign_in_ends_the_session_before_it(
    browser: httpx.AsyncClient, there: Provider, pool: Pool
) -> None:
    await sign_in(browser, there)
    before = browser.cookies["alongside"]
    await sign_in(browser, there)
    assert browser.cookies["alongside"] != before
    assert await pool.fetchval("SELECT count(*) FROM sessions") == 1


async def test_whoever_says_no_is_not_let_in(browser: httpx.AsyncClient, there: Provider) -> None:
    where = await begin(browser)
    said = asked_for(await there.says_no(where)) | {"state": asked_for(where)["state"]}
    await refused(browser, await browser.get("/sign-in/back", params=said), 403, "did not let you through")


LIES: dict[str, Answer] = {
    "for another sign-in": {"nonce": "another"},
    "for another client": {"aud": "another"},
    "for several, and another asked": {"aud": ["alongside", "another"], "azp": "another"},
    "for several, and nobody knows who asked": {"aud": ["alongside", "another"]},
    "of another issuer": {"iss": "https://elsewhere.example.org"},
    "over": {"exp": 1_000_000_000},
    "without an end": {"exp": None},
    "of the future": {"iat": 4_000_000_000},
    "without a nonce": {"nonce": None},
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_token_that_is_not_for_this_lets_nobody_in(
    browser: httpx.AsyncClient, there: Provider, lie: str
) -> None:
    def change(said: Answer) -> Answer:
        claims = {k: v for k, v in (said_of(said["id_token"]) | LIES[lie]).items() if v is not None}
        return said | {"id_token": there.signed(claims)}

    there.tokens = change
    await refused(browser, await sign_in(browser, there), 400, "could not be relied on")


async def test_the_same_token_unchanged_does_let_in(browser: httpx.AsyncClient, there: Provider) -> None:
    there.tokens = lambda said: said | {"id_token": there.signed(said_of(said["id_token"]))}
    assert (await sign_in(browser, there)).status_code == 303


@pytest.mark.parametrize("forged", ["payload", "none", "secret", "other key"])
async def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(
    browser: httpx.AsyncClient, there: Provider, forged: str
) -> None:
    there.tokens = lambda said: said | {"id_token": forge(said["id_token"], forged)}
    await refused(browser, await sign_in(browser, there), 400, "could not be relied on")


def forge(token: str, how: str) -> str:
    """A token that says the same and more, signed otherwise than by the provider's key."""
    claims = said_of(token)
    if how == "other key":
        return jwt.encode({"alg": "RS256"}, claims, jwk.RSAKey.generate_key(2048))
    if how == "secret":
        return jwt.encode({"alg": "HS256"}, claims, jwk.OctKey.import_key(SECRET + SECRET))
    header, _, signature = token.split(".")
    said = in_base64(claims | {"preferred_username": "x"})
    if how == "payload":
        return f"{header}.{said}.{signature}"
    return f"{in_base64({'alg': 'none'})}.{said}."


def in_base64(said: Answer) -> str:
    """A part of a token."""
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


async def test_a_provider_may_change_its_key(browser: httpx.AsyncClient, there: Provider) -> None:
    assert (await sign_in(browser, there)).status_code == 303
    there.changes_its_key()
    assert (await sign_in(browser, there)).status_code == 303


async def test_what_the_token_leaves_out_is_asked_for(browser: httpx.AsyncClient, there: Provider) -> None:
    def thin(said: Answer) -> Answer:
        claims = said_of(said["id_token"])
        return said | {"id_token": there.signed({k: v for k, v in claims.items() if k != "preferred_username"})}

    there.tokens = thin
    assert (await sign_in(browser, there)).status_code == 303
    browser.cookies.delete("alongside")
    there.tokens = lambda said: said | {"id_token": there.signed(said_of(thin(said)["id_token"]) | {"sub": "3"})}
    await refused(browser, await sign_in(browser, there), 400, "could not be relied on")


async def test_an_address_counts_when_it_is_verified(
    browser: httpx.AsyncClient, there: Provider, pool: Pool, clock: Clock
) -> None:
    async with door(pool, there, clock, oidc_claim="email") as by_email:
        assert (await sign_in(by_email, there)).status_code == 303
        by_email.cookies.delete("alongside")
        for unsure in (False, None, "true"):
            there.knows("1", email="coord-1@example.org", email_verified=unsure)
            await refused(by_email, await sign_in(by_email, there), 403, "Ask your team lead")
        there.knows("1", email="coord-1@example.org", email_verified=True)
        twin = member("coord-2", Role.COORDINATOR, "Team A").model_copy(update={"email": "coord-1@example.org"})
        await upsert_staff(pool, [twin])
        await refused(by_email, await sign_in(by_email, there), 403, "Ask your team lead")


async def test_a_public_client_has_no_secret_to_send(
    browser: httpx.AsyncClient, there: Provider, pool: Pool, clock: Clock
) -> None:
    async with door(pool, there, clock) as public:
        assert (await sign_in(public, there)).status_code == 303
    assert there.asked[-1]["client_id"] == "alongside"
    assert there.asked[-1]["header"] == ""


async def test_a_secret_is_sent_as_the_provider_takes_it(browser: httpx.AsyncClient, there: Provider) -> None:
    there.told = lambda said: said | {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert (await sign_in(browser, there)).status_code == 303
    assert there.asked[-1]["client_secret"] == SECRET


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "https://elsewhere.example.org"},
        {"token_endpoint": "http://elsewhere.example.org/token"},
        {"authorization_endpoint": None},
    ],
)
async def test_a_provider_that_is_not_itself_is_not_gone_to(
    browser: httpx.AsyncClient, there: Provider, told: Answer
) -> None:
    there.told = lambda said: said | told
    answer = await browser.get("/sign-in/begin")
    await refused(browser, answer, 503, "does not answer")
    assert "elsewhere" not in answer.text


async def test_another_provider_does_not_answer_for_ours(browser: httpx.AsyncClient, there: Provider) -> None:
    back = asked_for(await there.says_yes(await begin(browser), "1"))
    said = back | {"iss": "https://elsewhere.example.org"}
    await refused(browser, await browser.get("/sign-in/back", params=said), 400, "could not be relied on")
    there.told = lambda said: said | {"authorization_response_iss_parameter_supported": True}
    await refused(browser, await sign_in(browser, there), 400, "could not be relied on")
    back = asked_for(await there.says_yes(await begin(browser), "1")) | {"iss": there.issuer}
    assert (await browser.get("/sign-in/back", params=back)).status_code == 303


async def test_a_provider_that_is_away_is_said_to_be(pool: Pool, there: Provider, clock: Clock) -> None:
    async with door(pool, there, clock, oidc_issuer=f"http://{LOOPBACK}:{free_port()}") as browser:
        await refused(browser, await browser.get("/sign-in/begin"), 503, "does not answer")


async def test_a_provider_that_goes_away_meanwhile_is_said_to_be(browser: httpx.AsyncClient, there: Provider) -> None:
    where = await begin(browser)
    back = await there.says_yes(where, "1")
    there.told = lambda said: said | {"jwks_uri": f"{there.issuer}/nothing-here"}
    await refused(browser, await come_back(browser, back), 503, "does not answer")


async def test_without_a_provider_nobody_signs_in(pool: Pool) -> None:
    async with served(await house_on(pool)) as browser:
        for path in ("/sign-in", "/sign-in/begin", "/sign-in/back"):
            answer = await browser.get(path)
            assert answer.status_code == 503
            assert "not set up" in answer.text


async def test_whoever_tries_too_often_waits(browser: httpx.AsyncClient, there: Provider, clock: Clock) -> None:
    for _ in range(sign_ins.AT_MOST):
        await sign_in(browser, there)  # who succeeds is not counted
    clock.by = timedelta(minutes=1)
    for _ in range(sign_ins.AT_MOST):
        await begin(browser)
    answer = await browser.get("/sign-in/begin")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= sign_ins.WITHIN.total_seconds()
    assert "5 minutes" in answer.text
    elsewhere = await browser.get("/sign-in/begin", headers={"X-Forwarded-For": "203.0.113.9"})
    assert elsewhere.status_code == 303  # the proxy on this machine is believed
    clock.by = timedelta(minutes=1) + sign_ins.WITHIN
    await begin(browser)


async def test_a_proxy_that_is_not_trusted_is_not_believed(pool: Pool, there: Provider, clock: Clock) -> None:
    async with door(pool, there, clock, trusted_proxies="10.1.2.3") as browser:
        for number in range(sign_ins.AT_MOST):
            said = {"X-Forwarded-For": f"203.0.113.{number}"}
            assert (await browser.get("/sign-in/begin", headers=said)).status_code == 303
        answer = await browser.get("/sign-in/begin", headers={"X-Forwarded-For": "203.0.113.99"})
        assert answer.status_code == 429


async def test_one_building_is_one_address(pool: Pool) -> None:
    now = datetime.now(UTC)
    for number in range(sign_ins.AT_MOST):
        await sign_ins.begin(pool, "x", f"2001:db8:0:1::{number:x}", "/", now)
    with pytest.raises(sign_ins.TooOften):
        await sign_ins.begin(pool, "x", "2001:db8:0:1:ffff::1", "/", now)
    await sign_ins.begin(pool, "x", "2001:db8:0:2::1", "/", now)


async def test_signing_out_offers_to_sign_out_there_too(browser: httpx.AsyncClient, there: Provider) -> None:
    await sign_in(browser, there)
    out = await browser.post("/sign-out", data={"form_token": form_token(browser)})
    assert f"{there.issuer}/oauth2/end_session?client_id=alongside" in out.text
    assert not await signed_in(browser)
    await sign_in(browser, there)
    there.told = lambda said: {name: value for name, value in said.items() if name != "end_session_endpoint"}
    out = await browser.post("/sign-out", data={"form_token": form_token(browser)})
    assert out.headers["location"] == "/sign-in"


async def test_doctor_says_whether_people_can_sign_in(there: Provider) -> None:
    async def found(**said: Any) -> str:
        settings = Settings.model_validate(said)
        return next(one.state for one in await examine(settings) if one.what == "sign-in")

    ours = {"oidc_issuer": there.issuer, "oidc_client_id": "alongside"}
    assert await found() == "warning"
    assert await found(**ours) == "ok"
    assert await found(**ours, public_url="http://alongside.example.org") == "warning"
    assert await found(**ours | {"oidc_issuer": f"http://{LOOPBACK}:{free_port()}"}) == "failed"
    there.told = lambda said: said | {"issuer": "https://elsewhere.example.org"}
    assert await found(**ours) == "failed"
