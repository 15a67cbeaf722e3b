"""`alongside peer` and `alongside bookings`: who goes with somebody, when they meet, and a worker's contacts."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import PEER_SUPPORT, Json, Which
from cli.reads import read

if TYPE_CHECKING:
    from records.peers import Alone, Assignment, BookedContact
    from records.views import TransitionView
    from workers.client import Pool

NOT_TOLD = {"not_with", "stepped_back"}
"""Whom the person does not want, and who stepped back: that somebody does not go with them is all that is said."""


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    for command in (peer, bookings):
        app.command(rich_help_panel=PEER_SUPPORT)(command)


def peer(transition: Which, as_json: Json = False) -> None:
    """Who goes with somebody and why, who else was considered, what is booked, and what has no time and why."""
    view, goes, waits = _of(transition)
    if not as_json:
        _show(view, goes, waits)
        return
    state = view.journey.peers if view.journey else None
    known = {
        "assignments": [one.model_dump(mode="json") for one in goes],
        "peers": state.model_dump(mode="json", exclude=NOT_TOLD) if state else None,
        "waiting": waits.model_dump(mode="json") if waits else None,
    }
    typer.echo(json.dumps(known))


def _of(transition: str) -> "tuple[TransitionView, list[Assignment], Alone | None]":
    from records import listings, peers

    async def asked(pool: "Pool") -> "tuple[TransitionView, list[Assignment], Alone | None]":
        view = await listings.transition(pool, transition)
        return view, await peers.assignments(pool, view.id), await peers.alone(pool, view.id)

    return read(asked)


def show_company(transition: str) -> None:
    """Print who goes with somebody and why, or why nobody does, and everybody who was considered."""
    from cli import peer_words

    view, goes, waits = _of(transition)
    if view.journey is not None:
        _print(peer_words.company(view.journey, goes, waits))


def _show(view: "TransitionView", goes: "list[Assignment]", waits: "Alone | None") -> None:
    from cli import peer_words

    typer.echo(f"{view.name} ({view.local_id})")
    if view.journey is None:
        typer.echo("  Not followed yet: give `alongside start` again.")
        return
    _print(peer_words.company(view.journey, goes, waits))
    _print(peer_words.asked_for(view.journey))
    _print(peer_words.times(view.journey, datetime.now(UTC)))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(f"  {line}")


def bookings(
    staff: Annotated[str, typer.Argument(metavar="STAFF", help="Whose contacts.")],
    weeks: Annotated[int, typer.Option(min=1, max=26, help="How many weeks, from today on.")] = 2,
    as_json: Json = False,
) -> None:
    """A worker's contacts: when, where, with whom, and who else comes."""
    from cli import peer_words
    from planner.clock import local_day, midnight
    from records import peers
    from records.actors import member

    first = local_day(datetime.now(UTC))

    async def asked(pool: "Pool") -> "list[BookedContact]":
        await member(pool, staff)
        return await peers.contacts_of(pool, staff, midnight(first), midnight(first + timedelta(weeks=weeks)))

    found = read(asked)
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found]))
        return
    if not found:
        typer.echo(f"Nothing is booked for {staff} in the next {'week' if weeks == 1 else f'{weeks} weeks'}.")
    for one in found:
        typer.echo(peer_words.contact(one))
