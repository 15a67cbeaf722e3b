"""Somebody is away: every contact of theirs in that time is covered, moved or put back, person by person, durably.

How a contact is covered is the rules' (`planner.covering`); this walks through everybody whom the absence concerns.
"""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.covering import CoveringActivities
    from schemas.covering import CoverAbsenceState, Outcome, Progress, ToCover
    from schemas.staff import Absence

UNTIL_DONE = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=2))
AT_MOST = timedelta(seconds=15)
A_TURN = timedelta(seconds=20)
"""How long the others wait for one journey that does not answer."""
A_LATE_TURN = timedelta(hours=1)
AT_ONCE = 4
"""How many people's contacts are covered at the same time."""


@workflow.defn
class CoverAbsenceWorkflow:
    """One absence, until each contact that it concerns has its outcome."""

    @workflow.init
    def __init__(self, given: CoverAbsenceState) -> None:
        self._absence = given.absence
        self._todo = given.todo
        self._late = list(given.late)
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
        await self._find_whom()
        while people := self._people():
            await workflow.wait_condition(lambda: not self._stopped)
            if workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(self._state())
            in_time = [one for one in people if one not in self._late]
            turn = in_time or people
            await asyncio.gather(*[self._cover(one, A_TURN if in_time else A_LATE_TURN) for one in turn[:AT_ONCE]])
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

    @workflow.signal
    def withdrawn(self) -> None:
        """The absence does not stand: whoever is left is left alone, also when it was stopped."""
        self._stopped = False

    @workflow.query
    def progress(self) -> Progress:
        """What became of each contact so far, and which wait for their turn."""
        return Progress(
            absence=self._absence,
            long=self._long,
            todo=len(self._people()),
            waiting=self._todo or [],
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

    async def _find_whom(self) -> None:
        if self._todo is None:
            found = await workflow.execute_activity_method(
                CoveringActivities.concerned,
                args=[self._absence, workflow.now()],
                start_to_close_timeout=AT_MOST,
                retry_policy=UNTIL_DONE,
            )
            self._long, self._todo = found.long, found.contacts
            self._done += found.done

    def _people(self) -> list[str]:
        """Who is left, in their order."""
        return list(dict.fromkeys(one.transition_id or "" for one in self._todo or []))

    async def _cover(self, transition_id: str, within: timedelta) -> None:
        """Cover one person's contacts; whoever's journey does not answer comes last, and is tried until it does."""
        contacts = [one for one in self._todo or [] if one.transition_id == transition_id]
        asked = ToCover(
            absence=self._absence, long=self._long, transition_id=transition_id, contacts=contacts, at=workflow.now()
        )
        try:
            done = await workflow.execute_activity_method(
                CoveringActivities.cover,
                asked,
                start_to_close_timeout=AT_MOST,
                schedule_to_close_timeout=within,
                retry_policy=UNTIL_DONE,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.warning("transition %s did not answer, and is tried again last", transition_id)
            self._late = [*(one for one in self._late if one != transition_id), transition_id]
            return
        self._done += done
        self._todo = [one for one in self._todo or [] if one.transition_id != transition_id]

    def _state(self) -> CoverAbsenceState:
        return CoverAbsenceState(
            absence=self._absence,
            long=self._long,
            todo=self._todo,
            late=self._late,
            done=self._done,
            stopped=self._stopped,
        )
