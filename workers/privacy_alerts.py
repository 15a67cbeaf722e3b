"""Keeping up that whoever guards privacy is mailed: what waits to go out has a workflow that sends it."""

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from records import privacy_alerts
from records.database import Database
from workflows.privacy_alert import PrivacyAlertWorkflow

EVERY = 30.0
"""Seconds between two looks at what waits."""


def workflow_id(alert: str) -> str:
    """The id of the workflow that mails an alert."""
    return f"privacy-alert-{alert}"


async def follow_all(client: Client, task_queue: str, db: Database) -> int:
    """Have everything mailed that waits and that nobody mails; how many there were."""
    running = "WorkflowType = 'PrivacyAlertWorkflow' AND ExecutionStatus = 'Running'"
    mailed = {execution.id async for execution in client.list_workflows(running)}
    missing = [alert for alert in await privacy_alerts.waiting(db) if workflow_id(alert) not in mailed]
    for alert in missing:
        await client.start_workflow(
            PrivacyAlertWorkflow.run,
            alert,
            id=workflow_id(alert),
            task_queue=task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
    return len(missing)
