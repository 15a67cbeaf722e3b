"""A person's listings as files: what happened to them, and who looked."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from planner.policy import Action
from records import access, listings
from records.story import lines
from records.views import HistoryRow
from web import export
from web.pages.access import LOOKED
from web.pages.person import sees_who_looked
from web.viewer import House_, Needs, Opened, Opens, Viewer

router = APIRouter(prefix="/people/{transition_id}")

HAPPENED: export.Columns[HistoryRow] = [
    ("When", lambda row: row.at),
    ("Said", lambda row: row.said_at),
    ("Recorded", lambda row: row.recorded_at),
    ("Step", lambda row: row.title or row.step),
    ("What happened", lambda row: "; ".join(line.text for line in lines([row]))),
    ("Who said so", lambda row: row.staff),
    ("As", lambda row: row.role),
    ("Why", lambda row: row.reason),
    ("Revision", lambda row: row.revision),
]


@router.get("/history.csv")
async def history_csv(here: House_, who: Annotated[Opened, Depends(Opens("history"))]) -> Response:
    """Everything that happened, from the beginning. The file is named by the beginning of the transition's id."""
    found = partial(listings.history, here.db, who.view.id, limit=export.AT_ONCE)
    return await export.csv(f"history-{who.view.id[:8]}", HAPPENED, lambda after: found(after=after))


@router.get("/access.csv")
async def looked_csv(
    here: House_, transition_id: UUID, viewer: Annotated[Viewer, Depends(Needs(Action.WHO_LOOKED))]
) -> Response:
    """Who looked: for those who answer for their team, and for whoever guards privacy."""
    await sees_who_looked(here, viewer, str(transition_id))
    found = partial(access.looks, here.db, transition_id=str(transition_id), limit=export.AT_ONCE)
    return await export.csv(f"looked-{str(transition_id)[:8]}", LOOKED, lambda after: found(after=after))
