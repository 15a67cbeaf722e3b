"""What holds of every sound pathway, whatever happens and whatever the clocks do."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from planner import journey as planner
from planner.conditions import applies
from planner.ladders import SAFETY, rung_at
from planner.refused import Refused
from planner.turn import BEFORE_ALONGSIDE, PASSED, SERIES_ENDED, SUPERSEDED
from planner.waits import waits
from schemas.command import COMMAND, Start
from schemas.event import Event, Kind
from schemas.journey import State
from schemas.pathway import Pathway
from tests.planner.random_stories import (
    MILESTONES,
    MOVES,
    Move,
    Turn,
    pathways,
    played,
    replayed,
    starts,
    stored,
    told,
    trace,
)

OVER = {Kind.COMPLETED, Kind.WAIVED, Kind.CANCELLED}
ALIVE = {Kind.OPENED, Kind.REOPENED}


@given(pathways(), starts(), MOVES)
def test_no_step_is_ever_lost(pathway: Pathway, start: Start, moves: list[Move]) -> None:
    for turn in played(pathway, start, moves):
        assert set(turn.before.steps) <= set(turn.after.steps)
        listed = {wait.step for wait in waits(pathway, turn.after)}
        for step in turn.after.steps.values():
            if step.state.unfinished:
                assert turn.after.closed is None
                assert step.id in listed
            elif step.state is State.DONE:
                assert step.done_on is not None
            else:
                assert step.reason


@given(pathways(), starts(), MOVES)
def test_every_step_that_applies_is_there_and_none_that_does_not(
    pathway: Pathway, start: Start, moves: list[Move]
) -> None:
    gone_by = {PASSED, SUPERSEDED, BEFORE_ALONGSIDE, SERIES_ENDED}
    for turn in played(pathway, start, moves):
        if turn.after.closed is not None:
            continue
        asked = {rule.id for rule in pathway.steps if applies(pathway, rule, turn.after.facts)}
        assert {rule.id for rule in pathway.steps if rule.due and rule.id in asked} <= set(turn.after.steps)
        for step in turn.after.steps.values():
            if step.of in asked:
                assert step.state is not State.CANCELLED or step.reason in gone_by
            elif step.of is not None:
                assert not step.state.unfinished


@given(pathways(), starts(), MOVES)
def test_nothing_overdue_is_quietly_open_and_nothing_early_is_missed(
    pathway: Pathway, start: Start, moves: list[Move]
) -> None:
    for turn in played(pathway, start, moves):
        for step in turn.after.steps.values():
            if turn.after.hold is not None and step.ladder != SAFETY:
                continue
            if step.state is State.OPEN:
                assert step.due is not None
                assert step.wake is not None
                assert turn.at < step.due
                assert turn.at < step.wake <= step.due
            if step.state is State.MISSED:
                assert step.due is not None
                assert step.due <= turn.at


@given(pathways(), starts(), MOVES)
def test_a_rung_fires_once_for_a_due_instant_never_early_and_never_after_the_end(
    pathway: Pathway, start: Start, moves: list[Move]
) -> None:
    fired: set[tuple[str | None, datetime | None, int | None]] = set()
    over: set[str | None] = set()
    turns = played(pathway, start, moves)
    ladders = {step.id: step.ladder for step in turns[-1].after.steps.values()} | {"silence": "standard"}
    for event in trace(turns):
        if event.event in OVER:
            over.add(event.step)
        if event.event in ALIVE or event.event is Kind.SILENCE:
            over.discard(event.step)
        if event.event in (Kind.ESCALATED, Kind.REMINDED, Kind.MISSED):
            assert event.step not in over
        if event.event is Kind.ESCALATED:
            assert event.rung is not None
            assert event.due is not None
            assert (event.step, event.due, event.rung) not in fired
            fired.add((event.step, event.due, event.rung))
            ladder = pathway.ladders[ladders[str(event.step)]]
            assert rung_at(ladder, event.rung, event.due, start.division) <= event.at


@given(pathways(), starts(), MOVES)
def test_the_rungs_of_a_due_instant_fire_in_their_order(pathway: Pathway, start: Start, moves: list[Move]) -> None:
    highest: dict[tuple[str | None, datetime | None], int] = {}
    for event in trace(played(pathway, start, moves)):
        if event.event is Kind.ESCALATED and event.rung is not None:
            assert event.rung > highest.get((event.step, event.due), 0)
            highest[event.step, event.due] = event.rung


@given(pathways(), starts(), MOVES)
def test_the_same_inputs_give_the_same_trace(pathway: Pathway, start: Start, moves: list[Move]) -> None:
    once, again = played(pathway, start, moves), played(pathway, start, moves)
    assert trace(once) == trace(again)
    assert once[-1].after == again[-1].after


@given(pathways(), starts(), MOVES)
def test_stopped_stored_and_resumed_at_every_point_it_is_the_same(
    pathway: Pathway, start: Start, moves: list[Move]
) -> None:
    whole, resumed = played(pathway, start, moves), played(pathway, start, moves, through=stored)
    assert [event.told() for event in trace(whole)] == [event.told() for event in trace(resumed)]
    assert whole[-1].after.model_dump_json() == resumed[-1].after.model_dump_json()


@given(pathways(), starts(), MOVES)
def test_time_passes(pathway: Pathway, start: Start, moves: list[Move]) -> None:
    for turn in played(pathway, start, moves):
        following = planner.next_wake(pathway, turn.after)
        assert following is None or following > turn.at or turn.refused
        assert [event.at for event in turn.events] == [turn.at] * len(turn.events)


@given(pathways(), starts(), MOVES)
def test_every_change_has_a_revision_and_every_command_that_is_done_changes_something(
    pathway: Pathway, start: Start, moves: list[Move]
) -> None:
    for turn in played(pathway, start, moves)[1:]:
        assert turn.after.revision == turn.before.revision + (turn.after != turn.before)
        assert turn.refused or turn.after != turn.before


@given(pathways(), starts(), MOVES, st.integers(0, 200))
def test_waking_late_floods_nobody(pathway: Pathway, start: Start, moves: list[Move], days: int) -> None:
    for turn in played(pathway, start, moves):
        late = turn.at + timedelta(days=days)
        journey, events = planner.wake(pathway, turn.after, late)
        alarms = [event.step for event in events if event.event is Kind.ESCALATED]
        assert len(alarms) == len(set(alarms))
        assert not set(alarms) & {event.step for event in events if event.event is Kind.REMINDED}
        following = planner.next_wake(pathway, journey)
        assert following is None or following > late


@given(pathways(), starts(), MOVES)
def test_waking_when_nothing_is_due_changes_nothing(pathway: Pathway, start: Start, moves: list[Move]) -> None:
    for turn in played(pathway, start, moves):
        if not turn.refused:
            again = planner.wake(pathway, turn.after, turn.at)
            assert (again.events, again.journey) == ([], turn.after)


@given(pathways(), starts(), MOVES)
def test_arguments_are_never_changed_refused_or_not(pathway: Pathway, start: Start, moves: list[Move]) -> None:
    for number, turn in enumerate(played(pathway, start, moves)):
        kept = turn.after.model_dump_json()
        planner.wake(pathway, turn.after, turn.at + timedelta(days=30))
        command = told(moves[number % len(moves)], turn.after, turn.at + timedelta(days=3)) if moves else None
        try:
            if command is not None:
                planner.decide(pathway, turn.after, command)
        except Refused:
            pass
        assert turn.after.model_dump_json() == kept


@given(pathways(), starts(), MOVES, st.sampled_from(MILESTONES), st.integers(0, 100))
def test_an_expected_date_away_and_back_leaves_the_same_due_dates(
    pathway: Pathway, start: Start, moves: list[Move], milestone: str, days: int
) -> None:
    turns = played(pathway, start, moves)
    number = max(number for number, turn in enumerate(turns) if turn.after.closed is None)
    last = turns[number]
    expected = last.after.expected.get(milestone)
    away = last.at + timedelta(days=days)
    if milestone in last.after.occurred or expected is None or expected < last.at or expected == away:
        return
    journey, told_before = last.after, rungs(trace(turns[: number + 1]))
    for at in (away, expected):
        command = {"do": "expect", "id": "c", "at": last.at, "expected": {milestone: at}}
        journey, events = planner.decide(pathway, journey, COMMAND.validate_python(command))
        assert not told_before & rungs(events)
        told_before |= rungs(events)
    for step_id, was in last.after.steps.items():
        now = journey.steps[step_id]
        assert now.due == was.due
        assert now.state is was.state or (was.state.unfinished and now.reason == PASSED)
    assert all(journey.steps[step_id].state is not State.OPEN for step_id in set(journey.steps) - set(last.after.steps))


def rungs(events: list[Event]) -> set[tuple[str | None, datetime | None, int | None]]:
    """Which rungs were told for which due instants."""
    return {(event.step, event.due, event.rung) for event in events if event.event is Kind.ESCALATED}


@given(pathways(), starts(), MOVES)
def test_a_hold_never_delays_a_safety_step(pathway: Pathway, start: Start, moves: list[Move]) -> None:
    held = played(pathway, start, moves)
    commands = [turn.command for turn in held if turn.command is not None]
    free = replayed(pathway, start, [command for command in commands if command.do not in ("hold", "resume")])
    of_pathway = {step.id for step in held[-1].after.steps.values() if step.ladder == SAFETY and step.of is not None}
    until = min(held[-1].at, free[-1].at)

    def safety(turns: list[Turn]) -> list[Event]:
        return [event for event in trace(turns) if event.step in of_pathway and event.at <= until]

    assert safety(held) == safety(free)


@given(pathways(), starts(), MOVES)
def test_a_safety_step_is_missed_at_its_instant_and_its_rungs_are_exact(
    pathway: Pathway, start: Start, moves: list[Move]
) -> None:
    hours = {1: 0, 2: 4, 3: 24}
    for turn in played(pathway, start, [move for move in moves if move.what != "acknowledge"]):
        dated = {event.step for event in turn.events if event.event in (Kind.DUE, Kind.OPENED, Kind.REOPENED)}
        for event in turn.events:
            step = turn.after.steps.get(event.step or "")
            if step is None or step.ladder != SAFETY or event.step in dated or event.due is None:
                continue
            if event.event is Kind.MISSED:
                assert event.at == event.due
            if event.event is Kind.ESCALATED and event.rung is not None:
                assert event.at == event.due + timedelta(hours=hours[event.rung])
