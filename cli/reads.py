"""Commands that only read: worklists, people, what is overdue, and what somebody was told."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from cli.options import EVERY_DAY, PEOPLE, Json

if TYPE_CHECKING:
    from records.views import NoticeRow, Page, Task, TransitionRow
    from workers.client import Pool

T = TypeVar("T")
MORE = "There is more: see more with --limit, or the next page with --after (--json tells where it begins)."

Staff = Annotated[str, typer.Option("--for", metavar="STAFF", help="An id of the staff list.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")]
After = Annotated[str | None, typer.Option(metavar="CURSOR", help="Go on from where the last page ended.")]


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    every_day: tuple[Callable[..., None], ...] = (tasks, overdue, inbox)
    about_people: tuple[Callable[..., None], ...] = (people, find)
    for command in every_day:
        app.command(rich_help_panel=EVERY_DAY)(command)
    for command in about_people:
        app.command(rich_help_panel=PEOPLE)(command)


def read(query: "Callable[[Pool], Awaitable[T]]") -> T:
    """Ask the records."""
    from cli.connections import records

    async def asked() -> T:
        async with records() as pool:
            return await query(pool)

    return asyncio.run(asked())


def tasks(staff: Staff, limit: Limit = 50, after: After = None, as_json: Json = False) -> None:
    """What somebody has to do or answers for, the longest due first."""
    from records import listings

    now = datetime.now(UTC)
    page = read(lambda pool: listings.tasks_for(pool, staff, now, limit=limit, after=after))
    _show(page, as_json, lambda: _tasks(page, now, f"Nothing is waiting for {staff}."))


def overdue(
    team: Annotated[str | None, typer.Option(help="Only of this team.", show_default=False)] = None,
    limit: Limit = 50,
    after: After = None,
    as_json: Json = False,
) -> None:
    """What is late and not done, silence among it, and who was told; the longest due first."""
    from records import listings

    now = datetime.now(UTC)
    page = read(lambda pool: listings.overdue(pool, team, limit=limit, after=after))
    _show(page, as_json, lambda: _tasks(page, now, "Nothing is overdue.", told=True))


def inbox(staff: Staff, limit: Limit = 50, after: After = None, as_json: Json = False) -> None:
    """What somebody was told, the latest first."""
    from records import listings

    page = read(lambda pool: listings.inbox(pool, staff, limit=limit, after=after))
    _show(page, as_json, lambda: _notices(page, staff))


def people(
    coordinator: Annotated[str, typer.Option(metavar="STAFF", help="An id of the staff list.")],
    limit: Limit = 50,
    after: After = None,
    as_json: Json = False,
) -> None:
    """The people whom somebody coordinates, the next date first."""
    from records import listings, staff

    async def asked(pool: "Pool") -> "Page[TransitionRow]":
        await staff.staff(pool, coordinator)
        return await listings.people_of(pool, coordinator, limit=limit, after=after)

    page = read(asked)
    _show(page, as_json, lambda: _people(page.rows, f"{coordinator} coordinates nobody at the moment."))


def find(
    local_id: Annotated[str, typer.Argument(help="The service's own number for the person.")], as_json: Json = False
) -> None:
    """The transitions of one person, the open one first."""
    from records import listings
    from records.errors import RecordsError

    rows = read(lambda pool: listings.find(pool, local_id))
    if not rows:
        raise RecordsError("not-found", f"Nobody here has the local id {local_id}.")
    if as_json:
        typer.echo(json.dumps([row.model_dump(mode="json") for row in rows]))
    else:
        _people(rows, "")


def _show(page: "Page[Any]", as_json: bool, table: Callable[[], None]) -> None:
    if as_json:
        typer.echo(page.model_dump_json())
        return
    table()
    if page.next is not None:
        typer.echo(MORE)


def _tasks(page: "Page[Task]", now: datetime, nothing: str, *, told: bool = False) -> None:
    from rich.console import Console
    from rich.table import Table

    from planner import words

    if not page.rows:
        typer.echo(nothing)
        return
    table = Table("When", "Who", "What", "For", box=None, header_style="dim", pad_edge=False)
    for task in page.rows:
        when = words.due_from(task.due, now).removeprefix("due ")
        who = f"{task.name}\n[dim]{task.local_id}[/dim]"
        what = f"{task.title}\n[dim]{task.step}{_notes(task)}[/dim]"
        whom = task.owner.words + (f"\n[dim]told: {', '.join(task.told) or 'nobody yet'}[/dim]" if told else "")
        table.add_row(f"[yellow]{when}[/yellow]" if task.due <= now else when, who, what, whom)
    Console().print(table)


def _notes(task: "Task") -> str:
    from planner import words

    notes = []
    if task.by_hand:
        notes.append("date set by hand")
    if task.acknowledged_until:
        notes.append(f"being seen to until {words.due(task.acknowledged_until)}")
    if task.on_hold:
        notes.append("on hold")
    return f" ({', '.join(notes)})" if notes else ""


def _notices(page: "Page[NoticeRow]", staff: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from planner import words

    if not page.rows:
        typer.echo(f"Nothing was told to {staff}.")
        return
    table = Table("When", "About", "What was said", "Mail", box=None, header_style="dim", pad_edge=False)
    for notice in page.rows:
        about = f"{notice.local_id or ('a visit' if notice.visit_id else notice.kind)}\n[dim]{notice.step or ''}[/dim]"
        table.add_row(
            words.moment(notice.created_at), about, notice.text, "" if notice.email == "none" else notice.email
        )
    Console().print(table)


def _people(rows: "list[TransitionRow]", nothing: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from planner import words

    if not rows:
        typer.echo(nothing)
        return
    table = Table("Who", "Pathway", "Stage", "Next date", "Late", box=None, header_style="dim", pad_edge=False)
    for row in rows:
        next_due = words.due(row.next_due) if row.next_due else "-"
        late = f"[yellow]{row.overdue_count}[/yellow]" if row.overdue_count else ""
        stage = f"closed: {row.exit}" if row.exit else row.stage or "not started"
        table.add_row(f"{row.name}\n[dim]{row.local_id}[/dim]", row.pathway, stage, next_due, late)
    Console().print(table)
