"""`alongside backup` and `alongside restore`: the embedded services, kept elsewhere and put back."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import Stop
from cli.options import RUNNING, Json

if TYPE_CHECKING:
    from workers.backup import Manifest
    from workers.restoring import Kept

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", show_default=False)]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="The data folder of the embedded services.", show_default=False),
]


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command(rich_help_panel=RUNNING)(backup)
    app.command(rich_help_panel=RUNNING)(restore)


def backup(folder: Folder, data: Data = None, as_json: Json = False) -> None:
    """Copy the embedded records and Temporal into a new folder, while `alongside up` runs or not. Never a key.

    The keys of people are written beside the key ring: copy them to where its copies are, in place of the older ones.
    The backup holds what is known of people: keep it as safe as the records, and all keys apart from it (docs/keys.md).
    """
    from workers.backup import back_up
    from workers.person_keys import own_file
    from workers.settings import load_settings

    settings = load_settings(data_dir=data)
    keys_of_people = settings.person_keys_file or own_file(settings.data_dir)
    manifest = asyncio.run(back_up(settings.data_dir, folder, keys_of_people))
    if as_json:
        typer.echo(manifest.model_dump_json())
        return
    size = sum(file.bytes for file in manifest.files.values())
    typer.echo(f"{folder} has everything as of {manifest.taken_at:%d %b %Y %H:%M:%S} UTC ({size / 1_000_000:.1f} MB).")
    typer.echo(f"The keys are not in it: it opens with {_names(manifest)} alone, kept elsewhere (docs/keys.md),")
    typer.echo(f"and with the keys of people in {keys_of_people}: copy that file now to where the copies of those are,")
    typer.echo("in place of the older one.")


def restore(
    folder: Folder,
    data: Data = None,
    keys: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The keys of the backup. Default: as configured.", show_default=False),
    ] = None,
    erased: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The newest list of who was erased. Default: as set.", show_default=False),
    ] = None,
    no_list: Annotated[bool, typer.Option("--no-list", help="There is no list of who was erased any more.")] = False,
    person_keys: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The newest keys of people. Default: as set.", show_default=False),
    ] = None,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Whoever has no key there any more stays unreadable for good.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Put a backup into a new data folder. Its files, all keys and the list are looked at before anything is written.

    The next `alongside up` erases again whoever is on the list, before there is any page; then it compares each journey
    with the records and mends what differs, before anybody has to ask.
    """
    from workers import erased as listing
    from workers import person_keys as people
    from workers.keys import configured, from_file, load_keys
    from workers.restoring import restore as put_back
    from workers.settings import load_settings

    settings = load_settings(data_dir=data)
    ring = from_file(keys) if keys else load_keys(settings)
    keep = keys is not None and configured(settings) is None
    listed = _kept(erased, settings.erased_file, listing.own_file(settings.data_dir))
    theirs = _kept(person_keys, settings.person_keys_file, people.own_file(settings.data_dir))
    _list_or_none(listed.given, no_list=no_list)
    put = asyncio.run(
        put_back(
            folder.absolute(), settings.data_dir, ring,
            keep_keys=keep, list_of_erased=listed, keys_of_people=theirs, without_keys=without_keys,
        )
    )  # fmt: skip
    taken_at = put.manifest.taken_at
    if as_json:
        told = {"data": str(settings.data_dir), "taken_at": taken_at.isoformat(), "without_key": put.without_key}
        typer.echo(json.dumps(told))
        return
    typer.echo(f"{settings.data_dir} is as it was on {taken_at:%d %b %Y at %H:%M:%S} UTC.")
    if put.without_key:
        typer.echo(f"People who have no key any more, and cannot be read: {put.without_key}.")
    typer.echo("Never run it beside the system that it was taken of: both would tell the same people.")
    typer.echo(f"Start it with `alongside up --data {settings.data_dir}`, then `alongside reconcile` and `verify`.")


def _list_or_none(file: Path | None, *, no_list: bool) -> None:
    """The list of who was erased is given, or it is said that there is none; never neither, and never both."""
    from workers.restoring import HOW

    if file is None and not no_list:
        raise Stop(f"Whoever was erased since this backup was made is in it. {HOW}", 2)
    if file is not None and no_list:
        raise Stop(f"There is a list of who was erased, and it is used: {file}. Leave --no-list out.", 2)


def _kept(given: Path | None, configured: Path | None, own: Path) -> "Kept":
    """What is given, as it is configured, or the data folder's own file where it is there."""
    from workers.restoring import Kept

    return Kept(given or configured or (own if own.exists() else None), configured or own)


def _names(manifest: "Manifest") -> str:
    return " and ".join(key.id for key in manifest.keys) or "any keys"
