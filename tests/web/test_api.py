"""The door for machines: what a token opens, what a command does once, and how every mistake is answered."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from temporalio.client import Client

from planner.policy import Scope
from records import access, machines
from records.staff import upsert_staff
from schemas.codes import Role
from tests.durable.following import COORDINATOR, FAMILY_NAME, GIVEN_NAME, TEAM, Followed, Place, place
from tests.durable.test_mending import follow
from tests.records.journeys import member
from tests.web.doors import house_on, served
from tests.web.machines import API, give, leave, let_in, token
from workers.client import Pool
from workers.transitions import query_journey

PROBLEM = "application/problem+json"
DONE = {"do": "complete", "step": "discharge-plan"}
HOURS = {"hours_per_week": 30, "works": "mon-fri 09:00-17:00"}
HOLD = {"do": "hold", "reason": "away for a week"}


class Door(NamedTuple):
    """An API with somebody to follow, and tokens by who they act as."""

    browser: httpx.AsyncClient
    here: Place
    person: Followed
    tokens: dict[str, str]

    async def get(self, path: str, who: str = COORDINATOR, **params: Any) -> httpx.Response:
        return await self.browser.get(API + path, headers=let_in(self.tokens[who]), params=params)

    async def give(self, said: dict[str, Any], who: str = COORDINATOR, **more: Any) -> httpx.Response:
        return await give(self.browser, self.tokens[who], self.person.id, said, **more)


@pytest_asyncio.fixture
async def door(temporal: Client, pool: Pool) -> AsyncIterator[Door]:
    async with place(temporal, pool) as here, here.worker():
        others = [
            member("peer-1", Role.PEER_WORKER, TEAM).model_copy(
                update={"hours_per_week": 30, "works": "mon-fri 09:00-17:00"}
            ),
            member("ops-1", Role.OPERATIONS, None),
            member("admin-1", Role.ADMINISTRATOR, None),
            member("privacy-1", Role.PRIVACY_OFFICER, None),
        ]
        await upsert_staff(pool, others)
        person = await here.take_on(expected={"discharged": datetime.now(UTC) + timedelta(days=10)})
        everybody = [COORDINATOR, "coordinator-2", "lead-1", *(one.id for one in others)]
        tokens = {who: await token(pool, who) for who in everybody}
        async with served(await house_on(pool, temporal, task_queue=here.settings.task_queue)) as browser:
            yield Door(browser, here, person, tokens)


def refused(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """A problem, as every problem is."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    told: dict[str, Any] = answer.json()
    assert (told["type"], told["status"]) == (f"urn:alongside:problem:{kind}", status)
    assert told["title"]
    assert told["detail"].endswith(".")
    return told


async def test_a_person_is_opened_by_whom_the_token_acts_as_and_it_is_kept(door: Door) -> None:
    answer = await door.get(f"/transitions/{door.person.id}")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["sight"], told["given_name"], told["family_name"]) == ("whole", GIVEN_NAME, FAMILY_NAME)
    assert answer.headers["etag"] == f'"{told["revision"]}"' == '"1"'
    assert "discharge-plan" in {step["id"] for step in told["steps"]}
    (look,) = (await access.looks(door.here.pool, transition_id=door.person.id)).rows
    assert (look.staff, look.page) == (COORDINATOR, "transition, by the machine a test")
    for what in ("history", "waits"):
        assert (await door.get(f"/transitions/{door.person.id}/{what}")).status_code == 200
    assert len((await access.looks(door.here.pool, transition_id=door.person.id)).rows) == 3


async def test_whom_the_staff_member_does_not_see_the_machine_does_not_either(door: Door) -> None:
    for who in ("coordinator-2", "peer-1", "ops-1", "admin-1"):
        for what in ("", "/history", "/waits"):
            told = refused(await door.get(f"/transitions/{door.person.id}{what}", who), 403, "not-allowed")
            assert who in told["detail"]
        refused(await door.give(HOLD, who), 403, "not-allowed")
    assert (await access.looks(door.here.pool, transition_id=door.person.id)).rows == []
    assert await door.person.commits() == [(1, "start")]


