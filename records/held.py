"""Everything that is held about a person, to be given to them: each table that has something of theirs is here."""

import json
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg import Record

from planner.policy import Action
from records import access, goals, listings, staff
from records.actors import may_or_refuse
from records.database import Database, Link, connected
from records.erasures import certificate_of
from records.errors import RecordsError
from records.goals import Goal
from records.known import AGREED
from records.listings import plain
from records.person_keys import person_sealer
from records.retention import by_local_id
from records.views import HistoryRow
from schemas.base import Stored

PAGE = "export-person"
"""What the access log calls the look that taking all of it out is."""
AT_ONCE = 1000

PERSON = """
-- Who somebody is.
SELECT local_id, nhs_number, given_name, family_name, known_as, date_of_birth, ethnicity, died_on, shares
FROM people WHERE id = $1
"""
TRANSITIONS = """
-- Every transition of a person, the first first.
SELECT t.id, t.pathway, t.team, t.coordinator_id AS coordinator, t.overlap_coordinator_id AS coordinator_before,
    t.overlap_until AS until, t.handover_to AS offered_to, t.division, t.started, t.taken_on, t.status, t.on_hold,
    t.stage, t.next_due, t.overdue_count AS late, t.exit, t.closed_at
FROM transitions t WHERE t.person_id = $1 ORDER BY t.started, t.id
"""


class Kind(NamedTuple):
    """One sort of what is held: what it is called, and how it is read for a person or a transition ($1)."""

    name: str
    title: str
    query: str


