"""Peer support within a journey: whatever happens, journey, bookings and the team's time agree, and refusals hold."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner import journey as planner
from planner import peers
from planner.clock import LONDON
from planner.peer_commands import ARRANGING, Arranged, arrange
from planner.refused import Refused
from planner.workforce.pattern import parse
from planner.workforce.roster import Busy, Roster, Worker
from planner.workforce.slots import Slot, over_hours, problems
from schemas.codes import Role
from schemas.command import COMMAND, AnyCommand, CoverAbsence, Start
from schemas.event import Kind
from schemas.journey import Journey
from schemas.pathway import Pathway
from schemas.workforce import Booked, Peers
from tests.planner.random_stories import AFTER, LATER, WHAT, Move, pathways, starts, stored, told
from tests.planner.story import a_pathway, london
from tests.planner.workforce.random_rosters import IDS, NOW, rosters

PEER_WHAT = ("wishes", "not-with", "assign", "assign-somebody", "accept-person", "step-back", "book", "book-at",
             "book-over", "cancel-booking", "cover-absence")  # fmt: skip
MOVES = st.lists(
    st.builds(Move, AFTER, st.sampled_from((*WHAT, *PEER_WHAT, *PEER_WHAT)), st.integers(0, 9), st.integers(0, 99)),
    min_size=3,
    max_size=12,
)
COMPANY = {"kind": "peer-contact", "owner": "peer-worker", "ladder": "gentle"}


@st.composite
def companies(draw: st.DrawFn) -> Pathway:
    """A random pathway with contacts of a peer worker, one of them again and again."""
    likeness = draw(pathways()).model_dump(by_alias=True, exclude_unset=True)
    weeks, days = draw(st.integers(1, 12)), draw(st.integers(4, 30))
    once = {"id": "once", "title": "Once", **COMPANY, "due": {"after": "started", "weeks": weeks}}
    series = {"every": {"days": days}, "from": {"after": "started"}, "times": 4}
    often = {"id": "often", "title": "Often", **COMPANY, "series": series}
    return Pathway.model_validate(likeness | {"steps": [once, often, *likeness["steps"]]})


@st.composite
def teams(draw: st.DrawFn, around: datetime) -> Roster:
    """A team, random through and through or with a good deal of time."""
    roster = draw(rosters(around))
    if draw(st.booleans()):
        hours = parse("mon-fri 09:00-17:00")
        for staff, worker in roster.workers.items():
            roster.workers[staff] = worker._replace(pattern=hours, minutes=draw(st.sampled_from([240, 1125, 2250])))
    return roster


LEAD = {"role": Role.TEAM_LEAD}


class Standing(NamedTuple):
    """A journey and its team's time after something was arranged at an instant; what was there before."""

    at: datetime
    before: Journey
    journey: Journey
    roster: Roster
    command: AnyCommand | None
    arranged: Arranged | None


def played(pathway: Pathway, start: Start, moves: list[Move], roster: Roster) -> Iterator[Standing]:
    """Play the moves, arranging whatever is unsettled after each turn, as the workflow does."""
    now, journey = start.at, planner.start(pathway, start).journey
    journey, roster = yield from _settled(pathway, journey, roster, now)
    for move in moves:
        now += move.after
        journey, roster = yield from _until(pathway, journey, roster, now)
        command = _command(move, journey, now)
        if not isinstance(command, ARRANGING):
            try:
                journey = planner.decide(pathway, journey, command).journey
            except Refused:
                continue
            journey, roster = yield from _settled(pathway, journey, roster, now)
        else:
            journey, roster = yield from _arranged(pathway, journey, roster, now, command)
    yield from _until(pathway, journey, roster, now + LATER)


def _until(pathway: Pathway, journey: Journey, roster: Roster, goal: datetime) -> Any:
    turns = 0
    while (at := planner.next_wake(pathway, journey)) is not None and at <= goal:
        journey = planner.wake(pathway, journey, at).journey
        journey, roster = yield from _settled(pathway, journey, roster, at)
        turns += 1
        assert turns < 2000, "time does not pass"
    return journey, roster


def _settled(pathway: Pathway, journey: Journey, roster: Roster, at: datetime) -> Any:
    if peers.unsettled(journey):
        return (yield from _arranged(pathway, journey, roster, at, None))
    yield Standing(at, journey, journey, roster, None, None)
    return journey, roster


def _arranged(pathway: Pathway, journey: Journey, roster: Roster, at: datetime, command: AnyCommand | None) -> Any:
    trying = roster.copy()
    if isinstance(command, CoverAbsence) and command.ends > command.starts and command.staff in trying.workers:
        trying.is_away(command.staff, (command.starts, command.ends))
    try:
        arranged = arrange(pathway, journey, trying, at, command)
    except Refused:
        return journey, roster
    after = stored(arranged.journey)
    yield Standing(at, journey, after, trying, command, arranged)
    return after, trying


