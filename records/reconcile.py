"""Whether the records say of every journey what Temporal says of it, and if not, where they differ."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from records.database import Database, transaction
from records.rows import Row, step_rows
from schemas.journey import Journey

RECORDED = """
-- Every transition as the records have it, with its steps. Reads everything, by its nature.
SELECT t.id, t.status, t.revision, t.team, t.journey::text AS journey,
    (SELECT coalesce(jsonb_object_agg(s.step, jsonb_build_array(s.state, s.due)), '{}') FROM steps s
     WHERE s.transition_id = t.id)::text AS steps,
    (SELECT coalesce(jsonb_object_agg(m.milestone, jsonb_build_array(m.expected, m.occurred)), '{}') FROM milestones m
     WHERE m.transition_id = t.id)::text AS milestones,
    (SELECT coalesce(jsonb_object_agg(f.fact, f.value), '{}') FROM fact_periods f
     WHERE f.transition_id = t.id AND f.until IS NULL)::text AS facts
FROM transitions t ORDER BY t.id
"""
_SHOWN = 8
"""Differences of one journey that are named; the rest are counted."""

_PRIVATE = frozenset({"born", "facts", "reason", "by_hand"})
"""What says something of the person: that it differs is told, what it is not."""


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
            steps = {step: (state, _instant(due)) for step, (state, due) in json.loads(row["steps"]).items()}
            milestones = {
                name: (_instant(expected), _instant(occurred))
                for name, (expected, occurred) in json.loads(row["milestones"]).items()
            }
            journey = json.loads(row["journey"]) if row["journey"] is not None else None
            standing = (row["status"], row["revision"], row["team"], journey)
            yield str(row["id"]), Recorded(*standing, steps, milestones, json.loads(row["facts"]))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def differences(told: Mapping[str, Mapping[str, Any]], records: Mapping[str, Recorded]) -> list[str]:
    """What differs, a sentence each, between the journeys that Temporal tells by transition id and the records.

    Empty when all is well. A closed journey that Temporal no longer keeps is no difference.
    """
    found = [
        f"Transition {one} runs in Temporal and is not in the records." for one in sorted(told.keys() - records.keys())
    ]
    for one in sorted(records):
        row = records[one]
        if one in told:
            found += [f"Transition {one}: {what}." for what in _against_temporal(told[one], row)]
        elif row.status != "closed":
            found.append(f"Transition {one} is {row.status} in the records and does not run in Temporal.")
        if row.journey is not None:
            found += [f"Transition {one}: {what}." for what in _against_itself(row)]
    return found


def _against_temporal(told: Mapping[str, Any], row: Recorded) -> list[str]:
    if row.journey is None:
        return ["it runs in Temporal, and the records have only its registration"]
    ours, theirs = _normal(row.journey), _normal(told)
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
