"""`alongside retention`: whose records need no keeping any longer, and destroying them, by two people."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar
from uuid import NAMESPACE_URL, uuid4, uuid5

import typer

from cli.options import PEOPLE, As, Asking, Id, Json
from cli.reads import MORE, After, Limit, read
from schemas.erasing import LEFT_WORDS, RULE_WORDS, RefusedFor, Verdict, Why

if TYPE_CHECKING:
    from collections.abc import Callable

    from records.erasures import Certificate, Erasure
    from records.retention import Due
    from records.views import Page
    from schemas.base import Stored
    from workers.client import Pool

Row = TypeVar("Row", bound="Stored")
Whose = Annotated[str, typer.Argument(metavar="LOCAL_ID", help="The service's own number for the person.")]
Erasing = Annotated[
    str,
    typer.Argument(metavar="LOCAL_ID|ERASURE", help="Whose it is, or its id as `alongside retention asked` has it."),
]


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    retention = typer.Typer(help="Until when what is held of people is kept, and destroying it, by two people.")
    retention.callback(invoke_without_command=True)(due)
    for command in (asked, ask, approve, refuse, withdraw, certificate):
        retention.command()(command)
    retention.command("list")(listed)
    app.add_typer(retention, name="retention", rich_help_panel=PEOPLE)


def due(context: typer.Context, limit: Limit = 50, after: After = None, as_json: Json = False) -> None:
    """Whose records need no keeping any longer, the longest closed first; with a command behind it, what that does."""
    if context.invoked_subcommand is None:
        listed(limit, after, as_json)


def listed(limit: Limit = 50, after: After = None, as_json: Json = False) -> None:
    """Whose records need no keeping any longer, the longest closed first. `alongside retention` alone says the same."""
    from records import retention
    from workers.retention import periods
    from workers.settings import load_settings

    kept = periods(load_settings())
    now = datetime.now(UTC)

    async def found(pool: "Pool") -> "Page[Due]":
        return await retention.due(pool, kept, now, limit=limit, after=after)

    _tell(read(found), _due, "There are no records that need not be kept any longer.", as_json)


def asked(limit: Limit = 50, after: After = None, as_json: Json = False) -> None:
    """What was asked for and what became of it, the latest first."""
    from records import erasures

    page = read(lambda pool: erasures.latest(pool, limit=limit, after=after))
    _tell(page, _erasure, "Nothing was asked for.", as_json)


def _tell(page: "Page[Row]", line: "Callable[[Row], str]", nothing: str, as_json: bool) -> None:
    if as_json:
        typer.echo(page.model_dump_json())
        return
    for one in page.rows:
        typer.echo(line(one))
    if page.next is not None:
        typer.echo(MORE)
    if not page.rows:
        typer.echo(nothing)


def ask(
    whose: Whose,
    why: Annotated[Why, typer.Option("--reason", help="Why: the time is over, the person asked, or it never began.")],
    by: As = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Ask that what is kept of somebody is destroyed. A second person approves it; until then nothing happens."""
    asking = Asking(by, None, command_id, as_json)
    asyncio.run(_ask(whose, why, asking))


async def _ask(whose: str, why: Why, asking: Asking) -> None:
    from cli.connections import everything
    from cli.sending import actor, answered
    from workers import retention

    who = actor(asking)
    said = asking.command_id or str(uuid4())
    erasure_id = str(uuid5(NAMESPACE_URL, f"erasure:{said}"))
    async with everything() as (settings, client, pool):
        going = retention.ask(client, settings, pool, erasure_id, whose, why, who, asking.now)
        found = await answered(going, said)
    typer.echo(found.model_dump_json() if asking.as_json else f"Asked: {_erasure(found)}")


def approve(which: Erasing, by: As = None, command_id: Id = None, as_json: Json = False) -> None:
    """Approve it, as a second person: it is done at once, for good, and leaves a certificate."""
    asyncio.run(_decide(which, Verdict.APPROVE, None, Asking(by, None, command_id, as_json)))


def refuse(
    which: Erasing,
    why: Annotated[RefusedFor, typer.Option("--reason", help="Why it is not to be done.")],
    by: As = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Refuse it, as a second person: what is held stays as it is."""
    asyncio.run(_decide(which, Verdict.REFUSE, why, Asking(by, None, command_id, as_json)))


def withdraw(which: Erasing, by: As = None, command_id: Id = None, as_json: Json = False) -> None:
    """Take back what you asked for yourself."""
    asyncio.run(_decide(which, Verdict.WITHDRAW, None, Asking(by, None, command_id, as_json)))


async def _decide(which: str, verdict: Verdict, why: RefusedFor | None, asking: Asking) -> None:
    from cli.connections import everything
    from cli.sending import actor, answered, built
    from records import erasures
    from records.actors import member
    from schemas.command import Actor
    from schemas.erasing import Became
    from schemas.retention import Decision
    from workers import retention

    async with everything() as (settings, client, pool):
        who = await member(pool, actor(asking))
        one = await erasures.one(pool, which)
        said = {"id": asking.command_id or str(uuid4()), "at": asking.now, "verdict": verdict, "refused_for": why}
        decision: Decision = built(Decision, said | {"by": Actor(role=who.role, staff=who.id)})
        found = await answered(retention.decide(client, settings.task_queue, pool, one.id, decision), decision.id)
        if asking.as_json:
            typer.echo(found.model_dump_json())
        elif found.became is Became.DONE and found.certificate_id is not None:
            _show(await erasures.certificate(pool, found.certificate_id))
        else:
            typer.echo(LEFT_WORDS.get(found.became, f"It is {found.became}."))


def certificate(
    which: Annotated[str, typer.Argument(metavar="CERTIFICATE", help="Its id.")], as_json: Json = False
) -> None:
    """A certificate that what was kept of somebody is destroyed: by which rule, who asked, who approved, and when."""
    from records import erasures

    found = read(lambda pool: erasures.certificate(pool, which))
    if as_json:
        typer.echo(found.model_dump_json())
    else:
        _show(found)


def _show(found: "Certificate") -> None:
    for sentence in found.words():
        typer.echo(sentence)


def _due(one: "Due") -> str:
    until = f"kept until {one.kept.until:%-d %b %Y}" if one.kept.until else ""
    asked_for = f"; asked for already ({one.erasure_id[:8]})" if one.erasure_id else ""
    return f"{one.local_id}  {until}: {RULE_WORDS[one.kept.rule]}{asked_for}"


def _erasure(one: "Erasure") -> str:
    from planner import words
    from schemas.erasing import REFUSED_WORDS, WHY_WORDS, Became

    said = f"{one.whose}, because {WHY_WORDS[one.why]}; asked by {one.asked_by} on {words.day(one.asked_at)}"
    match one.became:
        case Became.ASKED:
            then = f"a second person decides by {words.day(one.lapses)}"
        case Became.LAPSED:
            then = "nobody decided in time"
        case Became.REFUSED if one.refused_for is not None:
            then = f"refused by {one.decided_by}: {REFUSED_WORDS[one.refused_for]}"
        case Became.DONE:
            then = f"done, approved by {one.decided_by}: certificate {one.certificate_id}"
        case Became.OVERTAKEN:
            then = f"approved by {one.decided_by}, and not done: they came back before it was"
        case _:
            then = f"{one.became} by {one.decided_by}"
    return f"{said}; {then}  {one.id}"
