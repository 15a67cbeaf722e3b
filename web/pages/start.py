"""Start a transition, page by page: who it is for, along which way, what is known, what will come of it, and then.

Nothing is saved before the last page says so. What was said before travels in hidden fields, and every page reads all
of it again: so pages may come in any order, twice, or made up, and the records are the same.
"""

from dataclasses import dataclass, field, replace
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request, Response

from pathways.loader import find, shipped
from planner import journey as planner
from planner.policy import Action, Sight, sight
from planner.refused import Refused
from records import access, commit, known, people, search, staff
from records.actors import acting
from records.database import connected, keys_of
from records.errors import RecordsError
from records.identity import local_id_blind
from records.search import Alike, Looker
from schemas.codes import Role
from schemas.command import Receipt, Start
from schemas.ethnicity import CATEGORIES
from schemas.pathway import Pathway
from schemas.person import Person
from schemas.staff import StaffMember
from web import acting as sending
from web.answers import done, page
from web.forms import Problems
from web.house import House
from web.pages import starting
from web.pages.forecast import forecast
from web.pages.starting import Said
from web.viewer import Form, House_, Needs, Viewer
from workers.taking_on import TakingOn, take_on

router = APIRouter()
PAGES = ("person", "same", "pathway", "dates", "preview")
ELSE = "somebody-else"
COORDINATING = frozenset({Role.COORDINATOR, Role.NAMED_WORKER, Role.TEAM_LEAD})
ALREADY = "They are on this pathway already: find them, and go on from there."


@dataclass(frozen=True)
class Draft:
    """A start as far as it is said: `at` is the page to show next, with what is wrong on it."""

    said: Said
    command_id: str
    at: str = "person"
    problems: Problems = field(default_factory=dict)
    alike: list[Alike] = field(default_factory=list)
    person: Person | None = None
    person_id: UUID | None = None
    pathway: Pathway | None = None
    coordinator: str = ""
    team: str | None = None
    start: Start | None = None

    def stop(self, at: str, problems: Problems | None = None) -> "Draft":
        """The same, to be shown at a page."""
        return replace(self, at=at, problems=problems or {})


@router.get("/start")
async def begin(request: Request, here: House_, viewer: Annotated[Viewer, Depends(Needs(Action.START))]) -> Response:
    """Who the transition is for."""
    return await _shown(request, here, viewer, Draft(Said({}), str(uuid4())))


@router.post("/start")
async def go_on(
    request: Request, here: House_, form: Form, viewer: Annotated[Viewer, Depends(Needs(Action.START))]
) -> Response:
    """One page further, or back; at the end, start."""
    said = Said(form)
    draft = Draft(said, said.text("command_id") or str(uuid4()))
    at, go = said.text("at"), said.text("go")
    if go in PAGES[:4]:
        return await _shown(request, here, viewer, await _back(here, viewer, draft, go))
    confirmed = at == "preview" and go == "confirm"
    if confirmed and (begun := await _begun(here, draft)):
        return await _on(request, here, viewer, begun)
    draft = await _read(here, viewer, draft, PAGES.index(at) if at in PAGES else 0, confirmed=confirmed)
    if confirmed and draft.at != "preview" and (begun := await _begun(here, draft)):  # while this was read
        return await _on(request, here, viewer, begun)
    if not confirmed or draft.at != "preview":
        return await _shown(request, here, viewer, draft)
    try:
        receipt = await _start(here, viewer, draft)
    except (Refused, RecordsError, sending.NoAnswer) as refused:
        return await _shown(request, here, viewer, draft.stop("preview", {"": str(refused)}))
    return await _on(request, here, viewer, receipt)


async def _read(here: House, viewer: Viewer, draft: Draft, reached: int, *, confirmed: bool = False) -> Draft:
    """Everything that is said, page by page, up to the first that is wrong or was not reached."""
    said, now = draft.said, here.clock()
    person, problems = starting.person(said, now)
    if person is None:
        return draft.stop("person", problems)
    alike = await search.alike(here.db, Looker(viewer.staff, viewer.role, viewer.team), person, now)
    draft = _chosen(replace(draft, person=person, alike=alike), reached, confirmed=confirmed)
    if draft.at == "same" or reached < PAGES.index("pathway"):
        return draft
    draft = await _along(here, viewer, draft)
    if draft.problems or reached < PAGES.index("dates"):
        return draft if draft.problems else draft.stop("dates")
    return await _going(here, viewer, draft)


