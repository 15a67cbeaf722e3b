"""`alongside show` and `alongside history`: where one person stands, and how it came to that."""

import json
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

import typer

from cli.options import PEOPLE, Json, Which
from cli.reads import MORE, After, Limit, read

if TYPE_CHECKING:
    from rich.console import Console

    from records.story import Line
    from records.views import HistoryRow, Page, TransitionView
    from schemas.journey import Journey, StepState
    from schemas.pathway import Pathway
    from workers.client import Pool


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    for command in (show, history):
        app.command(rich_help_panel=PEOPLE)(command)


def show(which: Which, as_json: Json = False) -> None:
    """Where a person stands: what is late, what is waited for, and what has been done."""
    from records import listings

    async def asked(pool: "Pool") -> "tuple[TransitionView, dict[str, list[str]]]":
        view = await listings.transition(pool, which)
        told: dict[str, list[str]] = {}
        for one in await listings.escalations(pool, view.id):
            told.setdefault(one.step, []).extend(name for name in one.recipients if name not in told.get(one.step, []))
        return view, told

    view, told = read(asked)
    if as_json:
        typer.echo(json.dumps(_facts(view, told)))
    elif view.journey is None or view.definition is None:
        typer.echo(f"{view.name} ({view.local_id}) is entered for {view.pathway}, and not followed yet.")
    else:
        _print(view, view.journey, _pathway(view.definition), told)


def _pathway(definition: str) -> "Pathway":
    from schemas.pathway import Pathway

    return Pathway.parse_canonical(definition)


def _facts(view: "TransitionView", told: dict[str, list[str]]) -> dict[str, object]:
    from planner.waits import waits

    found = view.model_dump(mode="json", exclude={"definition"})
    if view.journey is None or view.definition is None:
        return found
    listed = [
        {"step": wait.step, "title": wait.title, "text": wait.text, "at": wait.at.isoformat() if wait.at else None}
        for wait in waits(_pathway(view.definition), view.journey)
    ]
    return found | {"waits": listed, "told": told}


def _print(view: "TransitionView", journey: "Journey", pathway: "Pathway", told: dict[str, list[str]]) -> None:
    from rich.console import Console
    from rich.padding import Padding

    from planner.turn import BEFORE_ALONGSIDE
    from planner.waits import waits

    console = Console()
    now = datetime.now(UTC)
    console.print(f"[bold]{view.name}[/bold]  {view.local_id}   [dim]transition {view.id}[/dim]")
    console.print(f"{pathway.title}: {_stage(pathway, journey)}, {view.team}, {_coordinator(pathway, journey)}")
    for line in (*_milestones(pathway, journey), *_known_facts(pathway, journey), *_standing(journey)):
        console.print(f"  {line}", highlight=False)
    if journey.closed is None:
        console.print("\n[bold]What is waited for[/bold]")
        for wait in waits(pathway, journey):
            names = f" [dim](told: {', '.join(told[wait.step])})[/dim]" if wait.step in told else ""
            late = "[yellow]" if wait.text.startswith("overdue") else ""
            title = f"{late}{wait.title}{'[/yellow]' if late else ''} [dim]({wait.step})[/dim]"
            console.print(Padding(title, (0, 0, 0, 2), expand=False), highlight=False)
            console.print(Padding(f"{wait.text}{names}", (0, 0, 0, 6), expand=False), highlight=False)
    finished = [step for step in journey.steps.values() if not step.state.unfinished]
    shown = [step for step in finished if step.reason != BEFORE_ALONGSIDE]
    if finished:
        console.print("\n[bold]Finished[/bold]")
        for step in sorted(shown, key=lambda step: step.ended or now):
            console.print(Padding(_finished(step), (0, 0, 0, 2), expand=False), highlight=False)
        if len(shown) < len(finished):
            count = len(finished) - len(shown)
            console.print(f"  [dim]{count} from before Alongside took this on: not asked for[/dim]", highlight=False)


def _stage(pathway: "Pathway", journey: "Journey") -> str:
    from planner.journey import stage

    now = stage(pathway, journey)
    names = {"on-hold": "on hold", "closed": f"closed as {journey.closed.exit if journey.closed else ''}"}
    return names.get(now) or f"after the {pathway.milestone[now].name}"


