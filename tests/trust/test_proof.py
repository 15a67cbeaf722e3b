"""A thousand people go through everything, and nothing that is not the records says who any of them is.

Read are the files that Temporal keeps, the histories that it hands out, its own view of each workflow, and every line
that any of the processes wrote: while steps are reported with free text, a command is refused, the records refuse a
row for a while, and what is handed over makes no sense. Staff are named by id there, and teams by name: that is meant.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter

from pathways.loader import find
from planner.refused import Refused
from records import people, staff
from records.errors import RecordsError
from schemas.codes import Role
from schemas.command import Complete, PutOnHold, Start
from schemas.staff import StaffMember
from tests.durable.following import until
from tests.faults.conftest import ALONGSIDE
from tests.trust.people import Search, Somebody, thousand
from workers.client import Pool, open_pool
from workers.codec import about_to_begin
from workers.embedded import EmbeddedServices
from workers.transitions import cannot_go_on, send, start_transition, workflow_id
from workflows import attributes

PATHWAY = find("inpatient-to-community")
COORDINATOR, TEAM = "coordinator-1", "North"
STEP = "discharge-plan"
AT_ONCE = 24
EXPORTED = 200
"""Histories that are read as they are handed out; what Temporal keeps of the others is read in its files."""
CONTROL = "control-1"
OURS = re.compile(r"transition-[0-9a-f-]{36}|(support|visit|cover-absence|webhook)-[\w-]+")
*EVERYBODY, IN_THE_OPEN = thousand(1_001)


@dataclass
class Written:
    """What was written where: by Temporal into its files, by every process into its log, and handed out."""

    kept: dict[str, bytes] = field(default_factory=dict)
    logs: dict[str, bytes] = field(default_factory=dict)
    exported: dict[str, bytes] = field(default_factory=dict)
    attributes: dict[str, dict[str, object]] = field(default_factory=dict)
    provoked: list[str] = field(default_factory=list)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Everything that was written about them."""
    folder, found = tmp_path_factory.mktemp("trust") / "data", Written()
    async with EmbeddedServices(folder, ui=False) as services, _worker(services, folder.parent / "worker.log"):
        pool = await open_pool(services.owner_url, services.keys)
        try:
            client = await services.client(pool)
            await _live(client, pool, found)
            found.exported, found.attributes = await _handed_out(client)
        finally:
            pool.terminate()
        found.exported[CONTROL] = await _in_the_open(services.temporal_address)
    found.kept = {file.name: file.read_bytes() for file in folder.glob("temporal.db*")}
    (folder.parent / "control.log").write_text(_told(IN_THE_OPEN))
    found.logs = {file.name: file.read_bytes() for file in [*folder.glob("logs/*"), *folder.parent.glob("*.log")]}
    return found


def _told(one: Somebody) -> str:
    """Everything of somebody, as it would be read."""
    return f"{one.person.model_dump_json()} {one.free_text}"


async def _in_the_open(address: str) -> bytes:
    """Hand somebody over as it would be without the codec; the history of that, as it is handed out."""
    plain = await Client.connect(address, data_converter=pydantic_data_converter)
    handle = await plain.start_workflow("Nobody", _told(IN_THE_OPEN), id=CONTROL, task_queue="nobody")
    return (await handle.fetch_history()).to_json().encode()


@asynccontextmanager
async def _worker(services: EmbeddedServices, log: Path) -> AsyncIterator[None]:
    """A worker in a process of its own, which says all that it can say into a file."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ALONGSIDE_")}
    environment |= {"ALONGSIDE_DATA_DIR": str(services.data_dir), "ALONGSIDE_LOG_LEVEL": "debug"}
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(ALONGSIDE, "worker"), env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out
        )
        try:
            yield
        finally:
            process.terminate()
            await process.wait()


async def _live(client: Client, pool: Pool, found: Written) -> None:
    await staff.upsert_staff(pool, [StaffMember(id=COORDINATOR, name="Staff", role=Role.COORDINATOR, team=TEAM)])
    ids = await _each(lambda one: _taken_on(client, pool, one))
    assert len(set(ids)) == len(EVERYBODY)
    await _refused(client, pool, EVERYBODY[0], ids[0])
    for provoke in (_not_written, _makes_no_sense, _given_twice):
        found.provoked.append(await provoke(client, pool, EVERYBODY[0], ids[0]))


async def _each(do: Callable[[Somebody], Awaitable[str]]) -> list[str]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(somebody: Somebody) -> str:
        async with gate:
            return await do(somebody)

    return await asyncio.gather(*(one(somebody) for somebody in EVERYBODY))


async def _taken_on(client: Client, pool: Pool, one: Somebody) -> str:
    """Enter somebody, follow them, and report a step in somebody's own words."""
    now = datetime.now(UTC)
    registered = await people.register(
        pool, one.person, pathway=PATHWAY.id, started=now, taken_on=now, coordinator=COORDINATOR, team=TEAM
    )
    said: dict[str, Any] = {"born": one.person.date_of_birth, "coordinator": COORDINATOR}
    start = Start(id="start", transition_id=registered, at=now, **said)
    await start_transition(client, "alongside", start, PATHWAY, TEAM)
    done = Complete(id=f"done-{uuid4()}", at=datetime.now(UTC), step=STEP, reason=one.free_text)
    await send(client, registered, done, pool)
    return registered


