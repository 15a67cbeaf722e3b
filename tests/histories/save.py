"""`python -m tests.histories.save [STORY ...]`: play some stories for real, and keep the histories that Temporal wrote.

Run it when a release changes the order of a workflow's commands, and keep the files of earlier releases
for as long as journeys of theirs may be open. Nothing is edited by hand.
"""

import asyncio
import json
import re
import sys
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from planner.clock import end_of
from tests.durable import test_support as supported
from tests.durable.following import place
from tests.durable.test_continuing import IMPATIENT, expect, runs
from tests.durable.test_visits import field
from tests.keys import RING
from tests.rehearsals.test_rehearsals import FILES, beside, the
from workers import support, visits
from workers.client import open_pool, register_search_attributes
from workers.embedded import ephemeral_postgres, time_skipping
from workers.rehearsal import stage
from workers.settings import load_settings
from workers.temporal_server import find_binary
from workers.transitions import workflow_id

SAVED = Path(__file__).parent / "saved"
STORIES = (
    "readmitted-on-day-two",  # from a ward to the community, closed by a milestone
    "was-not-brought",  # from one age's service to the next
    "destination-declined",
    "waiting-well",  # from a waiting list to discharge
    "refused-in-a-sentence",
    "hold-across-a-safety-deadline",
    "somebody-dies",
    "moved-to-a-new-definition",
    "a-peer-worker-who-speaks-urdu",  # somebody goes with the person, and contacts have times
    "first-home-visit-by-two",
)
RENEWED = "continued-as-new"
VISIT = "out-alone"
SUPPORT = "supervision"
PROCESS = re.compile(r"\d+@")


async def save(names: Collection[str]) -> None:
    """Save the histories of those names anew."""
    async with stage(load_settings()) as on:
        for file in (file for file in FILES if file.stem in STORIES and file.stem in names):
            rehearsal, load = the(file), beside(file)
            transition_id = str(uuid5(NAMESPACE_URL, file.stem))
            await on.play(rehearsal, load(rehearsal.pathway), load, transition_id)
            await _keep(on.client, workflow_id(transition_id), file.stem)
    if RENEWED in names:
        await _save_renewed()
    if VISIT in names:
        await save_visit()
    if SUPPORT in names:
        await save_support()


async def save_visit() -> None:
    """Save a visit: the worker is missed, says that it takes longer, is missed again, and comes back."""
    async with ephemeral_postgres() as postgres:
        pool = await open_pool(postgres.url, RING)
        async with field(time_skipping, pool) as out, out.there.worker():
            visit = await out.go(id=str(uuid5(NAMESPACE_URL, VISIT)))
            await out.until(visit, visit.expected_end + timedelta(minutes=20))
            longer = await out.extend(visit, visit.expected_end + timedelta(hours=1))
            await out.until(longer, longer.expected_end + timedelta(minutes=40))
            await out.come_back(longer)
            await _keep(out.there.client, visits.workflow_id(visit.id), VISIT)
        pool.terminate()


async def save_support() -> None:
    """Save somebody's support: each morning is looked, they are reminded, and the peer lead is told."""
    async with ephemeral_postgres() as postgres:
        pool = await open_pool(postgres.url, RING)
        async with supported.weeks(time_skipping, pool) as here, here.there.worker():
            await pool.execute("UPDATE teams SET policy = '{\"supervision_weeks\": 1}'")
            await here.follow()
            await here.until(end_of(here.began + timedelta(weeks=1)) + timedelta(hours=1))
            await here.follow()
            await _keep(here.there.client, support.workflow_id(supported.WORKER), SUPPORT)
        pool.terminate()


async def _save_renewed() -> None:
    async with (
        ephemeral_postgres() as postgres,
        await WorkflowEnvironment.start_local(
            data_converter=pydantic_data_converter,
            dev_server_existing_path=str(find_binary(None)),
            dev_server_extra_args=IMPATIENT,
        ) as environment,
    ):
        client = environment.client
        await register_search_attributes(client)
        pool = await open_pool(postgres.url, RING)
        async with place(client, pool) as there, there.worker():
            person = await there.take_on()
            number = 0
            while len(await runs(client, person.id)) == 1:
                await expect(person, number)
                number += 1
            await expect(person, number)
            await _keep(client, workflow_id(person.id), RENEWED)
        pool.terminate()


async def _keep(client: Client, followed: str, name: str) -> None:
    """One file for each run, the first one first."""
    found, run_id = [], None
    while run_id != "":
        handle = client.get_workflow_handle(followed, run_id=run_id)
        found.append(await handle.fetch_history())
        run_id = found[-1].events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    for number, history in enumerate(reversed(found), start=1):
        (SAVED / f"{name}.{number}.json").write_text(_anonymous(history) + "\n", encoding="utf-8")


def _anonymous(history: WorkflowHistory) -> str:
    """The history without the machine that it was made on: processes are named by number and host."""
    return json.dumps(_without_machine(json.loads(history.to_json())), indent=1, sort_keys=True)


def _without_machine(found: object) -> object:
    if isinstance(found, dict):
        return {key: _without_machine(value) for key, value in found.items()}
    if isinstance(found, list):
        return [_without_machine(value) for value in found]
    return "saved" if isinstance(found, str) and PROCESS.match(found) else found


if __name__ == "__main__":
    SAVED.mkdir(exist_ok=True)
    asyncio.run(save(sys.argv[1:] or (*STORIES, RENEWED, VISIT, SUPPORT)))
