"""The API holds to its own description, whatever it is asked: tried by schemathesis at a real door, and never a fault.

Data that fits the description is sent, and data that does not. Left out is that whatever fits be accepted: a command
that fits it may still be refused, because of how things stand.
"""

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from records.staff import upsert_staff
from schemas.codes import Role
from tests.durable.following import TEAM, Followed, Place, place, until
from tests.fuzz.lasting import SECONDS
from tests.records.journeys import member
from tests.web.doors import house_on, served
from tests.web.machines import API, leave, token
from workers.client import Pool
from workers.transitions import differences

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
PATIENCE = 180
"""Seconds until a worker is there, and beyond the trial itself: on a machine that does much else all takes long."""
EXAMPLES = 4
"""Of each operation in every test run, beside those at the edges of what it says of itself."""
SETTINGS = """
[parameters]
"path.transition_id" = "{person}"
"path.staff" = "coordinator-1"
"path.pathway" = "inpatient-to-community"
"""


async def test_whatever_is_asked_it_answers_as_it_says(temporal: Client, pool: Pool, tmp_path: Path) -> None:
    async with place(temporal, pool) as here, here.worker():
        await until(lambda: _works(here), PATIENCE)
        await upsert_staff(pool, [member("peer-1", Role.PEER_WORKER, TEAM)])
        person = await here.take_on(expected={"discharged": datetime.now(UTC) + timedelta(days=30)})
        settings = tmp_path / "schemathesis.toml"
        settings.write_text(SETTINGS.format(person=person.id))
        given = await token(pool, "lead-1")
        house = await house_on(pool, temporal, task_queue=here.settings.task_queue)
        async with served(replace(house, a_minute=10**9)) as browser:
            asked = ["--config-file", str(settings), "run", f"{browser.base_url}{API}/openapi.json"]
            told, code = await _tried(tmp_path, *asked, "--header", f"Authorization: Bearer {given}")
        assert code == 0, told
        await _was_something(pool, here, person)
        await leave(here)


async def _works(here: Place) -> bool:
    """Whether a worker asks for what workflows are to do."""
    queue = TaskQueue(name=here.settings.task_queue)
    request = DescribeTaskQueueRequest(
        namespace=here.client.namespace, task_queue=queue, task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
    )
    return bool((await here.client.workflow_service.describe_task_queue(request)).pollers)


async def _tried(folder: Path, *asked: str) -> tuple[str, int | None]:
    lasting = ["--max-time", str(int(SECONDS))] if SECONDS else ["--generation-deterministic"]
    process = await asyncio.create_subprocess_exec(
        SCHEMATHESIS, *asked, "--checks", "all", "--exclude-checks", "positive_data_acceptance", "--mode", "all",
        "--max-examples", str(EXAMPLES), *lasting, "--continue-on-failure", "--no-color", cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS + PATIENCE):
            told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return told.decode(), process.returncode


async def _was_something(pool: Pool, here: Place, person: Followed) -> None:
    """Commands came through and were done, so it was not only refusals that were tried; and nothing was lost."""
    assert len(await person.commits()) > 1
    assert await pool.fetchval("SELECT count(*) FROM api_requests") > 1
    assert await differences(here.client, here.pool) == []
