"""The API holds to its own description, whatever it is asked: tried by schemathesis at a real door, and never a fault.

Everything is generated the same at every run. Left out is that whatever fits the description be accepted: a command
that fits it may still be refused, because of how things stand.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.client import Client

from records.staff import upsert_staff
from schemas.codes import Role
from tests.durable.following import TEAM, Followed, Place, place
from tests.records.journeys import member
from tests.web.doors import house_on, served
from tests.web.machines import API, token
from workers.client import Pool
from workers.transitions import differences

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
SECONDS = 240
"""Longer than it ever takes, on a machine that does much else."""
SETTINGS = """
[parameters]
"path.transition_id" = "{person}"
"path.staff" = "coordinator-1"
"path.pathway" = "inpatient-to-community"
"""


async def test_whatever_is_asked_it_answers_as_it_says(temporal: Client, pool: Pool, tmp_path: Path) -> None:
    async with place(temporal, pool) as here, here.worker():
        await upsert_staff(pool, [member("peer-1", Role.PEER_WORKER, TEAM)])
        person = await here.take_on(expected={"discharged": datetime.now(UTC) + timedelta(days=30)})
        settings = tmp_path / "schemathesis.toml"
        settings.write_text(SETTINGS.format(person=person.id))
        given = await token(pool, "lead-1")
        async with served(await house_on(pool, temporal, task_queue=here.settings.task_queue)) as browser:
            asked = ["--config-file", str(settings), "run", f"{browser.base_url}{API}/openapi.json"]
            told, code = await _tried(tmp_path, *asked, "--header", f"Authorization: Bearer {given}")
        assert code == 0, told
        await _was_something(pool, here, person)


async def _tried(folder: Path, *asked: str) -> tuple[str, int | None]:
    process = await asyncio.create_subprocess_exec(
        SCHEMATHESIS, *asked, "--checks", "all", "--exclude-checks", "positive_data_acceptance",
        "--max-examples", "40", "--generation-deterministic", "--no-color", cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(SECONDS):
        told, _ = await process.communicate()
    return told.decode(), process.returncode


async def _was_something(pool: Pool, here: Place, person: Followed) -> None:
    """Commands came through and were done, so it was not only refusals that were tried; and nothing was lost."""
    assert len(await person.commits()) > 1
    assert await pool.fetchval("SELECT count(*) FROM api_requests") > 1
    assert await differences(here.client, here.pool) == []
