"""What the records hold of a journey, so that a workflow which knows nothing of it can go on from there."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from records import definitions
from records.database import Database, connected
from records.errors import NotRegistered, UnknownDefinition
from schemas.command import Receipt
from schemas.journey import Journey

OPEN = """
-- Every transition that is to be followed and has begun, whoever's next date comes first first.
SELECT id::text FROM transitions WHERE status = 'open' AND journey IS NOT NULL ORDER BY next_due NULLS LAST, id
"""
NOT_BEGUN = """
-- Who is registered and has not begun.
SELECT id::text FROM transitions WHERE status = 'registered' ORDER BY id
"""
STANDING = """
-- A transition as it stands: its journey, whose it is, and when the latest of it was recorded.
SELECT t.status, readable(t.id, t.journey) AS journey, t.definition, t.team,
    (SELECT c.at FROM commits c WHERE c.transition_id = t.id ORDER BY c.revision DESC LIMIT 1) AS last,
    EXISTS (
        SELECT FROM staff s WHERE s.active AND s.role = 'peer-worker' AND (s.team = t.team OR s.team IS NULL)
    ) AS peers
FROM transitions t WHERE t.id = $1
"""
HANDLED = """
-- The latest commands of a transition, the oldest of them first.
SELECT command_id, revision, at FROM (
    SELECT command_id, revision, at FROM commits WHERE transition_id = $1 AND command_id IS NOT NULL
    ORDER BY revision DESC LIMIT $2
) latest ORDER BY revision
"""

UNMAILED = """
-- The notices of a transition that are to be mailed, or whose mailing was begun and whose end nobody saw.
SELECT id FROM notices WHERE transition_id = $1 AND email IN ('waiting', 'failed', 'sending') ORDER BY id
"""


class GoingOn(NamedTuple):
    """A transition as the records have it: `journey` is None before it has begun.

    `handled` has the receipts of its latest commands, `outbox` the ids of notices that are still to be mailed,
    `last` is when the latest of it was recorded, and `peers` says whether its team has peer workers.
    """

    status: str
    journey: Journey | None
    definition: str
    team: str
    last: datetime | None
    peers: bool
    handled: dict[str, Receipt]
    outbox: list[str]


async def open_transitions(db: Database) -> list[str]:
    """The ids of every transition that has begun and is open: those whose next date comes first first."""
    async with connected(db) as link:
        return [row["id"] for row in await link.fetch(OPEN)]


async def not_begun(db: Database) -> list[str]:
    """The ids of every transition that is registered and has not begun."""
    async with connected(db) as link:
        return [row["id"] for row in await link.fetch(NOT_BEGUN)]


async def going_on(db: Database, transition_id: str, remembered: int) -> GoingOn:
    """A transition as it stands, with the receipts of its `remembered` latest commands. Raises RecordsError."""
    which = UUID(transition_id)
    async with connected(db) as link, link.transaction(isolation="repeatable_read", readonly=True):
        row = await link.fetchrow(STANDING, which)
        if row is None:
            raise NotRegistered(transition_id)
        journey = Journey.model_validate_json(row["journey"]) if row["journey"] else None
        text = await definitions.canonical(link, row["definition"]) if row["definition"] else ""
        if text is None:
            raise UnknownDefinition(transition_id, row["definition"])
        handled = {
            one["command_id"]: Receipt(transition_id=transition_id, revision=one["revision"], at=one["at"])
            for one in await link.fetch(HANDLED, which, remembered)
        }
        outbox = [str(one["id"]) for one in await link.fetch(UNMAILED, which)]
    return GoingOn(row["status"], journey, text, row["team"], row["last"], row["peers"], handled, outbox)
