"""The worklist for when Alongside is down: a page that needs nothing to be read, made every hour on each machine."""

import os
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from planner import words
from records import downtime
from records.database import Database
from workers.settings import Settings

log = structlog.get_logger(__name__)

EVERY = 3600.0
"""Seconds between two worklists."""
KEPT = 3
"""How many are kept: what is on them is about people, and is out of date soon."""
_NAME = "worklist-{:%Y-%m-%dT%H%MZ}.html"


def folder_of(settings: Settings) -> Path:
    """Where the worklists of this machine are."""
    return settings.worklist_dir or settings.data_dir / "worklist"


async def text(db: Database, now: datetime, team: str | None = None) -> str:
    """The worklist as HTML: a team a section, which begins on a sheet of its own."""
    found = [one async for one in downtime.to_do(db, now + downtime.AHEAD, team)]
    out = await downtime.out(db, team)
    teams = [
        (name, [(whose, list(mine)) for whose, mine in groupby(theirs, lambda one: one.whose)])
        for name, theirs in groupby(found, lambda one: one.team)
    ]
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"moment": words.moment, "due": words.due}
    hours = int(downtime.AHEAD.total_seconds() / 3600)
    return templates.get_template("worklist.html").render(teams=teams, out=out, now=now, hours=hours, team=team)


async def make(db: Database, settings: Settings, now: datetime | None = None) -> Path:
    """Write the worklist of this machine, readable by its owner alone, and let only the latest few stay."""
    now = now or datetime.now(UTC)
    folder = folder_of(settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / _NAME.format(now)
    _write_private(file, await text(db, now))
    for old in sorted(folder.glob("worklist-*.html"))[:-KEPT]:
        old.unlink(missing_ok=True)  # another worker of this machine may be first
    return file


async def keep(db: Database, settings: Settings) -> int:
    """Make it, and say so; nothing has to be started by it. Where it cannot be written, the log says so every hour."""
    try:
        file = await make(db, settings)
    except OSError as error:
        where = str(folder_of(settings))
        log.warning("the worklist could not be written", folder=where, reason=error.strerror)
    else:
        log.info("worklist made", file=str(file))
    return 0


def _write_private(file: Path, told: str) -> None:
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(told)
    unfinished.replace(file)
