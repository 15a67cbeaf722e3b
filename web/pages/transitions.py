"""The search across all transitions: by id, state, pathway, team, coordinator, dates and what is late; no names."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from pathways import words as rules_in_words
from planner import words
from planner.clock import midnight
from planner.policy import Action
from planner.refused import Refused
from records import my_people, staff, work
from records.board import What
from records.work import ANY, STATES, Definition, Search, Work
from schemas.pathway import Pathway
from schemas.person import checked_nhs_number
from web import export
from web.answers import page
from web.export import Columns
from web.house import House
from web.pages.board import rung_words
from web.viewer import House_, Needs, Viewer

router = APIRouter()
Searcher = Annotated[Viewer, Depends(Needs(Action.SEARCH_WORK))]

YES = "yes"
NEWEST = "newest"
SHORT = 12
"""How much of a definition's digest an address says."""
YEARS = range(1900, 2200)
STATE_WORDS = {
    "followed": "Followed at the moment",
    "registered": "Entered, not begun",
    "open": "Under way",
    "on-hold": "On hold",
    "closed": "Closed",
}
LATE_WORDS = {ANY: "Anything",
    What.SAFETY.value: "Something about safety",
    What.SILENCE.value: "No contact for too long",
    What.OTHER.value: "Something else"
}  # fmt: skip
DATES = {
    "started_from": "Started from",
    "started_to": "Started until",
    "closed_from": "Closed from",
    "closed_to": "Closed until",
}
NO_ID = (
    "Give a local id such as AL00232, or the beginning of a transition’s id. This search takes no names and no NHS "
    "numbers: whoever may see people by name finds them under Find."
)
NO_DATE = "Write the day as 2026-11-26 or 26/11/2026."


class Asked(NamedTuple):
    """What the address says, as it was said."""

    find: str = ""
    state: str = ""
    pathway: str = ""
    team: str = ""
    coordinator: str = ""
    nobody: str = ""
    late: str = ""
    rung: str = ""
    definition: str = ""
    started_from: str = ""
    started_to: str = ""
    closed_from: str = ""
    closed_to: str = ""
    sort: str = ""
    after: str = ""

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Asked":
        """What an address says; what is no text counts as not said."""
        return cls(
            **{name: text for name in cls._fields if (text := said.get(name, "").strip()).isprintable() and text}
        )

    def address(self, page: str = "/transitions", **changed: str) -> str:
        """The address of the same search, with something changed."""
        kept = {name: text for name, text in (self._asdict() | changed).items() if text}
        return f"{page}?{urlencode(kept)}" if kept else page

    @property
    def filtered(self) -> bool:
        """Whether some are left out."""
        return any(self._replace(sort="", after=""))

    @property
    def more(self) -> bool:
        """Whether something is asked for beside what is asked most."""
        return any(self._replace(find="", state="", late="", sort="", after=""))

    def search(self, versions: list[Definition]) -> tuple[Search, dict[str, str]]:
        """What the records are asked, and what of it cannot be understood, by field."""
        days, problems = self._days()
        if self.find and not is_an_id(self.find):
            problems["find"] = NO_ID
        found = Search(
            find=self.find or None,
            state=self.state if self.state in STATES else None,
            pathway=self.pathway or None,
            team=self.team or None,
            coordinator=self.coordinator or None,
            nobody=self.nobody == YES,
            late=self.late if self.late in LATE_WORDS else ANY if self._rung is not None else None,
            rung=self._rung,
            definition=next((one.digest for one in versions if self._means(one)), self.definition or None),
            started_from=_from(days.get("started_from")),
            started_before=_until(days.get("started_to")),
            closed_from=_from(days.get("closed_from")),
            closed_before=_until(days.get("closed_to")),
        )
        return found, problems

    @property
    def _rung(self) -> int | None:
        return int(self.rung) if self.rung in tuple("0123456789") else None

    def _means(self, version: Definition) -> bool:
        return len(self.definition) >= SHORT and version.digest.startswith(self.definition)

    def _days(self) -> tuple[dict[str, date], dict[str, str]]:
        days: dict[str, date] = {}
        problems: dict[str, str] = {}
        for name in DATES:
            said = getattr(self, name)
            if said:
                found = day(said)
                if found is None:
                    problems[name] = NO_DATE
                else:
                    days[name] = found
        return days, problems


