"""Which people a role means, for one transition at one instant: team, cover, overlap and who is told when nobody is.

`Directory` is the staff list as it stood; `resolve` is a pure function of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from records.database import Link
from schemas.codes import COORDINATING_ROLES, Role
from schemas.journey import Overlap

_OF_ONE_TEAM = frozenset({Role.TEAM_LEAD, Role.PEER_WORKER, Role.COMMUNITY_TEAM})
"""Whoever holds one of these in a team holds it for that team alone; any other role also serves teams without."""

_ANYWHERE = ""
"""No team has this name: the database sees to it."""


class Holder(NamedTuple):
    """A member of staff, as far as resolving a role needs them."""

    id: str
    role: Role
    team: str | None
    email: str | None


@dataclass(frozen=True)
class Directory:
    """Everybody who works here, and who stands in for whom at the instant asked about."""

    staff: dict[str, Holder]
    stands_in: dict[str, str]

    @cached_property
    def _held(self) -> dict[tuple[Role, str | None], set[str]]:
        """Who is present for a role in a team or in none, and under _ANYWHERE for it beyond one team.

        A role that somebody holds is there also when nobody is present for it.
        """
        found: dict[tuple[Role, str | None], set[str]] = {}
        for holder in self.staff.values():
            here = self.present(holder.id)
            beyond = holder.team is None or holder.role not in _OF_ONE_TEAM
            for where in {holder.team, _ANYWHERE} if beyond else {holder.team}:
                found.setdefault((holder.role, where), set()).update([here] if here else [])
        return found

    def present(self, staff_id: str | None) -> str | None:
        """The person, or who stands in for them, or who stands in for that one; None when nobody does."""
        seen: set[str] = set()
        while staff_id in self.stands_in and staff_id not in seen:
            seen.add(staff_id)
            staff_id = self.stands_in[staff_id]
        return staff_id if staff_id in self.staff and staff_id not in seen else None

    def covered_by(self, staff_id: str) -> list[str]:
        """Themselves, and those whom they stand in for."""
        return [staff_id, *(one for one in self.stands_in if one != staff_id and self.present(one) == staff_id)]

    def holders(self, role: Role, team: str) -> list[str]:
        """Who holds a role in a team or, when nobody there does, across teams: present, sorted, each once."""
        return sorted(self._held.get((role, team if (role, team) in self._held else _ANYWHERE), ()))


class Place(NamedTuple):
    """Whom roles towards one transition mean."""

    team: str
    coordinator: str | None
    overlap: Overlap | None = None
    incoming: str | None = None
    peer_worker: str | None = None


class Recipient(NamedTuple):
    """Somebody to tell, as which roles, and the roles that nobody holds and that fell to them."""

    staff: str | None
    roles: tuple[Role, ...]
    unheld: tuple[Role, ...] = ()


_FALLBACK = (Role.TEAM_LEAD, Role.SERVICE_MANAGER)
"""Who is told instead when nobody holds a role."""


def _named(role: Role, place: Place, at: datetime) -> list[str | None] | None:
    if role is Role.INCOMING_COORDINATOR:
        return [place.incoming]
    if role is Role.PEER_WORKER and place.peer_worker is not None:
        return [place.peer_worker]
    if role not in COORDINATING_ROLES:
        return None
    outgoing = place.overlap.staff if place.overlap and at < place.overlap.until else None
    return [place.coordinator, outgoing]


def people(directory: Directory, role: Role, place: Place, at: datetime) -> list[str]:
    """The people present who hold a role towards a transition; empty when nobody does."""
    named = _named(role, place, at)
    if named is None:
        return directory.holders(role, place.team)
    return sorted({here for who in named if (here := directory.present(who))})


def answering(directory: Directory, role: Role, place: Place, at: datetime) -> tuple[list[str], bool]:
    """Who answers for a role, and whether they hold it (False: nobody does, and it fell to them)."""
    if held := people(directory, role, place, at):
        return held, True
    for fallback in _FALLBACK:
        if instead := directory.holders(fallback, place.team):
            return instead, False
    return [], False


def resolve(directory: Directory, roles: Iterable[Role], place: Place, at: datetime) -> list[Recipient]:
    """Whom to tell, each once with every role they are told as; one without staff when nobody at all is there."""
    told: dict[str | None, tuple[list[Role], list[Role]]] = {}
    for role in sorted(set(roles)):
        found, holds = answering(directory, role, place, at)
        whom: list[str | None] = [*found] or [None]
        for who in whom:
            as_role, unheld = told.setdefault(who, ([], []))
            (as_role if holds else unheld).append(role)
    return [Recipient(who, tuple(held), tuple(unheld)) for who, (held, unheld) in told.items()]


class Queue(NamedTuple):
    """What waits for a role in a team."""

    team: str
    role: Role


class Holding(NamedTuple):
    """What waits for a member of staff by name: everywhere, or only in one team."""

    staff: str
    team: str | None


def queues(directory: Directory, staff_id: str, teams: Iterable[str], at: datetime) -> list[Queue]:
    """The roles that somebody answers for, in each team; named ones where nobody is named."""
    theirs = {directory.staff[one].role for one in directory.covered_by(staff_id) if one in directory.staff}
    possible = list(Role) if theirs.intersection(_FALLBACK) else [role for role in Role if role in theirs]
    return [
        Queue(team, role)
        for team in teams
        for role in possible
        if staff_id in answering(directory, role, Place(team, None), at)[0]
    ]


def holdings(
    directory: Directory, staff_id: str, teams: Iterable[str], named: Iterable[str], at: datetime
) -> list[Holding]:
    """Whose named work somebody does: their own, theirs whom they cover, and theirs whom nobody else can do it for."""
    own = [Holding(staff_id, None)]
    covered = [Holding(who, None) for who in named if who != staff_id and directory.present(who) == staff_id]
    lost = [who for who in named if directory.present(who) is None]
    fallen = [
        Holding(who, team)
        for team in (teams if lost else ())
        for who in lost
        if staff_id in answering(directory, Role.COORDINATOR, Place(team, who), at)[0]
    ]
    return own + covered + fallen


STAFF_NOW = """
-- Everybody who works here.
SELECT id, role, team, email FROM staff WHERE active
"""
COVER_NOW = """
-- Who stands in for whom at an instant.
SELECT staff, stands_in FROM cover WHERE starts <= $1 AND $1 < ends
"""


async def directory(link: Link, at: datetime) -> Directory:
    """The staff list with the cover of an instant. A service's staff are hundreds, so they are read whole."""
    staff = [Holder(r["id"], Role(r["role"]), r["team"], r["email"]) for r in await link.fetch(STAFF_NOW)]
    cover = await link.fetch(COVER_NOW, at)
    return Directory({holder.id: holder for holder in staff}, {r["staff"]: r["stands_in"] for r in cover})
