"""What became of each contact of a worker who is away, read from what happened when their absence was covered."""

from collections.abc import Iterable, Sequence

from planner.covering import AWAY_THEN, GOODBYE
from schemas.covering import Became, Outcome
from schemas.event import Event, Kind

_TIMES = (Kind.BOOKED, Kind.RELEASED, Kind.NO_SLOT)


def outcomes(contacts: Sequence[Outcome], events: Sequence[Event], away: str, *, long: bool) -> list[Outcome]:
    """What became of one person's `contacts`, and of whatever else the covering changed.

    `events` are those of the one commit that covered the absence of `away`; none when it changed nothing.
    """
    transition_id = contacts[0].transition_id
    assigned = [event.staff for event in events if event.event is Kind.ASSIGNED and event.staff != away]
    goes_on = assigned[-1] if assigned else None
    found = [
        _contact(Outcome(transition_id=transition_id, step=first.step, was=first.starts, became=Became.OVER,
                         goes_on=goes_on), first.step or "", events)
        for first in _let_go(events)
    ]  # fmt: skip
    if long and not found and (goes_on is not None or not any(one.step for one in contacts)):
        found = [_person(Outcome(transition_id=transition_id, became=Became.OVER, goes_on=goes_on), events)]
    known = {one.step for one in found}
    over = {"became": Became.OVER, "goes_on": goes_on}
    return found + [one.model_copy(update=over) for one in contacts if one.step and one.step not in known]


def _let_go(events: Iterable[Event]) -> list[Event]:
    """The first time that each contact lost its time because of the absence."""
    first: dict[str | None, Event] = {}
    for event in events:
        if event.event is Kind.RELEASED and event.reason in (AWAY_THEN, GOODBYE):
            first.setdefault(event.step, event)
    return list(first.values())


def _contact(outcome: Outcome, step: str, events: Iterable[Event]) -> Outcome:
    """What the last word about a contact's time is."""
    goodbye = any(event.reason == GOODBYE and event.step == step for event in events)
    last = [event for event in events if event.step == step and event.event in _TIMES][-1]
    if last.event is not Kind.BOOKED:
        return outcome.model_copy(update={"became": Became.PUT_BACK})
    same = Became.COVERED if last.starts == outcome.was else Became.MOVED
    comes = [last.staff, *(last.along or [])]
    return outcome.model_copy(
        update={"became": Became.GOODBYE if goodbye else same, "staff": comes, "starts": last.starts}
    )


def _person(outcome: Outcome, events: Iterable[Event]) -> Outcome:
    """Who goes with a person none of whose contacts had a time."""
    if outcome.goes_on is None:
        return outcome.model_copy(update={"became": Became.PUT_BACK, "why": "nobody is free to go with them"})
    joint = [event for event in events if event.event is Kind.BOOKED and event.along]
    when = joint[-1].starts if joint else None
    return outcome.model_copy(update={"became": Became.COVERED, "staff": [outcome.goes_on], "starts": when})
