"""Temporal's pages show what is sealed to those who may see it, and to nobody else; it is kept who looked."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToDict, ParseDict
from structlog.testing import capture_logs
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.client import Client
from temporalio.converter import WorkflowSerializationContext

from records import access, payload_keys
from records.keyring import KeyRing
from records.payload_keys import PayloadKeys
from records.person_keys import destroy_key
from records.staff import upsert_staff
from schemas.codes import Role
from tests.keys import RING
from tests.records.journeys import Recorder, day, member
from tests.web.watching import TODAY, staffed, unsafe, watching
from workers.client import Pool
from workers.codec import converter

UI = "https://temporal.example.org"
SECRET = "Xqzvlorp Wrrthjk"
GLASS = (
    "INSERT INTO broken_glass (staff, role, transition_id, code, words, at, ends) VALUES ($1, $2, $3, $4, $5, $6, $7)"
)
VISIT = """
INSERT INTO visits (id, staff, transition_id, place, checked_in, expected_end) VALUES ($1, $2, $3, $4, $5, $6)
"""


@pytest_asyncio.fixture(autouse=True)
async def service(pool: Pool) -> None:
    await staffed(pool)
    await upsert_staff(pool, [member("admin-1", Role.ADMINISTRATOR, None)])


@pytest_asyncio.fixture
async def person(pool: Pool) -> Recorder:
    """Somebody who is followed."""
    return await unsafe(pool, "coord-north")


@pytest_asyncio.fixture
async def browser(pool: Pool, temporal: Client) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody of operations who looks at Temporal's pages."""
    async with watching(pool, temporal=temporal, temporal_ui_url=UI) as opened:
        yield opened


def transition(person: Recorder) -> str:
    """The workflow that follows somebody."""
    return f"transition-{person.journey.transition_id}"


async def sealed(workflow: str, said: object = SECRET, keys: KeyRing = RING) -> Payload:
    """A payload as Temporal has it."""
    (payload,) = await converter(keys).with_context(WorkflowSerializationContext("default", workflow)).encode([said])
    return payload


async def sealed_for(pool: Pool, workflow: str, person: Recorder) -> Payload:
    """The same, sealed with the key of somebody."""
    people = PayloadKeys(pool)
    await people.hear_of(workflow, person.journey.transition_id)
    sealing = converter(RING, people).with_context(WorkflowSerializationContext("default", workflow))
    (payload,) = await sealing.encode([SECRET])
    return payload


async def ask(browser: httpx.AsyncClient, *payloads: Payload, **more: Any) -> httpx.Response:
    """Ask as Temporal's pages do."""
    headers = {"Origin": UI, "X-Namespace": "default", "Sec-Fetch-Site": "cross-site"} | more.pop("headers", {})
    where = more.pop("where", "/codec/default/decode?preserveStorageRefs=true")
    text = json.dumps(MessageToDict(Payloads(payloads=payloads)))
    return await browser.post(where, content=more.pop("content", text), headers=headers)


def opened(answer: httpx.Response) -> list[object]:
    """What was answered, read."""
    assert answer.status_code == 200, answer.text
    return [json.loads(payload.data) for payload in ParseDict(answer.json(), Payloads()).payloads]


async def looks(pool: Pool, person: Recorder) -> list[tuple[str, str, str]]:
    """Who looked at what Temporal holds of somebody."""
    found = (await access.looks(pool, transition_id=person.journey.transition_id)).rows
    return [(look.staff, look.page, look.why) for look in found]


async def break_glass(pool: Pool, person: Recorder, staff: str = "ops") -> None:
    """Open somebody with a reason."""
    words = ("incident", "The history does not go on", day(TODAY), day(TODAY + 1))
    await pool.execute(GLASS, staff, "operations", person.journey.transition_id, *words)


async def test_what_is_of_a_person_opens_with_a_reason_and_it_is_kept(
    browser: httpx.AsyncClient, pool: Pool, person: Recorder
) -> None:
    payload = await sealed(transition(person))
    (said,) = opened(await ask(browser, payload))
    assert str(said).startswith("You do not see this person. Open them with a reason: http")
    assert str(said).endswith(f"/people/{person.journey.transition_id}")
    assert await looks(pool, person) == []
    await break_glass(pool, person)
    with capture_logs() as logs:
        assert opened(await ask(browser, payload, await sealed(transition(person), {"a": 1}))) == [SECRET, {"a": 1}]
        assert opened(await ask(browser, payload)) == [SECRET]
    assert await looks(pool, person) == [("ops", "temporal", "broken-glass")], "pages that ask for parts look once"
    told = [line for line in logs if line["event"] == "asked to open what Temporal holds"]
    assert [(line["staff"], line["opened"], line["payloads"]) for line in told] == [
        ("ops", [transition(person)], 2),
        ("ops", [transition(person)], 1),
    ]
    assert SECRET not in str(logs)


async def test_one_opens_and_the_others_stay_shut(browser: httpx.AsyncClient, pool: Pool, person: Recorder) -> None:
    other = await unsafe(pool, "coord-south")
    await break_glass(pool, person)
    asked = [
        await sealed(transition(person)),
        await sealed(transition(other)),
        await sealed(f"transition-{uuid4()}"),
        await sealed("transition-nobody"),
        await sealed(""),
        await sealed("support-peer-north"),
        await sealed(f"visit-{uuid4()}"),
        await sealed(transition(person), keys=KeyRing.fresh(day(1).date())),
        Payload(metadata={"encoding": b"json/plain"}, data=b'"open"'),
    ]
    said = [str(one) for one in opened(await ask(browser, *asked))]
    assert (said[0], said[5], said[6], said[8]) == (SECRET, SECRET, SECRET, "open")
    assert said[1].startswith("You do not see this person")
    assert said[2].startswith("You do not see this person")
    assert said[3] == said[4] == "It is not known whose this is."
    assert "is not on the key ring" in said[7]
    assert await looks(pool, other) == []


