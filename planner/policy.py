"""Who may do what and see whom, by role: the pages, the API and the workflows' commands all ask here.

What is not allowed here is not allowed: a role that a table does not name may not.
"""

from enum import StrEnum
from typing import NamedTuple

from planner import ladders
from planner.refused import Refused
from schemas.codes import Role
from schemas.command import Actor
from schemas.journey import StepState
from schemas.pathway import Pathway

STEERING = frozenset(
    {
        Role.COORDINATOR,
        Role.NAMED_WORKER,
        Role.TEAM_LEAD,
        Role.COMMUNITY_TEAM,
        Role.THERAPIST,
        Role.DUTY_MANAGER,
        Role.SERVICE_MANAGER,
        Role.SAFETY_LEAD,
        Role.PEER_LEAD,
    }
)
"""Those who care for the person and may report and steer; a peer worker reports their own steps."""


def acting(pathway: Pathway, by: Actor, default: Role) -> Role:
    """The role somebody acts in, as this pathway calls it."""
    return pathway.role(by.role or default)


def may_steer(pathway: Pathway, by: Actor, what: str) -> None:
    """Refused unless the role may steer a transition."""
    role = acting(pathway, by, Role.COORDINATOR)
    if role not in STEERING:
        raise Refused("not-allowed", f"A {role.words} cannot {what}: ask the {pathway.coordinator.words}.")


def may_complete(pathway: Pathway, step: StepState, by: Actor) -> None:
    """Refused unless the role may report the step done or tried."""
    role = acting(pathway, by, step.owner)
    rule = pathway.step.get(step.of or "")
    if rule is not None and rule.may_complete is not None:
        allowed = frozenset(pathway.role(other) for other in rule.may_complete)
    else:
        allowed = STEERING | {step.owner}
    if role not in allowed:
        raise Refused("not-allowed", f"A {role.words} cannot report {step.id}: it is for the {step.owner.words}.")


def may_acknowledge(pathway: Pathway, step: StepState, by: Actor) -> None:
    """Refused unless the role owns the step or may steer."""
    if acting(pathway, by, Role.COORDINATOR) is not step.owner:
        may_steer(pathway, by, f"acknowledge {step.id}")


def may_waive(pathway: Pathway, step: StepState, by: Actor, what: str = "waive") -> None:
    """Refused unless the role may decide that the step need not be done, or not by then."""
    role = acting(pathway, by, Role.COORDINATOR)
    rule = pathway.step.get(step.of or "")
    if rule is not None and rule.may_waive is not None:
        names = rule.may_waive
    elif step.ladder == ladders.SAFETY:
        names = pathway.safety_waivers
    else:
        names = [pathway.coordinator, Role.TEAM_LEAD]
    allowed = [pathway.role(name) for name in names]
    if role not in allowed:
        who = " or ".join(name.words for name in allowed) or "nobody"
        raise Refused("not-allowed", f"A {role.words} cannot {what} {step.id}: only the {who} can.")


class Action(StrEnum):
    """What somebody may do in the pages and the API, beside the commands that a pathway has rules for."""

    OWN_WORK = "own-work"
    """See what waits for them, and what they were told."""
    FIND_PEOPLE = "find-people"
    """Search by name, NHS number or local id among those whom they may see."""
    CASELOAD = "caseload"
    """See whom they go with: who needs them today, and when each has their next date."""
    TEAM_CASELOAD = "team-caseload"
    """See the same of a colleague, or of the whole of their team."""
    START = "start"
    """Enter a person, and start a transition."""
    BULK = "bulk"
    """Acknowledge or reassign many at once."""
    CONTACTS = "contacts"
    """See their own week of contacts, check in and out, and report them."""
    CAPACITY = "capacity"
    """See the hours of teams against what is asked, and who waits for a worker."""
    BOARD = "board"
    """See the work of the service without the people: what is late, what was not delivered, what failed."""
    SEARCH_WORK = "search-work"
    """Search all transitions by id, state, pathway, team and dates."""
    EXECUTION = "execution"
    """See how a transition runs, and have what failed tried again."""
    PAYLOADS = "payloads"
    """Read in Temporal's own pages what it holds: of a person, only while they may see the whole of them."""
    DEFINITIONS = "definitions"
    """Move journeys to a newer definition of their pathway."""
    BREAK_GLASS = "break-glass"
    """Open a person whom they may not see otherwise, with a reason, for a while."""
    ACCESS_LOG = "access-log"
    """See who looked at whom, and who broke the glass."""
    WHO_LOOKED = "who-looked"
    """See who looked at one person whom they see; the privacy officer, at anybody."""
    REPORTS = "reports"
    """See what the service counts, in figures."""
    REPORT_LISTS = "report-lists"
    """See whom a figure is about."""
    CHART_MARKS = "chart-marks"
    """Write on the chart of a report: a baseline that begins anew, with its reason, or a change to know of."""
    READY = "ready"
    """Record from when until when somebody could have left a ward, and what for they could not."""
    TOKENS = "tokens"
    """Let machines in, and send what changes to other systems."""
    LICENCES = "licences"
    """Record which measures the service has a licence for."""
    RETENTION = "retention"
    """See whose time is over for being kept, by local id, and ask that what is kept of somebody is destroyed."""
    APPROVE_ERASURE = "approve-erasure"
    """Approve or refuse, as a second person, that it is destroyed."""
    EXPORT_PERSON = "export-person"
    """Take out everything that is held about a person, to give it to them."""


