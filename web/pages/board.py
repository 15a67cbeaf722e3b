"""The board: what is late, waits, was not delivered or failed, safety first. Work, and no people."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from planner import words
from planner.clock import local_day, midnight
from planner.policy import Action
from records import board as watched
from records import my_people, staff
from records.board import Board, Late, LateWork, Unsent, What
from web import export
from web.answers import page
from web.export import Columns
from web.viewer import House_, Needs, Viewer
from workers.still import standing_still

router = APIRouter(prefix="/board")
Watcher = Annotated[Viewer, Depends(Needs(Action.BOARD))]

RUNGS = ("Nobody told yet", "First rung", "Second rung", "Third rung")
WHAT = {
    What.SAFETY: "Late, about safety",
    What.SILENCE: "No contact for too long",
    What.OTHER: "Late, everything else",
}
WHY = {
    "nobody": "There was nobody to tell",
    "failed": "The e-mail did not go out",
    "uncertain": "The e-mail may not have gone out",
    "sending": "The e-mail was begun and did not end",
    "waiting": "The e-mail waits to be sent",
}
"""Why something was not delivered, the worst first."""
KINDS = {
    "reminder": "Something is due soon",
    "escalation": "Something is late",
    "silence": "No contact for too long",
    "attempt": "A contact did not take place",
    "handover": "Somebody is asked to take over",
    "word": "Word of what somebody decided",
    "peer-worker": "A person to go with",
    "booking": "A contact lost its time",
    "no-slot": "A contact has no time",
    "over-hours": "Hours are overrun",
    "visit": "Somebody is not back from a visit",
    "support": "Supervision or a debrief",
    "privacy": "A person was opened with a reason",
}


def rung_words(rung: int) -> str:
    """How far a ladder has come: nobody was told yet, or the rung that was told last."""
    return RUNGS[rung] if rung < len(RUNGS) else f"Rung {rung}"


def lasting(since: datetime, now: datetime) -> str:
    """For example "Tue 24 Nov 2026, 3 days"; hours on the same day."""
    days = (local_day(now) - local_day(since)).days
    if days > 0:
        return f"{words.day(since)}, {days} {'day' if days == 1 else 'days'}"
    return words.moment(since)


class Cell(NamedTuple):
    """How much is late at a rung, and where exactly that is listed."""

    number: int
    rung: int
    href: str


class Row(NamedTuple):
    """A team's line in a table of what is late."""

    team: str
    cells: list[Cell]
    all: Cell
    since: datetime


class Table(NamedTuple):
    """What is late of one sort: the teams whose work came furthest up the ladder first."""

    what: What
    title: str
    headings: list[str]
    rows: list[Row]
    number: int
    href: str


def table(what: What, late: Iterable[Late]) -> Table:
    """The table of one sort."""
    mine = [one for one in late if one.what is what]
    rungs = sorted({one.rung for one in mine}, reverse=True)
    rows = [_row(what, team, [one for one in mine if one.team == team], rungs) for team in {one.team for one in mine}]
    rows.sort(key=lambda row: ([-cell.number for cell in row.cells], row.since, row.team))
    number = sum(row.all.number for row in rows)
    return Table(what, WHAT[what], [rung_words(rung) for rung in rungs], rows, number, overdue_address(what))


def _row(what: What, team: str, mine: list[Late], rungs: list[int]) -> Row:
    at = Counter({one.rung: one.number for one in mine})
    cells = [Cell(at[rung], rung, overdue_address(what, team, rung)) for rung in rungs]
    everything = Cell(at.total(), -1, overdue_address(what, team))
    return Row(team, cells, everything, min(one.since for one in mine))


def overdue_address(what: What, team: str | None = None, rung: int | None = None, kind: str = "") -> str:
    """Where exactly that is listed; with `kind` as a file of it."""
    said = {"what": what.value, "team": team, "rung": rung}
    return f"/board/overdue{kind}?{urlencode({name: text for name, text in said.items() if text is not None})}"


@router.get("")
async def board(request: Request, here: House_, viewer: Watcher) -> Response:
    """Everything that operations watch, as it is now; the page asks again by itself unless it is held still."""
    now = here.clock()
    found = await watched.board(here.db, now, midnight(local_day(now)))
    standing = await standing_still(here.temporal, here.settings.task_queue, here.db, now)
    tables = [table(what, found.late) for what in (What.SAFETY, What.SILENCE, What.OTHER)]
    known: dict[str, Any] = {
        "board": found,
        "tables_of": dict(zip(("safety", "silence", "other"), tables, strict=True)),
        "standing_still": standing.journeys,
        "not_missed": standing.visits,
        "asked": standing.asked,
        "still": request.query_params.get("still") == "yes",
        "totals": _totals(found) | {"standing": len(standing.journeys), "not_missed": len(standing.visits)},
        "undelivered": sorted(found.undelivered, key=lambda one: list(WHY).index(one.why)),
        "why": WHY,
        "lasting": lasting,
        "rung_words": rung_words,
    }
    return await page(request, "board.html", viewer, **known)


