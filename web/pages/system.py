"""How the system is, in words: what it stands on, whether it answers, and how to mend what does not."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from planner.policy import Action
from records import board
from records.board import Undelivered
from web.answers import page
from web.pages.board import WHY, lasting
from web.viewer import House_, Needs, Viewer
from workers.checks import Finding, examine_from_within

router = APIRouter()

NAMES = {
    "database": "The records",
    "migrations": "The form of the records",
    "keys": "The keys that the records are sealed with",
    "size of the records": "How big the records are",
    "Temporal": "What follows people (Temporal)",
    "search attributes": "What Temporal can be searched by",
    "workers": "Workers that carry journeys on",
    "stand still": "Journeys that stand still because their code failed",
    "broken off": "Journeys that were broken off",
    "e-mail": "E-mail",
    "disk": "The disk",
    "settings": "Settings",
}
STATES = {"failed": "Does not work", "warning": "Needs a look", "ok": "Works"}
"""The worst first."""


@router.get("/system")
async def system(request: Request, here: House_, viewer: Annotated[Viewer, Depends(Needs(Action.BOARD))]) -> Response:
    """What the service stands on. It is shown when Temporal is away, too."""
    findings = await examine_from_within(here.settings, here.db, here.temporal)
    waiting = await board.undelivered(here.db, here.clock())
    by_state = [(said, [one for one in findings if one.state == state]) for state, said in STATES.items()]
    known: dict[str, Any] = {
        "parts": [(said, found) for said, found in by_state if found],
        "well": all(one.state == "ok" for one in findings),
        "names": NAMES,
        "waiting": sorted(waiting, key=_order),
        "why": WHY,
        "lasting": lasting,
        "behind": _behind(findings),
    }
    return await page(request, "system.html", viewer, **known)


def _order(one: Undelivered) -> int:
    return list(WHY).index(one.why)


def _behind(findings: list[Finding]) -> bool:
    """Whether people are not followed at the moment, so that what is late is not told of."""
    return any(one.what in ("Temporal", "workers", "stand still") and one.state != "ok" for one in findings)
