"""Word of what somebody decided: a late step is seen to, a transition is offered, the offer is answered.

Whoever it concerns hears of it, and whoever decided need not be told.
"""

from uuid import UUID

from records.database import Link
from records.notices import WORD, Told
from records.roles import Directory, Place, Recipient, resolve
from schemas.codes import Role
from schemas.commit import Commit
from schemas.event import Event, Kind

DECIDED = frozenset(
    {
        Kind.ACKNOWLEDGED,
        Kind.HANDOVER_OFFERED,
        Kind.HANDOVER_ACCEPTED,
        Kind.HANDOVER_DECLINED,
        Kind.HANDOVER_WITHDRAWN,
    }
)
"""What somebody decides that others must know of. Whom an offer is for is asked, beside this."""

TOLD_OF = """
-- The roles that were told that a step is late, for the instant when it was due last.
SELECT DISTINCT unnest(e.roles) AS role FROM escalations e
WHERE e.transition_id = $1 AND e.step = $2
    AND e.due = (SELECT max(due) FROM escalations WHERE transition_id = $1 AND step = $2)
"""


async def word(link: Link, commit: Commit, team: str, directory: Directory, coordinator: str | None) -> list[Told]:
    """What is to be told of a commit to those who did not decide it; `coordinator` is who it was before."""
    by = commit.said.staff if commit.said else None
    found = []
    for event in commit.events:
        if event.event in DECIDED:
            roles, place = await _concerned(link, event, commit, Place(team, coordinator, commit.journey.overlap))
            heard = [one for one in resolve(directory, roles, place, commit.at) if one.staff not in (None, by)]
            found.append(Told(event, WORD, commit.journey.revision, roles, heard))
    return found


async def _concerned(link: Link, event: Event, commit: Commit, place: Place) -> tuple[list[Role], Place]:
    """The roles that an event concerns, and whom they mean."""
    match event.event:
        case Kind.ACKNOWLEDGED:
            rows = await link.fetch(TOLD_OF, UUID(commit.journey.transition_id), event.step)
            roles = {Role.COORDINATOR, *(Role(row["role"]) for row in rows)}
            peers = commit.journey.peers
            return sorted(roles), place._replace(peer_worker=peers.worker if peers else None)
        case Kind.HANDOVER_ACCEPTED:
            former = [Role.COORDINATOR] if place.coordinator else []
            return former, place._replace(overlap=None)
        case Kind.HANDOVER_WITHDRAWN:
            return [Role.COORDINATOR, Role.INCOMING_COORDINATOR], place._replace(incoming=event.staff)
    return [Role.COORDINATOR], place


def recipients(told: list[Told]) -> list[Recipient]:
    """Everybody who hears something, each once."""
    return list({one.staff: one for tell in told for one in tell.recipients if one.staff}.values())
