"""The list of who was erased, which is kept apart from the records, and erasing again whom a restore brought back.

A restore from a backup that is older than an erasure brings somebody back, with their key. What is on the list is done
again then, as it had been done: how their journeys had ended, and the certificate, are on it.
"""

import json
from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from planner import peers
from planner.exits import closed_before
from records.arranging import arrange
from records.commit import RECORDED_JOURNEY, commit
from records.database import Database, Link, connected, transaction
from records.erasures import HOLD_PERSON
from records.errors import RecordsError
from records.person_keys import destroy_key
from schemas.arranging import Arranging
from schemas.base import Instant, Stored
from schemas.commit import Commit
from schemas.erasing import Rule, Why
from schemas.journey import Journey
from schemas.pathway import Pathway

CERTIFIED = """
-- The certificates that are not among these, and how each journey of whom they are about had ended.
SELECT c.id::text AS id, c.person_id::text AS person_id, c.why, c.rule, c.kept_until, c.asked_by, c.asked_at,
    c.approved_by, c.approved_at, c.destroyed_at, c.destroyed::text AS destroyed, (
        SELECT coalesce(jsonb_object_agg(t.id, jsonb_build_object('exit', t.exit, 'at', t.closed_at)), '{}')
        FROM transitions t WHERE t.person_id = c.person_id
    )::text AS journeys
FROM certificates c WHERE c.id <> ALL ($1::uuid[]) ORDER BY c.destroyed_at, c.id
"""
BACK = """
-- Which of these people are here and can be read.
SELECT p.id::text AS id FROM people_sealed p LEFT JOIN person_keys k ON k.person_id = p.id
WHERE p.id = ANY ($1::uuid[]) AND k.destroyed_at IS NULL
"""
NOT_CLOSED = """
-- The journeys of somebody that have not closed.
SELECT id::text AS id, status FROM transitions WHERE person_id = $1 AND status <> 'closed' ORDER BY id
"""
SOMEBODY_IS_THERE = """
-- Whether somebody is out on a visit to them.
SELECT EXISTS (
    SELECT FROM transitions t JOIN visits v ON v.transition_id = t.id WHERE t.person_id = $1 AND v.checked_out IS NULL
)
"""
WRITE = """
-- Somebody was erased again.
INSERT INTO erased_again (id, person_id, why, rule, kept_until, asked_by, asked_at, approved_by, approved_at,
    destroyed_at, destroyed, again_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::jsonb,
    greatest($12::timestamptz, $10::timestamptz))
"""
IN_TEMPORAL = """
-- Whom Temporal has not forgotten yet, with their journeys and the visits to them.
SELECT e.id, ARRAY(SELECT t.id::text FROM transitions t WHERE t.person_id = e.person_id ORDER BY t.id) AS transitions,
    ARRAY(SELECT v.id::text FROM transitions t JOIN visits v ON v.transition_id = t.id
        WHERE t.person_id = e.person_id ORDER BY v.id) AS visits
FROM erased_again e WHERE e.forgotten_at IS NULL ORDER BY e.again_at
"""
FORGOTTEN = """
-- Temporal has forgotten them.
UPDATE erased_again SET forgotten_at = greatest($2::timestamptz, again_at) WHERE id = $1 AND forgotten_at IS NULL
"""


class Ended(Stored):
    """How a journey had ended when its person was erased; nothing when it had never begun."""

    exit: str | None = None
    at: Instant | None = None


class Listed(Stored):
    """One erasure as the list has it: its certificate, and the journeys by id. Nothing says who the person was."""

    id: str
    person_id: str
    why: Why
    rule: Rule
    kept_until: date | None = None
    asked_by: str
    asked_at: Instant
    approved_by: str
    approved_at: Instant
    destroyed_at: Instant
    destroyed: dict[str, int]
    journeys: dict[str, Ended] = {}


class FollowedSince(RecordsError):
    """Whoever is on the list is followed in a way that the list knows no end of, so they are not erased again."""

    def __init__(self, certificate_id: str) -> None:
        super().__init__(
            "conflict", f"Whom certificate {certificate_id} is about is followed or visited again: they are not erased."
        )


class InTemporal(NamedTuple):
    """Whom Temporal has to forget: by the certificate, the ids of their transitions, and of the visits to them."""

    id: UUID
    transitions: list[str]
    visits: list[str]


async def certified(db: Database, but: Collection[str] = ()) -> list[Listed]:
    """Every erasure that has a certificate which is not among those."""
    async with connected(db) as link:
        rows = [dict(row) for row in await link.fetch(CERTIFIED, list(but))]
    texts = ("destroyed", "journeys")
    return [Listed.model_validate(row | {name: json.loads(row[name]) for name in texts}) for row in rows]


async def back(db: Database, listed: Collection[Listed]) -> list[Listed]:
    """Those of a list who are in the records and can be read."""
    async with connected(db) as link:
        found = {row["id"] for row in await link.fetch(BACK, [one.person_id for one in listed])}
    return [one for one in {one.person_id: one for one in listed}.values() if one.person_id in found]


async def again(db: Database, one: Listed, now: datetime) -> bool:
    """Erase somebody again, all of it at once or nothing; False when there is nothing to do any more.

    What is still open of them closes as it had closed. Raises FollowedSince.
    """
    person_id = UUID(one.person_id)
    async with transaction(db) as link:
        await link.fetchval(HOLD_PERSON, person_id)
        if not await back(link, [one]):
            return False
        waiting = await link.fetch(NOT_CLOSED, person_id)
        if await link.fetchval(SOMEBODY_IS_THERE, person_id) or any(
            _unknown(one.journeys.get(row["id"]), row["status"]) for row in waiting
        ):
            raise FollowedSince(one.id)
        for row in waiting:
            if row["status"] == "open":
                await _close(link, row["id"], one.journeys[row["id"]])
        await destroy_key(link, person_id, now)
        await link.execute(
            WRITE, UUID(one.id), person_id, one.why, one.rule, one.kept_until, one.asked_by, one.asked_at,
            one.approved_by, one.approved_at, one.destroyed_at, json.dumps(one.destroyed), now,
        )  # fmt: skip
        return True


async def in_temporal(db: Database) -> list[InTemporal]:
    """Whom Temporal has not forgotten yet of those who were erased again."""
    async with connected(db) as link:
        return [InTemporal(**dict(row)) for row in await link.fetch(IN_TEMPORAL)]


async def forgotten(db: Database, certificate_id: UUID, now: datetime) -> None:
    """Temporal has forgotten them."""
    async with connected(db) as link:
        await link.execute(FORGOTTEN, certificate_id, now)


def _unknown(ended: Ended | None, status: str) -> bool:
    """Whether the list does not know how something ended that is not over."""
    return ended is None or (status == "open" and (ended.exit is None or ended.at is None))


async def _close(link: Link, transition_id: str, ended: Ended) -> None:
    """Close a journey as it had closed, and give back what is booked for it."""
    row = await link.fetchrow(RECORDED_JOURNEY, UUID(transition_id))
    assert row is not None  # noqa: S101  # it is open
    assert ended.exit is not None  # noqa: S101  # looked at before
    assert ended.at is not None  # noqa: S101
    journey, pathway = Journey.model_validate_json(row["journey"]), Pathway.parse_canonical(row["canonical"])
    closed, events = closed_before(pathway, journey, ended.exit, ended.at)
    await commit(link, Commit(journey=closed, events=events, at=ended.at), email=False)
    if peers.unsettled(closed):
        settled = Arranging(transition_id=transition_id, revision=closed.revision, at=ended.at)
        await arrange(link, settled, email=False)
