"""The pages of reports: who sees which figures, whom a figure is about, and that nothing small leaves."""

import csv
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date

import httpx
import pytest

from records import experience
from records.groups import add_group
from records.reports.registry import REPORTS
from records.staff import upsert_staff
from schemas.codes import Division, Role
from schemas.person import Person
from schemas.workforce import GroupPlan, Place
from tests.planner.story import london
from tests.records.counted import follow
from tests.records.journeys import MANAGERS, member, somebody, team_of
from tests.web.doors import house_on, served, sign_in
from workers.client import Pool

NOW = "2026-03-20 12:00"
ADDRESS = "/reports/failed-contacts"
STEP = "follow-up-72h"


@pytest.fixture(autouse=True)
async def service(pool: Pool) -> None:
    """Two teams; in the north a contact failed five times, in the south twice."""
    await upsert_staff(pool, [*team_of("north"), *team_of("south"), *MANAGERS])
    await upsert_staff(pool, [member("peer-north", Role.PEER_WORKER, "Team north")])
    await upsert_staff(pool, [member("peer-lead", Role.PEER_LEAD, None)])
    for team, times in (("north", 5), ("south", 2)):
        one = await follow(
            pool, "inpatient-to-community", "2026-01-05 10:00", team=f"Team {team}", coordinator=f"coord-{team}"
        )
        await one.do("2026-03-02 09:00", "milestone", milestone="discharged")
        for hour in range(times):
            await one.met(f"2026-03-03 1{hour}:00", STEP, attendance="3", mechanism="02")


