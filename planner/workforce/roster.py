"""The workers of a team, and every hour of theirs that is spoken for: what allocation and booking decide from."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from typing import Annotated, NamedTuple

from planner.workforce.pattern import Interval, Pattern
from schemas.base import Own
from schemas.codes import Division
from schemas.workforce import Place, Policy

_BEGINS, _ENDS = attrgetter("begins"), attrgetter("ends")


class Worker(NamedTuple):
    """One peer worker. `minutes` are contracted a week; `people` is how many they go with; `away` from and until."""

    id: str
    pattern: Pattern
    minutes: int
    languages: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()
    away: tuple[Interval, ...] = ()
    people: int = 0
    job_share: str | None = None


class Busy(NamedTuple):
    """Time of a worker that is spoken for, with the way there and the writing up; `minutes` is what it costs."""

    staff: str
    begins: datetime
    ends: datetime
    minutes: int


class Group(NamedTuple):
    """A group that meets once: when, where, with whom, and how many places are left."""

    id: str
    starts: datetime
    ends: datetime
    place: Place
    staff: tuple[str, ...]
    places: int


class Ask(NamedTuple):
    """What a person needs of a worker, and what they asked for: nothing that somebody inferred.

    `minutes` is what the next four weeks ask of a worker's hours. `past` are workers they know, the latest first.
    """

    setting: str
    minutes: int
    asked_for: str | None = None
    not_with: frozenset[str] = frozenset()
    wishes: Annotated[tuple[str, ...], Own.WISHES] = ()
    past: tuple[str, ...] = ()


class Roster:
    """The workers by id, their time, and the asks of the people who come first.

    `ahead` is whoever stands before the person in the allocation queue, the first first.
    """

    def __init__(
        self,
        workers: Iterable[Worker],
        busy: Iterable[Busy] = (),
        *,
        policy: Policy | None = None,
        division: Division = Division.ENGLAND_AND_WALES,
        ahead: Iterable[Ask] = (),
    ) -> None:
        self.workers = {worker.id: worker for worker in sorted(workers)}
        self.policy = policy or Policy()
        self.division = division
        self.ahead = tuple(ahead)
        self.groups: dict[str, Group] = {}
        self._busy: dict[str, list[Busy]] = {}
        for one in busy:
            self.take(one)

    def copy(self) -> "Roster":
        """The same, to try something with."""
        busy = [one for taken in self._busy.values() for one in taken]
        copied = Roster(self.workers.values(), busy, policy=self.policy, division=self.division, ahead=self.ahead)
        copied.groups = dict(self.groups)
        return copied

    def take(self, busy: Busy) -> None:
        """Speak for some time of a worker."""
        insort(self._busy.setdefault(busy.staff, []), busy, key=_BEGINS)

    def free(self, busy: Busy) -> None:
        """Give time of a worker back: what overlaps it, which is this alone."""
        first, last = self._range(busy.staff, busy.begins, busy.ends)
        del self._busy.get(busy.staff, [])[first:last]

    def of(self, staff: str) -> list[Busy]:
        """The time of a worker that is spoken for, the earliest first."""
        return list(self._busy.get(staff, ()))

    def between(self, staff: str, begins: datetime, ends: datetime) -> list[Busy]:
        """What of it lies between two instants, or reaches into that time."""
        first, last = self._range(staff, begins, ends)
        return self._busy.get(staff, [])[first:last]

    def _range(self, staff: str, begins: datetime, ends: datetime) -> tuple[int, int]:
        """Nobody is in two places at once, so whoever begins first ends first too."""
        taken = self._busy.get(staff, [])
        return bisect_right(taken, begins, key=_ENDS), bisect_left(taken, ends, key=_BEGINS)

    def is_away(self, staff: str, interval: Interval) -> None:
        """A worker is away for a while."""
        worker = self.workers[staff]
        self.workers[staff] = worker._replace(away=(*worker.away, interval))

    def goes_with(self, staff: str, change: int) -> None:
        """A worker goes with one person more (or fewer)."""
        worker = self.workers[staff]
        self.workers[staff] = worker._replace(people=worker.people + change)
