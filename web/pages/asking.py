"""An act, as data: what it is called, what it asks, and the command that it becomes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from planner.refused import Refused
from schemas import command as says
from schemas.journey import Journey, StepState
from schemas.pathway import Pathway
from schemas.workforce import Booked
from web.forms import Answers, Field
from web.viewer import Opened, Viewer

Said = tuple[type[says.Command], dict[str, Any]]


@dataclass(frozen=True)
class About:
    """Whom an act is about, who asks and when; `step_id` is the step, where it is about one.

    `licensed` are the measures whose answers may be entered; `goals` those that go on, by number, in the person's words
    for whoever may read them.
    """

    opened: Opened
    now: datetime
    step_id: str | None = None
    colleagues: tuple[tuple[str, str], ...] = ()
    licensed: frozenset[str] = frozenset()
    goals: tuple[tuple[int, str], ...] = ()

    @property
    def viewer(self) -> Viewer:
        """Who asks."""
        return self.opened.viewer

    @property
    def journey(self) -> Journey:
        """Where the person stands."""
        return self.opened.journey

    @property
    def pathway(self) -> Pathway:
        """The rules that they stand by."""
        return self.opened.pathway

    @property
    def step(self) -> StepState:
        """The step that it is about; refused when there is none of that name."""
        if self.step_id == "silence" and self.journey.silence is not None:
            return self.journey.silence
        found = self.journey.steps.get(self.step_id or "")
        if found is None:
            raise Refused("not-found", "This person has no such step (any more): go on from their page.")
        return found

    def booked(self) -> Booked | None:
        """The time that the step has."""
        state = self.journey.peers
        return state.booked.get(self.step.id) if state else None


@dataclass(frozen=True)
class Act:
    """Something that can be done: its page, and the command. `shared`: also by a peer worker, for their own steps."""

    name: str
    title: str
    lead: str
    button: str
    fields: Callable[[About], list[Field]]
    command: Callable[[About, Answers], Said]
    previewed: bool = False
    shared: bool = False
