"""The chart of a report: what it says, as a picture and a table, and what people write on it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from planner.clock import LONDON
from records import chart_marks
from records.staff import upsert_staff
from schemas.codes import Role
from tests.planner.story import london
from tests.records.counted import follow
from tests.records.journeys import MANAGERS, member, team_of
from tests.web.doors import house_on, served, sign_in
from workers.client import Pool

NOW = "2026-06-12 12:00"
REPORT = "failed-contacts"
ADDRESS = f"/reports/{REPORT}"
MARKS = f"{ADDRESS}/marks"
FIRST = london("2026-03-09 11:00")
WEEKS = [1, 2, 1, 1, 2, 1, 2, 1, 1, 2, 1, 8]


@pytest.fixture(autouse=True)
async def service(pool: Pool) -> None:
    """Contacts that failed, more of them in one week than by chance; the week of today has not ended."""
    await upsert_staff(pool, [*team_of("north"), *MANAGERS, member("watching", Role.OPERATIONS, None)])
    one = await follow(pool, "inpatient-to-community", "2026-01-05 10:00", team="Team north", coordinator="coord-north")
    await one.do("2026-03-02 09:00", "milestone", milestone="discharged")
    for week, times in enumerate([*WEEKS, 1]):
        for hour in range(times):
            at = (FIRST + timedelta(weeks=week, hours=hour)).astimezone(LONDON)
            await one.met(f"{at:%Y-%m-%d %H:%M}", "follow-up-72h", attendance="3", mechanism="02")


@asynccontextmanager
async def reading(pool: Pool, who: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody who reads reports, at that hour."""
    here = replace(await house_on(pool, demo=True), clock=lambda: london(NOW))
    async with served(here) as browser:
        await sign_in(browser, who)
        yield browser


async def post(browser: httpx.AsyncClient, where: str, page: str, **said: str) -> httpx.Response:
    """Send a form as it stands on a page."""
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
    assert token is not None
    return await browser.post(where, data={"form_token": token[1], **said}, follow_redirects=True)


async def test_the_chart_says_what_is_more_than_chance_and_leaves_the_week_out_that_has_not_ended(pool: Pool) -> None:
    async with reading(pool, "service") as browser:
        page = (await browser.get(ADDRESS)).text
        assert "The week of 25 May 2026 (8) lies above the limits: a change more than chance." in page
        assert 'class="nhsuk-table__header">the week of 25 May 2026</th>' in page
        assert 'class="nhsuk-table__header">the week of 8 Jun 2026</th>' not in page
        picture = re.search(r'<img class="app-picture" src="([^"]+)" alt="([^"]+)"', page)
        assert picture is not None
        assert "lies above the limits" in picture[2]
        drawn = await browser.get(picture[1].replace("&amp;", "&"))
        assert drawn.headers["content-type"].startswith("image/svg+xml")
        assert "default-src 'none'" in drawn.headers["content-security-policy"]
        assert drawn.text.startswith("<svg")


async def test_whoever_sees_figures_from_outside_sees_no_small_number_on_the_chart(pool: Pool) -> None:
    async with reading(pool, "watching") as browser:
        page = (await browser.get(ADDRESS)).text
        assert "There is 1 figure since" in page
        assert "Left out, because there is no figure or it is withheld: the week of 1 Jun 2026." in page


async def test_a_change_that_is_known_is_written_on_the_chart_and_taken_off(pool: Pool) -> None:
    async with reading(pool, "service") as browser:
        form = (await browser.get(MARKS)).text
        said = {"kind": "note", "begins": "2026-05-04", "text": "A <b>telephone</b> broke"}
        told = await post(browser, MARKS, form, **said)
        assert "It stands on the chart." in told.text
        assert "4 May 2026: A &lt;b&gt;telephone&lt;/b&gt; broke" in told.text
        (mark,) = await chart_marks.marks(pool, REPORT, None, None)
        assert (mark.made_by, mark.made_at) == ("service", london(NOW))
        off = await post(browser, f"{MARKS}/{mark.id}/withdraw", (await browser.get(MARKS)).text)
        assert "It is off the chart." in off.text
        assert await chart_marks.marks(pool, REPORT, None, None) == []


async def test_a_baseline_has_limits_of_its_own(pool: Pool) -> None:
    async with reading(pool, "service") as browser:
        form = (await browser.get(MARKS)).text
        told = await post(browser, MARKS, form, kind="baseline", begins="2026-05-25", text="Counted anew")
        assert "25 May 2026, a baseline begins anew: Counted anew" in told.text
        assert "There are 2 figures since the week of 25 May 2026." in told.text
        again = await post(browser, MARKS, form, kind="baseline", begins="2026-05-25", text="Once more")
        assert again.status_code == 422
        assert "A baseline begins on 25 May 2026 already" in again.text


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"kind": "note", "begins": "2026-05-04", "text": " "}, "Say why."),
        ({"kind": "note", "text": "Because"}, "Write the day."),
        ({"kind": "note", "begins": "2026-02-30", "text": "Because"}, "Write a day and a time that exist"),
        ({"kind": "note", "begins": "2026-06-13", "text": "Because"}, "That day is still to come"),
        ({"kind": "other", "begins": "2026-05-04", "text": "Because"}, "Choose one of these."),
        ({"begins": "2026-05-04", "text": "Because"}, "Choose what it is."),
        ({"kind": "note", "begins": "2026-05-04", "text": "x" * 1001}, "Write at most 1000 letters."),
        ({"kind": "note", "begins": "2026-05-04", "text": "x" * 301}, "Write at most 300 letters."),
    ],
)
async def test_what_cannot_stand_on_a_chart_is_said_at_its_field(
    pool: Pool, said: dict[str, str], problem: str
) -> None:
    async with reading(pool, "service") as browser:
        answer = await post(browser, MARKS, (await browser.get(MARKS)).text, **said)
        assert answer.status_code == 422
        assert problem in answer.text
        assert await chart_marks.marks(pool, REPORT, None, None) == []


async def test_whoever_leads_one_team_writes_on_its_chart_alone(pool: Pool) -> None:
    async with reading(pool, "lead-north") as browser:
        form = (await browser.get(MARKS)).text
        await post(browser, MARKS, form, kind="note", begins="2026-05-04", text="Ours")
        assert [one.text for one in await chart_marks.marks(pool, REPORT, "Team north", None)] == ["Ours"]
        assert await chart_marks.marks(pool, REPORT, None, None) == []


async def test_operations_write_on_no_chart(pool: Pool) -> None:
    async with reading(pool, "watching") as browser:
        assert (await browser.get(MARKS)).status_code == 403
        assert "Write on the chart" not in (await browser.get(ADDRESS)).text
