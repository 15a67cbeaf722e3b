"""What one thing done for many would do to each, before it is done: what changes, who hears of it, or why not."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from planner import many
from planner.journey import decide
from planner.preview import Preview, difference, preview
from planner.refused import Refused
from records import access, actors, definitions, listings, notices, roles
from records.bulk import Asked
from records.database import Database, connected
from records.errors import RecordsError
from records.listings import place_after
from records.views import Page, TransitionView
from records.word import recipients, word
from schemas.base import Stored
from schemas.bulk import AnswerMany, AnyMany, OfferMany
from schemas.codes import Role
from schemas.command import Actor, AnyCommand, MoveDefinition
from schemas.commit import Commit, Said
from schemas.journey import Journey
from schemas.pathway import Pathway
from schemas.staff import StaffMember

FORETOLD_ID = "foretold"
LIMIT = 50
"""Journeys of a page of what a move would change."""

RUNNING = """
-- The open journeys that run by a definition, the next date first.
SELECT t.id::text AS id, p.local_id, t.team, readable(t.id, t.journey) AS journey,
    coalesce(t.next_due, 'infinity') AS next
FROM transitions t JOIN people p ON p.id = t.person_id
WHERE t.definition = $1 AND t.status = 'open' AND (coalesce(t.next_due, 'infinity'), t.id) > ($2, $3)
ORDER BY coalesce(t.next_due, 'infinity'), t.id LIMIT $4
"""


class Foretold(NamedTuple):
    """What would be done for one of the many: who would hear of it, by staff id, or why it would be refused."""

    asked: Asked
    view: TransitionView | None = None
    change: Preview | None = None
    hear: tuple[str, ...] = ()
    refused: str | None = None


async def foretell(
    db: Database, by: StaffMember, said: AnyMany, items: Sequence[Asked], now: datetime
) -> list[Foretold]:
    """What it would do for each, in their order. Nothing is read of anybody whom `by` may not see."""
    ids = {one.transition_id for one in items if one.transition_id}
    seen = await access.whole(db, by.id, by.role, by.team, ids, now)
    if isinstance(said, OfferMany):
        await actors.member(db, said.to)
    return [await _foretold(db, by, said, one, seen, now) for one in items]


async def _foretold(
    db: Database, by: StaffMember, said: AnyMany, one: Asked, seen: dict[str, access.Seen], now: datetime
) -> Foretold:
    if one.transition_id is None or one.transition_id not in seen:
        return Foretold(one, refused=many.NOT_SEEN)
    view = await listings.transition(db, one.transition_id)
    if one.why is not None:
        return Foretold(one, view, refused=one.why)
    if view.journey is None or view.definition is None:
        return Foretold(one, view, refused="This transition is entered and has not begun yet.")
    try:
        actor = await actors.acting(db, by.id, view.journey, answers=isinstance(said, AnswerMany))
        command = many.command(said, FORETOLD_ID, now, actor, one.step, "")
        change, hear = await _meant(db, view, Pathway.parse_canonical(view.definition), view.journey, command)
    except (Refused, RecordsError) as why:
        return Foretold(one, view, refused=why.message)
    return Foretold(one, view, change, hear)


async def _meant(
    db: Database, view: TransitionView, pathway: Pathway, journey: Journey, command: AnyCommand
) -> tuple[Preview, tuple[str, ...]]:
    """What a command would change, and exactly whom its commit would tell."""
    after, events = decide(pathway, journey, command)
    said = Said(id=command.id, do=command.do, staff=command.by.staff, at=command.at)
    commit = Commit(journey=after, events=events, at=command.at, said=said)
    async with connected(db) as link:
        directory = await roles.directory(link, command.at)
        told = notices.told(commit, view.team, directory)
        told += await word(link, commit, view.team, directory, journey.coordinator)
    return difference(journey, after, events), tuple(one.staff for one in recipients(told) if one.staff)


class Moved(Stored):
    """What a move to another definition would change of one journey, or why it would be refused. Work, no person."""

    id: str
    local_id: str
    team: str
    change: Preview | None = None
    refused: str | None = None
    titles: dict[str, str] = {}


class Running(Stored):
    """An open journey, as the records have it."""

    id: str
    local_id: str
    team: str
    journey: str


async def running(db: Database, digest: str, *, limit: int = LIMIT, after: str | None = None) -> Page[Running]:
    """The open journeys that run by a definition, the next date first."""
    place = place_after(after, (datetime.fromisoformat, UUID), (listings.BEFORE_ALL, listings.NO_ID))
    async with connected(db) as link:
        rows = await link.fetch(RUNNING, digest, *place, limit + 1)
    return listings.page_of(Running, rows, limit, lambda row: (row["next"], row["id"]))


def moved(one: Running, was: Pathway, to: Pathway, staff: str, now: datetime) -> Moved:
    """What the move would change of one journey, by where the records say that it stands."""
    journey = Journey.model_validate_json(one.journey)
    by = Actor(role=Role.OPERATIONS, staff=staff)
    found = Moved(id=one.id, local_id=one.local_id, team=one.team)
    try:
        change = preview(was, journey, MoveDefinition(id=FORETOLD_ID, at=now, by=by, definition=to.canonical))
    except Refused as why:
        return found.model_copy(update={"refused": why.message})
    titles = {step.id: step.title for step in journey.steps.values()} | {rule.id: rule.title for rule in to.steps}
    return found.model_copy(update={"change": change, "titles": titles})


async def rules(db: Database, digest: str) -> Pathway:
    """The rules of a definition that the records have; RecordsError when they do not."""
    async with connected(db) as link:
        text = await definitions.canonical(link, digest)
    if text is None:
        raise RecordsError("not-found", "The records have no such definition: go on from the list of those in use.")
    return Pathway.parse_canonical(text)
