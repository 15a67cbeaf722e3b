"""Random teams with random time, and the same questions answered the slow and obvious way: every five minutes tried.

Everything here lies on multiples of five minutes but what is busy already and the policy, so a cell of five minutes is
either worked or not.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise

from hypothesis import strategies as st

from planner.clock import LONDON, is_bank_holiday
from planner.workforce.pattern import DAYS, Pattern, Shift, parse
from planner.workforce.roster import Ask, Busy, Roster, Worker
from planner.workforce.slots import Wanted
from schemas.codes import Division
from schemas.workforce import Place, Policy
from tests.planner.random_stories import TURNING_POINTS

CELL = timedelta(minutes=5)
A_DAY = timedelta(days=1)
LANGUAGES = ("en", "ur", "pl")
ATTRIBUTES = ("gender:female", "gender:male", "culture:south-asian")
SETTINGS = ("community", "secure-ward")
TIMES = ("morning", "afternoon", "evening", "mon", "tuesdays", "fri", "sun")
WISHES = (*ATTRIBUTES, "language:ur", "language:pl", "times:morning", "times:fri", "contact:telephone")
IDS = tuple(f"p-{number}" for number in range(1, 6))

# No shift begins or ends within the hour that the clocks skip or repeat: what it would mean there is anybody's guess.
QUARTERS = st.sampled_from([n for n in range(96) if not 4 < n < 8]).map(lambda n: time(n // 4, n % 4 * 15))


@st.composite
def _spells(draw: st.DrawFn) -> list[tuple[time, time]]:
    times = sorted(draw(st.sets(QUARTERS, min_size=2, max_size=4)))
    if draw(st.booleans()):
        return list(pairwise(times))  # they touch
    return list(zip(times[::2], times[1::2], strict=False))


PATTERNS: st.SearchStrategy[Pattern] = st.dictionaries(
    st.sampled_from([0, 1, 2, 3, 4, 4, 6, 6]), _spells(), min_size=1, max_size=5
).map(lambda days: tuple(Shift(day, *spell) for day in sorted(days) for spell in days[day]))
"""Shifts as somebody might write them."""


def written(pattern: Pattern) -> str:
    """A pattern as a staff list has it."""
    return "; ".join(f"{DAYS[one.weekday]} {one.begins:%H:%M}-{one.ends:%H:%M}" for one in pattern)


DAY = st.tuples(st.sampled_from(TURNING_POINTS), st.integers(0, 6)).map(
    lambda parts: date.fromisoformat(parts[0]) + timedelta(days=parts[1])
)
NOW = st.tuples(DAY, st.integers(0, 24 * 60 - 1)).map(
    lambda parts: datetime.combine(parts[0], time(), UTC) + timedelta(minutes=parts[1])
)


@st.composite
def workers(draw: st.DrawFn, staff: str, around: datetime) -> Worker:
    """A worker with some hours, who may be away."""
    begins = around.replace(hour=0, minute=0) + draw(st.integers(-200, 4000)) * CELL
    away = ((begins, begins + draw(st.integers(1, 900)) * CELL),) if draw(st.booleans()) else ()
    return Worker(
        id=staff,
        pattern=parse(written(draw(PATTERNS))),
        minutes=draw(st.sampled_from([95, 240, 900, 2250])),
        languages=draw(st.frozensets(st.sampled_from(LANGUAGES), max_size=2)),
        attributes=draw(st.frozensets(st.sampled_from(ATTRIBUTES), max_size=2)),
        settings=draw(st.frozensets(st.sampled_from(SETTINGS), max_size=2)),
        away=away,
        people=draw(st.integers(0, 4)),
        job_share=draw(st.sampled_from([None, *IDS])),
    )


POLICIES = st.builds(
    Policy,
    contact_minutes=st.sampled_from([30, 45, 60]),
    travel_minutes=st.sampled_from([0, 7, 20]),
    writing_up_minutes=st.sampled_from([0, 15, 23]),
    people_per_full_time=st.sampled_from([1.0, 20.0, 40.0]),
)


@st.composite
def busies(draw: st.DrawFn, staff: str, around: datetime) -> list[Busy]:
    """Some hours of a worker that are spoken for, in no order, one after the other."""
    at, found = around - timedelta(days=3), []
    for gap, length in draw(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 300)), max_size=5)):
        at += timedelta(minutes=gap)
        found.append(Busy(staff, at, at + timedelta(minutes=length), length))
        at += timedelta(minutes=length)
    return draw(st.permutations(found))


@st.composite
def rosters(draw: st.DrawFn, around: datetime, *, most: int = 4) -> Roster:
    """A team of one to four."""
    ids = IDS[: draw(st.integers(1, most))]
    return Roster(
        [draw(workers(staff, around)) for staff in ids],
        [one for staff in ids for one in draw(busies(staff, around))],
        policy=draw(POLICIES),
        division=draw(st.sampled_from(list(Division))),
    )


@st.composite
def wanted(draw: st.DrawFn, roster: Roster, now: datetime) -> Wanted:
    """A contact that looks for a time within some days, by one or two of a team."""
    first = now + timedelta(minutes=draw(st.integers(0, 3000)))
    return Wanted(
        staff=tuple(draw(st.permutations(sorted(roster.workers))))[: draw(st.integers(1, 2))],
        first=first,
        last=first + timedelta(minutes=draw(st.integers(0, 14 * 24 * 60))),
        minutes=draw(st.sampled_from([5, 30, 60, 90])),
        place=draw(st.sampled_from([Place.HOME, Place.TELEPHONE, Place.WARD])),
        times=tuple(draw(st.lists(st.sampled_from(TIMES), max_size=2, unique=True))),
    )


ASKS = st.builds(
    Ask,
    setting=st.sampled_from(SETTINGS),
    minutes=st.sampled_from([95, 190, 380]),
    asked_for=st.sampled_from([None, None, *IDS]),
    not_with=st.frozensets(st.sampled_from(IDS), max_size=2),
    wishes=st.lists(st.sampled_from(WISHES), max_size=3, unique=True).map(tuple),
    past=st.lists(st.sampled_from(IDS), max_size=2, unique=True).map(tuple),
)


@cache
def _walls(begins: datetime, cells: int) -> list[datetime]:
    """What a clock on a wall in London shows every five minutes; the same weeks are asked for again and again."""
    return [(begins + number * CELL).astimezone(LONDON) for number in range(cells)]


class Slowly:
    """The hours of a roster, found minute by minute from what a wall clock shows."""

    def __init__(self, roster: Roster, now: datetime, weeks: int = 5) -> None:
        self._roster = roster
        local = now.astimezone(LONDON).date()
        monday = local - timedelta(days=local.weekday() + 7)
        self._from = datetime.combine(monday, time(), UTC) - A_DAY
        self._walls = _walls(self._from, int(timedelta(weeks=weeks + 2) / CELL))
        self._worked = {staff: self._working(worker) for staff, worker in roster.workers.items()}
        self._cells_of = {
            staff: Counter(wall.date() for wall, works in zip(self._walls, worked, strict=True) if works)
            for staff, worked in self._worked.items()
        }

    def _working(self, worker: Worker) -> list[bool]:
        return [self._works(worker, wall) for wall in self._walls]

    def _works(self, worker: Worker, wall: datetime) -> bool:
        return (
            any(
                shift.weekday == wall.weekday() and shift.begins <= wall.time() < shift.ends for shift in worker.pattern
            )
            and not any(begins <= wall.astimezone(UTC) < ends for begins, ends in worker.away)
            and not is_bank_holiday(wall.date(), self._roster.division)
        )

    def works(self, staff: str, begins: datetime, ends: datetime) -> bool:
        """Somebody works all of the time between."""
        first, last = (begins - self._from) // CELL, -((self._from - ends) // CELL)
        return all(self._worked[staff][first:last])

    def available(self, staff: str, week: date) -> int:
        """The minutes of a week, from Monday to Sunday on the wall, that somebody can work."""
        worked = sum(5 * self._cells_of[staff][week + timedelta(days=n)] for n in range(7))
        return min(worked, self._roster.workers[staff].minutes)

    def free(self, staff: str, week: date) -> int:
        """What is left of them."""
        days = {week + timedelta(days=n) for n in range(7)}
        spent = sum(one.minutes for one in self._roster.of(staff) if one.begins.astimezone(LONDON).date() in days)
        return self.available(staff, week) - spent

    def can(self, wanted: Wanted, starts: datetime) -> bool:
        """A contact can begin then: everybody works, is free and has the hours, and the person asked for that time."""
        policy = self._roster.policy
        travel = timedelta(minutes=policy.travel_minutes if wanted.place.away else 0)
        ends = starts + timedelta(minutes=wanted.minutes)
        begins, done = starts - travel, ends + timedelta(minutes=policy.writing_up_minutes)
        if not asked_for(starts, wanted.times) or starts < wanted.first or ends > wanted.last:
            return False
        for staff in wanted.staff:
            if not self.works(staff, begins, done):
                return False
            if any(one.begins < done and begins < one.ends for one in self._roster.of(staff)):
                return False
        local = begins.astimezone(LONDON).date()
        monday, cost = local - timedelta(days=local.weekday()), (done - begins) / timedelta(minutes=1)
        return all(self.free(staff, monday) >= cost for staff in wanted.staff)

    def earliest(self, wanted: Wanted) -> datetime | None:
        """The first moment at a multiple of five minutes at which it can begin."""
        at = self._from + -((self._from - wanted.first) // CELL) * CELL
        while at <= wanted.last:
            if self.can(wanted, at):
                return at
            at += CELL
        return None


def asked_for(starts: datetime, times: Sequence[str]) -> bool:
    """The time suits the person: one of the weekdays they named, one of the parts of the day they named."""
    wall = starts.astimezone(LONDON)
    parts = {"morning": range(12), "afternoon": range(12, 17), "evening": range(17, 24)}
    hours = [hour for one in times if one in parts for hour in parts[one]]
    days = [one[:3] for one in times if one[:3] in DAYS]
    return (not hours or wall.hour in hours) and (not days or DAYS[wall.weekday()] in days)
