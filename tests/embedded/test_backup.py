"""A restore drill: what was backed up is put back elsewhere, to one moment or to two, and everybody is followed.

And nobody who was erased since can be read in a backup, whatever keys are left.
"""

import asyncio
import base64
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest
import pytest_asyncio

from records.keyring import KeyRing
from workers import person_keys
from workers.backup import MANIFEST, PEOPLE, RECORDS, TEMPORAL
from workers.client import running
from workers.folder import RESTORED, RESTORING
from workers.keys import from_file
from workers.postgres_server import PostgresServer, program
from workers.postgres_server import environment as for_postgres

ALONGSIDE = Path(sys.executable).parent / "alongside"
DATA = Path(__file__).parents[2] / "cli" / "demo_data"

TWICE = """
-- What was told, or fired, more than once.
SELECT transition_id, step, kind, due, number, recipient FROM notices GROUP BY 1, 2, 3, 4, 5, 6 HAVING count(*) > 1
"""
WHOM = """
-- Somebody who is followed.
SELECT id::text AS id, person_id FROM transitions WHERE status = 'open' AND pathway = 'inpatient-to-community'
ORDER BY id LIMIT 1
"""
ERASED = """
-- Who was erased, by the certificate, and how their journey stands.
SELECT c.id::text AS certificate, c.again_at IS NOT NULL AS again, k.wrapped, t.status, t.exit, p.given_name
FROM certificates c JOIN person_keys k USING (person_id) JOIN transitions t USING (person_id)
JOIN people_sealed p ON p.id = c.person_id
"""
WRAPPED = """
-- The keys of people, as they are kept.
SELECT person_id, wrapped FROM person_keys WHERE wrapped IS NOT NULL
"""
LIVING = """
-- Somebody else who is followed.
SELECT id::text AS id FROM transitions t JOIN person_keys k USING (person_id)
WHERE status = 'open' AND k.destroyed_at IS NULL ORDER BY id LIMIT 1
"""
TABLES = """
-- Every table, who may do what with it, and what watches over it.
SELECT c.relname AS name, c.relacl::text AS rights, c.relowner::regrole::text AS owner,
    ARRAY(SELECT translate(pg_get_triggerdef(t.oid), '()', '') || t.tgenabled::text FROM pg_trigger t
        WHERE t.tgrelid = c.oid AND NOT t.tgisinternal ORDER BY t.tgname) AS triggers,
    ARRAY(SELECT pg_get_constraintdef(o.oid) FROM pg_constraint o WHERE o.conrelid = c.oid ORDER BY o.conname) AS rules,
    ARRAY(SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i WHERE i.indrelid = c.oid ORDER BY 1) AS indexes
FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1
"""
AROUND = """
-- Views, functions with whoever may call them, sequences and extensions.
SELECT 'view' AS kind, viewname AS name, definition AS what FROM pg_views WHERE schemaname = 'public'
UNION ALL SELECT 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid) || coalesce(p.proacl::text, '')
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'
UNION ALL SELECT 'sequence', sequencename, last_value::text FROM pg_sequences WHERE schemaname = 'public'
UNION ALL SELECT 'extension', extname, extversion FROM pg_extension
UNION ALL SELECT 'schema', nspname, nspacl::text FROM pg_namespace WHERE nspname = 'public'
ORDER BY 1, 2
"""
TO_DO = """
-- What is done by saying so.
SELECT transition_id::text AS transition, step FROM steps
WHERE kind IN ('document', 'meeting', 'measure', 'decision') AND state IN ('open', 'missed')
ORDER BY transition_id, step
"""


