"""The embedded services come up, stay up, go on where they were, and leave nothing behind."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from workers.account import Account, lent_account
from workers.client import Embedded, missing_search_attributes
from workers.embedded import EmbeddedServices
from workers.ports import LOOPBACK
from workers.stop import Stop

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that PostgreSQL's account can be let through to."""
    return tmp_path / "data"


async def test_what_was_written_is_there_after_a_restart(folder: Path) -> None:
    async with EmbeddedServices(folder, ui=False) as services:
        assert services.migrated
        await _remember(services.owner_url)
        await (await services.client()).start_workflow("Journey", id="journey-1", task_queue="nobody")
        first = services.temporal_address
    async with EmbeddedServices(folder, ui=False) as services:
        assert services.migrated == []
        assert services.temporal_address == first
        assert await _remembered(services.owner_url)
        assert await _journey_runs(services)


async def test_ready_means_registered_and_told(folder: Path) -> None:
    async with EmbeddedServices(folder) as services:
        told = Embedded.model_validate_json((folder / "services.json").read_text())
        assert told.pid == os.getpid()
        assert told.database_url == services.database_url
        assert told.ui_url == services.ui_url is not None
        assert await missing_search_attributes(await services.client()) == {}
        assert (folder / "services.json").stat().st_mode & 0o077 == 0
    assert not (folder / "services.json").exists()
    assert _programs_on(folder) == []


@pytest.mark.parametrize("which", ["postgres", "temporal"])
async def test_a_killed_service_is_started_again(folder: Path, which: str) -> None:
    async with EmbeddedServices(folder, ui=False) as services:
        await _remember(services.owner_url)
        await (await services.client()).start_workflow("Journey", id="journey-1", task_queue="nobody")
        child = getattr(services, which).child
        killed = child.pid
        os.kill(killed, signal.SIGKILL)
        await _until(lambda: _is_true(child.pid not in (None, killed)))
        await _until(lambda: _answers(services))
        assert await _remembered(services.owner_url)
        assert await _journey_runs(services)
        assert not services.failure.done()


async def test_a_service_that_keeps_dying_is_given_up(folder: Path) -> None:
    async with EmbeddedServices(folder, ui=False) as services:
        postgres = services.postgres.child
        while not services.failure.done():
            if await services.postgres.answers() and postgres.pid:
                os.kill(postgres.pid, signal.SIGKILL)
                await postgres.ended()
            await asyncio.sleep(0.02)
        reason = services.failure.result().message  # the second when it was killed again before it was ready
        assert re.match("PostgreSQL (ended 5 times within a minute|did not start)", reason)
        assert "Its log" in reason


async def test_a_service_can_be_away_for_a_time(folder: Path) -> None:
    async with EmbeddedServices(folder, ui=False) as services:
        async with services.away(services.postgres):
            assert not await services.postgres.answers()
        assert await services.postgres.answers()
        assert not services.failure.done()


async def test_after_the_whole_process_is_killed_the_next_goes_on(folder: Path) -> None:
    async with _holder(folder) as (holder, told):
        await _remember(Embedded.model_validate_json((folder / "services.json").read_text()).owner_url or "")
        holder.kill()
        await holder.wait()
    async with EmbeddedServices(folder, ui=False) as services:
        assert await _remembered(services.owner_url)
        assert [services.postgres.child.pid, services.temporal.child.pid] != told
        assert len(_programs_on(folder)) == 2


async def test_a_stale_note_of_postgres_is_no_obstacle(folder: Path) -> None:
    async with EmbeddedServices(folder, ui=False) as services:
        note = (folder / "postgres" / "postmaster.pid").read_text()
        assert services.postgres.child.pid
    stale = [str(os.getpid()), *note.splitlines()[1:]]  # as after a restart of a container: the number is another's
    (folder / "postgres" / "postmaster.pid").write_text("\n".join(stale))
    async with EmbeddedServices(folder, ui=False) as services:
        assert await services.postgres.answers()


async def test_told_to_stop_it_stops_everything_and_ends_well(folder: Path) -> None:
    async with _holder(folder) as (holder, _):
        holder.send_signal(signal.SIGTERM)
        assert await holder.wait() == 0
    assert _programs_on(folder) == []
    assert "database system is shut down" in (folder / "logs" / "postgres.log").read_text()


async def test_a_second_start_on_the_folder_is_refused(folder: Path) -> None:
    async with _holder(folder) as (holder, _):
        with pytest.raises(Stop, match=f"already runs on .*process {holder.pid}"):
            await EmbeddedServices(folder).__aenter__()
        assert len(_programs_on(folder)) == 2


