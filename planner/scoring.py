"""From answers to scores, by the rule that a measure's definition names. A set that is not whole is refused."""

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from math import sqrt

from planner.refused import Refused
from schemas.codes import View
from schemas.instrument import Instrument, Scale
from schemas.measure import Answer, Result, Score

Weights = Mapping[str, float]
"""What each goal weighs, by its number; 1 when nothing is said."""
_CENT = Decimal("0.01")


def score(instrument: Instrument, answer: Answer, *, licensed: bool, weights: Weights | None = None) -> Result:
    """What an answer comes to; Refused, naming the question, when it is not whole or not in range.

    `licensed` says whether the answers, and not only totals, may be entered and kept here.
    """
    view = _view(instrument, answer.view)
    kept = Result(view=view, version=instrument.version, anonymous=instrument.anonymous)
    if answer.declined:
        return kept.model_copy(update={"declined": True})
    if instrument.anonymous:
        _chosen(instrument, answer)
        return kept
    if answer.choice is not None:
        raise _invalid(instrument, "it is answered with numbers")
    if not answer.items:
        return kept.model_copy(update={"scales": entered(instrument, answer)})
    _may_answer(instrument, licensed)
    items = _whole(instrument, answer.items)
    scales = _scored(instrument, items, weights or {})
    return kept.model_copy(update={"items": {number: float(one) for number, one in items.items()}, "scales": scales})


def _invalid(instrument: Instrument, why: str) -> Refused:
    return Refused("invalid", f"{instrument.id}: {why}.")


def _view(instrument: Instrument, said: View | None) -> View:
    view = said or instrument.views[0]
    if view not in instrument.views:
        raise _invalid(instrument, f"the view is {' or '.join(instrument.views)}, and never {view}")
    return view


def _chosen(instrument: Instrument, answer: Answer) -> None:
    choices = [choice.id for choice in instrument.choices]
    if answer.choice not in choices:
        raise _invalid(instrument, f"the answer is one of {', '.join(choices)}")


def _may_answer(instrument: Instrument, licensed: bool) -> None:
    if instrument.items is None:
        raise _invalid(instrument, f"only totals are entered, such as {_example(instrument)}")
    if not licensed:
        needs = instrument.licence.needs
        raise _invalid(
            instrument,
            f"its answers may be entered once a {needs} is recorded here (`alongside licence record`); "
            f"until then enter {_totals(instrument)}",
        )


def _totals(instrument: Instrument) -> str:
    names = [scale.id for scale in instrument.entered]
    return "the total" if len(names) == 1 else f"the totals ({', '.join(names)})"


def _example(instrument: Instrument) -> str:
    scale = instrument.entered[0]
    return f"{scale.id}:{plain(scale.entered[0])}"


