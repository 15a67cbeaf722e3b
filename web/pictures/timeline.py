"""One journey as a picture: time runs to the right, a row for each step, and a line for today.

Everything here is arithmetic on a journey; `templates/pictures/timeline.html` draws what comes of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from planner import words
from planner.clock import add_months, local_day, midnight
from planner.series import occurrences
from planner.turn import PASSED, SUPERSEDED
from schemas.codes import StepKind
from schemas.journey import Journey, State, StepState
from schemas.pathway import Pathway

A_DAY = timedelta(days=1)
SIDE = 24.0
"""Left and right of the first and the last moment."""
ROWS = 136.0
ROW = 32.0
ABOVE = 18.0
BELOW = 34.0
"""Where the rows begin, how high one is, what a label above its marks and the dates below take: pixels, downwards."""
WIDE, AGAIN = 340.0, 560.0
"""A row of marks so wide has its label above them, and again after so many pixels, to be read wherever one looks."""
ACROSS = 860.0
FEWEST_A_DAY, MOST_A_DAY = 1.0, 14.0
"""How wide a picture is meant to be, and how many pixels a day has at least and at most."""
TICK = 72.0
LETTER = 7.6
LONGEST = 60
"""Letters of a label; how wide one is, near enough to keep labels inside the picture."""
BEFORE = timedelta(days=14)
"""What is shown before the first thing that is drawn: years of waiting without a step are left out."""
AHEAD = 60
"""How many occurrences ahead are drawn of one series."""
NOT_SHOWN = frozenset({State.CANCELLED})
OPENED_HERE = frozenset({StepKind.RISK_REVIEW, StepKind.HANDOVER, StepKind.ALLOCATION})
WENT_BY = (PASSED, SUPERSEDED)


class Mark(NamedTuple):
    """One thing at one moment. `shape` names what it looks like; `was` is where it stood before it was moved."""

    x: float
    shape: str
    text: str
    by_hand: bool = False
    was: float | None = None


class Label(NamedTuple):
    """What a row is called, beside its marks: the text ends at `x` when `ends`, else it begins there."""

    x: float
    y: float
    text: str
    ends: bool = False


class Row(NamedTuple):
    """One step, or all occurrences of one: marks at `y`, in a stripe from `top` that is `height` high."""

    top: float
    height: float
    y: float
    marks: list[Mark]
    labels: list[Label]


class Band(NamedTuple):
    """A stage: from the milestone that began it to the next. `certain` when it has begun."""

    x: float
    width: float
    label: str
    certain: bool


class Tick(NamedTuple):
    """A date below and above."""

    x: float
    label: str


class Picture(NamedTuple):
    """Everything that is drawn. `today` and `hold` (from, how wide) are None when they do not apply."""

    width: float
    height: float
    title: str
    text: str
    ticks: list[Tick]
    bands: list[Band]
    contacts: list[Mark]
    rows: list[Row]
    today: float | None
    hold: tuple[float, float] | None


SHAPES = {
    "done": "done",
    "late": "late, not done",
    "open": "to be done",
    "ahead": "ahead",
    "waived": "need not be done",
    "passed": "went by",
    "seen": "a contact that took place",
    "not-seen": "a contact that did not",
    "booked": "a contact that is booked",
}
"""What each shape means, for the key and for those who do not see it."""
_OF_STATE = {
    State.DONE: "done",
    State.MISSED: "late",
    State.OPEN: "open",
    State.PLANNED: "ahead",
    State.WAIVED: "waived",
    State.CANCELLED: "passed",
}


class _Point(NamedTuple):
    at: datetime
    shape: str
    text: str
    by_hand: bool = False
    was: datetime | None = None


class _Scale(NamedTuple):
    start: datetime
    end: datetime
    a_day: float

    def x(self, at: datetime) -> float:
        kept = min(max(at, self.start), self.end)
        return round(SIDE + (kept - self.start) / A_DAY * self.a_day, 1)


def picture(pathway: Pathway, journey: Journey, now: datetime, was: Mapping[str, datetime] | None = None) -> Picture:
    """A journey as it stands now; `was` has the dates from which steps were moved."""
    lines = _lines(pathway, journey, now, was or {})
    contacts = _contacts(journey)
    scale = _scale(pathway, journey, now, [point for _, points in lines for point in points] + contacts)
    inner = scale.x(scale.end) + SIDE
    rows = _rows(lines, scale, inner)
    bands = _bands(pathway, journey, scale, now)
    said = [(label.x, label.text) for row in rows for label in row.labels if not label.ends]
    ticks = _ticks(scale)
    said += [(band.x, band.label) for band in bands] + [(tick.x, tick.label) for tick in ticks]
    return Picture(
        width=round(max([inner, *(x + _long(text) + SIDE for x, text in said)])),
        height=ROWS + sum(row.height for row in rows) + BELOW,
        title="The journey over time",
        text=_sentence(pathway, journey, now, lines, contacts),
        ticks=ticks,
        bands=bands,
        contacts=[_mark(point, scale) for point in contacts],
        rows=rows,
        today=scale.x(now) if journey.closed is None else None,
        hold=_hold(journey, scale, now),
    )


def shown(step: StepState) -> bool:
    """The step has a place in the picture: it has a date, and was not taken away before anybody asked for it."""
    if step.due is None and step.done_on is None:
        return False
    return step.state not in NOT_SHOWN or step.reason in WENT_BY


# What is drawn


def _lines(
    pathway: Pathway, journey: Journey, now: datetime, was: Mapping[str, datetime]
) -> list[tuple[str, list[_Point]]]:
    """A line for each step of the pathway, with its occurrences; the earliest first."""
    found: dict[str, tuple[str, list[_Point]]] = {}
    for step in journey.steps.values():
        if shown(step):
            found.setdefault(_line(step), (step.title, []))[1].append(_of_step(step, was))
    last = max((point.at for _, points in found.values() for point in points), default=now)
    for rule_id, points in _ahead(pathway, journey, max(last, now)).items():
        found.setdefault(rule_id, (pathway.step[rule_id].title, []))[1].extend(points)
    return sorted(found.values(), key=lambda line: min(point.at for point in line[1]))


def _line(step: StepState) -> str:
    """Which line a step is drawn in: with all of its rule, or with all that Alongside opens for the same cause."""
    return step.of or (step.kind if step.kind in OPENED_HERE else step.id)


def _of_step(step: StepState, was: Mapping[str, datetime]) -> _Point:
    at = step.done_on if step.state is State.DONE and step.done_on else step.due or step.ended
    if at is None:
        raise ValueError(f"{step.id} has no date to be drawn at")
    shape = _OF_STATE[step.state]
    when = words.day(at) if step.state is State.DONE else words.due(at)
    text = f"{step.title}: {SHAPES[shape]}, {when}{', late' if step.state is State.DONE and step.late else ''}"
    before = was.get(step.id) if step.state.unfinished else None
    moved = before if before != step.due else None
    return _Point(at, shape, text, by_hand=step.by_hand is not None, was=moved)


def _ahead(pathway: Pathway, journey: Journey, until: datetime) -> dict[str, list[_Point]]:
    """The occurrences that are still to come of each series, as far as anything else is known."""
    found: dict[str, list[_Point]] = {}
    if journey.closed is not None:
        return found
    for rule_id in journey.series:
        rule = pathway.step[rule_id]
        latest = max((step.number or 0 for step in journey.steps.values() if step.of == rule_id), default=0)
        for number, due in islice(occurrences(journey, rule, latest + 1), AHEAD):
            if due > until:
                break
            text = f"{rule.title}, number {number}: {SHAPES['ahead']}, {words.due(due)}"
            found.setdefault(rule_id, []).append(_Point(due, "ahead", text))
    return found


def _contacts(journey: Journey) -> list[_Point]:
    """Contacts that took place or did not, and those that are booked."""
    points = []
    for step in journey.steps.values():
        for contact in step.contacts:
            shape = "seen" if contact.attendance.attended else "not-seen"
            text = f"{step.title}: {SHAPES[shape]}, {words.moment(contact.at)}"
            points.append(_Point(contact.at, shape, text))
    for step_id, booked in (journey.peers.booked if journey.peers else {}).items():
        title = journey.steps[step_id].title if step_id in journey.steps else "A contact"
        points.append(_Point(booked.starts, "booked", f"{title}: {SHAPES['booked']}, {words.moment(booked.starts)}"))
    return sorted(points, key=lambda point: point.at)


# Where it is drawn


def _scale(pathway: Pathway, journey: Journey, now: datetime, points: Iterable[_Point]) -> _Scale:
    ends = journey.closed.at if journey.closed else now
    expected = [
        at for name, at in journey.expected.items() if name not in journey.occurred and name in pathway.milestone
    ]
    moments = [ends, *(point.at for point in points), *(() if journey.closed else expected)]
    start, end = max(min(moments) - BEFORE, journey.started), max(moments)
    days = max((end - start) / A_DAY, 1.0)
    a_day = min(max(ACROSS / days, FEWEST_A_DAY), MOST_A_DAY)
    return _Scale(start, end, a_day)


def _mark(point: _Point, scale: _Scale) -> Mark:
    was = scale.x(point.was) if point.was else None
    return Mark(scale.x(point.at), point.shape, point.text, point.by_hand, was)


def _rows(lines: list[tuple[str, list[_Point]]], scale: _Scale, inner: float) -> list[Row]:
    rows: list[Row] = []
    top = ROWS
    for label, points in lines:
        marks = sorted((_mark(point, scale) for point in points), key=lambda mark: mark.x)
        places = [place for mark in marks for place in (mark.x, mark.was) if place is not None]
        first, last = min(places), max(places)
        above = ABOVE if last - first > WIDE and len(marks) > 1 else 0.0
        y = top + above + ROW / 2
        text = _said(label, marks)
        labels = _above(text, first, last, top) if above else [_beside(text, first, last, y, inner)]
        rows.append(Row(top, ROW + above, y, marks, labels))
        top += ROW + above
    return rows


def _said(label: str, marks: list[Mark]) -> str:
    said = label if len(label) <= LONGEST else f"{label[: LONGEST - 1].rstrip()}…"
    notes = ["set by hand"] if any(mark.by_hand for mark in marks) else []
    notes += ["moved"] if any(mark.was is not None for mark in marks) else []
    return f"{said} ({', '.join(notes)})" if notes else said


def _above(text: str, first: float, last: float, top: float) -> list[Label]:
    count = int((last - first) // AGAIN) + 1
    return [Label(first - 8 + AGAIN * number, top + ABOVE, text) for number in range(count)]


def _beside(text: str, first: float, last: float, y: float, inner: float) -> Label:
    """After the last mark, or before the first one where that keeps the picture narrow."""
    ends = last + 18 + _long(text) > inner and first - 18 - _long(text) > 0
    return Label(first - 18 if ends else last + 18, y + 5, text, ends)


def _long(label: str) -> float:
    return len(label) * LETTER


def _bands(pathway: Pathway, journey: Journey, scale: _Scale, now: datetime) -> list[Band]:
    reached = [(at, name, True) for name, at in journey.occurred.items()]
    if journey.closed is None:
        reached += [(at, name, False) for name, at in journey.expected.items() if name not in journey.occurred]
    known = sorted(one for one in reached if one[1] in pathway.milestone)
    bands = []
    for number, (at, name, certain) in enumerate(known):
        until = known[number + 1][0] if number + 1 < len(known) else scale.end
        if until < scale.start:
            continue
        x = scale.x(at)
        said = pathway.milestone[name].name
        verb = "" if certain else " was expected" if at < now else " expected"
        label = f"{said[0].upper()}{said[1:]}{verb} {words.day(at)[4:]}"
        bands.append(Band(x, round(scale.x(until) - x, 1), label, certain))
    return bands


def _hold(journey: Journey, scale: _Scale, now: datetime) -> tuple[float, float] | None:
    if journey.hold is None:
        return None
    since = scale.x(journey.hold.since)
    return since, round(max(scale.x(now) - since, 2.0), 1)


def _ticks(scale: _Scale) -> list[Tick]:
    """Dates a good distance apart: weeks, months, quarters or years."""
    first, last = local_day(scale.start), local_day(scale.end)
    days = next((days for days in (7, 30.4, 91.3) if days * scale.a_day >= TICK), 365.0)
    found: list[Tick] = []
    for day in _days(first, last, days):
        x = scale.x(midnight(day))
        if scale.start <= midnight(day) <= scale.end:
            found.append(Tick(x, _label(day, days, not found or day.month == 1)))
    return found


def _days(first: date, last: date, apart: float) -> Iterator[date]:
    if apart == 7:
        day = first - timedelta(days=first.weekday())
        while day <= last:
            yield day
            day += timedelta(days=7)
        return
    months = {30.4: 1, 91.3: 3}.get(apart, 12)
    day = date(first.year, 1, 1)
    while day <= last:
        yield day
        day = add_months(day, months)


def _label(day: date, apart: float, with_year: bool) -> str:
    if apart == 7:
        return f"{day:%-d %b}"
    if apart > 100:
        return f"{day:%Y}"
    return f"{day:%b %Y}" if with_year else f"{day:%b}"


# What it says


def _sentence(
    pathway: Pathway,
    journey: Journey,
    now: datetime,
    lines: list[tuple[str, list[_Point]]],
    contacts: list[_Point],
) -> str:
    """What the picture shows, for those who do not see it."""
    shapes = [point.shape for _, points in lines for point in points]
    met = [point.shape for point in contacts]
    steps = _counted(shapes, {"done": "done", "late": "late", "open": "to be done", "ahead": "ahead"})
    seen = _counted(met, {"seen": "took place", "not-seen": "did not take place", "booked": "booked"})
    ended = journey.closed is not None
    said = [f"From {words.day(journey.started)} to {words.day(journey.closed.at if journey.closed else now)}"]
    said[0] += ", when it ended" if ended else ", which is today, and on to what is ahead"
    said += [f"Steps: {steps}"] if steps else []
    said += [f"Contacts: {seen}"] if seen else []
    for name, at in journey.expected.items():
        if name not in journey.occurred and name in pathway.milestone and not ended:
            said.append(f"The {pathway.milestone[name].name} is expected on {words.day(at)}")
    said += ["It is on hold"] if journey.hold else []
    return f"{'. '.join(said)}. The table below says the same."


def _counted(shapes: list[str], called: dict[str, str]) -> str:
    return ", ".join(f"{shapes.count(shape)} {word}" for shape, word in called.items() if shape in shapes)