async def test_a_peer_worker_sees_what_is_shared(door: Door) -> None:
    pool, id_ = door.here.pool, door.person.id
    assert (await door.give({"do": "facts", "facts": {"peer_support": "accepted"}})).status_code == 200
    assign = {"do": "assign", "staff": "peer-1", "reason": "they know each other"}
    refused(await door.give(assign, **{"If-Match": '"1"'}), 412, "changed")
    given = await door.give(assign)
    assert given.status_code == 200, given.text
    told = (await door.get(f"/transitions/{id_}", "peer-1")).json()
    assert (told["sight"], told["called"]) == ("shared", GIVEN_NAME)
    for hidden in ("given_name", "family_name", "born", "stage", "facts", "expected", "occurred", "hold_reason"):
        assert told[hidden] is None, hidden
    assert told["steps"]
    assert {step["owner"] for step in told["steps"]} == {"peer-worker"}
    waits = (await door.get(f"/transitions/{id_}/waits", "peer-1")).json()
    assert {wait["step"] for wait in waits} <= {step["id"] for step in told["steps"]}
    refused(await door.get(f"/transitions/{id_}/history", "peer-1"), 403, "not-allowed")
    refused(await door.give(DONE, "peer-1", params={"preview": "true"}), 403, "not-allowed")
    await pool.execute("UPDATE people_sealed SET shares = '{facts,steps}'")
    told = (await door.get(f"/transitions/{id_}", "peer-1")).json()
    assert told["facts"] is not None
    assert told["expected"] is None
    assert "coordinator" in {step["owner"] for step in told["steps"]}


async def test_a_command_is_done_once_by_whom_the_token_acts_as(door: Door) -> None:
    first = await door.give(DONE, key="one")
    assert first.status_code == 200, first.text
    again = await asyncio.gather(*(door.give(DONE, key="one") for _ in range(3)))
    assert {answer.text for answer in again} == {first.text}
    assert await door.person.commits() == [(1, "start"), (2, "one")]
    history = (await door.get(f"/transitions/{door.person.id}/history")).json()["rows"]
    said = next(row for row in history if row["command_id"] == "one")
    assert (said["staff"], said["role"], said["event"]) == (COORDINATOR, "coordinator", "completed")


async def test_what_is_said_again_is_said_when_it_was_said_first(door: Door) -> None:
    refused(await door.give({"do": "resume"}, key="one"), 409, "conflict")
    held = await door.give(HOLD)
    again = await door.give({"do": "resume"}, key="one")
    assert again.status_code == 200, again.text
    assert again.json()["at"] == held.json()["at"]  # not before what was recorded meanwhile, and not as late as now


async def test_a_key_is_for_one_thing(door: Door) -> None:
    assert (await door.give(DONE, key="one")).status_code == 200
    refused(await door.give(HOLD, key="one"), 422, "invalid")
    refused(await door.give(DONE, "lead-1", key="one"), 422, "invalid")
    refused(await door.give(HOLD, key="start"), 422, "invalid")  # somebody else's command has that id
    assert await door.person.commits() == [(1, "start"), (2, "one")]


async def test_a_preview_changes_nothing(door: Door) -> None:
    told = (await door.give(DONE, key="one", params={"preview": "true"})).json()
    assert told["words"]
    assert await door.person.commits() == [(1, "start")]
    assert (await door.give(HOLD, key="one")).status_code == 200  # the key was not used up
    refused(await door.give(HOLD, params={"preview": "true"}), 409, "conflict")