async def _back(here: House, viewer: Viewer, draft: Draft, go: str) -> Draft:
    """The draft at a page that comes before: what was said there is read, so that the page can be shown."""
    read = await _read(here, viewer, draft, PAGES.index("preview"))
    return read.stop(go) if PAGES.index(go) < PAGES.index(read.at) else read


def _chosen(draft: Draft, reached: int, *, confirmed: bool) -> Draft:
    """Who is meant, when there is somebody like them: they are asked once, and nobody is entered twice unasked."""
    choice = draft.said.text("same") if reached > 0 else ""
    meant = next((one for one in draft.alike if one.id == choice), None)
    if confirmed and meant is None:  # the very same was entered a moment ago, by the same form
        meant = next((one for one in draft.alike if one.person == draft.person), None)
    if meant is not None and draft.person is not None:
        number = meant.person.nhs_number or draft.person.nhs_number
        ethnicity = draft.person.ethnicity or meant.person.ethnicity
        person = meant.person.model_copy(update={"nhs_number": number, "ethnicity": ethnicity})
        return replace(draft, person=person, person_id=UUID(meant.id), at="pathway")
    if not draft.alike:
        return replace(draft, at="pathway")
    if choice == ELSE:
        if not any(one.certain for one in draft.alike):
            return replace(draft, at="pathway")
        return draft.stop("same", {"same": "A number is one person’s alone. Go back and check the number, or choose."})
    asked = reached >= PAGES.index("same")
    return draft.stop(
        "same", {"same": "Choose whether it is one of these people, or somebody else."} if asked else None
    )


async def _along(here: House, viewer: Viewer, draft: Draft) -> Draft:
    """Along which pathway, with whom, in which team."""
    said, problems = draft.said, Problems()
    if said.text("pathway") not in shipped():
        problems["pathway"] = "Choose a pathway."
    elif draft.person_id is not None and await _open_on(here, draft.person_id, said.text("pathway")):
        problems["pathway"] = ALREADY
    coordinators = {one.id: one for one in await _coordinators(here)}
    chosen = coordinators.get(said.text("coordinator"))
    if chosen is None:
        problems["coordinator"] = "Choose who goes with them."
    teams = await staff.teams(here.db)
    if said.text("team") and said.text("team") not in teams:
        problems["team"] = "Choose a team of the list."
    elif chosen is not None and not said.text("team") and chosen.team is None:
        problems["team"] = f"Choose a team: {chosen.name} is in none."
    if problems or chosen is None:
        return draft.stop("pathway", problems)
    along = find(said.text("pathway"))
    return replace(draft, pathway=along, coordinator=chosen.id, team=said.text("team") or chosen.team)


async def _open_on(here: House, person_id: UUID, pathway: str) -> bool:
    """Whether somebody is followed along a pathway; entered and not begun, they are begun now."""
    async with connected(here.db) as link:
        return await link.fetchval(people.FOLLOWED, person_id, pathway) is not None


async def _going(here: House, viewer: Viewer, draft: Draft) -> Draft:
    """What is known of the journey, and the command that starts it."""
    assert draft.pathway is not None  # noqa: S101  # read before
    assert draft.person is not None  # noqa: S101
    now = here.clock()
    going, problems = starting.going(draft.pathway, draft.said, now)
    if problems:
        return draft.stop("dates", problems)
    said = {
        "id": draft.command_id,
        "transition_id": "not-known-yet",
        "at": now,
        "started": going.started,
        "division": here.settings.division,
        "born": draft.person.date_of_birth,
        "facts": going.facts,
        "expected": going.expected,
        "milestones": going.happened,
        "coordinator": draft.coordinator,
        "by": (await acting(here.db, viewer.staff, None)).model_dump(),
    }
    start = sending.built(Start, said | {"started": going.started or now})
    problems = starting.check(draft.pathway, start)
    return draft.stop("dates", problems) if problems else replace(draft, start=start, at="preview")


