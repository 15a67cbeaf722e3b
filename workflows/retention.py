"""Destroying what is kept of one person, durably: it waits for a second person, is done once, and leaves a certificate.

The records are the truth, and refuse what is not allowed whatever is told to this workflow.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.retention import RetentionActivities
    from planner import retention as rules
    from schemas.erasing import Became
    from schemas.retention import Decided, Decision, Erased, ErasureState
    from workflows.refusing import allowed
    from workflows.waiting import came_in_time

UNTIL_DONE = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(minutes=1))
AT_MOST = timedelta(minutes=1)


@workflow.defn
class ErasureWorkflow:
    """One erasure, from the moment when it is asked for until it is done, refused, withdrawn or has lapsed."""

    @workflow.init
    def __init__(self, given: ErasureState) -> None:
        self._given = given
        self._stands = Erased(became=given.became)
        self._lock = asyncio.Lock()

    @workflow.run
    async def run(self, given: ErasureState) -> Erased:
        """Wait for a second person, and do what they decide; the result is what became of it."""
        await self._until_decided()
        if self._stands.became is Became.APPROVED:
            self._stands = await self._do(RetentionActivities.erasure_do)
        if self._stands.became is Became.DONE:
            await workflow.execute_activity_method(
                RetentionActivities.erasure_forget,
                given.erasure_id,
                start_to_close_timeout=timedelta(minutes=10),
                retry_policy=UNTIL_DONE,
            )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._stands

    @workflow.update
    async def decide(self, decision: Decision) -> Erased:
        """Approve, refuse or withdraw it; answers when it is done, and the same to whoever says the same again."""
        async with self._lock:
            if self._stands.became is Became.ASKED:
                self._stands = await self._record(decision)
        await workflow.wait_condition(lambda: self._stands.became is not Became.APPROVED)
        allowed(lambda: rules.is_so(decision.verdict, self._stands.became))
        return self._stands

    @decide.validator
    def _may_decide(self, decision: Decision) -> None:
        allowed(lambda: rules.may_decide(self._given.asked_by, decision))

    @workflow.query
    def stands(self) -> Erased:
        """How it stands."""
        return self._stands

    async def _until_decided(self) -> None:
        wait = rules.lapses(self._given.asked_at) - self._now
        decided = await came_in_time(
            lambda: self._stands.became is not Became.ASKED, max(wait, timedelta(0)), "nobody has decided"
        )
        if not decided:
            async with self._lock:
                if self._stands.became is Became.ASKED:
                    self._stands = await self._do(RetentionActivities.erasure_lapse)

    async def _record(self, decision: Decision) -> Erased:
        staff = decision.by.staff
        assert staff is not None  # noqa: S101  # the validator has seen it
        said = Decided(
            erasure_id=self._given.erasure_id,
            verdict=decision.verdict,
            staff=staff,
            refused_for=decision.refused_for,
            at=self._now,
        )
        try:
            return await workflow.execute_activity_method(
                RetentionActivities.erasure_decide, said, start_to_close_timeout=AT_MOST, retry_policy=UNTIL_DONE
            )
        except ActivityError as error:  # an update fails as what was refused, and not as the activity that was
            if isinstance(error.cause, ApplicationError):
                raise error.cause from error
            raise

    async def _do(self, activity: Callable[..., object]) -> Erased:
        found: Erased = await workflow.execute_activity_method(
            activity,  # type: ignore[arg-type]  # one of two of the same form
            args=[self._given.erasure_id, self._now],
            start_to_close_timeout=AT_MOST,
            retry_policy=UNTIL_DONE,
        )
        return found

    @property
    def _now(self) -> datetime:
        return workflow.now() + timedelta(seconds=self._given.ahead_by)
