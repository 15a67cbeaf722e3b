"""`alongside feed`: a worker's private calendar feed."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import PEOPLE, Json
from cli.reads import read

if TYPE_CHECKING:
    from workers.settings import Settings

Staff = Annotated[str, typer.Argument(metavar="STAFF", help="Whose calendar: an id of the staff list.")]


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    feed = typer.Typer(help="A worker's private calendar feed.", no_args_is_help=True)
    for name, command in (("create", create), ("revoke", revoke), ("show", show)):
        feed.command(name)(command)
    app.add_typer(feed, name="feed", rich_help_panel=PEOPLE)


def create(staff: Staff, as_json: Json = False) -> None:
    """Make a worker's feed, and show its address: now, and never again."""
    from records import feeds
    from workers.settings import load_settings

    address = f"{_base(load_settings())}/feeds/{read(lambda pool: feeds.create(pool, staff))}.ics"
    if as_json:
        typer.echo(json.dumps({"staff": staff, "address": address}))
        return
    typer.echo(f"The calendar of {staff}, initials and places only:\n{address}")
    typer.echo("Whoever has this address can read it, and it is not shown again: give it to them alone.")


def revoke(staff: Staff, as_json: Json = False) -> None:
    """End a worker's feed: its address opens nothing from now on."""
    from records import feeds

    read(lambda pool: feeds.revoke(pool, staff))
    if as_json:
        typer.echo(json.dumps({"staff": staff, "revoked": True}))
    else:
        typer.echo(f"Revoked: the address of {staff}'s calendar opens nothing any more.")


def show(staff: Staff, as_json: Json = False) -> None:
    """Whether a worker has a feed, since when, and the ones before; never an address."""
    from planner import words
    from records import feeds

    found = read(lambda pool: feeds.feeds_of(pool, staff))
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found]))
        return
    for one in found:
        until = f"revoked {words.moment(one.revoked_at)}" if one.revoked_at else "it can be read"
        typer.echo(f"made {words.moment(one.created_at)}, {until}")
    if not found:
        typer.echo(f"{staff} has no feed: make one with `alongside feed create {staff}`.")


def _base(settings: "Settings") -> str:
    """Where the door is: as set, else where `alongside up` on this data folder has it."""
    from workers.client import running

    embedded = running(settings.data_dir)
    if "public_url" in settings.model_fields_set or embedded is None or embedded.web_url is None:
        return settings.public_url
    return embedded.web_url