async def _begun(here: House, draft: Draft) -> Receipt | None:
    """What came of this very form, when it was sent before."""
    said = draft.said.text
    try:
        meant = UUID(said("same"))
    except ValueError:
        meant = None
    async with connected(here.db) as link:
        row = await link.fetchrow(people.BEGUN, local_id_blind(keys_of(link), said("local_id")), meant, said("pathway"))
    return await commit.receipt(here.db, str(row["id"]), draft.command_id) if row is not None else None


async def _start(here: House, viewer: Viewer, draft: Draft) -> Receipt:
    """Enter and follow them, and keep how they wish to be called."""
    assert draft.person is not None  # noqa: S101  # a draft at its preview has all of it
    assert draft.pathway is not None  # noqa: S101
    assert draft.start is not None  # noqa: S101
    wanted = TakingOn(draft.person, draft.pathway, draft.team, draft.start)
    taking_on = take_on(here.temporal, here.settings.task_queue, here.db, wanted)
    receipt = await sending.answered(taking_on, draft.command_id)
    called = draft.said.text("known_as")
    kept = await known.read(here.db, receipt.transition_id)
    if called and called != kept.known_as:
        told = {"known_as": called, "shares": kept.shares, "staff": viewer.staff, "now": here.clock()}
        await known.write(here.db, receipt.transition_id, **told)  # type: ignore[arg-type]  # named above
    return receipt


async def _on(request: Request, here: House, viewer: Viewer, receipt: Receipt) -> Response:
    """On to the person; whoever started somebody for others goes on from the beginning."""
    standing = await access.standing(
        here.db, viewer.staff, viewer.role, viewer.team, receipt.transition_id, here.clock()
    )
    if standing is not None and sight(viewer.role, standing.standing) is Sight.WHOLE:
        return await done(request, viewer, f"/people/{receipt.transition_id}", "Started. From now on this is followed.")
    return await done(request, viewer, "/start", "Started. They are seen by the team that goes with them, not by you.")


async def _coordinators(here: House) -> list[StaffMember]:
    return [one for one in await staff.everybody(here.db) if one.role in COORDINATING]


async def _shown(request: Request, here: House, viewer: Viewer, draft: Draft) -> Response:
    """The page that a draft is at."""
    shown: dict[str, Any] = {
        "text": draft.said.text,
        "carried": [one for name in PAGES[:4] if name != draft.at for one in draft.said.among(name)],
        "command_id": draft.command_id,
        "at": draft.at,
        "problems": draft.problems,
        "problems_at": {_first_field(name): text for name, text in draft.problems.items()},
        "draft": draft,
        "whom_seen": all(one.seen for one in draft.alike if one.id == str(draft.person_id)),
    }
    if draft.at == "person":
        shown["ethnicities"] = CATEGORIES
    if draft.at == "same":
        shown["titles"] = {name: find(name).title for name in shipped()}
    if draft.at == "pathway":
        shown |= await _choices(here, viewer)
    if draft.pathway is not None:
        shown["milestones"] = starting.milestones(draft.pathway)
        shown["given"] = draft.said.texts
    if draft.at == "preview" and draft.pathway is not None and draft.start is not None:
        outcome = planner.start(draft.pathway, draft.start)
        shown["forecast"] = forecast(draft.pathway, outcome, draft.start.at)
        shown["names"] = await staff.names(here.db, [draft.coordinator])
    status = 422 if draft.problems else 200
    return await page(request, f"start-{draft.at}.html", viewer, status, **shown)


def _first_field(name: str) -> str:
    """Where the summary of what is wrong leads to."""
    return {"born": "born-day"}.get(name, name)


async def _choices(here: House, viewer: Viewer) -> dict[str, Any]:
    """What the page of the pathway offers: the viewer's own team first."""
    found = await _coordinators(here)
    found.sort(key=lambda one: (one.team != viewer.team, one.team or "", one.name))
    return {
        "pathways": [find(name) for name in shipped()],
        "coordinators": found,
        "teams": await staff.teams(here.db),
    }
