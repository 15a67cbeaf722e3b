"""The support of one worker, durably: supervision that is due is remembered, and so is a debrief that is owed.

The records are the truth: this only looks at them when something may be due, and whenever it is told of a change.
"""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.support import SupportActivities
    from schemas.support import Look, Looked, SupportState
    from workflows.waiting import came_in_time

UNTIL_LOOKED = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=30))


@workflow.defn
class SupportWorkflow:
    """One worker, until they leave, or are no peer worker any more and owed nothing."""

    @workflow.init
    def __init__(self, given: SupportState) -> None:
        self._given = given
        self._following: datetime | None = None
        self._changed = False

    @workflow.run
    async def run(self, given: SupportState) -> None:
        """Look, and sleep until something may have come due or has changed."""
        while True:
            self._changed = False
            self._following = (await self._look()).following
            if self._following is None:
                return
            await self._until(self._following)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(given)

    @workflow.signal
    def changed(self) -> None:
        """Something was recorded: look now."""
        self._changed = True

    @workflow.query
    def following(self) -> datetime | None:
        """When it looks at the records next, unless it is told of a change."""
        return self._following

    async def _until(self, at: datetime) -> None:
        wait = at - self._now
        if wait > timedelta(0):
            await came_in_time(lambda: self._changed, wait)

    async def _look(self) -> Looked:
        asked = Look(staff=self._given.staff, at=self._now, division=self._given.division)
        looked: Looked = await workflow.execute_local_activity_method(
            SupportActivities.support_look,
            asked,
            start_to_close_timeout=timedelta(seconds=20),
            retry_policy=UNTIL_LOOKED,
            local_retry_threshold=timedelta(seconds=10),
        )
        return looked

    @property
    def _now(self) -> datetime:
        return workflow.now() + timedelta(seconds=self._given.ahead_by)
