"""What somebody wrote of a person before that was sealed: the first program that has the keys seals it."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from asyncpg import Record

from planner.reasons import CODES, codes
from records.commit import LOCK_TRANSITION
from records.database import Database, Link, connected
from records.rows import as_it_stands, as_json
from records.words import BEGINS, GONE, Words, words_of, words_with
from schemas.journey import Journey

AT_ONCE = 50
"""Transitions that are sealed in one transaction: whoever is at work on one of them waits for so long."""

ANY_OPEN = """
-- Whether there is where they wait.
SELECT to_regclass('words_open') IS NOT NULL
"""
OPEN = """
-- What waits, kept from others until this transaction ends.
SELECT kind, id FROM words_open ORDER BY kind, id LIMIT $1 FOR UPDATE SKIP LOCKED
"""
SEALED = """
-- It is sealed.
DELETE FROM words_open o USING unnest($1::text[], $2::uuid[]) AS d (kind, id) WHERE o.kind = d.kind AND o.id = d.id
"""
RECORDED = """
-- A journey as it is kept.
SELECT readable(id, journey) FROM transitions WHERE id = $1
"""
JOURNEY = """
-- A journey with what somebody wrote in it sealed, and the steps that are listed of it.
WITH told AS (UPDATE transitions SET journey = $2::text::json WHERE id = $1)
UPDATE steps s SET title = g.title, reason = CASE WHEN s.reason IS NOT NULL THEN g.reason END, by_hand = g.by_hand
FROM jsonb_to_recordset($3::text::jsonb) AS g (id text, title text, reason text, by_hand text)
WHERE s.transition_id = $1 AND s.step = g.id
    AND (s.title, s.reason, s.by_hand) IS DISTINCT FROM (g.title, g.reason, g.by_hand)
"""
VISIT = """
-- Why somebody made a visit alone, to nobody who is known here.
SELECT alone_because FROM visits WHERE id = $1
"""
SEAL_VISIT = """
-- The same, sealed.
UPDATE visits SET alone_because = $2 WHERE id = $1
"""
BULK = """
-- What somebody said of many.
SELECT readable(NULL::uuid, said) FROM bulk_actions WHERE id = $1
"""
SEAL_BULK = """
-- The same, sealed.
UPDATE bulk_actions SET said = $2::text::jsonb WHERE id = $1
"""
TEXTS = (
    ("bookings", "override_reason", ()), ("bookings", "released_why", CODES), ("assignments", "why", ()),
    ("assignments", "reason", ()), ("visits", "alone_because", ()), ("ready_periods", "withdrawn_why", ()),
)  # fmt: skip
"""Texts beside a journey in which somebody's words stand, and what among them is a code."""
JSON = (("fact_periods", "value"), ("assignments", "considered"), ("peer_queue", "ask"), ("peer_queue", "considered"))
"""The same as JSON."""


def texts(table: str, column: str, kind: str) -> tuple[str, str]:
    """The statement that finds what stands open in a column of a transition, and the one that seals it there."""
    whose = f"FROM {table} WHERE transition_id = $1 AND strpos({column}::text, '{BEGINS}') = 0"
    return (
        f"SELECT DISTINCT {column}::text AS said {whose}",
        f"UPDATE {table} SET {column} = $3::text::{kind} WHERE transition_id = $1 AND {column} = $2::text::{kind}",  # noqa: S608
    )


class _Gone(Words):
    """Of whoever was erased before: what they would have sealed is gone."""

    def seal(self, text: str) -> str:
        return GONE


async def seal_what_is_open(db: Database) -> None:
    """Seal what somebody wrote before anything was sealed. Tables of an earlier version know of none."""
    async with connected(db) as link:
        while await link.fetchval(ANY_OPEN) and await _seal_some(link):
            pass


async def _seal_some(link: Link) -> int:
    """Seal some of it; how much, so 0 when it is done, or another program is at the rest."""
    async with link.transaction():
        rows = await link.fetch(OPEN, AT_ONCE)
        for row in rows:
            await _SEALING[row["kind"]](link, row["id"])
        await link.execute(SEALED, [row["kind"] for row in rows], [row["id"] for row in rows])
    return len(rows)


async def _transition(link: Link, which: UUID) -> None:
    row = await link.fetchrow(LOCK_TRANSITION, which)
    assert row is not None  # noqa: S101  # no transition is ever taken away
    words = await _words(link, row)
    recorded = await link.fetchval(RECORDED, which)
    if recorded is not None:
        told = words.journey(json.loads(recorded), codes(Journey.model_validate_json(recorded)))
        steps = [*told["steps"].values(), *([told["silence"]] if told.get("silence") else [])]
        await link.execute(JOURNEY, which, as_it_stands(told), as_json(steps))
    for table, column, known in TEXTS:
        await _column(link, which, texts(table, column, "text"), partial(words.reason, codes=known))
    for table, column in JSON:
        await _column(link, which, texts(table, column, "jsonb"), partial(_json, words, column))


async def _words(link: Link, row: Record) -> Words:
    return await words_with(link, row) if row["destroyed_at"] is None else _Gone(link, row["person_id"], None)


async def _column(link: Link, which: UUID, statements: tuple[str, str], sealed: Callable[[str], str | None]) -> None:
    find, write = statements
    for row in await link.fetch(find, which):
        if (now := sealed(row["said"])) != row["said"]:
            await link.execute(write, which, row["said"], now)


def _json(words: Words, column: str, said: str) -> str:
    sealing: dict[str, Callable[[Any], Any]] = {
        "value": words.fact, "ask": words.ask, "considered": words.considered,
    }  # fmt: skip
    return as_json(sealing[column](json.loads(said)))


async def _visit(link: Link, which: UUID) -> None:
    words = await words_of(link, None)
    await link.execute(SEAL_VISIT, which, words.reason(await link.fetchval(VISIT, which), ()))


async def _bulk(link: Link, which: UUID) -> None:
    words = await words_of(link, None)
    await link.execute(SEAL_BULK, which, as_json(words.many(json.loads(await link.fetchval(BULK, which)))))


_SEALING = {"transition": _transition, "visit": _visit, "bulk": _bulk}
