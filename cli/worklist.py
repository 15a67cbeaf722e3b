"""`alongside worklist`: what is needed while Alongside is down, on paper."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import RUNNING
from cli.reads import read

if TYPE_CHECKING:
    from workers.client import Pool


def add(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command(rich_help_panel=RUNNING)(worklist)


def worklist(
    team: Annotated[str | None, typer.Option(help="Print that of one team, as HTML.", show_default=False)] = None,
    to_print: Annotated[bool, typer.Option("--print", help="Print that of all teams, and keep none.")] = False,
) -> None:
    """Make this machine's worklist now, and say where it is; a worker makes one every hour."""
    from workers.settings import load_settings
    from workers.worklist import make, text

    settings = load_settings()

    async def asked(pool: "Pool") -> str:
        if team is not None or to_print:
            return await text(pool, datetime.now(UTC), team)
        return str(await make(pool, settings))

    typer.echo(read(asked))
