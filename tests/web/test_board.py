"""The board: safety first, each number leading to exactly what it counts, and nothing of who anybody is."""

import csv
import io
import re

import pytest
import pytest_asyncio

from records import notices, sessions
from records.board import LateWork, What
from records.views import Page
from tests.records.journeys import begin, day
from tests.web.watching import TODAY, staffed, unsafe, watching
from web import export
from web.export import cell
from web.pages.board import rung_words
from workers.client import Pool

NAMES = ("Ada", "Test")


@pytest_asyncio.fixture(autouse=True)
async def service(pool: Pool) -> None:
    """One late about safety in the north, one in the south, and one whom nobody coordinates."""
    await staffed(pool)
    await unsafe(pool, "coord-north")
    await unsafe(pool, "coord-south")
    await begin(pool, None, "Team south")


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of a file, as a spreadsheet reads them."""
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


async def test_safety_comes_first_and_nobody_is_named(pool: Pool) -> None:
    async with watching(pool) as browser:
        page = (await browser.get("/board")).text
    ids = re.findall(r'<h2 id="([a-z]+)"', page)
    assert ids == ["safety", "silence", "alone", "queue", "other", "undelivered", "failed"]
    assert "10:00" in page
    assert not any(name in page for name in NAMES)


async def test_each_number_leads_to_exactly_what_it_counts(pool: Pool) -> None:
    async with watching(pool) as browser:
        page = (await browser.get("/board")).text
        counted = re.findall(r'href="(/board/overdue\?[^"]+)">(\d+)<', page)
        assert len(counted) >= 6
        for href, number in counted:
            address = href.replace("&amp;", "&")
            listed = (await browser.get(address)).text
            assert listed.count('<tr role="row" class="nhsuk-table__row">') == int(number), address
            assert not any(name in listed for name in NAMES)
            file = (await browser.get(address.replace("overdue?", "overdue.csv?"))).text
            assert len(rows_of(file)) == int(number), address


async def test_whom_nobody_coordinates_is_a_search(pool: Pool) -> None:
    async with watching(pool) as browser:
        page = (await browser.get("/board")).text
        [(href, number)] = re.findall(r'href="(/transitions\?nobody[^"]+)">(\d+)<', page)
        listed = (await browser.get(href.replace("&amp;", "&"))).text
    assert number == "1"
    assert listed.count("Nobody coordinates<") == 1
    assert listed.count('<tr role="row" class="nhsuk-table__row">') == 1


async def test_what_was_not_delivered_says_why(pool: Pool) -> None:
    first = (await notices.waiting(pool))[0]
    await notices.DESK.claim(pool, first, day(TODAY))
    await notices.DESK.failed(pool, first, "the mail server answered 550")
    async with watching(pool) as browser:
        page = (await browser.get("/board")).text
        listed = (await browser.get("/board/notices?why=failed")).text
        file = rows_of((await browser.get("/board/notices.csv?why=failed")).text)
    assert "1 e-mail did not go out: the mail server answered 550" in page
    assert "the mail server answered 550" in listed
    assert [row["What the mail server said"] for row in file] == ["the mail server answered 550"]
    assert not any(name in page + listed for name in NAMES)


async def test_it_is_shown_anew_unless_it_is_held_still(pool: Pool) -> None:
    async with watching(pool) as browser:
        live, still = (await browser.get("/board")).text, (await browser.get("/board?still=yes")).text
    assert 'hx-get="/board" hx-trigger="every 60s" hx-select="#board"' in live
    assert "hx-get" not in still
    assert 'href="/board?still=yes">Show again' in still


async def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(pool: Pool) -> None:
    async with watching(pool) as browser:
        await pool.execute("UPDATE sessions SET seen = $1, began = $1", day(TODAY) - sessions.IDLE / 2)
        assert (await browser.get("/board", headers={"Alongside-Unattended": "yes"})).status_code == 200
        assert await pool.fetchval("SELECT seen FROM sessions") == day(TODAY) - sessions.IDLE / 2
        await browser.get("/board")
        assert await pool.fetchval("SELECT seen FROM sessions") == day(TODAY)
        browser.cookies.clear()
        gone = await browser.get("/board", headers={"HX-Request": "true"})
    assert gone.headers["hx-redirect"] == "/sign-in?to=%2Fboard"


async def test_what_nobody_can_have_meant_counts_as_not_said(pool: Pool) -> None:
    async with watching(pool) as browser:
        listed = await browser.get("/board/overdue?what=nonsense&rung=-1&team=%00")
        lost = await browser.get("/board/overdue?after=nonsense")
        notices_of = await browser.get("/board/notices?why=nonsense")
    assert (listed.status_code, listed.text.count('<tr role="row" class="nhsuk-table__row">')) == (200, 2)
    assert lost.status_code == 422
    assert notices_of.status_code == 200


@pytest.mark.parametrize("who", ["coord-north", "peer-north", "nurse-north"])
async def test_the_board_is_for_those_who_watch(pool: Pool, who: str) -> None:
    async with watching(pool, who) as browser:
        for path in ("/board", "/board/overdue", "/board/overdue.csv", "/board/notices", "/board/notices.csv"):
            assert (await browser.get(path)).status_code == 403


def test_a_rung_without_a_word_of_its_own_has_a_number() -> None:
    assert [rung_words(n) for n in (0, 3, 4)] == ["Nobody told yet", "Third rung", "Rung 4"]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"), ("+44", "'+44"), ("-3", "'-3"), ("@cmd", "'@cmd"), ("\tx", "'\tx"), ("\rx", "'\rx"),
        (-3, "-3"), (None, ""), (True, "yes"), (False, "no"), ("Siân", "Siân"), (day(0), "2026-11-02 10:00"),
        (What.SAFETY, "safety"),
    ],
)  # fmt: skip
def test_nothing_in_a_cell_runs(value: object, written: str) -> None:
    assert cell(value) == written


async def test_a_file_that_is_cut_says_so(pool: Pool) -> None:
    from records import board

    async def page(after: str | None) -> Page[LateWork]:
        return await board.late_work(pool, What.SAFETY, limit=1, after=after)

    columns = [("Local id", lambda row: row.local_id)]
    for most, last in ((2, None), (1, "Cut here: a file has at most 1 rows.")):
        answer = await export.csv("late", columns, page, most)
        text = "".join([part async for part in answer.body_iterator])  # type: ignore[attr-defined]  # it streams
        lines = text.splitlines()
        assert lines[0] == "\ufeffLocal id"
        assert len(lines) == most + (2 if last else 1)
        assert last is None or lines[-1].strip('"').startswith(last)