def plain(number: float) -> str:
    """A number as people write it: 4.75, and 5 for 5.0."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


# The answers, one by one


def _whole(instrument: Instrument, said: Mapping[str, float]) -> dict[str, int]:
    """The answers by number. Refused, with the question, when one is missing, too many, or out of range."""
    asked = instrument.items
    if asked is None:
        raise TypeError(instrument.id)  # asked before
    numbers = [str(number) for number in range(1, asked.count + 1)]
    if unknown := sorted(set(said) - set(numbers)):
        raise _invalid(instrument, f"there is no {asked.noun} {unknown[0]}: there are {asked.count}")
    if asked.at_once is not None and len(said) > asked.at_once:
        raise _invalid(
            instrument, f"at most {asked.at_once} {asked.noun}s are rated at once, and these are {len(said)}"
        )
    found = {}
    for number in numbers:
        if number not in said:
            if asked.goals:
                continue
            raise _invalid(instrument, f"question {number} is missing, and a set that is not whole is not scored")
        one = said[number]
        if one != int(one) or not asked.low <= one <= asked.high:
            raise _invalid(
                instrument,
                f"{asked.noun} {number} is {one:g}, and is a whole number from {asked.low} to {asked.high}",
            )
        found[number] = int(one)
    return found


def _scored(instrument: Instrument, items: Mapping[str, int], weights: Weights) -> dict[str, Score]:
    found: dict[str, Score] = {}
    for scale in instrument.scales:
        rule = _RULES.get(scale.rule)
        if rule is not None:
            own = items if not scale.of else {str(number): items[str(number)] for number in scale.of}
            found |= rule(instrument, scale, own, weights)
    return found


def rounded(number: float) -> float:
    """To two decimals, halves away from zero, as people round."""
    return float(Decimal(repr(number)).quantize(_CENT, ROUND_HALF_UP))


def _sum(_: Instrument, scale: Scale, items: Mapping[str, int], __: Weights) -> dict[str, Score]:
    raw = sum(items.values())
    return {scale.id: Score(raw=raw, derived=raw * scale.times)}


def _mean(_: Instrument, scale: Scale, items: Mapping[str, int], __: Weights) -> dict[str, Score]:
    raw = sum(items.values())
    return {scale.id: Score(raw=raw, derived=rounded(raw / len(items)))}


def _table(_: Instrument, scale: Scale, items: Mapping[str, int], __: Weights) -> dict[str, Score]:
    raw = sum(items.values())
    return {scale.id: Score(raw=raw, derived=scale.table[raw])}


def _each(instrument: Instrument, _: Scale, items: Mapping[str, int], __: Weights) -> dict[str, Score]:
    noun = instrument.items.noun if instrument.items else "question"
    return {f"{noun}-{number}": Score(raw=one, derived=one) for number, one in items.items()}


def _gas(instrument: Instrument, scale: Scale, items: Mapping[str, int], weights: Weights) -> dict[str, Score]:
    weighed = {number: weights.get(number, 1.0) for number in items}
    if wrong := next((number for number, weight in weighed.items() if not weight > 0), None):
        raise _invalid(instrument, f"goal {wrong} weighs nothing: a weight is above 0")
    raw = sum(weighed[number] * one for number, one in items.items())
    return {scale.id: Score(raw=rounded(raw), derived=attainment(list(items.values()), list(weighed.values()), scale))}


def attainment(ratings: list[int], weights: list[float], scale: Scale) -> float:
    """The T score of goal attainment: 50 when all goals are attained as expected."""
    rho = scale.rho or 0.0
    squares, total = sum(weight * weight for weight in weights), sum(weights)
    weighed = sum(weight * rating for weight, rating in zip(weights, ratings, strict=True))
    return rounded(50 + 10 * weighed / sqrt((1 - rho) * squares + rho * total * total))


_RULES: dict[str, Callable[[Instrument, Scale, Mapping[str, int], Weights], dict[str, Score]]] = {
    "sum": _sum,
    "mean": _mean,
    "table": _table,
    "each": _each,
    "gas": _gas,
}
"""What works a scale out from answers. A scale of other scales, and one that is given, are entered."""


# Totals, without the answers


def entered(instrument: Instrument, answer: Answer) -> dict[str, Score]:
    """The scores of totals that were worked out on paper. Refused when they cannot be, or do not add up."""
    said = dict(answer.totals)
    if answer.total is not None:
        said = {_the_total(instrument).id: answer.total}
    able = {scale.id for scale in instrument.entered}
    if unknown := sorted(set(said) - able):
        raise _invalid(instrument, f"there is no total {unknown[0]} to enter: {_what_may_be(instrument)}")
    found = {name: _total(instrument, instrument.scale[name], number) for name, number in said.items()}
    for scale in instrument.scales:
        if scale.rule == "parts":
            _add_up(instrument, scale, found)
        if scale.required and scale.id not in found:
            raise _invalid(
                instrument, f"{_missing(scale, found)} is missing, and a set that is not whole is not scored"
            )
    return found


def _missing(scale: Scale, found: Mapping[str, Score]) -> str:
    """What a set lacks: a part of the scale, where others are there, or the scale itself."""
    lacks = [name for name in scale.parts if name not in found]
    return lacks[0] if 0 < len(lacks) < len(scale.parts) else f"the {scale.id}"


def _what_may_be(instrument: Instrument) -> str:
    if instrument.entered:
        return f"there is {', '.join(scale.id for scale in instrument.entered)}"
    return "enter each rating by its number, such as 1:2"


def _the_total(instrument: Instrument) -> Scale:
    able = instrument.entered
    if len(able) == 1:
        return able[0]
    if "total" in instrument.scale and instrument.scale["total"] in able:
        return instrument.scale["total"]
    if not able:
        raise _invalid(instrument, f"it has no total: {_what_may_be(instrument)}")
    raise _invalid(instrument, f"say which total, such as {_example(instrument)}: {_what_may_be(instrument)}")


def _total(instrument: Instrument, scale: Scale, number: float) -> Score:
    low, high = scale.entered
    if round(number, scale.decimals) != number or not low <= number <= high:
        sort = f"a number with at most {scale.decimals} decimals" if scale.decimals else "a whole number"
        raise _invalid(instrument, f"the {scale.id} is {number:g}, and is {sort} from {plain(low)} to {plain(high)}")
    if scale.times > 1 and number % scale.times:
        raise _invalid(
            instrument, f"the {scale.id} goes in steps of {scale.times}, and {plain(number)} is none of them"
        )
    if scale.rule == "table":
        return Score(raw=number, derived=scale.table[int(number)])
    if scale.rule in ("mean", "given"):
        return Score(derived=number)
    return Score(raw=number / scale.times, derived=number)


def _add_up(instrument: Instrument, scale: Scale, found: dict[str, Score]) -> None:
    """Work the sum of other scales out where they are all there, and see that one that was entered is their sum."""
    if not all(name in found for name in scale.parts):
        return
    total = sum(found[name].derived for name in scale.parts)
    if scale.id in found and found[scale.id].derived != total:
        raise _invalid(
            instrument, f"the {scale.id} is {plain(found[scale.id].derived)}, and its parts add up to {plain(total)}"
        )
    found[scale.id] = Score(raw=total, derived=total)
