"""A past written to the records: the rows that its commits would have written one by one, many at a time."""

from collections.abc import AsyncIterator, Iterable
from itertools import islice
from typing import NamedTuple

from planner.clock import local_day
from planner.journey import summary
from planner.reasons import codes
from records import definitions
from records.commit import DIED
from records.database import Database, Link, connected, transaction
from records.errors import RecordsError
from records.people import SAID_ETHNICITY, enter
from records.person_keys import KEYS
from records.roster import ask_row
from records.rows import Row, as_it_stands, as_json, step_rows
from records.staff import upsert_staff
from records.synthetic.life import Kept, Life
from records.synthetic.playing import Past
from records.synthetic.service import LOCAL, STAFF
from records.words import Words
from schemas.journey import Journey

AT_ONCE = 200
"""Transitions written in one transaction."""

STRANGERS = """
-- Any staff who are not made up.
SELECT EXISTS (SELECT FROM staff WHERE NOT starts_with(id, $1))
"""
FIRST = """
-- Somebody who is here: made-up people are alone, or not here at all.
SELECT local_id FROM people LIMIT 1
"""
ANYBODY = """
-- Anybody at all.
SELECT EXISTS (SELECT FROM people_sealed) OR EXISTS (SELECT FROM staff)
"""
DEATHS = """
-- Who died, and on which day.
UPDATE people_sealed p SET died_on = d.day FROM jsonb_to_recordset($1::text::jsonb) AS d (id uuid, day date)
WHERE p.id = d.id AND p.died_on IS NULL
"""
TRANSITIONS = """
-- Transitions as they stand at last; their journeys follow, as they stood from one change of their facts to the next.
INSERT INTO transitions (id, person_id, pathway, started, taken_on, team, coordinator_id, handover_to, division, status,
    on_hold, stage, next_due, overdue_count, highest_rung, exit, closed_at, definition, revision, journey)
SELECT t.* FROM jsonb_to_recordset($1::text::jsonb) AS t (id uuid, person_id uuid, pathway text, started timestamptz,
    taken_on timestamptz, team text, coordinator_id text, handover_to text, division text, status text, on_hold bool,
    stage text, next_due timestamptz, overdue_count int, highest_rung int, exit text, closed_at timestamptz,
    definition text, revision int, journey json)
"""
JOURNEYS = """
-- Journeys as they stood after some revision.
UPDATE transitions t SET journey = j.journey FROM unnest($1::uuid[], $2::text[]::json[]) AS j (id, journey)
WHERE t.id = j.id
"""
COMMITS = """
-- Revisions.
INSERT INTO commits (transition_id, revision, digest, at, command_id, recorded_at)
SELECT c.*, c.at FROM jsonb_to_recordset($1::text::jsonb) AS c (transition_id uuid, revision int, digest text,
    at timestamptz, command_id text)
"""
EVENTS = """
-- What happened in them. The database keeps milestones and facts from it, as it does with every commit.
INSERT INTO events (transition_id, revision, seq, event, step, at, reason, payload, said_at, command_id, command, role,
    staff, recorded_at)
SELECT e.* FROM jsonb_to_recordset($1::text::jsonb) AS e (transition_id uuid, revision int, seq int, event text,
    step text, at timestamptz, reason text, payload jsonb, said_at timestamptz, command_id text, command text,
    role text, staff text, recorded_at timestamptz)
"""
EXPERIENCE = """
-- Anonymous answers, counted.
INSERT INTO experience (team, pathway, month, instrument, answer, answers)
SELECT e.team, e.pathway, e.month, e.instrument, e.answer, count(*)
FROM jsonb_to_recordset($1::text::jsonb) AS e (team text, pathway text, month date, instrument text, answer text)
GROUP BY e.team, e.pathway, e.month, e.instrument, e.answer
ON CONFLICT (instrument, month, team, pathway, answer)
    DO UPDATE SET answers = experience.answers + excluded.answers
"""
_OF_A_TRANSITION = {
    "steps": """step text, kind text, title text, owner text, ladder text, state text, due timestamptz, late bool,
        opened timestamptz, done_on timestamptz, ended timestamptz, rung int, acknowledged_until timestamptz,
        reason text, by_hand text, team text, holder text""",
    "contacts": """step text, number int, at timestamptz, recorded_at timestamptz, attendance text, mechanism text,
        by_role text, by_staff text""",
    "escalations": """step text, due timestamptz, rung int, at timestamptz, roles text[], recipients text[],
        revision int""",
    "ready_periods": """id uuid, starts date, ends date, reason text, attribution text, recorded_by text,
        recorded_at timestamptz, ended_by text, ended_at timestamptz, corrects uuid, withdrawn_by text,
        withdrawn_at timestamptz, withdrawn_why text""",
    "assignments": """staff text, joining bool, starts timestamptz, ends timestamptz, why text, considered jsonb,
        revision int""",
    "peer_queue": "team text, urgency int, since timestamptz, ask jsonb",
    "measures": """revision int, instrument text, view text, step text, version int, taken_on date,
        recorded_at timestamptz, recorded_by text, declined bool, items jsonb, change text""",
    "measure_scores": """revision int, instrument text, view text, scale text, version int, taken_on date,
        raw numeric, derived numeric, change text""",
    "experience_heard": "revision int, instrument text",
    "bookings": """id uuid, step text, staff text, starts timestamptz, ends timestamptz, busy tstzrange, minutes int,
        place text, status text, released_why text, booked_at timestamptz""",
}
"""Tables of which every row is one transition's: their columns, and of which type each is."""


