"""What a command would do, before it is done: what moves, what stays, what becomes late, who is told."""

from datetime import datetime
from typing import NamedTuple

from planner import words
from planner.journey import decide
from planner.peer_commands import ARRANGING, check
from schemas.base import Stored
from schemas.codes import Role
from schemas.command import Command
from schemas.event import Event, Kind
from schemas.journey import Journey, State
from schemas.pathway import Pathway


class Move(NamedTuple):
    """A step whose due instant changes."""

    step: str
    before: datetime | None
    after: datetime | None


class Preview(Stored):
    """The difference that a command would make, by step."""

    moves: list[Move] = []
    stays: list[str] = []
    late: list[str] = []
    appears: list[str] = []
    goes: list[str] = []
    told: dict[str, list[Role]] = {}
    closes: str | None = None

    def words(self) -> list[str]:
        """The difference in sentences, one a line."""
        lines = [f"{move.step} moves from {_when(move.before)} to {_when(move.after)}" for move in self.moves]
        lines += [f"{step} is added" for step in self.appears]
        lines += [f"{step} is cancelled" for step in self.goes]
        lines += [f"{step} stays: its date was set by hand" for step in self.stays]
        lines += [f"{step} becomes late at once" for step in self.late]
        lines += [f"{words.roles(to)} would be told about {step}" for step, to in self.told.items()]
        lines += [f"the transition closes as {self.closes}"] if self.closes else []
        return lines or ["no date moves"]


def _when(at: datetime | None) -> str:
    return words.due(at) if at else "no date"


def preview(pathway: Pathway, journey: Journey, command: Command) -> Preview:
    """What `decide` would change; Refused exactly when it would be.

    What arranging peer support changes depends on who is free, and moves no step.
    """
    if isinstance(command, ARRANGING):
        check(pathway, journey, command)
        return difference(journey, journey, [])
    after, events = decide(pathway, journey, command)
    return difference(journey, after, events)


def difference(before: Journey, after: Journey, events: list[Event]) -> Preview:
    """What became of each step between two states of one journey."""
    moves, stays, late, appears, goes = [], [], [], [], []
    for step_id, now in after.steps.items():
        was = before.steps.get(step_id)
        if was is None:
            appears.append(step_id)
        elif was.state.unfinished and now.state is State.CANCELLED:
            goes.append(step_id)
        elif was.due != now.due and now.state.unfinished:
            moves.append(Move(step_id, was.due, now.due))
        elif now.by_hand and now.state.unfinished:
            stays.append(step_id)
        if now.state is State.MISSED and (was is None or was.state is not State.MISSED):
            late.append(step_id)
    told = {event.step: event.to for event in events if event.event is Kind.ESCALATED and event.step and event.to}
    closes = after.closed.exit if after.closed else None
    return Preview(moves=moves, stays=stays, late=late, appears=appears, goes=goes, told=told, closes=closes)
