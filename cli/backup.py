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
    """Copy the embedded records and Temporal into a new folder, while `alongside up` runs or not. Never the keys.

    It holds what is known of people: keep it as safe as the records, and the keys apart from it (docs/keys.md).
    """
    from workers.backup import back_up
    from workers.settings import load_settings

    manifest = asyncio.run(back_up(load_settings(data_dir=data).data_dir, folder))
    if as_json:
        typer.echo(manifest.model_dump_json())
        return
    size = sum(file.bytes for file in manifest.files.values())
    typer.echo(f"{folder} has everything as of {manifest.taken_at:%d %b %Y %H:%M:%S} UTC ({size / 1_000_000:.1f} MB).")
    typer.echo(f"The keys are not in it: it opens with {_names(manifest)} alone, kept elsewhere (docs/keys.md).")


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
    as_json: Json = False,
) -> None:
    """Put a backup into a new data folder. Its files, the keys and the list are looked at before anything is written.

    The next `alongside up` erases again whoever is on the list, before there is any page; then it compares each journey
    with the records and mends what differs, before anybody has to ask.
    """
    from workers.erased import own_file
    from workers.keys import configured, from_file, load_keys
    from workers.restoring import HOW
    from workers.restoring import restore as put_back
    from workers.settings import load_settings

    settings = load_settings(data_dir=data)
    ring = from_file(keys) if keys else load_keys(settings)
    keep = keys is not None and configured(settings) is None
    there = own_file(settings.data_dir)
    listed = erased or settings.erased_file or (there if there.exists() else None)
    if listed is None and not no_list:
        raise Stop(f"Whoever was erased since this backup was made is in it. {HOW}", 2)
    if listed is not None and no_list:
        raise Stop(f"There is a list of who was erased, and it is used: {listed}. Leave --no-list out.", 2)
    manifest = put_back(
        folder, settings.data_dir, ring, keep_keys=keep, erased=listed, erased_into=settings.erased_file or there
    )
    if as_json:
        typer.echo(json.dumps({"data": str(settings.data_dir), "taken_at": manifest.taken_at.isoformat()}))
        return
    typer.echo(f"{settings.data_dir} is as it was on {manifest.taken_at:%d %b %Y at %H:%M:%S} UTC.")
    typer.echo("Never run it beside the system that it was taken of: both would tell the same people.")
    typer.echo(f"Start it with `alongside up --data {settings.data_dir}`, then `alongside reconcile` and `verify`.")


def _names(manifest: "Manifest") -> str:
    return " and ".join(key.id for key in manifest.keys) or "any keys"
