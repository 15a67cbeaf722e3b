"""Telling another system what changes, durably: what does not arrive is tried again, later each time, in its order."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.webhooks import WebhookActivities
    from schemas.webhook import Told, WebhookState

PATIENT = RetryPolicy(initial_interval=timedelta(seconds=5), backoff_coefficient=3, maximum_interval=timedelta(hours=1))
"""After 5 seconds, 15, 45, ... and then every hour, until it arrives or is given up."""


@workflow.defn
class WebhookWorkflow:
    """One webhook, until it ends."""

    @workflow.run
    async def run(self, given: WebhookState) -> None:
        """Tell what there is, again and again."""
        while True:
            told: Told = await workflow.execute_activity_method(
                WebhookActivities.webhook_tell,
                given,
                start_to_close_timeout=timedelta(hours=1),
                heartbeat_timeout=timedelta(seconds=60),
                retry_policy=PATIENT,
            )
            if told.ended:
                return
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(given)
