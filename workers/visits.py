"""Visits from outside: check in, check out, extend, and ask how one stands."""

import contextlib
from datetime import datetime
from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy as Conflict
from temporalio.common import WorkflowIDReusePolicy as Reuse
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from planner import visits as rules
from planner.refused import Refused
from records import visits
from records.database import Database
from records.errors import RecordsError
from records.policy import policy
from schemas.visit import CheckOut, Extend, Visit, VisitState
from workers.codec import about_to_begin
from workers.described import end, stuck
from workers.refusals import refused
from workers.taken import until_taken
from workflows.visit import VisitWorkflow

ENDED = "The visit ended before this could be done: see `alongside visits`."


def workflow_id(visit_id: str) -> str:
    """The id of the workflow that waits for somebody to come back."""
    return f"visit-{visit_id}"


async def check_in(client: Client, task_queue: str, db: Database, visit: Visit, *, ahead_by: float = 0) -> Visit:
    """Somebody goes out, and is missed from now on; twice under one id is once.

    Raises Refused, also for a first visit at somebody's home that is made alone without a reason.
    """
    known = await _known(db, visit.id)
    if known is not None and known.checked_out is not None:
        return known
    if known is None:
        visit = visit.model_copy(update={"team": await visits.team_for(db, visit.team, visit.transition_id)})
        before = await visits.visited_at_home(db, visit.transition_id, visit.id)
        rules.check_in(visit, await policy(db, visit.team or ""), visited_at_home=before)
    return await _start(client, task_queue, db, known or visit, ahead_by)


@until_taken
async def _start(client: Client, task_queue: str, db: Database, visit: Visit, ahead_by: float = 0) -> Visit:
    state = VisitState(visit=visit, policy=await policy(db, visit.team or ""), ahead_by=ahead_by)
    await about_to_begin(client, workflow_id(visit.id), visit.transition_id)
    operation = WithStartWorkflowOperation(
        VisitWorkflow.run,
        state,
        id=workflow_id(visit.id),
        task_queue=task_queue,
        id_conflict_policy=Conflict.USE_EXISTING,
        id_reuse_policy=Reuse.ALLOW_DUPLICATE_FAILED_ONLY,
    )
    try:
        return await client.execute_update_with_start_workflow(VisitWorkflow.begun, start_workflow_operation=operation)
    except WorkflowUpdateFailedError as error:
        raise refused(error, ENDED) from error
    except WorkflowAlreadyStartedError as error:
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await operation.workflow_handle()  # has the same error, and complains when nobody looks at it
        raise Refused("conflict", "This visit is over: check in again.") from error


async def check_out(client: Client, task_queue: str, db: Database, visit_id: str, command: CheckOut) -> Visit:
    """Somebody is back; the same command again answers the same. Raises Refused, naming who was first."""
    return await _send(client, task_queue, db, visit_id, VisitWorkflow.check_out, command)


async def extend(client: Client, task_queue: str, db: Database, visit_id: str, command: Extend) -> Visit:
    """The visit takes longer, and the alerts start again from its new expected end. Raises Refused."""
    return await _send(client, task_queue, db, visit_id, VisitWorkflow.extend, command)


async def _send(
    client: Client, task_queue: str, db: Database, visit_id: str, update: Any, command: CheckOut | Extend
) -> Visit:
    """Send an update. A visit that is out by the records, and that this Temporal does not know, it is told of first."""
    recorded = await visits.visit(db, visit_id)
    if recorded.checked_out is not None:
        return _ended(recorded, command)
    try:
        return await _update(client, visit_id, update, command)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    recorded = await visits.visit(db, visit_id)
    if recorded.checked_out is not None:
        return _ended(recorded, command)
    await _start(client, task_queue, db, recorded)
    return await _update(client, visit_id, update, command)


@until_taken
async def _update(client: Client, visit_id: str, update: Any, command: CheckOut | Extend) -> Visit:
    try:
        answer: Visit = await _handle(client, visit_id).execute_update(update, command, id=command.id)
    except WorkflowUpdateFailedError as error:
        raise refused(error, ENDED) from error
    return answer


def _ended(visit: Visit, command: CheckOut | Extend) -> Visit:
    """The answer for a visit that is over: as it was, to the command that ended it, else a refusal."""
    if visit.checked_out_command == command.id:
        return visit
    raise rules.already_back(visit)


async def not_followed(client: Client, db: Database) -> list[Visit]:
    """Who is out by the records and would not be missed: a Temporal that was lost and made anew does not know them."""
    running = "WorkflowType = 'VisitWorkflow' AND ExecutionStatus = 'Running'"
    followed = {execution.id async for execution in client.list_workflows(running)}
    return [visit for visit in await visits.out_now(db) if workflow_id(visit.id) not in followed]


async def follow(
    client: Client, task_queue: str, db: Database, visit: Visit, *, running: Conflict = Conflict.FAIL
) -> bool:
    """Miss somebody who is out by the records from now on; whether nobody did. No worker has to run for it."""
    await about_to_begin(client, workflow_id(visit.id), visit.transition_id)
    try:
        await client.start_workflow(
            VisitWorkflow.run,
            VisitState(visit=visit, policy=await policy(db, visit.team or "")),
            id=workflow_id(visit.id),
            task_queue=task_queue,
            id_conflict_policy=running,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


async def cannot_go_on(client: Client, db: Database) -> list[Visit]:
    """Who is out and would not be missed, because the workflow of the visit fails at what comes next."""
    return [visit for visit in await visits.out_now(db) if await stuck(client, workflow_id(visit.id))]


async def follow_anew(client: Client, task_queue: str, db: Database, visit: Visit) -> None:
    """Miss who is out from where the records have them, in place of what cannot; nobody who is back."""
    if visit.checked_out is None:
        await follow(client, task_queue, db, visit, running=Conflict.TERMINATE_EXISTING)
    else:
        await end(client, workflow_id(visit.id), "it cannot go on, and they are back")


async def enter_again(client: Client, task_queue: str, db: Database, visit_id: str) -> None:
    """Record a visit that Temporal alone knows of, and go on missing whoever is out on it."""
    await follow(client, task_queue, db, await state(client, visit_id), running=Conflict.TERMINATE_EXISTING)


async def state(client: Client, visit_id: str) -> Visit:
    """How a visit stands, as its workflow says."""
    return await _handle(client, visit_id).query(VisitWorkflow.state)


async def next_alert(client: Client, visit_id: str) -> datetime | None:
    """When somebody is told next unless the worker checks out; None when everybody has been told."""
    alert = await _handle(client, visit_id).query(VisitWorkflow.following)
    return alert.at if alert else None


def _handle(client: Client, visit_id: str) -> WorkflowHandle[VisitWorkflow, Visit]:
    return client.get_workflow_handle_for(VisitWorkflow.run, workflow_id(visit_id))


async def _known(db: Database, visit_id: str) -> Visit | None:
    try:
        return await visits.visit(db, visit_id)
    except RecordsError:
        return None
