"""Mailing notices: each claimed before it is sent, so that none goes out twice."""

from datetime import UTC, datetime

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.mail import Mailer, NotTakenError, PerhapsTakenError
from records import notices
from records.database import Database

log = structlog.get_logger(__name__)


class NoticeActivities:
    """Sends from a database through a mail server; without one there is nothing to do."""

    def __init__(self, db: Database, mailer: Mailer | None) -> None:
        self._db = db
        self._mailer = mailer

    @activity.defn
    async def deliver(self, notice_ids: list[str]) -> None:
        """Mail the notices that have not been; raises when the mail server takes some of them only later."""
        if self._mailer is None:
            return
        refused = [notice for notice in notice_ids if not await self._deliver(self._mailer, notice)]
        if refused:
            raise ApplicationError(f"{len(refused)} of {len(notice_ids)} notices are not mailed yet", type="mail")

    async def _deliver(self, mailer: Mailer, notice_id: str) -> bool:
        letter = await notices.claim(self._db, notice_id, datetime.now(UTC))
        if letter is None:
            return True
        bound = log.bind(notice_id=notice_id, transition_id=letter.transition_id)
        try:
            await mailer.send(letter)
        except NotTakenError as error:
            bound.warning("a notice was not taken by the mail server", reason=str(error))
            await notices.failed(self._db, notice_id, str(error))
            return False
        except PerhapsTakenError as error:
            bound.warning("whether a notice went out is not known", reason=str(error))
            await notices.uncertain(self._db, notice_id, str(error))
            return True
        await notices.sent(self._db, notice_id, datetime.now(UTC))
        bound.info("mailed")
        return True
