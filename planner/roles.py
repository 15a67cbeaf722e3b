"""Who may ask for what: by role, before anything is changed."""

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
