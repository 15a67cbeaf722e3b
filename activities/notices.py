"""Mailing notices: each claimed before it is sent, so that none goes out twice."""

from datetime import UTC, datetime

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.mail import Mailer, NotTakenError, PerhapsTakenError
from records import notices, privacy_alerts
from records.database import Database
from records.letters import Desk

log = structlog.get_logger(__name__)


class NoticeActivities:
    """Sends from a database through a mail server; without one there is nothing to do."""

    def __init__(self, db: Database, mailer: Mailer | None) -> None:
        self._db = db
        self._mailer = mailer

    @activity.defn
    async def deliver(self, notice_ids: list[str]) -> None:
        """Mail the notices that have not been; raises when the mail server takes some of them only later."""
        await deliver(self._db, self._mailer, notices.DESK, notice_ids)

    @activity.defn
    async def privacy_deliver(self, alert_ids: list[str]) -> None:
        """Mail the alerts that have not been; raises when the mail server takes some of them only later."""
        await deliver(self._db, self._mailer, privacy_alerts.DESK, alert_ids)


async def deliver(db: Database, mailer: Mailer | None, desk: Desk, notice_ids: list[str]) -> None:
    """Mail the letters of a desk that have not been; ApplicationError when some of them are taken only later."""
    if mailer is None:
        return
    refused = [notice for notice in notice_ids if not await _deliver(db, mailer, desk, notice)]
    if refused:
        raise ApplicationError(f"{len(refused)} of {len(notice_ids)} notices are not mailed yet", type="mail")


async def _deliver(db: Database, mailer: Mailer, desk: Desk, notice_id: str) -> bool:
    letter = await desk.claim(db, notice_id, datetime.now(UTC))
    if letter is None:
        return True
    bound = log.bind(notice_id=notice_id, transition_id=letter.transition_id)
    try:
        await mailer.send(letter)
    except NotTakenError as error:
        bound.warning("a notice was not taken by the mail server", reason=str(error))
        await desk.failed(db, notice_id, str(error))
        return False
    except PerhapsTakenError as error:
        bound.warning("whether a notice went out is not known", reason=str(error))
        await desk.uncertain(db, notice_id, str(error))
        return True
    await desk.sent(db, notice_id, datetime.now(UTC))
    bound.info("mailed")
    return True
