"""`alongside staff`, `alongside team`: who works here and when, what was changed of it, and what a team has settled."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from cli import values
from cli.errors import Stop
from cli.options import PEOPLE, As, Json
from schemas.codes import Role

if TYPE_CHECKING:
    from schemas.staff import Change, StaffMember
    from workers.client import Pool

T = TypeVar("T")
NONE = "none"
"""Said instead of a value: the field is emptied."""

Id = Annotated[str, typer.Argument(metavar="ID", help="An id of the staff list.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The team, as the staff list names it.")]
Team = Annotated[str | None, typer.Option(metavar="TEAM", help="Only of this team.", show_default=False)]
OfRole = Annotated[Role | None, typer.Option(metavar="ROLE", help="Only this role, such as peer-worker.")]


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    staff = typer.Typer(help="Who works here: list, change, and what was changed.", no_args_is_help=True)
    of_staff: dict[str, Callable[..., None]] = {"list": list_, "show": show, "set": set_}
    for name, command in (of_staff | {"leaves": leaves, "history": history}).items():
        staff.command(name)(command)
    app.add_typer(staff, name="staff", rich_help_panel=PEOPLE)
    team = typer.Typer(help="What a team has settled for itself: its local policy.", no_args_is_help=True)
    of_team: dict[str, Callable[..., None]] = {"show": team_show, "set": team_set, "history": team_history}
    for name, command in of_team.items():
        team.command(name)(command)
    app.add_typer(team, name="team", rich_help_panel=PEOPLE)


def list_(team: Team = None, role: OfRole = None, as_json: Json = False) -> None:
    """Everybody who works here, by team."""
    from records import staff

    found = _asked(lambda pool: staff.everybody(pool, team=team, role=role))
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found]))
    elif found:
        _table(found)
    else:
        typer.echo("Nobody works here who is that." if team or role else "Nobody is in the staff list: import one.")


def show(staff_id: Id, as_json: Json = False) -> None:
    """One member of staff."""
    from records import staff

    found = _asked(lambda pool: staff.staff(pool, staff_id))
    if as_json:
        typer.echo(found.model_dump_json())
    else:
        _card(found)


def set_(
    staff_id: Id,
    hours: Annotated[str | None, typer.Option(metavar="HOURS", help="Contracted hours a week, 0.1 to 37.5.")] = None,
    works: Annotated[
        str | None,
        typer.Option(metavar="PATTERN", help="When they work, such as “mon-thu 09:00-17:00; fri 9:00-12:00”."),
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="All they speak, such as en; several times.")
    ] = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:VALUE", help="All they chose to share for matching; several times."),
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option(metavar="SETTING", help="Where they may work; several times.")
    ] = None,
    line_manager: Annotated[str | None, typer.Option(metavar="ID|ROLE", help="Who manages them.")] = None,
    role_supervisor: Annotated[str | None, typer.Option(metavar="ID|ROLE", help="Who supervises their role.")] = None,
    wellbeing_supervisor: Annotated[
        str | None, typer.Option(metavar="ID|ROLE", help="Who supervises for their own sake.")
    ] = None,
    job_share: Annotated[
        str | None, typer.Option(metavar="ID", help="Who shares the post: set of both, and ended of both.")
    ] = None,
    email: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Where their letters go.")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What they are called.")] = None,
    team: Annotated[str | None, typer.Option(metavar="TEAM", help="Their team.")] = None,
    role: Annotated[Role | None, typer.Option(metavar="ROLE", help="Their role, such as peer-worker.")] = None,
    by: As = None,
    as_json: Json = False,
) -> None:
    """Change what the staff list says of somebody; `none` empties a field. Only what is given changes."""
    from records import staff_edit

    given = {"hours_per_week": hours, "works": works, "line_manager": line_manager, "role_supervisor": role_supervisor}
    given |= {"wellbeing_supervisor": wellbeing_supervisor, "job_share": job_share, "email": email, "team": team}
    lists = {"languages": language, "attributes": attribute, "settings": setting}
    changes: dict[str, Any] = {
        field: None if text == NONE else text for field, text in given.items() if text is not None
    }
    changes |= {field: [] if texts == [NONE] else texts for field, texts in lists.items() if texts}
    changes |= {field: value for field, value in {"name": name, "role": role}.items() if value is not None}
    if not changes:
        raise Stop("Say what to change, such as --hours 15: see `alongside staff set --help`.", 2)
    who = _who(by)
    found = _asked(lambda pool: staff_edit.change(pool, staff_id, changes, who))
    if as_json:
        typer.echo(found.model_dump_json())
    else:
        typer.echo(f"Recorded: {staff_id} has {_listed(changes)} as given. The history keeps what it was.")


def leaves(staff_id: Id, by: As = None, as_json: Json = False) -> None:
    """Somebody does not work here any more: nothing new is theirs, and their calendar feed ends."""
    from records import staff_edit

    who = _who(by)
    left = _asked(lambda pool: staff_edit.leave(pool, staff_id, who))
    if as_json:
        typer.echo(json.dumps({"left": staff_id, "still_named_by": left}))
        return
    typer.echo(f"Recorded: {staff_id} does not work here any more.")
    if left:
        typer.echo(f"They are still the line manager or supervisor of {', '.join(left)}: give these another.")


def history(staff_id: Id, as_json: Json = False) -> None:
    """What was changed of somebody in the staff list, when and by whom."""
    from records import staff

    _changes(_asked(lambda pool: staff.history(pool, staff_id)), as_json, f"Nothing was changed of {staff_id}.")


def team_show(name: Name, as_json: Json = False) -> None:
    """The local policy that holds for a team, and what of it is the team's own."""
    from records import policy

    async def asked(pool: "Pool") -> tuple[dict[str, Any], dict[str, Any]]:
        return await policy.own(pool, name), (await policy.policy(pool, name)).model_dump()

    own, holds = _asked(asked)
    if as_json:
        typer.echo(json.dumps({"team": name, "local_policy": holds, "own": sorted(own)}))
        return
    _policy(name, holds, own)


