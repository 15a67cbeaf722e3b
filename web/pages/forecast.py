"""The timeline that a start will produce, before it does: what is due when, and what waits for a date."""

from datetime import datetime
from typing import NamedTuple

from pathways import words as rules_in_words
from planner import conditions, waits, words
from planner.turn import Outcome
from schemas.event import Kind
from schemas.journey import Journey, State, StepState
from schemas.pathway import Pathway, Step


class Ahead(NamedTuple):
    """A step that will be asked for: `due` is None until a date is known, `note` says what is unusual about it."""

    title: str
    owner: str
    due: datetime | None
    when: str
    rule: str
    note: str
    safety: bool


class Forecast(NamedTuple):
    """A whole timeline: what has a date, what waits for one, what is not asked for and why, who is told at once."""

    dated: list[Ahead]
    waiting: list[Ahead]
    unasked: list[tuple[str, str]]
    at_once: list[str]


def forecast(pathway: Pathway, outcome: Outcome, now: datetime) -> Forecast:
    """What comes of a start."""
    journey = outcome.journey
    found: list[Ahead] = []
    unasked: list[tuple[str, str]] = []
    for rule in pathway.steps:
        theirs = [step for step in journey.steps.values() if (step.of or step.id) == rule.id]
        if conditions.why_not(pathway, rule, journey.facts) is not None:
            unasked.append((rule.title, f"only when {rules_in_words.when(rule)}"))
        elif rule.series is None and theirs and theirs[0].state is State.CANCELLED and theirs[0].due is not None:
            unasked.append((rule.title, f"was due {words.due(theirs[0].due)}, before they are taken on"))
        elif rule.series is not None or theirs:
            found.append(_ahead(pathway, rule, journey, theirs, now))
    own = [step for step in journey.steps.values() if (step.of or step.id) not in pathway.step]
    found += [_of_step(step, "", now) for step in own]
    return Forecast(
        sorted((one for one in found if one.due is not None), key=lambda one: (one.due, one.title)),
        [one for one in found if one.due is None],
        unasked,
        _told(outcome),
    )


def _ahead(pathway: Pathway, rule: Step, journey: Journey, theirs: list[StepState], now: datetime) -> Ahead:
    said = rules_in_words.due(pathway, rule)
    unfinished = [step for step in theirs if step.state.unfinished]
    if rule.series is None:
        return _of_step(theirs[0], said, now, _waits_for(pathway, journey, theirs[0]))
    dated = sorted((step for step in unfinished if step.due is not None), key=lambda step: step.due or now)
    if dated:
        return _of_step(dated[0], said, now)._replace(title=rule.title, note=f"then {said}", rule="")
    waits_for = _waits_for(pathway, journey, unfinished[0]) if unfinished else "comes again when its turn comes"
    return Ahead(rule.title, rule.owner.words, None, waits_for, said, "", rule.ladder == "safety")


def _of_step(step: StepState, rule: str, now: datetime, waits_for: str = "") -> Ahead:
    when = words.due_from(step.due, now) if step.due is not None else waits_for
    note = {State.DONE: "done", State.MISSED: "late already"}
    return Ahead(step.title, step.owner.words, step.due, when, rule, note.get(step.state, ""), step.ladder == "safety")


def _waits_for(pathway: Pathway, journey: Journey, step: StepState) -> str:
    return next((wait.text for wait in waits.waits(pathway, journey) if wait.step == step.id), "")


def _told(outcome: Outcome) -> list[str]:
    """Who is told at once about what is late already."""
    return [
        f"{words.roles(event.to)} will be told at once about: {outcome.journey.steps[event.step].title}"
        for event in outcome.events
        if event.event is Kind.ESCALATED and event.to and event.step in outcome.journey.steps
    ]
