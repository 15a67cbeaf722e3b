"""Keeping up who is told by HTTP: whoever is in the records has a workflow that tells them."""

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from records import webhooks
from records.database import Database
from schemas.webhook import WebhookState
from workflows.webhook import WebhookWorkflow

EVERY = 60.0
"""Seconds between two looks at whether somebody is not told."""


def workflow_id(webhook: str) -> str:
    """The id of the workflow that tells a webhook."""
    return f"webhook-{webhook}"


async def follow(client: Client, task_queue: str, webhook: str) -> None:
    """Tell it from now on, if it is not told already."""
    await client.start_workflow(
        WebhookWorkflow.run,
        WebhookState(webhook=webhook),
        id=workflow_id(webhook),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )


async def not_followed(client: Client, db: Database) -> list[str]:
    """Who is to be told and is not."""
    running = "WorkflowType = 'WebhookWorkflow' AND ExecutionStatus = 'Running'"
    followed = {execution.id async for execution in client.list_workflows(running)}
    return [one for one in await webhooks.to_follow(db) if workflow_id(one) not in followed]


async def follow_all(client: Client, task_queue: str, db: Database) -> int:
    """Tell everybody who is to be told and is not; how many there were."""
    missing = await not_followed(client, db)
    for webhook in missing:
        await follow(client, task_queue, webhook)
    return len(missing)
