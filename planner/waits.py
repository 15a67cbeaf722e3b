"""What a journey waits for, in words: nothing about the person, so that it may be shown anywhere."""

from datetime import datetime, timedelta
from typing import NamedTuple

from planner import ladders, words
from planner.journey import next_wake, stage
from schemas.journey import Journey, State, StepState
from schemas.pathway import Anchor, Pathway


class Wait(NamedTuple):
    """One thing waited for: the step, what it is, what it waits for, and when time alone changes it."""

    step: str
    title: str
    text: str
    at: datetime | None


def waits(pathway: Pathway, journey: Journey) -> list[Wait]:
    """Everything that the journey waits for: what is late first, then by date, then what has no date."""
    found = [
        Wait(step.id, step.title, _text(pathway, journey, step), step.wake)
        for step in journey.steps.values()
        if step.state.unfinished
    ]
    if journey.silence is not None and journey.silence.due is not None:
        found.append(_silence(pathway, journey, journey.silence, journey.silence.due))
    if not found and journey.closed is None:
        found.append(Wait("exit", "The end", "everything is done: waiting to be told how it ended", None))
    dues = {step.id: step.due for step in journey.steps.values()}
    dues["silence"] = journey.silence.due if journey.silence else None
    return sorted(found, key=lambda wait: (dues.get(wait.step) is None, dues.get(wait.step) or journey.taken_on))


def _silence(pathway: Pathway, journey: Journey, step: StepState, due: datetime) -> Wait:
    if step.state is State.MISSED:
        since = words.day(due - timedelta(days=pathway.silence.days))
        text = f"no contact attended since {since}{_then(pathway, journey, step)}"
    else:
        text = f"a contact is needed before {words.moment(due)}, or silence is told of"
    return Wait(step.id, step.title, text, step.wake)


def _text(pathway: Pathway, journey: Journey, step: StepState) -> str:
    if step.due is None:
        return f"waiting for {_date_needed(pathway, step)}"
    when = f"due {words.due(step.due)}"
    if step.by_hand:
        when += " (set by hand)"
    when += _at_its_time(journey, step)
    if journey.hold is not None and step.ladder != ladders.SAFETY:
        return f"{when}, on hold"
    if step.state is State.PLANNED:
        return f"{when}, opens when its turn comes"
    prefix = "overdue, was " if step.state is State.MISSED else ""
    return f"{prefix}{when}{_then(pathway, journey, step)}"


def _at_its_time(journey: Journey, step: StepState) -> str:
    """When a peer worker's contact takes place, or that there is no time for it."""
    peers = journey.peers
    if peers is None:
        return ""
    if step.id in peers.booked:
        booked = peers.booked[step.id]
        return f", booked for {words.moment(booked.starts)} with {' and '.join(booked.staff)}"
    none = peers.unplaced.get(step.id)
    return f", without a time: {none.why}" if none is not None and none.why is not None else ""


def _then(pathway: Pathway, journey: Journey, step: StepState) -> str:
    ladder = pathway.ladders[step.ladder]
    if step.rung >= len(ladder.rungs):
        return "; the last rung of its ladder has been told"
    to = ladders.addressed(pathway, step, list(ladder.rungs[step.rung].to))
    at = ladders.next_rung_at(ladder, step, journey.division)
    at_words = f" at {words.moment(at)}" if at is not None and step.state is State.MISSED else ""
    verb = "is" if len(to) == 1 else "are"
    return f", then {words.roles(to)} {verb} told{at_words}"


def _date_needed(pathway: Pathway, step: StepState) -> str:
    rule = pathway.step.get(step.of or "")
    anchor: Anchor | None = (rule.due or (rule.series.start if rule.series else None)) if rule else None
    if anchor is None:
        return "a date"
    name = pathway.milestone[anchor.milestone].name
    return f"an expected date of the {name}" if anchor.from_expected else f"the {name} date"


def headline(pathway: Pathway, journey: Journey) -> str:
    """One line: the stage, and the next thing that time alone will do."""
    if journey.closed is not None:
        return f"closed as {journey.closed.exit}"
    at = next_wake(pathway, journey)
    if at is None:
        return f"{stage(pathway, journey)}: waiting for people, nothing is timed"
    nearest = [wait for wait in waits(pathway, journey) if wait.at == at]
    text = f"{nearest[0].step}: {nearest[0].text}" if nearest else f"the next step opens {words.moment(at)}"
    return f"{stage(pathway, journey)} — {text}"
