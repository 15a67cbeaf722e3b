"""Secrets stay where they are kept: never in a log, an error, or the arguments of a process."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil
import pytest

from planner.policy import Scope
from records import feeds, machines, webhooks
from records.staff import upsert_staff
from schemas.codes import Role
from tests.records.journeys import member
from workers.client import Embedded, open_pool
from workers.keys import from_file, own_file

PROGRAM = Path(sys.executable).with_name("alongside")
SET = {
    "ALONGSIDE_SMTP_PASSWORD": "smtp-kept-4711",
    "ALONGSIDE_OIDC_CLIENT_SECRET": "client-kept-4711",
}
MORE = {
    "ALONGSIDE_SMTP_HOST": "127.0.0.1",
    "ALONGSIDE_SMTP_PORT": "9",
    "ALONGSIDE_SMTP_FROM": "alongside@example.org",
    "ALONGSIDE_SMTP_USERNAME": "alongside",
    "ALONGSIDE_OIDC_ISSUER": "http://127.0.0.1:9",
    "ALONGSIDE_OIDC_CLIENT_ID": "alongside",
    "ALONGSIDE_LOG_LEVEL": "debug",
}
READY = re.compile(r"^  pages +(http://\S+)")


class Running(NamedTuple):
    """`alongside up`, all that it says, and where its pages are."""

    process: asyncio.subprocess.Process
    said: list[str]
    folder: Path

    def arguments(self) -> str:
        """Of it and of everything that it started, as anybody on the machine sees them."""
        found = psutil.Process(self.process.pid)
        return "\n".join(" ".join(one.cmdline()) for one in (found, *found.children(recursive=True)))

    def logs(self) -> str:
        """What it said, and what the services wrote into the data folder."""
        return "\n".join([*self.said, *(file.read_text("utf-8", "replace") for file in self.folder.rglob("*.log"))])


@asynccontextmanager
async def up(folder: Path) -> AsyncIterator[tuple[Running, str]]:
    """As a person starts it."""
    process = await asyncio.create_subprocess_exec(
        *(PROGRAM, "up", "--no-ui", "--data", folder), env={**os.environ, **SET, **MORE, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    running = Running(process, [], folder)
    reading: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(240):
            address = await _address(running)
        reading = asyncio.create_task(_read(running))
        yield running, address
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 120)
        if reading is not None:
            await reading


async def _address(running: Running) -> str:
    assert running.process.stdout
    async for line in running.process.stdout:
        running.said.append(line.decode())
        if found := READY.search(running.said[-1]):
            return found[1].replace("localhost", "127.0.0.1")
    raise AssertionError("it ended:\n" + "".join(running.said))


async def _read(running: Running) -> None:
    assert running.process.stdout
    async for line in running.process.stdout:
        running.said.append(line.decode())


async def test_what_was_set_and_what_was_made_is_told_nowhere(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with up(folder) as (running, address):
        made = await _made(folder)
        secrets = {**SET, **made}
        await _gone_wrong(address, made)
        assert [name for name, secret in secrets.items() if secret in running.arguments()] == []
    assert running.process.returncode == 0
    assert len(running.logs()) > 1000
    assert [name for name, secret in secrets.items() if secret in running.logs()] == []


async def _made(folder: Path) -> dict[str, str]:
    """A token, a webhook's secret and the address of a calendar, as they are given out once."""
    told = Embedded.model_validate_json((folder / "services.json").read_text())
    keys = from_file(own_file(folder))
    pool, now = await open_pool(told.database_url, keys, size=1), datetime.now(UTC)
    staff = [member("peer-1", Role.PEER_WORKER, "North"), member("lead-1", Role.TEAM_LEAD, "North")]
    try:
        await upsert_staff(pool, staff)
        token = await machines.create(pool, "a test", tuple(Scope), "lead-1", now, by="lead-1")
        feed = await feeds.create(pool, "peer-1")
        _, secret = await webhooks.create(pool, "http://127.0.0.1:9/told", now, kinds=[], team=None, by="lead-1")
    finally:
        pool.terminate()
    ring = json.loads(own_file(folder).read_text())["keys"]
    return {"token": token, "feed": feed, "webhook": secret, **{f"key {name}": key for name, key in ring.items()}}


async def _gone_wrong(address: str, made: dict[str, str]) -> None:
    """Each is sent where it belongs and where it does not, so that whatever would tell it has reason to."""
    headers = {"Authorization": f"Bearer {made['token']}", "Content-Type": "application/json", "Idempotency-Key": "a"}
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=60) as browser:
        assert (await browser.get("/api/v1/inbox", headers=headers)).status_code == 200
        assert (await browser.get(f"/feeds/{made['feed']}.ics")).status_code == 200
        assert (await browser.get(f"/feeds/{made['feed']}x.ics")).status_code == 404
        assert (await browser.get(f"/no-such-page/{made['token']}")).status_code == 404
        wrong = await browser.post("/api/v1/transitions", content=json.dumps(made), headers=headers)
        assert wrong.status_code == 422
        assert [name for name, secret in made.items() if secret in wrong.text] == []
        assert (await browser.get("/sign-in/begin")).status_code == 503  # whoever signs people in is away


@pytest.mark.parametrize("command", ["worker", "migrate", "doctor", "overdue"])
async def test_the_password_of_the_records_is_not_in_an_error(command: str, tmp_path: Path) -> None:
    secret = "database-kept-4711"
    url = f"postgresql://alongside:{secret}@127.0.0.1:9/alongside"
    away = {"ALONGSIDE_DATABASE_URL": url, "TEMPORAL_ADDRESS": "127.0.0.1:9"}
    process = await asyncio.create_subprocess_exec(
        PROGRAM, command, env={**os.environ, **away, "ALONGSIDE_LOG_LEVEL": "debug"}, cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(120):
        said, _ = await process.communicate()
    assert process.returncode != 0
    assert said
    assert secret not in said.decode()
