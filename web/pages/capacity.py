"""What is asked of peer workers in the next weeks against their hours, and who waits for one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import Response as Plain

from planner.policy import Action
from planner.refused import Refused
from records import ledger, peers
from records.capacity_words import sentences
from records.ledger import Capacity
from schemas.codes import Role
from web import export
from web.answers import page
from web.house import House
from web.pictures import capacity as picture
from web.viewer import House_, Needs, Viewer

router = APIRouter()
Seeing = Annotated[Viewer, Depends(Needs(Action.CAPACITY))]
Team = Annotated[str | None, Query(max_length=200)]
Weeks = Annotated[int, Query(ge=1, le=26)]
LONGEST_QUEUE = 20


@router.get("/capacity")
async def capacity(request: Request, here: House_, viewer: Seeing, team: Team = None, weeks: Weeks = 8) -> Response:
    """The hours of a team against what is asked for, and its queue: one's own team first, or any."""
    teams = await ledger.teams(here.db)
    asked = team or (viewer.team if viewer.team in teams else next(iter(teams), None))
    found = await _capacity(here, asked, teams, weeks) if asked else None
    queue = await peers.queue(here.db, asked, LONGEST_QUEUE) if asked else []
    named = viewer.role in (Role.PEER_LEAD, Role.TEAM_LEAD, Role.COORDINATOR, Role.NAMED_WORKER)
    return await page(
        request, "capacity.html", viewer, found=found, told=list(sentences(found)) if found else [], teams=teams,
        team=asked, weeks=weeks, queue=queue, named=named and viewer.team in (None, asked),
    )  # fmt: skip


@router.get("/capacity.svg")
async def drawn(here: House_, _: Seeing, team: Team = None, weeks: Weeks = 8) -> Response:
    """The same as a picture."""
    teams = await ledger.teams(here.db)
    found = await _capacity(here, team, teams, weeks)
    # It is a picture and no page: the styles that are written into it are its own, and it may load nothing.
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return Plain(picture.svg([found]), media_type="image/svg+xml", headers=headers)


@router.get("/capacity.csv")
async def capacity_file(here: House_, _: Seeing, weeks: Weeks = 8) -> Response:
    """Every team's weeks as a file."""
    teams = await ledger.teams(here.db)
    found = [await _capacity(here, team, teams, weeks) for team in teams]
    heads = ["Team", "Week of", "Contacts asked for", "Contacts held", "Hours needed", "Hours there are",
             "Hours booked", "Hours done", "Hours free"]  # fmt: skip
    rows = [
        [one.team, f"{week.week:%Y-%m-%d}", week.asked, week.holds,
         *(round(spent / 60, 1) for spent in (week.needed, week.available, week.booked, week.done, week.free))]
        for one in found for week in one.weeks
    ]  # fmt: skip
    return export.small("capacity", heads, rows)


async def _capacity(here: House, team: str | None, teams: list[str], weeks: int) -> Capacity:
    if team not in teams:
        raise Refused("not-found", f"There is no such team: there is {', '.join(teams) or 'none'}.")
    return await ledger.capacity(here.db, team, here.clock(), weeks, here.settings.division)
