"""Clinically ready for discharge: from when until when somebody could have left a ward, what for, and who said so.

Nothing that was said is changed. A period is begun, and ended once; a correction withdraws it and enters another one.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import ExclusionViolationError, Record

from planner.clock import local_day
from records.database import Database, Link, connected, transaction
from records.errors import RecordsError
from records.words import words_of
from schemas.ready import ATTRIBUTIONS, REASONS, ReadyPeriod

LONGEST = 1000
"""Letters of why a period is withdrawn."""
_COLUMNS = """id::text, transition_id::text, starts, ends, reason, attribution, recorded_by, recorded_at, ended_by,
    ended_at, corrects::text, withdrawn_by, withdrawn_at, readable(transition_id, withdrawn_why) AS withdrawn_why"""

STAY = """
-- The stay on a ward that a transition is about, kept from others until this transaction ends.
SELECT (t.started AT TIME ZONE 'Europe/London')::date AS begins, least(
    (m.occurred AT TIME ZONE 'Europe/London')::date, (t.closed_at AT TIME ZONE 'Europe/London')::date
) AS ends, d.canonical::jsonb -> 'milestones' @> '[{"id": "discharged"}]' AS on_a_ward
FROM transitions t LEFT JOIN definitions d ON d.digest = t.definition
LEFT JOIN milestones m ON m.transition_id = t.id AND m.milestone = 'discharged'
WHERE t.id = $1 FOR UPDATE OF t
"""
OF_TRANSITION = f"""
-- Every period of a transition, withdrawn ones too, in their order.
SELECT {_COLUMNS} FROM ready_periods WHERE transition_id = $1 ORDER BY starts, id
"""  # noqa: S608  # our own columns
ONE = f"""
-- One period.
SELECT {_COLUMNS} FROM ready_periods WHERE id = $1
"""  # noqa: S608
OPEN = """
-- The period of a transition that has not ended.
SELECT id FROM ready_periods WHERE transition_id = $1 AND ends IS NULL AND withdrawn_at IS NULL
"""
BEGIN = f"""
-- Somebody is ready to leave from a day on.
INSERT INTO ready_periods (
    transition_id, starts, ends, reason, attribution, recorded_by, recorded_at, ended_by, ended_at, corrects
) VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $3::date IS NOT NULL THEN $6 END,
    CASE WHEN $3::date IS NOT NULL THEN $7::timestamptz END, $8)
