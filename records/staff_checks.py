"""What must hold of a staff list beyond how each cell is written: patterns, hours, who is named, job shares. Pure."""

from collections.abc import Collection, Mapping

from planner.workforce.pattern import parse, shortfall
from schemas.codes import Role
from schemas.staff import StaffMember

SUPPORT = ("line_manager", "role_supervisor", "wellbeing_supervisor")
"""Who stands behind a member of staff, each an id or a role."""


def own(member: StaffMember) -> dict[str, str]:
    """What is wrong with a member of staff alone: a sentence for each field."""
    if member.works is None:
        return {}
    try:
        pattern = parse(member.works)
    except ValueError as error:
        return {"works": str(error)}
    short = shortfall(pattern, member.hours_per_week) if member.hours_per_week is not None else None
    return {"hours_per_week": short} if short else {}


def supported(member: StaffMember, ids: Collection[str]) -> dict[str, str]:
    """What is wrong with who is named behind a member of staff, where `ids` are everybody in the list."""
    return {
        field: f"{named} is neither an id of the staff list nor a role"
        for field in SUPPORT
        if (named := getattr(member, field)) is not None and named not in ids and not _is_role(named)
    }


def _is_role(name: str) -> bool:
    try:
        Role(name)
    except ValueError:
        return False
    return True


def shared(member: StaffMember, everybody: Mapping[str, StaffMember]) -> str | None:
    """What is wrong with a job share: both name each other, and have the role and the team in common."""
    if member.job_share is None:
        claims = sorted(one.id for one in everybody.values() if one.job_share == member.id and one.id != member.id)
        return f"{claims[0]} shares a post with {member.id}, who does not say so: say it of both" if claims else None
    if member.job_share == member.id:
        return "nobody shares a post with themselves"
    partner = everybody.get(member.job_share)
    if partner is None:
        return f"{member.job_share} is not in the staff list"
    if partner.job_share != member.id:
        return f"{partner.id} does not say that they share a post with {member.id}: say it of both"
    if (partner.role, partner.team) != (member.role, member.team):
        return f"{partner.id} has another role or team: the two halves of a post have both in common"
    return None
