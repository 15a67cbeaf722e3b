"""In which order milestones may happen."""

from datetime import datetime

from planner.refused import Refused
from schemas.journey import Journey
from schemas.pathway import Milestone, Pathway


def known(pathway: Pathway, milestone: str) -> Milestone:
    """The milestone; Refused when the pathway has none of that name."""
    found = pathway.milestone.get(milestone)
    if found is None:
        raise Refused("not-found", f"{pathway.id} has no milestone {milestone}: it has {', '.join(pathway.milestone)}.")
    return found


def in_order(journey: Journey, pathway: Pathway, rule: Milestone, at: datetime) -> None:
    """Refused when the milestone cannot have happened then, as things are recorded."""
    for needed in rule.needs:
        if needed not in journey.occurred:
            raise Refused("conflict", f"Record the {pathway.milestone[needed].name} before the {rule.name}.")
    for earlier in [*rule.needs, *rule.not_before]:
        if earlier in journey.occurred and at < journey.occurred[earlier]:
            raise Refused("invalid", f"The {rule.name} cannot lie before the {pathway.milestone[earlier].name}.")
    for later in pathway.milestones:
        if rule.id in (*later.needs, *later.not_before) and at > journey.occurred.get(later.id, at):
            raise Refused("invalid", f"The {rule.name} cannot lie after the {later.name}.")
