"""What people wrote on the charts of figures: baselines that begin anew, and changes to know of."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from asyncpg import UniqueViolationError

from planner.spc import Baseline
from records.database import Database, connected
from records.errors import RecordsError
from schemas.base import Stored

LONGEST = 300
"""Letters of what stands on a chart."""


class MarkKind(StrEnum):
    """What a mark is."""

    BASELINE = "baseline"
    """From this day on figures are held against limits of their own."""
    NOTE = "note"
    """Something changed that whoever reads the chart should know; it moves no limit."""


class Mark(Stored):
    """One mark on the chart of a report, for a team or the whole service, a pathway or all of them."""

    id: UUID
    report: str
    team: str | None
    pathway: str | None
    kind: MarkKind
    begins: date
    text: str
    made_by: str
    made_at: datetime


ADD = """
-- Somebody writes on a chart.
INSERT INTO chart_marks (report, team, pathway, kind, begins, text, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING id, report, team, pathway, kind, begins, text, made_by, made_at
"""
MARKS = """
-- What stands on the chart of a report as it is looked at: the same team or none, the same pathway or all.
SELECT id, report, team, pathway, kind, begins, text, made_by, made_at FROM chart_marks
WHERE report = $1 AND team IS NOT DISTINCT FROM $2 AND pathway IS NOT DISTINCT FROM $3 AND withdrawn_at IS NULL
ORDER BY begins, id
"""
WITHDRAW = """
-- A mark no longer stands; who took it away stays known.
UPDATE chart_marks SET withdrawn_by = $2, withdrawn_at = $3 WHERE id = $1 AND withdrawn_at IS NULL RETURNING id
"""


async def add(
    db: Database,
    report: str,
    kind: MarkKind,
    begins: date,
    text: str,
    *,
    team: str | None,
    pathway: str | None,
    by: str,
    at: datetime,
) -> Mark:
    """Write on a chart; a baseline needs its reason, which is `text`. RecordsError when one begins that day already."""
    if not text.strip():
        raise RecordsError("invalid", "Say why: whoever reads the chart later needs to know.")
    async with connected(db) as link:
        try:
            (row,) = await link.fetch(ADD, report, team, pathway, kind, begins, text.strip(), by, at)
        except UniqueViolationError:
            raise RecordsError(
                "conflict", f"A baseline begins on {begins:%-d %B %Y} already: withdraw that one first."
            ) from None
    return Mark.model_validate(dict(row))


async def marks(db: Database, report: str, team: str | None, pathway: str | None) -> list[Mark]:
    """What stands on a chart, in the order of days."""
    async with connected(db) as link:
        return [Mark.model_validate(dict(row)) for row in await link.fetch(MARKS, report, team, pathway)]


async def withdraw(db: Database, mark: UUID, by: str, at: datetime) -> None:
    """Take a mark off a chart. RecordsError when there is none of that id, or it is off already."""
    async with connected(db) as link:
        if await link.fetchval(WITHDRAW, mark, by, at) is None:
            raise RecordsError("not-found", "No such mark stands on a chart.")


def baselines(found: list[Mark]) -> list[Baseline]:
    """Those of the marks from which figures have limits of their own."""
    return [Baseline(one.begins, one.text) for one in found if one.kind is MarkKind.BASELINE]