OF_PERSON = (
    Kind(
        "agreements",
        "How they wish to be called, and what they agreed to share",
        f"SELECT at, staff AS recorded_by, sealed_of(person_id, wrapped, '{AGREED}', known_as) AS known_as, shares "  # noqa: S608
        "FROM agreements LEFT JOIN person_keys USING (person_id) WHERE person_id = $1 ORDER BY at, id",
    ),
    Kind(
        "people_said",
        "What was recorded of their ethnic category, and of a death",
        "SELECT at, staff AS recorded_by, ethnicity, died_on FROM people_said WHERE person_id = $1 ORDER BY at, id",
    ),
    Kind(
        "erasures",
        "Whether it was asked that all of it is destroyed",
        "SELECT asked_at, why, asked_by, became, decided_by, decided_at, refused_for FROM erasures "
        "WHERE person_id = $1 ORDER BY asked_at, id",
    ),
)
OF_TRANSITION = (
    Kind(
        "milestones",
        "Dates that matter",
        "SELECT milestone, expected, occurred FROM milestones WHERE transition_id = $1 ORDER BY occurred, expected",
    ),
    Kind(
        "fact_periods",
        "What was known, and from when until when",
        "SELECT fact, readable($1, value) AS value, since, until FROM fact_periods "
        "WHERE transition_id = $1 ORDER BY since, fact",
    ),
    Kind(
        "steps",
        "Steps",
        "SELECT readable($1, title) AS title, step, owner AS role, state, due, late, done_on, ended, "
        "readable($1, reason) AS reason, readable($1, by_hand) AS by_hand FROM steps "
        "WHERE transition_id = $1 ORDER BY due NULLS LAST, step",
    ),
    Kind(
        "contacts",
        "Contacts",
        "SELECT at, step, attendance, mechanism, by_role AS role, by_staff AS staff, recorded_at FROM contacts "
        "WHERE transition_id = $1 ORDER BY at, step, number",
    ),
    Kind(
        "measures",
        "Measures that were asked",
        "SELECT taken_on, instrument, view, declined, items AS answers, change, step, recorded_by, recorded_at "
        "FROM measures WHERE transition_id = $1 ORDER BY taken_on, instrument, view",
    ),
    Kind(
        "measure_scores",
        "What they come to",
        "SELECT taken_on, instrument, view, scale, raw::float8 AS raw, derived::float8 AS score, change "
        "FROM measure_scores WHERE transition_id = $1 ORDER BY taken_on, instrument, view, scale",
    ),
    Kind(
        "experience_heard",
        "Questions about the service that were answered anonymously (the answers are nobody's)",
        "SELECT instrument FROM experience_heard WHERE transition_id = $1 ORDER BY revision",
    ),
    Kind(
        "assignments",
        "Who went with them",
        "SELECT starts, ends, staff, joining, readable($1, why) AS why, readable($1, considered) AS considered, "
        "assigned_by, readable($1, reason) AS reason FROM assignments "
        "WHERE transition_id = $1 ORDER BY starts",
    ),
    Kind(
        "peer_queue",
        "Waiting for a peer worker",
        "SELECT since, team, urgency, readable($1, ask) AS ask, readable($1, considered) AS considered "
        "FROM peer_queue WHERE transition_id = $1",
    ),
    Kind(
        "bookings",
        "Contacts that had a time",
        "SELECT starts, ends, step, staff, place, status, override_by, readable($1, override_reason) AS "
        "override_reason, readable($1, released_why) AS released_why, booked_at "
        "FROM bookings WHERE transition_id = $1 ORDER BY starts, staff",
    ),
    Kind(
        "group_places",
        "Groups",
        "SELECT g.starts, g.ends, g.title, g.place, p.step, p.released_at FROM group_places p "
        "JOIN group_sessions g ON g.id = p.group_id WHERE p.transition_id = $1 ORDER BY g.starts",
    ),
    Kind(
        "visits",
        "Visits",
        "SELECT checked_in, checked_out, staff, joined_by, place, readable($1, alone_because) AS "
        "alone_because, went_wrong FROM visits "
        "WHERE transition_id = $1 ORDER BY checked_in",
    ),
    Kind(
        "absence_outcomes",
        "What became of contacts when a worker was away",
        "SELECT recorded_at, step, was, became, staff, starts, goes_on, why FROM absence_outcomes "
        "WHERE transition_id = $1 ORDER BY recorded_at",
    ),
    Kind(
        "ready_periods",
        "When they were ready to leave a ward",
        "SELECT starts, ends, reason, attribution, recorded_by, recorded_at, ended_by, withdrawn_by, withdrawn_at, "
        "readable($1, withdrawn_why) AS withdrawn_why FROM ready_periods "
        "WHERE transition_id = $1 ORDER BY starts, id",
    ),
    Kind(
        "escalations",
        "When something was late, and who was told",
        "SELECT at, step, due, rung, roles, recipients FROM escalations "
        "WHERE transition_id = $1 ORDER BY at, step, rung",
    ),
    Kind(
        "notices",
        "Messages to staff about them",
        "SELECT created_at, recipient, text FROM notices WHERE transition_id = $1 ORDER BY created_at, id",
    ),
    Kind(
        "bulk_items",
        "What was done for them among others",
        "SELECT a.at, a.what, a.staff, i.step, i.became, i.why FROM bulk_items i "
        "JOIN bulk_actions a ON a.id = i.bulk_id WHERE i.transition_id = $1 ORDER BY a.at, i.number",
    ),
    Kind(
        "webhook_messages",
        "Other systems that were told of a change",
        "SELECT m.created_at, w.url, m.status FROM webhook_messages m JOIN webhooks w ON w.id = m.webhook_id "
        "WHERE m.transition_id = $1 ORDER BY m.number",
    ),
    Kind(
        "troubles",
        "A change that could not be recorded",
        "SELECT since, latest, why FROM troubles WHERE transition_id = $1",
    ),
    Kind(
        "broken_glass",
        "Who opened them with a reason",
        "SELECT at, ends, staff, role, code, readable($1, words) AS words FROM broken_glass "
        "WHERE transition_id = $1 ORDER BY at, id",
    ),
    Kind(
        "access_log",
        "Who looked",
        "SELECT at, staff, role, page, why FROM access_log WHERE transition_id = $1 ORDER BY at, id",
    ),
)
APART = {"events", "goals", "transitions"}
"""Tables of a person that are read by what reads them everywhere: a history in sentences, goals opened."""
OF_NOBODY = {"commits", "links", "person_keys", "people_open", "erasure_certificates", "erased_again"}
"""Tables that say of a person only that a row of theirs is there: digests, keys, and what is left of them."""
_JSON = {"value", "considered", "ask"}
"""Columns that are JSON in which something may be sealed."""
STAFF = {
    *("recorded_by", "staff", "recipient", "recipients", "asked_by", "decided_by", "assigned_by", "override_by"),
    *("joined_by", "ended_by", "withdrawn_by", "coordinator", "coordinator_before", "offered_to"),
}
"""Columns that name members of staff."""


