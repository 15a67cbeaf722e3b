"""Covering an absence: it is recorded, whom it concerns is found, and each of their journeys is told."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from temporalio import activity
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from records import absences, covering
from records.commit import receipt
from records.database import Database
from records.errors import RecordsError
from schemas.codes import Division
from schemas.command import Actor, CoverAbsence, Receipt
from schemas.covering import Became, Concerned, Outcome, ToCover
from schemas.staff import Absence

ANSWERS_WITHIN = timedelta(seconds=10)
"""How long a journey may take to answer before somebody else's turn comes."""

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
        """Whose contacts the absence concerns, those first whom safety asks for."""
        return await covering.concerned(self._db, absence, now, self._division)

    @activity.defn
    async def cover(self, asked: ToCover) -> list[Outcome]:
        """Have one person's contacts covered, once, and say what became of each.

        A journey that does not answer in time fails this, and is worth another try: it may have been done.
        """
        absence, transition = asked.absence, asked.transition_id
        if not await self._done(asked) and await absences.withdrawn(self._db, absence.id):
            return await self._not_covered(asked, Became.WITHDRAWN, None)
        command = CoverAbsence(
            id=covering.command_id(absence),
            at=asked.at,
            by=Actor(staff=absence.recorded_by),
            staff=absence.staff,
            starts=absence.starts,
            ends=absence.ends,
            long=asked.long,
        )
        handle = self._client.get_workflow_handle(f"transition-{transition}")
        try:
            await handle.execute_update(
                "command", command, id=command.id, result_type=Receipt, rpc_timeout=ANSWERS_WITHIN
            )
        except (WorkflowUpdateFailedError, RPCError) as error:
            if isinstance(error, RPCError) and error.status is not RPCStatusCode.NOT_FOUND:
                raise
            # A journey that has closed since does not answer any more, and what was done stays done.
            if not await self._done(asked):
                return await self._not_covered(asked, Became.REFUSED, error.cause)
        log.info("covered", transition_id=transition, absence_id=absence.id)
        return await covering.outcomes_of(self._db, absence, asked.contacts, long=asked.long)

    async def _done(self, asked: ToCover) -> bool:
        return await receipt(self._db, asked.transition_id, covering.command_id(asked.absence)) is not None

    async def _not_covered(self, asked: ToCover, became: Became, cause: BaseException | None) -> list[Outcome]:
        why = None
        if became is Became.REFUSED:
            why = cause.message if isinstance(cause, ApplicationError) else "The transition is not followed any more."
        found = [one.model_copy(update={"became": became, "why": why}) for one in asked.contacts]
        await covering.keep(self._db, asked.absence, found)
        return found
