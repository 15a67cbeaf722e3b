"""One thing for many of my people, by the pages: chosen, foretold for each, done, and each with its outcome."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from temporalio.client import Client

from planner.many import MOST, NOT_SEEN
from records import bulk, listings
from records.staff import add_cover, upsert_staff
from schemas.bulk import OfferMany
from schemas.codes import Role
from schemas.staff import Cover
from tests.durable.following import COORDINATOR, TEAM, Followed, Place, place, until
from tests.records.journeys import member
from tests.web.doors import form_token, house_on, served, sign_in
from tests.web.test_people import plain
from workers.client import Pool

DAY = timedelta(days=1)
OTHER = "coordinator-2"


class Desk(NamedTuple):
    """A coordinator at the list of their people."""

    browser: httpx.AsyncClient
    here: Place

    async def post(self, path: str, **said: Any) -> httpx.Response:
        fields = {name.replace("__", "-"): text for name, text in said.items()}
        return await self.browser.post(path, data=fields | {"form_token": form_token(self.browser)})

    async def confirm(self, shown: httpx.Response) -> httpx.Response:
        """Do just what was shown."""
        assert shown.status_code == 200, shown.text
        assert "Nothing is changed yet" in shown.text
        form = shown.text.split('action="/people/many"', 1)[1]
        hidden: dict[str, Any] = {"go": "confirm"}
        for name, text in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form):
            hidden.setdefault(name, []).append(unescape(text))
        return await self.browser.post("/people/many", data=hidden)

    async def over(self, where: str) -> str:
        """The page of what became of each, when it is over."""

        async def ended() -> bool:
            return (await bulk.action(self.here.pool, where.removeprefix("/bulk/"))).ended_at is not None

        await until(ended, 60)
        answer = await self.browser.get(where)
        assert answer.status_code == 200
        return plain(answer.text)


def day(days: int) -> str:
    return f"{datetime.now(UTC) + days * DAY:%Y-%m-%d}"


@pytest_asyncio.fixture
async def desk(temporal: Client, pool: Pool) -> AsyncIterator[Desk]:
    async with place(temporal, pool) as here, here.worker():
        ops = member("ops", Role.OPERATIONS, None)
        await upsert_staff(pool, [member("peer-1", Role.PEER_WORKER, TEAM), ops])
        async with served(await house_on(pool, temporal, demo=True, task_queue=here.settings.task_queue)) as browser:
            await sign_in(browser, COORDINATOR)
            yield Desk(browser, here)


async def late(here: Place) -> Followed:
    """Somebody taken on who was discharged three days ago, whom nobody has seen since: others were told."""
    gone = datetime.now(UTC) - 4 * DAY
    return await here.take_on(started=gone - 20 * DAY, milestones={"discharged": gone})


async def journey_of(desk: Desk, who: Followed) -> Any:
    return (await listings.transition(desk.here.pool, who.id)).journey


async def test_late_steps_of_many_are_seen_to_and_whoever_was_told_has_word(desk: Desk) -> None:
    first, second = await late(desk.here), await late(desk.here)
    on_time = await desk.here.take_on()
    listed = (await desk.browser.get("/people")).text
    assert listed.count('name="who"') == 3
    assert f"at most {MOST}" in listed
    assert " checked" not in listed.split('name="who"', 1)[1].split(">", 1)[0]
    ticked = (await desk.browser.get("/people?ticked=yes")).text
    assert len(re.findall(r'name="who"[^>]* checked', ticked)) == 3

    who = [first.id, second.id, on_time.id]
    asked = await desk.post("/people/many", do="acknowledge", who=who)
    assert asked.status_code == 200
    items = [unescape(one) for one in re.findall(r'name="item" value="([^"]+)" checked', asked.text)]
    assert on_time.id in items
    steps = [one.partition("/")[2] for one in items if one.startswith(first.id)]
    assert "follow-up-72h" in steps
    assert all(steps)

    wrong = await desk.post("/people/many", do="acknowledge", item=items, go="preview", until=day(-1), reason="")
    assert wrong.status_code == 422
    assert "That lies in the past" in wrong.text
    assert "Say why." in wrong.text

    shown = await desk.post(
        "/people/many", do="acknowledge", item=items, go="preview", until=day(2), reason="We are on our way."
    )
    assert "Nothing is late of which anybody was told." in plain(shown.text)
    assert "Staff lead-1" in plain(shown.text)
    done = await desk.confirm(shown)
    assert done.status_code == 303, done.text
    text = await desk.over(done.headers["location"])
    assert "It is over" in text
    assert "Could not be done: Nothing is late of which anybody was told." in text
    for person in (first, second):
        journey = await journey_of(desk, person)
        assert {one: journey.steps[one].acknowledged_until is not None for one in steps} == dict.fromkeys(steps, True)
    told = "SELECT DISTINCT recipient FROM notices WHERE kind = 'word' AND text LIKE '%is being seen to%'"
    assert {row["recipient"] for row in await desk.here.pool.fetch(told)} == {"lead-1"}
    again = await desk.confirm(shown)
    assert again.headers["location"] == done.headers["location"]
    assert len(await first.commits()) == 1 + len(steps)


async def test_many_are_offered_and_answered(desk: Desk) -> None:
    people = [await desk.here.take_on() for _ in range(3)]
    ids = [one.id for one in people]
    asked = await desk.post("/people/many", do="offer", who=ids)
    assert "They answer by" in asked.text
    nobody = await desk.post("/people/many", do="offer", item=ids, go="preview", to="peer-1", answer_by=day(3))
    assert nobody.status_code == 422
    assert "Choose one of these." in nobody.text
    said = {"to": OTHER, "answer_by": day(3), "reason": "I move to another team."}
    shown = await desk.post("/people/many", do="offer", item=ids, go="preview", **said)
    assert "These would hear of it: Staff coordinator-2." in plain(shown.text)
    done = await desk.confirm(shown)
    text = await desk.over(done.headers["location"])
    assert "Offered to Staff coordinator-2" in text
    assert text.count("Done ") >= 3

    await sign_in(desk.browser, OTHER)
    assert (await desk.browser.get(done.headers["location"])).status_code == 404
    assert (await desk.browser.post(
        f"{done.headers['location']}/stop", data={"form_token": form_token(desk.browser)}
    )).status_code == 404  # fmt: skip
    declined = await desk.post("/people/many", do="decline", item=ids[:1], go="preview", reason="")
    assert declined.status_code == 422
    shown = await desk.post("/people/many", do="decline", item=ids[:1], go="preview", reason="I have too many.")
    assert "Staff coordinator-1" in plain(shown.text)
    await desk.over((await desk.confirm(shown)).headers["location"])
    shown = await desk.post("/people/many", do="accept", item=ids, go="preview")
    assert "No handover is waiting for an answer." in plain(shown.text) or NOT_SEEN in plain(shown.text)
    await desk.over((await desk.confirm(shown)).headers["location"])
    found = [(await journey_of(desk, one)).coordinator for one in people]
    assert found == [COORDINATOR, OTHER, OTHER]


async def test_ids_of_people_whom_one_may_not_see_say_nothing_of_them(desk: Desk) -> None:
    person = await desk.here.take_on()
    await sign_in(desk.browser, OTHER)
    nobody = str(uuid4())
    said = {"to": COORDINATOR, "answer_by": day(3), "reason": "A test of strangers."}
    mine = ["nonsense", "\0", person.id, nobody, "x" * 100, "x" * 101]
    shown = await desk.post("/people/many", do="offer", item=mine, go="preview", **said)
    text = plain(shown.text)
    assert text.count(NOT_SEEN) == 5
    assert "TEST-" not in text
    assert "Clementine" not in text
    assert "There is nothing to be done" in text
    sent = await desk.post("/people/many", do="offer", item=mine, go="confirm", bulk_id=str(uuid4()), **said)
    text = await desk.over(sent.headers["location"])
    assert text.count(NOT_SEEN) == 5
    assert "TEST-" not in text
    assert await person.commits() == [(1, "start")]
    kept = "SELECT count(*) FROM bulk_items WHERE transition_id IS NOT NULL"
    assert await desk.here.pool.fetchval(kept) == 0
    looked = "SELECT count(*) FROM access_log WHERE transition_id = $1 AND staff = $2"
    assert await desk.here.pool.fetchval(looked, person.id, OTHER) == 0


async def test_it_is_kept_who_was_looked_at_among_many(desk: Desk) -> None:
    person = await desk.here.take_on()
    await desk.post("/people/many", do="accept", who=[person.id])
    looked = "SELECT DISTINCT page FROM access_log WHERE transition_id = $1"
    assert [row["page"] for row in await desk.here.pool.fetch(looked, person.id)] == ["many"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"do": "offer"}, "Choose at least one person"),
        ({"do": "everything", "who": ["x"]}, "Choose what is to be done"),
        ({"who": ["x"]}, "Choose what is to be done"),
        ({"do": "accept", "who": [str(uuid4()) for _ in range(MOST + 1)]}, f"more than {MOST} at once"),
    ],
)
async def test_what_cannot_be_asked_says_why(desk: Desk, said: dict[str, Any], why: str) -> None:
    answer = await desk.post("/people/many", **said)
    assert answer.status_code == 422
    assert why in answer.text


async def test_it_is_for_those_who_steer_and_from_a_page_of_theirs(desk: Desk) -> None:
    answer = await desk.browser.post("/people/many", data={"do": "accept", "who": ["x"]})
    assert answer.status_code == 403
    await sign_in(desk.browser, "peer-1")
    assert (await desk.post("/people/many", do="accept", who=["x"])).status_code == 403


async def test_it_is_stopped_goes_on_and_left_by_whoever_stands_in(desk: Desk) -> None:
    people = [await desk.here.take_on() for _ in range(2)]
    bulk_id = str(uuid4())
    said = OfferMany(to=OTHER, answer_by=datetime.now(UTC) + 3 * DAY, reason="moving")
    items = [bulk.Asked(one.id, one.id) for one in people]
    await bulk.keep(desk.here.pool, bulk_id, COORDINATOR, said, datetime.now(UTC), items)
    where = f"/bulk/{bulk_id}"
    shown = (await desk.browser.get(where)).text
    assert "It is under way" in shown
    assert f'content="5; url={where}?unattended=yes"' in shown
    assert (await desk.browser.get(f"{where}?still=yes")).text.count("http-equiv") == 0
    assert (await desk.post(f"{where}/leave")).status_code == 409
    assert (await desk.post(f"{where}/stop")).status_code == 303
    now = datetime.now(UTC)
    await add_cover(desk.here.pool, Cover(staff=COORDINATOR, stands_in="lead-1", starts=now - DAY, ends=now + DAY))
    await sign_in(desk.browser, "lead-1")
    text = plain((await desk.browser.get(where)).text)
    assert "It is stopped" in text
    assert "Clementine" in text
    assert (await desk.post(f"{where}/leave")).status_code == 303
    text = await desk.over(where)
    assert text.count("Left as it was") == 2
    assert [len(await one.commits()) for one in people] == [1, 1]
    await desk.browser.get(f"{where}?became=left")
    assert (await desk.browser.get(f"{where}?became=lost")).status_code == 422