def day(said: str) -> date | None:
    """A day as a form or a person writes it; None when it is none."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            found = datetime.strptime(said, form).date()  # noqa: DTZ007  # a day alone, in no zone
        except ValueError:
            continue
        return found if found.year in YEARS else None
    return None


def is_an_id(said: str) -> bool:
    """Whether it can be a local id or the beginning of a transition's id: no name, and no NHS number."""
    try:
        checked_nhs_number(said)
    except ValueError:
        digits = said.replace("-", "").lower()
        part = len(digits) >= 8 and not set(digits) - set("0123456789abcdef")
        return len(said) <= 64 and not any(map(str.isspace, said)) and (part or any(map(str.isdigit, said)))
    return False


def _from(first: date | None) -> datetime | None:
    return midnight(first) if first else None


def _until(last: date | None) -> datetime | None:
    return midnight(last + timedelta(days=1)) if last else None


class Shown(NamedTuple):
    """A transition as the page lists it."""

    work: Work
    pathway: str
    stage: str
    coordinator: str | None


@router.get("/transitions")
async def transitions(request: Request, here: House_, viewer: Searcher) -> Response:
    """The transitions that the address asks for. Who they are is not said."""
    asked = Asked.of(request.query_params)
    versions = await work.definitions(here.db)
    search, problems = asked.search(versions)
    if "find" in problems:
        return RedirectResponse(asked.address(find="", wrong="find"), 303)  # a name is not left in the address
    if request.query_params.get("wrong") == "find":
        problems["find"] = NO_ID
    newest = asked.sort == NEWEST
    found = await work.search(here.db, search, newest=newest, after=asked.after or None) if not problems else None
    rows = found.rows if found else []
    in_use = await my_people.in_use(here.db)
    titles = {pathway.id: pathway.title for pathway in in_use}
    known: dict[str, Any] = {
        "asked": asked,
        "problems": problems,
        "rows": await _shown(here, rows, titles),
        "next": asked.address(after=found.next) if found and found.next else None,
        "newest": newest,
        "pathways": in_use,
        "versions": [(one.digest[:SHORT], f"{titles.get(one.id, one.id)}, version {one.version}") for one in versions],
        "teams": await staff.teams(here.db),
        "states": STATE_WORDS,
        "lates": LATE_WORDS,
        "dates": DATES,
        "rung_words": rung_words,
        "due_from": words.due_from,
        "may_run": viewer.may(Action.EXECUTION),
        "may_open": viewer.may(Action.FIND_PEOPLE) or viewer.may(Action.BREAK_GLASS),
    }
    return await page(request, "transitions.html", viewer, 422 if problems else 200, **known)


async def _shown(here: House, rows: list[Work], titles: dict[str, str]) -> list[Shown]:
    rules = await my_people.rules(here.db, {row.definition for row in rows})
    names = await staff.names(here.db, {row.coordinator_id for row in rows if row.coordinator_id})
    return [
        Shown(
            row,
            titles.get(row.pathway, row.pathway),
            _stage(row, rules),
            names.get(row.coordinator_id, row.coordinator_id) if row.coordinator_id else None,
        )
        for row in rows
    ]


def _stage(row: Work, rules: dict[str, Pathway]) -> str:
    return rules_in_words.stage(rules.get(row.definition or ""), row.stage)


COLUMNS: Columns[Work] = [
    ("Local id", lambda row: row.local_id),
    ("Transition", lambda row: row.id),
    ("Pathway", lambda row: row.pathway),
    ("Version", lambda row: row.version),
    ("State", lambda row: "on hold" if row.on_hold and row.status == "open" else row.status),
    ("Stage", lambda row: row.stage),
    ("Team", lambda row: row.team),
    ("Coordinator", lambda row: row.coordinator_id),
    ("Started", lambda row: row.started),
    ("Taken on", lambda row: row.taken_on),
    ("Next due", lambda row: row.next_due),
    ("Late", lambda row: row.overdue_count),
    ("Highest rung", lambda row: row.highest_rung),
    ("Closed", lambda row: row.closed_at),
    ("Ended as", lambda row: row.exit),
]


@router.get("/transitions.csv", dependencies=[Depends(Needs(Action.SEARCH_WORK))])
async def transitions_csv(request: Request, here: House_) -> Response:
    """The same search as a file."""
    asked = Asked.of(request.query_params)
    search, problems = asked.search(await work.definitions(here.db))
    if problems:
        raise Refused("invalid", " ".join(problems.values()))
    found = partial(work.search, here.db, search, newest=asked.sort == NEWEST, limit=export.AT_ONCE)
    return await export.csv("transitions", COLUMNS, lambda after: found(after=after))
