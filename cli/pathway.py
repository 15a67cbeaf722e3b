"""`alongside pathway`: list the pathways, show one, check a definition of one's own."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.errors import Stop

if TYPE_CHECKING:
    from schemas.pathway import Pathway

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Named = Annotated[str, typer.Argument(metavar="ID", help="A pathway's id, or a definition file.", show_default=False)]

group = typer.Typer(no_args_is_help=True, help="List and show the pathways, and check a definition of your own.")


def add(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.add_typer(group, name="pathway", rich_help_panel="Checking")


@group.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the pathways that come with Alongside."""
    from pathways.loader import shipped

    pathways = [_found(name) for name in shipped()]
    if as_json:
        return typer.echo(json.dumps([_summary(pathway) for pathway in pathways], indent=2))
    return _print_list(pathways)


@group.command()
def show(
    pathway_id: Named,
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a timeline picture there.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a pathway: its steps, when each is due, who does it, who is told when it is late, how it ends."""
    pathway = _found(pathway_id)
    if svg is not None:
        from pathways.timeline import svg as drawn

        svg.write_text(drawn(pathway), encoding="utf-8")
    if as_json:
        whole = pathway.model_dump(mode="json", by_alias=True, exclude_none=True)
        return typer.echo(json.dumps(whole | {"digest": pathway.digest}, indent=2))
    _print_pathway(pathway)
    if svg is not None:
        typer.echo(f"\nThe timeline is in {svg}.")
    return None


@group.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A definition (YAML).", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Check a definition: says that it is sound, or everything that is wrong with it, by line, and ends with 2."""
    from pathways.loader import DefinitionError, load

    try:
        pathway = load(file)
    except DefinitionError as error:
        if not as_json:
            raise Stop(str(error), 2) from None
        typer.echo(json.dumps({"file": str(file), "sound": False, "problems": [p._asdict() for p in error.problems]}))
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(json.dumps({"file": str(file), "sound": True, "problems": []} | _summary(pathway)))
    else:
        typer.echo(f"{file} is sound: {pathway.title}, {len(pathway.steps)} steps, version {pathway.version}.")


def _found(name: str) -> "Pathway":
    from pathways.loader import DefinitionError, find

    try:
        return find(name)
    except DefinitionError as error:
        raise Stop(str(error), 2) from None


def _summary(pathway: "Pathway") -> dict[str, Any]:
    return {
        "id": pathway.id,
        "title": pathway.title,
        "version": pathway.version,
        "steps": len(pathway.steps),
        "milestones": list(pathway.milestone),
        "exits": list(pathway.exit),
        "digest": pathway.digest,
    }


def _print_list(pathways: "list[Pathway]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Pathway", "What it is", "Steps", "Milestones", box=None, pad_edge=False, header_style="dim")
    table.columns[0].no_wrap = True
    table.columns[0].min_width = max(len(pathway.id) for pathway in pathways)
    for pathway in pathways:
        milestones = ", ".join(milestone.name for milestone in pathway.milestones)
        table.add_row(pathway.id, pathway.title, str(len(pathway.steps)), milestones)
    Console().print(table)


def _print_pathway(pathway: "Pathway") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from pathways import words

    console = Console()
    console.print(f"[bold]{escape(pathway.title)}[/bold]  [dim]{pathway.id}, version {pathway.version}[/dim]\n")
    table = Table("Step", "Due", "Who", "Ladder", box=None, header_style="dim", padding=(0, 2, 1, 0))
    table.columns[0].min_width = max(len(step.id) for step in pathway.steps)  # an id is typed: never cut it off
    for step in pathway.steps:
        colour = "red" if step.ladder == "safety" else "default"
        what = f"{escape(step.title)}\n[dim]{step.id}[/dim]"
        only = f"\n[dim]only when {escape(words.when(step))}[/dim]" if words.when(step) else ""
        due = f"{escape(words.due(pathway, step))}{only}"
        who = f"{step.owner.words}\n[dim]{step.kind}[/dim]"
        table.add_row(what, due, who, f"[{colour}]{step.ladder}[/{colour}]")
    console.print(table)
    _print_around(console.print, pathway)


def _print_around(say: Any, pathway: "Pathway") -> None:
    from rich.markup import escape

    after = pathway.milestone[pathway.silence.after].name
    say(f"[dim]Silence:[/dim] nobody goes {pathway.silence.days} days without a contact after {escape(after)}.")
    say(f"[dim]Milestones:[/dim] {', '.join(pathway.milestone)}.")
    say(f"[dim]Facts:[/dim] {', '.join(pathway.facts) or 'none'}.")
    say(f"[dim]It ends as:[/dim] {', '.join(pathway.exit)}.")
