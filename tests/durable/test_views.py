"""What people see of a journey from outside: search attributes, named waits, queries; nothing about who they are."""

from datetime import timedelta

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowHistory

from planner.refused import Refused
from schemas.command import (
    AnswerHandover,
    ChangeFacts,
    Complete,
    Expect,
    OfferHandover,
    PutOnHold,
    RecordMilestone,
    SetDue,
)
from tests.durable.following import COORDINATOR, FAMILY_NAME, GIVEN_NAME, TEAM, Followed, Place, listed, now, until
from tests.histories.opening import opened
from workers.transitions import preview, query_journey
from workflows.transition import TransitionWorkflow

BY_STAFF = "coordinator-2"


async def test_search_attributes_follow_the_journey(here: Place) -> None:
    person = await here.take_on()
    journey = await query_journey(here.client, person.id)
    dues = [step.due for step in journey.steps.values() if step.due and step.state.actionable]
    assert await listed(person) == {
        "Pathway": "inpatient-to-community",
        "Stage": "started",
        "Team": TEAM,
        "Coordinator": COORDINATOR,
        "NextDeadline": min(dues),
        "OverdueCount": 0,
        "HighestRung": 0,
    }
    await person.send(RecordMilestone(id="out", at=now(), milestone="discharged"))
    assert (await listed(person))["Stage"] == "discharged"


async def test_what_is_overdue_is_listed_and_found(here: Place) -> None:
    person = await here.take_on()
    await person.send(
        SetDue(id="soon", at=now(), step="discharge-plan", due=now() + timedelta(seconds=1), reason="now")
    )
    await until(lambda: _overdue(person))
    query = f"AlongsideOverdueCount = 1 AND WorkflowId = '{person.handle.id}'"
    await until(lambda: _found(here, query))


async def _overdue(person: Followed) -> bool:
    return (await listed(person))["OverdueCount"] == 1


async def _found(here: Place, query: str) -> bool:
    return (await here.client.count_workflows(query)).count == 1


async def test_the_team_follows_the_coordinator(here: Place) -> None:
    person = await here.take_on()
    await person.send(OfferHandover(id="offer", at=now(), to=BY_STAFF, answer_by=now() + timedelta(days=3)))
    assert (await listed(person))["Team"] == TEAM
    await person.send(AnswerHandover(id="yes", at=now(), accept=True))
    assert {"Team": "South", "Coordinator": BY_STAFF}.items() <= (await listed(person)).items()
    assert await here.pool.fetchval("SELECT team FROM transitions WHERE id = $1", person.id) == "South"


async def test_every_wait_has_a_name_in_temporal(here: Place) -> None:
    person = await here.take_on()
    details = (await person.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)).current_details
    waits = await person.handle.query(TransitionWorkflow.waits)
    assert details.splitlines() == [f"- {wait.text}" for wait in waits]
    assert any("then the coordinator is told" in line for line in details.splitlines())
    summaries = [
        str((await here.client.data_converter.decode([event.user_metadata.summary]))[0])
        async for event in person.handle.fetch_history_events()
        if event.HasField("timer_started_event_attributes")
    ]
    assert summaries
    assert all("due" in summary for summary in summaries)


async def test_queries_tell_where_the_journey_stands_and_what_happened(here: Place) -> None:
    person = await here.take_on()
    await person.send(Complete(id="done", at=now(), step="discharge-plan"))
    journey = await person.handle.query(TransitionWorkflow.journey)
    assert journey.revision == 2
    trace = await person.handle.query(TransitionWorkflow.trace)
    rows = await here.pool.fetch(
        "SELECT payload FROM events WHERE transition_id = $1 ORDER BY revision, seq", person.id
    )
    assert [event.told() for event in trace] == [row["payload"] for row in rows]


async def test_a_preview_tells_and_changes_nothing(here: Place) -> None:
    person = await here.take_on()
    await person.send(Expect(id="first", at=now(), expected={"discharged": now() + timedelta(days=20)}))
    before = await person.history_length(), await person.records()
    moved = Expect(id="later", at=now(), expected={"discharged": now() + timedelta(days=40)})
    shown = await preview(here.client, person.id, moved)
    assert shown.moves
    assert all(move.before and move.after and move.after > move.before for move in shown.moves)
    assert (await person.history_length(), await person.records()) == before
    await person.send(moved)
    journey = await query_journey(here.client, person.id)
    assert {move.step: move.after for move in shown.moves}.items() <= {
        step.id: step.due for step in journey.steps.values()
    }.items()


async def test_a_preview_is_refused_as_its_command_would_be(here: Place) -> None:
    person = await here.take_on()
    command = PutOnHold(id="hold", at=now())
    with pytest.raises(Refused) as asked:
        await preview(here.client, person.id, command)
    with pytest.raises(Refused) as done:
        await person.send(command)
    assert (
        (asked.value.kind, asked.value.message)
        == (done.value.kind, done.value.message)
        == (
            "invalid",
            done.value.message,
        )
    )


async def test_nothing_in_temporal_says_who_it_is(here: Place) -> None:
    person = await here.take_on()
    await person.send(ChangeFacts(id="fact", at=now(), facts={"peer_support": "accepted"}))
    sealed = await person.handle.fetch_history()
    inside = await opened(here.client, sealed)
    row = await here.pool.fetchrow(
        "SELECT p.local_id FROM people p JOIN transitions t ON t.person_id = p.id WHERE t.id = $1", person.id
    )
    assert row is not None
    for secret in (GIVEN_NAME, FAMILY_NAME, row["local_id"]):
        assert secret.encode() not in _raw(sealed) + _raw(inside)
    assert b"peer_support" in _raw(inside)
    assert b"peer_support" not in _raw(sealed)
    assert person.handle.id == f"transition-{person.id}"


def _raw(history: WorkflowHistory) -> bytes:
    return b"".join(event.SerializeToString() for event in history.events)
