"""What the form of a step asks about its measures: answers where they may be kept, else totals, or that they declined.

A measure that is asked in several views has its questions for each: views are never mixed.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pathways.measures import shipped
from planner.scoring import plain
from records.licences import may_answer
from schemas.codes import VIEW_WORDS, View
from schemas.instrument import Instrument, Items, Scale
from web.forms import Answers, Field, Option

NUMBER = "Write a number."


Goals = tuple[tuple[int, str], ...]
"""The goals that go on: each by its number, and how it reads here."""


def fields(name: str, held: frozenset[str], goals: Goals = ()) -> Iterator[Field]:
    """The questions about one measure; `held` are the measures for which a licence is recorded."""
    instrument = shipped().get(name)
    if instrument is None:
        yield Field(_slug(name), f"{name}: total, if it was asked", hint="Leave it out if it was not.")
    elif instrument.anonymous:
        yield from _anonymous(instrument)
    else:
        for view in instrument.views:
            yield from _of_view(instrument, view, goals, answers=may_answer(instrument, held))


def _anonymous(instrument: Instrument) -> Iterator[Field]:
    prefix = _slug(instrument.id)
    hint = (
        "It is counted by team and month. What they say is not kept with them, and nobody can see that it was theirs."
    )
    options = tuple(Option(choice.id, choice.title) for choice in instrument.choices)
    yield Field(prefix, instrument.question or instrument.title, "choice", hint, options)
    yield Field(f"{prefix}-declined", f"{instrument.id}: they would rather not say", "yes")


def _of_view(instrument: Instrument, view: View, goals: Goals, *, answers: bool) -> Iterator[Field]:
    prefix, called = _prefix(instrument, view), _called(instrument, view)
    if answers and instrument.items is not None:
        asked = instrument.items
        options = _goals(asked, goals) if asked.goals else _questions(asked)
        each = f"Each is a whole number from {asked.low} to {asked.high}. "
        rest = "Rate those goals that there are." if asked.goals else "Leave all of them out if it was not asked."
        words = "" if instrument.licence.wording else f" The questionnaire: {instrument.licence.get}"
        yield Field(f"{prefix}-items", f"{called}: the answers", "numbers", f"{each}{rest}{words}", options)
    scales = instrument.entered
    if len(scales) == 1:
        yield Field(prefix, f"{called}: {_or(answers)}total", hint=_range(scales[0]))
    elif scales:
        totals = tuple(Option(scale.id, f"{scale.title} ({_range(scale)})") for scale in scales)
        yield Field(f"{prefix}-totals", f"{called}: {_or(answers)}totals", "numbers", "Those that you have.", totals)
    yield Field(f"{prefix}-declined", f"{called}: they would rather not", "yes")


def _questions(asked: Items) -> tuple[Option, ...]:
    return tuple(Option(str(number), asked.label(number)) for number in range(1, asked.count + 1))


def _goals(asked: Items, goals: Goals) -> tuple[Option, ...]:
    """The goals that go on; where none were written down, as many as are rated at once."""
    known = goals or tuple((number, "") for number in range(1, (asked.at_once or asked.count) + 1))
    return tuple(
        Option(str(number), f"{asked.label(number)}{f': {words}' if words else ''}") for number, words in known
    )


def _or(answers: bool) -> str:
    return "or only the " if answers else "the "


def _range(scale: Scale) -> str:
    low, high = scale.entered
    return f"{plain(low)} to {plain(high)}"


def _prefix(instrument: Instrument, view: View) -> str:
    slug = _slug(instrument.id)
    return slug if view is instrument.views[0] else f"{slug}@{view}"


def _slug(name: str) -> str:
    """The beginning of the names of a measure's fields."""
    return f"score-{name.replace(' ', '-')}"


def where(fields: Iterable[Field], name: str) -> str:
    """The first field of a measure: where it is said what is wrong with it."""
    return next((field.name for field in fields if field.name.startswith(_slug(name))), "")


def _called(instrument: Instrument, view: View) -> str:
    return instrument.id if len(instrument.views) == 1 else f"{instrument.id}, {VIEW_WORDS[view]}"


def said(names: Iterable[str], answers: Answers) -> dict[str, Any]:
    """What a form says of the measures, as whoever scores them reads it."""
    found: dict[str, Any] = {}
    for name in names:
        instrument = shipped().get(name)
        views = instrument.views if instrument is not None and not instrument.anonymous else [None]
        told = [one for view in views if (one := _told(instrument, name, view, answers)) is not None]
        if told:
            found[name] = told[0] if len(told) == 1 else told
    return found


def _told(instrument: Instrument | None, name: str, view: View | None, answers: Answers) -> dict[str, Any] | None:
    prefix = _slug(name) if instrument is None or view is None else _prefix(instrument, view)
    found: dict[str, Any] = {}
    for kind in ("items", "totals"):
        if numbers := _numbers(answers, f"{prefix}-{kind}"):
            found[kind] = numbers
    if answers.text(prefix):
        of_words = instrument is not None and instrument.anonymous
        found |= {"choice": answers.text(prefix)} if of_words else {"total": _number(answers, prefix, prefix)}
    if answers.yes(f"{prefix}-declined"):
        found["declined"] = True
    if len(found) > 1:
        field = (
            answers.fields.get(f"{prefix}-items") or answers.fields.get(prefix) or answers.fields[f"{prefix}-totals"]
        )
        answers.problems[field.name] = "Say one thing: the answers, the total, or that they would rather not."
    return found | ({"view": view} if view is not None else {}) if found else None


def _numbers(answers: Answers, name: str) -> dict[str, float | None]:
    field = answers.fields.get(name)
    texts = {one.value: answers.text(f"{name}-{one.value}") for one in field.options} if field else {}
    return {key: _number(answers, f"{name}-{key}", name) for key, text in texts.items() if text}


def _number(answers: Answers, name: str, field: str) -> float | None:
    try:
        return float(answers.text(name))
    except ValueError:
        answers.problems[field] = NUMBER
        return None