@dataclass(frozen=True)
class Up:
    """An `alongside up` of its own, and the commands that find it."""

    folder: Path
    process: asyncio.subprocess.Process

    async def run(self, *words: str) -> tuple[int, str]:
        """Run a command to its end; its exit code and all that it said."""
        return await alongside(self.folder, *words)

    async def ask(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """Ask its records."""
        embedded = running(self.folder)
        assert embedded is not None
        connection = await asyncpg.connect(embedded.owner_url)
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()

    async def serves(self) -> None:
        """Wait until it has answered as a page does."""
        embedded = running(self.folder)
        assert embedded is not None
        assert embedded.web_url is not None
        async with httpx.AsyncClient(base_url=embedded.web_url, trust_env=False, timeout=120) as browser:
            assert (await browser.get("/health")).status_code == 200

    async def done(self, command: str, which: int) -> None:
        """Say that something is done, under a command of this id."""
        row = (await self.ask(TO_DO))[which]
        code, said = await self.run(
            "complete", row["transition"], row["step"], "--as", "lead-first-outreach-north", "--id", command
        )  # fmt: skip
        assert code == 0, said


def environment(folder: Path) -> dict[str, str]:
    """Ours, for commands on a data folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ALONGSIDE_", "TEMPORAL_"))}
    return {**kept, "ALONGSIDE_DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"}


async def alongside(folder: Path, *words: str) -> tuple[int, str]:
    """Run a command on a data folder."""
    process = await asyncio.create_subprocess_exec(
        ALONGSIDE, *words, env=environment(folder), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


@asynccontextmanager
async def up(folder: Path) -> AsyncIterator[Up]:
    """Everything on a folder, ended as a power cut would."""
    with (folder.parent / f"{folder.name}.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            ALONGSIDE, "up", "--no-ui", env=environment(folder), stdout=asyncio.subprocess.PIPE, stderr=log
        )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(120):
            assert (await process.stdout.readline()).startswith(b"Alongside runs"), "see the log"
        yield Up(folder, process)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()


def some_of(folder: Path, first: int, last: int) -> str:
    """A caseload of a few rows of the demo's."""
    header, *rows = (DATA / "caseload-2026-11-16.csv").read_text(encoding="utf-8-sig").splitlines()
    file = folder / f"caseload-{first}.csv"
    file.write_text("\n".join([header, *rows[first:last]]) + "\n")
    return str(file)


@dataclass(frozen=True)
class Taken:
    """Two backups of one system, with what went on in between, its keys, and who was erased since.

    `older` is the file with the keys of people as it was before somebody was erased, and `wrapped` what it had.
    """

    early: Path
    late: Path
    keys: Path
    erased: Path
    people: Path
    older: Path
    wrapped: dict[UUID, bytes]

    @property
    def kept(self) -> tuple[str, ...]:
        """What was kept apart from the backups, for whoever restores."""
        return (*self.ring_and_list, "--person-keys", str(self.people))

    @property
    def ring_and_list(self) -> tuple[str, ...]:
        """The same without the keys of people."""
        return ("--keys", str(self.keys), "--erased", str(self.erased))

    @property
    def gone(self) -> UUID:
        """Who was erased."""
        (line,) = self.erased.read_text().splitlines()
        return UUID(json.loads(line)["erasure"]["person_id"])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def taken(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """A system that was backed up twice and then killed."""
    folder = tmp_path_factory.mktemp("backup")
    data = folder / "data"
    found = Taken(
        folder / "early", folder / "late", data / "keys.json", data / "erased.jsonl", data / "person-keys.jsonl",
        folder / "older.jsonl", {},
    )  # fmt: skip
    async with up(folder / "data") as running_here:
        for words in (
            ("import", str(DATA / "staff-2026-11-16.csv"), "--refused", str(folder / "no-staff.csv")),
            ("import", some_of(folder, 0, 30), "--as-of", "2026-11-16", "--refused", str(folder / "no-people.csv")),
            ("backup", str(found.early)),
        ):
            code, said = await running_here.run(*words)
            assert code in (0, 1) if words[0] == "import" else code == 0, said
        assert "The keys are not in it" in said
        assert str(found.people) in said
        (whom,) = await running_here.ask(WHOM)
        for number in range(3):
            await running_here.done(f"after-{number}", number)
        more = ("import", some_of(folder, 30, 35), "--as-of", "2026-11-16", "--refused", str(folder / "no-more.csv"))
        await running_here.run(*more)
        code, said = await running_here.run("backup", str(found.late))
        assert code == 0, said
        found.wrapped.update({row["person_id"]: row["wrapped"] for row in await running_here.ask(WRAPPED)})
        shutil.copyfile(found.people, found.older)
        await running_here.done("lost", 4)
        await erase(running_here, whom)
    return found


async def erase(here: Up, whom: asyncpg.Record) -> None:
    """Somebody moves away, asks that what is kept of them is destroyed, and it is."""
    local_id = json.loads((await here.run("show", whom["id"], "--json"))[1])["local_id"]
    await here.ask("INSERT INTO staff (id, name, role) VALUES ('privacy-2', 'Second', 'privacy-officer')")
    for words in (
        ("exit", whom["id"], "moved-away", "--as", "lead-first-outreach-north"),
        ("retention", "ask", local_id, "--reason", "asked-by-person", "--as", "privacy-officer-1"),
        ("retention", "approve", local_id, "--as", "privacy-2"),
    ):
        code, said = await here.run(*words)
        assert code == 0, said
    (line,) = (here.folder / "erased.jsonl").read_text().splitlines()
    assert json.loads(line)["erasure"]["person_id"] == str(whom["person_id"])
    assert local_id not in line


def mixed(taken: Taken, records: str, temporal: str, into: Path) -> Path:
    """A backup whose records are of one moment, and whose Temporal of another."""
    of = {"early": taken.early, "late": taken.late}
    shutil.copytree(of[records], into)
    shutil.copyfile(of[temporal] / TEMPORAL, into / TEMPORAL)
    manifest = json.loads((into / MANIFEST).read_text())
    manifest["files"][TEMPORAL] = json.loads((of[temporal] / MANIFEST).read_text())["files"][TEMPORAL]
    (into / MANIFEST).write_text(json.dumps(manifest))
    return into


@pytest.mark.parametrize(("records", "temporal"), [("late", "late"), ("early", "late"), ("late", "early")])
async def test_a_restore_drill(taken: Taken, tmp_path: Path, records: str, temporal: str) -> None:
    backup, data = mixed(taken, records, temporal, tmp_path / "backup"), tmp_path / "data"
    code, said = await alongside(data, "restore", str(backup), *taken.kept)
    assert code == 0, said
    async with up(data) as restored:
        await restored.serves()
        (erased,) = await restored.ask(ERASED)
        assert dict(erased) | {"certificate": ""} == {
            "certificate": "", "again": True, "wrapped": None, "status": "closed", "exit": "moved-away",
            "given_name": None,
        }  # fmt: skip
        (living,) = await restored.ask(LIVING)
        assert json.loads((await restored.run("show", living["id"], "--json"))[1])["local_id"].startswith("AL")
        assert taken.gone not in person_keys.read(data / "person-keys.jsonl", from_file(taken.keys)).wrapped
        code, said = await restored.run("retention", "certificate", erased["certificate"])
        assert (code, "so it was destroyed again on" in said) == (0, True), said
        async with asyncio.timeout(180):
            while (data / RESTORED).exists():
                await asyncio.sleep(0.1)
        code, said = await restored.run("reconcile")
        assert code == 0, said
        code, said = await restored.run("verify")
        assert code == 0, said
        commands = {row["command_id"] for row in await restored.ask("SELECT command_id FROM commits")}
        assert ("after-2" in commands) == (records == "late")
        assert "lost" not in commands
        await restored.done("goes-on", 0)
        assert await restored.ask(TWICE) == []
        code, said = await restored.run("reconcile")
        assert code == 0, said


async def test_what_is_not_as_it_should_be_is_refused_before_anything_is_written(taken: Taken, tmp_path: Path) -> None:
    data, keys = tmp_path / "data", taken.kept
    other = tmp_path / "other.json"
    await alongside(data, "keys", "new", str(other))
    broken = mixed(taken, "early", "early", tmp_path / "broken")
    with (broken / RECORDS).open("r+b") as file:
        file.seek(100)
        file.write(b"\0\0\0\0")
    unfinished = mixed(taken, "early", "early", tmp_path / "unfinished")
    (unfinished / MANIFEST).unlink()
    after, empty = mixed(taken, "early", "early", tmp_path / "after"), tmp_path / "empty.jsonl"
    fewer = tmp_path / "fewer.jsonl"
    manifest = json.loads((after / MANIFEST).read_text())
    assert manifest["erased"] == 0
    (after / MANIFEST).write_text(json.dumps(manifest | {"erased": 1}))
    empty.touch()
    before = mixed(taken, "early", "early", tmp_path / "before")
    (before / MANIFEST).write_text(json.dumps({**manifest, "format": 1}))
    fewer.write_text("".join(taken.people.read_text().splitlines(keepends=True)[1:]))
    for backup, with_keys, why in (
        (broken, keys, "is not what was backed up"),
        (unfinished, keys, "no finished backup"),
        (taken.early, ("--keys", str(other), "--no-list"), "not the keys of this backup"),
        (taken.early, ("--keys", str(taken.keys)), "--erased"),
        (taken.early, (*keys, "--no-list"), "Leave --no-list out"),
        (taken.early, ("--keys", str(taken.keys), "--erased", str(tmp_path / "none")), "is not there"),
        (taken.early, ("--keys", str(taken.keys), "--erased", str(other)), "Not every line"),
        (before, keys, "another version of Alongside"),
        (after, ("--keys", str(taken.keys), "--erased", str(empty)), "older than the backup"),
        (taken.early, (), "There are no keys"),
        (taken.early, taken.ring_and_list, "cannot be read: no key of theirs is given"),
        (taken.early, (*taken.ring_and_list, "--person-keys", str(tmp_path / "none")), "is not there"),
        (taken.early, (*taken.ring_and_list, "--person-keys", str(other)), "Not every line"),
        (taken.early, (*taken.ring_and_list, "--person-keys", str(fewer)), "1 cannot be read: no key of theirs is in"),
        (tmp_path / "nowhere", keys, "no finished backup"),
    ):
        code, said = await alongside(data, "restore", str(backup), *with_keys)
        assert (code != 0, why in said, "Traceback" in said) == (True, True, False), said
        assert not data.exists()
    data.mkdir()
    (data / "something").touch()
    code, said = await alongside(data, "restore", str(taken.early), *keys)
    assert (code, "nothing is written over" in said) == (2, True), said
    assert [file.name for file in data.iterdir()] == ["something"]
    code, said = await alongside(taken.keys.parent, "backup", str(taken.early))
    assert (code, "not an empty folder" in said) == (2, True), said
    code, said = await alongside(data, "backup", str(tmp_path / "new"))
    assert (code, "nothing to back up" in said) == (2, True), said


async def test_a_restore_that_was_cut_off_does_not_start_and_is_done_again(taken: Taken, tmp_path: Path) -> None:
    data, keys = tmp_path / "data", taken.kept
    assert (await alongside(data, "restore", str(taken.early), *keys))[0] == 0
    (data / RESTORING).mkdir()
    code, said = await alongside(data, "up")
    assert (code, "did not come to its end" in said) == (1, True), said
    code, said = await alongside(data, "restore", str(taken.early), *keys)
    assert code == 0, said
    assert not (data / RESTORING).exists()


async def test_what_was_restored_does_not_start_without_the_list(taken: Taken, tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert (await alongside(data, "restore", str(taken.early), *taken.kept))[0] == 0
    (data / "erased.jsonl").unlink()
    code, said = await alongside(data, "up", "--no-ui")
    assert (code, "The list of who was erased is not there" in said) == (1, True), said
    no_list = ("--keys", str(taken.keys), "--no-list")
    code, said = await alongside(data, "restore", str(taken.early), *no_list)
    assert (code, "1 cannot be read: no key of theirs is in" in said) == (2, True), said
    code, said = await alongside(data, "restore", str(taken.early), *no_list, "--without-keys")
    assert (code, "nothing is written over" in said) == (2, True), said


async def test_a_folder_that_does_not_run_is_backed_up_too_and_nothing_is_missing(taken: Taken, tmp_path: Path) -> None:
    backup, data = tmp_path / "backup", tmp_path / "data"
    code, said = await alongside(taken.keys.parent, "backup", str(backup))
    assert code == 0, said
    assert json.loads((backup / MANIFEST).read_text())["erased"] == 1
    assert {file.name for file in backup.iterdir()} == {MANIFEST, PEOPLE, RECORDS, TEMPORAL}, "nothing kept apart"
    code, said = await alongside(data, "restore", str(backup), *taken.kept)
    assert code == 0, said
    for name in ("keys.json", "erased.jsonl", "person-keys.jsonl"):
        assert (data / name).read_text() == (taken.keys.parent / name).read_text()
        assert (data / name).stat().st_mode & 0o077 == 0
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0
    assert await everything(data) == await everything(taken.keys.parent)


async def everything(folder: Path) -> dict[str, object]:
    """The whole of some records: each table with every row, and all that stands around them."""
    server = PostgresServer(folder)
    await server.start()
    connection = await asyncpg.connect(server.url)
    try:
        tables = [dict(row) for row in await connection.fetch(TABLES)]
        rows = {
            table["name"]: await connection.fetch(f'SELECT t::text AS row FROM "{table["name"]}" t ORDER BY 1')
            for table in tables
        }
        return {"tables": tables, "rows": rows, "around": [dict(row) for row in await connection.fetch(AROUND)]}
    finally:
        await connection.close()
        await server.stop()


async def test_no_backup_has_a_key_of_anybody_and_whoever_is_erased_is_in_no_file(taken: Taken) -> None:
    ring = from_file(taken.keys)
    living = person_keys.read(taken.people, ring)
    assert (set(living.wrapped) ^ set(taken.wrapped), living.damaged) == ({taken.gone}, [])
    assert taken.people.stat().st_mode & 0o077 == 0
    secrets = {one: (wrapped, unwrapped(ring, one, wrapped)) for one, wrapped in taken.wrapped.items()}
    for backup in (taken.early, taken.late):
        content = {file.name: file.read_bytes() for file in backup.iterdir()} | {"unpacked": await unpacked(backup)}
        assert b"COPY public.people_sealed" in content["unpacked"]
        assert str(taken.gone).encode() in content["unpacked"], "what is counted is there"
        for name, found in content.items():
            assert [one for one, theirs in secrets.items() if any(has(found, secret) for secret in theirs)] == [], name
    older, newer = taken.older.read_bytes(), taken.people.read_bytes()
    assert all(has(older, wrapped) for wrapped in taken.wrapped.values()), "it would have been found"
    assert not has(newer, taken.wrapped[taken.gone])


def unwrapped(ring: KeyRing, person_id: UUID, wrapped: bytes) -> bytes:
    """The key of a person itself."""
    return ring.open(wrapped, b"person " + person_id.bytes)


def has(content: bytes, secret: bytes) -> bool:
    """Whether something is there: as it is, in hexadecimal or in base64, also in the midst of something longer."""
    in_base64 = [base64.b64encode(bytes(before) + secret)[4:-4] for before in range(3)]
    return any(form in content for form in (secret, secret.hex().encode(), secret.hex().upper().encode(), *in_base64))


async def unpacked(backup: Path) -> bytes:
    """The records of a backup, as everybody could read them."""
    process = await asyncio.create_subprocess_exec(
        program("pg_restore"), "--file=-", str(backup / RECORDS), env=for_postgres(), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said


async def test_older_keys_of_people_bring_nobody_back(taken: Taken, tmp_path: Path) -> None:
    data = tmp_path / "data"
    older = (*taken.ring_and_list, "--person-keys", str(taken.older))
    code, said = await alongside(data, "restore", str(taken.late), *older)
    assert code == 0, said
    async with up(data) as restored:
        await restored.serves()
        (erased,) = await restored.ask(ERASED)
        assert (erased["again"], erased["wrapped"], erased["given_name"]) == (True, None, None)
    assert not has((data / "person-keys.jsonl").read_bytes(), taken.wrapped[taken.gone])


async def test_without_any_keys_of_people_what_is_counted_comes_back_and_everybody_is_followed(
    taken: Taken, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    code, said = await alongside(data, "restore", str(taken.late), *taken.ring_and_list, "--without-keys")
    assert (code, f"cannot be read: {len(taken.wrapped)}." in said) == (0, True), said
    async with up(data) as restored:
        await restored.serves()
        async with asyncio.timeout(180):
            while (data / RESTORED).exists():
                await asyncio.sleep(0.1)
        (erased,) = await restored.ask(ERASED)
        assert (erased["again"], erased["wrapped"], erased["given_name"]) == (True, None, None)
        (living,) = await restored.ask(LIVING)
        code, said = await restored.run("show", living["id"], "--json")
        assert (code, json.loads(said)["local_id"]) == (0, "erased"), said
        await restored.done("goes-on", 0)
        for command in ("reconcile", "verify"):
            code, said = await restored.run(command)
            assert code == 0, said
