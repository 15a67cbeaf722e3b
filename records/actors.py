"""Who acts: a member of staff, in the role that they have towards a transition."""

from planner.policy import MAY, Action, may
from planner.refused import Refused
from records.database import Database
from records.staff import staff
from schemas.codes import Role
from schemas.command import Actor
from schemas.journey import Journey
from schemas.staff import StaffMember


async def member(db: Database, staff_id: str) -> StaffMember:
    """A member of staff who works here; refused when nobody has that id, or they have left."""
    found = await staff(db, staff_id)
    if not found.active:
        raise Refused("not-allowed", f"{staff_id} does not work here any more: give somebody who does.")
    return found


async def acting(db: Database, staff_id: str, journey: Journey | None, *, answers: bool = False) -> Actor:
    """Who asks, and in which role.

    The transition's coordinator acts as coordinator, whoever answers an offer to take it on as the
    incoming one, and everybody else in the role of the staff list.
    """
    found = await member(db, staff_id)
    if answers and journey is not None and journey.handover is not None and journey.handover.to == staff_id:
        return Actor(role=Role.INCOMING_COORDINATOR, staff=staff_id)
    if journey is not None and journey.coordinator == staff_id:
        return Actor(role=Role.COORDINATOR, staff=staff_id)
    return Actor(role=found.role, staff=staff_id)


async def may_or_refuse(db: Database, staff_id: str, action: Action) -> StaffMember:
    """A member of staff who works here and may do something; refused otherwise."""
    found = await member(db, staff_id)
    if not may(found.role, action):
        able = ", ".join(sorted(role.words for role in MAY[action]))
        raise Refused("not-allowed", f"A {found.role.words} may not do this: it is for {able}.")
    return found
