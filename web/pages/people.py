"""My people: who needs me today and why, how late it is, and when everybody has their next date."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from pathways import words as rules_in_words
from planner import ladders, words
from planner.clock import end_of, local_day
from planner.many import MOST
from planner.policy import Action
from planner.refused import Refused
from records import my_people, staff
from records.my_people import Filters, MyPerson, Whose
from records.views import Page, Task
from schemas.codes import Role
from schemas.pathway import Pathway
from schemas.staff import StaffMember
from web import export
from web.answers import page
from web.pages import many
from web.viewer import House_, Needs, Viewer

router = APIRouter()
Carer = Annotated[Viewer, Depends(Needs(Action.CASELOAD))]
SUNDAY = 6
YES = "yes"
FLAGS = ("late", "week", "hold", "waiting", "ticked")


class Asked(NamedTuple):
    """What the address says: whose people, which of them, where the two listings go on, and whether all are chosen."""

    who: str = ""
    team: str = ""
    late: bool = False
    week: bool = False
    hold: bool = False
    waiting: bool = False
    pathway: str = ""
    stage: str = ""
    after: str = ""
    later: str = ""
    ticked: bool = False

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Asked":
        """What an address says; what nobody can have meant counts as not said."""
        told = {name: text for name in cls._fields if (text := said.get(name, "")) and text.isprintable()}
        flags = {name: told.pop(name) == YES for name in FLAGS if name in told}
        return cls(**flags, **told)  # type: ignore[arg-type]  # the flags are flags, all else is text

    def filters(self, now: datetime) -> Filters:
        """What the listing is asked; this week ends with Sunday."""
        today = local_day(now)
        sunday = end_of(today + timedelta(days=SUNDAY - today.weekday()))
        return Filters(
            self.late, sunday if self.week else None, self.hold, self.pathway or None, self.stage or None, self.waiting
        )

    @property
    def filtered(self) -> bool:
        """Whether some are left out."""
        return any((self.late, self.week, self.hold, self.waiting, self.pathway, self.stage))

    def address(self, to: str = "/people", **changed: str | None) -> str:
        """The address of the same page (or of another of the same list), with something changed."""
        kept = {name: YES if value is True else value for name, value in (self._asdict() | changed).items() if value}
        return f"{to}?{urlencode(kept)}" if kept else to


class Names(NamedTuple):
    """What ids are called on this page: staff, and the rules that journeys run by."""

    staff: dict[str, str]
    rules: dict[str, Pathway]
    titles: dict[str, str]

    def person(self, staff_id: str) -> str:
        """The name of a member of staff."""
        return self.staff.get(staff_id, staff_id)

    def pathway(self, pathway_id: str) -> str:
        """What people call a pathway."""
        return self.titles.get(pathway_id, pathway_id)


@router.get("/people")
async def people(request: Request, here: House_, viewer: Carer) -> Response:
    """Whoever needs somebody today, and everybody whose journey is open."""
    asked, now = Asked.of(request.query_params), here.clock()
    colleagues = await _colleagues(here, viewer)
    whose = await _whose(here, viewer, asked, colleagues, now)
    needed = await my_people.needed(here.db, whose, end_of(local_day(now)), now, after=asked.later or None)
    found = await my_people.people(here.db, whose, asked.filters(now), now, after=asked.after or None)
    in_use = await my_people.in_use(here.db)
    names = Names(
        await staff.names(here.db, _staff_in(needed.page.rows, found.rows)),
        await my_people.rules(here.db, {row.definition for row in found.rows}),
        {pathway.id: pathway.title for pathway in in_use},
    )
    known: dict[str, Any] = {
        "asked": asked,
        "whose": _called(asked, viewer, colleagues),
        "choices": _choices(viewer, colleagues),
        "needed": needed,
        "needs": [_need(task, names, viewer, now) for task in needed.page.rows],
        "people": [_row(row, names, viewer, whose, now) for row in found.rows],
        "next": asked.address(after=found.next, ticked=None) if found.next else None,
        "more_needs": asked.address(later=needed.page.next, ticked=None) if needed.page.next else None,
        "pathways": in_use,
        "stages": _stages(in_use),
        "may_choose": viewer.may(Action.BULK),
        "most": MOST,
        "choosing": [{"value": name, "text": what.title} for name, what in many.WHAT.items()],
    }
    return await page(request, "people.html", viewer, **known)


PEOPLE: export.Columns[MyPerson] = [
    ("Local id", lambda row: row.local_id),
    ("Name", lambda row: row.name),
    ("Known as", lambda row: row.known_as),
    ("Transition", lambda row: row.id),
    ("Pathway", lambda row: row.pathway),
    ("Stage", lambda row: row.stage),
    ("Team", lambda row: row.team),
    ("Coordinator", lambda row: row.coordinator_id),
    ("Offered to", lambda row: row.handover_to),
    ("Next", lambda row: row.next_title),
    ("Due", lambda row: row.next_due),
    ("Late", lambda row: row.overdue_count),
    ("On hold", lambda row: row.on_hold),
    ("Waiting for a peer worker since", lambda row: row.waiting_since),
]


@router.get("/people.csv")
async def people_csv(request: Request, here: House_, viewer: Carer) -> Response:
    """Everybody of the same list, as a file."""
    asked, now = Asked.of(request.query_params), here.clock()
    whose = await _whose(here, viewer, asked, await _colleagues(here, viewer), now)
    found = partial(my_people.people, here.db, whose, asked.filters(now), now, limit=export.AT_ONCE)
    return await export.csv("people", PEOPLE, lambda after: found(after=after))


NEEDED: export.Columns[Task] = [
    ("Local id", lambda row: row.local_id),
    ("Name", lambda row: row.name),
    ("Transition", lambda row: row.transition_id),
    ("About safety", lambda row: row.ladder == ladders.SAFETY),
    ("What", lambda row: row.title),
    ("For the", lambda row: row.owner.words),
    ("Due", lambda row: row.due),
    ("Told", lambda row: ", ".join(row.told)),
    ("Seen to until", lambda row: row.acknowledged_until),
    ("Coordinator", lambda row: row.coordinator_id),
    ("On hold", lambda row: row.on_hold),
]


@router.get("/people/today.csv")
async def today_csv(request: Request, here: House_, viewer: Carer) -> Response:
    """What the same people need today, as a file."""
    asked, now = Asked.of(request.query_params), here.clock()
    whose = await _whose(here, viewer, asked, await _colleagues(here, viewer), now)

    async def found(after: str | None) -> Page[Task]:
        by = end_of(local_day(now))
        return (await my_people.needed(here.db, whose, by, now, limit=export.AT_ONCE, after=after)).page

    return await export.csv("today", NEEDED, found)


async def _colleagues(here: House_, viewer: Viewer) -> list[StaffMember]:
    """Those whose people the viewer may see as theirs; nobody, when that is not for their role."""
    if not viewer.may(Action.TEAM_CASELOAD):
        return []
    everybody = await staff.everybody(here.db, team=viewer.team)
    coordinating = (Role.COORDINATOR, Role.NAMED_WORKER)
    return [one for one in everybody if one.role in coordinating and one.id != viewer.staff]


async def _whose(here: House_, viewer: Viewer, asked: Asked, colleagues: list[StaffMember], now: datetime) -> Whose:
    if asked.team and not asked.who:
        if not viewer.may(Action.TEAM_CASELOAD) or viewer.team not in (asked.team, None):
            raise Refused("not-allowed", "The list of a team is for those who lead it.")
        return my_people.of_team(asked.team)
    who = asked.who or viewer.staff
    if who != viewer.staff and who not in {one.id for one in colleagues}:
        raise Refused("not-allowed", "Somebody else's list is for those who lead their team.")
    return await my_people.of_staff(here.db, who, now)


def _called(asked: Asked, viewer: Viewer, colleagues: list[StaffMember]) -> str | None:
    """Whose list it is, when it is not the viewer's own."""
    if asked.who and asked.who != viewer.staff:
        return next(one.name for one in colleagues if one.id == asked.who)
    return asked.team or None if not asked.who else None


