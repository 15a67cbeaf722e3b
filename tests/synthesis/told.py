"""What a ledger tells, by person and by transition: read line by line, and by nothing of the project."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.synthesis import scores

OVER = ("done", "waived")
"""What a step that somebody was asked to do ends with, as long as the whole goes on."""
LONDON = ZoneInfo("Europe/London")
Fact = dict[str, Any]
Case = dict[str, Any]
"""One thing that is counted: the columns that a report has of it, and the day that decides its period."""


class Span(NamedTuple):
    """The days that are asked for: from the first to before the last."""

    begins: date
    until: date


def instant(text: str) -> datetime:
    """An instant of the ledger."""
    return datetime.fromisoformat(text)


def day(at: datetime) -> date:
    """The day in London."""
    return at.astimezone(LONDON).date()


def ends(of: date, *, before: bool = False) -> datetime:
    """The midnight with which a day ends in London, or the one before it: in UTC, where an hour is always an hour."""
    return datetime.combine(of if before else of + timedelta(days=1), time(), LONDON).astimezone(UTC)


def opens(of: date) -> datetime:
    """Nine in the morning of a day in London."""
    return datetime.combine(of, time(9), LONDON).astimezone(UTC)


def months_on(of: date, months: int) -> date:
    """The same day so many months on, or the last of a month that is too short."""
    year, month = divmod(of.year * 12 + of.month - 1 + months, 12)
    for last in range(of.day, 0, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


def birthday(born: date, age: int) -> date:
    """The day on which somebody reaches an age; who is born on 29 February does so on the 28th."""
    return months_on(born, 12 * age)


def tenths(span: timedelta) -> float:
    """Days, to one decimal, as people round."""
    days = Decimal(int(span.total_seconds())) / 86400
    return float(days.quantize(Decimal("0.1"), ROUND_HALF_UP))


@dataclass
class Way:
    """One transition: what was done, in its order."""

    id: str
    person: str
    pathway: str
    began: datetime
    team: str
    done: list[Fact] = field(default_factory=list)

    def all(self, what: str, **like: Any) -> list[Fact]:
        """Everything of a sort that was done, as it is asked for."""
        return [
            one
            for one in self.done
            if one["what"] == what and all(one.get(key) == value for key, value in like.items())
        ]

    def first(self, what: str, **like: Any) -> Fact | None:
        """The first of these."""
        return next(iter(self.all(what, **like)), None)

    @property
    def ended(self) -> datetime | None:
        """When it ended."""
        if (end := self.first("ended")) is not None:
            return instant(end["at"])
        names = {"inpatient-to-community": "review-6-months", "waiting-list-to-discharge": "closing-review"}
        last = self.first("done", step=names.get(self.pathway))
        if last is None:
            return None
        # What got reliably worse until then is looked at before it ends.
        over = [instant(last["at"])]
        for at, review in self.looks:
            if at <= over[0]:
                looked = [instant(one["at"]) for one in self.done if one.get("step") == review and one["what"] in OVER]
                if not looked:
                    return None
                over.append(min(looked))
        return max(over)

    @property
    def looks(self) -> list[tuple[datetime, str]]:
        """When it was said that something had got reliably worse, and what was to be done then."""
        return [(at, f"outcome-review:{step}#1") for at, step in scores.worse(self.all("measured"))]

    def seen(self, *, mechanisms: tuple[str, ...] | None = None, **like: Any) -> list[datetime]:
        """When they were seen, by one of these ways, in the order of time."""
        return sorted(
            instant(one["on"]) for one in self.all("contact", **like)
            if one["attendance"] in ("5", "6") and (mechanisms is None or one["mechanism"] in mechanisms)
        )  # fmt: skip

    def holds(self) -> list[tuple[datetime, datetime]]:
        """From when until when it was on hold, each that was over."""
        begun = [instant(one["at"]) for one in self.all("held")]
        return list(zip(begun, [instant(one["at"]) for one in self.all("resumed")], strict=False))


@dataclass
class Told:
    """Everything: `born` and `died` are people's, `surveys` are nobody's."""

    ways: list[Way]
    born: dict[str, date]
    ethnicity: dict[str, str | None]
    staff: dict[str, Fact]
    surveys: list[Fact] = field(default_factory=list)

    def of(self, person: str) -> list[Way]:
        """The transitions of somebody."""
        return [way for way in self.ways if way.person == person]

    def died(self, person: str) -> date | None:
        """The day on which somebody died."""
        deaths = [one for way in self.of(person) for one in way.all("ended", exit="died")]
        return day(instant(deaths[0]["at"])) if deaths else None


def told(lines: Iterable[str]) -> Told:
    """A whole ledger."""
    ways: dict[str, Way] = {}
    found = Told([], {}, {}, {})
    early: dict[str, list[Fact]] = {}
    for line in lines:
        one = json.loads(line)
        if one["what"] == "person":
            found.born[one["person"]] = date.fromisoformat(one["born"])
            found.ethnicity[one["person"]] = one["ethnicity"]
            continue
        if one["what"] == "staff":
            found.staff[one["id"]] = one
            continue
        if one["what"] == "survey":
            found.surveys.append(one)
            continue
        if one["what"] == "began":
            ways[one["transition"]] = Way(
                one["transition"], one["person"], one["pathway"], instant(one["at"]), one["team"]
            )
            ways[one["transition"]].done += early.pop(one["transition"], [])
            continue
        if one["transition"] not in ways:
            early.setdefault(one["transition"], []).append(one)
            continue
        way = ways[one["transition"]]
        way.done.append(one)
        if one["what"] == "handover answered" and one["accepts"]:
            way.team = one["team"]
    found.ways = list(ways.values())
    return found
