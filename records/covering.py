"""What the records know of an absence that is being covered: whom it concerns, and what became of their contacts."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from planner.clock import due_day, is_working_day, local_day
from records.database import Database, Link, connected, transaction
from records.policy import policy
from records.staff import staff
from schemas.codes import Division
from schemas.covering import Became, Concerned, Outcome
from schemas.staff import Absence

CONCERNED = """
-- Whose contacts fall into an absence, and in a long one also with whom the worker goes: safety first, then by time.
WITH own AS (
    SELECT transition_id, min(starts) AS first FROM (
        SELECT transition_id, starts FROM bookings
        WHERE staff = $1 AND status = 'booked' AND transition_id IS NOT NULL AND starts >= $2 AND starts < $3
        UNION ALL SELECT transition_id, NULL FROM assignments WHERE staff = $1 AND ends IS NULL AND $4
    ) AS theirs GROUP BY transition_id
)
SELECT t.id::text AS id FROM own JOIN transitions t ON t.id = own.transition_id WHERE t.status = 'open'
ORDER BY EXISTS (SELECT FROM steps s WHERE s.transition_id = t.id AND s.ladder = 'safety' AND s.state = 'missed') DESC,
    coalesce(t.journey #>> '{facts,suicide_risk}' = 'true', false) DESC, own.first NULLS LAST, t.id
"""
GIVEN_BACK = """
-- The contacts of an absence that no longer take place with the worker who is away, and when they take place now.
SELECT DISTINCT ON (b.step) b.step, b.starts AS was, s.state,
    (SELECT min(n.starts) FROM bookings n
     WHERE n.transition_id = b.transition_id AND n.step = b.step AND n.status = 'booked') AS starts,
    ARRAY(SELECT n.staff FROM bookings n
          WHERE n.transition_id = b.transition_id AND n.step = b.step AND n.status = 'booked' ORDER BY n.staff) AS staff
FROM bookings b JOIN steps s ON s.transition_id = b.transition_id AND s.step = b.step
WHERE b.transition_id = $2 AND b.staff = $1 AND b.status = 'released' AND b.starts >= $3 AND b.starts < $4
    AND b.released_why IN ('the worker is away then', 'the worker says goodbye, and the next one comes along')
ORDER BY b.step, b.starts DESC
"""
GOES_NOW = """
-- Who goes with somebody now.
SELECT staff FROM assignments WHERE transition_id = $1 AND NOT joining AND ends IS NULL
"""
KEEP = """
-- What became of a contact, once.
INSERT INTO absence_outcomes (absence_id, transition_id, step, was, became, staff, starts, goes_on, why)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT ON CONSTRAINT one_outcome_of_a_contact DO NOTHING
"""
OUTCOMES = """
-- What became of the contacts of an absence.
SELECT transition_id::text, step, was, became, staff, starts, goes_on, why FROM absence_outcomes
WHERE absence_id = $1 ORDER BY recorded_at, transition_id, step
"""


async def concerned(db: Database, absence: Absence, now: datetime, division: Division) -> Concerned:
    """Whom an absence concerns from now on, and whether it is long: then others go with them meanwhile."""
    member = await staff(db, absence.staff)
    settled = await policy(db, member.team or "")
    long = working_days(absence, division) >= settled.long_absence_working_days
    async with connected(db) as link:
        rows = await link.fetch(CONCERNED, absence.staff, max(absence.starts, now), absence.ends, long)
    return Concerned(long=long, transitions=[row["id"] for row in rows])


def working_days(absence: Absence, division: Division) -> int:
    """How many working days an absence touches."""
    first, last = local_day(absence.starts), due_day(absence.ends)
    days = ((first + timedelta(days=n)) for n in range((last - first).days + 1))
    return sum(is_working_day(day, division) for day in days)


async def outcomes_of(db: Database, absence: Absence, transition_id: str, *, long: bool) -> list[Outcome]:
    """What became of one person's contacts, by the records as they stand now; kept. Asked again it is the same."""
    async with transaction(db) as link:
        found = await _found(link, absence, UUID(transition_id), long=long)
        for one in found:
            await _keep(link, absence.id, one)
    return found


async def keep(db: Database, absence: Absence, outcome: Outcome) -> None:
    """Keep what became of somebody whose contacts could not be covered."""
    async with connected(db) as link:
        await _keep(link, absence.id, outcome)


async def outcomes(db: Database, absence_id: str) -> list[Outcome]:
    """What became of everything that an absence concerned."""
    async with connected(db) as link:
        return [Outcome.model_validate(dict(row)) for row in await link.fetch(OUTCOMES, UUID(absence_id))]


async def _found(link: Link, absence: Absence, transition: UUID, *, long: bool) -> list[Outcome]:
    rows = await link.fetch(GIVEN_BACK, absence.staff, transition, absence.starts, absence.ends)
    goes = await link.fetchval(GOES_NOW, transition) if long else None
    goes_on = goes if goes != absence.staff else None
    found = [_outcome(str(transition), row, goes_on) for row in rows]
    if not found and goes_on is not None:
        found = [Outcome(transition_id=str(transition), became=Became.COVERED, staff=[goes_on], goes_on=goes_on)]
    return found


def _outcome(transition: str, row: Any, goes_on: str | None) -> Outcome:
    if row["starts"] is None:
        became = Became.PUT_BACK if row["state"] in ("planned", "open", "missed") else Became.OVER
    else:
        became = Became.COVERED if row["starts"] == row["was"] else Became.MOVED
    return Outcome(
        transition_id=transition,
        step=row["step"],
        was=row["was"],
        became=became,
        staff=row["staff"],
        starts=row["starts"],
        goes_on=goes_on,
    )


async def _keep(link: Link, absence_id: str, one: Outcome) -> None:
    await link.execute(
        KEEP, UUID(absence_id), UUID(one.transition_id), one.step, one.was, one.became, one.staff, one.starts,
        one.goes_on, one.why,
    )  # fmt: skip