def _choices(viewer: Viewer, colleagues: list[StaffMember]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The lists to choose from, by team: where each is, and what it is called."""
    teams = sorted({one.team for one in colleagues if one.team} | ({viewer.team} if viewer.team else set()))
    if not viewer.may(Action.TEAM_CASELOAD):
        return []
    return [
        (
            team,
            [(f"/people?{urlencode({'team': team})}", "Everybody in the team")]
            + [(f"/people?{urlencode({'who': one.id})}", one.name) for one in colleagues if one.team == team],
        )
        for team in teams
    ]


def _staff_in(tasks: list[Task], rows: list[MyPerson]) -> set[str]:
    named = {one for task in tasks for one in (*task.told, task.coordinator_id)}
    named |= {one for row in rows for one in (row.coordinator_id, row.handover_to)}
    return {one for one in named if one is not None}


def _need(task: Task, names: Names, viewer: Viewer, now: datetime) -> dict[str, Any]:
    """Something that is late or due today, as it is said."""
    told = [names.person(one) if one != viewer.staff else "you" for one in task.told]
    notes = []
    if task.coordinator_id is not None and task.coordinator_id != viewer.staff:
        notes.append(f"{names.person(task.coordinator_id)} goes with them")
    if task.acknowledged_until is not None and task.acknowledged_until > now:
        notes.append(f"being seen to until {words.due(task.acknowledged_until)}")
    if task.by_hand:
        notes.append("date set by hand")
    if task.on_hold:
        notes.append("on hold")
    return {
        "task": task,
        "safety": task.ladder == ladders.SAFETY,
        "late": task.due <= now,
        "when": _sentence(words.due_from(task.due, now)),
        "told": f"Told: {', '.join(told)}" if told else "Nobody has been told yet" if task.due <= now else "",
        "notes": _sentence("; ".join(notes)),
    }


def _row(row: MyPerson, names: Names, viewer: Viewer, whose: Whose, now: datetime) -> dict[str, Any]:
    """Somebody whose journey is open, as it is said."""
    rules = names.rules.get(row.definition or "")
    coordinator = row.coordinator_id
    offered = row.handover_to is not None and row.handover_to in whose.staff
    return {
        "person": row,
        "pathway": names.pathway(row.pathway),
        "stage": _sentence(rules_in_words.stage(rules, row.stage)),
        "next": _sentence(_next(row, now)),
        "offered": offered,
        "offered_by": names.person(coordinator) if coordinator else "nobody",
        "offered_to": names.person(row.handover_to) if row.handover_to is not None and not offered else None,
        "covers": names.person(coordinator) if coordinator and coordinator != viewer.staff and not offered else None,
        "nobody": coordinator is None,
    }


def _next(row: MyPerson, now: datetime) -> str:
    if row.next_due is None:
        return "no date ahead"
    return f"due {words.due(row.next_due)}, stands still" if row.on_hold else words.due_from(row.next_due, now)


def _stages(pathways: list[Pathway]) -> list[tuple[str, str]]:
    """Every stage that somebody may be in, each once, as it is said."""
    found: dict[str, list[str]] = {}
    for pathway in pathways:
        for name in pathway.milestone:
            if name != "ended":
                said = rules_in_words.stage(pathway, name)
                found.setdefault(name, []).extend([said] if said not in found.get(name, []) else [])
    return [(name, _sentence(" or ".join(said))) for name, said in found.items()]


def _sentence(text: str) -> str:
    """The text as a sentence begins."""
    return text[:1].upper() + text[1:]
