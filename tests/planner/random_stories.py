"""Random sound definitions, random clocks and random commands, for the properties of the planner."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import assume
from hypothesis import strategies as st

from pathways.loader import find
from planner import journey as planner
from planner.refused import Refused
from planner.soundness import problems
from schemas.codes import Division
from schemas.command import COMMAND, AnyCommand, Start
from schemas.event import Event
from schemas.journey import Journey, State
from schemas.pathway import Pathway

MILESTONES = ("moved", "settled")
LADDERS = ("safety", "standard", "gentle")
TURNING_POINTS = ("2026-03-27", "2026-10-23", "2026-12-22", "2026-04-01", "2024-02-27", "2027-12-30", "2026-08-28")
"""Days before a clock change, a bank holiday, a leap day or the end of a year."""

UNIT = st.sampled_from([("hours", 400), ("days", 40), ("weeks", 6), ("months", 3), ("working_days", 20)])
SPAN = UNIT.flatmap(lambda unit: st.integers(0, unit[1]).map(lambda count: {unit[0]: count}))
INTERVAL = UNIT.flatmap(lambda unit: st.integers(max(1, unit[1] // 8), unit[1]).map(lambda count: {unit[0]: count}))
ANCHOR = st.one_of(
    st.just({"after": "started"}),
    st.tuples(st.sampled_from(["after", "before", "after_expected"]), st.sampled_from(MILESTONES)).map(
        lambda named: {named[0]: named[1]}
    ),
)
DUE = st.tuples(ANCHOR, SPAN).map(lambda parts: parts[0] | parts[1])


@st.composite
def _series(draw: st.DrawFn) -> dict[str, Any]:
    anchor = draw(ANCHOR) | draw(st.one_of(st.just({}), SPAN))
    if draw(st.booleans()):
        return {"every": draw(INTERVAL), "from": anchor, "times": draw(st.integers(1, 4))}
    if draw(st.booleans()):
        counts = sorted(draw(st.sets(st.integers(1, 30), min_size=1, max_size=3)))
        return {"at": [{"days": count} for count in counts], "from": anchor}
    until = {"after": draw(st.sampled_from(MILESTONES))} | draw(st.one_of(st.just({}), SPAN))
    return {"every": {"days": draw(st.integers(5, 30))}, "from": anchor, "until": until}


@st.composite
def _step(draw: st.DrawFn, number: int) -> dict[str, Any]:
    rule = {"series": draw(_series())} if draw(st.integers(0, 3)) == 0 else {"due": draw(DUE)}
    kind = draw(st.sampled_from(["document", "review", "contact", "peer-contact"]))
    return {
        "id": f"step-{number}",
        "title": f"Step {number}",
        "kind": kind,
        "owner": draw(st.sampled_from(["coordinator", "peer-worker", "team-lead"])),
        # Who is a peer is never on call: peer contacts are on the gentle ladder, as in every pathway that we ship.
        "ladder": "gentle" if kind == "peer-contact" else draw(st.sampled_from(LADDERS)),
        "when": draw(st.sampled_from([{}, {}, {"flag": True}])),
        **rule,
    }


@st.composite
def pathways(draw: st.DrawFn) -> Pathway:
    """A sound definition of two to six steps."""
    steps = [draw(_step(number)) for number in range(draw(st.integers(1, 5)))]
    last = {"id": "last", "title": "The last step", "kind": "review", "owner": "coordinator", "ladder": "standard"}
    pathway = Pathway.model_validate(
        {
            "id": "random",
            "title": "A random pathway",
            "milestones": [
                {"id": "started", "name": "start"},
                {"id": "moved", "name": "move", "not_before": ["started"]},
                {"id": "settled", "name": "settling", "needs": draw(st.sampled_from([[], ["moved"]]))},
                {"id": "ended", "name": "end"},
            ],
            "facts": {
                "flag": {"type": "boolean", "default": draw(st.booleans())},
                "peer_support": {"type": "choice", "values": ["accepted", "declined"], "default": "accepted"},
            },
            "silence": {"days": draw(st.integers(1, 60)), "after": draw(st.sampled_from(["started", "moved"]))},
            "ladders": find("inpatient-to-community").model_dump()["ladders"],
            "exits": [{"id": "done", "title": "Done", "when_done": "last"}, {"id": "died", "title": "Died"}],
            "steps": [*steps, last | {"due": {"after": "moved", "months": 2}}],
        }
    )
    assume(problems(pathway) == [])
    return pathway


INSTANT = st.tuples(st.sampled_from(TURNING_POINTS), st.integers(0, 6 * 24 * 60)).map(
    lambda parts: datetime.combine(date.fromisoformat(parts[0]), datetime.min.time(), UTC) + timedelta(minutes=parts[1])
)


class Move(NamedTuple):
    """Something that somebody does after a while: what, and two numbers that say to which step and how."""

    after: timedelta
    what: str
    which: int
    how: int


WHAT = (
    "complete",
    "attempt",
    "waive",
    "acknowledge",
    "milestone",
    "expect",
    "clear",
    "facts",
    "hold",
    "set-due",
)
AFTER = st.tuples(st.sampled_from([0, 1, 9, 24, 72, 168, 240, 500, 1000]), st.integers(0, 59)).map(
    lambda parts: timedelta(hours=parts[0], minutes=parts[1])
)
MOVES = st.lists(
    st.builds(Move, AFTER, st.sampled_from((*WHAT, *WHAT, "add-step", "exit")), st.integers(0, 9), st.integers(0, 99)),
    min_size=3,
    max_size=14,
)


@st.composite
def starts(draw: st.DrawFn) -> Start:
    """How a random journey begins: now, or some time ago."""
    at = draw(INSTANT)
    earlier = draw(st.one_of(st.none(), st.none(), st.integers(1, 90).map(timedelta)))
    expected = draw(st.dictionaries(st.sampled_from(MILESTONES), st.integers(0, 120), max_size=2))
    return Start(
        id="start",
        transition_id="t",
        at=at,
        started=at - earlier if earlier else None,
        division=draw(st.sampled_from(list(Division))),
        expected={name: at + timedelta(days=days) for name, days in expected.items()},
    )


def told(move: Move, journey: Journey, now: datetime) -> AnyCommand:
    """The command that a move is, as the journey stands: it may well be refused."""
    step = _step_for(move, journey)
    milestone = MILESTONES[move.which % 2]
    days = timedelta(days=move.how)
    said: dict[str, Callable[[], dict[str, Any]]] = {
        "complete": lambda: {"do": "complete", "step": step, **_contact(journey, step, "5")},
        "attempt": lambda: {"do": "complete", "step": step, **_contact(journey, step, "2347"[move.how % 4])},
        "waive": lambda: {"do": "waive", "step": step, "reason": "No need", "by": {"role": _waiver(journey, step)}},
        "acknowledge": lambda: {"do": "acknowledge", "step": step, "until": now + days / 4},
        "milestone": lambda: {
            "do": "milestone",
            "milestone": milestone,
            "occurred_at": max(journey.started, now - days / 5),
        },
        "expect": lambda: {"do": "expect", "expected": {milestone: now + days}},
        "clear": lambda: {"do": "expect", "expected": {milestone: None}},
        "facts": lambda: {"do": "facts", "facts": _facts(move.how)},
        "hold": lambda: {"do": "resume"} if journey.hold else {"do": "hold", "reason": "Away"},
        "set-due": lambda: {
            "do": "set-due",
            "step": step,
            "due": now + days,
            "reason": "By hand",
            "by": {"role": _waiver(journey, step)},
        },
        "add-step": lambda: {"do": "add-step", "step": f"extra-{move.how}", "title": "Extra", "due": now + days},
        "exit": lambda: {"do": "exit", "exit": "died" if move.how > 60 else "done"},
    }
    return COMMAND.validate_python({"id": "c", "at": now, **said[move.what]()})


def _step_for(move: Move, journey: Journey) -> str:
    """One of the steps that the move could be about, or any step when there is none such."""
    fits = [
        step.id
        for step in journey.steps.values()
        if (step.state is State.MISSED and step.rung if move.what == "acknowledge" else step.state.actionable)
    ]
    ids = (fits if move.how % 5 else []) or list(journey.steps) or ["last"]
    return ids[move.which % len(ids)]


def _contact(journey: Journey, step: str, attendance: str) -> dict[str, str]:
    known = journey.steps.get(step)
    return {"attendance": attendance, "mechanism": "01"} if known is not None and known.kind.is_contact else {}


def _waiver(journey: Journey, step: str) -> str:
    known = journey.steps.get(step)
    return "safety-lead" if known is not None and known.ladder == "safety" else "team-lead"


def _facts(how: int) -> dict[str, Any]:
    return {"flag": how % 2 == 0} if how % 4 < 2 else {"peer_support": "accepted" if how % 2 else "declined"}


class Turn(NamedTuple):
    """One turn of a journey: when, the command if there was one, what came of it, and whether it was refused."""

    at: datetime
    command: AnyCommand | None
    before: Journey
    after: Journey
    events: list[Event]
    refused: bool


LATER = timedelta(days=200)


def played(
    pathway: Pathway,
    start: Start,
    moves: list[Move],
    through: Callable[[Journey], Journey] = lambda journey: journey,
) -> list[Turn]:
    """Play the moves from wake-up to wake-up, and let time pass; `through` is done to the journey at every turn."""
    first = planner.start(pathway, start)
    turns = [Turn(start.at, None, first.journey, first.journey, first.events, refused=False)]
    now = start.at
    for move in moves:
        now += move.after
        _wake_until(pathway, turns, now, through)
        turns.append(_decided(pathway, through(turns[-1].after), told(move, turns[-1].after, now)))
    _wake_until(pathway, turns, now + LATER, through)
    return turns


def replayed(pathway: Pathway, start: Start, commands: list[AnyCommand]) -> list[Turn]:
    """The same with commands that are known."""
    first = planner.start(pathway, start)
    turns = [Turn(start.at, None, first.journey, first.journey, first.events, refused=False)]
    for command in commands:
        _wake_until(pathway, turns, command.at, lambda journey: journey)
        turns.append(_decided(pathway, turns[-1].after, command))
    _wake_until(pathway, turns, turns[-1].at + LATER, lambda journey: journey)
    return turns


def _decided(pathway: Pathway, journey: Journey, command: AnyCommand) -> Turn:
    try:
        after, events = planner.decide(pathway, journey, command)
    except Refused:
        return Turn(command.at, command, journey, journey, [], refused=True)
    return Turn(command.at, command, journey, after, events, refused=False)


def _wake_until(pathway: Pathway, turns: list[Turn], goal: datetime, through: Callable[[Journey], Journey]) -> None:
    while (at := planner.next_wake(pathway, turns[-1].after)) is not None and at <= goal:
        journey = through(turns[-1].after)
        after, events = planner.wake(pathway, journey, at)
        turns.append(Turn(at, None, journey, after, events, refused=False))
        assert len(turns) < 5000, "time does not pass"


def trace(turns: list[Turn]) -> list[Event]:
    """Everything that happened, in order."""
    return [event for turn in turns for event in turn.events]


def stored(journey: Journey) -> Journey:
    """The journey written down and read again, as between two workers."""
    return Journey.model_validate_json(journey.model_dump_json())
