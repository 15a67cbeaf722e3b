"""Which numbers may leave the team: small ones could tell of somebody, and others could give a small one away.

The rule, for tables whose rows are added up to a total:

1. A count from 1 to 4 is withheld, and is shown as "under 5". None and five or more are shown.
2. A part of a whole stands or falls with the rest of it: it is withheld when it, or what is left of the whole, is from
   1 to 4, and when the whole is withheld. Parts that share a whole out among them are withheld together.
3. A share is withheld with its part or its whole; a sum or a median when it is of 1 to 4.
4. A total is withheld when any number that it adds up is, so that nothing can be taken away from it.

So no number that is shown, and no sum or difference of such numbers, says what a withheld one is. What this cannot
prevent is that somebody compares two reports that they asked for separately, one of them of fewer people.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

LEAST = 5
"""The smallest count that is shown, beside none at all."""


class Withheld(StrEnum):
    """What is shown instead of a number."""

    SMALL = "under 5"
    DERIVED = "not shown"


class Part(NamedTuple):
    """A count that is a part of another one. Parts of one `family` share the whole out among them."""

    whole: str
    family: str


Marks = dict[str, Withheld]
"""The numbers that are withheld, by name."""


def small(count: int) -> bool:
    """A count that could tell of somebody."""
    return 0 < count < LEAST


def row(counts: Mapping[str, int], parts: Mapping[str, Part], resting: Mapping[str, str]) -> Marks:
    """What is withheld of one row. `resting` says which count each share, sum and median is made of."""
    marks: Marks = {name: Withheld.SMALL for name, count in counts.items() if small(count) and name not in parts}
    families: dict[tuple[str, str], list[str]] = {}
    for name, part in parts.items():
        families.setdefault((part.whole, part.family), []).append(name)
    for (whole, _), names in families.items():
        left = [counts[whole] - counts[name] for name in names]
        if whole in marks or any(small(counts[name]) for name in names) or any(map(small, left)):
            alone = len(names) == 1 and whole not in marks and small(counts[names[0]])
            marks |= dict.fromkeys(names, Withheld.SMALL if alone else Withheld.DERIVED)
    return marks | {name: Withheld.DERIVED for name, of in resting.items() if of in marks}


def total(own: Marks, rows: Iterable[Marks], additive: Iterable[str]) -> Marks:
    """What is withheld of a total: what would be by itself, and every sum of which a number is withheld."""
    among = {name for marks in rows for name in marks} & set(additive)
    return dict.fromkeys(among, Withheld.DERIVED) | own
