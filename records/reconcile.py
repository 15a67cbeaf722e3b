"""Whether the records say of every journey what Temporal says of it, and if not, where they differ."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg import Record

from planner.reasons import codes
from records import definitions
from records.commit import LOCK_TRANSITION, list_journey
from records.database import Database, connected, transaction
from records.errors import NotBegun, NotRegistered, RecordsError, UnknownDefinition
from records.rows import Row, step_rows
from records.words import words_with
from schemas.journey import Journey
from schemas.pathway import Pathway

_RECORDED = """SELECT t.id, t.status, t.revision, t.team, readable(t.id, t.journey) AS journey,
    (SELECT coalesce(jsonb_object_agg(s.step, jsonb_build_array(s.state, s.due)), '{{}}') FROM steps s
     WHERE s.transition_id = t.id)::text AS steps,
    (SELECT coalesce(jsonb_object_agg(m.milestone, jsonb_build_array(m.expected, m.occurred)), '{{}}') FROM milestones m
     WHERE m.transition_id = t.id)::text AS milestones,
    readable(t.id, (SELECT coalesce(jsonb_object_agg(f.fact, f.value), '{{}}') FROM fact_periods f
     WHERE f.transition_id = t.id AND f.until IS NULL)) AS facts
FROM transitions t {which}
"""
RECORDED = f"""
-- Every transition as the records have it, with its steps. Reads everything, by its nature.
{_RECORDED.format(which="ORDER BY t.id")}"""
RECORDED_ONE = f"""
-- One transition as the records have it, with its steps.
{_RECORDED.format(which="WHERE t.id = $1")}"""
LATEST = """
-- The latest revision that was committed of a transition, when, and its journey.
SELECT readable(t.id, t.journey) AS journey, t.team, t.definition, c.revision, c.at
FROM transitions t LEFT JOIN LATERAL (
    SELECT revision, at FROM commits WHERE transition_id = t.id ORDER BY revision DESC LIMIT 1
) c ON true WHERE t.id = $1
"""
LATELY = """
-- The latest revision of each open journey that was recorded between two instants.
SELECT l.transition_id::text AS id, max(l.revision) AS revision
FROM links l JOIN transitions t ON t.id = l.transition_id
WHERE l.at >= $1 AND l.at < $2 AND t.status = 'open' GROUP BY l.transition_id
"""
LAST = """
-- When something was recorded last.
SELECT max(at) FROM links
"""
COUNT_AGAIN = """
-- What is counted of a transition follows its journey again.
SELECT keep_milestones($1), keep_facts($1, $2)
"""
_SHOWN = 8
"""Differences of one journey that are named; the rest are counted."""

_PRIVATE = frozenset({"born", "facts", "reason", "by_hand", "title", "why", "wishes"})
"""What says something of the person: that it differs is told, what it is not."""


class Kind(StrEnum):
    """What sort of difference it is, by how it is mended."""

    STUCK = "stands still"
    UNKNOWN = "not in the records"
    BEGUN_ALONE = "begun in Temporal alone"
    NOT_BEGUN = "registered and not begun"
    NOT_FOLLOWED = "not followed"
    OTHERWISE = "otherwise"
    LISTED = "listed otherwise"
    VISIT_NOT_FOLLOWED = "visit not followed"
    VISIT_STUCK = "visit cannot go on"
    VISIT_UNKNOWN = "visit not in the records"
    ABSENCE_NOT_COVERED = "absence not covered"
    ABSENCE_UNKNOWN = "absence not in the records"


class Difference(NamedTuple):
    """Something that Temporal and the records, or the records and themselves, tell differently; of which id."""

    kind: Kind
    id: str
    words: str


class Recorded(NamedTuple):
    """A transition as the records have it: `journey` is None before it has started, `steps` say state and due.

    `milestones` say when each is expected and happened, `facts` what holds now.
    """

    status: str
    revision: int
    team: str
    journey: Row | None
    steps: dict[str, tuple[str, datetime | None]]
    milestones: dict[str, tuple[datetime | None, datetime | None]]
    facts: Row


async def recorded(db: Database) -> AsyncIterator[tuple[str, Recorded]]:
    """Every transition of the records by id, read in one snapshot without holding them all in memory."""
    async with transaction(db) as link:
        async for row in link.cursor(RECORDED, prefetch=200):
            yield str(row["id"]), _recorded(row)


async def recorded_one(db: Database, transition_id: str) -> Recorded | None:
    """One transition of the records; None when they do not have it."""
    async with connected(db) as link:
        row = await link.fetchrow(RECORDED_ONE, UUID(transition_id))
    return _recorded(row) if row else None


async def recorded_between(db: Database, since: datetime, until: datetime) -> dict[str, int]:
    """The latest revision of each open journey that was recorded between two instants, by transition id."""
    async with connected(db) as link:
        return {row["id"]: row["revision"] for row in await link.fetch(LATELY, since, until)}


async def latest(db: Database) -> datetime | None:
    """When something was recorded last; None when nothing ever was."""
    async with connected(db) as link:
        found: datetime | None = await link.fetchval(LAST)
        return found


def _recorded(row: Record) -> Recorded:
    steps = {step: (state, _instant(due)) for step, (state, due) in json.loads(row["steps"]).items()}
    milestones = {
        name: (_instant(expected), _instant(occurred))
        for name, (expected, occurred) in json.loads(row["milestones"]).items()
    }
    journey = json.loads(row["journey"]) if row["journey"] is not None else None
    standing = (row["status"], row["revision"], row["team"], journey)
    return Recorded(*standing, steps, milestones, json.loads(row["facts"]))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def differences(told: Mapping[str, Mapping[str, Any]], records: Mapping[str, Recorded]) -> list[str]:
    """The sentences of what `compared` finds."""
    return [found.words for found in compared(told, records)]


def compared(told: Mapping[str, Mapping[str, Any]], records: Mapping[str, Recorded]) -> list[Difference]:
    """What differs, a sentence each, between the journeys that Temporal tells by transition id and the records.

    Empty when all is well. A closed journey that Temporal no longer keeps is no difference.
    """
    found = [unknown(one) for one in sorted(told.keys() - records.keys())]
    for one in sorted(records):
        row = records[one]
        if one in told and row.journey is None:
            said = "it runs in Temporal, and the records have only its registration"
            found.append(Difference(Kind.BEGUN_ALONE, one, f"Transition {one}: {said}."))
        elif one in told:
            unlike = _against_temporal(told[one], row)
            found += [Difference(Kind.OTHERWISE, one, f"Transition {one}: {what}.") for what in unlike]
        elif row.status != "closed":
            kind = Kind.NOT_FOLLOWED if row.journey else Kind.NOT_BEGUN
            said = f"Transition {one} is {row.status} in the records and does not run in Temporal."
            found.append(Difference(kind, one, said))
        if row.journey is not None:
            strayed = _against_itself(row)
            found += [Difference(Kind.LISTED, one, f"Transition {one}: {what}.") for what in strayed]
    return found


def unknown(transition_id: str) -> Difference:
    """A transition that runs in Temporal, and that the records do not have."""
    return Difference(
        Kind.UNKNOWN, transition_id, f"Transition {transition_id} runs in Temporal and is not in the records."
    )


async def list_again(db: Database, transition_id: str) -> None:
    """Write what is listed and counted of a transition anew, from its recorded journey. Raises RecordsError."""
    which = UUID(transition_id)
    async with transaction(db) as link:
        locked = await link.fetchrow(LOCK_TRANSITION, which)
        if locked is None:
            raise NotRegistered(transition_id)
        row = await link.fetchrow(LATEST, which)
        if row is None or row["journey"] is None:
            raise NotBegun(transition_id)
        journey = Journey.model_validate_json(row["journey"])
        if journey.revision != row["revision"]:
            raise RecordsError(
                "conflict",
                f"Transition {transition_id}: its recorded journey is at revision {journey.revision} and its latest "
                f"commit is {row['revision']}. Nothing was changed: see `alongside verify`, and compare with a backup.",
            )
        text = await definitions.canonical(link, journey.definition)
        if text is None:
            raise UnknownDefinition(transition_id, journey.definition)
        told = (await words_with(link, locked)).journey(journey.model_dump(mode="json"), codes(journey))
        await list_journey(link, journey, told, Pathway.parse_canonical(text), row["team"])
        await link.execute(COUNT_AGAIN, which, row["at"])


def _against_temporal(told: Mapping[str, Any], row: Recorded) -> list[str]:
    ours, theirs = _normal(row.journey or {}), _normal(told)
    named = [_named(path, there, here) for path, there, here in _unequal("", theirs, ours)]
    more = len(named) - _SHOWN
    return named[:_SHOWN] + ([f"and {more} more differences"] if more > 0 else [])


def _against_itself(row: Recorded) -> Iterator[str]:
    """Where the steps that are listed are not those of the recorded journey."""
    journey = Journey.model_validate(row.journey)
    meant = {
        step["step"]: (str(step["state"]), _instant(step["due"]))
        for step in step_rows(journey, journey.model_dump(mode="json"), row.team)
    }
    for step in sorted(meant.keys() | row.steps.keys()):
        if meant.get(step) != row.steps.get(step):
            yield f"step {step} is listed otherwise than the recorded journey has it"
    for name in sorted(journey.occurred.keys() | journey.expected.keys() | row.milestones.keys()):
        if row.milestones.get(name) != (journey.expected.get(name), journey.occurred.get(name)):
            yield f"milestone {name} is listed otherwise than the recorded journey has it"
    for name in sorted(journey.facts.keys() | row.facts.keys()):
        if row.facts.get(name) != journey.facts.get(name):
            yield f"fact {name} is listed otherwise than the recorded journey has it"
    if row.revision != journey.revision:
        yield f"it is listed at revision {row.revision} and its recorded journey is at {journey.revision}"


def _normal(journey: Mapping[str, Any]) -> Row:
    """A journey in the one way of writing it: defaults said, instants in UTC."""
    return Journey.model_validate(journey).model_dump(mode="json")


def _unequal(path: str, there: Any, here: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(there, dict) and isinstance(here, dict):
        for name in sorted(there.keys() | here.keys()):
            yield from _unequal(f"{path}.{name}" if path else name, there.get(name), here.get(name))
    elif there != here:
        yield path, there, here


def _named(path: str, there: Any, here: Any) -> str:
    if _PRIVATE & set(path.split(".")):
        return f"{path} is not the same in Temporal and in the records"
    return f"{path} is {_words(there)} in Temporal and {_words(here)} in the records"


def _words(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:60]}…"
