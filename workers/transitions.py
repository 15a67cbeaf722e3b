"""Transitions from outside: start one, send it a command, ask it something, compare it with the records."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy as Conflict
from temporalio.common import WorkflowIDReusePolicy as Reuse
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from planner import journey as planner
from planner.preview import Preview
from planner.refused import Refused, closed_as
from records import commit, reconcile
from records.database import Database
from records.errors import NotBegun, NotRegistered
from records.going_on import GoingOn, going_on
from records.payload_keys import WhoseUnknown
from records.reconcile import Difference, Kind
from schemas.command import AnyCommand, Receipt, Start
from schemas.journey import Journey
from schemas.pathway import Pathway
from workers.described import described, failed, is_running, patiently, stuck
from workers.refusals import refused
from workers.taken import until_taken
from workflows.state import TransitionState
from workflows.transition import REMEMBERED, TransitionWorkflow

ENDED = "The transition closed before this could be done."
UNKNOWN = "No transition of that id is being followed."
AT_ONCE = 4
"""How many journeys are asked at the same time: a worker that has just begun reads each from its history first."""
ASKED = 3
"""How often a journey is asked that gives no answer in time: what is read of it meanwhile is not lost."""


def workflow_id(transition_id: str) -> str:
    """The id of the workflow that follows a transition."""
    return f"transition-{transition_id}"


async def start_transition(
    client: Client, task_queue: str, start: Start, pathway: Pathway, team: str, *, ahead_by: float = 0
) -> Receipt:
    """Start following somebody; for one who is followed already it answers as it did then.

    The transition must be registered in the records. Raises Refused when what is said cannot be.
    """
    planner.start(pathway, start)
    state = TransitionState(definition=pathway.canonical, team=team, start=start, ahead_by=ahead_by)
    return await _start(client, task_queue, start.transition_id, state)


async def go_on(client: Client, task_queue: str, db: Database, transition_id: str) -> bool:
    """Follow somebody from where the records have them, in a Temporal that does not; whether it did not.

    Nothing is waited for, so it works before a worker runs. Raises RecordsError for who has not begun.
    """
    standing = await going_on(db, transition_id, REMEMBERED)
    if standing.journey is not None and standing.status != "open":
        return False
    try:
        await _go_on(client, task_queue, transition_id, standing, reuse=Reuse.ALLOW_DUPLICATE_FAILED_ONLY)
    except WorkflowAlreadyStartedError:
        # What it records it records before it ends: open by the records and ended here, another past has ended.
        standing = await going_on(db, transition_id, REMEMBERED)
        if standing.status != "open" or await _runs(client, transition_id):
            return False
        await _go_on(client, task_queue, transition_id, standing)
    return True


async def follow_anew(client: Client, task_queue: str, db: Database, transition_id: str) -> None:
    """Follow somebody from where the records have them, in place of what follows them now.

    The one ends as the other begins, so that whatever fails here, somebody is followed as before; what it records in
    that moment is found as anything else is that was lost on its way (workers.abreast). One that has closed is followed
    until what is still to be mailed is. Raises RecordsError for who has not begun.
    """
    standing = await going_on(db, transition_id, REMEMBERED)
    await _go_on(client, task_queue, transition_id, standing, running=Conflict.TERMINATE_EXISTING)


async def _go_on(
    client: Client,
    task_queue: str,
    transition_id: str,
    standing: GoingOn,
    *,
    running: Conflict = Conflict.FAIL,
    reuse: Reuse = Reuse.ALLOW_DUPLICATE,
) -> None:
    if standing.journey is None:
        raise NotBegun(transition_id)
    state = TransitionState(
        definition=standing.definition,
        team=standing.team,
        journey=standing.journey,
        handled=standing.handled,
        outbox=standing.outbox,
        last=standing.last,
        peers=standing.peers,
    )
    await client.start_workflow(
        TransitionWorkflow.run,
        state,
        id=workflow_id(transition_id),
        task_queue=task_queue,
        id_conflict_policy=running,
        id_reuse_policy=reuse,
    )


async def _runs(client: Client, transition_id: str) -> bool:
    return is_running(await described(client, workflow_id(transition_id)))


@until_taken
async def _start(client: Client, task_queue: str, transition_id: str, state: TransitionState) -> Receipt:
    operation = WithStartWorkflowOperation(
        TransitionWorkflow.run,
        state,
        id=workflow_id(transition_id),
        task_queue=task_queue,
        id_conflict_policy=Conflict.USE_EXISTING,
        id_reuse_policy=Reuse.ALLOW_DUPLICATE_FAILED_ONLY,
    )
    try:
        return await client.execute_update_with_start_workflow(
            TransitionWorkflow.begun, start_workflow_operation=operation
        )
    except WhoseUnknown as error:
        raise Refused("not-found", NotRegistered(transition_id).message) from error
    except WorkflowUpdateFailedError as error:
        raise refused(error, ENDED) from error
    except WorkflowAlreadyStartedError as error:
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await operation.workflow_handle()  # has the same error, and complains when nobody looks at it
        raise Refused("conflict", "This transition has closed: start a new one.") from error


@until_taken
async def send(client: Client, transition_id: str, command: AnyCommand, db: "Database | None" = None) -> Receipt:
    """Send a command and wait until it is recorded; sent again under its id it answers the same.

    With `db`, a command that closed the transition answers the same again too. Raises Refused.
    """
    try:
        return await _handle(client, transition_id).execute_update(TransitionWorkflow.command, command, id=command.id)
    except WhoseUnknown as error:
        raise Refused("not-found", UNKNOWN) from error
    except (WorkflowUpdateFailedError, RPCError) as error:
        if isinstance(error, RPCError) and error.status is not RPCStatusCode.NOT_FOUND:
            raise
        if db is not None and (receipt := await commit.receipt(db, transition_id, command.id)) is not None:
            return receipt
        if isinstance(error, RPCError):
            raise await _absent(client, transition_id, error) from error
        raise refused(error, ENDED) from error


async def _absent(client: Client, transition_id: str, error: RPCError) -> Exception:
    """Why no workflow took a command: it has ended, or there never was one; else the error is another."""
    try:
        answer = await described(client, workflow_id(transition_id))
    except RPCError as unknown:
        if unknown.status is not RPCStatusCode.NOT_FOUND:
            raise
        return Refused("not-found", UNKNOWN)
    match answer.workflow_execution_info.status:
        case WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED:
            return closed_as(await _handle(client, transition_id).result())
        case WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING:
            return error
    return Refused("conflict", "This transition is not being followed any more, though it has not closed.")


def _handle(client: Client, transition_id: str) -> WorkflowHandle[TransitionWorkflow, str]:
    return client.get_workflow_handle_for(TransitionWorkflow.run, workflow_id(transition_id))


async def query_journey(client: Client, transition_id: str) -> Journey:
    """Where a transition stands, as its workflow says."""
    return await _handle(client, transition_id).query(TransitionWorkflow.journey)


async def preview(client: Client, transition_id: str, command: AnyCommand) -> Preview:
    """What a command would do. Raises Refused exactly when the command would be."""
    try:
        answer = await _handle(client, transition_id).query(TransitionWorkflow.preview, command)
    except WhoseUnknown as error:
        raise Refused("not-found", UNKNOWN) from error
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise await _absent(client, transition_id, error) from error
    if answer.preview is None:
        raise Refused(answer.refused or "conflict", answer.message)
    return answer.preview


async def journeys(client: Client) -> tuple[dict[str, Journey], list[str]]:
    """Every open journey that Temporal follows, by transition id, and the ids of those that cannot go on.

    A journey cannot go on when its workflow fails whatever it is asked: a fault of ours, told in the worker's log.
    """
    return await told_of(client, [one async for one in followed(client)])


async def told_of(client: Client, transition_ids: Iterable[str]) -> tuple[dict[str, Journey], list[str]]:
    """The same of some journeys; of one that is not followed nothing is told."""
    gate = asyncio.Semaphore(AT_ONCE)

    told: dict[str, Journey] = {}
    stuck: list[str] = []

    async def ask(transition_id: str) -> None:
        async with gate:
            try:
                stands = await described(client, workflow_id(transition_id))
                # What Temporal lists is a moment old: it may have ended since, perhaps before it could ever answer.
                if not is_running(stands):
                    return
                if await failed(client, stands) is not None:
                    stuck.append(transition_id)
                else:
                    told[transition_id] = await _asked_again(client, transition_id)
            except WorkflowQueryFailedError:  # what it has been through is not what our code would have done
                stuck.append(transition_id)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise

    await asyncio.gather(*map(ask, transition_ids))
    return told, sorted(stuck)


async def _asked_again(client: Client, transition_id: str) -> Journey:
    """Where it stands. Asked before it knows what time it is, it fails to answer once, and knows it then."""
    try:
        return await patiently(lambda: query_journey(client, transition_id), ASKED)
    except WorkflowQueryFailedError:
        return await patiently(lambda: query_journey(client, transition_id), ASKED)


async def cannot_go_on(client: Client, transition_id: str) -> bool:
    """Whether the workflow's task failed and is tried again; one that merely lost its worker is no such thing."""
    return await stuck(client, workflow_id(transition_id))