async def test_of_two_who_read_the_same_one_is_told_that_it_changed(door: Door) -> None:
    seen = (await door.get(f"/transitions/{door.person.id}")).headers["etag"]
    answers = await asyncio.gather(
        door.give(DONE, key="one", **{"If-Match": seen}), door.give(HOLD, "lead-1", key="two", **{"If-Match": seen})
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    refused(next(answer for answer in answers if answer.status_code == 412), 412, "changed")
    assert len(await door.person.commits()) == 2
    done, said, who, key = (answers[0], DONE, COORDINATOR, "one")
    if done.status_code == 412:
        done, said, who, key = (answers[1], HOLD, "lead-1", "two")
    assert (await door.give(said, who, key=key, **{"If-Match": seen})).text == done.text


@pytest.mark.parametrize("tag", ['"0"', '"2"', 'W/"1"', '"one"', "1", '"1', '"99999999999"', '"1"x'])
async def test_what_is_no_tag_of_it_is_refused(door: Door, tag: str) -> None:
    refused(await door.give(DONE, **{"If-Match": tag}), 412, "changed")
    refused(await door.give(DONE, params={"preview": "true"}, **{"If-Match": tag}), 412, "changed")


@pytest.mark.parametrize("tag", ['"1"', "*", '"7", "1"'])
async def test_the_tag_of_it_is_taken(door: Door, tag: str) -> None:
    assert (await door.give(DONE, **{"If-Match": tag})).status_code == 200


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"do": "complete"}, "#/step"),
        ({"do": "complete", "step": ""}, "#/step"),
        ({"do": "complete", "step": "a\0b"}, "#/step"),
        ({"do": "nothing"}, "#"),
        ({}, "#"),
        ([], "#"),
        ({"do": "complete", "step": "discharge-plan", "id": "mine"}, "#/id"),
        ({"do": "complete", "step": "discharge-plan", "by": {"staff": "lead-1"}}, "#/by"),
        ({"do": "complete", "step": "discharge-plan", "at": "2026-01-01T00:00:00Z"}, "#/at"),
        ({"do": "complete", "step": "discharge-plan", "done_at": "0001-01-01T00:00:00+14:00"}, "#/done_at"),
        ({"do": "complete", "step": "discharge-plan", "done_at": "9999-12-31T23:59:59-14:00"}, "#/done_at"),
        ({"do": "complete", "step": "discharge-plan", "done_at": "1066-10-14T09:00:00Z"}, "#/done_at"),
        ({"do": "complete", "step": "discharge-plan", "done_at": "2026-01-01T00:00:00"}, "#/done_at"),
        ({"do": "complete", "step": "discharge-plan", "scores": {"a": 10**30}}, "#/scores/a"),
        ({"do": "facts", "facts": {"peer/support": 1.5}}, "#/facts/peer~1support"),
        ({"do": "wishes", "wishes": ["language:ur", "nonsense"]}, "#/wishes/1"),
        ({"do": "cover-absence", "staff": "peer-1"}, "#"),
    ],
)
async def test_what_is_wrong_is_pointed_at(door: Door, said: Any, pointer: str) -> None:
    told = refused(await door.give(said), 422, "invalid")
    assert pointer in {fault["pointer"] for fault in told["errors"]}
    assert await door.person.commits() == [(1, "start")]


RAW: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"{", 400),
    (b"\xff\xfe", 400),
    (b'{"do": NaN}', 400),
    (b"[" * 100_000, 400),
    (b'{"do": ' + b"1" * 5_000 + b"}", 400),
    (b'{"do": "hold", "reason": "\\ud800"}', 422),
    (b'{"do": "hold", "re\\u0000ason": "x"}', 422),
    (b'{"do": "complete", "step": "x", "scores": {"a": 1e999}}', 422),
    (b'{"do": "complete", "step": "x", "scores": ' + b'{"a":' * 50 + b"1" + b"}" * 51, 422),
    (b'{"do": "hold", "reason": "' + b"x" * 262_144 + b'"}', 413),
]


@pytest.mark.parametrize(("raw", "status"), RAW, ids=[str(raw[:20]) for raw, _ in RAW])
async def test_what_cannot_be_read_is_never_a_fault_of_ours(door: Door, raw: bytes, status: int) -> None:
    headers = let_in(door.tokens[COORDINATOR]) | {"Idempotency-Key": "one", "Content-Type": "application/json"}
    path = f"{API}/transitions/{door.person.id}/commands"
    answer = await door.browser.post(path, content=raw, headers=headers)
    refused(answer, status, {400: "malformed", 413: "too-large", 422: "invalid"}[status])


