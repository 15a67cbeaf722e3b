"""Steps that come again: which occurrences there are, which is open, and when the next one opens."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from planner.clock import due_after, due_day, end_of, shift_day
from planner.due import instant
from planner.turn import PASSED, SERIES_ENDED, SUPERSEDED, Turn
from schemas.codes import StepKind
from schemas.event import Kind
from schemas.journey import Journey, SeriesState, State, StepState
from schemas.pathway import Pathway, Series, Step


class Occurrence(NamedTuple):
    """One occurrence of a series, and when it is due."""

    number: int
    due: datetime


def planned(pathway: Pathway, rule: Step, step_id: str, number: int | None = None) -> StepState:
    """A step of the pathway before anything is known of its date."""
    return StepState(
        id=step_id,
        of=rule.id,
        number=number,
        title=rule.title,
        kind=rule.kind,
        owner=pathway.role(rule.owner),
        ladder=rule.ladder,
    )


def occurrences(journey: Journey, rule: Step, start: int = 1) -> Iterator[Occurrence]:
    """The occurrences from number `start` on, as far as the series goes; none while its anchor is unknown."""
    series = _series(rule)
    anchor = instant(journey, series.start)
    if anchor is None:
        return
    limit = _limit(journey, series)
    shift = timedelta(seconds=journey.shifts.get(rule.id, 0))
    # A length of time moves with a hold as the dates in it do; the milestone itself does not.
    limit = limit + shift if limit and series.until and series.until.unit != "none" else limit
    number = start
    while series.last is None or number <= series.last:
        due = _due(journey, series, anchor, number) + shift
        if limit is not None and due > limit:
            return
        yield Occurrence(number, due)
        number += 1


def _series(rule: Step) -> Series:
    if rule.series is None:
        raise TypeError(f"{rule.id} comes once: it is no series")
    return rule.series


def _due(journey: Journey, series: Series, anchor: datetime, number: int) -> datetime:
    span = series.every or (series.at or [])[number - 1]
    count = span.count * number if series.every else span.count
    if series.start.unit in ("none", "hours"):
        return due_after(anchor, span.unit, count, journey.division)
    # The anchor is itself the end of a day: counted from that day, not from the one that begins there.
    if span.unit == "hours":
        return anchor + timedelta(hours=count)
    return end_of(shift_day(due_day(anchor), span.unit, count, journey.division))


def _limit(journey: Journey, series: Series) -> datetime | None:
    until = series.until
    if until is None:
        return None
    actual = journey.occurred.get(until.milestone)
    expected = journey.expected.get(until.milestone) if until.from_expected else None
    base = actual or expected
    return due_after(base, until.unit, until.sign * until.count, journey.division) if base else None


def derive(turn: Turn, rule: Step) -> None:
    """Bring the occurrences in line with the anchor: behind, current, and not yet come."""
    moment = turn.moment(rule.ladder)
    dues = _window(turn, rule, moment)
    current = next((number for number, due in dues.items() if due > moment), None)
    early = current == 1 and _before_anchor(turn, rule)
    for number, due in dues.items():
        step = _occurrence(turn, rule, number, make=due <= moment or number == current)
        if step is None or step.state in (State.DONE, State.WAIVED):
            continue
        if step.by_hand:
            turn.place(step, step.due)
        elif due <= moment:
            _behind(turn, step, due)
        elif number == current and not early:
            turn.place(step, due)
        else:
            turn.wait(step, due)
    _end_or_wait(turn, rule, dues)
    if dues:
        _note(turn, rule, 0 if early else current or max(dues))
    else:
        forget(turn, rule.id)


def _window(turn: Turn, rule: Step, moment: datetime) -> dict[int, datetime]:
    """Every occurrence up to the current one, and any beyond it that the journey already has."""
    latest = max((step.number or 0 for step in turn.journey.steps.values() if step.of == rule.id), default=0)
    dues: dict[int, datetime] = {}
    current_seen = False
    for number, due in occurrences(turn.journey, rule):
        if current_seen and number > latest:
            break
        dues[number] = due
        current_seen = current_seen or due > moment
    return dues


def _occurrence(turn: Turn, rule: Step, number: int, make: bool) -> StepState | None:
    step_id = f"{rule.id}#{number}"
    if step_id in turn.journey.steps:
        return turn.step(step_id)
    return turn.add(planned(turn.pathway, rule, step_id, number)) if make else None


def _before_anchor(turn: Turn, rule: Step) -> bool:
    anchor = instant(turn.journey, _series(rule).start)
    return anchor is None or anchor > turn.moment(rule.ladder)


def _behind(turn: Turn, step: StepState, due: datetime) -> None:
    if step.state is State.CANCELLED:
        turn.let_pass(step, due)
    elif step.due == due and step.state in (State.OPEN, State.MISSED):
        return
    elif turn.taking_on or (step.state is State.MISSED and step.kind is not StepKind.PEER_CONTACT):
        turn.place(step, due)
    else:
        step.due = due
        turn.emit(Kind.DUE, step=step.id, due=due)
        turn.cancel(step, PASSED)


def _end_or_wait(turn: Turn, rule: Step, dues: dict[int, datetime]) -> None:
    """Occurrences beyond the end of the series are cancelled; with no anchor, they wait for one."""
    known_anchor = instant(turn.journey, _series(rule).start) is not None
    if not known_anchor:
        _occurrence(turn, rule, 1, make=True)
    for step_id, step in list(turn.journey.steps.items()):
        if step.of != rule.id or step.number in dues or not step.state.unfinished or step.by_hand:
            continue
        if known_anchor:
            turn.cancel(turn.step(step_id), SERIES_ENDED)
        elif step.due is not None:
            turn.place(turn.step(step_id), None)


def _note(turn: Turn, rule: Step, opened: int) -> None:
    wake: datetime | None
    if opened == 0:
        wake = instant(turn.journey, _series(rule).start)
    else:
        current, *following = _two(turn.journey, rule, opened)
        # The last one opens no other, but it supersedes those before it all the same.
        supersedes = rule.kind is StepKind.PEER_CONTACT and opened > 1 and current.due > turn.moment(rule.ladder)
        wake = current.due if following or supersedes else None
    turn.journey.series = {**turn.journey.series, rule.id: SeriesState(opened=opened, wake=wake)}


def _two(journey: Journey, rule: Step, start: int) -> Iterator[Occurrence]:
    for occurrence, _ in zip(occurrences(journey, rule, start), range(2), strict=False):
        yield occurrence


def forget(turn: Turn, rule_id: str) -> None:
    """The series neither has nor awaits an occurrence."""
    if rule_id in turn.journey.series:
        turn.journey.series = {name: at for name, at in turn.journey.series.items() if name != rule_id}


def advance(turn: Turn, rule: Step) -> None:
    """The open occurrence has fallen due (or the anchor has come): the next one opens.

    In a peer series what is still undone of earlier ones is superseded, so that they do not pile up.
    """
    state = turn.journey.series[rule.id]
    if rule.kind is StepKind.PEER_CONTACT:
        for number in range(1, state.opened):
            step = turn.journey.steps.get(f"{rule.id}#{number}")
            if step is not None and step.state.unfinished and not (step.by_hand and step.state is State.OPEN):
                turn.cancel(turn.step(step.id), SUPERSEDED)
    following = next(occurrences(turn.journey, rule, state.opened + 1), None)
    if following is None:
        _note(turn, rule, state.opened)
        return
    step = _occurrence(turn, rule, following.number, make=True)
    if step is not None and step.state not in (State.DONE, State.WAIVED):
        turn.place(step, step.due if step.by_hand else following.due)
    _note(turn, rule, following.number)
