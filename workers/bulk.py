"""One thing for many: have it done, tell it that it goes on, and see to it that what was asked for is under way."""

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from records import bulk
from records.database import Database
from schemas.bulk import BulkState
from workflows.bulk import BulkWorkflow

EVERY = 60.0
"""Seconds between two looks at whether something that was asked for is not under way."""


def workflow_id(bulk_id: str) -> str:
    """The id of the workflow of a bulk action."""
    return f"bulk-{bulk_id}"


async def begin(client: Client, task_queue: str, bulk_id: str) -> None:
    """Have it done, as the records have it; begun twice it is done once."""
    try:
        await client.start_workflow(
            BulkWorkflow.run,
            BulkState(bulk_id=bulk_id),
            id=workflow_id(bulk_id),
            task_queue=task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        )
    except WorkflowAlreadyStartedError:  # and ended well: everything has its outcome
        return


async def look_again(client: Client, task_queue: str, bulk_id: str) -> None:
    """The records were told that it goes on, or that the rest is left: it notices now."""
    handle = client.get_workflow_handle_for(BulkWorkflow.run, workflow_id(bulk_id))
    try:
        await handle.signal(BulkWorkflow.look_again)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        await begin(client, task_queue, bulk_id)


async def not_followed(client: Client, db: Database) -> list[str]:
    """What was asked for and is not under way."""
    running = "WorkflowType = 'BulkWorkflow' AND ExecutionStatus = 'Running'"
    followed = {execution.id async for execution in client.list_workflows(running)}
    return [one for one in await bulk.under_way(db) if workflow_id(one) not in followed]


async def follow_all(client: Client, task_queue: str, db: Database) -> int:
    """Have everything done that was asked for and is not under way; how much there was."""
    missing = await not_followed(client, db)
    for bulk_id in missing:
        await begin(client, task_queue, bulk_id)
    return len(missing)
