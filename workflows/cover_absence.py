"""Somebody is away: every contact of theirs in that time is covered, moved or put back, person by person, durably.

How a contact is covered is the rules' (`planner.covering`); this walks through everybody whom the absence concerns.
"""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.covering import CoveringActivities
    from schemas.covering import CoverAbsenceState, Outcome, Progress, ToCover
    from schemas.staff import Absence

UNTIL_DONE = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=2))
AT_MOST = timedelta(minutes=2)


@workflow.defn
class CoverAbsenceWorkflow:
    """One absence, until each contact that it concerns has its outcome."""

    @workflow.init
    def __init__(self, given: CoverAbsenceState) -> None:
        self._absence = given.absence
        self._todo = given.todo
        self._done = list(given.done)
        self._stopped = given.stopped
        self._long = given.long
        self._recorded = given.todo is not None
        self._never: ApplicationError | None = None

    @workflow.run
    async def run(self, given: CoverAbsenceState) -> list[Outcome]:
        """Cover everybody's contacts, those first whom safety asks for; the result is what became of each."""
        if not self._recorded:
            await self._begin()
        todo = await self._whom()
        while todo:
            await workflow.wait_condition(lambda: not self._stopped)
            if workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(self._state())
            self._done += await self._cover(todo[0])
            del todo[0]
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._done

    @workflow.update
    async def begun(self) -> Absence:
        """Answer once the absence is in the records; sent with the start, so starting twice is starting once."""
        await workflow.wait_condition(lambda: self._recorded or self._never is not None)
        if self._never is not None:
            raise self._never
        return self._absence

    @workflow.update
    async def stop(self) -> Progress:
        """Go no further for now; what is done is done."""
        self._stopped = True
        return self.progress()

    @workflow.update
    async def resume(self) -> Progress:
        """Go on where it was stopped."""
        self._stopped = False
        return self.progress()

    @workflow.query
    def progress(self) -> Progress:
        """What became of each contact so far, and how many people are left."""
        return Progress(
            absence=self._absence,
            long=self._long,
            todo=len(self._todo or []),
            done=self._done,
            stopped=self._stopped,
            finished=self._todo == [],
        )

    async def _begin(self) -> None:
        """Record the absence. When the records refuse it, whoever asked is told why before the workflow fails."""
        try:
            await workflow.execute_activity_method(
                CoveringActivities.record_absence,
                self._absence,
                start_to_close_timeout=timedelta(seconds=20),
                retry_policy=UNTIL_DONE,
            )
        except ActivityError as error:
            if not isinstance(error.cause, ApplicationError):
                raise
            self._never = error.cause
            await workflow.wait_condition(workflow.all_handlers_finished)
            raise error.cause from error
        self._recorded = True

    async def _whom(self) -> list[str]:
        if self._todo is None:
            found = await workflow.execute_activity_method(
                CoveringActivities.concerned,
                args=[self._absence, self._now],
                start_to_close_timeout=AT_MOST,
                retry_policy=UNTIL_DONE,
            )
            self._long, self._todo = found.long, found.transitions
        return self._todo

    async def _cover(self, transition_id: str) -> list[Outcome]:
        asked = ToCover(absence=self._absence, long=self._long, transition_id=transition_id, at=self._now)
        return await workflow.execute_activity_method(
            CoveringActivities.cover, asked, start_to_close_timeout=AT_MOST, retry_policy=UNTIL_DONE
        )

    def _state(self) -> CoverAbsenceState:
        return CoverAbsenceState(
            absence=self._absence, long=self._long, todo=self._todo, done=self._done, stopped=self._stopped
        )

    @property
    def _now(self) -> datetime:
        return workflow.now()