@asynccontextmanager
async def reading(pool: Pool, who: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody who reads reports, at that hour."""
    here = replace(await house_on(pool, demo=True), clock=lambda: london(NOW))
    async with served(here) as browser:
        await sign_in(browser, who)
        yield browser


def young() -> Person:
    """Somebody who was 18 in September 2020."""
    return somebody().model_copy(update={"date_of_birth": date(2002, 9, 1)})


def cells(page: str) -> list[list[str]]:
    """The rows of the figures, as text."""
    rows = re.findall(r'<tr class="nhsuk-table__row">(.*?)</tr>', page)
    return [
        [re.sub(r"<span.*?</span>|<[^>]+>", "", one) for one in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows
    ]


async def test_every_report_is_offered_and_says_what_it_counts(pool: Pool) -> None:
    async with reading(pool, "service") as browser:
        offered = (await browser.get("/reports")).text
        for one in REPORTS:
            assert f'href="/reports/{one.id}"' in offered
            page = await browser.get(f"/reports/{one.id}")
            assert page.status_code == 200, page.text
            for words in ("Numerator", "Denominator", "Not counted", "Where the rule is from", one.title):
                assert words in page.text


async def test_a_figure_leads_to_exactly_whom_it_counts(pool: Pool) -> None:
    async with reading(pool, "service") as browser:
        page = (await browser.get(f"{ADDRESS}?by=team")).text
        links = re.findall(r'href="(/reports/failed-contacts/list\?[^"]*figure=failed[^"]*)">(\d+)<', page)
        assert sorted(number for _, number in links) == ["2", "5", "7"]
        for href, number in links:
            listed = (await browser.get(href.replace("&amp;", "&"))).text
            assert listed.count('<tr role="row" class="nhsuk-table__row">') == int(number)
            assert "Ada Test" in listed


async def test_whoever_is_in_none_is_one_step_away_whatever_is_shown(pool: Pool) -> None:
    lost = await follow(pool, "camhs-to-adult", "2020-01-06 10:00", person=young(), coordinator="coord-south",
                        team="Team south")  # fmt: skip
    async with reading(pool, "service") as browser:
        page = (await browser.get("/reports/destinations?from=2021-01-01&to=2021-12-31&team=Team+north")).text
        (href,) = re.findall(r'href="(/reports/destinations/list[^"]*)"', page)
        assert lost.person.local_id in (await browser.get(href)).text
    async with reading(pool, "ops") as browser:
        assert "/reports/destinations/list" not in (await browser.get("/reports/destinations")).text


async def test_months_that_do_not_add_up_have_no_total(pool: Pool) -> None:
    async with reading(pool, "service") as browser:
        assert "All" not in [row[0] for row in cells((await browser.get("/reports/inpatients?by=")).text)]
        assert (await browser.get("/reports/inpatients.json")).json()["total"] is None


async def test_small_numbers_stay_inside(pool: Pool) -> None:
    async with reading(pool, "service") as browser:
        file = (await browser.get(f"{ADDRESS}.csv?by=team")).text
        told = (await browser.get(f"{ADDRESS}.json?by=team")).json()
    rows = list(csv.DictReader(io.StringIO(file.removeprefix("\ufeff"))))
    assert [(row["Team"], row["Did not come about"]) for row in rows] == [
        ("Team north", "5"),
        ("Team south", "under 5"),
    ]
    assert [row["failed"] for row in told["rows"]] == [5, "under 5"]
    assert told["total"]["failed"] == "not shown"
    assert "Ada" not in file


async def test_operations_see_figures_and_no_people(pool: Pool) -> None:
    async with reading(pool, "ops") as browser:
        page = (await browser.get(f"{ADDRESS}?by=team")).text
        assert "under 5" in page
        assert "/list" not in page
        assert (await browser.get(f"{ADDRESS}/list?figure=failed")).status_code == 403


async def test_who_leads_a_team_asks_about_that_team(pool: Pool) -> None:
    async with reading(pool, "lead-south") as browser:
        page = (await browser.get(f"{ADDRESS}?team=Team+north")).text
        assert cells(page)[-1][1] == "2"
        listed = (await browser.get(f"{ADDRESS}/list?figure=failed&team=Team+north")).text
        assert "Team north" not in listed
        told = (await browser.get(f"{ADDRESS}.json?team=Team+north")).json()
        assert told["team"] == "Team south"


async def test_a_manager_of_one_team_sees_no_names_of_another(pool: Pool) -> None:
    await upsert_staff(pool, [member("duty-north", Role.DUTY_MANAGER, "Team north")])
    async with reading(pool, "duty-north") as browser:
        listed = (await browser.get(f"{ADDRESS}/list?figure=failed&by=team&split=Team+south")).text
    assert listed.count('<tr role="row" class="nhsuk-table__row">') == 2
    assert "Ada" not in listed


async def test_nobody_learns_whose_an_anonymous_answer_is(pool: Pool) -> None:
    for _ in range(5):
        one = await follow(pool, "waiting-list-to-discharge", "2026-01-05 10:00")
        await experience.count(pool, one.id, one.journey.revision, {"FFT": "very-good"}, london(NOW))
    one = await follow(pool, "waiting-list-to-discharge", "2026-01-05 10:00")
    await experience.count(pool, one.id, one.journey.revision, {"FFT": "very-poor"}, london(NOW))
    async with reading(pool, "lead-north") as browser:
        page = (await browser.get("/reports/experience?team=Team+north")).text
        assert cells(page)[-1][:4] == ["All", "6", "not shown", "not shown"]
        assert "/list" not in page
        assert "withheld" in page
        assert (await browser.get("/reports/experience/list?figure=negative")).status_code == 403


async def test_a_group_is_listed_and_is_nobody(pool: Pool) -> None:
    worker = member("ann", Role.PEER_WORKER, "Team north").model_copy(
        update={"hours_per_week": 37.5, "works": "mon-fri 09:00-16:30"}
    )
    await upsert_staff(pool, [worker])
    plan = GroupPlan(
        team="Team north", title="Drop-in", place=Place.COMMUNITY, starts=london("2026-03-06 11:00"),
        ends=london("2026-03-06 12:00"), staff=["ann"], people_at_most=4,
    )  # fmt: skip
    await add_group(pool, plan, london("2026-03-02 11:00"), Division.ENGLAND_AND_WALES)
    async with reading(pool, "lead-north") as browser:
        page = (await browser.get("/reports/peer-contacts?by=worker")).text
        assert "Ann (ann)" in page
        listed = (await browser.get("/reports/peer-contacts/list?figure=groups&from=2026-03-01")).text
    assert "Nobody alone" in listed
    assert "Drop-in" in listed
    assert "/people/" not in listed


async def test_outcomes_have_a_row_a_measure_and_no_total(pool: Pool) -> None:
    async with reading(pool, "service") as browser:
        page = (await browser.get("/reports/outcomes?by=")).text
        assert cells(page) == []
        told = (await browser.get("/reports/outcomes.json")).json()
        assert (told["by"], told["rows"], told["total"]) == ("measure", [], None)
        assert (await browser.get("/reports/outcomes?by=team")).status_code == 422


@pytest.mark.parametrize("who", ["coord-north", "peer-north", "nurse-north"])
async def test_reports_are_for_those_who_answer_for_the_service(pool: Pool, who: str) -> None:
    async with reading(pool, who) as browser:
        for path in ("/reports", ADDRESS, f"{ADDRESS}.csv", f"{ADDRESS}.json", f"{ADDRESS}/list?figure=failed"):
            assert (await browser.get(path)).status_code == 403


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/reports/nothing", 404),
        (f"{ADDRESS}?by=colour", 422),
        (f"{ADDRESS}?from=yesterday", 422),
        (f"{ADDRESS}?from=2026-03-01&to=2026-02-01", 422),
        (f"{ADDRESS}?from=1990-01-01", 422),
        (f"{ADDRESS}?to=0001-01-01", 422),
        (f"{ADDRESS}?to=9999-12-31", 422),
        (f"{ADDRESS}/list?figure=failed&to=9999-12-31", 422),
        (f"{ADDRESS}/list?figure=nothing", 422),
        (f"{ADDRESS}/list?figure=failed&after=nonsense", 422),
        (f"{ADDRESS}?team=No+such+team", 200),
    ],
)
async def test_what_cannot_be_asked_is_said_kindly(pool: Pool, address: str, status: int) -> None:
    async with reading(pool, "service") as browser:
        page = await browser.get(address)
    assert page.status_code == status
    assert "Traceback" not in page.text
