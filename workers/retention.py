"""Erasures from outside: ask, decide, and see to it that what was asked for is under way."""

from datetime import datetime

from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from planner import retention as rules
from planner.refused import Refused
from planner.retention import Periods
from records import erasures
from records.database import Database
from records.erasures import Erasure
from schemas.erasing import Became, Why
from schemas.retention import Decision, Erased, ErasureState
from workers.refusals import refused
from workers.settings import Settings
from workers.taken import until_taken
from workflows.retention import ErasureWorkflow

EVERY = 60.0
"""Seconds between two looks at whether something that was asked for is not under way."""
UNDER_WAY = (Became.ASKED, Became.APPROVED)


def periods(settings: Settings) -> Periods:
    """How long this service keeps what it holds of people."""
    return Periods(settings.retention_years, settings.retention_years_after_death, settings.retention_birthday)


def workflow_id(erasure_id: str) -> str:
    """The id of the workflow of an erasure."""
    return f"erasure-{erasure_id}"


async def ask(
    client: Client,
    settings: Settings,
    db: Database,
    erasure_id: str,
    local_id: str,
    why: Why,
    staff: str,
    now: datetime,
) -> Erasure:
    """Ask that what is kept of somebody is destroyed: it is recorded, and waits for a second person from now on.

    Raises Refused or RecordsError when there is no ground for it.
    """
    email = settings.smtp_host is not None
    found = await erasures.ask(db, periods(settings), erasure_id, local_id, why, staff, now, email=email)
    if found.became in UNDER_WAY:
        await follow(client, settings.task_queue, _state(found))
    return found


async def follow(client: Client, task_queue: str, state: ErasureState) -> None:
    """Wait for a second person, or do what was approved; begun twice it is once.

    What the records say is under way begins anew, also when Temporal knows it as ended: they were put back then.
    """
    await client.start_workflow(
        ErasureWorkflow.run,
        state,
        id=workflow_id(state.erasure_id),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
    )


async def decide(client: Client, task_queue: str, db: Database, erasure_id: str, decision: Decision) -> Erased:
    """Approve, refuse or withdraw; answers when it is done. Raises Refused or RecordsError."""
    found = await erasures.one(db, erasure_id)
    rules.may_decide(found.asked_by, decision)
    if found.became not in UNDER_WAY:
        rules.is_so(decision.verdict, found.became)
        if found.decided_by != decision.by.staff:
            raise Refused("conflict", f"It is {found.became} already.")
        return Erased(became=found.became, certificate_id=found.certificate_id)
    try:
        return await _update(client, found.id, decision)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    await follow(client, task_queue, _state(found))
    return await _update(client, found.id, decision)


def _state(found: Erasure) -> ErasureState:
    return ErasureState(erasure_id=found.id, asked_by=found.asked_by, asked_at=found.asked_at, became=found.became)


@until_taken
async def _update(client: Client, erasure_id: str, decision: Decision) -> Erased:
    handle = client.get_workflow_handle_for(ErasureWorkflow.run, workflow_id(erasure_id))
    try:
        return await handle.execute_update(ErasureWorkflow.decide, decision, id=decision.id)
    except WorkflowUpdateFailedError as error:
        raise refused(error, "It ended before this could be done: see `alongside retention asked`.") from error


async def not_followed(client: Client, db: Database) -> list[ErasureState]:
    """What was asked for and is not under way."""
    running = "WorkflowType = 'ErasureWorkflow' AND ExecutionStatus = 'Running'"
    followed = {execution.id async for execution in client.list_workflows(running)}
    return [one for one in await erasures.under_way(db) if workflow_id(one.erasure_id) not in followed]


async def follow_all(client: Client, task_queue: str, db: Database) -> int:
    """Have everything waited for that was asked for and is not under way; how much there was."""
    missing = await not_followed(client, db)
    for state in missing:
        await follow(client, task_queue, state)
    return len(missing)
