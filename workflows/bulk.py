"""One thing is done for many, one after another, durably. What is to be done and what became of it is in the records.

Nothing is decided here: the records say whose turn it is and whether it was stopped, each journey whether it may be.
"""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.bulk import BulkActivities
    from schemas.bulk import BulkState, OneOfMany, Turn
    from workflows.waiting import came_in_time

UNTIL_DONE = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=2))
AT_MOST = timedelta(seconds=15)
A_TURN = timedelta(seconds=20)
"""How long the others wait for one journey that does not answer."""
A_LATE_TURN = timedelta(hours=1)
STOPPED_FOR = timedelta(hours=1)
"""After this it is looked whether it is still stopped, should nobody have said so."""
AT_ONCE = 4
"""For how many it is done at the same time."""


@workflow.defn
class BulkWorkflow:
    """One thing for many, until each has its outcome."""

    @workflow.init
    def __init__(self, given: BulkState) -> None:
        self._id = given.bulk_id
        self._woken = False

    @workflow.run
    async def run(self, given: BulkState) -> None:
        """Do it for each whose turn comes; those who do not answer come last, and are tried until they do."""
        while True:
            self._woken = False
            turn: Turn = await workflow.execute_activity_method(
                BulkActivities.bulk_turn,
                args=[self._id, AT_ONCE],
                start_to_close_timeout=AT_MOST,
                retry_policy=UNTIL_DONE,
            )
            if turn.ended:
                return
            if turn.stopped:
                await self._until_woken()
            await asyncio.gather(*[self._do(one) for one in turn.items])
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(given)

    @workflow.signal
    def look_again(self) -> None:
        """It was stopped, or goes on: the records say which."""
        self._woken = True

    async def _until_woken(self) -> None:
        await came_in_time(lambda: self._woken, STOPPED_FOR, "stopped: looked at again")

    async def _do(self, one: OneOfMany) -> None:
        try:
            await workflow.execute_activity_method(
                BulkActivities.bulk_do,
                one,
                start_to_close_timeout=AT_MOST,
                schedule_to_close_timeout=A_LATE_TURN if one.late else A_TURN,
                retry_policy=UNTIL_DONE,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.warning("transition %s did not answer, and is tried again last", one.transition_id)
