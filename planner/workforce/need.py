"""How many contacts a journey asks of peer workers in the weeks to come: its rules, played forward."""

from collections import Counter
from datetime import date, datetime, timedelta

from planner import peers
from planner.journey import next_wake, wake
from planner.turn import SUPERSEDED
from planner.workforce.hours import week_of
from schemas.journey import Journey, StepState
from schemas.pathway import Pathway


def need(pathway: Pathway, journey: Journey, now: datetime, weeks: int) -> Counter[date]:
    """Contacts by the Monday of the week in which each is due; one that is late counts in the present week.

    A forecast: it is what comes when milestones are reached on their expected days and nobody declines.
    """
    if not peers.accepted(journey) or journey.hold is not None or journey.closed is not None:
        return Counter()
    until = now + timedelta(weeks=weeks)
    finished = {step.id for step in journey.steps.values() if not step.state.unfinished}
    found: Counter[date] = Counter()
    for step in _played(pathway, journey, until).steps.values():
        if step.id not in finished and step.due is not None and step.due < until and _asked(step):
            found[week_of(max(now, step.due - timedelta(microseconds=1)))] += 1
    return found


def _asked(step: StepState) -> bool:
    """A contact that somebody would have made: one that the next of its series replaced was asked for all the same."""
    return peers.is_peer_contact(step) and step.reason in (None, SUPERSEDED)


def _played(pathway: Pathway, journey: Journey, until: datetime) -> Journey:
    at = next_wake(pathway, journey)
    while at is not None and at < until and journey.closed is None:
        journey = wake(pathway, journey, at).journey
        at = next_wake(pathway, journey)
    return journey