def _inserting(table: str) -> str:
    columns = _OF_A_TRANSITION[table]
    names = ", ".join(column.split()[0] for column in columns.split(","))
    return (
        f"INSERT INTO {table} (transition_id, {names}) SELECT r.* "  # noqa: S608 - the names are ours
        f"FROM jsonb_to_recordset($1::text::jsonb) AS r (transition_id uuid, {columns})"
    )


class Filled(NamedTuple):
    """How much was written, and how many transitions are still under way."""

    people: int
    transitions: int
    open: int
    steps: int
    events: int


async def refuse_others(db: Database) -> None:
    """RecordsError unless nobody is here yet: a past is never mixed with real people, nor with another past."""
    async with connected(db) as link:
        first = await link.fetchval(FIRST)
        if (first is not None and not first.startswith(LOCAL)) or await link.fetchval(STRANGERS, STAFF):
            raise RecordsError(
                "conflict",
                "These records have people or staff who are not made up: a synthetic past is never mixed with them. "
                "Give it an empty database of its own.",
            )
        if await link.fetchval(ANYBODY):
            raise RecordsError(
                "conflict",
                "These records have a synthetic past already: give another one an empty database of its own.",
            )


async def fill(db: Database, past: Past) -> AsyncIterator[Filled]:
    """Write a past as it is lived; says how far it has come after each transaction. Refused unless nobody is here.

    Nobody is told of anything: what would have been a notice is none, because nobody was there to read it.
    """
    await refuse_others(db)
    await upsert_staff(db, past.staff)
    filled = Filled(0, 0, 0, 0, 0)
    lives = past.lived()
    while some := list(islice(lives, AT_ONCE)):
        async with transaction(db) as link:
            await _write(link, some)
        filled = Filled(
            past.people,
            filled.transitions + len(some),
            filled.open + sum(life.open for life in some),
            filled.steps + sum(len(life.journey.steps) for life in some),
            filled.events + sum(len(commit.events) for life in some for commit in life.commits),
        )
        yield filled


async def _write(link: Link, lives: list[Life]) -> None:
    for pathway in {life.pathway.digest: life.pathway for life in lives}.values():
        await definitions.keep(link, pathway.canonical)
    whom = {life.whom.id: life.whom for life in lives}
    await enter(link, {one: known.person for one, known in whom.items()})
    await link.executemany(SAID_ETHNICITY, [(one, known.ethnicity) for one, known in whom.items() if known.ethnicity])
    wrapped = {row["person_id"]: row["wrapped"] for row in await link.fetch(KEYS, list(whom))}
    words = {life.id: Words(link, life.whom.id, wrapped[life.whom.id]) for life in lives}
    rounds = {life.id: _rounds(life.commits) for life in lives}
    await link.execute(TRANSITIONS, as_json([_transition(life) for life in lives]))
    for number in range(max(map(len, rounds.values()))):
        some = [(life, rounds[life.id][number]) for life in lives if number < len(rounds[life.id])]
        await _round(link, some, words)
    for table, rows in _rows(lives, words).items():
        if rows:
            await link.execute(_inserting(table), as_json(rows))
    answers = [row | {"pathway": life.pathway.id} for life in lives for row in life.answers]
    await link.execute(EXPERIENCE, as_json(answers))
    deaths = [
        {"id": str(life.whom.id), "day": local_day(life.journey.closed.at).isoformat()}
        for life in lives
        if life.journey.closed is not None and life.journey.closed.exit == DIED
    ]
    if deaths:
        await link.execute(DEATHS, as_json(deaths))


