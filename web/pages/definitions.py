"""The definitions in use: how many journeys run by each version, what a newer one would change, and moving many to it.

Work, and no people: whoever sees to definitions sees local ids, dates and steps.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import uuid4

import structlog
from fastapi import APIRouter, Depends, Query, Request, Response

from pathways.loader import find, shipped
from planner.policy import Action
from planner.refused import Refused
from records import bulk, definitions, foretold
from records.database import transaction
from records.definitions import Version
from records.foretold import Moved, Running
from records.listings import AFTER_ALL
from schemas.bulk import MoveMany
from schemas.pathway import Pathway
from web import acting
from web.answers import done, page
from web.forms import LONGEST, Answers, Field, NotAsItMayBe, Problems
from web.house import House
from web.pages.many import begun, is_id
from web.viewer import Form, House_, Needs, Viewer

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/definitions")
Moves = Annotated[Viewer, Depends(Needs(Action.DEFINITIONS))]
After = Annotated[str | None, Query(max_length=500)]
COUNTED = 500
"""Journeys that the totals of a preview are counted over, at most: what a page can say in a moment."""
FIRST = Field("first", "How many", hint="Leave it empty for all of them. A few first show whether it is as you expect.")
REASON = Field("reason", "Why they are moved", "long", needed="Say why they are moved.")


class InUse(NamedTuple):
    """A version, what its pathway is called, and the newer one that its journeys could go on by."""

    version: Version
    title: str
    newer: Version | None


class Totals(NamedTuple):
    """What a move would change, in numbers: of journeys, and of steps."""

    journeys: int
    refused: int
    unchanged: int
    moves: int
    appears: int
    goes: int
    late: int
    stays: int
    told: int


@router.get("")
async def in_use(request: Request, here: House_, viewer: Moves) -> Response:
    """Every definition that open journeys run by, and the newer one that there is."""
    known = _with_shipped(await definitions.versions(here.db))
    rows = [InUse(one, await _title(here, one.digest), newest(known, one)) for one in known if one.running]
    return await page(request, "definitions.html", viewer, rows=rows, moves=await bulk.moves(here.db))


def _with_shipped(kept: Sequence[Version]) -> list[Version]:
    """The versions that the records have, and those that come with Alongside and by which nobody ran yet."""
    have = {one.digest for one in kept}
    own = [find(name) for name in shipped()]
    new = [Version(digest=one.digest, id=one.id, version=one.version, recorded_at=None, running=0) for one in own]
    return [*kept, *(one for one in new if one.digest not in have)]


def newest(known: Sequence[Version], than: Version) -> Version | None:
    """The newest version of the same pathway, when it is newer; of two alike, the one that came last."""
    newer = [one for one in known if one.id == than.id and one.version > than.version]
    return max(newer, key=lambda one: (one.version, one.recorded_at or AFTER_ALL), default=None)


async def _title(here: House, digest: str) -> str:
    return (await _rules(here, digest)).title


async def _rules(here: House, digest: str) -> Pathway:
    """The rules of that digest: those that come with Alongside, or those that the records have."""
    own = next((one for one in map(find, shipped()) if one.digest == digest), None)
    return own or await foretold.rules(here.db, digest)


@router.get("/{was}/{to}")
async def ask(request: Request, here: House_, viewer: Moves, was: str, to: str, after: After = None) -> Response:
    """What the move would change of each journey, and in numbers."""
    return await _preview(request, here, viewer, was, to, after, {}, {})


@router.post("/{was}/{to}")
async def move(request: Request, here: House_, viewer: Moves, form: Form, was: str, to: str) -> Response:
    """Have journeys moved: all of them, or the first few."""
    before, after = await _both(here, was, to)
    answers = Answers(form, [FIRST, REASON], here.clock())
    first = answers.text("first")
    if first and not (first.isascii() and first.isdecimal() and 0 < int(first[:9]) <= 1_000_000):
        answers.problems["first"] = "Write a number such as 10, or leave it empty for all of them."
    try:
        answers.sound()
        fields = {"definition": after.digest, "was": before.digest, "reason": answers.said("reason")}
        said = acting.built(MoveMany, fields)
    except NotAsItMayBe as wrong:
        return await _preview(request, here, viewer, was, to, None, dict(form), wrong.problems)
    given = str(form.get("bulk_id") or "")
    bulk_id = given if is_id(given) else str(uuid4())
    async with transaction(here.db) as link:
        await definitions.keep(link, after.canonical)
        await bulk.keep_move(link, bulk_id, viewer.staff, said, here.clock(), was, int(first) if first else None)
    log.info("asked to move journeys", bulk_id=bulk_id, staff=viewer.staff, was=was[:12], to=to[:12])
    return await done(request, viewer, f"/bulk/{bulk_id}", await begun(here, bulk_id))


async def _both(here: House, was: str, to: str) -> tuple[Pathway, Pathway]:
    """The rules of both; Refused when they are not two versions of one pathway."""
    before, after = await _rules(here, was), await _rules(here, to)
    if before.id != after.id or before.digest == after.digest:
        raise Refused("conflict", "These are not two versions of one pathway: go on from the list of those in use.")
    return before, after


async def _preview(
    request: Request, here: House, viewer: Viewer, was: str, to: str, after: str | None, given: dict[str, Any],
    problems: Problems,
) -> Response:  # fmt: skip
    before, then = await _both(here, was, to)
    counted = await foretold.running(here.db, was, limit=COUNTED)
    shown = await foretold.running(here.db, was, after=after)
    now = here.clock()
    totals = totals_of(await asyncio.to_thread(_moved, counted.rows, before, then, viewer.staff, now))
    running = next((one.running for one in await definitions.versions(here.db) if one.digest == was), 0)
    known = {
        "was": before,
        "to": then,
        "running": running,
        "totals": totals,
        "rows": await asyncio.to_thread(_moved, shown.rows, before, then, viewer.staff, now),
        "next": shown.next,
        "after": after,
        "fields": [FIRST, REASON],
        "given": {name: text for name, text in given.items() if isinstance(text, str)},
        "problems": problems,
        "bulk_id": str(uuid4()),
        "longest": LONGEST,
        "runs": viewer.may(Action.EXECUTION),
    }
    return await page(request, "definitions-move.html", viewer, 422 if problems else 200, **known)


def _moved(rows: list[Running], was: Pathway, to: Pathway, staff: str, now: datetime) -> list[Moved]:
    return [foretold.moved(one, was, to, staff, now) for one in rows]


def totals_of(rows: list[Moved]) -> Totals:
    """What would change, in numbers."""
    changes = [one.change for one in rows if one.change is not None]
    touched = [one for one in changes if one.moves or one.appears or one.goes or one.late]
    return Totals(
        journeys=len(rows),
        refused=len(rows) - len(changes),
        unchanged=len(changes) - len(touched),
        moves=sum(len(one.moves) for one in changes),
        appears=sum(len(one.appears) for one in changes),
        goes=sum(len(one.goes) for one in changes),
        late=sum(len(one.late) for one in changes),
        stays=sum(len(one.stays) for one in changes),
        told=sum(bool(one.told) for one in changes),
    )