async def test_every_mistake_is_a_problem(door: Door) -> None:
    given, id_ = let_in(door.tokens[COORDINATOR]), door.person.id
    ask = door.browser.request
    refused(await ask("GET", f"{API}/nothing", headers=given), 404, "not-found")
    refused(await ask("PUT", f"{API}/overdue", headers=given), 405, "no-such-method")
    refused(await ask("GET", f"{API}/transitions/{uuid4()}", headers=given), 404, "not-found")
    told = refused(await ask("GET", f"{API}/transitions/{id_[:8]}", headers=given), 422, "invalid")
    assert told["errors"][0]["parameter"] == "transition_id"
    told = refused(await ask("GET", f"{API}/inbox?limit=0", headers=given), 422, "invalid")
    assert told["errors"][0]["parameter"] == "limit"
    refused(await ask("GET", f"{API}/inbox?after=nonsense", headers=given), 422, "invalid")
    refused(await ask("GET", f"{API}/worklists/nobody", headers=let_in(door.tokens["lead-1"])), 404, "not-found")
    refused(await ask("GET", f"{API}/pathways/nothing", headers=given), 404, "not-found")
    path = f"{API}/transitions/{id_}/commands"
    refused(await ask("POST", path, headers=given | {"Idempotency-Key": "a"}, data=DONE), 415, "not-json")
    told = refused(await ask("POST", path, headers=given, json=DONE), 422, "invalid")
    assert told["errors"][0]["parameter"] == "Idempotency-Key"
    refused(await ask("POST", path, headers=given | {"Idempotency-Key": "no spaces"}, json=DONE), 422, "invalid")


async def test_a_cursor_that_was_made_up_is_no_fault_of_ours(door: Door) -> None:
    from records.listings import _cursor as made  # what a machine could make up as well

    day = datetime.now(UTC)
    for values in ((day.replace(tzinfo=None), uuid4(), "x"), (day, uuid4(), "\0"), (day, 3, "x"), (10**30, 1)):
        for path in ("/inbox", f"/worklists/{COORDINATOR}", f"/transitions/{door.person.id}/history"):
            answer = await door.get(path, after=made(*values))
            assert answer.status_code in (200, 422), answer.text


async def test_a_token_opens_nothing_before_and_after_it_holds(door: Door) -> None:
    pool = door.here.pool
    old = await token(pool, COORDINATOR)
    assert (await door.browser.get(f"{API}/inbox", headers=let_in(old))).status_code == 200
    (made,) = [one for one in await machines.everyone(pool) if one.last_used is not None]
    await machines.revoke(pool, made.id, datetime.now(UTC), by="admin-1")
    late = await machines.create(
        pool, "late", [Scope.READ_WORK], COORDINATOR, datetime.now(UTC) - timedelta(9), days=8, by="admin-1"
    )
    gone = await token(pool, "coordinator-2")
    await pool.execute("UPDATE staff SET active = false WHERE id = 'coordinator-2'")
    for wrong in (old, late, gone, "alongside_guessed", "\xe9", old.removeprefix("alongside_")):
        answer = await door.browser.get(f"{API}/inbox", headers={b"Authorization": f"Bearer {wrong}".encode("latin-1")})
        refused(answer, 401, "not-let-in")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    refused(await door.browser.get(f"{API}/inbox"), 401, "not-let-in")
    refused(await door.browser.get(f"{API}/inbox", headers={"Authorization": "Basic YTpi"}), 401, "not-let-in")


