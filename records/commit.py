"""One command, one commit: everything that one revision of a journey changed, in one short transaction."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from planner.clock import local_day
from planner.journey import summary
from planner.reasons import codes
from records import definitions, measures, notices, roles
from records.database import Database, Link, connected, transaction
from records.errors import Ahead, Gap, NotBegun, NotRegistered, UnknownDefinition
from records.rows import Row, as_it_stands, as_json, contact_rows, digest, event_rows, said_row, step_rows
from records.support import offer_debrief
from records.word import DECIDED, word
from records.words import Words, words_with
from schemas.command import Receipt
from schemas.commit import Commit, Committed
from schemas.event import Kind
from schemas.journey import Journey
from schemas.pathway import Pathway
from schemas.support import Cause

DIED = "died"
"""The exit after which nobody is told anything further."""

LOCK_TRANSITION = """
-- The transition as it stands, kept from others until this transaction ends, and what seals words of its person.
SELECT t.revision, t.team, t.coordinator_id, t.person_id, k.wrapped, k.destroyed_at, EXISTS (
    SELECT FROM staff s WHERE s.active AND s.role = 'peer-worker' AND (s.team = t.team OR s.team IS NULL)
) AS peers
FROM transitions t LEFT JOIN person_keys k ON k.person_id = t.person_id WHERE t.id = $1 FOR UPDATE OF t
"""
RECORDED_COMMIT = """
-- What was recorded at a revision. Asked only when the transition is locked, so as to see who held it before.
SELECT digest FROM commits WHERE transition_id = $1 AND revision = $2
"""
TEAM_OF = """
-- The team of a member of staff.
SELECT team FROM staff WHERE id = $1
"""
RECEIPT = """
-- The commit that did a command.
SELECT revision, at FROM commits WHERE transition_id = $1 AND command_id = $2
"""
RECORDED_JOURNEY = """
-- The journey as the records have it, and when the latest of it was.
SELECT readable(t.id, t.journey) AS journey, t.team, d.canonical, c.at
FROM transitions t
    JOIN definitions d ON d.digest = t.definition
    JOIN commits c ON c.transition_id = t.id AND c.revision = t.revision
WHERE t.id = $1
"""
UPDATE_TRANSITION = """
-- The transition as it stands after this revision.
UPDATE transitions SET revision = $2, team = $3, coordinator_id = $4, overlap_coordinator_id = $5,
    overlap_until = $6, handover_to = $7, status = $8, on_hold = $9, stage = $10, next_due = $11,
    overdue_count = $12, highest_rung = $13, exit = $14, closed_at = $15, definition = $16, journey = $17::text::json,
    started = $18
WHERE id = $1
"""
UPSERT_STEPS = """
-- The steps that are new or stand otherwise than recorded.
WITH given AS (
    SELECT * FROM jsonb_populate_recordset(NULL::steps, $2::text::jsonb)
), changed AS (
    SELECT $1::uuid AS transition_id, g.step, g.kind, g.title, g.owner, g.ladder, g.state, g.due, g.late, g.opened,
        g.done_on, g.ended, g.rung, g.acknowledged_until, g.reason, g.by_hand, g.team, g.holder
    FROM given g LEFT JOIN steps s ON s.transition_id = $1 AND s.step = g.step
    WHERE (g.kind, g.title, g.owner, g.ladder, g.state, g.due, g.late, g.opened, g.done_on, g.ended, g.rung,
           g.acknowledged_until, g.reason, g.by_hand, g.team, g.holder)
        IS DISTINCT FROM
          (s.kind, s.title, s.owner, s.ladder, s.state, s.due, s.late, s.opened, s.done_on, s.ended, s.rung,
           s.acknowledged_until, s.reason, s.by_hand, s.team, s.holder)
), gone AS (
    DELETE FROM steps s WHERE s.transition_id = $1 AND NOT EXISTS (SELECT FROM given g WHERE g.step = s.step)
)
INSERT INTO steps (transition_id, step, kind, title, owner, ladder, state, due, late, opened,
    done_on, ended, rung, acknowledged_until, reason, by_hand, team, holder)
