"""The commands of peer support: what the person asked for, who goes with them, and when their contacts are."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import dates
from cli.errors import Stop
from cli.options import PEER_SUPPORT, As, Asking, Id, Json, Reason, Step, Which

if TYPE_CHECKING:
    from cli.sending import Case


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    for command in (assign, wishes, accept_person, step_back, book, cancel_booking):
        app.command(rich_help_panel=PEER_SUPPORT)(command)


def wishes(
    transition: Which,
    wish: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND:WISH",
            help="Such as language:ur, gender:female, times:evening; several times. In place of those before; "
            "`clear` takes them away.",
        ),
    ] = None,
    asked_for: Annotated[str | None, typer.Option(metavar="STAFF", help="A worker they would like to have.")] = None,
    not_with: Annotated[
        str | None, typer.Option(metavar="STAFF", help="A worker they would not: that always holds.")
    ] = None,
    by: As = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Record what the person asked for of a peer worker. Only what they said, never what somebody thinks."""
    from cli import values
    from cli.sending import act
    from schemas.command import Wish

    if not wish and asked_for is None and not_with is None:
        raise Stop("Say what the person asked for: --wish KIND:WISH, --asked-for STAFF or --not-with STAFF.", 2)

    def said(case: "Case") -> dict[str, Any]:
        return {"wishes": values.wishes(case.pathway, wish) if wish else None}

    asking = Asking(by, None, command_id, as_json)
    act(transition, asking, Wish, said, asked_for=asked_for, not_with=not_with)


def assign(
    transition: Which,
    staff: Annotated[
        str | None, typer.Option(metavar="STAFF", help="Who it should be, with a --reason. Default: by the rules.")
    ] = None,
    at_once: Annotated[bool, typer.Option("--at-once", help="Without a contact with both workers first.")] = False,
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Find a peer worker for somebody, or say who it should be. Answers who goes, why, and who else was considered."""
    from cli.peer_reads import show_company
    from cli.sending import act
    from schemas.command import AssignPeerWorker

    if staff is None and (at_once or reason):
        raise Stop("--reason and --at-once go with --staff: without it the rules choose, and say why themselves.", 2)
    act(transition, Asking(by, reason, command_id, as_json), AssignPeerWorker, staff=staff, at_once=at_once)
    if not as_json:
        show_company(transition)


def accept_person(transition: Which, by: As = None, command_id: Id = None, as_json: Json = False) -> None:
    """You have met the person together with their worker: you go with them from now on."""
    from cli.sending import act
    from schemas.command import AcceptPerson

    act(transition, Asking(by, None, command_id, as_json), AcceptPerson)


def step_back(
    transition: Which,
    staff: Annotated[str | None, typer.Option(metavar="STAFF", help="Who steps back. Default: who says so.")] = None,
    by: As = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Step back from a person. Nobody asks why; somebody else gets to know them first, where there is somebody."""
    from cli.sending import act, actor
    from schemas.command import StepBack

    asking = Asking(by, None, command_id, as_json)
    act(transition, asking, StepBack, staff=staff or actor(asking))


def book(
    transition: Which,
    step: Step,
    at: Annotated[
        str | None, typer.Option(metavar="WHEN", help="When it begins. Default: the earliest there is.")
    ] = None,
    not_before: Annotated[
        str | None, typer.Option(metavar="WHEN", help="The earliest from then on: they asked for another day.")
    ] = None,
    minutes: Annotated[int | None, typer.Option(help="How long. Default: the team's usual.")] = None,
    place: Annotated[
        str | None, typer.Option(help="ward, community, home, clinic, telephone or video. Default: where they are.")
    ] = None,
    over_hours: Annotated[
        bool, typer.Option("--over-hours", help="Beyond the hours of the week: a team lead's, with a --reason.")
    ] = False,
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Give a peer worker's contact a time; booked already, it moves."""
    from cli.sending import act
    from schemas.command import BookContact

    asking = Asking(by, reason, command_id, as_json)
    act(
        transition,
        asking,
        BookContact,
        step=step,
        starts=dates.begins("--at", at, asking.now) if at is not None else None,
        not_before=dates.begins("--not-before", not_before, asking.now) if not_before is not None else None,
        minutes=minutes,
        place=place,
        over_hours=over_hours,
    )


def cancel_booking(
    transition: Which, step: Step, by: As = None, reason: Reason = None, command_id: Id = None, as_json: Json = False
) -> None:
    """A contact loses its time. It stays to be done; say why with --reason."""
    from cli.sending import act
    from schemas.command import CancelBooking

    act(transition, Asking(by, reason, command_id, as_json), CancelBooking, step=step)
