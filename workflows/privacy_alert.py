"""Telling whoever guards privacy by e-mail that a glass was broken, durably: tried again until it is taken."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.notices import NoticeActivities

UNTIL_SENT = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=15))


@workflow.defn
class PrivacyAlertWorkflow:
    """One alert, until it is out, or perhaps out; it stands in the inbox all the while."""

    @workflow.run
    async def run(self, alert: str) -> None:
        """Mail it."""
        await workflow.execute_activity_method(
            NoticeActivities.privacy_deliver,
            [alert],
            start_to_close_timeout=timedelta(minutes=1),
            retry_policy=UNTIL_SENT,
        )
