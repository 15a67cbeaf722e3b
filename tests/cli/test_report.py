"""`alongside report`: the figures as a table, CSV and JSON, and the people behind one as a stream."""

import json
from pathlib import Path

import pytest

from tests.cli.driving import alongside
from tests.durable.following import Place
from tests.records.counted import follow
from workers.client import Pool

ASKED = ("failed-contacts", "--from", "2026-03-02", "--to", "2026-03-08")


@pytest.fixture(autouse=True)
async def failed(unattended: Place, pool: Pool) -> None:
    """A contact that failed twice."""
    one = await follow(pool, "inpatient-to-community", "2026-01-05 10:00", team="North", coordinator="coordinator-1")
    await one.do("2026-03-02 09:00", "milestone", milestone="discharged")
    for hour in (10, 11):
        await one.met(f"2026-03-03 {hour}:00", "follow-up-72h", attendance="3", mechanism="02")


async def test_every_report_is_offered() -> None:
    said = await alongside("report")
    assert "follow-up: Follow-up after a discharge." in said.text
    offered = json.loads((await alongside("report", "--json")).out)
    assert {"four-weeks", "escalations", "failed-contacts"} <= {one["id"] for one in offered}


async def test_small_numbers_are_shown_inside_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    outside, inside = await alongside("report", *ASKED), await alongside("report", *ASKED, "--inside")
    assert "under 5" in outside.out
    assert "withheld" in outside.out
    assert "under 5" not in inside.out
    told = json.loads((await alongside("report", *ASKED, "--inside", "--json")).out)
    assert [row["failed"] for row in told["rows"]] == [2]
    lines = (await alongside("report", *ASKED, "--csv", "--by", "team")).out.splitlines()
    assert lines[0].startswith("From,Team,Did not come about")
    assert lines[1].startswith("2026-03-02,North,under 5")


async def test_a_list_is_a_line_a_case_and_stays_inside() -> None:
    rows = [json.loads(line) for line in
            (await alongside("report", *ASKED, "--inside", "--list", "failed", "--json")).out.splitlines()]  # fmt: skip
    assert [row["shown"]["attendance"] for row in rows] == ["3", "3"]
    assert "How it went" not in (await alongside("report", *ASKED, "--inside", "--list", "failed")).out
    refused = await alongside("report", *ASKED, "--list", "failed")
    assert refused.code == 2
    assert "--inside" in refused.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nothing",), 3),
        (("escalations", "--by", "colour"), 2),
        (("escalations", "--from", "2026-99-01"), 2),
        (("escalations", "--from", "2026-04-01", "--to", "2026-03-01"), 2),
        (("escalations", "--inside", "--list", "nothing"), 2),
        (("experience", "--inside", "--list", "responses"), 4),
        (("outcomes", "--by", "team"), 2),
    ],
)
async def test_what_cannot_be_asked_is_a_sentence(words: tuple[str, ...], code: int) -> None:
    ended = await alongside("report", *words)
    assert ended.code == code, ended
    assert "Traceback" not in ended.text


async def test_the_board_pack_is_two_files(tmp_path: Path) -> None:
    made = await alongside("board-pack", "--month", "2026-03", "--out", str(tmp_path))
    assert made.code == 0, made.err
    assert "under 5" in (tmp_path / "board-pack-2026-03.html").read_text()
    assert (tmp_path / "board-pack-2026-03.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("words", "told"),
    [(("--month", "March"), "--month is not a month"), (("--out", "/no/such/folder"), "There is no folder")],
)
async def test_a_board_pack_that_cannot_be_made_says_why(words: tuple[str, ...], told: str) -> None:
    refused = await alongside("board-pack", *words)
    assert refused.code == 2
    assert told in refused.err
