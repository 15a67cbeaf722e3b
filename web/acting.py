"""How a page or the API sends a command: who asks is known, what is wrong is said field by field."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar
from uuid import uuid4

from pydantic import BaseModel, ValidationError
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError

from planner import told
from planner.preview import Preview, preview
from records import experience, listings, measuring
from records.actors import acting, member
from schemas import command as says
from schemas.command import AnyCommand, Receipt
from schemas.pathway import Pathway
from web.forms import NotAsItMayBe
from web.house import House
from web.viewer import Opened
from workers.client import never_reached
from workers.transitions import send

PATIENCE = 30.0
"""How many seconds a page waits for an answer, at most."""
Model = TypeVar("Model", bound=BaseModel)
Answer = TypeVar("Answer")


class NoAnswer(Exception):
    """It may be recorded or not: the same command, sent again under its id, is done once."""

    def __init__(self, command_id: str) -> None:
        super().__init__(
            "No answer came in time. It may be recorded or not: look at the history, then send it again. "
            "Sent twice, it is done once."
        )
        self.command_id = command_id


class Unreachable(NoAnswer):
    """Temporal was not there at all, so nothing was sent."""

    def __init__(self, command_id: str) -> None:
        super().__init__(command_id)
        self.args = ("The service that follows people cannot be reached, so this was not sent. Try again soon.",)


def built(model: type[Model], said: dict[str, Any]) -> Model:
    """A model of what was said; NotAsItMayBe with a sentence for each field that is wrong."""
    try:
        return model.model_validate(said)
    except ValidationError as error:
        raise NotAsItMayBe(dict(_sentence(detail) for detail in error.errors())) from None


def _sentence(detail: Any) -> tuple[str, str]:
    name = next((part for part in reversed(detail["loc"]) if isinstance(part, str)), "")
    if detail["type"] == "value_error":
        said = detail["msg"].removeprefix("Value error, ")
        return name, f"{said[0].upper()}{said[1:]}."
    if detail["type"] in ("missing", "none_required") or detail.get("input") in ("", None):
        return name, f"Say {name.replace('_', ' ') or 'more'}."
    return name, f"{name.replace('_', ' ').capitalize() or 'This'}: {detail['msg'][0].lower()}{detail['msg'][1:]}."


async def command(
    here: House, opened: Opened, model: type[says.Command], command_id: str | None = None, **fields: Any
) -> AnyCommand:
    """A command of whoever opened the person. NotAsItMayBe or Refused when it cannot be said."""
    answers = model is says.AnswerHandover
    by = await acting(here.db, opened.viewer.staff, opened.view.journey, answers=answers)
    now = here.clock()
    about = {"id": command_id or str(uuid4()), "at": now, "by": by}
    if fields.get("scores"):
        at = fields.get("done_at") or now
        fields["scores"] = await measuring.scored(here.db, opened.view.id, fields["scores"], at)
    said: AnyCommand = built(model, about | fields)  # type: ignore[assignment]  # every model that is given is one
    for staff in named(said):
        await member(here.db, staff)  # a commit would take any id
    return said


def named(command: AnyCommand) -> list[str]:
    """The members of staff whom a command names beside whoever gives it."""
    match command:
        case says.OfferHandover(to=staff) | says.StepBack(staff=staff):
            return [staff]
        case says.AssignPeerWorker(staff=str(staff)):
            return [staff]
        case says.Wish():
            return [staff for staff in (command.asked_for, command.not_with) if staff is not None]
    return []


async def do(here: House, opened: Opened, said: AnyCommand, apart: Mapping[str, str] | None = None) -> str:
    """Send a command and wait until it is recorded; answers what was recorded, in a sentence. Raises Refused.

    `apart` are anonymous answers, by measure: they are counted, and the command does not have them.
    """
    receipt = await sent(here, opened.view.id, said)
    await experience.count(here.db, opened.view.id, receipt.revision, apart or {}, receipt.at)
    after = await listings.transition(here.db, opened.view.id)
    if after.journey is None or after.definition is None:
        return "Recorded."
    pathway = Pathway.parse_canonical(after.definition)
    return f"Recorded: {told.recorded(pathway, opened.journey, after.journey, said)}."


async def sent(here: House, transition_id: str, said: AnyCommand) -> Receipt:
    """The receipt of a command that is recorded. NoAnswer when none comes; Refused when it cannot be.

    What the records know already is sent all the same: whoever follows the person may have lost it on its way, when
    Temporal stopped at that moment, and would not be there when what it asks for falls due.
    """
    return await answered(send(here.temporal, transition_id, said, here.db), said.id)


async def answered(sending: Awaitable[Answer], command_id: str) -> Answer:
    """The answer to what is being sent. NoAnswer when none comes in time; Refused when it cannot be done."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await sending
    except (TimeoutError, RPCError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
        raise NoAnswer(command_id) from error
    except RuntimeError as error:
        if not never_reached(error):
            raise
        raise Unreachable(command_id) from error


def foretold(opened: Opened, said: AnyCommand) -> Preview:
    """What a command would change, by where the records say that the person stands. Refused when it would be."""
    return preview(opened.pathway, opened.journey, said)
