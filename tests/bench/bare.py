"""The yardstick: a workflow with one Update that runs one local activity, and nothing else."""

import asyncio
import contextlib
from datetime import timedelta

from temporalio import activity, workflow


@activity.defn
async def nothing(said: str) -> str:
    """Do nothing, so that only Temporal's own cost is measured."""
    return said


@workflow.defn
class BareWorkflow:
    """Started, told things by Update, and never finished: as a transition is."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._count = 0

    @workflow.run
    async def run(self) -> None:
        """Wait on a timer far ahead, as a transition waits for its next due date."""
        while True:
            await self._something()

    async def _something(self) -> None:
        count = self._count
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._count != count, timeout=timedelta(days=30))

    @workflow.update
    async def command(self, said: str) -> str:
        """One local activity under the lock."""
        async with self._lock:
            answer = await workflow.execute_local_activity(nothing, said, start_to_close_timeout=timedelta(seconds=10))
            self._count += 1
            return answer
