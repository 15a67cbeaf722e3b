"""What scores say beside the first ones: better, worse or neither, by how much is more than chance, and in words."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from planner.scoring import plain
from schemas.codes import View
from schemas.instrument import Instrument, Scale
from schemas.measure import Change, Result, Score

DOMAINS = {
    1: "Support for recovery",
    2: "Their own goals",
    3: "Recovery as they see it",
    4: "Part of the community",
    5: "Quality of life and wellbeing",
    6: "Use of services",
}
"""The outcome domains. The first four are definite; the last is never looked at by itself."""
_VIEWED = {View.SELF: "", View.PARENT: ", as a parent or carer sees it,", View.CLINICIAN: ", as a clinician sees it,"}


class Point(NamedTuple):
    """A score on a day."""

    on: date
    score: float


def difference(first: float, latest: float) -> float:
    """How far a score has moved, exactly as it is written."""
    return float(Decimal(repr(latest)) - Decimal(repr(first)))


def judged(scale: Scale, view: View, first: float, latest: float) -> Change | None:
    """What a change means; None where nobody says how much is more than chance."""
    points = scale.change.of(view) if scale.change else None
    if points is None:
        return None
    moved = difference(first, latest)
    if abs(moved) < points:
        return Change.NO_CHANGE
    return Change.IMPROVED if (moved > 0) == (scale.better == "higher") else Change.DETERIORATED


def compared(instrument: Instrument, result: Result, baseline: Mapping[str, float]) -> Result:
    """A result beside the first scores of the same measure and view, by number: each judged, and then together."""
    scales = {
        name: score.model_copy(update={"change": _change(instrument, result.view, name, score, baseline.get(name))})
        for name, score in result.scales.items()
    }
    return result.model_copy(update={"scales": scales, "change": together(one.change for one in scales.values())})


def _change(instrument: Instrument, view: View, name: str, score: Score, first: float | None) -> Change | None:
    if first is None:
        return Change.BASELINE
    return judged(instrument.scale_of(name), view, first, score.derived)


def together(changes: Iterable[Change | None]) -> Change | None:
    """What several changes say together: any that is reliably worse outweighs what is better."""
    found = set(changes)
    order = (Change.DETERIORATED, Change.IMPROVED, Change.NO_CHANGE, Change.BASELINE)
    return next((change for change in order if change in found), None)


def label(instrument: Instrument, name: str) -> str:
    """What a kept number is called."""
    if name in instrument.scale:
        return instrument.scale[name].title
    number = name.rpartition("-")[2]
    return instrument.items.label(int(number)) if instrument.items and number.isdecimal() else name


def sentence(instrument: Instrument, name: str, view: View, first: Point, latest: Point | None) -> str:
    """A change in words that the person would recognise, with how much is more than chance."""
    scale = instrument.scale_of(name)
    about = f"{scale.words}{_VIEWED[view]}" if name in instrument.scale else _one(instrument, name, scale, view)
    if latest is None:
        return (
            f"On {first.on:%-d %B %Y}, {about} stood at {plain(first.score)}. There is nothing to compare it with yet."
        )
    moved = difference(first.score, latest.score)
    how = "the same" if moved == 0 else f"{'up' if moved > 0 else 'down'} by {plain(abs(moved))}"
    span = "" if moved == 0 else f", from {plain(first.score)} to {plain(latest.score)}"
    return f"Since {first.on:%-d %B %Y}, {about} is {how}{span}. {chance(scale, view)}"


def _one(instrument: Instrument, name: str, scale: Scale, view: View) -> str:
    called = label(instrument, name)
    return f"{scale.words} ({called[0].lower()}{called[1:]}){_VIEWED[view]}"


def chance(scale: Scale, view: View) -> str:
    """How much change is more than chance, in a sentence."""
    points = scale.change.of(view) if scale.change else None
    if points is not None:
        return f"A change of {plain(points)} or more is more than chance."
    if scale.change is not None and not scale.change.confirmed:
        return "How much change is more than chance is not confirmed by a source, so no change is called reliable."
    return "No source says how much change is more than chance."


def lines(scale: Scale, score: float) -> str:
    """What sources say of a score by lines that they draw, with whose rule it is; nothing where there are none."""
    if not scale.cut_offs:
        return ""
    below = [cut.below for cut in scale.cut_offs]
    first = scale.cut_offs[0]
    if min(below) <= score < max(below):
        drawn = " and ".join(plain(one) for one in sorted(below))
        return f"{plain(score)} lies between the lines that sources draw ({drawn}), so nothing is concluded from it."
    side = first.says if score < first.below else f"not {first.says}"
    others = "; ".join(f"{cut.source} draws it at {plain(cut.below)}" for cut in scale.cut_offs[1:])
    return f"By the rule of {first.source} (under {plain(first.below)}), {plain(score)} is {side}. {others}.".strip()