def _coordinator(pathway: "Pathway", journey: "Journey") -> str:
    from planner import words
    from schemas.codes import Role

    said = f"{pathway.role(Role.COORDINATOR).words} {journey.coordinator or 'nobody yet'}"
    if journey.handover:
        said += f" (offered to {journey.handover.to}, who answers by {words.due(journey.handover.answer_by)})"
    if journey.overlap:
        said += f" (with {journey.overlap.staff} until {words.due(journey.overlap.until)})"
    return said


def _milestones(pathway: "Pathway", journey: "Journey") -> list[str]:
    from planner import words

    lines = []
    for milestone in pathway.milestones:
        if milestone.id in journey.occurred:
            lines.append(f"{milestone.name}: {words.moment(journey.occurred[milestone.id])}")
        elif milestone.id in journey.expected:
            lines.append(f"{milestone.name}: expected {words.day(journey.expected[milestone.id])}")
    return lines


def _known_facts(pathway: "Pathway", journey: "Journey") -> list[str]:
    lines = []
    for name, value in journey.facts.items():
        if value is False:
            continue
        title = pathway.facts[name].title or name.replace("_", " ")
        lines.append(title if value is True else f"{title}: {', '.join(value) if isinstance(value, list) else value}")
    return lines


def _standing(journey: "Journey") -> list[str]:
    from planner import words

    hold, peers = journey.hold, journey.peers
    said = [f"[yellow]on hold since {words.moment(hold.since)}[/yellow]: {hold.reason}"] if hold else []
    if peers is not None and peers.worker is not None:
        until = ", until somebody else has met them and taken over" if peers.leaving else ""
        said.append(f"{peers.worker} goes with them{f', {peers.joining} will take over' if peers.joining else until}")
    if peers is not None and peers.waiting_since is not None:
        other = "another" if peers.worker else "a"
        said.append(f"waits for {other} peer worker since {words.day(peers.waiting_since)}")
    return said


def _finished(step: "StepState") -> str:
    from planner import words

    said = f"{step.title} [dim]({step.id})[/dim]: {step.state}"
    on = step.done_on or step.ended
    if on is not None:
        said += f" {words.day(on)}"
    if step.ended is not None and on is not None and words.day(on) != words.day(step.ended):
        said += f", recorded {words.day(step.ended)}"
    if step.late:
        said += " (late)"
    return f"{said} ({step.reason.replace('-', ' ')})" if step.reason else said


def history(which: Which, limit: Limit = 200, after: After = None, as_json: Json = False) -> None:
    """Everything that happened to a person's transition, and who said so."""
    from records import listings, staff

    async def asked(pool: "Pool") -> "tuple[TransitionView, Page[HistoryRow], dict[str, str]]":
        view = await listings.transition(pool, which)
        page = await listings.history(pool, view.id, limit=limit, after=after)
        return view, page, await staff.names(pool, {row.staff for row in page.rows if row.staff})

    view, page, names = read(asked)
    if as_json:
        typer.echo(page.model_dump_json())
        return
    from rich.console import Console

    console = Console()
    console.print(f"[bold]{view.name}[/bold]  {view.local_id}   [dim]transition {view.id}[/dim]")
    for _, rows in groupby(page.rows, key=lambda row: row.revision):
        _entry(console, list(rows), names)
    if page.next is not None:
        typer.echo(MORE)


def _entry(console: "Console", rows: "list[HistoryRow]", names: dict[str, str]) -> None:
    """One thing that was said, or one moment that came, and everything that followed of it."""
    from rich.padding import Padding

    from planner import words
    from records.story import ARRANGED, lines

    first = rows[0]
    if first.command is None:
        arranged = all(row.event in ARRANGED or (row.step or "").startswith("peer-worker#") for row in rows)
        who = "[dim]peer support arranged[/dim]" if arranged else "[dim]time passed[/dim]"
    else:
        who = names.get(first.staff or "", first.staff or first.role or "the caseload")
    console.print(f"\n{words.moment(first.at)}  {who}", highlight=False)
    recorded = first.recorded_at
    if abs((recorded - first.at).total_seconds()) > 3600:
        console.print(f"  [dim]recorded {words.moment(recorded)}[/dim]", highlight=False)
    for line in lines(rows):
        console.print(Padding(_said(line), (0, 0, 0, 2), expand=False), highlight=False)


def _said(line: "Line") -> str:
    if line.step is None:
        return line.text
    name = f"{line.title} [dim]({line.step})[/dim]" if line.title and line.title != line.step else line.step
    return f"{name}: {line.text}"
