"""Which measures this service may use with their answers: who recorded it, when, and on what ground."""

from datetime import datetime

from asyncpg import UniqueViolationError

from records.database import Database, connected
from records.errors import RecordsError
from schemas.base import Stored
from schemas.instrument import Instrument

LONGEST = 300
"""Letters of a ground."""
LIMIT = 200

RECORD = """
-- A measure may be used with its answers.
INSERT INTO licences (instrument, ground, recorded_by, recorded_at) VALUES ($1, $2, $3, $4)
"""
END = """
-- A measure may be used with its answers no longer.
UPDATE licences SET ended_by = $2, ended_at = $3 WHERE instrument = $1 AND ended_at IS NULL RETURNING instrument
"""
HELD = """
-- The measures that may be used with their answers.
SELECT instrument FROM licences WHERE ended_at IS NULL
"""
ALL = """
-- What was recorded of licences, the latest first.
SELECT instrument, ground, recorded_by, recorded_at, ended_by, ended_at FROM licences
ORDER BY recorded_at DESC, id DESC LIMIT $1
"""


class Held(Stored):
    """That a measure may be, or might be, used with its answers."""

    instrument: str
    ground: str
    recorded_by: str
    recorded_at: datetime
    ended_by: str | None
    ended_at: datetime | None


async def record(db: Database, instrument: Instrument, ground: str, staff: str, now: datetime) -> None:
    """Record that the service may use a measure with its answers. RecordsError when that cannot be."""
    words = " ".join(ground.split())
    if not 3 <= len(words) <= LONGEST or not words.isprintable():
        raise RecordsError("invalid", f"Say on what ground, such as the number of the licence: 3 to {LONGEST} letters.")
    if instrument.licence.needs == "nothing":
        raise RecordsError("conflict", f"{instrument.id} may be used without a licence: nothing needs to be recorded.")
    try:
        async with connected(db) as link:
            await link.execute(RECORD, instrument.id, words, staff, now)
    except UniqueViolationError:
        raise RecordsError(
            "conflict", f"A licence for {instrument.id} is recorded already: end it first if it has changed."
        ) from None


async def end(db: Database, instrument: Instrument, staff: str, now: datetime) -> None:
    """Record that a licence has ended: from now on only totals may be entered. RecordsError when there was none."""
    async with connected(db) as link:
        if await link.fetchval(END, instrument.id, staff, now) is None:
            raise RecordsError("not-found", f"No licence for {instrument.id} is recorded.")


async def held(db: Database) -> frozenset[str]:
    """The measures for which a licence is recorded now."""
    async with connected(db) as link:
        return frozenset(row["instrument"] for row in await link.fetch(HELD))


async def everything(db: Database) -> list[Held]:
    """What was recorded of licences, the latest first."""
    async with connected(db) as link:
        return [Held.model_validate(dict(row)) for row in await link.fetch(ALL, LIMIT)]


def may_answer(instrument: Instrument, held: frozenset[str]) -> bool:
    """Whether the answers of a measure, and not only its totals, may be entered."""
    return instrument.licence.needs == "nothing" or instrument.id in held
