"""Who is told that somebody is not back: never early, each once, and from the beginning when a visit is extended."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.refused import Refused
from planner.visits import LONGEST, Alert, alerts, check_in, check_out, due, extend, following
from schemas.codes import Role
from schemas.command import Actor
from schemas.visit import CheckOut, Extend, Visit
from schemas.workforce import Place, Policy

T0 = datetime(2026, 11, 24, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WORKER, LEAD = "peer-1", "lead-1"


def outing(**said: object) -> Visit:
    """A worker out in the town from T0, for an hour."""
    known = {"id": "v", "staff": WORKER, "place": Place.COMMUNITY, "checked_in": T0, "expected_end": T0 + HOUR}
    return Visit.model_validate(known | said)


def back(staff: str = WORKER, role: Role | None = None, at: datetime = T0 + HOUR) -> CheckOut:
    """Somebody says that the worker is back."""
    return CheckOut(id="back", at=at, by=Actor(role=role, staff=staff))


def longer(end: datetime, at: datetime = T0) -> Extend:
    """The worker says that it takes longer."""
    return Extend(id="longer", at=at, by=Actor(staff=WORKER), expected_end=end)


minutes = st.integers(-120, 24 * 60).map(lambda number: number * MINUTE)
policies = st.builds(
    Policy,
    team_lead_alert_minutes=st.integers(1, 240),
    service_manager_alert_minutes=st.integers(1, 480),
)


def test_the_worker_then_those_who_answer_then_the_service_manager() -> None:
    end = T0 + HOUR
    assert alerts(outing(), Policy()) == [
        Alert(end, 0, ()),
        Alert(end + 15 * MINUTE, 1, (Role.TEAM_LEAD, Role.DUTY_MANAGER)),
        Alert(end + 30 * MINUTE, 2, (Role.SERVICE_MANAGER,)),
    ]


def test_a_team_settles_its_own_minutes() -> None:
    own = Policy(team_lead_alert_minutes=5, service_manager_alert_minutes=60)
    assert [alert.at - T0 - HOUR for alert in alerts(outing(), own)] == [0 * MINUTE, 5 * MINUTE, 60 * MINUTE]


def test_a_service_manager_may_be_told_before_a_team_lead() -> None:
    own = Policy(team_lead_alert_minutes=60, service_manager_alert_minutes=5)
    assert [alert.rung for alert in alerts(outing(), own)] == [0, 2, 1]


def test_nobody_is_told_once_they_are_back() -> None:
    over = check_out(outing(), back())
    assert alerts(over, Policy()) == []
    assert following(over, Policy(), ()) is None


@given(policies, st.lists(minutes, max_size=30))
def test_never_early_each_once_and_nothing_forgotten(policy: Policy, looks: list[timedelta]) -> None:
    visit, told = outing(), list[int]()
    for now in sorted(T0 + look for look in looks):
        for alert in due(visit, policy, told, now):
            assert visit.expected_end <= alert.at <= now
            told.append(alert.rung)
        assert sorted(set(told)) == sorted(told)
        assert sorted(told) == sorted(alert.rung for alert in alerts(visit, policy) if alert.at <= now)


@given(policies, minutes, st.integers(1, 8 * 60).map(lambda number: number * MINUTE))
def test_an_extended_visit_starts_again_from_its_new_end(policy: Policy, now: timedelta, length: timedelta) -> None:
    visit, end = outing(), T0 + length
    command = longer(end, T0 + now)
    if end <= command.at:
        with pytest.raises(Refused, match="not ahead"):
            extend(visit, command)
        return
    later = extend(visit, command)
    assert due(later, policy, (), command.at) == []
    assert [(a.at - end, a.rung) for a in alerts(later, policy)] == [
        (a.at - visit.expected_end, a.rung) for a in alerts(visit, policy)
    ]


@given(policies, st.sets(st.integers(0, 2)), minutes)
def test_what_follows_is_the_first_that_is_not_told(policy: Policy, told: set[int], now: timedelta) -> None:
    waiting = following(outing(), policy, told)
    open_rungs = [alert for alert in alerts(outing(), policy) if alert.rung not in told]
    assert waiting == (min(open_rungs) if open_rungs else None)
    assert due(outing(), policy, told, T0 + now) == [alert for alert in open_rungs if alert.at <= T0 + now]


def test_eight_hours_are_counted_from_the_check_in() -> None:
    assert extend(outing(), longer(T0 + LONGEST)).expected_end == T0 + LONGEST
    with pytest.raises(Refused, match="8 hours at most"):
        extend(outing(), longer(T0 + LONGEST + MINUTE))
    with pytest.raises(Refused, match="8 hours at most"):
        check_in(outing(expected_end=T0 + LONGEST + MINUTE), Policy(), visited_at_home=False)


@pytest.mark.parametrize("role", [Role.TEAM_LEAD, Role.DUTY_MANAGER, Role.SERVICE_MANAGER])
def test_who_was_told_may_check_them_out_and_is_named(role: Role) -> None:
    over = check_out(outing(), back(LEAD, role))
    assert (over.checked_out, over.checked_out_by) == (T0 + HOUR, LEAD)


def test_nobody_else_may() -> None:
    with pytest.raises(Refused, match="Only peer-1") as refused:
        check_out(outing(), back("coord-1", Role.COORDINATOR))
    assert refused.value.kind == "not-allowed"
    with pytest.raises(Refused, match="Only peer-1"):
        extend(outing(), longer(T0 + 2 * HOUR).model_copy(update={"by": Actor(staff="coord-1")}))


def test_who_came_along_may() -> None:
    joint = outing(joined_by="peer-2")
    assert check_out(joint, back("peer-2")).checked_out_by == "peer-2"


def test_a_visit_that_is_over_says_who_ended_it() -> None:
    over = check_out(outing(), back(LEAD, Role.TEAM_LEAD))
    with pytest.raises(Refused, match="peer-1 was checked out by lead-1 on Tue 24 Nov 2026 15:00 already"):
        check_out(over, back())
    with pytest.raises(Refused, match="already"):
        extend(over, longer(T0 + 2 * HOUR))


def test_a_first_visit_at_home_is_made_by_two() -> None:
    home = outing(place=Place.HOME)
    with pytest.raises(Refused, match="made by two") as refused:
        check_in(home, Policy(), visited_at_home=False)
    assert refused.value.kind == "not-allowed"


@pytest.mark.parametrize(
    ("said", "policy", "before"),
    [
        ({"place": Place.HOME}, Policy(), True),
        ({"place": Place.HOME}, Policy(first_home_visit_joint=False), False),
        ({"place": Place.HOME, "joined_by": "peer-2"}, Policy(), False),
        ({"place": Place.HOME, "alone_because": "they asked for it"}, Policy(), False),
        ({"place": Place.COMMUNITY}, Policy(), False),
    ],
)
def test_any_other_visit_may_begin(said: dict[str, object], policy: Policy, before: bool) -> None:
    visit = outing(**said)
    check_in(visit, policy, visited_at_home=before)
    assert alerts(visit, policy)[0].at == visit.expected_end


@pytest.mark.parametrize("place", [Place.TELEPHONE, Place.VIDEO])
def test_nobody_goes_out_to_telephone(place: Place) -> None:
    with pytest.raises(Refused, match="no check-in is needed"):
        check_in(outing(place=place), Policy(), visited_at_home=True)


def test_nobody_comes_along_with_themselves() -> None:
    with pytest.raises(Refused, match="with themselves"):
        check_in(outing(joined_by=WORKER), Policy(), visited_at_home=True)
