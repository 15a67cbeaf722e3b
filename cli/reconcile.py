"""`alongside reconcile`: Temporal and the records, compared, and mended where that is asked for."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import Json

if TYPE_CHECKING:
    from records.reconcile import Difference
    from workers.mending import Mended


def add(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command(rich_help_panel="Checking")(reconcile)


def reconcile(
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend each difference; the records win for what has happened.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare every journey in Temporal with the records, and name each difference. Ends with 1 when one is left."""
    found, mended = asyncio.run(_compare(repair=repair))
    left = [one for one in mended if not one.mended] if repair else found
    if as_json:
        said = [
            {"kind": one.difference.kind, "id": one.difference.id, "done": one.done, "mended": one.mended}
            for one in mended
        ]
        typer.echo(json.dumps({"differences": [one.words for one in found], **({"repaired": said} if repair else {})}))
    else:
        typer.echo("\n".join(one.words for one in found) or "Every open journey in Temporal equals its records.")
        for one in mended:
            typer.echo(f"{one.difference.id}: {one.done}")
    if left:
        raise typer.Exit(1)


async def _compare(*, repair: bool) -> "tuple[list[Difference], list[Mended]]":
    from cli.connections import everything
    from workers.mending import compared, mend

    async with everything() as (settings, client, pool):
        found = await compared(client, settings, pool)
        return found, await mend(client, settings, pool, found) if repair else []
