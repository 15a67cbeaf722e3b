"""What somebody was told, and what waits for them: for whoever has no caseload of their own, the place to begin."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response

from planner import words
from planner.policy import CARING, Action
from records import known, listings
from records.views import NoticeRow, Task
from web import export
from web.answers import page
from web.house import House
from web.viewer import House_, Needs, Viewer

router = APIRouter()
Own = Annotated[Viewer, Depends(Needs(Action.OWN_WORK))]
After = Annotated[str | None, Query(max_length=500)]
ROWS = 50
TOLD: export.Columns[NoticeRow] = [
    ("Told", lambda row: row.created_at),
    ("Local id", lambda row: row.local_id),
    ("Step", lambda row: row.title),
    ("What", lambda row: row.text),
    ("E-mail", lambda row: row.email),
]


@router.get("/inbox")
async def inbox(request: Request, here: House_, viewer: Own, after: After = None) -> Response:
    """What somebody was told, the latest first."""
    found = await listings.inbox(here.db, viewer.staff, limit=ROWS, after=after)
    return await page(request, "inbox.html", viewer, found=found, after=after)


@router.get("/inbox.csv")
async def inbox_file(here: House_, viewer: Own) -> Response:
    """The same as a file."""
    return await export.csv(
        "inbox", TOLD, lambda after: listings.inbox(here.db, viewer.staff, limit=export.AT_ONCE, after=after)
    )


@router.get("/tasks")
async def tasks(request: Request, here: House_, viewer: Own, after: After = None) -> Response:
    """What waits for somebody, by name or by their role: the longest due first."""
    now = here.clock()
    found = await listings.tasks_for(here.db, viewer.staff, now, limit=ROWS, after=after)
    rows = [await _row(here, viewer, task, now) for task in found.rows]
    return await page(request, "tasks.html", viewer, rows=rows, next=found.next, after=after)


TO_DO: export.Columns[Task] = [
    ("Local id", lambda row: row.local_id),
    ("Transition", lambda row: row.transition_id),
    ("What", lambda row: row.title),
    ("For the", lambda row: row.owner.words),
    ("Due", lambda row: row.due),
    ("Seen to until", lambda row: row.acknowledged_until),
    ("On hold", lambda row: row.on_hold),
]


@router.get("/tasks.csv")
async def tasks_file(here: House_, viewer: Own) -> Response:
    """The same as a file, without names: whoever may see them finds them by the local id."""
    found = partial(listings.tasks_for, here.db, viewer.staff, here.clock(), limit=export.AT_ONCE)
    return await export.csv("tasks", TO_DO, lambda after: found(after=after))


async def _row(here: House, viewer: Viewer, task: Task, now: datetime) -> dict[str, Any]:
    """A task as whoever does it may see it: those who care see names, a peer worker how they wish to be called."""
    if viewer.role in CARING:
        who = task.name
    elif viewer.may(Action.CONTACTS):
        who = (await known.read(here.db, task.transition_id)).known_as or task.given_name
    else:
        who = task.local_id
    due = words.due_from(task.due, now)
    return {
        "who": who,
        "task": task,
        "when": f"{due[0].upper()}{due[1:]}",
        "href": f"/people/{task.transition_id}/steps/{quote(task.step, safe='')}",
    }
