"""`alongside handover`: from one coordinator to another, offered and then accepted or declined."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import dates
from cli.options import STEERING, As, Asking, Id, Json, Reason, Which

if TYPE_CHECKING:
    from schemas.command import Command


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    group = typer.Typer(no_args_is_help=True, help="Hand a transition over to another coordinator.")
    for command in (offer, accept, decline, withdraw):
        group.command()(command)
    app.add_typer(group, name="handover", rich_help_panel=STEERING)


def offer(
    transition: Which,
    to: Annotated[str, typer.Option(metavar="STAFF", help="Who is asked to take it on.")],
    answer_by: Annotated[str, typer.Option(metavar="WHEN", help="A day alone counts to its end.")],
    overlap_until: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="Until then both are told. A day alone counts to its end."),
    ] = None,
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Offer it to somebody, who answers by a date. Silence is never a yes."""
    from schemas.command import OfferHandover

    asking = Asking(by, reason, command_id, as_json)
    until = dates.ends("--overlap-until", overlap_until, asking.now) if overlap_until is not None else None
    answer = dates.ends("--answer-by", answer_by, asking.now)
    _act(transition, asking, OfferHandover, to=to, answer_by=answer, overlap_until=until)


def accept(
    transition: Which, by: As = None, reason: Reason = None, command_id: Id = None, as_json: Json = False
) -> None:
    """Take it on: you are its coordinator from now on."""
    from schemas.command import AnswerHandover

    _act(transition, Asking(by, reason, command_id, as_json), AnswerHandover, accept=True)


def decline(
    transition: Which, by: As = None, reason: Reason = None, command_id: Id = None, as_json: Json = False
) -> None:
    """Do not take it on; say why with --reason."""
    from schemas.command import AnswerHandover

    _act(transition, Asking(by, reason, command_id, as_json), AnswerHandover, accept=False)


def withdraw(
    transition: Which, by: As = None, reason: Reason = None, command_id: Id = None, as_json: Json = False
) -> None:
    """Take the offer back."""
    from schemas.command import WithdrawHandover

    _act(transition, Asking(by, reason, command_id, as_json), WithdrawHandover)


def _act(transition: str, asking: Asking, model: "type[Command]", **fields: Any) -> None:
    from cli.sending import act

    act(transition, asking, model, **fields)
