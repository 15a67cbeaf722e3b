"""Whom a role means: in the team, across teams, under cover, in an overlap, and when nobody holds it."""

from dataclasses import replace
from datetime import timedelta

from records.roles import Directory, Holder, Holding, Place, Queue, Recipient, holdings, queues, resolve
from schemas.codes import Role
from schemas.journey import Overlap
from tests.records.journeys import T0

NORTH, SOUTH, BARE = "North", "South", "Bare"


def holder(staff_id: str, role: Role, team: str | None) -> Holder:
    """Somebody who works here."""
    return Holder(staff_id, role, team, None)


STAFF = [
    holder("coord-n", Role.COORDINATOR, NORTH),
    holder("coord-s", Role.COORDINATOR, SOUTH),
    holder("lead-n", Role.TEAM_LEAD, NORTH),
    holder("lead-s", Role.TEAM_LEAD, SOUTH),
    holder("peer-n1", Role.PEER_WORKER, NORTH),
    holder("peer-n2", Role.PEER_WORKER, NORTH),
    holder("nurse-s", Role.COMMUNITY_TEAM, SOUTH),
    holder("therapist-s", Role.THERAPIST, SOUTH),
    holder("adult", Role.ADULT_SERVICE, "Adults"),
    holder("duty", Role.DUTY_MANAGER, None),
    holder("service", Role.SERVICE_MANAGER, None),
]
EVERYBODY = Directory({one.id: one for one in STAFF}, {})


def covered(**stands_in: str) -> Directory:
    """Everybody, some of them absent."""
    return replace(EVERYBODY, stands_in={who.replace("_", "-"): other for who, other in stands_in.items()})


def told(role: Role, place: Place, directory: Directory = EVERYBODY) -> list[Recipient]:
    """Who is told at T0, in a steady order."""
    return sorted(resolve(directory, [role], place, T0), key=lambda one: one.staff or "")


def staff(role: Role, place: Place, directory: Directory = EVERYBODY) -> list[str | None]:
    """The ids of who is told, each holding the role."""
    found = told(role, place, directory)
    assert all(one.roles == (role,) and not one.unheld for one in found)
    return [one.staff for one in found]


HERE = Place(NORTH, "coord-n")


def test_the_coordinator_is_the_transitions_own_under_either_name() -> None:
    assert staff(Role.COORDINATOR, HERE) == ["coord-n"]
    assert staff(Role.NAMED_WORKER, Place(NORTH, "coord-s")) == ["coord-s"]


def test_the_outgoing_coordinator_is_told_too_until_the_overlap_ends() -> None:
    overlap = Overlap(staff="coord-s", until=T0 + timedelta(days=1))
    assert staff(Role.COORDINATOR, HERE._replace(overlap=overlap)) == ["coord-n", "coord-s"]
    over = Overlap(staff="coord-s", until=T0)
    assert staff(Role.COORDINATOR, HERE._replace(overlap=over)) == ["coord-n"]


def test_the_incoming_coordinator_is_who_was_asked() -> None:
    assert staff(Role.INCOMING_COORDINATOR, HERE._replace(incoming="coord-s")) == ["coord-s"]


def test_a_role_is_everybody_of_the_team_who_holds_it() -> None:
    assert staff(Role.PEER_WORKER, HERE) == ["peer-n1", "peer-n2"]
    assert staff(Role.TEAM_LEAD, Place(SOUTH, "coord-n")) == ["lead-s"]


def test_a_role_across_teams_serves_a_team_without_one() -> None:
    assert staff(Role.DUTY_MANAGER, HERE) == ["duty"]
    assert staff(Role.ADULT_SERVICE, HERE) == ["adult"]
    assert staff(Role.THERAPIST, HERE) == ["therapist-s"]


def test_another_teams_nurse_is_not_this_teams() -> None:
    assert told(Role.COMMUNITY_TEAM, HERE) == [Recipient("lead-n", (), (Role.COMMUNITY_TEAM,))]


def test_cover_stands_in_and_so_does_the_covers_cover() -> None:
    assert staff(Role.COORDINATOR, HERE, covered(coord_n="coord-s")) == ["coord-s"]
    assert staff(Role.COORDINATOR, HERE, covered(coord_n="coord-s", coord_s="lead-s")) == ["lead-s"]
    assert staff(Role.PEER_WORKER, HERE, covered(peer_n1="peer-n2")) == ["peer-n2"]
    assert staff(Role.DUTY_MANAGER, HERE, covered(duty="lead-n")) == ["lead-n"]


def test_two_who_cover_each_other_are_both_away() -> None:
    away = covered(coord_n="coord-s", coord_s="coord-n")
    assert told(Role.COORDINATOR, HERE, away) == [Recipient("lead-n", (), (Role.COORDINATOR,))]


def test_nobody_holds_the_role_so_the_lead_hears_it_and_why() -> None:
    assert told(Role.SAFETY_LEAD, HERE) == [Recipient("lead-n", (), (Role.SAFETY_LEAD,))]
    assert told(Role.COORDINATOR, Place(NORTH, "left-long-ago")) == [Recipient("lead-n", (), (Role.COORDINATOR,))]
    assert told(Role.COORDINATOR, Place(NORTH, None)) == [Recipient("lead-n", (), (Role.COORDINATOR,))]


def test_without_a_lead_the_service_manager_hears_it() -> None:
    assert told(Role.TEAM_LEAD, Place(BARE, None)) == [Recipient("service", (), (Role.TEAM_LEAD,))]


def test_with_nobody_at_all_it_is_recorded_for_operations() -> None:
    assert told(Role.TEAM_LEAD, HERE, Directory({}, {})) == [Recipient(None, (), (Role.TEAM_LEAD,))]


def test_somebody_of_two_roles_hears_it_once() -> None:
    found = resolve(covered(coord_n="lead-n"), [Role.TEAM_LEAD, Role.COORDINATOR, Role.SAFETY_LEAD], HERE, T0)
    assert found == [Recipient("lead-n", (Role.COORDINATOR, Role.TEAM_LEAD), (Role.SAFETY_LEAD,))]


def test_worklists_come_from_the_same_rules() -> None:
    teams = [NORTH, SOUTH, BARE]
    assert queues(EVERYBODY, "therapist-s", teams, T0) == [Queue(team, Role.THERAPIST) for team in teams]
    assert queues(EVERYBODY, "peer-n1", teams, T0) == [Queue(NORTH, Role.PEER_WORKER)]
    leads = {queue.role for queue in queues(EVERYBODY, "lead-n", teams, T0) if queue.team == NORTH}
    assert leads >= {Role.TEAM_LEAD, Role.SAFETY_LEAD, Role.COMMUNITY_TEAM, Role.COORDINATOR}
    assert Role.PEER_WORKER not in leads


def test_named_work_of_the_absent_is_in_somebodys_worklist() -> None:
    named = ["coord-n", "coord-s", "gone"]
    away = covered(coord_s="coord-n")
    assert holdings(away, "coord-n", [NORTH], named, T0) == [Holding("coord-n", None), Holding("coord-s", None)]
    assert Holding("gone", NORTH) in holdings(away, "lead-n", [NORTH, SOUTH], named, T0)
    assert Holding("gone", SOUTH) not in holdings(away, "lead-n", [NORTH, SOUTH], named, T0)
