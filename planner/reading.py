"""What a chart of figures over time says, in sentences: never more than the rules of `planner.spc` found."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import groupby, pairwise
from typing import NamedTuple

from planner.spc import FEWEST, Good, Point, Signal

NOTHING = "There are no figures yet."
BY_CHANCE = "Nothing in them says more than chance."
_BETTER, _WORSE = "for the better", "for the worse"


class Say(NamedTuple):
    """How figures are told: the period of one ("March 2026"), several periods ("months"), a value ("71.4%")."""

    period: Callable[[date], str]
    periods: str
    value: Callable[[float], str]


def reading(points: Sequence[Point], say: Say, good: Good) -> list[str]:
    """What the figures since the last baseline say; `good` is the better direction, None when neither is."""
    if not points:
        return [NOTHING]
    last = points[-1].limits
    part = [point for point in points if point.limits is last]
    if last is None:
        count = "1 figure" if len(part) == 1 else f"{len(part)} figures"
        return [
            f"There {'is' if len(part) == 1 else 'are'} {count} since {say.period(part[0].begins)}. From {FEWEST} on, "
            "limits can be drawn that tell a change from chance; until then none is read into them."
        ]
    if last.lower == last.upper:
        return [f"Every figure since {say.period(part[0].begins)} is {say.value(last.mean)}."]
    said = [
        f"Since {say.period(part[0].begins)} the mean is {say.value(last.mean)}. As long as nothing but chance moves "
        f"them, figures lie between {say.value(last.lower)} and {say.value(last.upper)}."
    ]
    return said + (list(_signals(part, say, good)) or [BY_CHANCE])


def _signals(part: Sequence[Point], say: Say, good: Good) -> Iterator[str]:
    for point in part:
        if Signal.OUTSIDE in point.signals:
            yield (
                f"{say.period(point.begins)} ({say.value(point.value)}) lies {_where(point.side)} the limits: a change "
                f"{_which(point.side, good)}more than chance."
            )
    for run in _runs(part, Signal.SHIFT, lambda before, after: before.side == after.side):
        yield f"{_these(run, part, say)} lie {_where(run[0].side)} the mean{_called(run[0].side, good)}."
    for run in _trends(part):
        up = 1 if run[-1].value > run[0].value else -1
        yield f"{_these(run, part, say)} {'rise' if up > 0 else 'fall'} without a break{_called(up, good)}."
    for run in _runs(part, Signal.NEAR_A_LIMIT, lambda before, after: before.side == after.side):
        limit = "upper" if run[0].side > 0 else "lower"
        names = " and ".join(say.period(point.begins) for point in run[:3])
        yield f"{names} lie near the {limit} limit: two of three in a row{_called(run[0].side, good)}."


def _runs(part: Sequence[Point], signal: Signal, together: Callable[[Point, Point], bool]) -> Iterator[Sequence[Point]]:
    """Points of one signal that belong together, in order."""
    marked = [point for point in part if signal in point.signals]
    if not marked:
        return
    numbers = [0]
    for before, after in pairwise(marked):
        numbers.append(numbers[-1] + (0 if together(before, after) else 1))
    for _, run in groupby(zip(numbers, marked, strict=True), key=lambda one: one[0]):
        yield [point for _, point in run]


def _trends(part: Sequence[Point]) -> Iterator[Sequence[Point]]:
    """Rises and falls that are marked; where one turns into the other the turning point belongs to both."""
    begins = 0
    for place in range(1, len(part) + 1):
        goes_on = place < len(part) and place - begins >= 1
        if goes_on and (place - begins == 1 or _way(part, place) == _way(part, place - 1)):
            continue
        run = part[begins:place]
        # Two marked points may stand next to each other between two trends, without being one.
        if len(run) > 2 and all(Signal.TREND in point.signals for point in run):
            yield run
        begins = place - 1


def _way(part: Sequence[Point], place: int) -> int:
    """Whether the figure before rises (1), falls (-1) or stands still (0) to this one."""
    before, after = part[place - 1].value, part[place].value
    return (after > before) - (after < before)


def _these(run: Sequence[Point], part: Sequence[Point], say: Say) -> str:
    if run[-1] is part[-1]:
        return f"The last {len(run)} {say.periods}"
    return f"The {len(run)} {say.periods} from {say.period(run[0].begins)} to {say.period(run[-1].begins)}"


def _where(side: int) -> str:
    return "above" if side > 0 else "below"


def _which(side: int, good: Good) -> str:
    return "" if good is None else f"{_better(side, good)}, "


def _called(side: int, good: Good) -> str:
    return ": more than chance" if good is None else f": a change {_better(side, good)}, more than chance"


def _better(side: int, good: Good) -> str:
    return _BETTER if (side > 0) == (good == "up") else _WORSE