def _rounds(commits: list[Kept]) -> list[list[Kept]]:
    """The commits up to each that the database looks at the facts of, and what comes after the last of these."""
    found: list[list[Kept]] = [[]]
    for commit in commits:
        found[-1].append(commit)
        if commit.looked_at:
            found.append([])
    return [some for some in found if some]


async def _round(link: Link, some: list[tuple[Life, list[Kept]]], words: dict[str, Words]) -> None:
    stood = [(life, commits[-1].journey or life.journey) for life, commits in some]
    journeys = [as_it_stands(_told(journey, words[life.id])) for life, journey in stood]
    await link.execute(JOURNEYS, [life.uuid for life, _ in some], journeys)
    every = [(life, commit) for life, commits in some for commit in commits]
    await link.execute(COMMITS, as_json([_commit(life, commit) for life, commit in every]))
    events = [row for life, commit in every for row in _events(life, commit, words[life.id])]
    await link.execute(EVENTS, as_json(events))


def _told(journey: Journey, words: Words) -> Row:
    return words.journey(journey.model_dump(mode="json"), codes(journey))


def _transition(life: Life) -> Row:
    journey = life.journey
    glance = summary(life.pathway, journey)
    return {
        "id": life.id, "person_id": str(life.whom.id), "pathway": life.pathway.id, "started": journey.started,
        "taken_on": journey.taken_on, "team": life.team, "coordinator_id": journey.coordinator,
        "handover_to": journey.handover.to if journey.handover else None, "division": journey.division,
        "status": "open" if life.open else "closed", "on_hold": journey.hold is not None, "stage": glance.stage,
        "next_due": glance.next_due, "overdue_count": glance.overdue, "highest_rung": glance.highest_rung,
        "exit": journey.closed.exit if journey.closed else None,
        "closed_at": journey.closed.at if journey.closed else None, "definition": journey.definition,
        "revision": journey.revision, "journey": {},
    }  # fmt: skip


def _commit(life: Life, commit: Kept) -> Row:
    return {
        "transition_id": life.id, "revision": commit.revision, "digest": commit.digest, "at": commit.at,
        "command_id": commit.said["command_id"],
    }  # fmt: skip


def _events(life: Life, commit: Kept, words: Words) -> Iterable[Row]:
    about = commit.said | {"transition_id": life.id, "revision": commit.revision, "recorded_at": commit.at}
    known = codes(life.journey)
    why = words.reason(commit.said["reason"], known)
    for row in words.events(commit.events, known):
        yield {**about, **row, "reason": row["reason"] or why}


def _rows(lives: list[Life], words: dict[str, Words]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {table: [] for table in _OF_A_TRANSITION}
    for life in lives:
        own = words[life.id]
        told = _told(life.journey, own)
        of_it: dict[str, Iterable[Row]] = {
            "steps": step_rows(life.journey, told, life.team),
            "contacts": life.contacts.values(),
            "escalations": life.escalations,
            "ready_periods": (row | {"withdrawn_why": own.reason(row.get("withdrawn_why"))} for row in life.ready),
            "measures": life.measures,
            "measure_scores": (row | one for row in life.measures for one in row["scales"]),
            "experience_heard": _heard(life),
            "assignments": [_why(row, own) for row in life.assignments],
            "peer_queue": _queued(life, own),
            "bookings": [_busy(row, own) for rows in life.bookings.values() for row in rows],
        }
        for table, rows in of_it.items():
            found[table] += [row | {"transition_id": life.id} for row in rows]
    return found


def _heard(life: Life) -> Iterable[Row]:
    """In which revisions anonymous answers were asked for: what they were is with nobody."""
    anonymous = {row["instrument"] for row in life.answers}
    return (
        {"revision": row["revision"], "instrument": row["instrument"]}
        for row in life.measures
        if row["instrument"] in anonymous
    )


def _why(row: Row, words: Words) -> Row:
    return row | {"why": words.seal(row["why"]), "considered": words.considered(row["considered"])}


def _busy(row: Row, words: Words) -> Row:
    busy = f"[{row['begins'].isoformat()},{row['done'].isoformat()})"
    return row | {"busy": busy, "released_why": words.reason(row["released_why"])}


def _queued(life: Life, words: Words) -> list[Row]:
    queue = life.queue
    if queue is None or not life.open:
        return []
    return [queue | {"team": life.team, "ask": words.ask(ask_row(queue["ask"]))}]
