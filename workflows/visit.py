"""One visit outside, durably: whoever does not come back is missed, whatever happens to this program meanwhile.

Every rule is the planner's (`planner.visits`); the records are right when they and this workflow differ.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    # Deterministic by construction or never called in here: re-importing them for each workflow costs 70 ms of CPU.
    from activities.visits import VisitActivities
    from planner import visits as rules
    from planner.visits import Alert
    from planner.words import moment
    from schemas.visit import CheckOut, DueAlert, Extend, RecordedVisit, Visit, VisitState
    from workflows.refusing import allowed
    from workflows.waiting import came_in_time

PUNCTUAL = timedelta(seconds=60)
"""An alert no later than this counts as told on time; after an outage it was told when it was."""
SAID_WITHIN = timedelta(minutes=10)
"""How long a command may have been under way and still be recorded at the time it was said."""
UNTIL_WRITTEN = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=30))
UNTIL_SENT = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=1))
MAILED_WITHIN = timedelta(hours=24)


@workflow.defn
class VisitWorkflow:
    """One visit, from checking in until somebody checks out."""

    @workflow.init
    def __init__(self, given: VisitState) -> None:
        self._given = given
        self._visit = given.visit
        self._told: set[int] = set()
        self._mailing: dict[str, asyncio.Task[None]] = {}
        self._in_records = False
        self._never: ApplicationError | None = None
        self._lock = asyncio.Lock()

    @workflow.run
    async def run(self, given: VisitState) -> Visit:
        """Tell who has to know, each at their time, until somebody checks out; the result is the visit as it was."""
        await self._begin()
        while self._visit.checked_out is None:
            await self._until_somebody_is_told()
        await workflow.wait_condition(workflow.all_handlers_finished)
        for letter in self._mailing.values():
            letter.cancel()
        return self._visit

    # What people ask

    @workflow.update
    async def begun(self) -> Visit:
        """Answer once the check-in is in the records; sent with the start, so starting twice is starting once."""
        await self._has_begun()
        return self._visit

    @workflow.update
    async def check_out(self, command: CheckOut) -> Visit:
        """Somebody is back. Only the first check-out is done; another is told who was first."""
        await self._has_begun()
        async with self._lock:
            dated = self._dated(command)
            recorded = await self._write(
                VisitActivities.visit_check_out, allowed(lambda: rules.check_out(self._visit, dated))
            )
            self._adopt(recorded)
        if self._visit.checked_out_command != command.id:
            allowed(lambda: rules.check_out(self._visit, dated))
        return self._visit

    @check_out.validator
    def _may_check_out(self, command: CheckOut) -> None:
        allowed(lambda: rules.check_out(self._visit, self._dated(command)))

    @workflow.update
    async def extend(self, command: Extend) -> Visit:
        """The visit takes longer; who has been told is told again when it is over and nobody checks out."""
        await self._has_begun()
        async with self._lock:
            dated = command.model_copy(update={"at": self._now})
            self._adopt(
                await self._write(VisitActivities.visit_extend, allowed(lambda: rules.extend(self._visit, dated)))
            )
        if self._visit.checked_out is not None:
            allowed(lambda: rules.extend(self._visit, dated))
        return self._visit

    @extend.validator
    def _may_extend(self, command: Extend) -> None:
        allowed(lambda: rules.extend(self._visit, command.model_copy(update={"at": self._now})))

    @workflow.query
    def state(self) -> Visit:
        """The visit as it stands."""
        return self._visit

    @workflow.query
    def following(self) -> Alert | None:
        """The next to be told, or None when everybody has been."""
        return rules.following(self._visit, self._given.policy, self._told)

    # How it is done

    async def _begin(self) -> None:
        """Record the check-in. When the records refuse it, whoever asked is told why before the workflow fails."""
        try:
            self._adopt(await self._write(VisitActivities.visit_check_in, self._visit))
            self._in_records = True
        except ApplicationError as why:  # a local activity fails as what it raised, not as an ActivityError
            self._never = why
            await workflow.wait_condition(workflow.all_handlers_finished)
            raise

    async def _has_begun(self) -> None:
        await workflow.wait_condition(lambda: self._in_records or self._never is not None)
        if self._never is not None:
            raise self._never

    async def _until_somebody_is_told(self) -> None:
        """Sleep until the next alert and tell it, unless somebody checks out or extends the visit first."""
        visit, alert = self._visit, self.following()
        wait = alert.at - self._now if alert else None
        if wait is None or wait > timedelta(0):
            summary = f"rung {alert.rung} at {moment(alert.at)}" if alert else None
            if await came_in_time(lambda: self._visit is not visit, wait, summary):
                return
        async with self._lock:
            while due := rules.due(self._visit, self._given.policy, self._told, self._now):
                await self._tell(due[0])

    async def _tell(self, alert: Alert) -> None:
        now = self._now
        at = alert.at if now - alert.at <= PUNCTUAL else now
        due = DueAlert(visit=self._visit, rung=alert.rung, roles=[role.value for role in alert.roles], at=at)
        recorded = await self._write(VisitActivities.visit_alert, due)
        self._told.add(alert.rung)
        self._mail(recorded.notices)
        self._adopt(recorded)

    async def _write(self, activity: Callable[[VisitActivities, Any], Any], given: Visit | DueAlert) -> RecordedVisit:
        recorded: RecordedVisit = await workflow.execute_local_activity_method(
            activity,
            given,
            start_to_close_timeout=timedelta(seconds=20),
            retry_policy=UNTIL_WRITTEN,
            local_retry_threshold=timedelta(seconds=10),
        )
        return recorded

    def _adopt(self, recorded: RecordedVisit) -> None:
        """Go on from what the records hold; another expected end begins the alerts again."""
        if recorded.visit == self._visit:
            return
        if recorded.visit.expected_end != self._visit.expected_end:
            self._told.clear()
        self._visit = recorded.visit

    def _mail(self, notices: list[str]) -> None:
        """Mail each by itself, beside everything else: an address that takes nothing holds nobody else up."""
        for notice in notices:
            if notice not in self._mailing:
                self._mailing[notice] = asyncio.create_task(self._deliver(notice))

    async def _deliver(self, notice: str) -> None:
        try:
            await workflow.execute_activity_method(
                VisitActivities.visit_deliver,
                [notice],
                start_to_close_timeout=timedelta(minutes=1),
                schedule_to_close_timeout=MAILED_WITHIN,
                retry_policy=UNTIL_SENT,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.warning("an alert was not mailed within a day; it is in the inbox")

    def _dated(self, command: CheckOut) -> CheckOut:
        """The command at the moment it was said, unless that cannot be believed."""
        now = self._now
        said = command.at if now - SAID_WITHIN <= command.at <= now else now
        return command.model_copy(update={"at": said})

    @property
    def _now(self) -> datetime:
        return workflow.now() + timedelta(seconds=self._given.ahead_by)
