"""Acting on one person by the pages: each act asks, refuses in place, shows what it would mean, and is done once."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio
from temporalio.client import Client

from records import listings
from records.staff import upsert_staff
from schemas.codes import Role
from schemas.journey import Journey
from tests.durable.following import COORDINATOR, TEAM, Followed, Place, place
from tests.records.journeys import member
from tests.web.doors import form_token, house_on, served, sign_in
from workers.client import Pool

DAY = timedelta(days=1)


class Desk(NamedTuple):
    """A coordinator at the pages of one person."""

    browser: httpx.AsyncClient
    here: Place
    person: Followed

    @property
    def page(self) -> str:
        return f"/people/{self.person.id}"

    async def get(self, path: str) -> str:
        answer = await self.browser.get(self.page + path)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def post(self, path: str, **said: Any) -> httpx.Response:
        fields = {name.replace("__", "-"): text for name, text in said.items()}
        return await self.browser.post(self.page + path, data=fields | {"form_token": form_token(self.browser)})

    async def confirmed(self, path: str, **said: Any) -> httpx.Response:
        """Look at what it would mean, and confirm just that."""
        shown = await self.post(path, **said)
        assert shown.status_code == 200, shown.text
        assert "Nothing is changed yet" in shown.text
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', shown.text))
        return await self.browser.post(self.page + path, data=hidden | {"go": "confirm"})

    async def journey(self) -> Journey:
        found = (await listings.transition(self.here.pool, self.person.id)).journey
        assert found is not None
        return found


def day(days: int) -> str:
    return f"{datetime.now(UTC) + days * DAY:%Y-%m-%d}"


@pytest_asyncio.fixture
async def desk(temporal: Client, pool: Pool) -> AsyncIterator[Desk]:
    async with place(temporal, pool) as here, here.worker():
        hours = {"hours_per_week": 30, "works": "mon-fri 09:00-17:00"}
        await upsert_staff(pool, [member("peer-1", Role.PEER_WORKER, TEAM).model_copy(update=hours)])
        person = await here.take_on(expected={"discharged": datetime.now(UTC) + 30 * DAY})
        async with served(await house_on(pool, temporal, demo=True, task_queue=here.settings.task_queue)) as browser:
            await sign_in(browser, COORDINATOR)
            yield Desk(browser, here, person)


async def test_a_step_is_reported_done_once(desk: Desk) -> None:
    shown = await desk.get("/steps/discharge-plan")
    assert "Say that it is done" in shown
    for _ in range(2):
        answer = await desk.post("/do/done/discharge-plan", command_id="one-click")
        assert (answer.status_code, answer.headers["location"]) == (303, desk.page)
    assert "discharge-plan was done" in await desk.get("")
    journey = await desk.journey()
    assert journey.steps["discharge-plan"].state == "done"
    history = (await listings.history(desk.here.pool, desk.person.id)).rows
    assert [row.staff for row in history if row.event == "completed"] == [COORDINATOR]


async def test_a_contact_asks_what_became_of_it_and_keeps_a_try(desk: Desk) -> None:
    assert (await desk.confirmed("/milestone", milestone="discharged")).status_code == 303
    wrong = await desk.post("/do/met/follow-up-72h", mechanism="02", reason="Nobody answered")
    assert wrong.status_code == 422
    assert "Say what became of it." in wrong.text
    assert "Nobody answered" in wrong.text
    tried = await desk.post("/do/met/follow-up-72h", attendance="3", mechanism="02")
    assert tried.status_code == 303
    step = (await desk.journey()).steps["follow-up-72h"]
    assert (step.state, step.attempts) == ("open", 1)
    review = next(one for one in (await desk.journey()).steps if one.startswith("risk-review:"))
    assert "Are they safe?" in await desk.get(f"/steps/{quote(review, safe='')}")


async def test_a_date_is_moved_after_looking_at_what_it_means(desk: Desk) -> None:
    before = (await desk.journey()).expected["discharged"]
    shown = await desk.post("/date", discharged=day(60), reason="No bed there")
    assert "What moves" in shown.text
    assert (await desk.journey()).expected["discharged"] == before
    assert (await desk.confirmed("/date", discharged=day(60), reason="No bed there")).status_code == 303
    assert (await desk.journey()).expected["discharged"] > before + 20 * DAY
    same = await desk.post("/date", discharged=day(60), reason="No bed there")
    assert (same.status_code, "change one" in same.text) == (422, True)


async def test_what_changed_meanwhile_is_shown_anew(desk: Desk) -> None:
    shown = await desk.post("/date", discharged=day(60), reason="No bed there")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', shown.text))
    assert (await desk.post("/hold", reason="An operation")).status_code == 303
    answer = await desk.browser.post(f"{desk.page}/date", data=hidden | {"go": "confirm"})
    assert (answer.status_code, "Something changed while you looked" in answer.text) == (409, True)
    again = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text))
    assert (await desk.browser.post(f"{desk.page}/date", data=again | {"go": "confirm"})).status_code == 303


async def test_facts_hold_and_a_step_of_ones_own(desk: Desk) -> None:
    assert (await desk.confirmed("/facts", **{"fact-suicide_risk": "yes"})).status_code == 303
    assert (await desk.journey()).facts["suicide_risk"] is True
    assert (await desk.post("/facts", **{"fact-suicide_risk": "yes"})).status_code == 422
    assert "Say why." in (await desk.post("/hold")).text
    assert (await desk.post("/hold", reason="An operation")).status_code == 303
    assert (await desk.confirmed("/hold")).status_code == 303
    assert (await desk.journey()).hold is None
    added = await desk.post("/add", title="Ask the housing office", kind="task", owner="coordinator", due=day(3))
    assert added.status_code == 303, added.text
    assert (await desk.journey()).steps["own-1"].title == "Ask the housing office"


async def test_a_step_is_dated_by_hand_and_left_out(desk: Desk) -> None:
    dated = await desk.confirmed("/do/date-it/discharge-plan", due=day(9), reason="The family is away")
    assert dated.status_code == 303
    assert (await desk.journey()).steps["discharge-plan"].by_hand == "The family is away"
    assert (await desk.confirmed("/do/by-rule/discharge-plan")).status_code == 303
    past = await desk.post("/do/date-it/discharge-plan", due=day(-9), reason="Because")
    assert (past.status_code, "lies in the past" in past.text) == (422, True)
    assert (await desk.post("/do/leave-out/discharge-plan", reason="Written before")).status_code == 303
    assert (await desk.journey()).steps["discharge-plan"].state == "waived"


async def test_a_handover_is_offered_withdrawn_and_accepted(desk: Desk) -> None:
    offer = {"to": "coordinator-2", "answer_by": day(4)}
    assert (await desk.post("/handover", **offer)).status_code == 303
    assert "Withdraw the offer" in await desk.get("/handover")
    assert (await desk.post("/handover")).status_code == 303
    assert (await desk.post("/handover", **offer)).status_code == 303
    await sign_in(desk.browser, "coordinator-2")
    no = await desk.post("/handover", accept="no")
    assert (no.status_code, "Say why not" in no.text) == (422, True)
    assert (await desk.post("/handover", accept="yes")).status_code == 303
    assert (await desk.journey()).coordinator == "coordinator-2"


async def test_peer_support_is_accepted_and_wished_for(desk: Desk) -> None:
    assert (await desk.confirmed("/support", **{"fact-peer_support": "accepted"})).status_code == 303
    assert "Find a peer worker" in await desk.get("/peer")
    wished = await desk.post("/wishes", **{"wish-language": "ur", "not_with": "peer-1"})
    assert wished.status_code == 303, re.findall("error-summary(.*?)<h1", wished.text, re.S)
    peers = (await desk.journey()).peers
    assert peers is not None
    assert peers.not_with == ["peer-1"]
    assert (await desk.post("/assign", staff="peer-1")).status_code == 422


async def test_somebody_stands_in(desk: Desk) -> None:
    assert (await desk.post("/cover", stands_in="coordinator-2", starts=day(0))).status_code == 422
    done = await desk.post("/cover", stands_in="coordinator-2", starts=day(0), ends=day(5))
    assert done.status_code == 303
    assert await desk.here.pool.fetchval("SELECT stands_in FROM cover WHERE staff = $1", COORDINATOR) == "coordinator-2"


async def test_it_ends_and_nothing_more_is_asked(desk: Desk) -> None:
    shown = await desk.post("/leave", exit="died", reason="They died")
    assert "This transition ends" in shown.text
    assert (await desk.confirmed("/leave", exit="died", reason="They died")).status_code == 303
    assert (await desk.journey()).closed is not None
    assert (await desk.browser.get(f"{desk.page}/steps/discharge-plan")).status_code == 409


@pytest.mark.parametrize("staff", ["peer-1", "ops-1"])
async def test_it_is_not_for_those_who_do_not_see_them(desk: Desk, staff: str) -> None:
    await upsert_staff(desk.here.pool, [member("ops-1", Role.OPERATIONS, None)])
    await sign_in(desk.browser, staff)
    for path in ("/date", "/hold", "/peer", "/cover", "/do/done/discharge-plan", "/steps/discharge-plan"):
        assert (await desk.browser.get(desk.page + path)).status_code == 403, path
    before = (await desk.journey()).revision
    assert (await desk.post("/do/done/discharge-plan")).status_code == 403
    assert (await desk.journey()).revision == before


async def test_wrong_dates_and_made_up_answers_are_told_at_their_field(desk: Desk) -> None:
    for said, sentence in (
        ({"discharged": "2026-02-31", "reason": "x"}, "exist"),
        ({"discharged": "9999-01-01", "reason": "x"}, "too far away"),
        ({"discharged": day(60)}, "Say why it moves."),
    ):
        answer = await desk.post("/date", **said)
        assert (answer.status_code, sentence in answer.text) == (422, True), said
    made_up = await desk.post("/leave", exit="flown", reason="x")
    assert (made_up.status_code, "Choose one of these." in made_up.text) == (422, True)
    assert (await desk.browser.get(f"{desk.page}/steps/no-such-step")).status_code == 404
