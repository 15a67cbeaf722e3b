"""A PostgreSQL of one's own: dumped without the keys of people, restored, and read again with the file beside it."""

import os
import shutil
from pathlib import Path
from uuid import UUID

import pytest

from records.errors import RecordsError
from records.people import upsert_person
from records.person_keys import KeyDestroyed, person_sealer
from records.staff import upsert_staff
from tests.cli.driving import alongside
from tests.embedded.test_backup import has
from tests.keys import RING
from tests.records.journeys import MANAGERS, begin, day, somebody, team_of
from tests.records.test_erasures import CLOSE, OFFICERS, erase
from workers import erased as listing
from workers import person_keys
from workers.client import Pool, open_pool
from workers.postgres_server import ran
from workers.settings import load_settings


async def test_a_dump_without_keys_is_read_again_with_the_file_beside_it(
    pool: Pool, database_url: str, empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALONGSIDE_DATABASE_URL", database_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    await upsert_staff(pool, [*team_of("one"), *MANAGERS, *OFFICERS])
    before, since, other = [somebody() for _ in range(3)]
    for person in (before, since, other):
        begun = await begin(pool, "coord-one", person=person)
        await pool.execute(CLOSE, UUID(begun.journey.transition_id), day(30))
    ids = {person.local_id: await upsert_person(pool, person) for person in (before, since, other)}
    await erase(pool, before.local_id)
    dump = tmp_path / "records.dump"
    said = await ran(
        "pg_dump", "--format=custom", "--exclude-table-data=person_keys", "--compress=none", f"--file={dump}",
        f"--dbname={database_url}",
    )  # fmt: skip
    assert said == []
    for _, wrapped in await pool.fetch("SELECT person_id, wrapped FROM person_keys WHERE wrapped IS NOT NULL"):
        assert not has(dump.read_bytes(), wrapped)
    saved = await alongside("keys", "save")
    file = Path(os.environ["ALONGSIDE_PERSON_KEYS_FILE"])
    assert (saved.code, f"Keys of people in {file}: 2." in saved.text) == (0, True), saved.text
    older = tmp_path / "older.jsonl"
    shutil.copyfile(file, older)
    await erase(pool, since.local_id)
    await listing.write_down(load_settings(), pool)
    assert set(person_keys.read(file, RING).wrapped) == {ids[other.local_id]}

    assert await ran("pg_restore", "--exit-on-error", f"--dbname={empty_database_url}", str(dump)) == []
    monkeypatch.setenv("ALONGSIDE_DATABASE_URL", empty_database_url)
    with pytest.raises(RecordsError, match="alongside keys load"):
        await open_pool(empty_database_url, RING, size=1)
    loaded = await alongside("keys", "load")
    assert (loaded.code, "put back: 2. People who have no key any more, and cannot be read: 1." in loaded.text) == (
        0, True,
    ), loaded.text  # fmt: skip
    async with await open_pool(empty_database_url, RING, size=2) as restored:
        await listing.before_anybody_looks(load_settings(), restored)
        for person in (before, since):
            with pytest.raises(KeyDestroyed):
                await person_sealer(restored, ids[person.local_id])
        row = await restored.fetchrow("SELECT local_id FROM people WHERE id = $1", ids[other.local_id])
        assert row is not None
        assert row["local_id"] == other.local_id
    assert "put back: 0." in (await alongside("keys", "load")).text, "done again it changes nothing"


async def test_whoever_has_no_key_is_said_before_anything_is_put_back(
    pool: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALONGSIDE_DATABASE_URL", database_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    people = [await upsert_person(pool, somebody()) for _ in range(2)]
    await alongside("keys", "save")
    file = Path(os.environ["ALONGSIDE_PERSON_KEYS_FILE"])
    person_keys.remove(file, people[:1])
    await pool.execute("DELETE FROM person_keys")
    refused = await alongside("keys", "load")
    assert (refused.code, f"1 cannot be read: no key of theirs is in {file}" in refused.text) == (2, True), refused.text
    assert await pool.fetchval("SELECT count(*) FROM person_keys") == 0
    assert (await alongside("keys", "load", "--without-keys")).code == 0
    assert await pool.fetchval("SELECT given_name FROM people WHERE id = $1", people[0]) == "Somebody"
    file.write_text("no line of ours\n")
    refused = await alongside("keys", "load")
    assert (refused.code, "Not every line" in refused.text) == (2, True), refused.text
    monkeypatch.delenv("ALONGSIDE_PERSON_KEYS_FILE")
    assert "Set ALONGSIDE_PERSON_KEYS_FILE" in (await alongside("keys", "save")).text
