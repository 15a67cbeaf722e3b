"""Every listing of people is a file, too: the same rows, for the same people, and kept in the access log alike."""

import csv
import io

import httpx
import pytest
import pytest_asyncio

from records.listings import history
from records.staff import upsert_staff
from schemas.codes import Role
from tests.records.journeys import Recorder, begin, member
from tests.web.watching import staffed, unsafe, watching
from workers.client import Pool


@pytest_asyncio.fixture
async def late(pool: Pool) -> Recorder:
    """Somebody late in the north, and somebody else in the south."""
    await staffed(pool)
    await upsert_staff(pool, [member("privacy", Role.PRIVACY_OFFICER, None)])
    await begin(pool, "coord-south")
    return await unsafe(pool, "coord-north")


async def rows(browser: httpx.AsyncClient, path: str) -> list[dict[str, str]]:
    """The rows of a file."""
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


async def test_a_caseload_is_that_of_whoever_asks(pool: Pool, late: Recorder) -> None:
    async with watching(pool, "coord-north") as browser:
        people = await rows(browser, "/people.csv")
        today = await rows(browser, "/people/today.csv")
        assert [row["Transition"] for row in people] == [late.journey.transition_id]
        assert [row["Name"] for row in people] == ["Ada Test"]
        assert today[0]["About safety"] == "yes"
        assert {row["Transition"] for row in today} == {late.journey.transition_id}
        assert await rows(browser, "/people.csv?hold=yes") == []
        for path in ("/people.csv", "/people/today.csv"):
            assert (await browser.get(f"{path}?who=coord-south")).status_code == 403
            assert path in (await browser.get("/people")).text


async def test_what_waits_for_somebody_names_nobody(pool: Pool, late: Recorder) -> None:
    async with watching(pool, "nurse-north") as browser:
        tasks = await rows(browser, "/tasks.csv")
        assert [row["What"] for row in tasks] == ["See the person"]
        assert {row["Transition"] for row in tasks} == {late.journey.transition_id}
        assert "Ada" not in str(tasks)
        assert "/tasks.csv" in (await browser.get("/tasks")).text


async def test_a_history_is_whole_and_the_look_is_kept(pool: Pool, late: Recorder) -> None:
    one = late.journey.transition_id
    async with watching(pool, "coord-north") as browser:
        told = await rows(browser, f"/people/{one}/history.csv")
        assert len(told) == len((await history(pool, one)).rows)
        assert all(row["What happened"] for row in told)
    async with watching(pool, "privacy") as browser:
        looks = await rows(browser, f"/people/{one}/access.csv")
        seen = [(row["Staff id"], row["What they saw"]) for row in looks]
        assert seen == [("privacy", "who looked at them"), ("coord-north", "their history")]


@pytest.mark.parametrize(("who", "path"), [("coord-south", "history"), ("coord-north", "access"), ("ops", "history")])
async def test_a_file_of_a_person_is_for_those_who_may_see_the_page(
    pool: Pool, late: Recorder, who: str, path: str
) -> None:
    async with watching(pool, who) as browser:
        assert (await browser.get(f"/people/{late.journey.transition_id}/{path}.csv")).status_code == 403
