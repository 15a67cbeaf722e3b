"""Writing down who is out, who is back and who was told; and mailing those."""

from collections.abc import Awaitable

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.mail import Mailer
from activities.notices import deliver
from records import visit_notices, visits
from records.database import Database
from records.errors import RecordsError
from schemas.visit import DueAlert, RecordedVisit, Visit

log = structlog.get_logger(__name__)


class VisitActivities:
    """Records visits in a database. Each activity done again changes nothing and answers the same."""

    def __init__(self, db: Database, mailer: Mailer | None) -> None:
        self._db = db
        self._mailer = mailer

    @activity.defn
    async def visit_check_in(self, visit: Visit) -> RecordedVisit:
        """Somebody is out. What the records refuse fails for good, under its kind."""
        return await self._recorded("checked in", visit, visits.check_in(self._db, visit))

    @activity.defn
    async def visit_check_out(self, visit: Visit) -> RecordedVisit:
        """Somebody is back; when another check-out was first, the answer has that one."""
        return await self._recorded("checked out", visit, visits.check_out(self._db, visit))

    @activity.defn
    async def visit_extend(self, visit: Visit) -> RecordedVisit:
        """The visit takes longer."""
        return await self._recorded("extended", visit, visits.extend(self._db, visit))

    @activity.defn
    async def visit_alert(self, due: DueAlert) -> RecordedVisit:
        """Tell one rung, unless the records know better."""
        asked = visits.alert(self._db, due, email=self._mailer is not None)
        return await self._recorded("told", due.visit, asked, rung=due.rung)

    @activity.defn
    async def visit_deliver(self, notice_ids: list[str]) -> None:
        """Mail the notices that have not been; raises when the mail server takes some of them only later."""
        await deliver(self._db, self._mailer, visit_notices.DESK, notice_ids)

    async def _recorded(self, what: str, visit: Visit, asked: Awaitable[RecordedVisit], **more: int) -> RecordedVisit:
        try:
            recorded = await asked
        except RecordsError as why:
            raise ApplicationError(why.message, type=why.kind, non_retryable=True) from why
        log.info(what, visit_id=visit.id, **more)
        return recorded