async def test_no_cookie_opens_the_api_and_no_origin_closes_it(door: Door) -> None:
    headers = let_in(door.tokens[COORDINATOR]) | {"Idempotency-Key": "one", "Origin": "https://other.example"}
    answer = await door.browser.post(f"{API}/transitions/{door.person.id}/commands", json=DONE, headers=headers)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    async with served(await house_on(door.here.pool, door.here.client, demo=True)) as browser:
        await browser.post("/sign-in/demo", data={"who": COORDINATOR, "to": "/"})
        assert browser.cookies
        refused(await browser.get(f"{API}/inbox"), 401, "not-let-in")


READS = ("/inbox", "/staff", "/pathways", "/pathways/inpatient-to-community", f"/worklists/{COORDINATOR}", "/overdue")


async def test_a_token_is_for_its_scopes_alone(door: Door) -> None:
    pool, id_ = door.here.pool, door.person.id
    for scope in Scope:
        given = let_in(await token(pool, "lead-1", scope)) | {"Idempotency-Key": str(uuid4())}
        asked: list[tuple[Scope, str, str, Any]] = [
            *((Scope.READ_WORK, "GET", path, None) for path in (*READS, "/transitions")),
            *((Scope.READ_PEOPLE, "GET", f"/transitions/{id_}{what}", None) for what in ("", "/history", "/waits")),
            (Scope.WRITE_COMMANDS, "POST", f"/transitions/{id_}/commands?preview=true", DONE),
            (Scope.WRITE_TRANSITIONS, "POST", "/transitions", starting("AL1")),
        ]
        for needed, method, path, said in asked:
            answer = await door.browser.request(method, API + path, json=said, headers=given)
            if scope is needed:
                assert answer.status_code in (200, 201), (path, answer.text)
            else:
                refused(answer, 403, "not-allowed")
                assert f'scope="{needed}"' in answer.headers["www-authenticate"]
    await leave(door.here)


async def test_what_the_role_may_not_the_machine_may_not(door: Door) -> None:
    for who in ("peer-1", "ops-1", "admin-1", "privacy-1"):
        headers = let_in(door.tokens[who]) | {"Idempotency-Key": "one"}
        answer = await door.browser.post(f"{API}/transitions", json=starting("AL1"), headers=headers)
        refused(answer, 403, "not-allowed")
        if who != "ops-1":
            refused(await door.get("/overdue", who), 403, "not-allowed")
            refused(await door.get(f"/worklists/{COORDINATOR}", who), 403, "not-allowed")
        assert (await door.get(f"/worklists/{who}", who)).status_code == 200
        seen = (await door.get("/transitions", who)).json()["rows"]
        assert [row["id"] for row in seen] == ([door.person.id] if who == "ops-1" else [])
        if who != "ops-1":
            refused(await door.get("/transitions", who, coordinator=COORDINATOR), 403, "not-allowed")
    assert (await door.get("/overdue", "ops-1")).status_code == 200


