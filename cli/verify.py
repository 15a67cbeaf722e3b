"""`alongside verify`: whether what was recorded is still what was recorded."""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import RUNNING, Json
from cli.reads import read

if TYPE_CHECKING:
    from records.chain import Fault
    from records.seals import Head
    from workers.client import Pool

SHOWN = 1000
"""Faults that are listed; however many there are, all are counted."""
_AFTER = 0.5
"""Seconds between two lines of progress."""


def add(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command(rich_help_panel=RUNNING)(verify)


def verify(
    head: Annotated[
        bool, typer.Option("--head", help="Print the head of the chain, to be kept elsewhere, and verify nothing.")
    ] = False,
    against: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Compare with heads that were kept, too, one a line.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find every row of the log of events and of the access log that was changed, removed or slipped in."""
    from records import seals

    if head:
        _head(read(seals.head), as_json)
        return
    kept = seals.kept(against.read_text(encoding="utf-8", errors="replace"), against.name) if against else []
    report = asyncio.run(_verify(kept, quiet=as_json or not sys.stderr.isatty()))
    report.show(as_json)
    if report.found:
        raise typer.Exit(1)


def _head(found: "Head | None", as_json: bool) -> None:
    if as_json:
        typer.echo(found.model_dump_json() if found else "null")
    elif found:
        typer.echo(found.line)
    else:
        typer.echo("Nothing is sealed yet: a worker seals every hour what is older than ten minutes.", err=True)


class Report:
    """What verifying has come to, and a line about how far it is."""

    def __init__(self, *, quiet: bool) -> None:
        self.rows = self.found = 0
        self.faults: list[Fault] = []
        self.head: Head | None = None
        self._quiet = quiet
        self._began = self._told = time.monotonic()

    def looked_at(self, rows: int) -> None:
        """So many rows more."""
        self.rows += rows
        if not self._quiet and time.monotonic() - self._told > _AFTER:
            self._told = time.monotonic()
            sys.stderr.write(f"\r{self.rows:,} rows looked at, {self.found:,} found wrong")
            sys.stderr.flush()

    def wrong(self, fault: "Fault") -> None:
        """One row is not what it was."""
        self.found += 1
        if len(self.faults) < SHOWN:
            self.faults.append(fault)

    def show(self, as_json: bool) -> None:
        """Say what came of it."""
        seconds = time.monotonic() - self._began
        if as_json:
            faults = [fault.model_dump(mode="json", exclude_none=True) for fault in self.faults]
            sealed = self.head.model_dump(mode="json") if self.head else None
            typer.echo(json.dumps({"rows": self.rows, "found": self.found, "faults": faults, "head": sealed}))
            return
        if not self._quiet:
            sys.stderr.write("\r\033[K")
        for fault in self.faults:
            typer.echo(fault.words)
        if self.found > len(self.faults):
            typer.echo(f"... and {self.found - len(self.faults):,} more.")
        speed = f"{self.rows:,} rows in {seconds:.1f} s ({self.rows / max(seconds, 0.001):,.0f} a second)"
        typer.echo(f"{speed}: {f'{self.found:,} found wrong' if self.found else 'every one is what it was'}.")
        until = f"Sealed until {self.head.until:%d %b %Y %H:%M} UTC" if self.head else "Nothing is sealed yet"
        typer.echo(f"{until}; what is newer is chained within each transition, and for the access log not yet.")


async def _verify(kept: "list[Head]", *, quiet: bool) -> Report:
    from cli.connections import records
    from records import chain, seals

    report = Report(quiet=quiet)
    async with records() as pool:
        report.head = await seals.head(pool)
        async for fault in chain.faults(pool, report.looked_at):
            report.wrong(fault)
        for fault in await seals.against(pool, kept):
            report.wrong(fault)
        await _keep(pool, report)
    return report


async def _keep(pool: "Pool", report: Report) -> None:
    from records import chain

    head = bytes.fromhex(report.head.head) if report.head else None
    await chain.verified(pool, datetime.now(UTC), report.rows, report.found, head)
