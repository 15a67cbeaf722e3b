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
Which = Annotated[str, typer.Argument(metavar="ABSENCE", help="Its id, as `alongside away` said it.")]


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
    from cli.actors import member
    from cli.connections import everything
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
        _tell(await absences.result(client, absence.id), await _names(pool), as_json)


def _recorded(absence: "Absence") -> str:
    from planner import words

    spell = f"from {words.moment(absence.starts)} until {words.moment(absence.ends)}"
    return f"Recorded: {absence.staff} is away {spell} ({absence.id})."


async def _may(pool: "Pool", by: str, whose: "StaffMember") -> None:
    from cli.actors import member
    from planner.refused import Refused

    found = await member(pool, by)
    if by != whose.id and found.role not in MAY_RECORD:
        raise Refused(
            "not-allowed", f"A {found.role.words} records only their own absences: ask the team lead or the peer lead."
        )


async def _names(pool: "Pool") -> dict[str, str]:
    return {row["id"]: row["local_id"] for row in await pool.fetch(LOCAL_IDS)}


LOCAL_IDS = """
-- What open transitions are called by people.
SELECT t.id::text AS id, p.local_id FROM transitions t JOIN people p ON p.id = t.person_id WHERE t.status = 'open'
"""


def _tell(outcomes: "list[Outcome]", names: dict[str, str], as_json: bool) -> None:
    import json

    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in outcomes]))
        return
    if not outcomes:
        typer.echo("No contact of theirs falls into that time.")
    for one in outcomes:
        typer.echo(f"  {names.get(one.transition_id, one.transition_id[:8])}  {_sentence(one)}")


def _sentence(one: "Outcome") -> str:
    from planner import words
    from schemas.covering import Became

    goes_on = f"; {one.goes_on} goes with them from now on" if one.goes_on else ""
    if one.became is Became.REFUSED:
        return f"not covered: {one.why}"
    if one.step is None:
        return f"{one.goes_on} goes with them from now on"
    was = f"{one.step}, {words.moment(one.was)}" if one.was else one.step
    if one.starts is None:
        return f"{was}: {one.became.words}{goes_on}"
    when = f"on {words.moment(one.starts)} " if one.became is Became.MOVED else ""
    return f"{was}: {one.became.words}, {when}with {' and '.join(one.staff)}{goes_on}"


def away_progress(absence: Which, as_json: Json = False) -> None:
    """How far the covering of an absence has come, and what became of each contact so far."""
    asyncio.run(_progress(absence, "progress", None, as_json))


def away_stop(absence: Which, by: As = None, as_json: Json = False) -> None:
    """Stop covering for now: what is done is done, the rest stays as it is until somebody resumes."""
    asyncio.run(_progress(absence, "stop", by, as_json))


def away_resume(absence: Which, by: As = None, as_json: Json = False) -> None:
    """Go on covering where it was stopped."""
    asyncio.run(_progress(absence, "resume", by, as_json))


async def _progress(absence: str, what: str, by: str | None, as_json: bool) -> None:
    from cli.actors import member
    from cli.connections import everything
    from cli.sending import actor
    from workers import absences

    async with everything() as (_, client, pool):
        if what == "progress":
            found = await absences.progress(client, _id(absence))
        else:
            known = await absences.progress(client, _id(absence))
            whose = await member(pool, known.absence.staff)
            await _may(pool, actor(Asking(by, None, None, as_json)), whose)
            found = await (absences.stop if what == "stop" else absences.resume)(client, _id(absence))
        names = await _names(pool)
    if as_json:
        typer.echo(found.model_dump_json())
        return
    typer.echo(_stands(found))
    _tell(found.done, names, as_json=False) if found.done else None


def _stands(found: "Progress") -> str:
    left = "one person is" if found.todo == 1 else f"{found.todo} people are"
    if found.finished:
        return "Everything is covered, as far as it can be."
    return f"Stopped: {left} left." if found.stopped else f"Being covered: {left} left."


def away_withdraw(absence: Which, by: As = None) -> None:
    """They are not away after all: their time is free again. What was moved stays moved."""
    from cli.sending import actor

    asyncio.run(_withdraw(_id(absence), actor(Asking(by, None, None, False))))


async def _withdraw(absence: str, by: str) -> None:
    from uuid import UUID

    from cli.actors import member
    from cli.connections import records
    from records import absences

    async with records() as pool:
        await _may(pool, by, await member(pool, await absences.whose(pool, UUID(absence))))
        await absences.withdraw(pool, UUID(absence), by)
    typer.echo("Withdrawn: their time is free again. What was moved stays moved.")


def _id(text: str) -> str:
    from uuid import UUID

    from cli.errors import Stop

    try:
        return str(UUID(text))
    except ValueError:
        raise Stop(f"{text} is no absence: give the id that `alongside away` said.", 2) from None
