"""How a person wishes to be called, and what of their journey they agreed to share with their peer worker."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from records.database import Database, connected, transaction
from records.errors import RecordsError
from records.people import names_of, write_names
from records.person_keys import person_sealer
from schemas.base import Stored

AGREED = "agreed known_as"
"""As what it is sealed how somebody was called when they agreed to something."""
LONGEST = 80
"""Letters of what somebody is called."""

KNOWN = """
-- How the person of a transition wishes to be called, what they share, and who recorded it last.
SELECT p.known_as, p.shares, a.at, coalesce(s.name, a.staff) AS by
FROM transitions t JOIN people p ON p.id = t.person_id
LEFT JOIN LATERAL (
    SELECT g.at, g.staff FROM agreements g WHERE g.person_id = p.id ORDER BY g.at DESC, g.id DESC LIMIT 1
) a ON true
LEFT JOIN staff s ON s.id = a.staff
WHERE t.id = $1
"""
PERSON = """
-- The person of a transition, kept from others until this transaction ends.
SELECT p.id FROM transitions t JOIN people_sealed p ON p.id = t.person_id WHERE t.id = $1 FOR UPDATE OF p
"""
CHANGE = """
-- A person said how they wish to be called, and what they share.
WITH changed AS (UPDATE people_sealed SET shares = $3 WHERE id = $1)
INSERT INTO agreements (person_id, at, staff, known_as, shares) VALUES ($1, $4, $5, $2, $3)
"""


class Share(StrEnum):
    """What somebody may agree to share with their peer worker."""

    STAGE = "stage"
    DATES = "dates"
    FACTS = "facts"
    STEPS = "steps"
    GOALS = "goals"


SHARE_WORDS = {
    Share.STAGE: "Where they are on the way",
    Share.DATES: "The dates that matter, such as when they leave the ward",
    Share.FACTS: "What is known about them here, risk included",
    Share.STEPS: "What others do for them, and by when",
    Share.GOALS: "What they want to reach, in their own words",
}


class Known(Stored):
    """What holds now; `by` is the name of whoever recorded it `at`, both None when nobody has asked yet."""

    known_as: str | None = None
    shares: list[Share] = []
    at: datetime | None = None
    by: str | None = None


async def read(db: Database, transition_id: str) -> Known:
    """How the person of a transition wishes to be called and what they share. RecordsError when there is none."""
    async with connected(db) as link:
        row = await link.fetchrow(KNOWN, UUID(transition_id))
    if row is None:
        raise RecordsError("not-found", "No such transition.")
    return Known.model_validate(dict(row))


async def write(
    db: Database, transition_id: str, *, known_as: str | None, shares: Collection[Share], staff: str, now: datetime
) -> None:
    """Record what the person said; empty is "by their given name". RecordsError when it cannot be."""
    called = (known_as or "").strip() or None
    if called is not None and (len(called) > LONGEST or not called.isprintable()):
        raise RecordsError("invalid", f"Write how they wish to be called in one line of at most {LONGEST} letters.")
    async with transaction(db) as link:
        person_id = await link.fetchval(PERSON, UUID(transition_id))
        if person_id is None:
            raise RecordsError("not-found", "No such transition.")
        names = await names_of(link, person_id)
        if called != names.known_as:
            await write_names(link, person_id, names._replace(known_as=called))
        sealed = (await person_sealer(link, person_id)).seal(called, AGREED) if called else None
        await link.execute(CHANGE, person_id, sealed, sorted(set(shares)), now, staff)