async def test_listings_come_in_pages_and_name_nobody(door: Door) -> None:
    rows: list[Any] = []
    after: dict[str, str] = {}
    for _ in range(50):
        answer = await door.get(f"/worklists/{COORDINATOR}", limit=1, **after)
        page = answer.json()
        assert FAMILY_NAME not in answer.text
        rows += page["rows"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    whole = (await door.get(f"/worklists/{COORDINATOR}")).json()
    assert rows == whole["rows"]
    assert len(rows) > 1
    assert whole["next"] is None
    found = (await door.get("/transitions", find=door.person.start.transition_id[:8])).json()
    assert [row["id"] for row in found["rows"]] == [door.person.id]
    assert set(found["rows"][0]).isdisjoint({"given_name", "family_name", "nhs_number", "born"})
    assert (await door.get("/transitions", late="silence")).json()["rows"] == []
    refused(await door.get("/transitions", overdue="yes"), 422, "invalid")
    told = await door.get("/staff")
    assert "peer-1" in {one["id"] for one in told.json()["rows"]}
    assert set(told.json()["rows"][0]) == {"id", "name", "role", "team"}


def starting(local_id: str, **more: Any) -> dict[str, Any]:
    """What starts somebody."""
    person = {"local_id": local_id, "given_name": "Sam", "family_name": "Example", "date_of_birth": "1990-05-04"}
    return {"person": person, "pathway": "inpatient-to-community", "coordinator": COORDINATOR} | more


async def test_somebody_is_started_once(door: Door) -> None:
    async def start(said: dict[str, Any], key: str) -> httpx.Response:
        headers = let_in(door.tokens[COORDINATOR]) | {"Idempotency-Key": key}
        return await door.browser.post(f"{API}/transitions", json=said, headers=headers)

    first = await start(starting("AL1"), "one")
    assert first.status_code == 201, first.text
    assert first.headers["location"] == f"{API}/transitions/{first.json()['transition_id']}"
    assert (await start(starting("AL1"), "one")).text == first.text
    refused(await start(starting("AL2"), "one"), 422, "invalid")
    refused(await start(starting("AL1"), "two"), 409, "conflict")
    renamed = starting("AL1", pathway="camhs-to-adult")
    renamed["person"]["given_name"] = "Somebody else"
    refused(await start(renamed, "three"), 409, "conflict")
    refused(await start(starting("AL3", coordinator="nobody"), "four"), 404, "not-found")
    refused(await start(starting("AL3", team="Nowhere"), "five"), 404, "not-found")
    refused(await start(starting("AL3", pathway="../secrets"), "six"), 404, "not-found")
    told = refused(await start(starting("A L 3"), "seven"), 422, "invalid")
    assert [fault["pointer"] for fault in told["errors"]] == ["#/person/local_id"]
    assert await door.here.pool.fetchval("SELECT count(*) FROM people") == 2
    assert (await door.browser.get(first.headers["location"], headers=let_in(door.tokens[COORDINATOR]))).is_success
    await leave(door.here)


async def test_the_description_is_openapi_and_asks_for_a_token(door: Door) -> None:
    answer = await door.browser.get(f"{API}/openapi.json")
    told = answer.json()
    assert told["openapi"].startswith("3.1")
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            assert operation.get("security") or path == "/events", path  # events are signed instead
            assert operation["summary"], path
            assert operation["description"], path
            assert {"401", "403", "500", "503"} <= set(operation["responses"])
            assert ("requestBody" in operation) == (method == "post")
    assert (await door.browser.get(f"{API}/docs")).status_code == 404


async def test_records_that_are_away_are_a_problem(door: Door) -> None:
    door.here.pool.terminate()
    answer = await door.get("/inbox")
    refused(answer, 503, "away")
    assert answer.headers["retry-after"]


@pytest.mark.parametrize("state", ["53100", "53300", "57P02", "58030"])
async def test_records_that_answer_that_they_cannot_are_away(door: Door, state: str) -> None:
    """Their disk is full, they have no room for one more, they are recovering from a crash, their disk fails."""
    await door.here.pool.execute(
        "CREATE FUNCTION cannot() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '{state}'; END $$;"
        "CREATE TRIGGER cannot BEFORE INSERT ON access_log EXECUTE FUNCTION cannot()"
    )
    answer = await door.get(f"/transitions/{door.person.id}")
    told = refused(answer, 503, "away")
    assert "device" not in told["detail"]
    assert answer.headers["retry-after"]


async def test_a_fault_of_ours_is_a_problem_too_and_tells_nothing_of_it(door: Door) -> None:
    await door.here.pool.execute("ALTER TABLE access_log RENAME TO elsewhere")
    answer = await door.get(f"/transitions/{door.person.id}")
    refused(answer, 500, "fault")
    assert "access_log" not in answer.text
    assert (await door.get("/inbox")).status_code == 200


async def test_said_again_it_is_known_to_whoever_follows_them_and_had_lost_it(door: Door) -> None:
    early = await query_journey(door.here.client, door.person.id)
    key = {"Idempotency-Key": "lost"}
    first = await door.give(DONE, **key)
    await follow(door.here, door.person, early)
    assert (await door.give(DONE, **key)).json() == first.json()
    assert (await query_journey(door.here.client, door.person.id)).revision == 2
