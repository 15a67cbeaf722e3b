"""Visits in a rehearsal: who goes out, who is told that they are not back. The rules are `planner.visits`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from planner import visits
from planner.refused import Refused
from planner.visits import Alert
from schemas.event import Event, Kind
from schemas.visit import CheckOut, Extend, Visit
from schemas.workforce import Place, Policy


def visit_id(transition_id: str, number: int) -> str:
    """The id of a story's visit."""
    return str(uuid5(NAMESPACE_URL, f"{transition_id}/visit/{number}"))


class Outings:
    """The visits of one story, played without clock or server."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._out: dict[str, Visit] = {}
        self._told: dict[str, set[int]] = {}
        self._been_at_home = False

    def check_in(self, visit: Visit) -> Event:
        """Somebody goes out; Refused when they must not as it is said."""
        if visit.staff in self._out:
            raise Refused("conflict", f"{visit.staff} is out already: check them out first.")
        visits.check_in(visit, self._policy, visited_at_home=self._been_at_home)
        self._been_at_home |= visit.place is Place.HOME
        self._out[visit.staff], self._told[visit.staff] = visit, set()
        return went(visit)

    def check_out(self, staff: str, command: CheckOut) -> Event:
        """Somebody is back."""
        back = visits.check_out(self._known(staff), command)
        del self._out[staff]
        return came_back(back)

    def extend(self, staff: str, command: Extend) -> Event:
        """The visit takes longer."""
        self._out[staff] = longer = visits.extend(self._known(staff), command)
        self._told[staff] = set()
        return extended(longer, command.at)

    def until(self, at: datetime) -> Iterator[Event]:
        """Let time pass: who is told that somebody is not back."""
        for staff, visit in self._out.items():
            for alert in visits.due(visit, self._policy, self._told[staff], at):
                self._told[staff].add(alert.rung)
                yield told(visit, alert)

    def _known(self, staff: str) -> Visit:
        if staff not in self._out:
            raise Refused("not-found", f"{staff} is not out.")
        return self._out[staff]


def went(visit: Visit) -> Event:
    """Somebody checked in."""
    along: dict[str, Any] = {"along": [visit.joined_by]} if visit.joined_by else {}
    return Event(
        event=Kind.CHECKED_IN,
        at=visit.checked_in,
        staff=visit.staff,
        **along,
        ends=visit.expected_end,
        place=visit.place,
    )


def extended(visit: Visit, at: datetime) -> Event:
    """The visit takes longer."""
    return Event(event=Kind.VISIT_EXTENDED, at=at, staff=visit.staff, ends=visit.expected_end)


def told(visit: Visit, alert: Alert) -> Event:
    """Somebody was told that they are not back; no role is the worker themselves."""
    to: dict[str, Any] = {"to": sorted(alert.roles)} if alert.roles else {}
    return Event(event=Kind.VISIT_ALERT, at=alert.at, staff=visit.staff, rung=alert.rung, **to)


def came_back(visit: Visit) -> Event:
    """Somebody checked out."""
    return Event(event=Kind.CHECKED_OUT, at=visit.checked_out or visit.expected_end, staff=visit.staff)