class Part(Stored):
    """What is held of one sort."""

    name: str
    title: str
    rows: list[dict[str, Any]]


class Journey(Stored):
    """What is held of one transition."""

    about: dict[str, Any]
    history: list[HistoryRow]
    goals: list[Goal]
    parts: list[Part]


class Held(Stored):
    """Everything that is held about one person."""

    made_at: datetime
    made_by: str
    person: dict[str, Any]
    parts: list[Part]
    journeys: list[Journey]


async def held(db: Database, local_id: str, by: str, now: datetime) -> Held:
    """Everything that is held about the person with a local id, whom it is given to; kept as a look at them, first.

    RecordsError when nobody has that id, or what was held of them was destroyed.
    """
    who = await may_or_refuse(db, by, Action.EXPORT_PERSON)
    async with connected(db) as link:
        person_id = await by_local_id(link, local_id)
        await _not_erased(link, person_id)
        transitions = await link.fetch(TRANSITIONS, person_id)
        for row in transitions:
            await access.guarded(link, who.id, who.role, str(row["id"]), PAGE, now)
        async with link.transaction(isolation="repeatable_read", readonly=True):
            (who_they_are,) = await link.fetch(PERSON, person_id)
            found = Held(
                made_at=now,
                made_by=who.name,
                person=plain(who_they_are),
                parts=await _parts(link, OF_PERSON, person_id),
                journeys=[await _journey(link, row) for row in transitions],
            )
            return await _called(link, found)


async def _not_erased(link: Link, person_id: UUID) -> None:
    left = await certificate_of(link, person_id)
    if left is not None:
        raise RecordsError("not-found", " ".join(left.words()[1:]) + f" See certificate {left.id}.")
    await person_sealer(link, person_id)  # a key that was destroyed otherwise says so


async def _journey(link: Link, row: Record) -> Journey:
    history: list[HistoryRow] = []
    after: str | None = None
    while after is not None or not history:
        page = await listings.history(link, str(row["id"]), limit=AT_ONCE, after=after)
        history, after = history + page.rows, page.next
        if not page.rows:
            break
    return Journey(
        about=plain(row),
        history=history,
        goals=await goals.goals(link, str(row["id"])),
        parts=await _parts(link, OF_TRANSITION, row["id"]),
    )


async def _parts(link: Link, kinds: tuple[Kind, ...], whose: UUID) -> list[Part]:
    return [
        Part(name=kind.name, title=kind.title, rows=[_row(row) for row in await link.fetch(kind.query, whose)])
        for kind in kinds
    ]


def _row(row: Record) -> dict[str, Any]:
    """A row as data; JSON that was opened is still text."""
    told = plain(row)
    return told | {name: json.loads(told[name]) for name in _JSON & told.keys() if told[name] is not None}


async def _called(link: Link, found: Held) -> Held:
    """The same with the names of staff beside their ids."""
    parts = [*found.parts, *(part for journey in found.journeys for part in journey.parts)]
    rows = [*(row for part in parts for row in part.rows), *(journey.about for journey in found.journeys)]
    ids = {one for row in rows for name in STAFF & row.keys() for one in _ids(row[name])}
    names = await staff.names(link, ids)
    for row in rows:
        for name in STAFF & row.keys():
            called = [f"{names[one]} ({one})" if one in names else one for one in _ids(row[name])]
            row[name] = called if isinstance(row[name], list) else next(iter(called), None)
    return found


def _ids(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def as_json(found: Held) -> str:
    """All of it for a program to read."""
    return json.dumps(found.model_dump(mode="json"), indent=1, ensure_ascii=False)
