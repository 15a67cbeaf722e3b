"""Whose word moved the dates of a transition."""

from datetime import datetime
from uuid import UUID

from records.database import Database, connected
from schemas.base import Stored

MOVED = """
-- The last change of each step's date on a transition: when it was due before, who said what, and why.
SELECT DISTINCT ON (step) step, was, at, staff, command, readable($1, reason) AS reason FROM (
    SELECT e.step, e.revision, e.seq, e.at, e.staff, e.command, e.reason,
        (e.payload ->> 'due')::timestamptz AS due,
        lag((e.payload ->> 'due')::timestamptz) OVER (PARTITION BY e.step ORDER BY e.revision, e.seq) AS was
    FROM events e WHERE e.transition_id = $1 AND e.event = 'due' AND e.step IS NOT NULL
) dated
WHERE due IS DISTINCT FROM was AND (was IS NOT NULL OR command = 'set-due')
ORDER BY step, revision DESC, seq DESC
"""


class DateMoved(Stored):
    """A step's date changed at `at`; `was` is None when it had none, `staff` and `command` when time alone did it."""

    step: str
    was: datetime | None
    at: datetime
    staff: str | None
    command: str | None
    reason: str | None


async def moves(db: Database, transition_id: str) -> dict[str, DateMoved]:
    """The last change of each step's date, by step; steps whose date never changed are left out."""
    async with connected(db) as link:
        rows = await link.fetch(MOVED, UUID(transition_id))
    return {row["step"]: DateMoved.model_validate(dict(row)) for row in rows}