async def test_a_visit_to_a_person_is_theirs(browser: httpx.AsyncClient, pool: Pool, person: Recorder) -> None:
    visit = uuid4()
    to = person.journey.transition_id
    await pool.execute(VISIT, visit, "peer-north", to, "home", day(1), day(1) + timedelta(hours=1))
    payload = await sealed(f"visit-{visit}")
    assert str(opened(await ask(browser, payload))[0]).startswith("You do not see this person")
    await break_glass(pool, person)
    assert opened(await ask(browser, payload)) == [SECRET]
    assert len(await looks(pool, person)) == 1


async def test_a_label_that_was_changed_opens_nothing(browser: httpx.AsyncClient, pool: Pool, person: Recorder) -> None:
    payload = await sealed(transition(person))
    payload.metadata["workflow"] = b"support-peer-north"
    (said,) = opened(await ask(browser, payload))
    assert "was altered, or belongs elsewhere" in str(said)


async def test_only_temporals_pages_may_ask(browser: httpx.AsyncClient, person: Recorder) -> None:
    payload = await sealed("support-peer-north")
    answer = await ask(browser, payload)
    assert answer.headers["access-control-allow-origin"] == UI
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["vary"] == "Origin"
    assert "no-store" in answer.headers["cache-control"]
    for origin in ("https://elsewhere.example.org", "null", f"{UI}.example.org", "http://temporal.example.org"):
        refused = await ask(browser, payload, headers={"Origin": origin})
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers
    beforehand = await browser.options("/codec/default/decode", headers={"Origin": UI})
    assert beforehand.status_code == 204
    assert beforehand.headers["access-control-allow-headers"] == "content-type, x-namespace"
    assert (await browser.options("/codec/default/decode", headers={"Origin": "https://x.org"})).status_code == 403
    assert (await ask(browser, payload, where="/codec/other/decode")).status_code == 404


@pytest.mark.parametrize("staff", ["coord-north", "peer-north", "lead-north", "safety"])
async def test_it_is_for_those_who_may_see_an_execution(pool: Pool, temporal: Client, staff: str) -> None:
    async with watching(pool, staff, temporal=temporal, temporal_ui_url=UI) as browser:
        refused = await ask(browser, await sealed("support-peer-north"))
    assert (refused.status_code, "is not for a" in refused.text) == (403, True)
    assert refused.headers["access-control-allow-origin"] == UI, "so that Temporal's pages can say why"


async def test_an_administrator_opens_no_person(pool: Pool, temporal: Client, person: Recorder) -> None:
    await break_glass(pool, person, "admin-1")
    async with watching(pool, "admin-1", temporal=temporal, temporal_ui_url=UI) as browser:
        said = opened(await ask(browser, await sealed(transition(person)), await sealed("webhook-1")))
    assert str(said[0]).startswith("You do not see this person")
    assert said[1] == SECRET


async def test_whoever_is_not_signed_in_gets_nothing(browser: httpx.AsyncClient) -> None:
    browser.cookies.clear()
    refused = await ask(browser, await sealed("support-peer-north"))
    assert (refused.status_code, "Sign in to Alongside" in refused.text) == (401, True)
    assert SECRET not in refused.text


async def test_pages_that_ask_by_themselves_keep_nobody_signed_in(browser: httpx.AsyncClient, pool: Pool) -> None:
    before = await pool.fetchval(
        "UPDATE sessions SET began = began - interval '5 minutes', seen = seen - interval '5 minutes' RETURNING seen"
    )
    await ask(browser, await sealed("support-peer-north"))
    assert await pool.fetchval("SELECT seen FROM sessions") == before


@pytest.mark.parametrize("content", ["", "{", '{"payloads": 7}', '{"payloads": [7]}', b"\xff\xfe"])
async def test_what_is_no_question_is_refused(browser: httpx.AsyncClient, content: str | bytes) -> None:
    assert (await ask(browser, content=content)).status_code == 422


async def test_too_much_at_once_is_refused(browser: httpx.AsyncClient) -> None:
    assert (await ask(browser, content=b" " * (16 * 1024 * 1024 + 1))).status_code == 413


async def test_nobody_may_ask_where_temporal_has_no_pages(pool: Pool, temporal: Client) -> None:
    async with watching(pool, temporal=temporal) as browser:
        assert (await ask(browser, await sealed("support-peer-north"))).status_code == 403


async def test_what_is_of_somebody_whose_key_was_destroyed_stays_shut(
    browser: httpx.AsyncClient, pool: Pool, person: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    await break_glass(pool, person)
    payload = await sealed_for(pool, transition(person), person)
    assert opened(await ask(browser, payload)) == [SECRET]
    whose = await pool.fetchval("SELECT person_id FROM transitions WHERE id = $1", UUID(person.journey.transition_id))
    await destroy_key(pool, whose, day(TODAY))
    monkeypatch.setattr(payload_keys, "AT_HAND", 0.0)
    (said,) = opened(await ask(browser, payload))
    assert str(said).startswith("What was kept of this person was made unreadable for good on")


async def test_a_visit_that_the_records_do_not_know_opens_only_when_it_is_to_nobody(
    browser: httpx.AsyncClient, pool: Pool, person: Recorder
) -> None:
    await break_glass(pool, person)
    visit = f"visit-{uuid4()}"
    assert opened(await ask(browser, await sealed(visit))) == [SECRET]
    assert opened(await ask(browser, await sealed_for(pool, visit, person))) == ["It is not known whose this is."]
