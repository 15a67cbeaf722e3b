"""One transition: opened as far as whoever the machine acts as may, and the commands for it."""

import contextlib
import hashlib
import json
import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel

from pathways import loader
from planner.policy import Scope, Sight
from planner.preview import Preview
from planner.refused import Refused
from records import commit, definitions, experience, known, listings, machines
from records.database import connected
from records.errors import RecordsError
from records.views import HistoryRow, Page
from schemas.command import AnyCommand, Receipt
from web import acting
from web.api import asked, body, shown
from web.api.machine import In, page
from web.house import House
from web.viewer import House_, Opened, Viewer, opened

router = APIRouter(prefix="/transitions/{transition_id}")

Reader = Annotated[Viewer, Depends(In(Scope.READ_PEOPLE))]
Writer = Annotated[Viewer, Depends(In(Scope.WRITE_COMMANDS))]
Limit = Annotated[int, Query(ge=1, le=200, description="Rows, at most.")]
After = Annotated[str | None, Query(max_length=500, description="The `next` of the page before.")]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}$",
        description="Made up by you, a UUID for example: sent again under the same key, the same is done once.",
    ),
]
_TAG = re.compile(r'"(\d{1,9})"')
NO_REVISION = -1
"""What no transition ever stands at."""


class Foretold(BaseModel):
    """What a command would do; nothing was changed."""

    preview: Preview
    words: list[str]


@router.get("", summary="Open a person")
async def transition(
    request: Request, here: House_, viewer: Reader, transition_id: UUID, answer: Response
) -> shown.Person:
    """Where somebody's transition stands, as far as whoever the token acts as sees them. Each look is kept."""
    found = await opened(here, viewer, str(transition_id), page(request, "transition"), Sight.SHARED)
    answer.headers["ETag"] = f'"{found.view.revision}"'
    return shown.person(found, await known.read(here.db, found.view.id))


@router.get("/history", summary="What happened")
async def history(
    request: Request, here: House_, viewer: Reader, transition_id: UUID, limit: Limit = 100, after: After = None
) -> Page[HistoryRow]:
    """Everything that happened, from the beginning: when, who said so and why. For those who see the whole person."""
    found = await opened(here, viewer, str(transition_id), page(request, "history"), Sight.WHOLE)
    return await listings.history(here.db, found.view.id, limit=limit, after=after)


@router.get("/waits", summary="What is waited for")
async def waits(request: Request, here: House_, viewer: Reader, transition_id: UUID) -> list[shown.Wait]:
    """What the transition waits for, in words: what is late first, then by date."""
    found = await opened(here, viewer, str(transition_id), page(request, "waits"), Sight.SHARED)
    return shown.waits(found, await known.read(here.db, found.view.id))


@router.post("/commands", summary="Give a command")
async def give(
    request: Request,
    here: House_,
    viewer: Writer,
    transition_id: UUID,
    key: Key,
    if_match: Annotated[
        str | None, Header(max_length=200, description="The ETag that you have read: refused when it has changed.")
    ] = None,
    preview: Annotated[bool, Query(description="Say what it would do, and change nothing.")] = False,
) -> Receipt | Foretold:
    """Record what was done or decided; the field `do` says which command it is.

    It is recorded as said by whoever the token acts as, in the role that they have towards this person. `preview` is
    for those who see the whole person.
    """
    said = await body.read(request, asked.COMMAND, tags=1)
    _nothing_anonymous(said)
    least = Sight.WHOLE if preview else Sight.SHARED
    found = await opened(here, viewer, str(transition_id), page(request, f"command {said.do}"), least)
    if preview:
        command = await _command(here, found, said, key, if_match)
        foretold = acting.foretold(found, command)
        return Foretold(preview=foretold, words=foretold.words())
    receipt = await repeated(here, viewer, found.view.id, key, said)
    if receipt is not None:
        with contextlib.suppress(Refused, RecordsError):  # it is recorded; that whoever follows them knows is made sure
            await _sent(here, found, said, key, if_match)
        return receipt
    return await _sent(here, found, said, key, if_match)


async def _sent(here: House, found: Opened, said: Any, key: str, if_match: str | None) -> Receipt:
    """Send it as it was said under this key first: sent twice it is the same twice, whichever of the two arrives."""
    command = await _command(here, found, said, key, if_match)
    kept = await machines.say(here.db, found.view.id, key, digest(found.viewer, said), here.clock())
    same(kept, found.viewer, said)
    return await acting.sent(here, found.view.id, command.model_copy(update={"at": kept.at}))


def _nothing_anonymous(said: Any) -> None:
    """What is sent is remembered under its key, so an answer that nobody is to be known by cannot be in it."""
    if named := sorted(experience.apart(getattr(said, "scores", None))):
        raise Refused(
            "invalid",
            f"{named[0]} is anonymous, and its answer is not taken here: leave it out, and let whoever asks it enter "
            "it on the page of the step.",
        )


async def _command(here: House, found: Opened, said: Any, key: str, if_match: str | None) -> AnyCommand:
    """The command as people give it too, by whoever the machine acts as."""
    fields: dict[str, Any] = said.model_dump(exclude_unset=True, exclude={"do"})
    if isinstance(said, asked.MoveDefinition):
        fields["definition"] = await _definition(here, fields.pop("digest"))
    if (seen := revision(if_match, found.view.revision)) is not None:
        fields["if_revision"] = seen
    return await acting.command(here, found, asked.COMMANDS[said.do], command_id=key, **fields)


def revision(if_match: str | None, now: int) -> int | None:
    """The revision that has been seen; None when that does not matter. Of several, the one that is `now` counts."""
    if if_match is None or if_match.strip() == "*":
        return None
    seen = [int(tag) for part in if_match.split(",") for tag in _TAG.findall(part) if _TAG.fullmatch(part.strip())]
    return now if now in seen else seen[0] if seen else NO_REVISION


async def _definition(here: House, digest: str) -> str:
    """The text of a version of the rules."""
    for pathway in map(loader.find, loader.shipped()):
        if pathway.digest == digest:
            return pathway.canonical
    async with connected(here.db) as link:
        text = await definitions.canonical(link, digest)
    if text is None:
        raise Refused("not-found", "No version of a pathway has that digest: take one that /pathways lists.")
    return text


async def repeated(here: House, viewer: Viewer, about: str, key: str, said: BaseModel) -> Receipt | None:
    """The receipt, when this was recorded under its key before. Refused when the key was for something else."""
    before = await machines.said(here.db, about, key)
    receipt = await commit.receipt(here.db, about, key)
    if before is not None:
        same(before, viewer, said)
    elif receipt is not None:
        raise other()  # somebody recorded something else under this very id
    return receipt


def same(before: machines.Said, viewer: Viewer, said: BaseModel) -> None:
    """Refused unless what was said under a key is what is said now."""
    if before.digest != digest(viewer, said):
        raise other()


def other() -> Refused:
    """The refusal of a key that was used for something else."""
    return Refused(
        "invalid", "This Idempotency-Key was used for something else already: make up a new one for each thing."
    )


def digest(viewer: Viewer, said: BaseModel) -> bytes:
    """What is kept of what was said, and by whom: the same for the same meaning."""
    told = said.model_dump(mode="json", exclude_unset=True)
    return hashlib.sha256(json.dumps([viewer.staff, told], sort_keys=True).encode()).digest()
