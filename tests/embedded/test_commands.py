"""The commands themselves, as a person types them."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from workers.embedded import EmbeddedServices
from workers.ports import free_port, listen

ALONGSIDE = Path(sys.executable).parent / "alongside"


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


@pytest_asyncio.fixture(scope="module")
async def services(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedServices]:
    """Services that run for the tests of this file."""
    async with EmbeddedServices(tmp_path_factory.mktemp("commands") / "data", ui=False) as running:
        yield running


async def _alongside(*words: str, **variables: str) -> Said:
    process = await asyncio.create_subprocess_exec(
        ALONGSIDE,
        *words,
        env=_clean(variables),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return Said(process.returncode or 0, out.decode(), err.decode())


def _clean(variables: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ALONGSIDE_", "TEMPORAL_"))}
    return {**kept, **variables}


def _states(said: Said) -> dict[str, str]:
    return {finding["what"]: finding["state"] for finding in json.loads(said.out)}


async def test_doctor_finds_running_services_by_the_folder(services: EmbeddedServices) -> None:
    said = await _alongside("doctor", "--json", "--data", str(services.data_dir))
    assert said.code == 0, said.out
    states = _states(said)
    assert states["database"] == states["migrations"] == states["Temporal"] == states["search attributes"] == "ok"
    assert states["workers"] == "warning"


async def test_doctor_says_how_to_mend(tmp_path: Path) -> None:
    said = await _alongside("doctor", "--data", str(tmp_path))
    assert said.code == 1
    assert "alongside up" in said.out
    assert said.err == ""


async def test_doctor_names_what_is_not_reached() -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    database = f"postgresql://u:hush@{nowhere}/x"
    said = await _alongside(
        *("doctor", "--json"), ALONGSIDE_DATABASE_URL=database, TEMPORAL_ADDRESS=nowhere, ALONGSIDE_SMPT_HOST="x"
    )
    assert said.code == 1
    states = _states(said)
    assert (states["database"], states["Temporal"], states["settings"]) == ("failed", "failed", "warning")
    assert "hush" not in said.out


async def test_doctor_counts_what_is_pending_and_migrate_applies_it(
    services: EmbeddedServices, empty_database_url: str
) -> None:
    own = {"ALONGSIDE_DATABASE_URL": empty_database_url, "TEMPORAL_ADDRESS": services.temporal_address}
    before = await _alongside("doctor", "--json", **own)
    assert _states(before)["migrations"] == "failed"
    assert "0001_records.sql" in before.out
    applied = await _alongside("migrate", **own)
    assert applied.code == 0
    assert applied.out.startswith("applied 0001_records.sql\n")
    assert (await _alongside("migrate", **own)).out == "Nothing to do: the database is up to date.\n"
    assert _states(await _alongside("doctor", "--json", **own))["migrations"] == "ok"


async def test_doctor_speaks_to_the_mail_server(tmp_path: Path) -> None:
    mail = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    mail.start()
    own = {"ALONGSIDE_SMTP_HOST": "127.0.0.1", "ALONGSIDE_SMTP_PORT": str(mail.port), "ALONGSIDE_SMTP_FROM": "a@b.c"}
    reached = await _alongside("doctor", "--json", "--data", str(tmp_path), **own)
    mail.stop()
    gone = await _alongside("doctor", "--json", "--data", str(tmp_path), **own)
    assert (_states(reached)["e-mail"], _states(gone)["e-mail"]) == ("ok", "failed")


async def test_a_wrong_setting_is_a_sentence_and_no_traceback() -> None:
    said = await _alongside("doctor", ALONGSIDE_SMTP_PORT="post")
    assert said.code == 2
    assert said.err.startswith("ALONGSIDE_SMTP_PORT is wrong:")
    assert "Traceback" not in said.err
    assert said.out == ""


async def test_up_on_a_folder_in_use_is_a_sentence(services: EmbeddedServices) -> None:
    said = await _alongside("up", "--data", str(services.data_dir))
    assert said.code == 1
    assert f"already runs on {services.data_dir} (process {os.getpid()})" in said.err
    assert "Traceback" not in said.err


async def test_up_runs_a_worker_and_the_door_and_stops_well(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with listen("127.0.0.1", 0) as taken:  # the door goes around a port that another program has
        process = await asyncio.create_subprocess_exec(
            *(ALONGSIDE, "up", "--no-ui", "--data", str(data)),
            env=_clean({"PYTHONUNBUFFERED": "1", "ALONGSIDE_WEB_PORT": str(taken.getsockname()[1])}),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        first = (await process.stdout.readline()).decode()
        assert first == f"Alongside runs on {data}\n"
        async with asyncio.timeout(30):
            while _states(await _alongside("doctor", "--json", "--data", str(data)))["workers"] != "ok":
                await asyncio.sleep(0.1)
        web = json.loads((data / "services.json").read_text())["web_url"]
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{web.replace('localhost', '127.0.0.1')}/health")).json() == {"status": "ok"}
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert "port taken, using another" in err.decode()
    assert "Traceback" not in err.decode()


async def test_web_serves_until_it_is_told_to_stop(services: EmbeddedServices) -> None:
    process = await asyncio.create_subprocess_exec(
        *(ALONGSIDE, "web", "--port", str(free_port()), "--data", str(services.data_dir)),
        env=_clean({"PYTHONUNBUFFERED": "1"}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    said = (await process.stdout.readline()).decode()
    assert said.startswith("The pages are at http://127.0.0.1:")
    address = said.split()[4].rstrip(".")
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{address}/health")).status_code == 200
    process.send_signal(signal.SIGTERM)
    _, err = await process.communicate()
    assert (process.returncode, "Traceback" in err.decode()) == (0, False), err.decode()
