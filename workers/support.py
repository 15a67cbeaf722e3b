"""Keeping up the support of everybody: whoever is a peer worker, or is owed a debrief, is followed."""

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from records import support
from records.database import Database
from schemas.codes import Division
from schemas.support import SupportState
from workflows.support import SupportWorkflow

EVERY = 3600.0
"""Seconds between two looks at whether somebody is not followed."""


def workflow_id(staff_id: str) -> str:
    """The id of the workflow that remembers somebody's support."""
    return f"support-{staff_id}"


async def follow(client: Client, task_queue: str, staff_id: str, division: Division, *, ahead_by: float = 0) -> None:
    """Look at somebody's support now, and follow it from now on if nobody did."""
    await client.start_workflow(
        SupportWorkflow.run,
        SupportState(staff=staff_id, division=division, ahead_by=ahead_by),
        id=workflow_id(staff_id),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        start_signal="changed",
    )


async def not_followed(client: Client, db: Database) -> list[str]:
    """Whose support should be followed and is not."""
    running = "WorkflowType = 'SupportWorkflow' AND ExecutionStatus = 'Running'"
    followed = {execution.id async for execution in client.list_workflows(running)}
    return [one for one in await support.to_follow(db) if workflow_id(one) not in followed]


async def follow_all(client: Client, task_queue: str, db: Database, division: Division) -> int:
    """Follow everybody who should be and is not; how many there were."""
    missing = await not_followed(client, db)
    for who in missing:
        await follow(client, task_queue, who, division)
    return len(missing)
