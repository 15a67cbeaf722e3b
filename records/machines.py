"""What lets machines in: tokens with scopes, each acting as a member of staff, and what was said under which key."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from planner.policy import Scope
from records.access import ALERT
from records.actors import member
from records.database import Database, connected, keys_of, transaction
from records.errors import RecordsError
from records.identity import local_id_blind
from schemas.base import Stored
from schemas.codes import Role
from schemas.command import Receipt
from schemas.person import Person

BEGINS = "alongside_"
"""How every token begins, so that one that strayed into a file or a log is found by searching."""
USUAL, LONGEST = 365, 366
"""For how many days a token holds, and at most."""
NAME = 80
"""Letters of what a machine is called."""
COARSELY = timedelta(minutes=10)
"""How exactly it is kept when a token was last used: not every request is a write."""

CREATE = """
-- A machine is let in.
INSERT INTO api_tokens (token, name, scopes, acts_as, created_by, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id
"""
REVOKE = """
-- A token opens nothing any more.
UPDATE api_tokens SET revoked_at = greatest($2, created_at), revoked_by = $3
WHERE id = $1 AND revoked_at IS NULL RETURNING name
"""
MACHINES = """
-- Every token that was made, the latest first; there are few, for people make them one by one.
SELECT t.id::text, t.name, t.scopes, t.acts_as, m.name AS acts_as_name, m.role, m.active, t.created_by, t.created_at,
    t.expires_at, t.last_used, t.revoked_at, t.revoked_by
FROM api_tokens t JOIN staff m ON m.id = t.acts_as ORDER BY t.created_at DESC, t.id DESC
"""
FIND = """
-- What a token opens, while it holds and whoever it acts as works here.
SELECT t.id, t.name, t.scopes, t.last_used, m.id AS staff, m.name AS staff_name, m.role, m.team
FROM api_tokens t JOIN staff m ON m.id = t.acts_as AND m.active
WHERE t.token = $1 AND t.revoked_at IS NULL AND t.expires_at > $2
"""
USE = """
-- The token was used about now.
UPDATE api_tokens SET last_used = $2 WHERE id = $1
"""
SAID = """
-- What was said under a key.
SELECT digest, said_at FROM api_requests WHERE about = $1 AND key = $2
"""
SAY = """
-- Something is said under a key for the first time.
INSERT INTO api_requests (about, key, digest, said_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
"""
STARTED = """
-- The commit that started somebody on a pathway under a key.
SELECT c.transition_id, c.revision, c.at FROM people p JOIN transitions t ON t.person_id = p.id AND t.pathway = $2
JOIN commits c ON c.transition_id = t.id AND c.command_id = $3 WHERE p.local_id_blind = $1
"""
PERSON = """
-- Who has a local id.
SELECT given_name, family_name, date_of_birth FROM people WHERE local_id_blind = $1
"""


class Machine(Stored):
    """A token as people see it: never the token itself, which nobody knows but whoever runs the machine."""

    id: str
    name: str
    scopes: list[Scope]
    acts_as: str
    acts_as_name: str
    role: Role
    active: bool
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None

    def holds(self, now: datetime) -> bool:
        """Whether it opens anything."""
        return self.revoked_at is None and self.active and now < self.expires_at


class Asking(NamedTuple):
    """A machine that asks something, and the member of staff as whom it does."""

    name: str
    scopes: frozenset[Scope]
    staff: str
    staff_name: str
    role: Role
    team: str | None


class Said(NamedTuple):
    """What was said under a key, as a digest, and when first."""

    digest: bytes
    at: datetime


async def create(
    db: Database,
    name: str,
    scopes: Collection[Scope],
    acts_as: str,
    now: datetime,
    *,
    by: str,
    days: int = USUAL,
) -> str:
    """Let a machine in; its token, which is shown now and never again. Whoever guards privacy is told.

    Invalid without a name or a scope, or for too long; refused for somebody who does not work here.
    """
    called = name.strip()
    if not called or len(called) > NAME or not called.isprintable():
        raise RecordsError("invalid", f"Say in one line of at most {NAME} letters which machine it is.")
    if not scopes:
        raise RecordsError("invalid", "Choose at least one thing that the machine may do.")
    if not 1 <= days <= LONGEST:
        raise RecordsError("invalid", f"A token holds for between 1 and {LONGEST} days: make another one after that.")
    token = BEGINS + secrets.token_urlsafe(32)
    given = sorted(set(scopes))
    async with transaction(db) as link:
        who = await member(link, acts_as)
        ends = now + timedelta(days=days)
        await link.fetchval(CREATE, _hash(token), called, given, who.id, by, now, ends)
        text = f"A machine was let in by {by}, to act as {who.id}: {', '.join(given)}."
        await link.execute(ALERT, Role.PRIVACY_OFFICER, text, now, False)
    return token


async def revoke(db: Database, token_id: str, now: datetime, *, by: str) -> str:
    """Let a machine in no longer, from this moment on; what it is called. Not-found when none of that id holds."""
    async with connected(db) as link:
        found = await link.fetchval(REVOKE, _id(token_id), now, by)
    if found is None:
        raise RecordsError("not-found", "There is no such token, or it was revoked already.")
    return str(found)


async def everyone(db: Database) -> list[Machine]:
    """Every token that was made, the latest first."""
    async with connected(db) as link:
        return [Machine.model_validate(_known(dict(row))) for row in await link.fetch(MACHINES)]


async def find(db: Database, token: str, now: datetime) -> Asking | None:
    """Whose token it is; None when it opens nothing (any more). Its use is noted."""
    async with connected(db) as link:
        row = await link.fetchrow(FIND, _hash(token), now)
        if row is None:
            return None
        if row["last_used"] is None or now - row["last_used"] > COARSELY:
            await link.execute(USE, row["id"], now)
    scopes = frozenset(_known(dict(row))["scopes"])
    return Asking(row["name"], scopes, row["staff"], row["staff_name"], Role(row["role"]), row["team"])


async def said(db: Database, about: str, key: str) -> Said | None:
    """What was said under a key; None when nothing was."""
    async with connected(db) as link:
        row = await link.fetchrow(SAID, about, key)
    return Said(row["digest"], row["said_at"]) if row else None


async def say(db: Database, about: str, key: str, digest: bytes, now: datetime) -> Said:
    """Keep what is said under a key, unless something was before: answers with what holds."""
    async with connected(db) as link:
        await link.execute(SAY, about, key, digest, now)
        row = await link.fetchrow(SAID, about, key)
    return Said(row["digest"], row["said_at"]) if row else Said(digest, now)


async def started(db: Database, local_id: str, pathway: str, key: str) -> Receipt | None:
    """The receipt of a start that is recorded; None when none is."""
    async with connected(db) as link:
        row = await link.fetchrow(STARTED, local_id_blind(keys_of(link), local_id), pathway, key)
    return Receipt(transition_id=str(row["transition_id"]), revision=row["revision"], at=row["at"]) if row else None


async def refuse_another(db: Database, person: Person) -> None:
    """Conflict when the local id is here with another name or date of birth: a machine renames nobody."""
    async with connected(db) as link:
        row = await link.fetchrow(PERSON, local_id_blind(keys_of(link), person.local_id))
    if row is not None and tuple(row) != (person.given_name, person.family_name, person.date_of_birth):
        raise RecordsError(
            "conflict", f"{person.local_id} is here with another name or date of birth: check them, or ask the team."
        )


def _hash(token: str) -> bytes:
    # The token has 256 random bits, so one plain hash is enough, and looking the hash up tells nothing by its timing.
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise RecordsError("not-found", "There is no such token: give the id that the list shows.") from None


def _known(row: dict[str, object]) -> dict[str, list[Scope]]:
    """A row with the scopes that there are; one that a later version knows opens nothing here."""
    scopes = row["scopes"]
    assert isinstance(scopes, list)  # noqa: S101  # the column is an array
    return row | {"scopes": [Scope(one) for one in scopes if one in set(Scope)]}  # type: ignore[return-value]
