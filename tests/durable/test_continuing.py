"""A long journey continues as new, and nobody notices."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest_asyncio
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from pathways.loader import find
from planner.rehearsal import Rehearsal, play
from schemas.command import Expect
from tests.durable.following import Followed, Place, listed, place
from tests.keys import RING
from workers.client import Pool, register_search_attributes
from workers.codec import converter
from workers.rehearsal import stage
from workers.settings import load_settings
from workers.temporal_server import find_binary
from workers.transitions import differences, query_journey, workflow_id

FIVE_YEARS = str(Path(__file__).parent / "five-years.yaml")
STARTED = datetime(2026, 1, 5, 9, tzinfo=UTC)
WEEKS = 260
IMPATIENT = ["--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=60"]
"""What makes a server find a short history long."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def impatient() -> AsyncIterator[Client]:
    """A server that finds a short history long."""
    async with await WorkflowEnvironment.start_local(
        data_converter=converter(RING),
        dev_server_existing_path=str(find_binary(None)),
        dev_server_extra_args=IMPATIENT,
        dev_server_log_level="error",
    ) as environment:
        await register_search_attributes(environment.client)
        yield environment.client


@pytest_asyncio.fixture
async def there(impatient: Client, pool: Pool) -> AsyncIterator[Place]:
    """A place on the impatient server whose worker is running."""
    async with place(impatient, pool) as found, found.worker():
        yield found


async def runs(client: Client, transition_id: str) -> list[int]:
    """How long the histories of all runs are, the latest first."""
    run_id, lengths = None, []
    while run_id != "":
        handle = client.get_workflow_handle(workflow_id(transition_id), run_id=run_id)
        events = [event async for event in handle.fetch_history_events()]
        lengths.append(len(events))
        run_id = events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return lengths


async def expect(person: Followed, number: int) -> object:
    """A command that can be done at any time, the same for the same number."""
    discharged = person.start.at + timedelta(days=30 + number)
    return await person.send(Expect(id=f"expect-{number}", at=person.start.at, expected={"discharged": discharged}))


async def test_nothing_is_lost_when_commands_meet_a_renewal(there: Place) -> None:
    person = await there.take_on()
    first = await expect(person, 0)
    for number in range(1, 61, 4):
        await asyncio.gather(*(expect(person, number + more) for more in range(4)))
    assert len(await runs(there.client, person.id)) > 2
    assert await expect(person, 0) == first
    assert [revision for revision, _ in await person.commits()] == list(range(1, 63))
    assert {command for _, command in await person.commits()} == {"start", *(f"expect-{n}" for n in range(61))}
    assert await differences(there.client, there.pool) == []


async def test_views_are_the_same_after_a_renewal(there: Place) -> None:
    person = await there.take_on()
    number = 0
    while len(await runs(there.client, person.id)) == 1:
        await expect(person, number)
        number += 1
    details = (await person.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)).current_details
    assert "due" in details
    journey = await query_journey(there.client, person.id)
    attributes = await listed(person)
    assert attributes["Coordinator"] == person.start.coordinator
    assert attributes["NextDeadline"] == min(s.due for s in journey.steps.values() if s.due and s.state.actionable)


async def test_five_years_of_weekly_contacts_are_as_the_planner_plays_them() -> None:
    pathway = find(FIVE_YEARS)
    rehearsal = five_years()
    transition_id = str(uuid4())
    async with stage(load_settings()) as on:
        trace = await on.play(rehearsal, pathway, find, transition_id)
        assert len(await runs(on.client, transition_id)) > 1
    planned = play(rehearsal, pathway, find)
    assert [event.told() for event in trace] == [event.told() for event in planned]
    assert sum(event.event == "completed" for event in trace) == len(rehearsal.happens)


def five_years() -> Rehearsal:
    """A contact a week, but for one in thirteen that nobody makes."""
    weeks = [week for week in range(1, WEEKS) if week % 13]
    contact = {"by": "coordinator", "attendance": "5", "mechanism": "02"}
    return Rehearsal.model_validate(
        {
            "title": "A contact a week for five years",
            "pathway": "five-years",
            "start": {"at": STARTED},
            "happens": [
                {"at": STARTED + timedelta(weeks=week, days=-2), "complete": f"weekly-contact#{week}", **contact}
                for week in weeks
            ],
            "until": STARTED + timedelta(weeks=WEEKS, days=30),
        }
    )
