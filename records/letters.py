"""Letters on their way out: each is claimed before it is mailed, so that none goes out twice."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from records.database import Database, connected
from schemas.base import Stored


class Letter(Stored):
    """A notice as it is mailed. `id` is its idempotency key; `text` holds no name and nothing clinical."""

    id: str
    recipient: str
    email: str
    reference: str
    transition_id: str
    text: str


class Desk:
    """The letters of one table, and how far each has come.

    `claim` is the statement that takes one that waits, and `letter` what its row is as a letter.
    """

    def __init__(self, table: str, claim: str, letter: Callable[[Record], Letter]) -> None:
        self._claim, self._letter = claim, letter
        self._doubt = f"""
-- A notice claimed before and never settled: it may have gone out, so it is not sent again.
UPDATE {table} SET email = 'uncertain', error = 'the sender stopped before it knew' WHERE id = $1 AND email = 'sending'
"""  # noqa: S608 - the table is ours
        self._settle = f"""
-- How the sending of a claimed notice ended.
UPDATE {table} SET email = $2, sent_at = $3, error = $4 WHERE id = $1 AND email = 'sending'
"""  # noqa: S608

    async def claim(self, db: Database, notice_id: str, now: datetime) -> Letter | None:
        """Take a letter to send it; None when it must not be sent (sent, withdrawn, or perhaps sent already)."""
        async with connected(db) as link:
            row = await link.fetchrow(self._claim, UUID(notice_id), now)
            if row is None:
                await link.execute(self._doubt, UUID(notice_id))
                return None
        return self._letter(row)

    async def sent(self, db: Database, notice_id: str, now: datetime) -> None:
        """The mail server took the claimed letter."""
        await self._settled(db, notice_id, "sent", now, None)

    async def failed(self, db: Database, notice_id: str, error: str) -> None:
        """The mail server did not take the claimed letter; it may be claimed again."""
        await self._settled(db, notice_id, "failed", None, error[:500])

    async def uncertain(self, db: Database, notice_id: str, error: str) -> None:
        """The connection broke when the mail server may have had the claimed letter; it is not sent again."""
        await self._settled(db, notice_id, "uncertain", None, error[:500])

    async def _settled(
        self, db: Database, notice_id: str, state: str, sent_at: datetime | None, error: str | None
    ) -> None:
        async with connected(db) as link:
            await link.execute(self._settle, UUID(notice_id), state, sent_at, error)