def _command(move: Move, journey: Journey, now: datetime) -> AnyCommand:
    if move.what in WHAT:
        return told(move, journey, now)
    staff, state = IDS[move.which % 3], journey.peers or Peers()
    placed = [step.id for step in peers.to_place(journey)] or list(journey.steps)
    step = placed[move.which % len(placed)]
    days = timedelta(days=move.how / 7)
    at = datetime.combine((now + days).date(), time(9 + move.how % 6), LONDON)
    said: dict[str, dict[str, Any]] = {
        "wishes": {"wishes": [f"times:{('morning', 'fri', 'afternoon')[move.how % 3]}"], "asked_for": staff},
        "not-with": {"do": "wishes", "not_with": state.worker or staff},
        "assign": {},
        "assign-somebody": {"do": "assign", "staff": staff, "reason": "By hand", "at_once": move.how % 2 == 0},
        "accept-person": {},
        "step-back": {"staff": state.worker or staff},
        "book": {"step": step, "not_before": now + days, "place": ("home", "telephone", None)[move.how % 3]},
        "book-at": {"do": "book", "step": step, "starts": at},
        "book-over": {"do": "book", "step": step, "starts": at, "over_hours": True, "reason": "It matters"},
        "cancel-booking": {"step": step, "reason": "Another day"},
        "cover-absence": {
            "staff": state.worker or staff, "starts": now + days / 2, "ends": now + days * 2 + timedelta(hours=1),
            "long": move.how % 3 == 0,
        },
    }  # fmt: skip
    return COMMAND.validate_python({"id": "c", "at": now, "by": LEAD, "do": move.what, **said[move.what]})


def _busy(booked: Booked, roster: Roster) -> tuple[Busy, ...]:
    return peers.busy(booked, roster.policy)


@given(st.data(), companies(), starts(), MOVES)
def test_what_is_settled_is_settled(data: st.DataObject, pathway: Pathway, start: Start, moves: list[Move]) -> None:
    for turn in played(pathway, start, moves, data.draw(teams(start.at))):
        assert not peers.unsettled(turn.journey)
        if turn.arranged is None:
            continue
        trying = turn.roster.copy()
        again = arrange(pathway, turn.journey, trying, turn.at)
        assert (again.events, again.journey) == ([], turn.journey)
        assert again.settlement.ended == {}
        assert [trying.of(staff) for staff in IDS] == [turn.roster.of(staff) for staff in IDS]


@given(st.data(), companies(), starts(), MOVES)
def test_journey_bookings_and_the_teams_time_agree(
    data: st.DataObject, pathway: Pathway, start: Start, moves: list[Move]
) -> None:
    roster = data.draw(teams(start.at))
    others = {staff: roster.of(staff) for staff in roster.workers}
    over: list[Busy] = []
    for turn in played(pathway, start, moves, roster):
        state = turn.journey.peers or Peers()
        if turn.arranged is not None:
            was = {one.id: one for one in (turn.before.peers or Peers()).booked.values()}
            here = {one.id for one in state.booked.values()}
            ended = turn.arranged.settlement.ended
            assert set(was) - here == set(was) & set(ended)
            over += [
                busy for id_, one in was.items() if id_ in ended and ended[id_].status != "released"
                for busy in _busy(one, turn.roster)
            ]  # fmt: skip
        taken = [busy for one in state.booked.values() for busy in _busy(one, turn.roster)]
        for staff in turn.roster.workers:
            mine = [one for one in (*others[staff], *over, *taken) if one.staff == staff]
            assert turn.roster.of(staff) == sorted(mine)
            for one, other in pairwise(sorted(mine)):
                assert one.ends <= other.begins or other.ends <= one.begins
        assert state.joining is None or state.joining != state.worker
        assert set(state.booked).isdisjoint(state.unplaced)
        assert state.worker is None or state.waiting_since is None or state.leaving


@given(st.data(), companies(), starts(), MOVES)
def test_no_booking_breaks_a_promise(data: st.DataObject, pathway: Pathway, start: Start, moves: list[Move]) -> None:
    """Every new booking lies in the pattern, in nobody's absence, on nobody else's time, and within the hours."""
    for turn in played(pathway, start, moves, data.draw(teams(start.at))):
        known = {one.id for one in (turn.before.peers or Peers()).booked.values()}
        for step, one in (turn.journey.peers or Peers()).booked.items():
            if one.id in known:
                continue
            without = turn.roster.copy()
            slot = Slot(one.starts, one.ends, _busy(one, turn.roster))
            for busy in slot.busy:
                without.free(busy)
            assert one.starts >= turn.at
            assert problems(without, slot) == []
            assert turn.arranged is not None
            told_over = any(event.over_hours and event.step == step for event in turn.arranged.events)
            assert bool(over_hours(without, slot)) == told_over


