"""How a command is sent: who asks is looked up, it is sent, and what was recorded is told in one sentence."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from uuid import uuid4

import typer

from cli.errors import Stop
from cli.options import Asking

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    from records.views import TransitionView
    from schemas.command import AnyCommand, Command, Receipt
    from schemas.journey import Journey
    from schemas.pathway import Pathway
    from workers.client import Pool

T = TypeVar("T")

NAMES = {
    "local_id": "--local-id: letters, digits and _ . / - only, at most 40 of them, beginning with a letter or digit.",
    "given_name": "--given-name: between 1 and 200 characters, please.",
    "family_name": "--family-name: between 1 and 200 characters, please.",
    "stands_in": "--by: an id of the staff list has letters, digits and _ . @ - only.",
    "step": "The name of a step has lower-case letters, digits and hyphens, such as call-gp.",
    "id": "--id: letters, digits and _ . : - only, at most 80 of them, beginning with a letter or digit.",
    "staff": "--as and --staff: an id of the staff list has letters, digits and _ . @ - only.",
    "asked_for": "--asked-for: an id of the staff list has letters, digits and _ . @ - only.",
    "not_with": "--not-with: an id of the staff list has letters, digits and _ . @ - only.",
    "wishes": "--wish is written kind:wish, such as language:ur or times:evening.",
    "minutes": "--minutes: between 5 and 480, please.",
    "to": "--to: an id of the staff list has letters, digits and _ . @ - only.",
    "reason": "--reason: between 1 and 1000 characters, please.",
    "title": "TITLE: between 3 and 120 characters, please.",
}
"""What to say of a field that is not as it may be."""


PATIENCE = 60.0
"""How many seconds a person waits for an answer, at most."""


class Case(NamedTuple):
    """A transition that is acted on: as the records know it, with its journey and its rules."""

    view: "TransitionView"
    journey: "Journey"
    pathway: "Pathway"


def act(
    which: str,
    asking: Asking,
    model: "type[Command]",
    said: Callable[[Case], dict[str, Any]] | None = None,
    **fields: Any,
) -> None:
    """Send a command and tell what came of it; `said` are fields that depend on the transition."""
    asyncio.run(_act(which, asking, model, said or (lambda _: {}), fields))


async def _act(
    which: str,
    asking: Asking,
    model: "type[Command]",
    said: Callable[[Case], dict[str, Any]],
    fields: dict[str, Any],
) -> None:
    from cli.connections import everything
    from planner.refused import Refused
    from records import commit, experience
    from records.errors import RecordsError
    from workers.transitions import send

    who = actor(asking)
    async with everything() as (_, client, pool):
        case = await _case(pool, which)
        known = await commit.receipt(pool, case.view.id, asking.command_id) if asking.command_id else None
        if known is not None:
            with suppress(Refused, RecordsError):  # it is recorded; that whoever follows them knows is made sure
                command = await _command(pool, case, asking, who, model, fields | said(case))
                await answered(send(client, case.view.id, command, pool), command.id)
            await _tell(pool, asking, case, None, known)
            return
        told = fields | said(case)
        command = await _command(pool, case, asking, who, model, told)
        if asking.preview:
            _foretell(asking, case, command)
            return
        receipt = await answered(send(client, case.view.id, command, pool), command.id)
        apart = experience.apart(told.get("scores"))
        await experience.count(pool, case.view.id, receipt.revision, apart, receipt.at)
        await _tell(pool, asking, case, command, receipt)


async def answered(sent: "Awaitable[T]", command_id: str) -> T:
    """The answer to what was sent; Stop when none comes, because it may be recorded all the same."""
    from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
    from temporalio.service import RPCError

    try:
        async with asyncio.timeout(PATIENCE):
            return await sent
    except (TimeoutError, RPCError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
        raise Stop(
            "No answer came, and it may be recorded or not. See whether a worker runs (`alongside doctor`), "
            f"then give the same command again with --id {command_id}: it is done once."
        ) from error


def actor(asking: Asking) -> str:
    """The id of whoever asks; Stop when nobody says it."""
    if not (asking.by and asking.by.strip()):
        raise Stop("Say who is acting: --as STAFF, or set ALONGSIDE_AS.", 2)
    return asking.by.strip()


def built(model: "type[BaseModel]", said: dict[str, Any]) -> Any:
    """A model of what was said; Stop with a sentence for each field that is not as it may be."""
    from pydantic import ValidationError

    try:
        return model.model_validate(said)
    except ValidationError as error:
        raise Stop("\n".join(dict.fromkeys(_sentences(error))), 2) from None


def _sentences(error: "ValidationError") -> list[str]:
    found = []
    for detail in error.errors():
        name = next((part for part in reversed(detail["loc"]) if isinstance(part, str)), "")
        if detail["type"] == "value_error":
            message = detail["msg"].removeprefix("Value error, ")
            found.append(f"{message[0].upper()}{message[1:]}.")
        else:
            found.append(NAMES.get(name) or f"{name.replace('_', ' ') or 'this'}: {detail['msg'].lower()}.")
    return found


async def _case(pool: "Pool", which: str) -> Case:
    from planner.refused import Refused
    from records.listings import transition
    from schemas.pathway import Pathway

    view = await transition(pool, which)
    if view.journey is None or view.definition is None:
        raise Refused("conflict", "This transition is registered and has not begun: give `alongside start` again.")
    return Case(view, view.journey, Pathway.parse_canonical(view.definition))


async def _command(
    pool: "Pool", case: Case, asking: Asking, who: str, model: "type[Command]", fields: dict[str, Any]
) -> "AnyCommand":
    from records.actors import acting, member
    from records.measuring import scored
    from schemas.command import AnswerHandover

    if fields.get("scores"):
        at = fields.get("done_at") or asking.now
        fields = fields | {"scores": await scored(pool, case.view.id, fields["scores"], at)}
    by = await acting(pool, who, case.journey, answers=model is AnswerHandover)
    about = {"id": asking.command_id or str(uuid4()), "at": asking.now, "by": by, "reason": asking.reason}
    command: AnyCommand = built(model, about | fields)
    for staff in _named(command):
        await member(pool, staff)  # a commit would take any id
    return command


def _named(command: "AnyCommand") -> list[str]:
    """The members of staff whom a command names beside whoever gives it."""
    from schemas import command as says

    match command:
        case says.OfferHandover(to=staff) | says.StepBack(staff=staff):
            return [staff]
        case says.AssignPeerWorker(staff=str(staff)):
            return [staff]
        case says.Wish():
            return [staff for staff in (command.asked_for, command.not_with) if staff is not None]
    return []


def _foretell(asking: Asking, case: Case, command: "AnyCommand") -> None:
    from planner.preview import preview

    found = preview(case.pathway, case.journey, command)
    if asking.as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    typer.echo("Nothing is changed. It would mean:")
    for line in found.words():
        typer.echo(f"  {line}")


async def _tell(pool: "Pool", asking: Asking, before: Case, command: "AnyCommand | None", receipt: "Receipt") -> None:
    from planner import told, words

    if asking.as_json:
        show_receipt(receipt)
        return
    after = await _case(pool, receipt.transition_id)
    if command is None:
        said = f"This was recorded already, on {words.moment(receipt.at)}."
    else:
        said = f"Recorded: {told.recorded(after.pathway, before.journey, after.journey, command)}."
    typer.echo(f"{said} {told.next_wait(after.pathway, after.journey)}")


def show_receipt(receipt: "Receipt") -> None:
    """Print a receipt as JSON."""
    typer.echo(receipt.model_dump_json())
