"""What whoever guards privacy is told of broken glass and of erasures, and how far its e-mail has come."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from records.database import Database, Link, connected
from records.notices import Letter
from schemas.codes import Role

TELL = """
-- Those of some roles are told something, but for whoever did it; when nobody is, operations see that nobody was.
INSERT INTO privacy_alerts (recipient, text, created_at, email)
SELECT m.id, $2, $3, CASE WHEN $4::boolean AND m.email IS NOT NULL THEN 'waiting' ELSE 'none' END
FROM (SELECT 1) AS one LEFT JOIN staff m ON m.role = ANY ($1::text[]) AND m.active AND m.id IS DISTINCT FROM $5
"""
CLAIM = """
-- Take an alert that waits to be sent, so that nobody else does.
UPDATE privacy_alerts a SET email = 'sending', claimed_at = $2, error = NULL
FROM staff s WHERE a.id = $1 AND a.email IN ('waiting', 'failed') AND s.id = a.recipient AND s.email IS NOT NULL
RETURNING a.id, a.recipient, s.email, a.text
"""
DOUBT = """
-- An alert claimed before and never settled: it may have gone out, so it is not sent again.
UPDATE privacy_alerts SET email = 'uncertain', error = 'the sender stopped before it knew'
WHERE id = $1 AND email = 'sending'
"""
SETTLE = """
-- How the sending of a claimed alert ended.
UPDATE privacy_alerts SET email = $2, sent_at = $3, error = $4 WHERE id = $1 AND email = 'sending'
"""
WAITING = """
-- The alerts that wait to be sent, or whose sender stopped: whoever sends them next settles which.
SELECT id FROM privacy_alerts WHERE email IN ('waiting', 'sending', 'failed') ORDER BY created_at, id LIMIT $1
"""


async def tell(
    link: Link, roles: Collection[Role], text: str, now: datetime, *, but: str | None = None, email: bool = False
) -> None:
    """Tell those of some roles something without a name, `but` somebody; with `email` they are to be mailed, too."""
    await link.execute(TELL, sorted(roles), text, now, email, but)


async def waiting(db: Database, limit: int = 200) -> list[str]:
    """The ids of the alerts that are not known to be out, oldest first."""
    async with connected(db) as link:
        return [str(row["id"]) for row in await link.fetch(WAITING, limit)]


async def claim(db: Database, notice_id: str, now: datetime) -> Letter | None:
    """Take an alert to send it; None when it must not be sent (sent, or perhaps sent already)."""
    async with connected(db) as link:
        row = await link.fetchrow(CLAIM, UUID(notice_id), now)
        if row is None:
            await link.execute(DOUBT, UUID(notice_id))
            return None
    return Letter(
        id=str(row["id"]),
        recipient=row["recipient"],
        email=row["email"],
        reference="privacy",
        transition_id="",  # whose glass it was stands in the log, for those who may read it
        text=row["text"],
    )


async def sent(db: Database, notice_id: str, now: datetime) -> None:
    """The mail server took the claimed alert."""
    await _settle(db, notice_id, "sent", now, None)


async def failed(db: Database, notice_id: str, error: str) -> None:
    """The mail server did not take the claimed alert; it may be claimed again."""
    await _settle(db, notice_id, "failed", None, error[:500])


async def uncertain(db: Database, notice_id: str, error: str) -> None:
    """The connection broke when the mail server may have had the claimed alert; it is not sent again."""
    await _settle(db, notice_id, "uncertain", None, error[:500])


async def _settle(db: Database, notice_id: str, state: str, sent_at: datetime | None, error: str | None) -> None:
    async with connected(db) as link:
        await link.execute(SETTLE, UUID(notice_id), state, sent_at, error)