@given(st.data(), companies(), starts(), MOVES)
def test_a_refusal_always_wins(data: st.DataObject, pathway: Pathway, start: Start, moves: list[Move]) -> None:
    """Nobody whom the person refused is chosen, joins or comes: not by rule, not by hand, not over the hours."""
    for turn in played(pathway, start, moves, data.draw(teams(start.at))):
        state = turn.journey.peers or Peers()
        before = turn.before.peers or Peers()
        assert state.joining not in state.not_with or state.joining is None
        assert state.worker not in state.not_with or state.leaving or state.worker is None
        assert state.worker == before.worker or state.worker not in state.not_with
        for one in state.booked.values():
            assert set(one.staff).isdisjoint(state.not_with)


@given(st.data(), companies(), starts(), MOVES)
def test_what_happened_is_told_once_and_the_worker_is_known(
    data: st.DataObject, pathway: Pathway, start: Start, moves: list[Move]
) -> None:
    for turn in played(pathway, start, moves, data.draw(teams(start.at))):
        if turn.arranged is None:
            continue
        state, before = turn.journey.peers or Peers(), turn.before.peers or Peers()
        kinds = [event.event for event in turn.arranged.events]
        if state.worker is not None and state.worker != before.worker:
            assert kinds.count(Kind.ASSIGNED) >= 1
            assert state.past[-1] == state.worker
            # Why they were chosen is kept when they are found, which for somebody who takes over was earlier.
            assert state.worker in turn.arranged.settlement.choices or state.worker == before.joining
        if state.waiting_since is not None and before.waiting_since is None:
            assert Kind.QUEUED in kinds
            assert "" in turn.arranged.settlement.choices
        new = {one.id for one in state.booked.values()} - {one.id for one in before.booked.values()}
        assert kinds.count(Kind.BOOKED) >= len(new)
        assert all(event.reason for event in turn.arranged.events if event.event is Kind.RELEASED)
        if turn.journey.closed is not None:
            assert (state.worker, state.joining, state.booked) == (None, None, {})


@given(st.data(), NOW)
def test_a_refusal_is_not_overridden_by_a_team_lead(data: st.DataObject, now: datetime) -> None:
    pathway = data.draw(companies())
    roster = data.draw(teams(now))
    start = Start(id="start", transition_id="t", at=now)
    journey = planner.start(pathway, start).journey
    refusal = COMMAND.validate_python({"id": "c", "at": now, "by": LEAD, "do": "wishes", "not_with": "p-1"})
    journey = arrange(pathway, journey, roster, now, refusal).journey
    by_hand = {"id": "d", "at": now, "by": LEAD, "do": "assign", "staff": "p-1", "reason": "There is nobody else"}
    with pytest.raises(Refused, match="not overridden"):
        arrange(pathway, journey, roster, now, COMMAND.validate_python(by_hand))


def test_whoever_is_about_to_take_over_goes_on_when_the_person_refuses_the_first() -> None:
    """Once they were chosen twice, as the new worker and as the one who joins, and booked beside themselves."""
    step = {"id": "company", "title": "Company", **COMPANY, "due": {"after": "started", "weeks": 3}}
    pathway, now = a_pathway(step), london("2026-11-16 10:00")
    worker = Worker("p-1", parse("mon-fri 09:00-17:00"), 2250, settings=frozenset({"secure-ward"}))
    roster = Roster([worker._replace(id=staff) for staff in ("p-1", "p-2", "p-3")])
    start = Start(id="s", transition_id="t", at=now, facts={"peer_support": "accepted"})
    journey = arrange(pathway, planner.start(pathway, start).journey, roster, now).journey
    by_hand = {"id": "c", "at": now, "by": LEAD, "do": "assign", "staff": "p-3", "reason": "They know each other"}
    journey = arrange(pathway, journey, roster, now, COMMAND.validate_python(by_hand)).journey
    assert journey.peers is not None
    assert (journey.peers.worker, journey.peers.joining) == ("p-1", "p-3")
    assert journey.peers.booked["company"].staff == ["p-1", "p-3"]
    refusal = {"id": "d", "at": now, "by": LEAD, "do": "wishes", "not_with": "p-1"}
    arranged = arrange(pathway, journey, roster, now, COMMAND.validate_python(refusal))
    state = arranged.journey.peers
    assert state is not None
    assert (state.worker, state.joining) == ("p-3", None)
    assert state.booked["company"].staff == ["p-3"]
    assert arranged.settlement.choices["p-3"].why == "p-3 was about to take over."
    assert {one.staff for one in arranged.settlement.choices["p-3"].considered} == {"p-1", "p-2", "p-3"}
    assert [len(roster.of(staff)) for staff in ("p-1", "p-2", "p-3")] == [0, 0, 1]
