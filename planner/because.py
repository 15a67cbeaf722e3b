"""Why a step is due when it is, in sentences: the rule, the dates it counts from, and who moved it."""

from datetime import datetime, timedelta
from typing import NamedTuple

from planner import outcomes, words
from planner.clock import LONDON, birthday, due_after
from planner.contacts import RISK_REVIEW
from planner.due import base_of, instant
from planner.ladders import SAFETY
from planner.series import occurrences
from schemas.codes import StepKind
from schemas.journey import Journey, StepState
from schemas.pathway import Anchor, Pathway, Series, Step

AS_IT_STOOD = "as the dates stood then"
_WHEN = {
    "expect": "when an expected date changed",
    "milestone": "when it was said what had happened",
    "complete": "when a step was reported",
    "facts": "when what is known changed",
    "resume": "when the hold ended",
    "move-definition": "when the pathway changed",
    "set-due": "by hand",
}


class Moved(NamedTuple):
    """The last change of a step's date: from `was` (None: it had none), by whom when somebody did, and why."""

    was: datetime | None
    at: datetime
    by: str | None
    command: str | None
    reason: str | None


def because(pathway: Pathway, journey: Journey, step: StepState, moved: Moved | None = None) -> str:
    """Why the step is due when it is, in sentences; nothing in them is about the person but their dates."""
    said = [_why(pathway, journey, step)]
    if moved is not None and step.due is not None and moved.was != step.due:
        said.append(_moved(step, moved))
    if journey.hold is not None and step.state.unfinished and step.due and step.ladder != SAFETY:
        said.append("It moves on by as long as the hold lasts")
    return " ".join(f"{sentence[0].upper()}{sentence[1:].rstrip('.')}." for sentence in said)


def _why(pathway: Pathway, journey: Journey, step: StepState) -> str:
    rule = pathway.step.get(step.of or "")
    if step.due is None:
        return _undated(pathway, journey, rule)
    told = f"{'due' if step.state.unfinished else 'was due'} {words.due(step.due)}"
    if step.by_hand is not None:
        ruled = rule and _by_rule(journey, rule, step.number)
        by_rule = f" (the pathway would say {words.due(ruled)})" if ruled and ruled != step.due else ""
        return f"{told}, set by hand{by_rule}: {step.by_hand}"
    if rule is not None:
        return f"{told}{_by_the_pathway(pathway, journey, rule, step, step.due)}"
    if step.kind is StepKind.SILENCE:
        return f"{told} {_silence(pathway, journey, step.due)}"
    if step.kind is StepKind.RISK_REVIEW:
        return f"{told} {_risk_review(pathway, journey, step)}"
    if step.kind is StepKind.HANDOVER:
        return f"{told} because whoever offered to hand over asked for an answer by then"
    if step.kind is StepKind.ALLOCATION:
        return f"{told} because a peer worker is looked for, and the service allows no longer wait"
    if outcomes.is_review(step):
        after = f"{outcomes.WORKING_DAYS} working days after that was recorded"
        return f"{told} because a score has got reliably worse than the first one, and local policy says {after}"
    return f"{told} because it was added for this person alone, with that date"


# What the pathway says


def _by_the_pathway(pathway: Pathway, journey: Journey, rule: Step, step: StepState, due: datetime) -> str:
    anchor = rule.due or (rule.series.start if rule.series else None)
    ruled = _by_rule(journey, rule, step.number)
    if anchor is None or ruled is None:
        return f", {AS_IT_STOOD}"
    shift = timedelta(seconds=journey.shifts.get(rule.id, 0))
    if due not in (ruled, ruled - shift):
        return f", {AS_IT_STOOD}"
    held = f"; the time on hold added {_length(shift)}" if shift and due == ruled else ""
    says = _in_series(rule.series, step.number or 1) if rule.series else f"the pathway says {_away(anchor)}"
    return f" because {_base(pathway, journey, anchor, exact=_hours(rule))} and {says}{held}"


def _by_rule(journey: Journey, rule: Step, number: int | None) -> datetime | None:
    """When the pathway has the step due, with what holds have added; None while nobody can know."""
    if rule.series is not None:
        found = next(occurrences(journey, rule, number or 1), None)
        return found.due if found else None
    due = instant(journey, rule.due) if rule.due else None
    return due + timedelta(seconds=journey.shifts.get(rule.id, 0)) if due else None


def _base(pathway: Pathway, journey: Journey, anchor: Anchor, *, exact: bool) -> str:
    """What is counted from, for example "the discharge was on Sat 9 May 2026"."""
    milestone = pathway.milestone[anchor.milestone]
    at = base_of(journey, anchor)
    if at is None:
        raise ValueError(f"{milestone.id} has no date to count from")
    happened = journey.occurred.get(milestone.id)
    verb = "was" if at == happened else "was expected" if happened else "is expected"
    age = milestone.expected_at_age
    turns = age is not None and journey.born is not None and at == birthday(journey.born, age)
    grown = f", when they turn {age}," if turns and not happened else ""
    return f"the {milestone.name} {verb} on {_moment(at) if exact else words.day(at)}{grown}"


