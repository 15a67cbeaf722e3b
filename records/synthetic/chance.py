"""Chance with a seed: the same seed draws the same past, on every machine."""

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from planner.clock import LONDON

T = TypeVar("T")
A_MINUTE = timedelta(minutes=1)


class Chance(random.Random):
    """Draws of one person, or of the whole service."""

    def yes(self, share: float) -> bool:
        """True in this share of draws."""
        return self.random() < share

    def pick(self, weights: Mapping[T, float]) -> T:
        """One of them, by their weights."""
        return self.choices(list(weights), list(weights.values()))[0]

    def span(self, least: float, most: float) -> timedelta:
        """A length of time between so many days."""
        return minutes(timedelta(days=self.uniform(least, most)))

    def hours(self, least: float, most: float) -> timedelta:
        """A length of time between so many hours."""
        return minutes(timedelta(hours=self.uniform(least, most)))

    def between(self, first: datetime, last: datetime) -> datetime:
        """An instant from the first to before the last, or the first when there is none between."""
        return first + minutes((last - first) * self.random()) if last > first else first

    def by_day(self, day: date, *, weekend: bool = False) -> datetime:
        """A time of that day at which people work; of the Monday after, unless weekends count too."""
        if not weekend and day.weekday() > 4:
            day += timedelta(days=7 - day.weekday())
        at = datetime.combine(day, time(self.randint(8, 17), self.randrange(60)), LONDON)
        return at.astimezone(UTC)


def chance(*of: object) -> Chance:
    """The draws that belong to these and to nothing else."""
    return Chance("/".join(map(str, of)))


def minutes(span: timedelta) -> timedelta:
    """A length of time in whole minutes."""
    return timedelta(minutes=span // A_MINUTE)
