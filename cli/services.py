"""Commands that run or check the services: up, worker, web, migrate, doctor."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import RUNNING

if TYPE_CHECKING:
    from workers.checks import Finding
    from workers.settings import Settings

LOOPBACK = "127.0.0.1"

DataFolder = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="The data folder of the embedded services.", show_default=False),
]
Demo = Annotated[
    bool, typer.Option("--demo", help="Let anybody choose who they are: with synthetic people, on this machine alone.")
]


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    for command in (up, worker, web, migrate, doctor):
        app.command(rich_help_panel=RUNNING)(command)


def up(
    data: DataFolder = None,
    ui: Annotated[bool, typer.Option(help="Temporal's pages, for looking at workflows.")] = True,
    demo: Demo = False,
) -> None:
    """Run everything on this machine: PostgreSQL, Temporal, the worker and the HTTP door, until Ctrl-C."""
    from web.server import door
    from workers.up import run_up

    asyncio.run(run_up(_start(data), ui=ui, ready=typer.echo, door=door(demo=demo)))


def worker(data: DataFolder = None) -> None:
    """Run a worker on the configured services, until it is told to stop."""
    from workers.up import run_worker_alone

    asyncio.run(run_worker_alone(_start(data)))


def web(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen; 0.0.0.0 is everywhere.")] = LOOPBACK,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Default: ALONGSIDE_WEB_PORT, or 8000.", show_default=False),
    ] = None,
    data: DataFolder = None,
    demo: Demo = False,
) -> None:
    """Serve the pages, the API and the calendar feeds, until it is told to stop. Put a proxy before it for HTTPS."""
    from web.server import run_web

    asyncio.run(run_web(_start(data), host, port, ready=typer.echo, demo=demo))


def migrate(data: DataFolder = None) -> None:
    """Bring the database to this version's tables."""
    from records.migrate import migrate as apply
    from workers.client import resolve

    applied = asyncio.run(apply(resolve(_settings(data)).migrating))
    typer.echo("\n".join(f"applied {name}" for name in applied) or "Nothing to do: the database is up to date.")


def doctor(
    data: DataFolder = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what is configured, reachable and migrated, and how to mend what is not."""
    from workers.checks import examine

    findings = asyncio.run(examine(_settings(data)))
    if as_json:
        typer.echo(json.dumps([finding.model_dump() for finding in findings], indent=2))
    else:
        _show(findings)
    if any(finding.state == "failed" for finding in findings):
        raise typer.Exit(1)


def _show(findings: "list[Finding]") -> None:
    from rich.console import Console
    from rich.table import Table

    marks = {"ok": "✓", "warning": "!", "failed": "✗"}
    table = Table("", "What")
    table.add_column("Found", overflow="fold")
    table.add_column("How to mend it", overflow="fold")
    for finding in findings:
        table.add_row(marks[finding.state], finding.what, finding.found, finding.mend)
    Console().print(table)


def _settings(data: Path | None) -> "Settings":
    from workers.settings import load_settings

    return load_settings(data_dir=data)


def _start(data: Path | None) -> "Settings":
    """The settings of a command that runs for long, with its logs set up."""
    from workers.logging import configure

    settings = _settings(data)
    configure(settings.log_format, settings.log_level)
    return settings