def _moment(at: datetime) -> str:
    local = at.astimezone(LONDON)
    return f"{local:%a %-d %b %Y} at {local:%H:%M}"


def _hours(rule: Step) -> bool:
    series = rule.series
    spans = [rule.due, *([series.every, series.start, *(series.at or [])] if series else [])]
    return any(span is not None and span.unit == "hours" for span in spans)


def _away(anchor: Anchor) -> str:
    if anchor.count == 0:
        return "that day"
    return f"{_span(anchor)} that"


def _in_series(series: Series, number: int) -> str:
    start = "then" if series.start.count == 0 else _away(series.start)
    of = f" of {series.last}" if series.last else ""
    if series.every is not None:
        return f"the pathway says every {_each(series)} from {start}: this is number {number}{of}"
    span = (series.at or [])[number - 1].words()
    away = f"{span} after {'that' if series.start.count == 0 else start}"
    return f"the pathway says {away} (number {number}{of})"


def _each(series: Series) -> str:
    every = series.every
    if every is None:
        return ""
    return every.words().partition(" ")[2] if every.count == 1 else every.words()


def _undated(pathway: Pathway, journey: Journey, rule: Step | None) -> str:
    anchor = (rule.due or (rule.series.start if rule.series else None)) if rule else None
    if rule is None or anchor is None:
        return "no date yet"
    name = pathway.milestone[anchor.milestone].name
    waits = "has not happened yet" if not anchor.from_expected else "has no expected date yet"
    if base_of(journey, anchor) is not None:
        return "no date: the pathway no longer asks for it"
    if rule.series is not None and rule.series.every is not None:
        start = f"the {name}" if anchor.count == 0 else f"{_span(anchor)} the {name}"
        return f"no date yet: it comes every {_each(rule.series)} from {start}, which {waits}"
    if anchor.count == 0:
        return f"no date yet: it is due with the {name}, which {waits}"
    return f"no date yet: it is due {_span(anchor)} the {name}, which {waits}"


def _span(anchor: Anchor) -> str:
    return f"{anchor.words()} {'before' if anchor.before else 'after'}"


# What Alongside opens itself


def _silence(pathway: Pathway, journey: Journey, due: datetime) -> str:
    since = due - timedelta(days=pathway.silence.days)
    if since == journey.last_contact:
        seen = f"they were last seen on {words.day(since)}"
    elif since == journey.occurred.get(pathway.silence.after):
        seen = f"the {pathway.milestone[pathway.silence.after].name} was on {words.day(since)}"
    else:
        seen = f"they have been followed here since {words.day(since)}"
    return f"because {seen} and the pathway allows {pathway.silence.days} days without a contact"


def _risk_review(pathway: Pathway, journey: Journey, review: StepState) -> str:
    of, _, number = review.id.removeprefix(f"{RISK_REVIEW}:").rpartition("#")
    step = journey.steps.get(of)
    missed = [contact for contact in step.contacts if contact.attendance.missed] if step else []
    if step is None or not number.isdecimal() or not 0 < int(number) <= len(missed):
        return "because a contact was missed"
    contact = missed[int(number) - 1]
    rules = pathway.risk_review
    span = rules.on_safety if step.ladder == SAFETY else rules.otherwise
    ruled = due_after(contact.recorded_at, span.unit, span.count, journey.division)
    held = "; the time on hold was added" if review.due is not None and review.due > ruled else ""
    told = f"they were not seen for “{step.title}” on {words.day(contact.at)}"
    recorded = _moment(contact.recorded_at)
    return f"because {told}, and the pathway says {span.words()} after that was recorded ({recorded}){held}"


# Who moved it


def _moved(step: StepState, moved: Moved) -> str:
    by_hand = moved.command == "set-due" and step.by_hand is not None
    start = "set" if moved.was is None else f"moved from {words.due(moved.was)}"
    by = f" by {moved.by}" if moved.by else ""
    when = _WHEN.get(moved.command or "", "" if moved.command else "as time passed")
    # The reason of a date that was set by hand is told already.
    why = f": {moved.reason}" if moved.reason and not by_hand else ""
    return f"{start} on {words.day(moved.at)}{by}{f', {when}' if when else ''}{why}"


def _length(span: timedelta) -> str:
    days, rest = divmod(round(span.total_seconds() / 3600), 24)
    if not days:
        return f"{rest} hour{'' if rest == 1 else 's'}"
    return f"{days} day{'' if days == 1 else 's'}"
