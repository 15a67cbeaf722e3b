"""Support for the workers: when supervision was held, and that debriefs are owed, were offered and were taken or not.

What was said in any of them is not known here. Who asks decides what is shown: see `records.standing`.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from planner import support as rules
from planner import words
from planner.clock import end_of, local_day
from records import roles, staff
from records.database import Database, Link, connected, transaction
from records.errors import RecordsError, UnknownStaff
from records.policy import policy
from records.standing import knows
from records.support_alerts import Due, tell
from schemas.codes import Division, Role, Track
from schemas.staff import StaffMember
from schemas.support import Cause, Debrief, Look, Looked, Matter, Supervised

LOCK = """
-- One change of somebody's support at a time.
SELECT pg_advisory_xact_lock(hashtextextended('alongside.support.' || $1, 0))
"""
HELD = """
-- Supervision was held; the same day again is the same supervision.
INSERT INTO supervisions (staff, track, held_on, recorded_by) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
"""
LAST = """
-- When each of these had supervision last, and since when they are a peer worker: they became one, or came back.
SELECT who.id AS staff, tracks.name AS track, held.held_on, since.at AS since
FROM unnest($1::text[]) AS who (id) CROSS JOIN unnest(ARRAY['role', 'wellbeing']) AS tracks (name)
LEFT JOIN LATERAL (
    SELECT s.held_on FROM supervisions s WHERE s.staff = who.id AND s.track = tracks.name
    ORDER BY s.held_on DESC LIMIT 1
) held ON true
CROSS JOIN LATERAL (
    SELECT max(h.changed_at) AS at FROM staff_history h
    WHERE h.staff = who.id AND (
        h.was IS NULL OR NOT (h.was ->> 'active')::boolean OR h.was ->> 'role' IS DISTINCT FROM h.is_now ->> 'role'
    )
) since
"""
_DEBRIEF = "id::text, staff, cause, arisen_at, offer_by, offered_at, offered_by, taken"
OWE = f"""
-- Somebody who works here is owed a debrief, once for what happened.
INSERT INTO debriefs (staff, cause, arisen_at, offer_by)
SELECT id, $2, $3, $4 FROM staff WHERE id = $1 AND active ON CONFLICT DO NOTHING RETURNING {_DEBRIEF}
"""  # noqa: S608 - the columns are ours
TO_OFFER = f"""
-- The debriefs of somebody that nobody has offered.
SELECT {_DEBRIEF} FROM debriefs WHERE staff = $1 AND offered_at IS NULL ORDER BY offer_by, id
"""  # noqa: S608
UNANSWERED = f"""
-- The debriefs of these that were not offered yet, or not answered.
SELECT {_DEBRIEF} FROM debriefs WHERE staff = ANY ($1::text[]) AND taken IS NULL ORDER BY offer_by, staff, id
"""  # noqa: S608
TO_FOLLOW = """
-- Whose support there is something to remember of: every peer worker's, and theirs whom nobody has offered a debrief.
SELECT id FROM staff s WHERE active AND (
    role = 'peer-worker' OR EXISTS (SELECT FROM debriefs d WHERE d.staff = s.id AND d.offered_at IS NULL)
) ORDER BY id
"""
OFFERED = """
-- Every debrief that somebody is owed has been offered.
UPDATE debriefs SET offered_at = greatest($2, arisen_at), offered_by = $3 WHERE staff = $1 AND offered_at IS NULL
"""
ANSWERED = """
-- Whether what was offered was taken.
UPDATE debriefs SET taken = $2 WHERE staff = $1 AND offered_at IS NOT NULL AND taken IS NULL
"""


class Visible(NamedTuple):
    """What somebody sees of the support of others, and of their own."""

    supervisions: list[Supervised]
    debriefs: list[Debrief]


async def record_supervision(db: Database, staff_id: str, track: Track, held_on: date, by: str, now: datetime) -> None:
    """Supervision was held that day, says `by`; only the date is kept. The same again changes nothing.

    RecordsError or Refused when it is not a peer worker's, not held yet, or not theirs to say.
    """
    if held_on > local_day(now):
        raise RecordsError("invalid", f"{held_on:%-d %b %Y} has not come yet: record supervision when it was held.")
    async with connected(db) as link:
        worker = await staff.staff(link, staff_id)
        await _allowed(link, worker, Matter(track), by, now)
        if worker.role is not Role.PEER_WORKER or not worker.active:
            raise RecordsError("invalid", f"{staff_id} is not a peer worker here: supervision is kept of peer workers.")
        await link.execute(HELD, staff_id, track, held_on, by)


async def offer_debrief(
    link: Link, staff_id: str, cause: Cause | str, at: datetime, division: Division = Division.ENGLAND_AND_WALES
) -> None:
    """Somebody is owed a debrief for what happened at `at`: whoever can offer it is told in the same transaction.

    Done again for the same cause and moment it changes nothing. Of an id that nobody here has, nothing is recorded:
    what the caller writes must not fail for it.
    """
    cause, by = Cause(cause), rules.offer_by(at, division)
    async with link.transaction():
        row = await link.fetchrow(OWE, staff_id, cause, at, by)
        if row is None:
            return
        worker, directory = await staff.staff(link, staff_id), await roles.directory(link, at)
        due = Due(Matter.DEBRIEF, by, Debrief.model_validate(dict(row)))
        await tell(link, directory, worker, due, rules.REMINDER, at)


async def incident(db: Database, staff_id: str, at: datetime, by: str, now: datetime, division: Division) -> datetime:
    """Something happened to somebody, says anybody who works here: a debrief is owed. What happened is not asked.

    Answers by when the debrief is to be offered.
    """
    if at > now:
        raise RecordsError("invalid", f"{words.moment(at)} has not come yet: say when it happened.")
    async with transaction(db) as link:
        await _works_here(link, by)
        await _works_here(link, staff_id)
        await offer_debrief(link, staff_id, Cause.INCIDENT, at, division)
    return rules.offer_by(at, division)


async def debrief_offered(db: Database, staff_id: str, by: str, now: datetime) -> None:
    """Somebody has been offered every debrief that they are owed. RecordsError when none is, or not theirs to say."""
    await _change(db, staff_id, by, now, OFFERED, (now, by), "is owed no debrief that was not offered")


async def debrief_answered(db: Database, staff_id: str, taken: bool, by: str, now: datetime) -> None:
    """Whether somebody took what they were offered. RecordsError when nothing was, or when it is not theirs to say."""
    await _change(db, staff_id, by, now, ANSWERED, (taken,), "has no offer of a debrief that is not answered")


async def _change(
    db: Database, staff_id: str, by: str, now: datetime, query: str, said: tuple[object, ...], nothing: str
) -> None:
    async with transaction(db) as link:
        worker = await staff.staff(link, staff_id)
        await _allowed(link, worker, Matter.DEBRIEF, by, now)
        await link.execute(LOCK, staff_id)
        if await link.execute(query, staff_id, *said) == "UPDATE 0":
            raise RecordsError("conflict", f"{staff_id} {nothing}.")


async def visible_to(db: Database, asker: str, now: datetime, *, team: str | None = None) -> Visible:
    """The next dates and the debriefs not yet offered or answered, of a team or of all, the first due first.

    Only what `asker` may know of: a line manager sees no wellbeing supervision and no debrief, unless they
    are the worker, their wellbeing supervisor or the peer lead as well.
    """
    async with connected(db) as link:
        await _works_here(link, asker)
        directory = await roles.directory(link, now)
        here = {one.id: one for one in await staff.everybody(link, team=team)}
        peers = [one for one in here.values() if one.role is Role.PEER_WORKER]
        supervisions = await _supervised(link, peers, now)
        debriefs = [Debrief.model_validate(dict(row)) for row in await link.fetch(UNANSWERED, list(here))]
    return Visible(
        sorted(
            (one for one in supervisions if knows(directory, here[one.staff], asker, Matter(one.track))),
            key=lambda one: (one.due, one.staff, one.track),
        ),
        [one for one in debriefs if knows(directory, here[one.staff], asker, Matter.DEBRIEF)],
    )


async def to_follow(db: Database) -> list[str]:
    """Everybody whose support there is something to remember of."""
    async with connected(db) as link:
        return [row["id"] for row in await link.fetch(TO_FOLLOW)]


async def look(db: Database, asked: Look) -> Looked:
    """Tell whatever is due by now and was not told, and say when to look again; done again it tells nothing more."""
    async with transaction(db) as link:
        await link.execute(LOCK, asked.staff)
        try:
            worker = await staff.staff(link, asked.staff)
        except UnknownStaff:
            return Looked(following=None)
        if not worker.active:
            return Looked(following=None)
        due = await _due(link, worker, asked.at)
        directory = await roles.directory(link, asked.at)
        for one in due:
            number = rules.number_at(one.by, asked.at, asked.division)
            if number is not None and (number > rules.REMINDER or one.debrief is None):
                await tell(link, directory, worker, one, number, asked.at)
    if not due and worker.role is not Role.PEER_WORKER:
        return Looked(following=None)
    moments = [rules.following(one.by, asked.at, asked.division) for one in due]
    return Looked(following=min([*moments, rules.look_at(asked.at, asked.division)]))


async def _due(link: Link, worker: StaffMember, now: datetime) -> list[Due]:
    """All that somebody is owed next: supervision of each track, and debriefs that nobody has offered."""
    peers = [worker] if worker.role is Role.PEER_WORKER else []
    supervisions = [Due(Matter(one.track), end_of(one.due)) for one in await _supervised(link, peers, now)]
    owed = [Debrief.model_validate(dict(row)) for row in await link.fetch(TO_OFFER, worker.id)]
    return supervisions + [Due(Matter.DEBRIEF, one.offer_by, one) for one in owed]


async def _supervised(link: Link, peers: Collection[StaffMember], now: datetime) -> list[Supervised]:
    teams = {one.id: one.team or "" for one in peers}
    policies = {team: await policy(link, team) for team in sorted(set(teams.values()))}
    found = []
    for row in await link.fetch(LAST, list(teams)):
        track, since = Track(row["track"]), local_day(row["since"] or now)
        due = rules.next_due(policies[teams[row["staff"]]], track, row["held_on"], since)
        found.append(Supervised(staff=row["staff"], track=track, last=row["held_on"], due=due))
    return found


async def _works_here(link: Link, staff_id: str) -> None:
    if not (await staff.staff(link, staff_id)).active:
        raise RecordsError("not-allowed", f"{staff_id} does not work here any more.")


async def _allowed(link: Link, worker: StaffMember, matter: Matter, by: str, now: datetime) -> None:
    """RecordsError (not-allowed) unless `by` may know of the matter."""
    await _works_here(link, by)
    if not knows(await roles.directory(link, now), worker, by, matter):
        whose = "their supervisor" if matter is Matter.ROLE else "their wellbeing supervisor"
        raise RecordsError("not-allowed", f"This is for {worker.id}, {whose} or the peer lead to say, not for {by}.")