async def _refused(client: Client, pool: Pool, one: Somebody, transition_id: str) -> None:
    """A command that cannot be done."""
    name = f"{one.person.given_name} {one.person.family_name}"
    with pytest.raises(Refused):
        await send(
            client, transition_id, Complete(id="no", at=datetime.now(UTC), step=name, reason=one.free_text), pool
        )


async def _not_written(client: Client, pool: Pool, one: Somebody, transition_id: str) -> str:
    """The records refuse a row that is about somebody, for so long that the failure stands in the history."""
    await pool.execute("ALTER TABLE events ADD CONSTRAINT not_now CHECK (command_id <> 'hold')")
    hold = PutOnHold(id="hold", at=datetime.now(UTC), reason=f"Hold on: {one.free_text}")
    sending = asyncio.create_task(send(client, transition_id, hold, pool))
    handle = client.get_workflow_handle(workflow_id(transition_id))

    async def failed() -> bool:
        async for event in handle.fetch_history_events():
            if event.HasField("marker_recorded_event_attributes"):
                about = event.marker_recorded_event_attributes
                if about.HasField("failure"):
                    return True
        return False

    await until(failed, 90)
    await pool.execute("ALTER TABLE events DROP CONSTRAINT not_now")
    assert (await sending).transition_id == transition_id
    return "CheckViolationError"


async def _makes_no_sense(client: Client, pool: Pool, one: Somebody, transition_id: str) -> str:
    """What is handed over is no model of ours, and is about somebody."""
    who = one.person.model_dump(mode="json") | {"definition": [one.free_text], "do": 7}
    wrong = f"transition-{uuid4()}"
    await about_to_begin(client, wrong, transition_id)
    await client.start_workflow("TransitionWorkflow", who, id=wrong, task_queue="alongside")
    await until(lambda: cannot_go_on(client, wrong.removeprefix("transition-")), 60)
    await client.get_workflow_handle(wrong).terminate("the test is over")
    with pytest.raises(WorkflowUpdateFailedError):
        await client.get_workflow_handle(workflow_id(transition_id)).execute_update("command", who)
    return "ValidationError"


async def _given_twice(_: Client, pool: Pool, one: Somebody, __: str) -> str:
    """The records refuse a second person of the same number."""
    with pytest.raises(RecordsError, match="that of another local id already"):
        await people.upsert_person(pool, one.person.model_copy(update={"local_id": "another"}))
    return "one_person_per_nhs_number"


async def _handed_out(client: Client) -> tuple[dict[str, bytes], dict[str, dict[str, object]]]:
    """Histories as anybody gets them who may ask Temporal, and what it lists of every workflow."""
    exported: dict[str, bytes] = {}
    listed: dict[str, dict[str, object]] = {}
    async for execution in client.list_workflows():
        found = {pair.key.name: pair.value for pair in execution.typed_search_attributes}
        listed[execution.id] = found
        if len(exported) < EXPORTED:
            history = await client.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history()
            exported[execution.id] = history.to_json().encode()
    return exported, listed


@pytest.fixture(scope="module")
def search() -> Search:
    """The search for any of them, and for the one who was written in the open."""
    return Search([*EVERYBODY, IN_THE_OPEN])


def _hits(search: Search, written: dict[str, bytes]) -> dict[str, set[str]]:
    """What of anybody stands where."""
    return {name: hits for name, content in written.items() if (hits := search.found(content))}


async def test_what_temporal_keeps_says_who_nobody_is(written: Written, search: Search) -> None:
    """Except of the one who was handed over in the open: the search finds that, and would have found the others."""
    assert sum(len(content) for content in written.kept.values()) > 10_000_000
    assert b"".join(written.kept.values()).count(b"transition-") > len(EVERYBODY)
    assert set().union(*_hits(search, written.kept).values()) == search.found(_told(IN_THE_OPEN).encode())


async def test_histories_that_are_handed_out_say_who_nobody_is(written: Written, search: Search) -> None:
    assert len(written.exported) == EXPORTED + 1
    assert set(_hits(search, written.exported)) == {CONTROL}


async def test_ids_and_search_attributes_are_of_the_work(written: Written, search: Search) -> None:
    assert len(written.attributes) > len(EVERYBODY)
    for workflow, listed in written.attributes.items():
        assert OURS.fullmatch(workflow)
        assert search.found(f"{workflow} {listed}".encode()) == set()
    known = {key.name for key in attributes.ALL}
    texts = {str(value) for listed in written.attributes.values() for name, value in listed.items() if name in known}
    named = {text for text in texts if not re.fullmatch(r"\d+|\d{4}-\d\d-\d\d .*", text)}
    assert named <= {PATHWAY.id, TEAM, COORDINATOR, *PATHWAY.milestone, "on-hold"}


async def test_no_line_of_any_log_says_who_anybody_is(written: Written, search: Search) -> None:
    assert {"postgres.log", "temporal.log", "worker.log"} <= set(written.logs)
    said = b"".join(written.logs.values()).decode()
    assert said.count('"recorded"') >= 2 * len(EVERYBODY), "the worker says what it does"
    for what in written.provoked:
        assert what in said, f"{what} was provoked, and is told"
    assert set(_hits(search, written.logs)) == {"control.log"}