async def test_a_taken_port_is_chosen_around_and_the_choice_kept(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        folder.mkdir()
        (folder / "ports.json").write_text(json.dumps({"temporal": taken.getsockname()[1], "ui": 1}))
        async with EmbeddedServices(folder, ui=False) as services:
            port = int(services.temporal_address.split(":")[1])
            assert port != taken.getsockname()[1]
    assert json.loads((folder / "ports.json").read_text())["temporal"] == port


async def test_two_that_start_at_once_do_not_take_each_other_for_their_own(tmp_path: Path) -> None:
    pair = [EmbeddedServices(tmp_path / name, ui=False) for name in ("one", "other")]
    await asyncio.gather(*(services.__aenter__() for services in pair))
    try:
        assert pair[0].temporal_address != pair[1].temporal_address
        await (await pair[0].client()).start_workflow("Journey", id="journey-1", task_queue="nobody")
        with pytest.raises(RPCError, match="not found"):
            await _journey_runs(pair[1])
    finally:
        for services in pair:
            await services.__aexit__()


@pytest.mark.parametrize("name", ["two words, a comma and 100%", "x" * 120])
async def test_any_path_will_do(tmp_path: Path, name: str) -> None:
    async with EmbeddedServices(tmp_path / name, ui=False) as services:
        await _remember(services.owner_url)
        assert await _remembered(services.owner_url)


async def test_an_ordinary_user_needs_nothing_of_root(tmp_path: Path) -> None:
    account = lent_account()
    if account is None:
        pytest.skip("this run is of an ordinary user already: every other test shows it")
    folder = tmp_path / "data"
    folder.mkdir()
    account.owns(folder)
    for parent in [*list(tmp_path.parents)[:2], tmp_path]:
        parent.chmod(parent.stat().st_mode | 0o011)
    if not _may_run(account, Path(sys.executable).resolve()):
        pytest.skip(f"{account.name} may not run {sys.executable}, which is in a closed folder of root")
    async with _holder(folder, user=account.uid, group=account.gid, extra_groups=[]) as (holder, _):
        assert {process.username() for process in _programs_on(folder)} == {account.name}
        holder.send_signal(signal.SIGINT)
        assert await holder.wait() == 0


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Stop, match="file/data cannot be made"):
        await EmbeddedServices(tmp_path / "file" / "data").__aenter__()


async def test_data_of_another_postgres_is_refused(folder: Path) -> None:
    (folder / "postgres").mkdir(parents=True)
    (folder / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(Stop, match="made by PostgreSQL 17, and this is PostgreSQL 18"):
        await EmbeddedServices(folder, ui=False).__aenter__()
    assert _programs_on(folder) == []


@asynccontextmanager
async def _holder(folder: Path, **account: object) -> AsyncIterator[tuple[asyncio.subprocess.Process, list[int]]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.embedded.holder", str(folder)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        **account,  # type: ignore[arg-type]  # user, group and extra_groups, as the caller needs
    )
    try:
        assert process.stdout is not None
        word, *pids = (await process.stdout.readline()).decode().split() or [""]
        assert word == "ready"
        yield process, [int(pid) for pid in pids]
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def _may_run(account: Account, program: Path) -> bool:
    return all(account.may_pass(folder) for folder in program.parents)


def _programs_on(folder: Path) -> list[psutil.Process]:
    """The servers whose command line names the folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "name"]):
        words = process.info["cmdline"] or []
        if process.info["name"] in ("postgres", "temporal") and any(str(folder) in word for word in words):
            found.append(process)
    return found


async def _remember(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("CREATE TABLE remembered AS SELECT 1")
    await connection.close()


async def _remembered(database_url: str) -> bool:
    connection = await asyncpg.connect(database_url)
    try:
        return bool(await connection.fetchval("SELECT count(*) = 1 FROM remembered"))
    finally:
        await connection.close()


async def _journey_runs(services: EmbeddedServices) -> bool:
    handle: WorkflowHandle[object, object] = (await services.client()).get_workflow_handle("journey-1")
    status = (await handle.describe()).status
    return status is not None and status.name == "RUNNING"


async def _answers(services: EmbeddedServices) -> bool:
    try:
        return await services.postgres.answers() and await services.temporal.answers()
    except RPCError:
        return False


async def _is_true(value: bool) -> bool:
    return value


async def _until(holds: Callable[[], Awaitable[bool]], within: float = 20) -> None:
    async with asyncio.timeout(within):
        while not await holds():
            await asyncio.sleep(0.05)
