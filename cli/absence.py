"""`alongside away`: somebody is away, and each of their contacts is covered, moved or put back. Never why."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import dates
from cli.options import PEOPLE, As, Asking, Json

if TYPE_CHECKING:
    from schemas.covering import Outcome, Progress
    from schemas.staff import Absence, StaffMember
    from workers.client import Pool

MAY_RECORD = ("team-lead", "peer-lead", "service-manager", "coordinator", "named-worker", "administrator")
Which = Annotated[
    str,
    typer.Argument(
        metavar="STAFF|ABSENCE", help="Who is away, or the absence’s id. Of somebody it is the latest that stands."
    ),
]


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command(rich_help_panel=PEOPLE)(away)
    for command in (away_progress, away_stop, away_resume, away_withdraw):
        app.command(rich_help_panel=PEOPLE)(command)


def away(
    staff: Annotated[str, typer.Argument(metavar="STAFF", help="Who is away.")],
    begins: Annotated[str, typer.Option("--from", metavar="WHEN", help="A day alone is its beginning.")],
    until: Annotated[str, typer.Option("--until", metavar="WHEN", help="A day alone counts to its end.")],
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until everything is covered.")] = True,
    by: As = None,
    as_json: Json = False,
) -> None:
    """Somebody is away: their contacts are covered by others, moved, or put back. Why they are away is not asked."""
    from cli.sending import actor

    asking = Asking(by, None, None, as_json)
    first, last = dates.begins("--from", begins, asking.now), dates.ends("--until", until, asking.now)
    asyncio.run(_away(staff, actor(asking), (first, last), wait=wait, as_json=as_json))


async def _away(staff: str, by: str, spell: tuple[Any, Any], *, wait: bool, as_json: bool) -> None:
    from cli.connections import everything
    from records.actors import member
    from records.covering import local_ids
    from schemas.staff import Absence
    from workers import absences

    async with everything() as (settings, client, pool):
        await _may(pool, by, await member(pool, staff))
        absence = Absence(id=absences.new_id(), staff=staff, starts=spell[0], ends=spell[1], recorded_by=by)
        absence = await absences.begin(client, settings.task_queue, absence)
        if not as_json:
            typer.echo(_recorded(absence))
        if not wait:
            if as_json:
                typer.echo(absence.model_dump_json())
            return
        outcomes = await absences.result(client, absence.id)
        _tell(outcomes, await local_ids(pool, outcomes), as_json)


def _recorded(absence: "Absence") -> str:
    from planner import words

    spell = f"from {words.moment(absence.starts)} until {words.moment(absence.ends)}"
    return f"Recorded: {absence.staff} is away {spell} ({absence.id})."


async def _may(pool: "Pool", by: str, whose: "StaffMember") -> None:
    from planner.refused import Refused
    from records.actors import member

    found = await member(pool, by)
    if by != whose.id and found.role not in MAY_RECORD:
        raise Refused(
            "not-allowed", f"A {found.role.words} records only their own absences: ask the team lead or the peer lead."
        )


def _tell(outcomes: "list[Outcome]", names: dict[str, str], as_json: bool) -> None:
    import json

    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in outcomes]))
        return
    if not outcomes:
        typer.echo("No contact of theirs falls into that time.")
    for one in outcomes:
        whose = one.transition_id or ""
        typer.echo(f"  {names.get(whose, whose[:8]) or 'a group'}  {_sentence(one)}")


def _sentence(one: "Outcome") -> str:
    from planner import words
    from schemas.covering import Became

    goes_on = f"; {one.goes_on} goes with them from now on" if one.goes_on else ""
    when = f"on {words.moment(one.starts)} " if one.starts and one.became in (Became.MOVED, Became.GOODBYE) else ""
    comes = f", {when}with {' and '.join(one.staff)}" if one.staff else ""
    what = one.step or ("" if one.group else "who goes with them")
    contact = ", ".join(filter(None, (what, words.moment(one.was) if one.was else "")))
    if one.became is Became.REFUSED:
        return f"{contact}: not covered: {one.why}"
    if one.step is None and one.became is Became.COVERED:
        return f"{contact}: {one.goes_on} from now on"
    return f"{contact}: {one.why or one.became.words}{comes}{goes_on}"


def away_progress(absence: Which, as_json: Json = False) -> None:
    """How far the covering of an absence has come, and what became of each contact so far."""
    asyncio.run(_progress(absence, "progress", None, as_json))


def away_stop(absence: Which, by: As = None, as_json: Json = False) -> None:
    """Stop covering for now: what is done is done, the rest stays as it is until somebody resumes."""
    asyncio.run(_progress(absence, "stop", by, as_json))


def away_resume(absence: Which, by: As = None, as_json: Json = False) -> None:
    """Go on covering where it was stopped."""
    asyncio.run(_progress(absence, "resume", by, as_json))


async def _progress(which: str, what: str, by: str | None, as_json: bool) -> None:
    from cli.connections import everything
    from cli.sending import actor
    from records.actors import member
    from records.covering import local_ids
    from workers import absences

    async with everything() as (_, client, pool):
        absence = await _found(pool, which)
        found = await absences.progress(client, absence)
        if what != "progress":
            await _may(pool, actor(Asking(by, None, None, as_json)), await member(pool, found.absence.staff))
            found = await (absences.stop if what == "stop" else absences.resume)(client, absence)
        listed = [*found.done, *found.waiting]
        names = await local_ids(pool, listed)
    if as_json:
        typer.echo(found.model_dump_json())
        return
    typer.echo(_stands(found))
    if listed:
        _tell(listed, names, as_json=False)


def _stands(found: "Progress") -> str:
    left = "one person is" if found.todo == 1 else f"{found.todo} people are"
    if found.finished:
        return "Everything is covered, as far as it can be."
    return f"Stopped: {left} left." if found.stopped else f"Being covered: {left} left."


def away_withdraw(absence: Which, by: As = None) -> None:
    """They are not away after all: their time is free again. What was moved stays moved."""
    from cli.sending import actor

    asyncio.run(_withdraw(absence, actor(Asking(by, None, None, False))))


async def _withdraw(which: str, by: str) -> None:
    from uuid import UUID

    from cli.connections import everything
    from records.absences import whose
    from records.actors import member
    from workers import absences

    async with everything() as (_, client, pool):
        absence = await _found(pool, which)
        await _may(pool, by, await member(pool, await whose(pool, UUID(absence))))
        await absences.withdraw(client, pool, absence, by)
    typer.echo("Withdrawn: their time is free again. What was moved stays moved.")


async def _found(pool: "Pool", which: str) -> str:
    """The absence that is meant, by its id or by who is away."""
    from uuid import UUID

    from records.absences import latest

    try:
        return str(UUID(which))
    except ValueError:
        return await latest(pool, which)
