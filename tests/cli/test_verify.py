"""`alongside verify` on the command line: what it says, how it ends, and heads that were kept."""

import json
from pathlib import Path

import pytest

from tests.cli.driving import alongside
from tests.records.tampering import Kept, fill, seal_now, unhindered
from workers.client import Pool


@pytest.fixture
async def kept(pool: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Kept:
    """Sound records, sealed, where the command finds them."""
    monkeypatch.setenv("ALONGSIDE_DATABASE_URL", database_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    written = await fill(pool)
    await seal_now(pool)
    return written


async def test_sound_records_end_well_and_are_kept_as_verified(pool: Pool, kept: Kept) -> None:
    said = await alongside("verify")
    assert said.code == 0
    assert "every one is what it was" in said.text
    assert "Sealed until" in said.text
    last = await pool.fetchrow("SELECT rows, findings FROM verifications")
    assert last is not None
    assert last["rows"] > 20
    assert last["findings"] == 0
    assert json.loads((await alongside("verify", "--json")).out)["found"] == 0


async def test_what_is_wrong_is_named_and_ends_with_one(pool: Pool, kept: Kept) -> None:
    async with unhindered(pool) as link:
        await link.execute("UPDATE access_log SET staff = 'other' WHERE id = $1", kept.looks[0])
        await link.execute("DELETE FROM events WHERE transition_id = $1 AND revision = 2 AND seq = 1", kept.transition)
    said = await alongside("verify")
    assert said.code == 1
    assert f"Look {kept.looks[0]} was changed after it was written (sealed on" in said.text
    assert f"Transition {kept.transition}: event 1 of revision 2 was removed." in said.text
    assert "2 found wrong" in said.text
    told = json.loads((await alongside("verify", "--json")).out)
    assert told["found"] == 2
    assert {(one["table"], one["what"]) for one in told["faults"]} == {("access_log", "changed"), ("events", "removed")}
    assert await pool.fetchval("SELECT findings FROM verifications ORDER BY at DESC LIMIT 1") == 2


async def test_a_head_that_was_kept_is_compared(pool: Pool, kept: Kept, tmp_path: Path) -> None:
    file = tmp_path / "heads.txt"
    file.write_text((await alongside("verify", "--head")).out)
    assert (await alongside("verify", "--against", str(file))).code == 0
    file.write_text(file.read_text().replace(file.read_text().split()[2], "0" * 64))
    said = await alongside("verify", "--against", str(file))
    assert said.code == 1
    assert "is not the one that was kept" in said.text
    file.write_text("this is no head\n")
    refused = await alongside("verify", "--against", str(file))
    assert refused.code == 2
    assert "heads.txt, line 1" in refused.text
    assert (await alongside("verify", "--against", str(tmp_path / "gone.txt"))).code == 2


async def test_before_anything_is_sealed_there_is_no_head(
    pool: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALONGSIDE_DATABASE_URL", database_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    assert "Nothing is sealed yet" in (await alongside("verify", "--head")).err
    assert (await alongside("verify", "--head", "--json")).out == "null\n"
