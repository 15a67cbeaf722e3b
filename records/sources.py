"""Other systems that tell us what happened: who they are, whom they tell of, and what we answered them."""

import base64
import hashlib
import json
import secrets
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg import CheckViolationError, UniqueViolationError

from records.database import Database, connected, keys_of
from records.errors import RecordsError
from records.identity import local_id_blind, nhs_number_blind
from records.words import words_of
from schemas.inbound import About, Source

CREATE = """
-- A system tells us from now on, or again, with a new secret.
INSERT INTO event_sources (source, secret, acts_as, created_by, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (source) DO UPDATE SET secret = excluded.secret, acts_as = excluded.acts_as,
    created_by = excluded.created_by, created_at = excluded.created_at, ended_at = NULL
WHERE event_sources.ended_at IS NOT NULL RETURNING source
"""
END = """
-- What a system tells is not heard any more.
UPDATE event_sources SET ended_at = $2 WHERE source = $1 AND ended_at IS NULL RETURNING source
"""
ALL = """
-- The systems that tell us.
SELECT source, acts_as, created_by, created_at, ended_at FROM event_sources ORDER BY source
"""
TRUSTED = """
-- What a system signs with, and as whom it acts.
SELECT secret, acts_as FROM event_sources WHERE source = $1 AND ended_at IS NULL
"""
ANSWERED = """
-- What we answered to the same before.
SELECT digest, status, readable(NULL::uuid, answer) AS answer FROM inbound_events WHERE source = $1 AND id = $2
"""
ANSWER = """
-- What we answer; somebody who was quicker with the same stays.
INSERT INTO inbound_events (source, id, digest, status, answer, at) VALUES ($1, $2, $3, $4, $5::text::jsonb, $6)
ON CONFLICT (source, id) DO NOTHING
"""
ABOUT = """
-- The open transitions of somebody, on a pathway where one is said.
SELECT t.id::text FROM transitions t JOIN people p ON p.id = t.person_id
WHERE t.status = 'open' AND ($3::text IS NULL OR t.pathway = $3) AND p.local_id_blind = $1
UNION
SELECT t.id::text FROM transitions t JOIN people p ON p.id = t.person_id
WHERE t.status = 'open' AND ($3::text IS NULL OR t.pathway = $3) AND p.nhs_number_blind = $2
LIMIT 2
"""


class Answer(NamedTuple):
    """What we answered: an HTTP status, and the body."""

    status: int
    body: Any


class Trusted(NamedTuple):
    """What a system signs with, and the member of staff as whom it acts."""

    secret: str
    acts_as: str


async def create(db: Database, source: str, acts_as: str, now: datetime, by: str) -> str:
    """Hear a system from now on; answers the secret that it signs with, which is not shown again."""
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
    async with connected(db) as link:
        try:
            made = await link.fetchval(CREATE, source, secret, acts_as, by, now)
        except (CheckViolationError, UniqueViolationError):
            raise RecordsError("invalid", "A source is a URI without spaces, such as urn:example:pas.") from None
    if made is None:
        raise RecordsError("conflict", f"{source} is heard already: end it first to give it another secret.")
    return secret


async def end(db: Database, source: str, now: datetime) -> bool:
    """Hear a system no more; False when it was not heard."""
    async with connected(db) as link:
        return await link.fetchval(END, source, now) is not None


async def everybody(db: Database) -> list[Source]:
    """The systems that tell us, and those that did."""
    async with connected(db) as link:
        return [Source.model_validate(dict(row)) for row in await link.fetch(ALL)]


async def trusted(db: Database, source: str) -> Trusted | None:
    """What a system signs with; None when it is not heard."""
    async with connected(db) as link:
        row = await link.fetchrow(TRUSTED, source)
    return Trusted(row["secret"], row["acts_as"]) if row else None


async def answered(db: Database, source: str, id_: str, body: bytes) -> Answer | None:
    """What we answered before; RecordsError (conflict) when under this id something else was told."""
    async with connected(db) as link:
        row = await link.fetchrow(ANSWERED, source, id_)
    if row is None:
        return None
    if row["digest"] != hashlib.sha256(body).digest():
        raise RecordsError("conflict", "Under this id another event came before: give each event an id of its own.")
    return Answer(row["status"], json.loads(row["answer"]))


async def answer(db: Database, source: str, id_: str, body: bytes, said: Answer, now: datetime) -> Answer:
    """Keep what we answer; answers what holds, when the same came twice at once."""
    digest = hashlib.sha256(body).digest()
    async with connected(db) as link:
        words = await words_of(link, None)
        # Why something cannot be may say of whom.
        kept = said.body | ({"message": words.seal(said.body["message"])} if "message" in said.body else {})
        await link.execute(ANSWER, source, id_, digest, said.status, json.dumps(kept), now)
    return await answered(db, source, id_, body) or said


async def about(db: Database, whom: About) -> str:
    """The id of the one open transition that is meant; RecordsError when there is none, or more than one."""
    if whom.transition_id is not None:
        try:
            return str(UUID(whom.transition_id))
        except ValueError:
            raise RecordsError("invalid", "transition_id: give the id as the API tells it.") from None
    if whom.local_id is None and whom.nhs_number is None:
        raise RecordsError("invalid", "Say whom it is about: transition_id, local_id or nhs_number.")
    async with connected(db) as link:
        local_id = local_id_blind(keys_of(link), whom.local_id) if whom.local_id is not None else None
        number = nhs_number_blind(keys_of(link), whom.nhs_number)
        rows = await link.fetch(ABOUT, local_id, number, whom.pathway)
    if len(rows) == 1:
        return str(rows[0]["id"])
    if rows:
        raise RecordsError("conflict", "They are on more than one pathway: say which, as data.pathway.")
    raise RecordsError("not-found", "Nobody of that number has an open transition: check the number, or start one.")
