"""`alongside demo`: a whole caseload on this machine, with what to look at first."""

import asyncio
import contextlib
import os
import shlex
import sys
import tempfile
from collections.abc import Coroutine
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from workers.client import Pool
    from workers.embedded import EmbeddedServices
    from workers.settings import Settings

FILES = Path(__file__).parent / "demo_data"
STAFF = FILES / "staff-2026-11-16.csv"
CASELOAD = FILES / "caseload-2026-11-16.csv"
EXPORTED = date(2026, 11, 16)

LATE_DOCUMENT = """
-- A step of a coordinator's that is late, that people were told about, and that needs no more than saying it is done.
SELECT s.transition_id::text AS transition_id, s.step, t.coordinator_id, p.local_id
FROM steps s JOIN transitions t ON t.id = s.transition_id JOIN people p ON p.id = t.person_id
WHERE s.state = 'missed' AND s.owner = 'coordinator' AND s.kind = 'document' AND s.rung > 0
ORDER BY s.rung DESC, s.due LIMIT 1
"""


def add(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(rich_help_panel="Running it")(demo)


def demo(
    once: Annotated[bool, typer.Option("--once", help="Show it and end, instead of staying up until Ctrl-C.")] = False,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep the data here. Default: thrown away at the end.", show_default=False),
    ] = None,
) -> None:
    """Follow the 399 people of a synthetic caseload on this machine: who is overdue, who was told, who has nobody."""
    from workers.logging import configure
    from workers.settings import load_settings

    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alongside-demo-")))
        settings = load_settings(data_dir=folder)
        configure(settings.log_format, "error")
        asyncio.run(_run(settings, once=once))


async def _run(settings: "Settings", *, once: bool) -> None:
    from web.house import House
    from web.render import Pages
    from web.server import serving
    from workers.client import Services, connect, open_pool
    from workers.embedded import EmbeddedServices
    from workers.keys import configured
    from workers.up import stopping
    from workers.worker import build_worker

    _say("Starting PostgreSQL and Temporal ...")
    keys = configured(settings)
    async with (
        stopping() as stop,
        EmbeddedServices(settings.data_dir, temporal_cli=settings.temporal_cli, keys=keys) as own,
    ):
        services = Services(own.database_url, {"target_host": own.temporal_address})
        pool = await open_pool(own.database_url, own.keys)
        try:
            client = await connect(settings, services, db=pool)
            pages = serving(House(settings, pool, client, Pages(), demo=True), own.listen_for_web(settings.web_port))
            async with build_worker(settings, client, pool), pages:
                await _unless(stop, _show(settings, pool))
                if not once and not stop.is_set():
                    _say(_what_next(settings, own))
                    await stop.wait()
        finally:
            pool.terminate()
    _say("Stopped.")


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, or leave it when the person wants to stop."""
    doing, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({doing, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not doing.done():
        doing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await doing


async def _show(settings: "Settings", pool: "Pool") -> None:
    weeks = (datetime.now(UTC).date() - EXPORTED) // timedelta(weeks=1)
    await _alongside(settings, "import", str(STAFF))
    refused = settings.data_dir / "refused.csv"
    as_of = ["--as-of", EXPORTED.isoformat(), "--shift-weeks", str(weeks), "--refused", str(refused)]
    await _alongside(settings, "import", str(CASELOAD), *as_of)
    await _alongside(settings, "overdue", "--limit", "8")
    await _alongside(settings, "inbox", "--for", "safety-lead-1", "--limit", "4")
    await _alongside(settings, "tasks", "--for", "peer-f1", "--limit", "5")
    await _alongside(settings, "bookings", "peer-f1")
    await _alongside(settings, "queue", "--limit", "2")
    await _alongside(settings, "capacity", "--team", "FIRST outreach north", "--weeks", "4")
    late = await pool.fetchrow(LATE_DOCUMENT)
    if late is not None:
        acting = ["--as", late["coordinator_id"], "--reason", "Sent, and they have it"]
        await _alongside(settings, "complete", late["local_id"], late["step"], *acting)
        await _alongside(settings, "history", late["local_id"])


async def _alongside(settings: "Settings", *arguments: str) -> None:
    """Run a command as a person would, and show it as they would see it."""
    _say(f"\n$ alongside {shlex.join(arguments)}".replace(f"{Path.cwd()}/", ""))
    program = Path(sys.executable).parent / "alongside"
    environment = os.environ | {"ALONGSIDE_DATA_DIR": str(settings.data_dir)}
    process = await asyncio.create_subprocess_exec(
        program, *arguments, env=environment, stdin=asyncio.subprocess.DEVNULL
    )
    try:
        if await process.wait() != 0:
            raise typer.Exit(process.returncode or 1)
    finally:
        if process.returncode is None:
            process.terminate()


def _what_next(settings: "Settings", own: "EmbeddedServices") -> str:
    today = datetime.now(UTC).date()
    ahead, away = today + timedelta(days=60), today + timedelta(days=7)
    return f"""
Everything above is real: one durable workflow a person, in Temporal and PostgreSQL on this machine.
In another terminal, in this folder:

  export ALONGSIDE_DATA_DIR={shlex.quote(str(settings.data_dir))}
  export PATH="$PWD/.venv/bin:$PATH"

  alongside people --coordinator coord-n1     # one coordinator's people
  alongside show AL00003                      # where one person stands, and what is waited for
  alongside expect AL00001 assessment {ahead} --as coord-t2 --preview
  alongside overdue --team "FIRST outreach south"
  alongside peer AL00232                      # who goes with one person, and why them
  alongside capacity                          # what is asked of peer workers, against their hours
  alongside away peer-c2 --from {away} --until {away} --as lead-camhs-cambridge
  alongside reconcile                         # Temporal and the records tell the same
  alongside --help

The pages, to be clicked through as anybody: {own.web_url}
Temporal's own pages: {own.ui_url}
Stop with Ctrl-C."""


def _say(text: str) -> None:
    typer.echo(text)
    sys.stdout.flush()
