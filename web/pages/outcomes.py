"""How one person fares by what they said: each measure since the first time, by domain and by view."""

from functools import partial
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request, Response

from pathways.measures import shipped
from records import goals, measures
from records import outcomes as records
from records.measures import ScoreRow
from records.outcomes import Line
from web import export
from web.answers import page
from web.pictures import outcomes as picture
from web.viewer import House_, Opened, Opens

router = APIRouter(prefix="/people/{transition_id}")
MOST_PICTURES = 12

SCORES: export.Columns[ScoreRow] = [
    ("Measure", lambda row: row.instrument),
    ("View", lambda row: row.view),
    ("Number", lambda row: row.scale),
    ("Day", lambda row: f"{row.taken_on:%Y-%m-%d}"),
    ("Added up", lambda row: row.raw),
    ("Score", lambda row: row.derived),
    ("Beside the first", lambda row: row.change),
    ("Version of the scoring", lambda row: row.version),
    ("Revision", lambda row: row.revision),
]


class Measured(NamedTuple):
    """A measure in one view: its numbers, a picture of those that are drawn, and what must be known of them."""

    instrument: str
    title: str
    whose: str
    lines: list[Line]
    pictures: list[tuple[Line, str]]
    licence: str


@router.get("/outcomes")
async def outcomes(request: Request, here: House_, who: Annotated[Opened, Depends(Opens("outcomes"))]) -> Response:
    """How the person fares, in words, in pictures and in tables."""
    found = await records.outcomes(here.db, who.view.id)
    theirs = await goals.goals(here.db, who.view.id)
    return await page(
        request, "outcomes.html", who.viewer, who=who.view, found=found, measured=_measured(found.lines),
        goals=theirs, goal_words={f"goal-{goal.number}": goal.words for goal in theirs if goal.words},
        titles={name: instrument.title for name, instrument in shipped().items()},
    )  # fmt: skip


def _measured(lines: list[Line]) -> list[Measured]:
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.instrument, line.whose), []).append(line)
    left = MOST_PICTURES
    found = []
    for (name, whose), of_group in groups.items():
        drawn = [line for line in of_group if line.drawn and len(line.dots) > 1][:left]
        left -= len(drawn)
        instrument = shipped()[name]
        pictures = [(line, picture.source(line)) for line in drawn]
        found.append(Measured(name, instrument.title, whose, of_group, pictures, instrument.licence.owner))
    return found


@router.get("/outcomes.csv")
async def outcomes_csv(here: House_, who: Annotated[Opened, Depends(Opens("outcomes"))]) -> Response:
    """Every score as a file. It is named by the beginning of the transition's id."""
    found = partial(measures.scores, here.db, who.view.id, limit=export.AT_ONCE)
    return await export.csv(f"outcomes-{who.view.id[:8]}", SCORES, lambda after: found(after=after))
