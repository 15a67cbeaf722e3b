"""Covering an absence: it is recorded, whom it concerns is found, and each of their journeys is told."""

from datetime import datetime
from uuid import UUID

import structlog
from temporalio import activity
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from records import absences, covering
from records.database import Database
from records.errors import RecordsError
from schemas.codes import Division
from schemas.command import Actor, CoverAbsence, Receipt
from schemas.covering import Became, Concerned, Outcome, ToCover
from schemas.staff import Absence

log = structlog.get_logger(__name__)


class CoveringActivities:
    """What the covering of an absence does; journeys are told through a client of Temporal."""

    def __init__(self, db: Database, client: Client, division: Division) -> None:
        self._db = db
        self._client = client
        self._division = division

    @activity.defn
    async def record_absence(self, absence: Absence) -> None:
        """Record it, once. What the records refuse (it overlaps another, say) fails for good, under its kind."""
        try:
            await absences.add(
                self._db, absence.staff, absence.starts, absence.ends, absence.recorded_by or "", UUID(absence.id)
            )
        except RecordsError as why:
            raise ApplicationError(why.message, type=why.kind, non_retryable=True) from why

    @activity.defn
    async def concerned(self, absence: Absence, now: datetime) -> Concerned:
        """Whom the absence concerns, those whom safety asks for first."""
        return await covering.concerned(self._db, absence, now, self._division)

    @activity.defn
    async def cover(self, asked: ToCover) -> list[Outcome]:
        """Have one person's contacts covered, once, and say what became of each."""
        absence, transition = asked.absence, asked.transition_id
        command = CoverAbsence(
            id=f"cover-{absence.id}",
            at=asked.at,
            by=Actor(staff=absence.recorded_by),
            staff=absence.staff,
            starts=absence.starts,
            ends=absence.ends,
            long=asked.long,
        )
        handle = self._client.get_workflow_handle(f"transition-{transition}")
        try:
            await handle.execute_update("command", command, id=command.id, result_type=Receipt)
        except WorkflowUpdateFailedError as error:
            return [await self._not_covered(asked, error.cause)]
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return [await self._not_covered(asked, None)]
        log.info("covered", transition_id=transition, absence_id=absence.id)
        return await covering.outcomes_of(self._db, absence, transition, long=asked.long)

    async def _not_covered(self, asked: ToCover, cause: BaseException | None) -> Outcome:
        why = cause.message if isinstance(cause, ApplicationError) else "The transition is not followed any more."
        outcome = Outcome(transition_id=asked.transition_id, became=Became.REFUSED, why=why)
        await covering.keep(self._db, asked.absence, outcome)
        return outcome