SELECT * FROM changed
ON CONFLICT (transition_id, step) DO UPDATE SET kind = excluded.kind, title = excluded.title, owner = excluded.owner,
    ladder = excluded.ladder, state = excluded.state, due = excluded.due, late = excluded.late,
    opened = excluded.opened, done_on = excluded.done_on, ended = excluded.ended, rung = excluded.rung,
    acknowledged_until = excluded.acknowledged_until, reason = excluded.reason, by_hand = excluded.by_hand,
    team = excluded.team, holder = excluded.holder
"""
INSERT_COMMIT = """
-- A revision is recorded, and what happened in it, with who said so.
WITH recorded AS (
    INSERT INTO commits (transition_id, revision, digest, at, command_id) VALUES ($1, $2, $10, $11, $5)
)
INSERT INTO events (transition_id, revision, seq, event, step, at, reason, payload,
    said_at, command_id, command, role, staff)
SELECT $1, $2, e.seq, e.event, e.step, e.at, coalesce(e.reason, $9), e.payload, $4, $5, $6, $7, $8
FROM jsonb_to_recordset($3::text::jsonb)
    AS e (seq int, event text, step text, at timestamptz, reason text, payload jsonb)
"""
INSERT_CONTACTS = """
-- The contacts that were not recorded yet.
INSERT INTO contacts (transition_id, step, number, at, recorded_at, attendance, mechanism, by_role, by_staff)
SELECT $1, c.step, c.number, c.at, c.recorded_at, c.attendance, c.mechanism, $3, $4
FROM jsonb_to_recordset($2::text::jsonb)
    AS c (step text, number int, at timestamptz, recorded_at timestamptz, attendance text, mechanism text)
ON CONFLICT (transition_id, step, number) DO NOTHING
"""
INSERT_ESCALATIONS = """
-- The rungs that fired, each at most once for one due instant.
INSERT INTO escalations (transition_id, step, due, rung, at, roles, recipients, revision)
SELECT $1, e.step, e.due, e.rung, e.at, e.roles, e.recipients, $2
FROM jsonb_to_recordset($3::text::jsonb)
    AS e (step text, due timestamptz, rung int, at timestamptz, roles text[], recipients text[])
ON CONFLICT (transition_id, step, due, rung) DO NOTHING
"""
DEATH = """
-- The person of a transition died, on this day unless another was said.
UPDATE people_sealed p SET died_on = $2 FROM transitions t WHERE t.id = $1 AND p.id = t.person_id AND p.died_on IS NULL
"""
INSERT_NOTICES = """
-- Who is told what, each once under its key.
INSERT INTO notices (transition_id, revision, step, kind, due, number, recipient, roles, text, created_at, email)
SELECT $1, $2, n.step, n.kind, n.due, n.number, n.recipient, n.roles, n.text, $4, n.email
FROM jsonb_to_recordset($3::text::jsonb)
    AS n (step text, kind text, due timestamptz, number int, recipient text, roles text[], text text, email text)
