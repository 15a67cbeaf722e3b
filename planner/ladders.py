"""Who is told about a step, and when: reminders before its due instant, rungs after it."""

from datetime import datetime

from planner.clock import told_at
from schemas.codes import Division, Role
from schemas.journey import StepState
from schemas.pathway import Ladder, Pathway

SAFETY = "safety"
"""The ladder that nothing delays: not a hold, not a weekend, not a bank holiday."""


def reminder_at(ladder: Ladder, due: datetime, division: Division) -> datetime | None:
    """When the reminder for a due instant is sent, if the ladder has one."""
    reminder = ladder.reminder
    if reminder is None:
        return None
    return min(due, told_at(due, reminder.unit, -reminder.count, division))


def rung_at(ladder: Ladder, number: int, due: datetime, division: Division) -> datetime:
    """When a rung (from 1) is reached; never before the step is due."""
    rung = ladder.rungs[number - 1]
    return max(due, told_at(due, rung.unit, rung.count, division))


def rung_reached(ladder: Ladder, due: datetime, division: Division, now: datetime) -> int:
    """The highest rung reached by now, 0 for none."""
    for number in range(len(ladder.rungs), 0, -1):
        if rung_at(ladder, number, due, division) <= now:
            return number
    return 0


def next_rung_at(ladder: Ladder, step: StepState, division: Division) -> datetime | None:
    """When the step's next rung fires, an acknowledgement taken into account; None after the last."""
    if step.due is None or step.rung >= len(ladder.rungs):
        return None
    moment = rung_at(ladder, step.rung + 1, step.due, division)
    return max(moment, step.acknowledged_until) if step.acknowledged_until else moment


def addressed(pathway: Pathway, step: StepState, to: list[str | Role]) -> list[Role]:
    """The roles that a rung or reminder names, as this pathway calls them: each once, sorted."""
    roles = {step.owner if name == "owner" else pathway.role(Role(name)) for name in to}
    return sorted(roles)
