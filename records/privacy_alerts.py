"""What whoever guards privacy is told of broken glass and of erasures, and how far its e-mail has come."""

from collections.abc import Collection
from datetime import datetime

from asyncpg import Record

from records.database import Database, Link, connected
from records.letters import Desk, Letter
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
WAITING = """
-- The alerts that wait to be sent, or whose sender stopped: whoever sends them next settles which.
SELECT id FROM privacy_alerts WHERE email IN ('waiting', 'sending', 'failed') ORDER BY created_at, id LIMIT $1
"""


async def tell(
    link: Link, roles: Collection[Role], text: str, now: datetime, *, but: str | None = None, email: bool = False
) -> None:
    """Tell those of some roles something without a name, `but` somebody; with `email` they are to be mailed, too."""
    await link.execute(TELL, sorted(roles), text, now, email, but)


def _letter(row: Record) -> Letter:
    return Letter(
        id=str(row["id"]),
        recipient=row["recipient"],
        email=row["email"],
        reference="privacy",
        transition_id="",  # whose glass it was stands in the log, for those who may read it
        text=row["text"],
    )


DESK = Desk("privacy_alerts", CLAIM, _letter)
"""From which they are mailed."""


async def waiting(db: Database, limit: int = 200) -> list[str]:
    """The ids of the alerts that are not known to be out, oldest first."""
    async with connected(db) as link:
        return [str(row["id"]) for row in await link.fetch(WAITING, limit)]
