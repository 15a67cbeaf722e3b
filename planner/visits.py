"""Who is told, and when, that somebody who is out has not come back. Nothing here looks at a clock."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from planner.refused import Refused
from planner.words import moment
from schemas.codes import Role
from schemas.visit import CheckOut, Extend, Visit
from schemas.workforce import Place, Policy

LONGEST = timedelta(hours=8)
"""Nobody is out for longer on one check-in."""
ANSWER_FOR_THEM = (Role.TEAM_LEAD, Role.DUTY_MANAGER, Role.SERVICE_MANAGER)
"""Who may check somebody out or extend their visit: whoever was told of it."""


class Alert(NamedTuple):
    """Somebody is told at `at`: the roles, or the worker when there are none."""

    at: datetime
    rung: int
    roles: tuple[Role, ...]


def alerts(visit: Visit, policy: Policy) -> list[Alert]:
    """Everything to be told of a visit that goes on, in the order of time; nothing once somebody checked out."""
    if visit.checked_out is not None:
        return []
    end = visit.expected_end
    return sorted(
        [
            Alert(end, 0, ()),
            Alert(end + _minutes(policy.team_lead_alert_minutes), 1, (Role.TEAM_LEAD, Role.DUTY_MANAGER)),
            Alert(end + _minutes(policy.service_manager_alert_minutes), 2, (Role.SERVICE_MANAGER,)),
        ]
    )


def following(visit: Visit, policy: Policy, told: Collection[int]) -> Alert | None:
    """The next to be told, when these rungs have been told since the expected end was last set."""
    return next((alert for alert in alerts(visit, policy) if alert.rung not in told), None)


def due(visit: Visit, policy: Policy, told: Collection[int], now: datetime) -> list[Alert]:
    """What is to be told by now and has not been."""
    return [alert for alert in alerts(visit, policy) if alert.rung not in told and alert.at <= now]


def check_in(visit: Visit, policy: Policy, *, visited_at_home: bool) -> None:
    """Refuses a visit that must not begin as it is said; `visited_at_home`: this service has been there before."""
    if not visit.place.away:
        raise Refused("invalid", f"Nobody goes out for a contact by {visit.place}: no check-in is needed.")
    if visit.joined_by == visit.staff:
        raise Refused("invalid", f"{visit.staff} cannot come along with themselves: name somebody else.")
    _within(visit, visit.expected_end, visit.checked_in)
    alone = visit.joined_by is None and visit.alone_because is None
    if alone and visit.place is Place.HOME and policy.first_home_visit_joint and not visited_at_home:
        raise Refused(
            "not-allowed",
            "A first visit at somebody's home is made by two, and no earlier visit there is known: "
            "say who comes along, or why it is made alone.",
        )


def check_out(visit: Visit, command: CheckOut) -> Visit:
    """The visit after somebody checked out. Refused when that was done, or is not theirs to say."""
    _still_out(visit)
    _may(visit, command, "check them out")
    return visit.model_copy(
        update={
            "checked_out": max(command.at, visit.checked_in),
            "checked_out_by": command.by.staff,
            "checked_out_command": command.id,
            "went_wrong": command.went_wrong,
        }
    )


def extend(visit: Visit, command: Extend) -> Visit:
    """The visit with its new expected end. Refused when that is past, too late, or not theirs to say."""
    _still_out(visit)
    _may(visit, command, "extend the visit")
    _within(visit, command.expected_end, command.at)
    return visit.model_copy(update={"expected_end": command.expected_end})


def already_back(visit: Visit) -> Refused:
    """What is said of a visit that is over."""
    when = f" on {moment(visit.checked_out)}" if visit.checked_out else ""
    by = f" by {visit.checked_out_by}" if visit.checked_out_by else ""
    return Refused("conflict", f"{visit.staff} was checked out{by}{when} already.")


def _still_out(visit: Visit) -> None:
    if visit.checked_out is not None:
        raise already_back(visit)


def _may(visit: Visit, command: CheckOut | Extend, what: str) -> None:
    if command.by.staff not in visit.out and command.by.role not in ANSWER_FOR_THEM:
        raise Refused("not-allowed", f"Only {visit.staff}, or who is told when they are not back, may {what}.")


def _within(visit: Visit, end: datetime, now: datetime) -> None:
    if end <= now:
        raise Refused("invalid", f"The expected end, {moment(end)}, is not ahead: say when the visit will be over.")
    if end > visit.checked_in + LONGEST:
        latest = moment(visit.checked_in + LONGEST)
        raise Refused("invalid", f"A visit lasts 8 hours at most: expect the end by {latest}, and check in again then.")


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)
