"""`alongside capacity`, `hours` and `overrides` as somebody sees them; and groups, from plan to cancelled."""

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.driving import alongside
from workers.client import Pool

STAFF = Path(__file__).parents[2] / "cli" / "demo_data" / "staff-2026-11-16.csv"
NORTH = "FIRST outreach north"


@pytest.fixture(autouse=True)
async def _imported(pool: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALONGSIDE_DATABASE_URL", database_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("ALONGSIDE_AS", "lead-first-outreach-north")
    assert (await alongside("import", str(STAFF))).code == 0


async def test_a_team_without_people_has_all_its_hours_free() -> None:
    (found,) = json.loads((await alongside("capacity", "--team", NORTH, "--weeks", "2", "--json")).out)
    assert (found["workers"], found["people"], len(found["weeks"])) == (2, 0, 2)
    assert all(week["asked"] == 0 and week["free"] == week["available"] > 0 for week in found["weeks"])
    said = (await alongside("capacity", "--team", NORTH)).text
    assert "0 contacts asked for in the 8 weeks fit into the hours." in said
    assert "local policy; no national figure exists" in said


async def test_the_same_as_csv_and_as_a_picture(tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO((await alongside("capacity", "--csv")).out)))
    assert {row["team"] for row in rows} >= {NORTH, "Specialist psychotherapy"}
    assert {len([row for row in rows if row["team"] == NORTH])} == {8}
    picture = tmp_path / "capacity.svg"
    assert f"Drawn: {picture}" in (await alongside("capacity", "--svg", str(picture))).out
    drawn = ElementTree.parse(picture).getroot()
    text = " ".join(drawn.itertext())
    assert NORTH in text
    assert "hours there are" in text
    refused = await alongside("capacity", "--svg", str(tmp_path / "no" / "folder.svg"))
    assert refused.code != 0
    assert "cannot be written" in refused.text


async def test_an_unknown_team_or_worker_is_said() -> None:
    refused = await alongside("capacity", "--team", "Nowhere")
    assert refused.code == 3
    assert "There is no team Nowhere" in refused.text
    assert (await alongside("hours", "coord-n1")).code == 3


async def test_a_worker_sees_their_hours_and_a_group_takes_some() -> None:
    planned = await alongside(
        "group", "plan", "Weekly drop-in", "--team", NORTH, "--at", "2027-01-12T11:00", "--staff", "peer-f1",
        "--weeks", "2",
    )  # fmt: skip
    assert planned.text.count("Planned: Weekly drop-in") == 2
    listed = json.loads((await alongside("group", "list", "--team", NORTH, "--json")).out)
    assert [one["starts"][:16] for one in listed] == ["2027-01-12 11:00", "2027-01-19 11:00"]
    again = await alongside(
        "group", "plan", "Another", "--team", NORTH, "--at", "2027-01-19T11:30", "--staff", "peer-f1", "--minutes", "60"
    )
    assert again.code == 5
    assert "peer-f1 is booked already then" in again.text
    assert (await alongside("hours", "peer-f1")).code == 0
    assert "Nothing is booked beyond" in (await alongside("overrides")).out


async def test_some_weeks_of_a_group_that_cannot_be_plan_none() -> None:
    await alongside("group", "plan", "One", "--team", NORTH, "--at", "2027-01-19T11:00", "--staff", "peer-f1")
    refused = await alongside(
        "group", "plan", "Two", "--team", NORTH, "--at", "2027-01-12T11:00", "--staff", "peer-f1", "--weeks", "2"
    )
    assert refused.code == 5
    assert len(json.loads((await alongside("group", "list", "--team", NORTH, "--json")).out)) == 1