ON CONFLICT ON CONSTRAINT told_once DO NOTHING
"""
NOTICES_TO_MAIL = """
-- The notices of a revision that are for e-mail.
SELECT id FROM notices WHERE transition_id = $1 AND revision = $2 AND email NOT IN ('none', 'withdrawn')
ORDER BY id
"""


class Change(NamedTuple):
    """A commit on its way into the records: the journey, what happened and why, with what somebody wrote sealed.

    The digest is of what is written, so that nobody finds out by it what was.
    """

    id: UUID
    commit: Commit
    journey: Row
    events: list[Row]
    reason: str | None
    digest: str

    @property
    def revision(self) -> int:
        return self.commit.journey.revision


async def commit(db: Database, commit: Commit, *, email: bool) -> Committed:
    """Record one revision of a journey, and who is told; `email` says whether notices are to be mailed too.

    The same commit again changes nothing and answers the same. Raises NotRegistered for a transition
    the records do not know, UnknownDefinition when the rules were never given, Ahead when something else is recorded
    there already, and Gap, which is an Ahead, for a revision that does not follow the last one.
    """
    which = _id(commit)
    async with transaction(db) as link:
        row = await link.fetchrow(LOCK_TRANSITION, which)
        if row is None:
            raise NotRegistered(commit.journey.transition_id)
        change = change_of(commit, await words_with(link, row))
        if await _recorded_already(link, change, row["revision"]):
            answer = await _answer(link, change, row["team"])
            return answer.model_copy(update={"peers": row["peers"]})
        if change.revision != row["revision"] + 1:
            await refuse_as_ahead(link, change)
        pathway = await _pathway(link, commit)
        team = await _team(link, commit.journey, row["team"], row["coordinator_id"])
        committed = await write(link, change, pathway, team, email=email, was=row["coordinator_id"])
        return committed.model_copy(update={"peers": row["peers"]})


async def write(
    link: Link, change: Change, pathway: Pathway, team: str, *, email: bool, was: str | None = None
) -> Committed:
    """Write a change of a transition that is locked, and whom it tells; `was` coordinated it before."""
    await _write_journey(link, change, pathway, team)
    return await _tell(link, change, team, was, email=email)


async def receipt(db: Database, transition_id: str, command_id: str) -> Receipt | None:
    """The answer to a command that is recorded; None when it never was."""
    async with connected(db) as link:
        return await _receipt(link, UUID(transition_id), command_id)


def change_of(commit: Commit, words: Words) -> Change:
    """A commit as the records write it; NotRegistered when its id cannot be theirs."""
    known = codes(commit.journey)
    journey = words.journey(commit.journey.model_dump(mode="json"), known)
    events = words.events(event_rows(commit.events), known)
    said = commit.said
    reason = words.reason(said.reason, known) if said else None
    return Change(_id(commit), commit, journey, events, reason, digest(journey, events, said.id if said else None))


def _id(commit: Commit) -> UUID:
    try:
        return UUID(commit.journey.transition_id)
    except ValueError:
        raise NotRegistered(commit.journey.transition_id) from None


async def _receipt(link: Link, transition_id: UUID, command_id: str) -> Receipt | None:
    row = await link.fetchrow(RECEIPT, transition_id, command_id)
    if row is None:
        return None
    return Receipt(transition_id=str(transition_id), revision=row["revision"], at=row["at"])


async def _recorded_already(link: Link, change: Change, recorded: int) -> bool:
    """This very change is in the records; Ahead when another one stands in its place."""
    if change.revision <= recorded:
        known = await link.fetchval(RECORDED_COMMIT, change.id, change.revision) == change.digest
        if known and not _begins_again(change, recorded):
            return True
        await refuse_as_ahead(link, change)
    said = change.commit.said
    if said is not None and await _receipt(link, change.id, said.id) is not None:
        await refuse_as_ahead(link, change)
    return False


def _begins_again(change: Change, recorded: int) -> bool:
    """A journey that is under way is started anew, by a workflow that knows nothing of what has happened since."""
    return change.revision == 1 < recorded


async def refuse_as_ahead(link: Link, change: Change) -> None:
    """Refuse a change that does not follow what the records hold: they have something else there, or not so much."""
    row = await link.fetchrow(RECORDED_JOURNEY, change.id)
    if row is None:
        raise NotBegun(change.commit.journey.transition_id)
    said = change.commit.said
    answer = await _receipt(link, change.id, said.id) if said else None
    journey = Journey.model_validate_json(row["journey"])
    if change.revision > journey.revision + 1:
        raise Gap(change.revision, journey, row["canonical"], row["team"], answer, row["at"])
    raise Ahead(journey, row["canonical"], row["team"], answer, row["at"])


async def _pathway(link: Link, commit: Commit) -> Pathway:
    if commit.definition is not None:
        await definitions.keep(link, commit.definition)
    text = await definitions.canonical(link, commit.journey.definition)
    if text is None:
        raise UnknownDefinition(commit.journey.transition_id, commit.journey.definition)
    return Pathway.parse_canonical(text)


async def _team(link: Link, journey: Journey, team: str, coordinator: str | None) -> str:
    """The transition's team: that of a new coordinator who has one, else the team it had."""
    if journey.coordinator in (None, coordinator):
        return team
    return await link.fetchval(TEAM_OF, journey.coordinator) or team