async def followed(client: Client) -> AsyncIterator[str]:
    """The ids of every transition that Temporal follows now."""
    async for execution in client.list_workflows("WorkflowType = 'TransitionWorkflow' AND ExecutionStatus = 'Running'"):
        yield execution.id.removeprefix("transition-")


async def differences(client: Client, db: Database) -> list[str]:
    """The sentences of what `compared` finds."""
    return [found.words for found in await compared(client, db)]


async def compared(client: Client, db: Database) -> list[Difference]:
    """Where Temporal and the records tell of a journey differently; empty when all is well.

    The two are read one after the other, so what is not the same is looked at once more: it may only have moved.
    """
    told, stuck = await journeys(client)
    records = {one: row async for one, row in reconcile.recorded(db)}
    # What Temporal lists is a moment old: a journey that has just begun, or begun another run, may be missing there.
    unlisted = [one for one in records.keys() - told.keys() - set(stuck) if records[one].status != "closed"]
    told_late, stuck_too = await told_of(client, unlisted)
    stuck += stuck_too
    found = [
        Difference(
            Kind.STUCK, one, f"Transition {one} cannot go on: its workflow fails again and again, as the worker logs."
        )
        if one in records
        else reconcile.unknown(one)  # and so is the key that would open what it holds
        for one in stuck
    ]
    going = {one: row for one, row in records.items() if one not in stuck}
    found += reconcile.compared(_in_json(told | told_late), going)
    told_again, _ = await told_of(client, {one.id for one in found if one.kind is Kind.OTHERWISE})
    steady = [one for one in found if one.id not in told_again]
    return steady + [one for again in sorted(told_again) for one in await _against(db, again, told_again[again])]


