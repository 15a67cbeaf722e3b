"""Doing one thing for many: whose turn it is, and the command that each is sent, once."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import structlog
from temporalio import activity
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from planner import many
from planner.refused import Refused, Why
from records import access, actors, bulk, listings
from records.bulk import Taken
from records.commit import receipt
from records.database import Database, connected
from records.definitions import canonical
from records.errors import RecordsError, UnknownDefinition
from schemas.bulk import AnswerMany, MoveMany, OfferMany, OneOfMany, Turn
from schemas.command import AnyCommand, Receipt

ANSWERS_WITHIN = timedelta(seconds=10)
"""How long a journey may take to answer before somebody else's turn comes."""
NOT_FOLLOWED = "The transition is not followed any more."
REFUSALS = (*get_args(Why), "AcceptedUpdateCompletedWorkflow")
"""The types of what a journey answers when it will not do what it is told; any other failure is tried again."""

log = structlog.get_logger(__name__)


def command_id(one: OneOfMany) -> str:
    """The id of the command that one of the many is sent: sent twice, it is done once."""
    return f"bulk-{one.bulk_id}-{one.number}"


class BulkActivities:
    """What doing one thing for many does; journeys are told through a client of Temporal."""

    def __init__(self, db: Database, client: Client) -> None:
        self._db = db
        self._client = client

    @activity.defn
    async def bulk_turn(self, bulk_id: str, most: int) -> Turn:
        """Whose turn it is, at most so many."""
        return await bulk.turn(self._db, bulk_id, most, datetime.now(UTC))

    @activity.defn
    async def bulk_do(self, one: OneOfMany) -> None:
        """Do it for one, once, and keep what became of it; nothing when all was stopped.

        A journey that does not answer in time fails this, and is worth another try: it may have been done.
        """
        taken = await bulk.take(self._db, one)
        if taken is None:
            return
        try:
            if not await self._done(one):
                await self._send(one, await self._command(one, taken))
        except (Refused, RecordsError) as why:
            await bulk.refused(self._db, one, why.message)
        else:
            await bulk.done(self._db, one)
            log.info("done for one of many", transition_id=one.transition_id, bulk_id=one.bulk_id, number=one.number)

    async def _done(self, one: OneOfMany) -> bool:
        return await receipt(self._db, one.transition_id, command_id(one)) is not None

    async def _command(self, one: OneOfMany, taken: Taken) -> AnyCommand:
        """What it is sent, by whoever asked, as long as they still may and still see the person."""
        said = taken.said
        staff = await actors.may_or_refuse(self._db, taken.staff, many.needs(said))
        if not isinstance(said, MoveMany):
            now = datetime.now(UTC)
            if not await access.whole(self._db, staff.id, staff.role, staff.team, [one.transition_id], now):
                raise Refused("not-found", many.NOT_SEEN)
        journey = (await listings.transition(self._db, one.transition_id)).journey
        by = await actors.acting(self._db, taken.staff, journey, answers=isinstance(said, AnswerMany))
        definition = await self._definition(said.definition, one) if isinstance(said, MoveMany) else ""
        if isinstance(said, OfferMany):
            await actors.member(self._db, said.to)
        return many.command(said, command_id(one), taken.at, by, taken.step, definition)

    async def _definition(self, digest: str, one: OneOfMany) -> str:
        async with connected(self._db) as link:
            text = await canonical(link, digest)
        if text is None:
            raise UnknownDefinition(one.transition_id, digest)
        return text

    async def _send(self, one: OneOfMany, said: AnyCommand) -> None:
        """Send a command and wait until it is recorded. Refused when it cannot be done."""
        handle = self._client.get_workflow_handle(f"transition-{one.transition_id}")
        try:
            await handle.execute_update("command", said, id=said.id, result_type=Receipt, rpc_timeout=ANSWERS_WITHIN)
        except (WorkflowUpdateFailedError, RPCError) as error:
            # A journey that has closed since does not answer any more, and what was done stays done.
            if await self._done(one):
                return
            if (why := _why(error)) is None:
                raise
            raise Refused("conflict", why) from error


def _why(error: WorkflowUpdateFailedError | RPCError) -> str | None:
    """Why it will never be done, in a sentence; None when it is worth another try."""
    if isinstance(error, RPCError):
        return NOT_FOLLOWED if error.status is RPCStatusCode.NOT_FOUND else None
    cause = error.cause
    return cause.message if isinstance(cause, ApplicationError) and cause.type in REFUSALS else None
