"""`alongside synthesize`: what it fills, what it says, and what it refuses."""

import json
from pathlib import Path

import pytest

from records.people import upsert_person
from tests.cli.driving import alongside
from tests.records.journeys import somebody
from workers.client import Pool


@pytest.fixture(autouse=True)
def records(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    """The records, and no Temporal: none is asked."""
    monkeypatch.setenv("ALONGSIDE_DATABASE_URL", database_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:9")


async def test_a_past_and_its_ledger(pool: Pool, tmp_path: Path) -> None:
    ledger = tmp_path / "past.jsonl"
    asked = ("synthesize", "--people", "6", "--years", "1", "--seed", "3", "--until", "2026-11-01")
    said = await alongside(*asked, "--ledger", str(ledger), "--json")
    told = json.loads(said.out)
    assert (said.code, told["people"], told["seed"]) == (0, 6, 3)
    assert told["transitions"] == await pool.fetchval("SELECT count(*) FROM transitions") >= 6
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert sum(line["what"] == "person" for line in lines) == 6
    assert sum(line["what"] == "began" for line in lines) == told["transitions"]
    again = await alongside(*asked)
    assert again.code == 5
    assert "a synthetic past already" in again.err


async def test_it_says_who_is_followed_by_nobody() -> None:
    said = await alongside("synthesize", "--people", "2", "--years", "0.2", "--until", "2026-11-01")
    assert "followed by nobody" in said.text
    assert "alongside rebuild" in said.text


async def test_never_among_real_people(pool: Pool, tmp_path: Path) -> None:
    await upsert_person(pool, somebody())
    ledger = tmp_path / "past.jsonl"
    refused = await alongside("synthesize", "--people", "2", "--ledger", str(ledger))
    assert refused.code == 5
    assert "never mixed" in refused.err
    assert not ledger.exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--people", "0"), 2),
        (("--people", "many"), 2),
        (("--years", "-1"), 2),
        (("--until", "2999-01-01"), 2),
        (("--until", "2026-02-30"), 2),
        (("--seed", "a"), 2),
    ],
)
async def test_what_cannot_be_is_refused(pool: Pool, words: tuple[str, ...], code: int) -> None:
    refused = await alongside("synthesize", *words)
    assert refused.code == code
    assert refused.err
    assert await pool.fetchval("SELECT count(*) FROM staff") == 0


async def test_a_ledger_that_is_there_is_not_written_over(pool: Pool, tmp_path: Path) -> None:
    ledger = tmp_path / "past.jsonl"
    ledger.write_text("something\n")
    refused = await alongside("synthesize", "--people", "2", "--ledger", str(ledger))
    assert refused.code == 2
    assert "file exists" in refused.err
    assert ledger.read_text() == "something\n"
    assert await pool.fetchval("SELECT count(*) FROM people") == 0