def team_set(
    name: Name,
    said: Annotated[
        list[str], typer.Argument(metavar="KEY=VALUE", help="As `alongside team show` lists them; `default` gives up.")
    ],
    by: As = None,
    as_json: Json = False,
) -> None:
    """Settle something for a team; `KEY=default` goes by the service's value again."""
    from records import policy

    given = values.once("KEY", values.pairs("KEY=VALUE", said, "KEY=VALUE"))
    who = _who(by)
    holds = _asked(lambda pool: policy.settle(pool, name, given, who))
    if as_json:
        typer.echo(holds.model_dump_json())
        return
    told = ", ".join(f"{key} {_plain(getattr(holds, key))}" for key in given)
    typer.echo(f"Recorded as local policy of {name}: {told}.")


def team_history(name: Name, as_json: Json = False) -> None:
    """What a team has settled for itself, when and by whom."""
    from records import policy

    _changes(_asked(lambda pool: policy.history(pool, name)), as_json, f"{name} has settled nothing for itself.")


def _asked(query: "Callable[[Pool], Awaitable[T]]") -> T:
    from cli.connections import records

    async def asked() -> T:
        async with records() as pool:
            return await query(pool)

    return asyncio.run(asked())


def _who(by: str | None) -> str:
    if not by:
        raise Stop("Say who acts: --as STAFF, or set ALONGSIDE_AS.", 2)
    return by


def _listed(fields: Any) -> str:
    return ", ".join(field.replace("_", " ") for field in fields)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(map(str, value)) or "-"
    return "-" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _table(found: "list[StaffMember]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("Id", no_wrap=True)  # whole: it is typed to act on it
    for column in ("Name", "Role", "Team", "Hours", "Works"):
        table.add_column(column)
    for one in found:
        shares = f" [dim](shares with {one.job_share})[/dim]" if one.job_share else ""
        hours = f"{_plain(one.hours_per_week)}{shares}"
        table.add_row(one.id, one.name, one.role.words, one.team or "every team", hours, one.works or "-")
    Console().print(table)


def _card(one: "StaffMember") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    for field, value in one.model_dump().items():
        table.add_row(f"[dim]{field.replace('_', ' ')}[/dim]", _plain(value))
    Console().print(table)


def _policy(name: str, holds: dict[str, Any], own: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    typer.echo(f"{name}: every value is local policy; no national figure exists for any of them.")
    table = Table(box=None, show_header=False, pad_edge=False)
    for key, value in holds.items():
        table.add_row(key, _plain(value), f"local policy, {'the team’s own' if key in own else 'the service’s'}")
    Console().print(table)


def _changes(found: "list[Change]", as_json: bool, nothing: str) -> None:
    from planner import words

    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found]))
        return
    for one in found:
        by = f" by {one.by}" if one.by else ""
        if not one.was and "id" in one.is_now:
            typer.echo(f"{words.moment(one.at)}{by}: entered")
            continue
        fields = dict.fromkeys([*one.was, *one.is_now])
        told = [f"{_listed([f])} {_plain(one.was.get(f))} → {_plain(one.is_now.get(f))}" for f in fields]
        typer.echo(f"{words.moment(one.at)}{by}: {', '.join(told)}")
    if not found:
        typer.echo(nothing)
