"""What people are told of supervision and debriefs that are due: each once, in their inboxes."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from planner import words
from planner.support import REMINDER
from records.database import Link
from records.roles import Directory
from records.standing import recipients
from schemas.staff import StaffMember
from schemas.support import Debrief, Matter

TOLD = """
-- What was told of a worker for something due.
SELECT 1 FROM support_alerts
WHERE staff = $1 AND matter = $2 AND due = $3 AND number = $4 AND debrief_id IS NOT DISTINCT FROM $5::uuid LIMIT 1
"""
TELL = """
-- Somebody is told.
INSERT INTO support_alerts (staff, matter, due, number, debrief_id, recipient, text, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
"""


class Due(NamedTuple):
    """Something that is due `by` then: supervision, or a debrief."""

    matter: Matter
    by: datetime
    debrief: Debrief | None = None


async def tell(link: Link, directory: Directory, worker: StaffMember, due: Due, number: int, now: datetime) -> None:
    """Tell whoever has to know, in their inboxes, unless they have been told.

    The caller sees to it that nobody else tells the same meanwhile, by the worker's lock; what is new is its own.
    """
    debrief_id = UUID(due.debrief.id) if due.debrief else None
    if await link.fetchval(TOLD, worker.id, due.matter, due.by, number, debrief_id):
        return
    for who in recipients(directory, worker, due.matter, number):
        text = _text(worker, who, due, number)
        await link.execute(TELL, worker.id, due.matter, due.by, number, debrief_id, who, text, now)


def _text(worker: StaffMember, who: str | None, due: Due, number: int) -> str:
    if who is None:  # operations, who need not know which support it is
        return f"Support for {worker.id} is due, and nobody is there to see to it: name a peer lead or a supervisor."
    day = words.due(due.by)
    if due.debrief is not None:
        return _of_debrief(worker, who, due.debrief, day, number)
    kind = f"{due.matter} supervision"
    record = f"`alongside supervision {worker.id} --track {due.matter} --held DATE`"
    if who == worker.id:
        return f"Your {kind} is due by {day}. Agree a time; when it was held, record the date alone: {record}."
    if number == REMINDER:
        return f"The {kind} of {worker.id} is due by {day}. Agree a time; when it was held, record the date: {record}."
    return (
        f"The {kind} of {worker.id} was due by {day}, and no later date is recorded. Help them to find a time. "
        f"You are told again a week from now, until a date is recorded: {record}."
    )


def _of_debrief(worker: StaffMember, who: str, debrief: Debrief, day: str, number: int) -> str:
    after = debrief.cause.words
    if who == worker.id:
        return f"After {after} you are owed a debrief. Somebody offers it by {day}; you need not take it."
    if number == REMINDER:
        return f"{worker.id} is owed a debrief after {after}. Offer it by {day}: `alongside debrief offer {worker.id}`."
    return (
        f"{worker.id} is owed a debrief after {after}. It was to be offered by {day}, and nobody has said that it was. "
        f"Offer it now: `alongside debrief offer {worker.id}`. You are told again a week from now, until it is."
    )
