"""What the records know of an absence that is being covered: whom it concerns, and what became of their contacts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from planner import covered
from planner.clock import due_day, is_working_day, local_day
from records.database import Database, Link, connected, transaction
from records.policy import policy
from records.staff import staff
from schemas.codes import Division
from schemas.covering import Became, Concerned, Outcome
from schemas.event import Event
from schemas.staff import Absence

LOCK = """
-- Whoever was booking the worker before the absence was known is done; whoever comes later knows of it.
SELECT 1 FROM staff WHERE id = $1 FOR NO KEY UPDATE
"""
CONCERNED = """
-- The contacts that an absence concerns, and in a long one whom the worker goes with: safety first, then by time.
WITH goes_with AS (SELECT DISTINCT transition_id FROM assignments WHERE staff = $1 AND ends IS NULL AND $5),
own AS (
    SELECT transition_id, step, starts FROM bookings
    WHERE staff = $1 AND status = 'booked' AND transition_id IS NOT NULL
        AND starts >= $2::timestamptz - interval '8 hours' AND starts > $4 AND ends > $2
        AND (starts < $3 OR transition_id IN (SELECT transition_id FROM goes_with))
    UNION ALL SELECT transition_id, NULL, NULL FROM goes_with
)
SELECT t.id::text AS transition_id, own.step, own.starts AS was
FROM own JOIN transitions t ON t.id = own.transition_id WHERE t.status = 'open'
ORDER BY EXISTS (SELECT FROM steps s WHERE s.transition_id = t.id AND s.ladder = 'safety' AND s.state = 'missed') DESC,
    coalesce(t.journey #>> '{facts,suicide_risk}' = 'true', false) DESC,
    min(own.starts) OVER (PARTITION BY t.id) NULLS LAST, t.id, own.starts NULLS LAST, own.step
"""
GROUPS = """
-- The groups that the worker would hold in an absence, and who else holds them.
SELECT b.group_id::text AS "group", b.starts AS was,
    ARRAY(SELECT o.staff FROM bookings o
          WHERE o.group_id = b.group_id AND o.staff <> $1 AND o.status = 'booked' ORDER BY o.staff) AS staff
FROM bookings b
WHERE b.staff = $1 AND b.status = 'booked' AND b.group_id IS NOT NULL
    AND b.starts >= $2::timestamptz - interval '8 hours' AND b.starts > $4 AND b.ends > $2 AND b.starts < $3
ORDER BY b.starts, b.group_id
"""
HAPPENED = """
-- What happened to somebody when a command was done.
SELECT readable(e.transition_id, e.payload) AS payload FROM commits c
JOIN events e ON e.transition_id = c.transition_id AND e.revision = c.revision
WHERE c.transition_id = $1 AND c.command_id = $2 ORDER BY e.seq
"""
KEEP = """
-- What became of a contact, once.
INSERT INTO absence_outcomes (absence_id, transition_id, group_id, step, was, became, staff, starts, goes_on, why)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT ON CONSTRAINT one_outcome_of_a_contact DO NOTHING
"""
OUTCOMES = """
-- What became of the contacts of an absence.
SELECT transition_id::text, group_id::text AS "group", step, was, became, staff, starts, goes_on, why
FROM absence_outcomes WHERE absence_id = $1 ORDER BY recorded_at, transition_id, step
"""
UNDER_WAY = """
-- Absences that stand and are not over: `booked` where a contact in one waits for its outcome, `goes_with` where
-- somebody whom the worker goes with does.
WITH standing AS (
    SELECT a.id, a.staff, a.starts, a.ends, a.recorded_by,
        EXISTS (
            SELECT FROM bookings b WHERE b.staff = a.staff AND b.status = 'booked'
                AND b.starts >= a.starts - interval '8 hours' AND b.starts > $1
                AND b.ends > a.starts AND b.starts < a.ends
                AND (b.group_id IS NOT NULL
                    OR EXISTS (SELECT FROM transitions t WHERE t.id = b.transition_id AND t.status = 'open'))
                AND NOT EXISTS (
                    SELECT FROM absence_outcomes o WHERE o.absence_id = a.id
                        AND (o.transition_id, o.group_id, o.step)
                            IS NOT DISTINCT FROM (b.transition_id, b.group_id, b.step)
                )
        ) AS booked,
        EXISTS (
            SELECT FROM assignments g JOIN transitions t ON t.id = g.transition_id AND t.status = 'open'
            WHERE g.staff = a.staff AND g.ends IS NULL AND NOT EXISTS (
                SELECT FROM absence_outcomes o WHERE o.absence_id = a.id AND o.transition_id = g.transition_id
            )
        ) AS goes_with
    FROM absences a WHERE a.withdrawn_at IS NULL AND a.ends > $1
)
SELECT * FROM standing WHERE booked OR goes_with ORDER BY starts, id
"""
LOCAL_IDS = """
-- What people on these transitions are called here.
SELECT t.id::text AS id, p.local_id FROM transitions t JOIN people p ON p.id = t.person_id WHERE t.id = ANY ($1::uuid[])
"""
NOBODY_HOLDS = "nobody else holds this group: find somebody who does, or cancel it"


def command_id(absence: Absence) -> str:
    """The id of the command that covers an absence in a journey: sent twice, it is done once."""
    return f"cover-{absence.id}"


async def concerned(db: Database, absence: Absence, now: datetime, division: Division) -> Concerned:
    """Whose contacts an absence concerns from now on, and whether it is long: then others go with them meanwhile."""
    long = await _long(db, absence, division)
    spell = (absence.staff, absence.starts, absence.ends, now)
    async with transaction(db) as link:
        await link.execute(LOCK, absence.staff)
        rows = await link.fetch(CONCERNED, *spell, long)
        groups = [_group(Outcome(became=Became.GROUP, **dict(row))) for row in await link.fetch(GROUPS, *spell)]
        await _keep(link, absence, groups)
    contacts = [Outcome(became=Became.WAITING, **dict(row)) for row in rows]
    timed = {one.transition_id for one in contacts if one.step}
    mine = [one for one in contacts if one.step or one.transition_id not in timed]
    return Concerned(long=long, contacts=mine, done=groups)


async def under_way(db: Database, now: datetime, division: Division) -> list[Absence]:
    """The absences that are not covered yet, as far as the records say: the one that begins first first."""
    async with connected(db) as link:
        rows = await link.fetch(UNDER_WAY, now)
    found = []
    for row in rows:
        said = {name: row[name] for name in ("staff", "starts", "ends", "recorded_by")}
        absence = Absence.model_validate(said | {"id": str(row["id"])})
        if row["booked"] or await _long(db, absence, division):
            found.append(absence)
    return found


async def _long(db: Database, absence: Absence, division: Division) -> bool:
    """Whether others go with the worker's people meanwhile."""
    member = await staff(db, absence.staff)
    settled = await policy(db, member.team or "")
    return working_days(absence, division) >= settled.long_absence_working_days


def _group(met: Outcome) -> Outcome:
    return met if met.staff else met.model_copy(update={"became": Became.PUT_BACK, "why": NOBODY_HOLDS})


def working_days(absence: Absence, division: Division) -> int:
    """How many working days an absence touches."""
    first, last = local_day(absence.starts), due_day(absence.ends)
    days = ((first + timedelta(days=n)) for n in range((last - first).days + 1))
    return sum(is_working_day(day, division) for day in days)


async def outcomes_of(db: Database, absence: Absence, contacts: Sequence[Outcome], *, long: bool) -> list[Outcome]:
    """What became of one person's contacts when the absence was covered; kept. Asked again it is the same."""
    async with transaction(db) as link:
        rows = await link.fetch(HAPPENED, UUID(contacts[0].transition_id), command_id(absence))
        events = [Event.model_validate_json(row["payload"]) for row in rows]
        found = covered.outcomes(contacts, events, absence.staff, long=long)
        await _keep(link, absence, found)
    return found


async def keep(db: Database, absence: Absence, outcomes: Sequence[Outcome]) -> None:
    """Keep what became of contacts that could not be covered."""
    async with transaction(db) as link:
        await _keep(link, absence, outcomes)


async def outcomes(db: Database, absence_id: str) -> list[Outcome]:
    """What became of everything that an absence concerned, in the order in which it was done."""
    async with connected(db) as link:
        return [Outcome.model_validate(dict(row)) for row in await link.fetch(OUTCOMES, UUID(absence_id))]


async def local_ids(db: Database, outcomes: Sequence[Outcome]) -> dict[str, str]:
    """What the people of these outcomes are called here, by transition."""
    ids = {UUID(one.transition_id) for one in outcomes if one.transition_id}
    async with connected(db) as link:
        return {row["id"]: row["local_id"] for row in await link.fetch(LOCAL_IDS, list(ids))}


async def _keep(link: Link, absence: Absence, outcomes: Sequence[Outcome]) -> None:
    for one in outcomes:
        await link.execute(
            KEEP, UUID(absence.id), one.transition_id and UUID(one.transition_id), one.group and UUID(one.group),
            one.step, one.was, one.became, one.staff, one.starts, one.goes_on, one.why,
        )  # fmt: skip
