"""`alongside reconcile`: Temporal and the records, compared."""

import asyncio
import json
from typing import Annotated

import typer


def add(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command(rich_help_panel="Checking")(reconcile)


def reconcile(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Compare every journey in Temporal with the records, and name each difference. Ends with 1 when there is one."""
    found = asyncio.run(_differences())
    if as_json:
        typer.echo(json.dumps({"differences": found}))
    else:
        typer.echo("\n".join(found) or "Every open journey in Temporal equals its records.")
    if found:
        raise typer.Exit(1)


async def _differences() -> list[str]:
    from cli.connections import everything
    from workers.transitions import differences
    from workers.visits import not_followed

    async with everything() as (_, client, pool):
        lost = await not_followed(client, pool)
        return await differences(client, pool) + [
            f"Nobody would miss {visit.staff}, who is out on visit {visit.id}: `alongside rebuild`." for visit in lost
        ]
