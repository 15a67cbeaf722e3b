"""Changes that cannot be recorded although the records answer: kept, so that whoever watches sees whose they are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from asyncpg import ForeignKeyViolationError

from records.database import Database, connected

TRIED_WITHIN = timedelta(minutes=30)
"""What is tried again is tried every few minutes: nothing older is still a trouble."""
LIMIT = 50

NOTE = """
-- A change could not be recorded; of one revision, since when is kept.
INSERT INTO troubles AS t (transition_id, revision, since, latest, why)
VALUES ($1, $2, clock_timestamp(), clock_timestamp(), $3)
ON CONFLICT (transition_id) DO UPDATE SET revision = $2, why = $3, latest = clock_timestamp(),
    since = CASE WHEN t.revision = $2 THEN t.since ELSE clock_timestamp() END
"""
NOW = """
-- Changes that are tried again and cannot be recorded, the longest tried first.
SELECT s.transition_id::text AS transition_id, p.local_id, t.team, s.since, s.why
FROM troubles s JOIN transitions t ON t.id = s.transition_id AND t.revision < s.revision
JOIN people p ON p.id = t.person_id
WHERE s.latest > $1 ORDER BY s.since, s.transition_id LIMIT $2
"""
WHOSE = """
-- Whose these transitions are, and since when nothing was recorded of them.
SELECT t.id::text AS transition_id, p.local_id, t.team,
    coalesce(c.at, t.taken_on) AS since
FROM transitions t JOIN people p ON p.id = t.person_id
LEFT JOIN commits c ON c.transition_id = t.id AND c.revision = t.revision
WHERE t.id = ANY ($1::uuid[]) ORDER BY since, t.id
"""


class Still(NamedTuple):
    """A journey that does not go on; whose it is says the local id alone."""

    transition_id: str
    local_id: str
    team: str
    since: datetime
    why: str | None = None


async def note(db: Database, transition_id: str, revision: int, why: str) -> None:
    """A change could not be recorded; `why` is the kind of error, and nothing of what it says."""
    try:
        async with connected(db) as link:
            await link.execute(NOTE, UUID(transition_id), revision, why)
    except (ForeignKeyViolationError, ValueError):  # the records know of no such transition, and refuse it by name
        return


async def troubles(db: Database, now: datetime) -> list[Still]:
    """Whose changes cannot be recorded, the longest tried first."""
    async with connected(db) as link:
        return [Still(**row) for row in await link.fetch(NOW, now - TRIED_WITHIN, LIMIT)]


async def whose(db: Database, transition_ids: Sequence[str]) -> list[Still]:
    """Whose these transitions are: the one of which nothing was recorded for the longest first."""
    async with connected(db) as link:
        return [Still(**row) for row in await link.fetch(WHOSE, [UUID(one) for one in transition_ids])]