RETURNING {_COLUMNS}
"""  # noqa: S608
END = f"""
-- They left, or were not ready any more.
UPDATE ready_periods SET ends = $2, ended_by = $3, ended_at = $4
WHERE id = $1 AND ends IS NULL AND withdrawn_at IS NULL RETURNING {_COLUMNS}
"""  # noqa: S608
WHOSE = """
-- Of which transition a period is.
SELECT transition_id FROM ready_periods WHERE id = $1
"""
WITHDRAW = """
-- It was not so.
UPDATE ready_periods SET withdrawn_by = $2, withdrawn_at = $3, withdrawn_why = $4
WHERE id = $1 AND withdrawn_at IS NULL RETURNING transition_id
"""


class Spell(NamedTuple):
    """What is said of a period: `ends` is the day on which it ended, None while it goes on."""

    starts: date
    ends: date | None
    reason: str
    attribution: str


async def periods(db: Database, transition_id: str) -> list[ReadyPeriod]:
    """Every period of a transition in its order, also those that were withdrawn."""
    async with connected(db) as link:
        return [_period(row) for row in await link.fetch(OF_TRANSITION, UUID(transition_id))]


async def one(db: Database, period_id: str) -> ReadyPeriod:
    """A period by its id; RecordsError when there is none."""
    async with connected(db) as link:
        row = await link.fetchrow(ONE, _uuid(period_id))
    if row is None:
        raise _unknown()
    return _period(row)


async def begin(db: Database, transition_id: str, spell: Spell, *, staff: str, now: datetime) -> ReadyPeriod:
    """Record that somebody is, or was, ready to leave from a day on. RecordsError when that cannot be."""
    async with transaction(db) as link:
        await _check(link, UUID(transition_id), spell, now)
        return await _begun(link, UUID(transition_id), spell, staff, now, None)


async def end(db: Database, transition_id: str, ends: date, *, staff: str, now: datetime) -> ReadyPeriod:
    """Record that the delay that goes on has ended: they left that day, or were not ready any more."""
    async with transaction(db) as link:
        stay = await link.fetchrow(STAY, UUID(transition_id))
        found = await link.fetchval(OPEN, UUID(transition_id)) if stay is not None else None
        if found is None:
            raise RecordsError("conflict", "They are not recorded as ready to leave, so there is nothing to end.")
        row = await link.fetchrow(ONE, found)
        assert row is not None  # noqa: S101  # found just now, and locked
        await _check(link, UUID(transition_id), Spell(row["starts"], ends, row["reason"], row["attribution"]), now)
        ended = await link.fetchrow(END, found, ends, staff, now)
        assert ended is not None  # noqa: S101
        return _period(ended)


async def correct(db: Database, period_id: str, spell: Spell, *, why: str, staff: str, now: datetime) -> ReadyPeriod:
    """Withdraw a period, and enter what was meant in its place."""
    async with transaction(db) as link:
        transition_id = await _withdrawn(link, period_id, why, staff, now)
        await _check(link, transition_id, spell, now)
        return await _begun(link, transition_id, spell, staff, now, UUID(period_id))


async def withdraw(db: Database, period_id: str, *, why: str, staff: str, now: datetime) -> None:
    """Take back a period that was not so. It stays in the history."""
    async with transaction(db) as link:
        await _withdrawn(link, period_id, why, staff, now)


async def _withdrawn(link: Link, period_id: str, why: str, staff: str, now: datetime) -> UUID:
    if not why.strip():
        raise RecordsError("invalid", "Say why it is corrected: whoever reads the history wants to know.")
    if len(why) > LONGEST or "\0" in why:
        raise RecordsError("invalid", f"Say why in at most {LONGEST} letters.")
    words = await words_of(link, await link.fetchval(WHOSE, _uuid(period_id)))
    transition_id: UUID | None = await link.fetchval(WITHDRAW, _uuid(period_id), staff, now, words.seal(why.strip()))
    if transition_id is None:
        if await link.fetchrow(ONE, _uuid(period_id)) is None:
            raise _unknown()
        raise RecordsError("conflict", "This period was withdrawn already.")
    return transition_id


async def _begun(
    link: Link, transition_id: UUID, spell: Spell, staff: str, now: datetime, corrects: UUID | None
) -> ReadyPeriod:
    async with _at_most_one():
        row = await link.fetchrow(BEGIN, transition_id, *spell, staff, now, corrects)
    assert row is not None  # noqa: S101  # an INSERT that answers
    return _period(row)


@asynccontextmanager
async def _at_most_one() -> AsyncIterator[None]:
    try:
        yield
    except ExclusionViolationError:
        raise RecordsError(
            "conflict", "Another period lies in that time: end it, or correct or withdraw it first."
        ) from None


async def _check(link: Link, transition_id: UUID, spell: Spell, now: datetime) -> None:
    """RecordsError when a period cannot be: it lies within the stay, and not in the future."""
    if spell.reason not in REASONS:
        raise RecordsError("invalid", f"That is no reason for a delay: give one of {', '.join(REASONS)}.")
    if spell.attribution not in ATTRIBUTIONS:
        raise RecordsError("invalid", f"Say whose the delay is: one of {', '.join(ATTRIBUTIONS)}.")
    stay = await link.fetchrow(STAY, transition_id)
    if stay is None:
        raise RecordsError("not-found", "No such transition.")
    if not stay["on_a_ward"]:
        raise RecordsError("conflict", "Only somebody on a ward, whose way leads to a discharge, is ready for one.")
    today = local_day(now)
    if spell.starts > today or (spell.ends is not None and spell.ends > today):
        raise RecordsError("invalid", "That day lies in the future: record it when it has come.")
    if spell.starts < stay["begins"]:
        raise RecordsError("invalid", f"They came on {stay['begins']:%-d %B %Y}: nobody is ready to leave before.")
    if spell.ends is not None and spell.ends < spell.starts:
        raise RecordsError("invalid", "It ends before it begins: change one of the days.")
    if stay["ends"] is not None and max(spell.starts, spell.ends or spell.starts) > stay["ends"]:
        raise RecordsError("invalid", f"They left on {stay['ends']:%-d %B %Y}: nobody is delayed after that.")


def _period(row: Record) -> ReadyPeriod:
    return ReadyPeriod.model_validate(dict(row))


def _unknown() -> RecordsError:
    return RecordsError("not-found", "There is no such period: see those of the person with `alongside ready list`.")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _unknown() from None
