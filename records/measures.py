"""The measures of a transition: written with the commit of their step, and read by number and day."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from planner.clock import local_day
from records.database import Database, Link, connected
from records.listings import page_of, place_after
from records.rows import Row, as_json
from records.views import Page
from schemas.base import Stored
from schemas.codes import View
from schemas.event import Event
from schemas.measure import Change, results

LIMIT = 200
"""Rows on one page."""

INSERT_MEASURES = """
-- The measures that a revision tells of, and their numbers.
WITH given AS (
    SELECT * FROM jsonb_to_recordset($3::text::jsonb) AS m (step text, instrument text, view text, version int,
        taken_on date, recorded_at timestamptz, declined boolean, items jsonb, change text, scales jsonb)
), kept AS (
    INSERT INTO measures (transition_id, revision, instrument, view, step, version, taken_on, recorded_at, recorded_by,
        declined, items, change)
    SELECT $1, $2, instrument, view, step, version, taken_on, recorded_at, $4, declined, items, change FROM given
)
INSERT INTO measure_scores (transition_id, revision, instrument, view, scale, version, taken_on, raw, derived, change)
SELECT $1, $2, g.instrument, g.view, s.scale, g.version, g.taken_on, s.raw, s.derived, s.change
FROM given g CROSS JOIN jsonb_to_recordset(g.scales) AS s (scale text, raw numeric, derived numeric, change text)
"""
FIRST = """
-- The first scores of a transition up to a day: of each measure and version, in each view, of each number.
SELECT DISTINCT ON (instrument, view, scale, version) instrument, view, scale, version, derived::float8 AS derived
FROM measure_scores WHERE transition_id = $1 AND taken_on <= $2
ORDER BY instrument, view, scale, version, taken_on, revision
"""
SCORES = """
-- The scores of a transition, measure by measure, each view and number by itself, the first day first.
SELECT instrument, view, scale, version, taken_on, revision, raw::float8 AS raw, derived::float8 AS derived, change
FROM measure_scores WHERE transition_id = $1
    AND (instrument, view, scale, taken_on, revision) > ($2, $3, $4, $5, $6)
ORDER BY instrument, view, scale, taken_on, revision LIMIT $7
"""
ASKED = """
-- The measures of a transition that were asked, the latest first: what was said, and what was declined.
SELECT m.instrument, m.view, m.step, m.taken_on, m.revision, m.declined, m.change, m.recorded_at,
    coalesce(s.name, m.recorded_by) AS recorded_by
FROM measures m LEFT JOIN staff s ON s.id = m.recorded_by
WHERE m.transition_id = $1 ORDER BY m.taken_on DESC, m.revision DESC, m.instrument, m.view LIMIT $2
"""
BEGIN = ("", "", "", date.min, 0)
_PLACE = (str, str, str, date.fromisoformat, int)


class ScoreRow(Stored):
    """One number of a measure on a day."""

    instrument: str
    view: View
    scale: str
    version: int
    taken_on: date
    revision: int
    raw: float | None
    derived: float
    change: Change | None


class Asked(Stored):
    """That a measure was asked on a day, and whether the person would rather not."""

    instrument: str
    view: View
    step: str
    taken_on: date
    revision: int
    declined: bool
    change: Change | None
    recorded_at: datetime
    recorded_by: str | None


def rows(events: Sequence[Event]) -> list[Row]:
    """The measures that events tell of; bare numbers, which nobody scored, stay in the event alone."""
    found: dict[tuple[str, View], Row] = {}
    for event in events:
        for instrument, one in results(event.scores):
            declined = one.declined or None
            found[instrument, one.view] = {
                "step": event.step or "",
                "instrument": instrument,
                "view": one.view,
                "version": one.version,
                "taken_on": local_day(event.contact_at or event.at).isoformat(),
                "recorded_at": event.at.isoformat(),
                "declined": one.declined,
                "items": None if declined else one.items,
                "change": None if declined else one.change,
                "scales": [] if declined else [
                    {"scale": scale, **score.model_dump(mode="json")} for scale, score in one.scales.items()
                ],
            }  # fmt: skip
    return list(found.values())


async def write(link: Link, transition_id: UUID, revision: int, told: list[Row], staff: str | None) -> None:
    """Write the measures of a revision, in the transaction of its commit."""
    if told:
        await link.execute(INSERT_MEASURES, transition_id, revision, as_json(told), staff)


async def first(db: Database, transition_id: str, on: date) -> dict[tuple[str, View, int], dict[str, float]]:
    """The first scores up to a day, by measure, view and version of the scoring, each by number."""
    async with connected(db) as link:
        found = await link.fetch(FIRST, UUID(transition_id), on)
    firsts: dict[tuple[str, View, int], dict[str, float]] = {}
    for row in found:
        firsts.setdefault((row["instrument"], View(row["view"]), row["version"]), {})[row["scale"]] = row["derived"]
    return firsts


async def scores(db: Database, transition_id: str, *, limit: int = LIMIT, after: str | None = None) -> Page[ScoreRow]:
    """Every score of a transition, measure by measure and day by day."""
    place = place_after(after, _PLACE, BEGIN)
    async with connected(db) as link:
        found = await link.fetch(SCORES, UUID(transition_id), *place, limit + 1)
    return page_of(ScoreRow, found, limit, _place)


def _place(row: Record) -> tuple[object, ...]:
    return row["instrument"], row["view"], row["scale"], row["taken_on"].isoformat(), row["revision"]


async def asked(db: Database, transition_id: str, limit: int = LIMIT) -> list[Asked]:
    """Which measures were asked, the latest first."""
    async with connected(db) as link:
        return [Asked.model_validate(dict(row)) for row in await link.fetch(ASKED, UUID(transition_id), limit)]