async def _write_journey(link: Link, change: Change, pathway: Pathway, team: str) -> None:
    commit = change.commit
    said = said_row(commit)
    await list_journey(link, commit.journey, change.journey, pathway, team)
    await link.execute(
        INSERT_COMMIT, change.id, change.revision, as_json(change.events), said["said_at"], said["command_id"],
        said["command"], said["role"], said["staff"], change.reason, change.digest, commit.at,
    )  # fmt: skip
    if contacts := contact_rows(commit.events, change.journey):
        await link.execute(INSERT_CONTACTS, change.id, as_json(contacts), said["role"], said["staff"])
    await measures.write(link, change.id, change.revision, measures.rows(commit.events), said["staff"])


async def list_journey(link: Link, journey: Journey, told: Row, pathway: Pathway, team: str) -> None:
    """Write a journey, and everything that is listed of it. `told` is the journey as data, as it is kept."""
    transition_id, glance = UUID(journey.transition_id), summary(pathway, journey)
    await link.execute(
        UPDATE_TRANSITION,
        transition_id,
        journey.revision,
        team,
        journey.coordinator,
        journey.overlap.staff if journey.overlap else None,
        journey.overlap.until if journey.overlap else None,
        journey.handover.to if journey.handover else None,
        "closed" if journey.closed else "open",
        journey.hold is not None,
        glance.stage,
        glance.next_due,
        glance.overdue,
        glance.highest_rung,
        journey.closed.exit if journey.closed else None,
        journey.closed.at if journey.closed else None,
        journey.definition,
        as_it_stands(told),
        journey.started,
    )
    rows = step_rows(journey, told, team)
    await link.execute(UPSERT_STEPS, transition_id, as_json(rows))


async def _tell(link: Link, change: Change, team: str, was: str | None, *, email: bool) -> Committed:
    commit, journey = change.commit, change.commit.journey
    tells = any(event.event in DECIDED or notices.roles_of(event, journey) for event in commit.events)
    if tells:
        directory = await roles.directory(link, commit.at)
        told = notices.told(commit, team, directory) + await word(link, commit, team, directory, was)
        if rungs := escalation_rows(told):
            await link.execute(INSERT_ESCALATIONS, change.id, change.revision, as_json(rungs))
        rows = _notice_rows(told, journey.transition_id, directory, email=email)
        await link.execute(INSERT_NOTICES, change.id, change.revision, as_json(rows), commit.at)
    if journey.closed is not None and journey.closed.exit == DIED:
        await notices.withdraw(link, change.id)
        await link.execute(DEATH, change.id, local_day(journey.closed.at))
        await _offer_debriefs(link, journey, journey.closed.at)
    return await _answer(link, change, team) if tells else Committed(team=team)


async def _offer_debriefs(link: Link, journey: Journey, at: datetime) -> None:
    """Whoever went with somebody who died is asked how they are."""
    peers = journey.peers
    for worker in filter(None, (peers.worker, peers.joining) if peers else ()):
        await offer_debrief(link, worker, Cause.DEATH, at, journey.division)


def escalation_rows(told: list[notices.Told]) -> list[Row]:
    return [
        {
            "step": one.event.step,
            "due": one.event.due,
            "rung": one.event.rung,
            "at": one.event.at,
            "roles": one.roles,
            "recipients": sorted({to.staff for to in one.recipients if to.staff}),
        }
        for one in told
        if one.event.event is Kind.ESCALATED
    ]


def _notice_rows(told: list[notices.Told], transition_id: str, directory: roles.Directory, *, email: bool) -> list[Row]:
    return [
        {
            "step": one.event.step,
            "kind": one.kind,
            "due": one.event.due,
            "number": one.number,
            "recipient": to.staff,
            "roles": sorted(to.roles + to.unheld),
            "text": notices.text(one, to, transition_id),
            "email": "waiting" if email and to.staff and directory.staff[to.staff].email else "none",
        }
        for one in told
        for to in one.recipients
    ]


async def _answer(link: Link, change: Change, team: str) -> Committed:
    rows = await link.fetch(NOTICES_TO_MAIL, change.id, change.revision)
    return Committed(notices=[str(row["id"]) for row in rows], team=team)
