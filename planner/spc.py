"""Statistical process control (XmR charts): whether figures over time say more than chance does.

The limits are the mean of a baseline plus and minus 2.66 times its mean moving range; what counts as a signal follows
the rules of NHS England's Making Data Count: a point outside the limits, a run of seven on one side of the mean, seven
that rise or fall without a break, two of three near a limit. Each can be switched off or set otherwise; a trend of six
is what older guidance says. Two points are never compared with each other.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from itertools import pairwise
from statistics import fmean
from typing import Literal, NamedTuple

REACH = 2.66
"""Mean moving ranges from the mean to a limit: three sigma of single values."""
NEAR = REACH * 2 / 3
"""Mean moving ranges from the mean to where "near a limit" begins: two sigma."""
FEWEST = 10
"""Points of a baseline below which limits would say more than is known."""
Good = Literal["up", "down"] | None
"""Which direction is the better one; None when neither is."""


class Signal(StrEnum):
    """What about a point says more than chance."""

    OUTSIDE = "outside"
    """It lies outside the limits."""
    SHIFT = "shift"
    """It is one of a run on one side of the mean."""
    TREND = "trend"
    """It is one of a run that rises or falls without a break."""
    NEAR_A_LIMIT = "near-a-limit"
    """It is one of two, among three in a row, near the same limit."""


class Rules(NamedTuple):
    """How long a run has to be, None for a rule that is switched off; and whether two near a limit count."""

    shift: int | None = 7
    trend: int | None = 7
    outside: bool = True
    near_a_limit: bool = True


class Baseline(NamedTuple):
    """From a day on, figures are held against a baseline of their own, for a reason that somebody gave."""

    begins: date
    reason: str


class Limits(NamedTuple):
    """Between which values figures lie when nothing but chance moves them."""

    mean: float
    lower: float
    upper: float
    near_lower: float
    near_upper: float


class Point(NamedTuple):
    """One figure: the first day of its period, its value, the limits that hold for it, and what it signals.

    `way` is 1 when what it signals is that figures are higher, -1 lower, 0 when it signals nothing.
    """

    begins: date
    value: float
    limits: Limits | None
    signals: frozenset[Signal]
    way: int = 0

    @property
    def side(self) -> int:
        """1 above its mean, -1 below, 0 on it or without one."""
        return 0 if self.limits is None else _sign(self.value - self.limits.mean)


def limits(values: Sequence[float], floor: float | None = None, ceiling: float | None = None) -> Limits | None:
    """The limits of a baseline; None when it has too few points. What cannot be (under `floor`) is no limit."""
    if len(values) < FEWEST:
        return None
    mean = fmean(values)
    moving = fmean(abs(after - before) for before, after in pairwise(values))

    def at(ranges: float) -> float:
        value = mean + ranges * moving
        value = value if floor is None else max(value, floor)
        return value if ceiling is None else min(value, ceiling)

    return Limits(mean, at(-REACH), at(REACH), at(-NEAR), at(NEAR))


def read(
    series: Sequence[tuple[date, float]],
    baselines: Sequence[Baseline] = (),
    rules: Rules = Rules(),  # noqa: B008  # a tuple: nobody can change it
    floor: float | None = None,
    ceiling: float | None = None,
) -> list[Point]:
    """Each figure with the limits of its baseline and what it signals; runs do not go across a re-set baseline."""
    return [
        point
        for part in _parts(series, baselines)
        for point in _marked(part, limits([value for _, value in part], floor, ceiling), rules)
    ]


def _parts(
    series: Sequence[tuple[date, float]], baselines: Sequence[Baseline]
) -> Iterator[Sequence[tuple[date, float]]]:
    begins = sorted({one.begins for one in baselines})
    edges = [date.min, *begins, date.max]
    for first, after in pairwise(edges):
        part = [(day, value) for day, value in series if first <= day < after]
        if part:
            yield part


def _marked(part: Sequence[tuple[date, float]], held: Limits | None, rules: Rules) -> Iterator[Point]:
    values = [value for _, value in part]
    found: list[set[Signal]] = [set() for _ in values]
    if held is not None:
        for signal, places in _signals(values, held, rules):
            for place in places:
                found[place].add(signal)
    for place, (day, value) in enumerate(part):
        yield Point(day, value, held, frozenset(found[place]), _way(place, values, found, held))


def _way(place: int, values: Sequence[float], found: Sequence[set[Signal]], held: Limits | None) -> int:
    """Which way a signal points: by the side of the mean, or for one that only rises or falls, by that."""
    if held is None or not found[place]:
        return 0
    if found[place] != {Signal.TREND}:
        return _sign(values[place] - held.mean)
    after = place if place and Signal.TREND in found[place - 1] else place + 1
    return _sign(values[after] - values[after - 1])


def _signals(values: Sequence[float], held: Limits, rules: Rules) -> Iterator[tuple[Signal, Sequence[int]]]:
    if rules.outside:
        yield Signal.OUTSIDE, [n for n, value in enumerate(values) if not held.lower <= value <= held.upper]
    if rules.shift is not None:
        yield Signal.SHIFT, list(_runs([_sign(value - held.mean) for value in values], rules.shift))
    if rules.trend is not None:
        steps = [_sign(after - before) for before, after in pairwise(values)]
        # A run of n - 1 steps joins n points: each step's place and the one after it.
        joined = {place + end for place in _runs(steps, rules.trend - 1) for end in (0, 1)}
        yield Signal.TREND, sorted(joined)
    if rules.near_a_limit:
        yield Signal.NEAR_A_LIMIT, list(_near(values, held))


def _runs(signs: Sequence[int], length: int) -> Iterator[int]:
    """The places of every run of the same sign, not zero, that is at least so long."""
    begins = 0
    for place in range(1, len(signs) + 1):
        if place < len(signs) and signs[place] == signs[begins]:
            continue
        if signs[begins] and place - begins >= length:
            yield from range(begins, place)
        begins = place


def _near(values: Sequence[float], held: Limits) -> Iterator[int]:
    """The places of two points among three in a row that lie near or beyond the same limit."""
    if held.lower == held.upper:
        return
    above = [n for n, value in enumerate(values) if value > held.near_upper]
    below = [n for n, value in enumerate(values) if value < held.near_lower]
    for places in (above, below):
        close = {place for one, other in pairwise(places) if other - one <= 2 for place in (one, other)}
        yield from sorted(close)


def _sign(difference: float) -> int:
    return (difference > 0) - (difference < 0)
