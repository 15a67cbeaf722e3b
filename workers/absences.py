"""Absences: record one and have it covered, see how far that has come, stop it and go on."""

import contextlib
from collections.abc import Awaitable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy as Conflict
from temporalio.common import WorkflowIDReusePolicy as Reuse
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from planner.refused import Refused
from records import absences, covering
from records.database import Database
from schemas.codes import Division
from schemas.covering import CoverAbsenceState, Outcome, Progress
from schemas.staff import Absence
from workers.refusals import refused
from workers.taken import until_taken
from workflows.cover_absence import CoverAbsenceWorkflow


def workflow_id(absence_id: str) -> str:
    """The id of the workflow that covers an absence."""
    return f"cover-absence-{absence_id}"


def new_id() -> str:
    """An id for an absence that is to be recorded."""
    return str(uuid4())


@until_taken
async def begin(client: Client, task_queue: str, absence: Absence) -> Absence:
    """Record an absence and have it covered; twice under one id is once. Raises Refused when it cannot be recorded."""
    operation = WithStartWorkflowOperation(
        CoverAbsenceWorkflow.run,
        CoverAbsenceState(absence=absence),
        id=workflow_id(absence.id),
        task_queue=task_queue,
        id_conflict_policy=Conflict.USE_EXISTING,
        id_reuse_policy=Reuse.ALLOW_DUPLICATE_FAILED_ONLY,
    )
    try:
        return await client.execute_update_with_start_workflow(
            CoverAbsenceWorkflow.begun, start_workflow_operation=operation
        )
    except WorkflowUpdateFailedError as error:
        raise refused(error, "The absence is covered already.") from error
    except WorkflowAlreadyStartedError:
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await operation.workflow_handle()  # has the same error, and complains when nobody looks at it
        return absence


async def not_followed(client: Client, db: Database, division: Division) -> list[Absence]:
    """The absences that are not covered yet, by the records, and that this Temporal does not cover."""
    running = "WorkflowType = 'CoverAbsenceWorkflow' AND ExecutionStatus = 'Running'"
    covered = {execution.id async for execution in client.list_workflows(running)}
    standing = await covering.under_way(db, datetime.now(UTC), division)
    return [absence for absence in standing if workflow_id(absence.id) not in covered]


async def follow(client: Client, task_queue: str, absence: Absence, *, running: Conflict = Conflict.FAIL) -> bool:
    """Cover an absence that is recorded, from where it stands; whether nothing did. No worker has to run for it."""
    try:
        await client.start_workflow(
            CoverAbsenceWorkflow.run,
            CoverAbsenceState(absence=absence),
            id=workflow_id(absence.id),
            task_queue=task_queue,
            id_conflict_policy=running,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


async def enter_again(client: Client, task_queue: str, absence_id: str) -> None:
    """Record an absence that Temporal alone knows of, and go on covering it."""
    known = (await progress(client, absence_id)).absence
    await follow(client, task_queue, known, running=Conflict.TERMINATE_EXISTING)


async def result(client: Client, absence_id: str) -> list[Outcome]:
    """Wait until everything is covered; what became of each contact."""
    return await _handle(client, absence_id).result()


async def progress(client: Client, absence_id: str) -> Progress:
    """How far the covering has come. Refused when no such absence is being covered."""
    return await _answered(absence_id, _handle(client, absence_id).query(CoverAbsenceWorkflow.progress))


@until_taken
async def stop(client: Client, absence_id: str) -> Progress:
    """Go no further for now."""
    return await _answered(absence_id, _handle(client, absence_id).execute_update(CoverAbsenceWorkflow.stop))


@until_taken
async def resume(client: Client, absence_id: str) -> Progress:
    """Go on where it was stopped."""
    return await _answered(absence_id, _handle(client, absence_id).execute_update(CoverAbsenceWorkflow.resume))


async def withdraw(client: Client, db: Database, absence_id: str, by: str) -> None:
    """They are not away after all: what was moved stays moved, and whatever was not covered yet stays as it is."""
    await absences.withdraw(db, UUID(absence_id), by)
    try:
        await _handle(client, absence_id).signal(CoverAbsenceWorkflow.withdrawn)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:  # everything is covered already
            raise


async def _answered(absence_id: str, asked: Awaitable[Progress]) -> Progress:
    try:
        return await asked
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise Refused("not-found", f"The absence {absence_id} is not being covered now.") from error


def _handle(client: Client, absence_id: str) -> WorkflowHandle[CoverAbsenceWorkflow, list[Outcome]]:
    return client.get_workflow_handle_for(CoverAbsenceWorkflow.run, workflow_id(absence_id))