def _totals(found: Board) -> dict[str, int]:
    return {
        "alone": sum(one.people for one in found.alone),
        "queues": sum(one.people for one in found.queues),
        "undelivered": sum(one.number for one in found.undelivered),
        "not_back": sum(one.visits for one in found.not_back),
        "failed": sum(one.number for one in found.mails)
        + sum(one.contacts for one in found.uncovered)
        + sum(one.number for one in found.not_covered),
    }


class Asked(NamedTuple):
    """What the address of the listing of late work says."""

    what: What = What.SAFETY
    team: str | None = None
    rung: int | None = None

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Asked":
        """What an address says; what nobody can have meant counts as not said."""
        what, team, rung = said.get("what", ""), said.get("team", ""), said.get("rung", "")
        return cls(
            What(what) if what in list(What) else What.SAFETY,
            team if team and team.isprintable() else None,
            int(rung) if rung.isascii() and rung.isdecimal() and len(rung) <= 2 else None,
        )

    def address(self, after: str | None = None, kind: str = "") -> str:
        """The same listing, from another place of it or as a file."""
        where = overdue_address(self.what, self.team, self.rung, kind)
        return f"{where}&{urlencode({'after': after})}" if after else where


@router.get("/overdue")
async def overdue(request: Request, here: House_, viewer: Watcher) -> Response:
    """Exactly what a number of the board counts."""
    asked = Asked.of(request.query_params)
    found = await watched.late_work(here.db, *asked, after=request.query_params.get("after"))
    known: dict[str, Any] = {
        "asked": asked,
        "rows": found.rows,
        "next": asked.address(found.next) if found.next else None,
        "titles": {pathway.id: pathway.title for pathway in await my_people.in_use(here.db)},
        "names": await staff.names(here.db, {row.coordinator_id for row in found.rows if row.coordinator_id}),
        "teams": await staff.teams(here.db),
        "what": WHAT,
        "rung_words": rung_words,
        "due_from": words.due_from,
        "first": not request.query_params.get("after"),
    }
    return await page(request, "board-overdue.html", viewer, **known)


OVERDUE: Columns[LateWork] = [
    ("Local id", lambda row: row.local_id),
    ("Transition", lambda row: row.transition_id),
    ("Sort", lambda row: WHAT[watched.sort_of(row.ladder, row.kind)]),
    ("What is late", lambda row: row.title),
    ("Pathway", lambda row: row.pathway),
    ("Team", lambda row: row.team),
    ("Coordinator", lambda row: row.coordinator_id),
    ("For the", lambda row: row.owner.words),
    ("Due", lambda row: row.due),
    ("Rung", lambda row: row.rung),
    ("Acknowledged until", lambda row: row.acknowledged_until),
    ("On hold", lambda row: row.on_hold),
]


@router.get("/overdue.csv", dependencies=[Depends(Needs(Action.BOARD))])
async def overdue_csv(request: Request, here: House_) -> Response:
    """The same as a file."""
    asked = Asked.of(request.query_params)
    return await export.csv(
        f"late-{asked.what}",
        OVERDUE,
        lambda after: watched.late_work(here.db, *asked, limit=export.AT_ONCE, after=after),
    )


NOTICES: Columns[Unsent] = [
    ("Told", lambda row: row.created_at),
    ("Local id", lambda row: row.local_id),
    ("Transition", lambda row: row.transition_id),
    ("Team", lambda row: row.team),
    ("What", lambda row: KINDS.get(row.kind, row.kind)),
    ("To", lambda row: row.recipient),
    ("As", lambda row: ", ".join(role.words for role in row.roles)),
    ("Why it was not delivered", lambda row: WHY[row.why]),
    ("What the mail server said", lambda row: row.error),
]


def _why(request: Request) -> str | None:
    why = request.query_params.get("why", "")
    return why if why in WHY else None


@router.get("/notices")
async def notices(request: Request, here: House_, viewer: Watcher) -> Response:
    """What was to be told and is not known to have been."""
    why, now = _why(request), here.clock()
    found = await watched.notices(here.db, now, why, after=request.query_params.get("after"))
    kept = {"why": why} if why else {}
    known: dict[str, Any] = {
        "rows": found.rows,
        "next": f"/board/notices?{urlencode(kept | {'after': found.next})}" if found.next else None,
        "csv": f"/board/notices.csv?{urlencode(kept)}" if kept else "/board/notices.csv",
        "only": why,
        "why": WHY,
        "kinds": KINDS,
        "names": await staff.names(here.db, {row.recipient for row in found.rows if row.recipient}),
        "first": not request.query_params.get("after"),
    }
    return await page(request, "board-notices.html", viewer, **known)


@router.get("/notices.csv", dependencies=[Depends(Needs(Action.BOARD))])
async def notices_csv(request: Request, here: House_) -> Response:
    """The same as a file."""
    why, now = _why(request), here.clock()
    return await export.csv(
        "not-delivered", NOTICES, lambda after: watched.notices(here.db, now, why, limit=export.AT_ONCE, after=after)
    )
