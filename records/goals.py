"""What somebody wants to reach, in their own words: theirs, sealed with their key, and in no report or listing."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from planner.clock import local_day
from records.database import Database, Link, connected, transaction
from records.errors import RecordsError
from records.keyring import Unreadable
from records.person_keys import KeyDestroyed, PersonSealer, person_sealer
from schemas.base import Stored

MOST = 10
"""Goals of one transition, the ended ones among them: each keeps its number."""
LONGEST = 500
"""Letters of a goal, and of each of its levels."""
LEVELS = (
    "Much less than expected",
    "Less than expected",
    "As expected",
    "More than expected",
    "Much more than expected",
)
"""The levels of goal attainment, from -2 to 2."""

WHOSE = """
-- The person of a transition, kept from other goals until this transaction ends; and the number of their latest goal.
SELECT t.person_id, (SELECT coalesce(max(number), 0) FROM goals WHERE transition_id = t.id) AS latest
FROM transitions t WHERE t.id = $1 FOR UPDATE OF t
"""
SET = """
-- Somebody set a goal.
INSERT INTO goals (transition_id, number, words, weight, set_on, set_by) VALUES ($1, $2, $3, $4, $5, $6)
"""
REWORD = """
-- Somebody says a goal that has not ended in other words, or weighs it otherwise.
UPDATE goals SET words = $3, weight = $4 WHERE transition_id = $1 AND number = $2 AND ended_on IS NULL RETURNING number
"""
END = """
-- A goal is no longer one.
UPDATE goals SET ended_on = greatest($3, set_on) WHERE transition_id = $1 AND number = $2 AND ended_on IS NULL
RETURNING number
"""
GOALS = """
-- The goals of a transition, sealed, and whose they are.
SELECT g.number, g.words, g.weight::float8 AS weight, g.set_on, g.ended_on, coalesce(s.name, g.set_by) AS set_by,
    t.person_id
FROM goals g JOIN transitions t ON t.id = g.transition_id LEFT JOIN staff s ON s.id = g.set_by
WHERE g.transition_id = $1 ORDER BY g.number
"""
WEIGHTS = """
-- What each goal of a transition weighs.
SELECT number, weight::float8 AS weight FROM goals WHERE transition_id = $1
"""


class Goal(Stored):
    """One goal. `words` are None when nobody can read them: the person's key is destroyed, or a key is missing."""

    number: int
    words: str | None
    levels: list[str] = []
    weight: float
    set_on: date
    set_by: str
    ended_on: date | None


async def add(
    db: Database, transition_id: str, words: str, *, levels: Sequence[str] = (), weight: float = 1, staff: str,
    now: datetime,
) -> int:  # fmt: skip
    """Keep a goal, and answer its number. RecordsError when it cannot be."""
    sound = _sound(words, levels, weight)
    one = UUID(transition_id)
    async with transaction(db) as link:
        whose = await _whose(link, one)
        number: int = whose["latest"] + 1
        if number > MOST:
            raise RecordsError("conflict", f"There are {MOST} goals already, and each keeps its number.")
        sealed = (await person_sealer(link, whose["person_id"])).seal(sound, _about(one, number))
        await link.execute(SET, one, number, sealed, weight, local_day(now), staff)
        return number


async def reword(
    db: Database, transition_id: str, number: int, words: str, *, levels: Sequence[str] = (), weight: float = 1
) -> None:
    """Say a goal in other words. RecordsError when it cannot be, or the goal has ended."""
    sound = _sound(words, levels, weight)
    one = UUID(transition_id)
    async with transaction(db) as link:
        whose = await _whose(link, one)
        sealed = (await person_sealer(link, whose["person_id"])).seal(sound, _about(one, number))
        if await link.fetchval(REWORD, one, number, sealed, weight) is None:
            raise _no_goal(number)


async def end(db: Database, transition_id: str, number: int, now: datetime) -> None:
    """A goal is no longer one; what was rated stays. RecordsError when there is none, or it has ended."""
    async with connected(db) as link:
        if await link.fetchval(END, UUID(transition_id), number, local_day(now)) is None:
            raise _no_goal(number)


async def goals(db: Database, transition_id: str) -> list[Goal]:
    """The goals of a transition in the person's words; one that cannot be read holds up nothing else."""
    one = UUID(transition_id)
    async with connected(db) as link:
        rows = await link.fetch(GOALS, one)
        sealer = await _sealer(link, rows[0]["person_id"]) if rows else None
    return [_goal(one, row, sealer) for row in rows]


async def weights(db: Database, transition_id: str) -> dict[str, float]:
    """What each goal weighs, by its number."""
    async with connected(db) as link:
        return {str(row["number"]): row["weight"] for row in await link.fetch(WEIGHTS, UUID(transition_id))}


async def _sealer(link: Link, person_id: UUID) -> PersonSealer | None:
    try:
        return await person_sealer(link, person_id)
    except (KeyDestroyed, Unreadable):
        return None


async def _whose(link: Link, transition_id: UUID) -> Record:
    row = await link.fetchrow(WHOSE, transition_id)
    if row is None:
        raise RecordsError("not-found", "No such transition.")
    return row


def _goal(transition_id: UUID, row: Record, sealer: PersonSealer | None) -> Goal:
    try:
        opened = sealer.open(row["words"], _about(transition_id, row["number"])) if sealer is not None else None
    except Unreadable:
        opened = None
    return Goal.model_validate(dict(row) | (json.loads(opened) if opened is not None else {"words": None}))


def _sound(words: str, levels: Sequence[str], weight: float) -> str:
    """A goal as it is sealed. RecordsError, with nothing of the words in it, when it is none."""
    said = [" ".join(text.split()) for text in (words, *levels)]
    if not said[0]:
        raise RecordsError("invalid", "Write the goal in the person’s own words.")
    if any(len(text) > LONGEST or not text.isprintable() for text in said):
        raise RecordsError("invalid", f"Write at most {LONGEST} letters for the goal, and for each level.")
    if levels and not (len(levels) == len(LEVELS) and all(said[1:])):
        raise RecordsError("invalid", f"A goal has all {len(LEVELS)} levels, or none.")
    if not 0 < weight <= 100:
        raise RecordsError("invalid", "A goal weighs more than 0 and at most 100; 1 is usual.")
    return json.dumps({"words": said[0], "levels": said[1:]}, ensure_ascii=False)


def _about(transition_id: UUID, number: int) -> str:
    return f"goal {number} of {transition_id}"


def _no_goal(number: int) -> RecordsError:
    return RecordsError("not-found", f"There is no goal {number} that has not ended.")
