"""When the rules of a pathway say that something is due, by what is known of its milestones."""

from datetime import datetime, timedelta

from planner.clock import due_after
from schemas.journey import Journey
from schemas.pathway import Anchor, Step


def due_of(journey: Journey, rule: Step) -> datetime | None:
    """The due instant of a step that comes once, holds included; None while it cannot be known."""
    due = instant(journey, rule.due) if rule.due else None
    return due + timedelta(seconds=journey.shifts.get(rule.id, 0)) if due else None


def instant(journey: Journey, anchor: Anchor) -> datetime | None:
    """The instant that an anchor or a due rule names; None while its milestone has no date."""
    base = base_of(journey, anchor)
    return due_after(base, anchor.unit, anchor.sign * anchor.count, journey.division) if base else None


def base_of(journey: Journey, anchor: Anchor) -> datetime | None:
    """The instant of the milestone that an anchor counts from.

    "After" counts from what happened. "Before" and "after expected" count from what is expected, and
    from the earlier of the two once it has happened.
    """
    actual = journey.occurred.get(anchor.milestone)
    if not anchor.from_expected:
        return actual
    expected = journey.expected.get(anchor.milestone)
    return min(actual, expected) if actual and expected else actual or expected
