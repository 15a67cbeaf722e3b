"""Milestones and expected dates: which may be said, and which can never be right."""

from datetime import datetime, timedelta

from planner.clock import birthday, local_day
from planner.contacts import happened_at, record
from planner.order import in_order, known
from planner.refused import Refused
from planner.schedule import derive
from planner.turn import Turn
from schemas.event import Kind
from schemas.journey import Journey
from schemas.pathway import Pathway

STARTED = "started"
ENDED = "ended"
FURTHEST = timedelta(days=3653)
"""No transition is expected to reach a milestone more than ten years ahead: such a date is a slip."""


def happened(turn: Turn, milestone: str, said: datetime | None, reason: str | None) -> None:
    """A milestone is recorded, or corrected."""
    rule = known(turn.pathway, milestone)
    if milestone == ENDED:
        raise Refused("invalid", "A transition ends by an exit: say which one.")
    journey = turn.journey
    at = said or turn.now
    if milestone != STARTED:
        at = happened_at(turn, said, f"The {rule.name}")
        in_order(journey, turn.pathway, rule, at)
    elif at > turn.now or any(at > other for name, other in journey.occurred.items() if name != STARTED):
        raise Refused("invalid", "The start cannot lie in the future, or after another milestone.")
    if journey.occurred.get(milestone) == at:
        raise Refused("conflict", f"The {rule.name} is already recorded at that time.")
    record(turn, milestone, at, reason)


def expect(turn: Turn, dates: dict[str, datetime | None], reason: str | None) -> None:
    """Expected dates are set, moved or cleared."""
    journey = turn.journey
    changed = {name: at for name, at in dates.items() if journey.expected.get(name) != at}
    for name, at in dates.items():
        may_be_expected(journey, turn.pathway, name, at, turn.now)
    if not changed:
        raise Refused("conflict", "That is what is expected already: nothing changes.")
    expected = {name: at for name, at in {**journey.expected, **changed}.items() if at is not None}
    turn.journey.expected = expected
    why = {"reason": reason} if reason else {}
    for name, at in changed.items():
        turn.emit(Kind.EXPECTED, milestone=name, due=at, **why)
    derive(turn)


def may_be_expected(journey: Journey, pathway: Pathway, name: str, at: datetime | None, now: datetime) -> None:
    """Refused when the date cannot be: past, absurdly far, or of what has happened already."""
    rule = known(pathway, name)
    if name in (STARTED, ENDED):
        raise Refused("invalid", f"Nobody expects the {rule.name}: it is recorded when it happens.")
    if name in journey.occurred:
        raise Refused("conflict", f"The {rule.name} has happened: correct the milestone if its time is wrong.")
    if at is None:
        return
    if local_day(at) < local_day(now):
        raise Refused("invalid", f"The {rule.name} cannot be expected on a day that is past: record it if it happened.")
    if at > now + FURTHEST:
        raise Refused("invalid", f"The {rule.name} is expected more than ten years ahead: check the year.")


def by_age(journey: Journey, pathway: Pathway) -> dict[str, datetime]:
    """Milestones expected on a birthday, for somebody whose date of birth is known."""
    if journey.born is None:
        return {}
    return {
        rule.id: birthday(journey.born, rule.expected_at_age)
        for rule in pathway.milestones
        if rule.expected_at_age is not None
    }


def check_history(journey: Journey, pathway: Pathway, milestones: dict[str, datetime], now: datetime) -> None:
    """Take the milestones that happened before taking on into the journey; Refused when they cannot be."""
    for name, at in sorted(milestones.items(), key=lambda said: said[1]):
        rule = known(pathway, name)
        if name in (STARTED, ENDED):
            raise Refused("invalid", f"The {rule.name} is not given as a milestone.")
        if at > now or at < journey.started:
            raise Refused("invalid", f"The {rule.name} must lie between the start and now.")
        in_order(journey, pathway, rule, at)
        journey.occurred = {**journey.occurred, name: at}
