"""Who is signed in. A session ends when nothing was asked for a while, after a working day, or when they leave."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from records.database import Database, connected, transaction
from schemas.codes import Role

IDLE = timedelta(minutes=15)
"""A session that nothing is asked of for so long is over."""
LONGEST = timedelta(hours=12)
"""A session is over after this, whatever is asked."""
FRESH = timedelta(seconds=30)
"""How exactly it is kept when a session was last used: not every picture of a page is a write."""

OPEN = """
-- Somebody who works here is signed in.
INSERT INTO sessions (token, staff, began, seen, how)
SELECT $1, id, $3, $3, $4 FROM staff WHERE id = $2 AND active RETURNING staff
"""
FIND = """
-- Whose session it is, while it holds and they work here.
SELECT s.staff, m.name, m.role, m.team, s.began, s.seen, s.said FROM sessions s
JOIN staff m ON m.id = s.staff AND m.active
WHERE s.token = $1 AND s.seen > $2 AND s.began > $3
"""
USE = """
-- The session was used just now.
UPDATE sessions SET seen = $2 WHERE token = $1 AND seen < $2
"""
CLOSE = """
-- The session is over.
DELETE FROM sessions WHERE token = $1
"""
SAY = """
-- What the next page tells first, or that it was told.
UPDATE sessions SET said = $2 WHERE token = $1
"""
SWEEP = """
-- What nobody can use any more.
DELETE FROM sessions WHERE seen <= $1 OR began <= $2
"""


class Session(NamedTuple):
    """Who is signed in: a member of staff as the staff list has them now."""

    staff: str
    name: str
    role: Role
    team: str | None
    began: datetime
    seen: datetime
    said: str | None


def hashed(token: str) -> bytes:
    """What is stored of a secret that only its holder has."""
    return hashlib.sha256(token.encode()).digest()


async def begin(db: Database, staff: str, now: datetime, how: str) -> str | None:
    """Sign somebody in; answers the token for their browser, or None when nobody of that id works here."""
    token = secrets.token_urlsafe(32)
    async with transaction(db) as link:
        await link.execute(SWEEP, now - IDLE, now - LONGEST)
        found = await link.fetchval(OPEN, hashed(token), staff, now, how)
    return token if found else None


async def find(db: Database, token: str, now: datetime, *, used: bool = True) -> Session | None:
    """Whose token it is, None when it opens nothing (any more). Its use is noted, unless nobody may be there."""
    key = hashed(token)
    async with connected(db) as link:
        row = await link.fetchrow(FIND, key, now - IDLE, now - LONGEST)
        if row is None:
            return None
        if used and now - row["seen"] > FRESH:
            await link.execute(USE, key, now)
    return Session(**{**row, "role": Role(row["role"])})


async def end(db: Database, token: str) -> None:
    """Sign out."""
    async with connected(db) as link:
        await link.execute(CLOSE, hashed(token))


async def say(db: Database, token: str, said: str | None) -> None:
    """Have the next page tell something first; None when it was told."""
    async with connected(db) as link:
        await link.execute(SAY, hashed(token), said)