async def _against(db: Database, transition_id: str, told: Journey) -> list[Difference]:
    """What a journey that was told just now and the records tell differently."""
    records = {transition_id: row} if (row := await reconcile.recorded_one(db, transition_id)) else {}
    return reconcile.compared(_in_json({transition_id: told}), records)


def _in_json(told: Mapping[str, Journey]) -> dict[str, dict[str, Any]]:
    return {one: journey.model_dump(mode="json") for one, journey in told.items()}


async def compared_one(client: Client, db: Database, transition_id: str) -> list[Difference]:
    """The same of one journey that runs."""
    return await _against(db, transition_id, await query_journey(client, transition_id))


async def begin_as_before(client: Client, task_queue: str, transition_id: str) -> bool:
    """Begin a journey anew, as the history that Temporal has of it says that it was begun; False when it has none."""
    try:
        state = await _begun_with(client, transition_id)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    if state is None or state.start is None:
        return False
    await client.start_workflow(
        TransitionWorkflow.run,
        TransitionState(definition=state.definition, team=state.team, start=state.start),
        id=workflow_id(transition_id),
        task_queue=task_queue,
        id_conflict_policy=Conflict.TERMINATE_EXISTING,
    )
    return True


async def _begun_with(client: Client, transition_id: str, run_id: str | None = None) -> TransitionState | None:
    """What the first run of a workflow was given, as far as Temporal still has it."""
    handle = client.get_workflow_handle(workflow_id(transition_id), run_id=run_id)
    async for event in handle.fetch_history_events(page_size=1):
        started = event.workflow_execution_started_event_attributes
        first = started.first_execution_run_id
        if run_id is None and started.continued_execution_run_id:
            return await _begun_with(client, transition_id, first)
        [state] = await client.data_converter.decode(started.input.payloads, [TransitionState])
        return state if isinstance(state, TransitionState) else None
    return None