CARING = frozenset(
    {
        Role.COORDINATOR,
        Role.NAMED_WORKER,
        Role.INCOMING_COORDINATOR,
        Role.TEAM_LEAD,
        Role.COMMUNITY_TEAM,
        Role.THERAPIST,
        Role.ADULT_SERVICE,
        Role.DUTY_MANAGER,
        Role.SERVICE_MANAGER,
        Role.SAFETY_LEAD,
    }
)
"""Those who see the whole of the people whom they care for."""
_MANAGING = frozenset({Role.TEAM_LEAD, Role.DUTY_MANAGER, Role.SERVICE_MANAGER, Role.SAFETY_LEAD})
_OF_EVERY_TEAM = _MANAGING | {Role.PEER_LEAD}
_EVERYBODY = frozenset(Role)
_WATCHING = _MANAGING | {Role.OPERATIONS}

MAY: dict[Action, frozenset[Role]] = {
    Action.OWN_WORK: _EVERYBODY,
    Action.FIND_PEOPLE: CARING | {Role.PEER_LEAD, Role.PEER_WORKER},
    Action.CASELOAD: CARING,
    Action.TEAM_CASELOAD: _MANAGING,
    Action.START: STEERING - {Role.PEER_LEAD},
    Action.BULK: frozenset({Role.COORDINATOR, Role.NAMED_WORKER}) | _MANAGING,
    Action.CONTACTS: frozenset({Role.PEER_WORKER, Role.PEER_LEAD}),
    Action.CAPACITY: _WATCHING | {Role.COORDINATOR, Role.NAMED_WORKER, Role.PEER_LEAD},
    Action.BOARD: _WATCHING,
    Action.SEARCH_WORK: _WATCHING,
    Action.EXECUTION: frozenset({Role.OPERATIONS, Role.ADMINISTRATOR}),
    Action.PAYLOADS: frozenset({Role.OPERATIONS, Role.ADMINISTRATOR}),
    Action.DEFINITIONS: frozenset({Role.OPERATIONS}),
    Action.BREAK_GLASS: CARING | {Role.OPERATIONS},
    Action.ACCESS_LOG: frozenset({Role.PRIVACY_OFFICER}),
    Action.WHO_LOOKED: _MANAGING | {Role.PRIVACY_OFFICER},
    Action.REPORTS: _WATCHING | {Role.PEER_LEAD},
    Action.REPORT_LISTS: _MANAGING,
    Action.CHART_MARKS: _MANAGING,
    Action.READY: CARING,
    Action.TOKENS: frozenset({Role.ADMINISTRATOR}),
    Action.LICENCES: frozenset({Role.ADMINISTRATOR, Role.SERVICE_MANAGER}),
    Action.RETENTION: frozenset({Role.PRIVACY_OFFICER, Role.ADMINISTRATOR}),
    Action.APPROVE_ERASURE: frozenset({Role.PRIVACY_OFFICER, Role.ADMINISTRATOR}),
    Action.EXPORT_PERSON: frozenset({Role.PRIVACY_OFFICER}),
}
"""Who may do what. A role that is not named may not."""


def may(role: Role, action: Action) -> bool:
    """Whether somebody of the role may do it."""
    return role in MAY[action]


class Scope(StrEnum):
    """What a machine was let in for. It may do what its scopes and the role that it acts in both allow, and no more."""

    READ_WORK = "read:work"
    """What is to be done, by whom and how late, without names; staff and pathways."""
    READ_PEOPLE = "read:people"
    """Open a person, as far as whoever the machine acts as may; each time it is kept that it did."""
    WRITE_COMMANDS = "write:commands"
    """Record what was done and decided."""
    WRITE_TRANSITIONS = "write:transitions"
    """Enter people, and start transitions."""


SCOPE_WORDS = {
    Scope.READ_WORK: "See what is to be done and how late it is, without names",
    Scope.READ_PEOPLE: "Open people whom it may see; each time is kept in their access log",
    Scope.WRITE_COMMANDS: "Record what was done and decided for people whom it may see",
    Scope.WRITE_TRANSITIONS: "Enter people, and start transitions",
}


class Sight(StrEnum):
    """How much of a person somebody sees, the least first."""

    NOTHING = "nothing"
    SHARED = "shared"
    """What the person agreed to share, and what the task needs: never the clinical record."""
    WHOLE = "whole"


class Standing(NamedTuple):
    """What somebody is towards one transition, at one instant.

    `named` they coordinate it, are offered it, hand it over, or stand in for whoever does; `same_team` it is their
    team's (see `of_team`); `allocated` a step of it waits for them; `goes_with` they are the person's peer worker, or
    are booked to see them; `glass` they opened it with a reason that still holds.
    """

    named: bool = False
    same_team: bool = False
    allocated: bool = False
    goes_with: bool = False
    glass: bool = False


def of_every_team(role: Role, own: str | None) -> bool:
    """Whether somebody's team is every team: those who manage or lead and have no team of their own.

    A therapist or an adult service without a team is of no team: they see those for whom a step of theirs waits.
    """
    return own is None and role in _OF_EVERY_TEAM


def of_team(role: Role, own: str | None, team: str) -> bool:
    """Whether somebody is of a team, by their role and their own team."""
    return own == team or of_every_team(role, own)


def sight(role: Role, standing: Standing) -> Sight:
    """How much of the person somebody sees."""
    if standing.glass and may(role, Action.BREAK_GLASS):
        return Sight.WHOLE
    if role in CARING and (standing.named or standing.same_team or standing.allocated):
        return Sight.WHOLE
    if role is Role.PEER_WORKER and (standing.goes_with or standing.allocated):
        return Sight.SHARED
    if role is Role.PEER_LEAD and (standing.same_team or standing.allocated):
        return Sight.SHARED
    return Sight.NOTHING
