"""Telling somebody by HTTP what changes, in the order in which it was recorded, signed (Standard Webhooks)."""

import asyncio
from datetime import UTC, datetime

import httpx
import structlog
from standardwebhooks import Webhook as Signer
from temporalio import activity
from temporalio.exceptions import ApplicationError

from records import webhooks
from records.database import Database
from schemas.webhook import Told, WebhookState

log = structlog.get_logger(__name__)

TIMEOUT = 15.0
"""Seconds that whoever is told may take to answer."""
LOOKING = 2.0
"""Seconds between two looks at whether there is something to tell."""
LOOKS = 150
"""Looks without anything to tell, until the workflow asks anew."""
GONE = 410


class WebhookActivities:
    """Tells what the records of a database say is to be told."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @activity.defn
    async def webhook_tell(self, given: WebhookState) -> Told:
        """Tell everything there is, and what comes in the next minutes.

        Fails with `not-told` when something does not arrive: Temporal tries again, later each time.
        """
        sent = 0
        async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as http:
            for _ in range(LOOKS):
                activity.heartbeat(sent)
                target = await webhooks.target(self._db, given.webhook)
                if target is None:
                    return Told(sent=sent, ended=True)
                message = await webhooks.waiting(self._db, given.webhook, target.kinds)
                if message is not None:
                    sent += await self._tell(http, given.webhook, target, message)
                elif activity.info().attempt > 1 or await _stopping():
                    break  # all is told: the next failure is a first one again
        return Told(sent=sent)

    async def _tell(
        self, http: httpx.AsyncClient, webhook: str, target: webhooks.Target, message: webhooks.Message
    ) -> int:
        now = datetime.now(UTC)
        if message.body is None:
            await webhooks.ended(self._db, message, "nothing", now)
            return 0
        why = await _post(http, target, message, message.body, now)
        if why is None:
            await webhooks.ended(self._db, message, "sent", now)
            return 1
        if why == str(GONE):
            await webhooks.end(self._db, webhook, now, "they answered that there is nobody to tell any more (410)")
            return 0
        if now - message.created_at > webhooks.GIVEN_UP_AFTER:
            await webhooks.ended(self._db, message, "given-up", now, error=why)
            log.warning("a webhook was not told, and that is given up", webhook=webhook, message=message.id, why=why)
            return 0
        await webhooks.tried(self._db, message, why)
        raise ApplicationError(f"{message.id} did not arrive: {why}", type="not-told")


async def _stopping() -> bool:
    """A moment passes; True when the worker is about to stop, and another goes on."""
    try:
        await asyncio.wait_for(activity.wait_for_worker_shutdown(), LOOKING)
    except TimeoutError:
        return False
    return True


async def _post(
    http: httpx.AsyncClient, target: webhooks.Target, message: webhooks.Message, body: str, now: datetime
) -> str | None:
    """Send it; None when it arrived, else why not: a status, or the kind of the error, and never the address."""
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Signer(target.secret).sign(message.id, now, body),
    }
    try:
        answer = await http.post(target.url, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__
    return None if answer.is_success else str(answer.status_code)
