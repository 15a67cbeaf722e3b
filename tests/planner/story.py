"""Small words for telling a story to the planner and asking what came of it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

import pytest

from pathways.loader import find
from planner import journey as planner
from planner.clock import LONDON
from planner.refused import Refused
from planner.turn import Outcome
from schemas.command import COMMAND, Command, Start
from schemas.event import Event, Kind
from schemas.journey import Journey, State, StepState
from schemas.pathway import Pathway

INPATIENT = "inpatient-to-community"
CAMHS = "camhs-to-adult"
WAITING = "waiting-list-to-discharge"
SEEN = {"attendance": "5", "mechanism": "01"}
NOT_SEEN = {"attendance": "3", "mechanism": "02"}


def london(text: str) -> datetime:
    """The instant at which a clock on a wall in London shows the text, for example "2026-12-24 15:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def end_of(day: str) -> datetime:
    """The local midnight that ends a day, for example "2026-12-24": what a due date means."""
    return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), LONDON).astimezone(UTC)


def shown(at: datetime | None) -> str | None:
    """An instant as a clock in London shows it; midnight as the end of the day before."""
    if at is None:
        return None
    local = at.astimezone(LONDON)
    if local.time() == time():
        return f"end of {local.date() - timedelta(days=1)}"
    return f"{local:%Y-%m-%d %H:%M}"


def a_step(step_id: str, **rule: Any) -> dict[str, Any]:
    """A step of a made-up pathway: a document of the coordinator on the standard ladder, unless said otherwise."""
    plain = {"id": step_id, "title": step_id, "kind": "document", "owner": "coordinator", "ladder": "standard"}
    return plain | rule


def a_pathway(*steps: dict[str, Any], **other: Any) -> Pathway:
    """A made-up pathway with the shipped ladders; its milestones are those of the inpatient one."""
    likeness = find(INPATIENT).model_dump(by_alias=True, exclude_unset=True)
    made = {name: likeness[name] for name in ("milestones", "facts", "ladders")}
    made |= {"id": "made-up", "title": "Made up", "silence": {"days": 366}, "exits": [{"id": "left", "title": "Left"}]}
    return Pathway.model_validate(made | {"steps": list(steps)} | other)


class Story:
    """One journey, told command by command; time passes as it would in life, from wake-up to wake-up."""

    def __init__(self, pathway: Pathway | str, at: str, **start: Any) -> None:
        self.pathway = find(pathway) if isinstance(pathway, str) else pathway
        self.events: list[Event] = []
        self._told = 0
        instants = {name: _instants(value) for name, value in start.items()}
        command = Start.model_validate({"id": "start", "transition_id": "t", "at": london(at), **instants})
        self.journey: Journey = self._keep(planner.start(self.pathway, command))

    def until(self, at: str) -> Self:
        """Let time pass until then, that instant included."""
        goal = london(at)
        while (wake := planner.next_wake(self.pathway, self.journey)) is not None and wake <= goal:
            self.journey = self._keep(planner.wake(self.pathway, self.journey, wake))
        return self

    def do(self, at: str, what: str, **said: Any) -> Self:
        """Let time pass until then, and give a command; Refused when it is."""
        self.until(at)
        self._told += 1
        command = self.command(what, at, number=self._told, **said)
        self.journey = self._keep(planner.decide(self.pathway, self.journey, command))
        if what == "move-definition":
            self.pathway = Pathway.parse_canonical(said["definition"])
        return self

    @staticmethod
    def command(what: str, at: str, number: int = 1, **said: Any) -> Command:
        """A command as `do` gives it; `by` is a role."""
        told = {name: _instants(value) for name, value in said.items()}
        by = {"role": told.pop("by", None)}
        return COMMAND.validate_python({"do": what, "id": f"c{number}", "at": london(at), "by": by, **told})

    def refused(self, at: str, what: str, **said: Any) -> Refused:
        """Give a command that must be refused, and must change nothing."""
        self.until(at)
        before = self.journey.model_dump_json()
        with pytest.raises(Refused) as why:
            self.do(at, what, **said)
        assert self.journey.model_dump_json() == before
        assert why.value.message.endswith(".")
        return why.value

    def _keep(self, outcome: Outcome) -> Journey:
        self.events += outcome.events
        return outcome.journey

    def step(self, step_id: str) -> StepState:
        """The step as it stands."""
        return self.journey.steps[step_id]

    def state(self, step_id: str) -> State | None:
        """Where the step stands; None when there is no such step."""
        step = self.journey.steps.get(step_id)
        return step.state if step else None

    def due(self, step_id: str) -> str | None:
        """When the step is due, as `shown`."""
        return shown(self.journey.steps[step_id].due)

    def all(self, kind: str, step: str | None = None) -> list[Event]:
        """The events of a kind, of one step when it is named."""
        return [event for event in self.events if event.event == Kind(kind) and step in (None, event.step)]

    def times(self, kind: str, step: str | None = None) -> list[str | None]:
        """When those events were, as `shown` (midnight as the end of the day before)."""
        return [shown(event.at) for event in self.all(kind, step)]

    def rungs(self, step: str) -> list[tuple[int | None, str]]:
        """Every rung that fired for the step, and when, as a clock in London shows it."""
        return [(event.rung, f"{event.at.astimezone(LONDON):%Y-%m-%d %H:%M}") for event in self.all("escalated", step)]


def _instants(value: Any) -> Any:
    """The same value with every London time in it as an instant."""
    if isinstance(value, dict):
        return {name: _instants(inner) for name, inner in value.items()}
    if isinstance(value, str) and len(value) == 16 and value[4] == "-" and value[10] == " ":
        return london(value)
    return value
