"""Who is told by HTTP of what changes, and what is still to be told. Nothing in it names a person."""

import base64
import json
import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from records.database import Database, connected
from records.errors import RecordsError
from schemas.event import Kind
from schemas.webhook import Webhook

GIVEN_UP_AFTER = timedelta(days=3)
"""How long a message is tried. Local policy."""
LIMIT = 200

CREATE = """
-- Somebody is told from now on.
INSERT INTO webhooks (url, secret, kinds, team, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id::text
"""
END = """
-- Somebody is told no more.
UPDATE webhooks SET ended_at = $2, ended_why = $3 WHERE id = $1 AND ended_at IS NULL RETURNING id
"""
ALL = """
-- Who is told and was told, the latest first; and what waits for each.
SELECT w.id::text, w.url, w.kinds, w.team, w.created_by, w.created_at, w.ended_at, w.ended_why,
    (SELECT count(*) FROM webhook_messages m WHERE m.webhook_id = w.id AND m.status = 'waiting')::int AS waiting,
    (SELECT count(*) FROM webhook_messages m WHERE m.webhook_id = w.id AND m.status = 'given-up')::int AS given_up
FROM webhooks w ORDER BY w.created_at DESC, w.id LIMIT $1
"""
OPEN = """
-- Who is told.
SELECT id::text FROM webhooks WHERE ended_at IS NULL ORDER BY id
"""
ONE = """
-- Where and how one is told; nothing when they are told no more.
SELECT url, secret, kinds FROM webhooks WHERE id = $1 AND ended_at IS NULL
"""
NEXT = """
-- The message that has waited longest.
SELECT m.number, m.transition_id::text, m.revision, m.created_at, t.pathway, t.team, p.local_id
FROM webhook_messages m JOIN transitions t ON t.id = m.transition_id JOIN people p ON p.id = t.person_id
WHERE m.webhook_id = $1 AND m.status = 'waiting' ORDER BY m.number LIMIT 1
"""
EVENTS = """
-- What happened in a revision.
SELECT event, step, at, payload::text AS payload FROM events WHERE transition_id = $1 AND revision = $2 ORDER BY seq
"""
ENDED = """
-- What became of a message.
UPDATE webhook_messages SET status = $2, tries = tries + $3, error = $4, ended_at = $5 WHERE number = $1
"""
TRIED = """
-- A message did not arrive, and is tried again.
UPDATE webhook_messages SET tries = tries + 1, error = $2 WHERE number = $1
"""
TOLD = ("due", "rung", "late", "milestone", "occurred_at", "staff", "along", "starts", "ends", "place", "exit")
"""What is told of an event beside its kind and step: dates and codes. Reasons and facts stay here."""


class Target(NamedTuple):
    """Where somebody is told, and the secret that what they are told is signed with."""

    url: str
    secret: str
    kinds: frozenset[str]


class Message(NamedTuple):
    """What somebody is to be told. Without a body there is nothing of their kinds in it."""

    number: int
    id: str
    created_at: datetime
    body: str | None


async def create(
    db: Database, url: str, now: datetime, *, kinds: list[str], team: str | None, by: str | None
) -> tuple[str, str]:
    """Tell somebody from now on; answers the id, and the secret, which is not shown again."""
    known = sorted(Kind)
    if unknown := sorted(set(kinds) - set(known)):
        raise RecordsError("invalid", f"There is no kind of event {unknown[0]}: there are {', '.join(known)}.")
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
    async with connected(db) as link:
        if team is not None and not await link.fetchval("SELECT EXISTS (SELECT FROM teams WHERE name = $1)", team):
            raise RecordsError("not-found", f"There is no team {team}.")
        return await link.fetchval(CREATE, url, secret, sorted(set(kinds)), team, by, now), secret


async def end(db: Database, webhook: str, now: datetime, why: str) -> bool:
    """Tell somebody no more; False when they were not told."""
    async with connected(db) as link:
        return await link.fetchval(END, UUID(webhook), now, why) is not None


async def everybody(db: Database) -> list[Webhook]:
    """Who is told and was told, the latest first."""
    async with connected(db) as link:
        return [Webhook.model_validate(dict(row)) for row in await link.fetch(ALL, LIMIT)]


async def to_follow(db: Database) -> list[str]:
    """Who is told."""
    async with connected(db) as link:
        return [row["id"] for row in await link.fetch(OPEN)]


async def target(db: Database, webhook: str) -> Target | None:
    """Where somebody is told; None when they are told no more."""
    async with connected(db) as link:
        row = await link.fetchrow(ONE, UUID(webhook))
    return Target(row["url"], row["secret"], frozenset(row["kinds"])) if row else None


async def waiting(db: Database, webhook: str, kinds: frozenset[str]) -> Message | None:
    """What somebody is to be told next; None when there is nothing."""
    async with connected(db) as link:
        row = await link.fetchrow(NEXT, UUID(webhook))
        if row is None:
            return None
        found = await link.fetch(EVENTS, UUID(row["transition_id"]), row["revision"])
    events = [_event(one) for one in found if not kinds or one["event"] in kinds]
    body = {
        "type": "transition.changed",
        "timestamp": row["created_at"].isoformat(),
        "data": {
            "transition_id": row["transition_id"], "local_id": row["local_id"], "pathway": row["pathway"],
            "team": row["team"], "revision": row["revision"], "events": events,
        },
    }  # fmt: skip
    id_ = f"{row['transition_id']}.{row['revision']}"
    return Message(row["number"], id_, row["created_at"], json.dumps(body) if events else None)


def _event(row: Any) -> dict[str, Any]:
    payload = json.loads(row["payload"])
    said = {name: payload[name] for name in TOLD if payload.get(name) is not None}
    return {"event": row["event"], "step": row["step"], "at": row["at"].isoformat(), **said}


async def ended(db: Database, message: Message, status: str, now: datetime, *, error: str | None = None) -> None:
    """Keep what became of a message: sent, nothing (of their kinds), or given-up."""
    async with connected(db) as link:
        await link.execute(ENDED, message.number, status, int(status == "sent"), error, now)


async def tried(db: Database, message: Message, error: str) -> None:
    """Keep that a message did not arrive, and why."""
    async with connected(db) as link:
        await link.execute(TRIED, message.number, error[:200])
