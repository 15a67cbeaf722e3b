"""Erasing a person: what was decided is recorded, their key destroyed with a certificate, and Temporal forgets them."""

from collections.abc import Awaitable, Callable, Iterable

import structlog
from temporalio import activity
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from planner.refused import Refused
from records import erasures
from records.database import Database
from records.errors import RecordsError
from schemas.base import Instant
from schemas.retention import Decided, Erased

log = structlog.get_logger(__name__)


class RetentionActivities:
    """Erases in a database, and in the Temporal of a client. Each activity done again changes nothing further."""

    def __init__(
        self, db: Database, client: Client, *, email: bool, write_down: Callable[[], Awaitable[object]]
    ) -> None:
        self._db = db
        self._client = client
        self._email = email
        self._write_down = write_down

    @activity.defn
    async def erasure_decide(self, said: Decided) -> Erased:
        """Record what a second person decided. What the records refuse fails for good, under its kind."""
        return await self._recorded(said.verdict, said.erasure_id, erasures.decide(self._db, said))

    @activity.defn
    async def erasure_lapse(self, erasure_id: str, at: Instant) -> Erased:
        """Nobody decided in time."""
        return await self._recorded("lapse", erasure_id, erasures.lapse(self._db, erasure_id, at, email=self._email))

    @activity.defn
    async def erasure_do(self, erasure_id: str, at: Instant) -> Erased:
        """Destroy the person's key and leave a certificate, unless they have come back since.

        It is done when it stands on the list, too, that is kept apart from the records.
        """
        found = await self._recorded("erase", erasure_id, erasures.erase(self._db, erasure_id, at))
        await self._write_down()
        return found

    @activity.defn
    async def erasure_forget(self, erasure_id: str) -> None:
        """Have Temporal throw away what it has of their journeys and of the visits to them."""
        transitions, visits = await erasures.followed_as(self._db, erasure_id)
        await forget(self._client, transitions, visits)
        log.info("Temporal forgets", erasure_id=erasure_id, transitions=len(transitions), visits=len(visits))

    async def _recorded(self, what: str, erasure_id: str, asked: Awaitable[Erased]) -> Erased:
        try:
            found = await asked
        except (Refused, RecordsError) as why:
            raise ApplicationError(why.message, type=why.kind, non_retryable=True) from why
        log.info("erasure", what=what, erasure_id=erasure_id, became=found.became)
        return found


async def forget(client: Client, transitions: Iterable[str], visits: Iterable[str]) -> None:
    """Have Temporal throw away every run of these journeys and visits; one that is gone is no error."""
    for workflow in [*(f"transition-{one}" for one in transitions), *(f"visit-{one}" for one in visits)]:
        async for run in client.list_workflows(f"WorkflowId = '{workflow}'"):
            execution = WorkflowExecution(workflow_id=run.id, run_id=run.run_id)
            request = DeleteWorkflowExecutionRequest(namespace=client.namespace, workflow_execution=execution)
            try:
                await client.workflow_service.delete_workflow_execution(request)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
