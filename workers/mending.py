"""What Temporal and the records tell differently, found and mended: the records win for what has happened.

Only what would otherwise be lost for good is taken from Temporal: who is out alone, who is away, who was just begun.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from records import absences as recorded_absences
from records import reconcile
from records import visits as recorded_visits
from records.errors import NotBegun, RecordsError
from records.reconcile import Difference, Kind
from workers import absences, transitions, visits
from workers.client import Pool
from workers.described import end
from workers.settings import Settings

log = structlog.get_logger(__name__)


class Mended(NamedTuple):
    """A difference, what was done about it, and whether that mends it."""

    difference: Difference
    done: str
    mended: bool


async def compared(client: Client, settings: Settings, db: Pool) -> list[Difference]:
    """Everything that Temporal and the records tell differently; empty when all is well."""
    found = await transitions.compared(client, db)
    found += [
        Difference(
            Kind.VISIT_NOT_FOLLOWED,
            visit.id,
            f"Nobody would miss {visit.staff}, who is out on visit {visit.id}: `alongside rebuild`.",
        )
        for visit in await visits.not_followed(client, db)
    ]
    found += [
        Difference(
            Kind.VISIT_STUCK,
            visit.id,
            f"Nobody would miss {visit.staff}, who is out on visit {visit.id}: its workflow fails again and again.",
        )
        for visit in await visits.cannot_go_on(client, db)
    ]
    found += [
        Difference(
            Kind.ABSENCE_NOT_COVERED,
            one.id,
            f"Nothing covers the absence {one.id} of {one.staff}, who is still booked: `alongside rebuild`.",
        )
        for one in await absences.not_followed(client, db, settings.division)
    ]
    return found + await _unknown(client, settings.task_queue, db)


async def _unknown(client: Client, task_queue: str, db: Pool) -> list[Difference]:
    """Visits and absences that this Temporal follows for us, and the records do not have."""
    found = []
    for workflow, known, kind, what in (
        ("VisitWorkflow", recorded_visits.known, Kind.VISIT_UNKNOWN, "visit"),
        ("CoverAbsenceWorkflow", recorded_absences.known, Kind.ABSENCE_UNKNOWN, "absence"),
    ):
        running = f"WorkflowType = '{workflow}' AND ExecutionStatus = 'Running' AND TaskQueue = '{task_queue}'"
        ids = [one.id[-36:] async for one in client.list_workflows(running)]
        there = await known(db, [UUID(one) for one in ids])
        found += [
            Difference(kind, one, f"The {what} {one} runs in Temporal and is not in the records.")
            for one in ids
            if one not in there
        ]
    return found


async def mend(client: Client, settings: Settings, db: Pool, found: Sequence[Difference]) -> list[Mended]:
    """Mend each difference, once for each id and kind. What cannot be mended is said, and holds up nothing else."""
    mended = []
    for one in {(one.kind, one.id): one for one in found}.values():
        try:
            if one.kind is Kind.UNKNOWN:
                came = await _end_unknown(client, settings, one, found, db)
            else:
                came = await _mend(client, settings, db, one)
        except (RecordsError, RPCError) as why:
            came = Mended(one, f"It could not be mended: {why.message}", mended=False)
        log.warning("a difference", kind=one.kind.value, id=one.id, done=came.done, mended=came.mended)
        mended.append(came)
    return mended


async def _mend(client: Client, settings: Settings, db: Pool, one: Difference) -> Mended:
    queue = settings.task_queue
    match one.kind:
        case Kind.OTHERWISE:
            if not await _still_otherwise(client, db, one.id):
                return Mended(one, "It is the same by now.", mended=True)
            return await _again(client, queue, db, one)
        case Kind.STUCK:
            try:
                return await _again(client, queue, db, one)
            except NotBegun:
                return await _begin_again(client, queue, one)
        case Kind.NOT_FOLLOWED:
            await transitions.go_on(client, queue, db, one.id)
            return Mended(one, "It is followed from where the records stand.", mended=True)
        case Kind.BEGUN_ALONE | Kind.NOT_BEGUN:
            recorded = await reconcile.recorded_one(db, one.id)
            if recorded is not None and recorded.journey is not None:
                return Mended(one, "It has begun by now.", mended=True)
            return await _begin_again(client, queue, one)
        case Kind.LISTED:
            await reconcile.list_again(db, one.id)
            return Mended(one, "It is listed anew, as the recorded journey has it.", mended=True)
        case Kind.VISIT_NOT_FOLLOWED:
            await visits.follow(client, queue, db, await recorded_visits.visit(db, one.id))
            return Mended(one, "They are missed again.", mended=True)
        case Kind.VISIT_STUCK:
            await visits.follow_anew(client, queue, db, await recorded_visits.visit(db, one.id))
            return Mended(one, "They are missed anew, from where the records stand.", mended=True)
        case Kind.VISIT_UNKNOWN:
            await visits.enter_again(client, queue, db, one.id)
            return Mended(one, "It is entered again, from what Temporal knows.", mended=True)
        case Kind.ABSENCE_NOT_COVERED:
            for absence in await absences.not_followed(client, db, settings.division):
                if absence.id == one.id:
                    await absences.follow(client, queue, absence)
            return Mended(one, "It is covered from where it stands.", mended=True)
        case _:
            await absences.enter_again(client, queue, one.id)
            return Mended(one, "It is recorded again, from what Temporal knows.", mended=True)


async def _again(client: Client, task_queue: str, db: Pool, one: Difference) -> Mended:
    await transitions.follow_anew(client, task_queue, db, one.id)
    return Mended(one, "It is followed anew, from where the records stand.", mended=True)


async def _begin_again(client: Client, task_queue: str, one: Difference) -> Mended:
    if await transitions.begin_as_before(client, task_queue, one.id):
        return Mended(one, "It is begun again, as it was begun before.", mended=True)
    raise NotBegun(one.id)


async def _still_otherwise(client: Client, db: Pool, transition_id: str) -> bool:
    """Whether it is no command on its way that made the difference."""
    found = await transitions.compared_one(client, db, transition_id)
    return any(one.kind is Kind.OTHERWISE for one in found)


async def _end_unknown(
    client: Client, settings: Settings, one: Difference, found: Sequence[Difference], db: Pool
) -> Mended:
    """End what the records do not know, unless they know so little of what runs that they must be other records."""
    ours = (
        f"WorkflowType = 'TransitionWorkflow' AND ExecutionStatus = 'Running' AND TaskQueue = '{settings.task_queue}'"
    )
    running = {each.id async for each in client.list_workflows(ours)}
    unknown = sum(each.kind is Kind.UNKNOWN for each in found)
    if transitions.workflow_id(one.id) not in running:
        return Mended(one, "It is none of ours: another task queue follows it.", mended=False)
    if unknown * 2 > len(running):
        said = "Left alone: these records do not know most of what runs here. Are they the right ones?"
        return Mended(one, said, mended=False)
    await end(client, transitions.workflow_id(one.id), "the records do not know this person")
    return Mended(one, "It is not followed any more.", mended=True)
