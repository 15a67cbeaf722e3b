"""Taking people on: a staff list or a caseload file into the records, and a workflow for each person."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from temporalio.client import Client

from pathways.loader import find, shipped
from planner.refused import Refused
from records import caseload, people, staff, staff_file
from records.errors import RecordsError
from schemas.caseload import Caseload, CaseloadRow, Refusal, to_start
from schemas.command import Receipt
from workers.client import Pool
from workers.transitions import start_transition

AT_ONCE = 12
"""How many people are being taken on at the same time."""

IMPORT = "import"
"""Who changed what a staff list brought, as the history says it."""


class Taken(NamedTuple):
    """What became of a file: how many went in, how many were there already, and which rows were refused."""

    new: int
    known: int
    refused: list[Refusal]


def is_staff_list(path: Path) -> bool:
    """The file's header is that of a staff list rather than that of a caseload."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return "hours_per_week" in file.readline()


async def take_staff(pool: Pool, path: Path) -> Taken:
    """Enter a staff list. Entered again, it brings what is there up to date."""
    known = {member.id: member for member in await staff.everybody(pool)}
    listed = staff_file.read_staff(path, known)
    await staff.upsert_staff(pool, listed.sound, actor=IMPORT)
    again = sum(member.id in known for member in listed.sound)
    return Taken(len(listed.sound) - again, again, listed.refused)


async def read(pool: Pool, path: Path, as_of: datetime, shift_weeks: int = 0) -> Caseload:
    """Read and check a whole caseload file against itself and against the records; nothing is entered yet."""
    pathways = {pathway_id: find(pathway_id) for pathway_id in shipped()}
    found = caseload.read_caseload(path, await staff.staff_ids(pool), pathways, as_of, shift_weeks)
    return await caseload.against_records(pool, found)


async def take_caseload(
    client: Client, pool: Pool, task_queue: str, found: Caseload, step: Callable[[], None] = lambda: None
) -> Taken:
    """Enter every sound row and follow each person; `step` is called after each. Done again it changes nothing."""
    gate = asyncio.Semaphore(AT_ONCE)
    already = await people.open_transitions(pool)
    refused = list(found.refused)
    new = 0

    async def one(row: CaseloadRow) -> None:
        nonlocal new
        async with gate:
            try:
                transition_id = await register(pool, row, found.at)
                if transition_id not in already:
                    await follow(client, pool, task_queue, row, transition_id, found.at)
                    new += 1
            except (Refused, RecordsError) as why:
                refused.append(Refusal(row=row.row, local_id=row.person.local_id, why=why.message))
        step()

    await asyncio.gather(*(one(row) for row in sorted(found.sound, key=_safety_first)))
    known = len(found.sound) - new - (len(refused) - len(found.refused))
    return Taken(new, known, sorted(refused, key=lambda refusal: refusal.row))


def _safety_first(row: CaseloadRow) -> tuple[bool, datetime]:
    """Peer workers' hours go to those whom safety asks for, then to whoever has waited longest: not by row."""
    return row.facts.get("suicide_risk") is not True, row.started


async def register(pool: Pool, row: CaseloadRow, at: datetime) -> str:
    """Enter a person and their transition in the records; its id."""
    return await people.register(
        pool,
        row.person,
        pathway=row.pathway,
        started=row.started,
        taken_on=at,
        coordinator=row.coordinator,
        team=row.team,
        division=row.division,
    )


async def follow(
    client: Client, pool: Pool, task_queue: str, row: CaseloadRow, transition_id: str, at: datetime
) -> Receipt:
    """Start following a registered transition."""
    team = await people.team_of(pool, transition_id)
    return await start_transition(client, task_queue, to_start(row, transition_id, at), find(row.pathway), team)
