"""The board pack: every report with what its chart says, as a file that loads nothing and as a PDF."""

import re
from datetime import date

import pytest

from planner.spc import Rules
from records.errors import RecordsError
from records.reports.registry import REPORTS
from records.staff import upsert_staff
from tests.planner.story import london
from tests.records.counted import follow
from tests.records.journeys import team_of
from web import board_pack
from workers.client import Pool

NOW = london("2026-04-02 12:00")
MARCH = date(2026, 3, 1)


@pytest.fixture(autouse=True)
async def service(pool: Pool) -> None:
    """A contact that failed twice."""
    await upsert_staff(pool, team_of("north"))
    one = await follow(pool, "inpatient-to-community", "2026-01-05 10:00", team="Team north", coordinator="coord-north")
    await one.do("2026-03-02 09:00", "milestone", milestone="discharged")
    for hour in (10, 11):
        await one.met(f"2026-03-03 {hour}:00", "follow-up-72h", attendance="3", mechanism="02")


async def test_every_report_is_in_it_with_its_definition_and_nothing_small_leaves(pool: Pool) -> None:
    pack = await board_pack.gather(pool, MARCH, NOW, Rules())
    told = board_pack.html(pack)
    assert "<h1>Transitions in March 2026</h1>" in told
    for report in REPORTS:
        assert f'<section id="{report.id}">' in told
    failed = told[told.index('<section id="failed-contacts">') :].split("</section>")[0]
    assert "under 5" in failed
    assert not re.search(r"<td>2</td>", failed)


async def test_the_file_loads_nothing(pool: Pool) -> None:
    told = board_pack.html(await board_pack.gather(pool, MARCH, NOW, Rules()))
    assert not re.search(r'(?:src|href)="(?!data:|#)', told)
    assert "<script" not in told


async def test_on_paper_it_is_a_tagged_pdf(pool: Pool) -> None:
    made = board_pack.pdf(await board_pack.gather(pool, MARCH, NOW, Rules()))
    assert made.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in made
    assert b"pdfuaid:part" in made


async def test_a_month_that_has_not_ended_is_refused(pool: Pool) -> None:
    with pytest.raises(RecordsError, match="April 2026 has not ended"):
        await board_pack.gather(pool, date(2026, 4, 1), NOW, Rules())


def test_the_usual_month_is_the_last_that_has_ended() -> None:
    assert board_pack.month_before(date(2026, 1, 15)) == date(2025, 12, 1)
