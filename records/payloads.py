"""Whose it is what Temporal holds, and that somebody opened it."""

from datetime import datetime, timedelta
from uuid import UUID

from records.access import BROKEN_GLASS, Seen
from records.database import Database, connected, transaction
from schemas.codes import Role

PAGE = "temporal"
"""What the access log calls it."""
ONE_LOOK = timedelta(minutes=5)
"""Temporal's pages ask for each part of a history by itself: within this it is one look."""

TRANSITION_OF_VISIT = """
-- Whom a visit is to, if it is to a person.
SELECT transition_id FROM visits WHERE id = $1
"""
ONE_AT_A_TIME = """
-- Of one who asks for many parts at once, each waits for the one before, until it is known whether that was a look.
SELECT pg_advisory_xact_lock(hashtextextended($1::text || $2::uuid::text, 0))
"""
LOOKED = """
-- Somebody looks at what Temporal holds of a person, and not just now already.
INSERT INTO access_log (at, staff, role, transition_id, page, why, broken_glass)
SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (
    SELECT FROM access_log l WHERE l.staff = $2 AND l.at > $8 AND l.transition_id = $4 AND l.page = $5 AND l.why = $6
)
"""


async def transition_of(db: Database, visit_id: UUID) -> str | None:
    """The transition of a visit's person; None when it is to nobody, or there is no such visit."""
    async with connected(db) as link:
        found = await link.fetchval(TRANSITION_OF_VISIT, visit_id)
        return str(found) if found is not None else None


async def looked(db: Database, staff: str, role: Role, transition_id: str, why: Seen, now: datetime) -> None:
    """Keep that somebody looks at what Temporal holds of a person, before they do."""
    reason = why.why(role)
    glass = why.glass if reason == BROKEN_GLASS else None
    async with transaction(db) as link:
        await link.execute(ONE_AT_A_TIME, staff, UUID(transition_id))
        await link.execute(LOOKED, now, staff, role, UUID(transition_id), PAGE, reason, glass, now - ONE_LOOK)
