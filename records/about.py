"""What is known of somebody beside their name: their ethnic category as they say it, and the day on which they died."""

from datetime import date, datetime
from uuid import UUID

from planner.clock import local_day
from records.database import Database, connected, transaction
from records.errors import RecordsError
from schemas.base import Stored
from schemas.ethnicity import checked

ABOUT = """
-- What is known of the person of a transition, and who recorded it last.
SELECT p.ethnicity, p.died_on, s.at, coalesce(m.name, s.staff) AS by
FROM transitions t JOIN people p ON p.id = t.person_id
LEFT JOIN LATERAL (
    SELECT l.at, l.staff FROM people_said l WHERE l.person_id = p.id ORDER BY l.at DESC, l.id DESC LIMIT 1
) s ON true
LEFT JOIN staff m ON m.id = s.staff
WHERE t.id = $1
"""
PERSON = """
-- The person of a transition, kept from others until this transaction ends, and how their transitions stand.
SELECT p.id, p.date_of_birth,
    EXISTS (SELECT FROM transitions o WHERE o.person_id = p.id AND o.exit = 'died') AS died,
    EXISTS (SELECT FROM transitions o WHERE o.person_id = p.id AND o.status <> 'closed') AS followed
FROM transitions t JOIN people_sealed p ON p.id = t.person_id WHERE t.id = $1 FOR UPDATE OF p
"""
CHANGE = """
-- What is known now, and who recorded it.
WITH changed AS (UPDATE people_sealed SET ethnicity = $2, died_on = $3 WHERE id = $1 RETURNING id)
INSERT INTO people_said (person_id, at, staff, ethnicity, died_on) SELECT id, $4, $5, $2, $3 FROM changed
"""


class About(Stored):
    """What holds now; `by` is the name of whoever recorded it `at`, None when it came with a start or a list."""

    ethnicity: str | None = None
    died_on: date | None = None
    at: datetime | None = None
    by: str | None = None


async def read(db: Database, transition_id: str) -> About:
    """What is known of the person of a transition. RecordsError when there is none."""
    async with connected(db) as link:
        row = await link.fetchrow(ABOUT, UUID(transition_id))
    if row is None:
        raise RecordsError("not-found", "No such transition.")
    return About.model_validate(dict(row))


async def write(
    db: Database, transition_id: str, *, ethnicity: str | None, died_on: date | None, staff: str, now: datetime
) -> None:
    """Record it. RecordsError when it cannot be."""
    try:
        code = checked(ethnicity) if ethnicity else None
    except ValueError as wrong:
        raise RecordsError("invalid", f"That {wrong}.") from None
    async with transaction(db) as link:
        person = await link.fetchrow(PERSON, UUID(transition_id))
        if person is None:
            raise RecordsError("not-found", "No such transition.")
        if died_on is None and person["died"]:
            raise RecordsError("invalid", "They died: give the day, as far as it is known.")
        if died_on is not None and person["followed"]:
            raise RecordsError("conflict", "They are still followed: end that first, so that nobody is reminded.")
        if died_on is not None and not person["date_of_birth"] <= died_on <= local_day(now):
            raise RecordsError("invalid", "That day cannot be: it lies before their birth, or in the future.")
        await link.execute(CHANGE, person["id"], code, died_on, now, staff)
