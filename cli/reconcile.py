"""`alongside reconcile` and `alongside adopt`: Temporal and the records, compared and brought together."""

import asyncio
import json
from typing import Annotated

import typer


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command(rich_help_panel="Checking")(reconcile)
    app.command(rich_help_panel="Running it")(adopt)


def reconcile(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Compare every journey in Temporal with the records, and name each difference. Ends with 1 when there is one."""
    found = asyncio.run(_differences())
    if as_json:
        typer.echo(json.dumps({"differences": found}))
    else:
        typer.echo("\n".join(found) or "Every open journey in Temporal equals its records.")
    if found:
        raise typer.Exit(1)


def adopt() -> None:
    """Follow every open transition and visit of the records that this Temporal does not know, from where it stands."""
    count, out = asyncio.run(_adopt())
    typer.echo(f"{count} transitions taken over." if count else "Every open transition is followed already.")
    if out:
        typer.echo(f"{out} visits taken over: whoever does not check out of them is missed again.")


async def _differences() -> list[str]:
    from cli.connections import everything
    from workers.transitions import differences
    from workers.visits import not_followed

    async with everything() as (_, client, pool):
        lost = await not_followed(client, pool)
        return await differences(client, pool) + [
            f"Nobody would miss {visit.staff}, who is out on visit {visit.id}: `alongside adopt`." for visit in lost
        ]


async def _adopt() -> tuple[int, int]:
    from cli.connections import everything
    from workers import transitions, visits

    async with everything() as (settings, client, pool):
        out = await visits.adopt_all(client, settings.task_queue, pool)
        return await transitions.adopt_all(client, settings.task_queue, pool), out
