"""What people are towards a worker, where support is concerned: pure functions of the staff list."""

from planner.support import REMINDER, Standing, may_know
from records.roles import Directory
from schemas.codes import Role
from schemas.staff import StaffMember
from schemas.support import Matter


def standing(directory: Directory, worker: StaffMember, who: str) -> set[Standing]:
    """All that somebody is towards a worker.

    Whoever stands in for a supervisor or a peer lead stands as they do, except the line manager.
    """
    found = set()
    if who == worker.id:
        found.add(Standing.THEMSELVES)
    if who in _meant(directory, worker, worker.line_manager) | _answering(directory, worker, worker.line_manager):
        found.add(Standing.LINE_MANAGER)
    for kind, named in _supporting(worker):
        stands_in = Standing.LINE_MANAGER not in found and who in _answering(directory, worker, named)
        if stands_in or who in _meant(directory, worker, named):
            found.add(kind)
    return found


def knows(directory: Directory, worker: StaffMember, who: str, matter: Matter) -> bool:
    """Whether somebody may know of the matter."""
    return may_know(matter, standing(directory, worker, who))


def recipients(directory: Directory, worker: StaffMember, matter: Matter, number: int) -> list[str | None]:
    """Who is told, each once: None stands for operations, where nobody is there who could do something about it.

    First the worker and who supervises them, of a debrief also the peer lead; the peer lead of what is overdue.
    """
    named = worker.role_supervisor if matter is Matter.ROLE else worker.wellbeing_supervisor
    supervisors = _who_may(directory, worker, matter, named)
    leads = _who_may(directory, worker, matter, Role.PEER_LEAD)
    nobody: list[str | None] = [None]
    if number > REMINDER:
        return [*(leads or supervisors)] or nobody
    able = [*supervisors, *leads] if matter is Matter.DEBRIEF else supervisors or leads
    return [*dict.fromkeys([worker.id, *able])] if able else [worker.id, *nobody]


def _who_may(directory: Directory, worker: StaffMember, matter: Matter, named: str | None) -> list[str]:
    """Who answers for a name of the staff list and may know of the matter; nobody supports themselves."""
    answering = sorted(_answering(directory, worker, named) - {worker.id})
    return [who for who in answering if knows(directory, worker, who, matter)]


def _supporting(worker: StaffMember) -> list[tuple[Standing, str | None]]:
    return [
        (Standing.ROLE_SUPERVISOR, worker.role_supervisor),
        (Standing.WELLBEING_SUPERVISOR, worker.wellbeing_supervisor),
        (Standing.PEER_LEAD, Role.PEER_LEAD),
    ]


def _answering(directory: Directory, worker: StaffMember, named: str | None) -> set[str]:
    """Who is there now for an id or a role: they themselves, or who stands in for them."""
    return {here for who in _meant(directory, worker, named) if (here := directory.present(who))}


def _meant(directory: Directory, worker: StaffMember, named: str | None) -> set[str]:
    """Whom an id or a role means, there or away: those of the worker's team or, without any, those of every team."""
    if named is None:
        return set()
    if named in directory.staff and not isinstance(named, Role):
        return {named}
    holders = [holder for holder in directory.staff.values() if holder.role == named]
    in_team = {holder.id for holder in holders if holder.team == worker.team}
    across = {holder.id for holder in holders if holder.team is None}
    if named == Role.PEER_LEAD:
        return in_team | across or {holder.id for holder in holders}
    return in_team or across
