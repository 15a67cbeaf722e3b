"""What a definition asks for that could never come: found before anybody waits for it."""

from collections.abc import Iterator

from schemas.pathway import Anchor, Milestone, Pathway, Satisfies, Series, Span, Step

Problem = tuple[tuple[str | int, ...], str]
STARTED, ENDED = "started", "ended"

# The fewest and the most local days that one of a unit can come to, bank holidays included.
_DAYS = {
    "hours": (1 / 24, 1 / 24),
    "days": (1, 1),
    "weeks": (7, 7),
    "months": (28, 31),
    "working_days": (1, 3),
    "none": (0, 0),
}
_SLACK = 1 + 10
"""Days by which "end of day", the clocks and the holidays of Christmas and Easter may add to a length of time."""


def shortest(span: Span) -> float:
    """The fewest days that the length of time can come to."""
    return span.count * _DAYS[span.unit][0]


def longest(span: Span) -> float:
    """The most days that it can come to; a few more, rather than one too few."""
    return span.count * _DAYS[span.unit][1] + (_SLACK if span.unit == "working_days" else 1)


def closing(pathway: Pathway) -> dict[str, str]:
    """The milestones whose recording closes the transition, each with the exit that it closes as."""
    return {way.milestone: way.id for way in pathway.exits if way.milestone}


def earlier(pathway: Pathway, milestone: str) -> set[str]:
    """Every milestone that comes before it, directly or by way of another; itself, when it is in a circle."""
    found: set[str] = set()
    waiting = [milestone]
    while waiting:
        known = pathway.milestone.get(waiting.pop())
        for name in [*known.needs, *known.not_before] if known else []:
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


def milestone_problems(pathway: Pathway, milestone: Milestone) -> Iterator[Problem]:
    """A milestone that could not be recorded, or says something of one that Alongside records itself."""
    if milestone.id in (STARTED, ENDED):
        if milestone.expected_at_age is not None:
            yield ("expected_at_age",), f"{milestone.id} is recorded by Alongside itself: leave the line out"
        for field in ("needs", "not_before"):
            if getattr(milestone, field) and milestone.id == ENDED:
                yield (field,), "a transition may end at any time, because somebody may die: leave the line out"
    if milestone.id in earlier(pathway, milestone.id):
        yield (), f"{milestone.id} must come before itself: break the circle of needs"
    elif milestone.id == STARTED and earlier(pathway, STARTED):
        yield (), "nothing comes before the start: leave out what it needs or may not come before"
    if ENDED in milestone.not_before and milestone.id != STARTED:
        yield ("not_before",), "nothing comes after the end: leave it out"
    for position, name in enumerate(milestone.needs):
        if name == ENDED or name in closing(pathway):
            yield ("needs", position), f"{milestone.id} could never come: with {name} the transition has closed"


def anchor_problems(place: tuple[str | int, ...], pathway: Pathway, anchor: Anchor) -> Iterator[Problem]:
    """A rule that counts from a moment after which nothing is asked for."""
    name = anchor.milestone
    if anchor.before == STARTED:
        yield (*place, "before"), "nothing is asked for before the start: say `after: started`"
    if anchor.after in closing(pathway):
        yield (*place, "after"), _closed(pathway, name)


def after_problems(place: tuple[str | int, ...], pathway: Pathway, milestone: str) -> Iterator[Problem]:
    """Something that counts from a milestone with which the transition closes."""
    if milestone in closing(pathway):
        yield place, _closed(pathway, milestone)


def _closed(pathway: Pathway, milestone: str) -> str:
    way = closing(pathway)[milestone]
    return f"with {milestone} the transition closes as {way}: count from another milestone"


def series_problems(pathway: Pathway, series: Series) -> Iterator[Problem]:
    """A series whose end comes before its first occurrence."""
    until = series.until
    if until is None:
        return
    if until.milestone == ENDED and (until.after is None or until.given()):
        yield ("until",), "nothing is known of the end before it comes: say `until: {after: ended}`"
    elif until.milestone == STARTED and not _later(series, until):
        yield ("until",), "it would end before it begins: say another milestone"
    elif until.milestone == series.start.milestone and not _later(series, until):
        yield ("until",), "it would end before its first occurrence: let it end later, or say `times`"
    elif until.milestone in earlier(pathway, series.start.milestone) and not until.given() and not series.start.before:
        yield ("until",), f"{until.milestone} comes before {series.start.milestone}: let it end with a later one"


def _later(series: Series, until: Anchor) -> bool:
    """The end may come as late as the first occurrence."""
    first = shortest(series.every or Span()) if series.at is None else shortest(series.at[0])
    start = series.start
    soonest = first + (-longest(start) if start.before else shortest(start))
    if start.milestone != until.milestone:
        return until.sign > 0 and until.count > 0
    return soonest <= (-shortest(until) if until.before else longest(until) if until.given() else 0)


def step_problems(pathway: Pathway, step: Step) -> Iterator[Problem]:
    """A step that waits for what only itself brings, or for a day that has gone by."""
    due, rule = step.due, step.satisfied_by
    if due is not None and due.after is not None and due.after == step.records:
        yield ("records",), f"it waits for {step.records} and is what records it: say `due: {{after_expected: ...}}`"
    if due is None or rule is None:
        return
    yield from _satisfied(due, rule)


def _satisfied(due: Anchor, rule: Satisfies) -> Iterator[Problem]:
    if rule.or_milestone is not None and rule.or_milestone == due.milestone:
        yield ("satisfied_by", "or_milestone"), f"it counts from {due.milestone}: name another milestone"
    if rule.days_after > longest(due):
        yield ("satisfied_by", "days_after"), "it is due before the first day on which a contact counts"
