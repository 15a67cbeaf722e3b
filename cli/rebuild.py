"""`alongside rebuild`: from the records alone, everything that Temporal should be following."""

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import RUNNING, Json

if TYPE_CHECKING:
    from workers.rebuild import Rebuilt

DryRun = Annotated[bool, typer.Option("--dry-run", help="Count what is not followed, and start nothing.")]


def add(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command(rich_help_panel=RUNNING)(rebuild)


def rebuild(dry_run: DryRun = False, as_json: Json = False) -> None:
    """Follow whatever the records promise and this Temporal does not know, from where it stands.

    For a Temporal that is new or empty. What runs already is left alone: run again it changes nothing, and nobody is
    told anything twice. What fell due meanwhile is told as soon as a worker runs. Ends with 1 when something cannot be.
    """
    came = asyncio.run(_rebuild(dry_run=dry_run, quiet=as_json or not sys.stderr.isatty()))
    if as_json:
        typer.echo(json.dumps({"dry_run": dry_run, **came._asdict()}))
    else:
        _tell(came, dry_run=dry_run)
    if came.failed:
        raise typer.Exit(1)


def _tell(came: "Rebuilt", *, dry_run: bool) -> None:
    if not any(came.lost.values()):
        typer.echo("Everything that the records promise is followed already.")
    for kind, lost in came.lost.items():
        if lost and dry_run:
            typer.echo(f"{kind}: {lost} not followed")
        elif lost:
            typer.echo(f"{kind}: {came.made[kind]} of {lost} followed from now on")
    for sentence in came.failed:
        typer.echo(sentence, err=True)


async def _rebuild(*, dry_run: bool, quiet: bool) -> "Rebuilt":
    from rich.console import Console
    from rich.progress import Progress

    from cli.connections import everything
    from workers.rebuild import lost, rebuild

    async with everything() as (settings, client, pool):
        found = await lost(client, settings, pool)
        with Progress(transient=True, console=Console(stderr=True), disable=quiet) as progress:
            task = progress.add_task("Following", total=len(found))
            return await rebuild(found, step=lambda: progress.advance(task), dry_run=dry_run)
