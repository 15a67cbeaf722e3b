"""The search page: filters in the address, work and no people, and never a name in an address."""

import csv
import io

import pytest
import pytest_asyncio

from records import work
from records.work import Search
from tests.records.journeys import PATHWAY, begin
from tests.web.watching import staffed, unsafe, watching
from web.pages.transitions import day, is_an_id
from workers.client import Pool

ROW = '<tr role="row" class="nhsuk-table__row">'


@pytest_asyncio.fixture(autouse=True)
async def service(pool: Pool) -> None:
    """One late about safety, one in time, and one whom nobody coordinates."""
    await staffed(pool)
    await unsafe(pool, "coord-north")
    await begin(pool, "coord-south")
    await begin(pool, None, "Team south")


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 3),
        ("late=safety", 1),
        ("late=safety&rung=3&team=Team+north", 1),
        ("rung=2", 0),
        ("late=silence", 0),
        ("state=open&team=Team+south", 2),
        ("state=closed", 0),
        ("nobody=yes", 1),
        ("coordinator=coord-south", 1),
        ("started_from=2026-11-02&started_to=02/11/2026", 3),
        ("started_from=2026-11-03", 0),
        (f"definition={PATHWAY.digest[:12]}", 3),
        ("definition=000000000000", 0),
        ("state=nonsense&late=nonsense&rung=x&sort=x", 3),
    ],
)
async def test_what_the_address_asks_for(pool: Pool, query: str, number: int) -> None:
    async with watching(pool) as browser:
        for order in ("", "&sort=newest"):
            page = await browser.get(f"/transitions?{query}{order}")
            assert page.status_code == 200
            assert page.text.count(ROW) == number
            file = (await browser.get(f"/transitions.csv?{query}{order}")).text.removeprefix("\ufeff")
            assert len(list(csv.DictReader(io.StringIO(file)))) == number
            assert "Ada" not in page.text + file


async def test_one_is_found_and_leads_on(pool: Pool) -> None:
    one = (await work.search(pool, Search(late="safety"))).rows[0]
    async with watching(pool) as browser:
        for find in (one.local_id, one.id[:8], one.id):
            page = (await browser.get(f"/transitions?find={find}")).text
            assert page.count(ROW) == 1
            assert f'href="/transitions/{one.id}/execution"' in page
            assert f'href="/people/{one.id}"' in page
    async with watching(pool, "lead-north") as browser:
        assert "/execution" not in (await browser.get("/transitions")).text


@pytest.mark.parametrize("said", ["Ada+Test", "Test", "9990046212", "999+004+6212"])
async def test_a_name_or_an_nhs_number_does_not_stay_in_the_address(pool: Pool, said: str) -> None:
    async with watching(pool) as browser:
        away = await browser.get(f"/transitions?state=open&find={said}")
        assert (away.status_code, away.headers["location"]) == (303, "/transitions?state=open&wrong=find")
        page = await browser.get(away.headers["location"])
    assert page.status_code == 422
    assert "takes no names and no NHS" in page.text
    assert 'id="find-error"' in page.text


async def test_a_day_that_is_none_is_said_at_its_field(pool: Pool) -> None:
    async with watching(pool) as browser:
        page = await browser.get("/transitions?closed_to=31/31/2026&team=Team+north")
        file = await browser.get("/transitions.csv?closed_to=31/31/2026")
    assert page.status_code == 422
    assert 'id="closed_to-error"' in page.text
    assert 'value="31/31/2026"' in page.text
    assert '<option value="Team north" selected>' in page.text
    assert file.status_code == 422


async def test_pages_meet(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(work.LIMIT):
        await begin(pool, "coord-south")
    async with watching(pool) as browser:
        first = (await browser.get("/transitions?team=Team+south")).text
        more = first.partition('<p><a href="')[2].partition('">Next ones')[0].replace("&amp;", "&")
        assert "team=Team+south" in more
        second = (await browser.get(more)).text
    assert (first.count(ROW), second.count(ROW)) == (work.LIMIT, 2)
    assert "Next ones" not in second


@pytest.mark.parametrize("who", ["coord-north", "peer-north"])
async def test_the_search_is_for_those_who_watch(pool: Pool, who: str) -> None:
    async with watching(pool, who) as browser:
        for path in ("/transitions", "/transitions.csv"):
            assert (await browser.get(path)).status_code == 403


def test_what_can_be_an_id() -> None:
    assert all(map(is_an_id, ["AL00232", "T1", "0af20198", "0af20198-f2af", "deadbeef", "12345"]))
    assert not any(map(is_an_id, ["Ada", "dead", "Ada Test", "9990046212", "x" * 65 + "1", "a b1"]))


def test_a_day_as_people_write_it() -> None:
    assert day("2026-11-26") == day("26/11/2026") is not None
    assert [day(said) for said in ("", "26.11.2026", "0001-01-01", "2026-02-30")] == [None] * 4
