"""The pages of being ready for discharge, and of what is known of somebody: asked, refused in place, and recorded."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import NamedTuple

import httpx
import pytest
import pytest_asyncio

from records import about, access, ready
from records.staff import upsert_staff
from schemas.codes import Role
from tests.planner.story import CAMHS, INPATIENT, london
from tests.records.counted import Counted, follow
from tests.records.journeys import MANAGERS, member, team_of
from tests.web.doors import form_token, house_on, served, sign_in
from workers.client import Pool

PERIOD = {"do": "begin", "starts": "2026-03-05", "delay": "18", "attribution": "05"}


class Desk(NamedTuple):
    """A coordinator at the pages of one person."""

    browser: httpx.AsyncClient
    pool: Pool
    one: Counted

    async def get(self, path: str) -> httpx.Response:
        return await self.browser.get(f"/people/{self.one.id}{path}")

    async def post(self, path: str, said: dict[str, str]) -> httpx.Response:
        form = said | {"form_token": form_token(self.browser)}
        return await self.browser.post(f"/people/{self.one.id}{path}", data=form)


@pytest_asyncio.fixture
async def desk(pool: Pool) -> AsyncIterator[Desk]:
    await upsert_staff(pool, [*team_of("north"), *team_of("south"), *MANAGERS])
    await upsert_staff(pool, [member("peer-north", Role.PEER_WORKER, "Team north")])
    one = await follow(pool, INPATIENT, "2026-03-02 10:00")
    here = replace(await house_on(pool, demo=True), clock=lambda: london("2026-03-20 12:00"))
    async with served(here) as browser:
        await sign_in(browser, "coord-north")
        yield Desk(browser, pool, one)


async def test_a_period_is_begun_ended_and_corrected_from_the_persons_page(desk: Desk) -> None:
    assert f'href="/people/{desk.one.id}/ready"' in (await desk.get("")).text
    assert "They are ready to leave" in (await desk.get("/ready")).text
    assert (await desk.post("/ready", PERIOD)).status_code == 303
    shown = (await desk.get("/ready")).text
    assert "They are ready since 5 March 2026" in shown
    assert "housing: supported accommodation" in shown
    assert (await desk.post("/ready", {"do": "end", "ends": "2026-03-09"})).status_code == 303
    (period,) = await ready.periods(desk.pool, desk.one.id)
    path = f"/ready/{period.id}"
    assert 'value="2026-03-05"' in (await desk.get(path)).text
    right = PERIOD | {"do": "correct", "starts": "2026-03-04", "ends": "2026-03-09", "why": "A day early."}
    assert (await desk.post(path, right)).status_code == 303
    shown = (await desk.get("/ready")).text
    assert "Ready from 5 March 2026 until 9 March 2026: withdrawn" in shown
    assert "because: A day early." in shown
    assert "to correct another one" in shown
    assert "It was withdrawn already" in (await desk.get(path)).text
    other = next(one for one in await ready.periods(desk.pool, desk.one.id) if one.withdrawn_at is None)
    assert (await desk.post(f"/ready/{other.id}", {"do": "withdraw", "why": "Never so."})).status_code == 303
    assert all(one.withdrawn_at for one in await ready.periods(desk.pool, desk.one.id))
    looks = (await access.looks(desk.pool, transition_id=desk.one.id)).rows
    assert {look.page for look in looks} == {"person", "ready"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (PERIOD | {"starts": ""}, "Say from which day."),
        (PERIOD | {"starts": "2026-02-31"}, "Write a day that exists"),
        (PERIOD | {"starts": "2026-02-28"}, "They came on 2 March 2026"),
        (PERIOD | {"starts": "2027-03-05"}, "lies in the future"),
        (PERIOD | {"delay": ""}, "Choose what they wait for."),
        (PERIOD | {"delay": "55"}, "Choose one of these."),
        (PERIOD | {"attribution": ""}, "Say whose it is."),
        ({"do": "end", "ends": "2026-03-09"}, "nothing to end"),
        ({"do": "end", "ends": "x"}, "Write a day that exists"),
        ({}, "Say from which day."),
    ],
)
async def test_what_cannot_be_is_said_in_place(desk: Desk, said: dict[str, str], told: str) -> None:
    answer = await desk.post("/ready", said)
    assert (answer.status_code, told in answer.text) == (422, True), answer.text
    assert await ready.periods(desk.pool, desk.one.id) == []


async def test_a_correction_is_refused_in_place(desk: Desk) -> None:
    await desk.post("/ready", PERIOD)
    (period,) = await ready.periods(desk.pool, desk.one.id)
    path = f"/ready/{period.id}"
    for said, told in (
        ({"do": "withdraw"}, "Say why it is corrected."),
        (PERIOD | {"do": "correct"}, "Say why it is corrected."),
        (PERIOD | {"do": "correct", "why": "x", "ends": "2026-03-01"}, "It ends before it begins"),
    ):
        answer = await desk.post(path, said)
        assert (answer.status_code, told in answer.text) == (422, True), answer.text
    assert (await desk.get("/ready/nonsense")).status_code == 404
    other = await follow(desk.pool, INPATIENT, "2026-03-02 10:00")
    assert (await desk.browser.get(f"/people/{other.id}{path}")).status_code == 404


async def test_only_those_who_care_for_them_see_and_record_it(desk: Desk) -> None:
    for who in ("coord-south", "peer-north", "ops"):
        await sign_in(desk.browser, who)
        for path in ("/ready", "/about"):
            assert (await desk.get(path)).status_code == 403
        assert (await desk.post("/ready", PERIOD)).status_code == 403
        assert (await desk.post("/about", {"ethnicity": "A"})).status_code == 403
    assert await ready.periods(desk.pool, desk.one.id) == []
    assert (await access.looks(desk.pool, transition_id=desk.one.id)).rows == []


async def test_nothing_is_recorded_without_the_forms_token(desk: Desk) -> None:
    for path in ("/ready", "/about"):
        assert (await desk.browser.post(f"/people/{desk.one.id}{path}", data=PERIOD)).status_code == 403
    assert await ready.periods(desk.pool, desk.one.id) == []


async def test_who_is_on_no_ward_is_not_offered_it(desk: Desk) -> None:
    other = await follow(desk.pool, CAMHS, "2026-03-02 10:00")
    assert "/ready" not in (await desk.browser.get(f"/people/{other.id}")).text


async def test_what_they_say_of_themselves_is_recorded(desk: Desk) -> None:
    assert "not asked yet" in (await desk.get("")).text
    assert 'name="died_on"' not in (await desk.get("/about")).text
    assert (await desk.post("/about", {"ethnicity": "M"})).status_code == 303
    assert "Black: Caribbean" in (await desk.get("")).text
    for said, told in (({"ethnicity": "Q"}, "Choose one of the list"), ({"died_on": "x"}, "Write a day that exists"),
                       ({"died_on": "2026-03-05"}, "They are still followed")):  # fmt: skip
        answer = await desk.post("/about", said)
        assert (answer.status_code, told in answer.text) == (422, True), answer.text
    assert (await about.read(desk.pool, desk.one.id)).ethnicity == "M"


async def test_the_day_of_a_death_is_put_right(desk: Desk) -> None:
    await desk.one.do("2026-03-10 10:00", "exit", exit="died")
    assert 'value="2026-03-10"' in (await desk.get("/about")).text
    assert (await desk.post("/about", {"died_on": "2026-03-08"})).status_code == 303
    assert "8 March 2026" in (await desk.get("")).text
