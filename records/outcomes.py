"""How one person fares by what they said: every score beside the first, in words, and rolled up by domain and view.

The use of services is told beside the others alone: it may follow from recovery, and never says by itself that
somebody recovers.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from pathways.measures import shipped
from planner import change as changes
from planner.change import DOMAINS, Point, label, sentence, together
from records import measures
from records.database import Database, connected
from records.measures import Asked, ScoreRow
from schemas.base import Stored
from schemas.codes import VIEW_WORDS, Role, View
from schemas.instrument import Instrument
from schemas.measure import Change

AT_ONCE = 1000
LARGEST = 20_000
"""Scores that are looked at, at most: more than decades of care have."""
USED = """
-- The contacts of a transition by who had them: attended, face to face, and missed.
SELECT coalesce(by_role, '') AS role, count(*) FILTER (WHERE attendance IN ('5', '6'))::int AS attended,
    count(*) FILTER (WHERE attendance IN ('5', '6') AND mechanism = '01')::int AS face_to_face,
    count(*) FILTER (WHERE attendance IN ('3', '7'))::int AS missed
FROM contacts WHERE transition_id = $1 GROUP BY 1 ORDER BY 2 DESC, 1
"""
ADMITTED = """
-- When the person of a transition went back to hospital, where that was recorded.
SELECT (journey -> 'occurred' ->> 'readmitted')::timestamptz AS readmitted FROM transitions WHERE id = $1
"""


class Dot(Stored):
    """A score on a day, and what was added up for it."""

    on: date
    score: float
    raw: float | None


class Line(Stored):
    """One number of a measure over time, in one view: what it says since the first time, and what sources say of it."""

    instrument: str
    domain: int
    view: View
    whose: str
    scale: str
    label: str
    dots: list[Dot]
    change: Change | None
    sentence: str
    lines: str = ""
    threshold: float | None = None
    drawn: bool = True
    notes: list[str] = []


class Domain(Stored):
    """What the measures of a domain say together, in one view."""

    domain: int
    title: str
    view: View
    whose: str
    change: Change | None
    words: str


class Outcomes(Stored):
    """How one person fares. `use` is told where another domain is, and None otherwise."""

    domains: list[Domain] = []
    lines: list[Line] = []
    asked: list[Asked] = []
    use: list[str] | None = None


class _Of(NamedTuple):
    instrument: str
    view: View
    scale: str
    version: int


async def outcomes(db: Database, transition_id: str) -> Outcomes:
    """How the person of a transition fares."""
    found: dict[_Of, list[ScoreRow]] = {}
    for row in await _every_score(db, transition_id):
        found.setdefault(_Of(row.instrument, row.view, row.scale, row.version), []).append(row)
    lines = [line for of, rows in found.items() if (line := _line(of, rows)) is not None]
    lines.sort(key=lambda line: (line.domain, line.instrument, line.view))
    return Outcomes(
        domains=list(_domains(lines)),
        lines=lines,
        asked=await measures.asked(db, transition_id),
        use=await _use(db, transition_id) if lines else None,
    )


async def _every_score(db: Database, transition_id: str) -> list[ScoreRow]:
    rows: list[ScoreRow] = []
    after: str | None = None
    while len(rows) < LARGEST:
        page = await measures.scores(db, transition_id, limit=AT_ONCE, after=after)
        rows += page.rows
        after = page.next
        if after is None:
            break
    return rows


def _line(of: _Of, rows: list[ScoreRow]) -> Line | None:
    instrument = shipped().get(of.instrument)
    if instrument is None or not _belongs(instrument, of.scale):
        return None
    scale = instrument.scale_of(of.scale)
    first, latest = rows[0], rows[-1]
    change = changes.judged(scale, of.view, first.derived, latest.derived) if len(rows) > 1 else Change.BASELINE
    earlier = "" if of.version == instrument.version else f" (scored by version {of.version})"
    return Line(
        instrument=of.instrument,
        domain=instrument.domain,
        view=of.view,
        whose=VIEW_WORDS[of.view],
        scale=of.scale,
        label=f"{label(instrument, of.scale)}{earlier}",
        dots=[Dot(on=row.taken_on, score=row.derived, raw=row.raw) for row in rows],
        change=change,
        sentence=sentence(instrument, of.scale, of.view, _point(first), _point(latest) if len(rows) > 1 else None),
        lines=changes.lines(scale, latest.derived),
        threshold=scale.change.of(of.view) if scale.change else None,
        drawn=scale.drawn,
        notes=instrument.notes,
    )


def _belongs(instrument: Instrument, scale: str) -> bool:
    return scale in instrument.scale or any(one.rule == "each" for one in instrument.scales)


def _point(row: ScoreRow) -> Point:
    return Point(row.taken_on, row.derived)


def _domains(lines: Iterable[Line]) -> Iterable[Domain]:
    found: dict[tuple[int, View], list[Line]] = {}
    for line in lines:
        found.setdefault((line.domain, line.view), []).append(line)
    for (domain, view), of_domain in sorted(found.items()):
        change = together(line.change for line in of_domain)
        yield Domain(
            domain=domain, title=DOMAINS[domain], view=view, whose=VIEW_WORDS[view], change=change,
            words=_rolled_up(change),
        )  # fmt: skip


def _rolled_up(change: Change | None) -> str:
    match change:
        case Change.DETERIORATED:
            return "something has got harder by more than chance"
        case Change.IMPROVED:
            return "something is better by more than chance, and nothing is harder"
        case Change.NO_CHANGE:
            return "no change that is more than chance"
        case Change.BASELINE:
            return "asked for the first time, so there is nothing to compare yet"
    return "no source says how much change is more than chance"


async def _use(db: Database, transition_id: str) -> list[str]:
    async with connected(db) as link:
        used = await link.fetch(USED, UUID(transition_id))
        readmitted: datetime | None = await link.fetchval(ADMITTED, UUID(transition_id))
    told = [
        f"{_count(row['attended'], 'contact')} attended with the {_role(row['role'])}, {row['face_to_face']} of them "
        f"face to face; {row['missed']} missed"
        for row in used
    ]
    admissions = f"Back to hospital on {readmitted:%-d %B %Y}" if readmitted else "No return to hospital is recorded"
    return [*(told or ["No contact is recorded yet"]), admissions]


def _role(role: str) -> str:
    return Role(role).words if role in {one.value for one in Role} else "service"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
