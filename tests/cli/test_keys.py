"""The key ring from the command line: made once, changed without losing anybody, and never shown."""

import asyncio
import json
import os
import sys
from datetime import date
from pathlib import Path

import pytest

from records.keyring import KeyRing
from records.people import upsert_person
from records.person_keys import every_key, person_sealer
from tests.cli.driving import alongside
from tests.keys import RING
from tests.records.journeys import somebody
from workers import person_keys
from workers.client import Pool, open_pool
from workers.keys import load_keys, write_file
from workers.settings import load_settings
from workers.stop import Stop


@pytest.fixture
def file(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with the keys of the test, where commands find it."""
    monkeypatch.delenv("ALONGSIDE_KEYS")
    monkeypatch.setenv("ALONGSIDE_DATABASE_URL", database_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("ALONGSIDE_KEYS_FILE", str(tmp_path / "keys.json"))
    write_file(tmp_path / "keys.json", RING)
    return tmp_path / "keys.json"


def secrets_of(text: str) -> list[str]:
    """The keys themselves, as they are written."""
    return list(json.loads(text)["keys"].values())


async def test_a_ring_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    made = tmp_path / "ring.json"
    said = await alongside("keys", "new", str(made))
    assert (said.code, made.stat().st_mode & 0o777) == (0, 0o600)
    text = made.read_text()
    assert KeyRing.parse(text).current in said.out
    assert not any(secret in said.text for secret in secrets_of(text))
    again = await alongside("keys", "new", str(made))
    assert (again.code, made.read_text()) == (2, text)
    assert "never written over" in again.err
    assert len(KeyRing.parse((await alongside("keys", "new")).out).ids) == 1


async def test_it_is_never_shown_on_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.keys._to_a_screen", lambda: True)
    said = await alongside("keys", "new")
    assert (said.code, said.out) == (2, "")
    assert "not shown on a screen" in said.err


async def test_a_rotation_loses_nobody(file: Path, pool: Pool, database_url: str) -> None:
    person = await upsert_person(pool, somebody())
    sealed = (await person_sealer(pool, person)).seal("Ada", "name")
    said = await alongside("keys", "rotate")
    assert said.code == 0, said.text
    rotated = KeyRing.parse(file.read_text())
    assert f"{rotated.current} seals from now on; keys of people wrapped anew: 1." in said.text
    assert (rotated.ids[0], rotated.search) == (RING.current, RING.search)
    assert file.stat().st_mode & 0o777 == 0o600
    async with await open_pool(database_url, rotated, size=1) as after:
        assert (await person_sealer(after, person)).open(sealed, "name") == "Ada"
    rows = json.loads((await alongside("keys", "list", "--json")).out)
    assert [(row["id"], row["current"], row["people"]) for row in rows] == [
        (RING.current, False, 0),
        (rotated.current, True, 1),
    ]
    shown = (await alongside("keys", "list")).text
    assert not any(secret in shown for secret in secrets_of(file.read_text()))


async def test_where_each_process_has_its_own_copy_it_is_changed_in_two_steps(file: Path, pool: Pool) -> None:
    await upsert_person(pool, somebody())
    prepared = KeyRing.parse((await alongside("keys", "add", "--print")).out)
    assert KeyRing.parse(file.read_text()).ids == RING.ids, "what is printed changes no file"
    write_file(file, prepared)
    new = prepared.ids[-1]
    assert prepared.current == RING.current != new
    assert "seals from now on" in (await alongside("keys", "use", new)).text
    assert "Keys of people wrapped anew: 1." in (await alongside("keys", "wrap")).text
    assert (await alongside("keys", "retire", new)).code == 2
    first = await alongside("keys", "retire", RING.current)
    assert (first.code, "everything is found by it" in first.text) == (2, True)


async def test_a_key_under_which_somebody_is_stays(file: Path, pool: Pool) -> None:
    await alongside("keys", "rotate")
    second = KeyRing.parse(file.read_text()).current
    assert "Added" in (await alongside("keys", "add")).text
    third = KeyRing.parse(file.read_text()).ids[-1]
    async with await open_pool(os.environ["ALONGSIDE_DATABASE_URL"], KeyRing.parse(file.read_text()), size=1) as there:
        await upsert_person(there, somebody())
    await alongside("keys", "use", third)
    refused = await alongside("keys", "retire", second)
    assert (refused.code, "`alongside keys wrap` first" in refused.text) == (5, True)
    await alongside("keys", "wrap")
    assert (await alongside("keys", "retire", second)).code == 0
    assert second not in KeyRing.parse(file.read_text()).ids
    assert f"{second} not on the ring, retired" in (await alongside("keys", "list")).text
    assert (await alongside("keys", "use", second)).code == 2


async def test_the_keys_that_backups_are_read_with_are_wrapped_anew_too(file: Path, pool: Pool) -> None:
    person = await upsert_person(pool, somebody())
    kept = Path(os.environ["ALONGSIDE_PERSON_KEYS_FILE"])
    async with pool.acquire() as link:
        person_keys.add(kept, {row.person_id: row.wrapped or b"" for row in await every_key(link)})
    older = kept.read_bytes()
    said = await alongside("keys", "rotate")
    assert f"Copy {file} and {kept} to where the copies are kept" in said.text
    second = KeyRing.parse(file.read_text()).current
    assert set(person_keys.read(kept, KeyRing.parse(file.read_text())).wrapped) == {person}
    assert person_keys.wrapped_by(kept, second) == 1
    said = await alongside("keys", "rotate")
    assert KeyRing.parse(file.read_text()).current != second

    now, before = kept.read_bytes(), older
    kept.write_bytes(older)
    assert person_keys.wrap(kept, KeyRing.parse(file.read_text()).using(second)) == 1
    refused = await alongside("keys", "retire", second)
    assert (refused.code, f"Keys of people in {kept} are sealed with {second}" in refused.text) == (5, True)
    said = await alongside("keys", "wrap")
    assert ("wrapped anew: 0" in said.text, f"Copy {kept}" in said.text) == (True, True)
    assert kept.read_bytes() not in (now, before)
    assert (await alongside("keys", "retire", second)).code == 0
    assert person_keys.read(kept, KeyRing.parse(file.read_text())).damaged == []


async def test_a_lost_key_can_be_given_up_and_not_by_mistake(file: Path, pool: Pool) -> None:
    write_file(file, KeyRing.fresh(date(2026, 11, 28)))
    refused = await alongside("overdue")
    assert (refused.code, f"sealed with {RING.current}" in refused.text) == (5, True)
    assert f"{RING.current} NOT ON THE RING" in (await alongside("keys", "list")).text
    assert (await alongside("keys", "retire", RING.current)).code == 2
    assert (await alongside("keys", "retire", RING.current, "--lost")).code == 0
    assert (await alongside("overdue")).code == 0


async def test_a_program_says_the_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, ring = tmp_path / "kms.py", tmp_path / "ring"
    monkeypatch.delenv("ALONGSIDE_KEYS", raising=False)
    monkeypatch.setenv("ALONGSIDE_KEYS_COMMAND", f"{sys.executable} {program}")
    ring.write_text(RING.written())
    program.write_text(f"import sys; sys.stdout.write(open({str(ring)!r}).read())")
    found = load_keys(load_settings())
    assert found.ids == RING.ids
    prepared = RING.with_new(date(2026, 11, 28))
    rotated = prepared.using(prepared.ids[-1])
    ring.write_text(rotated.written())
    assert found.open(rotated.seal(b"x", b""), b"") == b"x", "it is asked again for a key that it did not say"
    for broken, says in (("raise SystemExit(3)", "ended with 3"), ("print('hush')", "they are JSON like")):
        program.write_text(broken)
        monkeypatch.setenv("ALONGSIDE_KEYS_COMMAND", f"{sys.executable} {program} {len(broken)}")
        with pytest.raises(Stop, match=says) as stopped:
            load_keys(load_settings())
        assert "hush" not in stopped.value.message
    monkeypatch.setenv("ALONGSIDE_KEYS_COMMAND", str(tmp_path / "nothing"))
    with pytest.raises(Stop, match="no such file"):
        load_keys(load_settings())
    refused = await alongside("keys", "rotate")
    assert refused.code == 2


async def test_no_keys_and_two_sources_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALONGSIDE_KEYS", raising=False)
    monkeypatch.setenv("ALONGSIDE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ALONGSIDE_DATABASE_URL", "postgresql://127.0.0.1:1/x")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    for command in (("overdue",), ("keys", "list"), ("keys", "rotate")):
        said = await alongside(*command)
        assert (said.code, "`alongside keys new FILE`" in said.text) == (1, True), command
    doctor = json.loads((await alongside("doctor", "--json")).out)
    assert next(one for one in doctor if one["what"] == "keys")["state"] == "failed"
    monkeypatch.setenv("ALONGSIDE_KEYS", "{}")
    monkeypatch.setenv("ALONGSIDE_KEYS_FILE", str(tmp_path / "x"))
    assert "set one of ALONGSIDE_KEYS_FILE" in (await alongside("keys", "list")).text
    monkeypatch.delenv("ALONGSIDE_KEYS")
    missing = await alongside("keys", "list")
    assert (missing.code, "no such file" in missing.text) == (2, True)
    await asyncio.to_thread((tmp_path / "x").write_bytes, b"\xff\xfe")
    assert "they are no text" in (await alongside("keys", "list")).text
