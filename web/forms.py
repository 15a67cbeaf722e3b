"""The fields of a form, as data: what is asked, and what was said, read with a sentence for each mistake."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Literal, NamedTuple

from planner.clock import LONDON, YEARS, end_of, local_day

Problems = dict[str, str]
"""What is wrong, by field."""
Kind = Literal["line", "long", "choice", "select", "moment", "day", "yes", "numbers"]
LONGEST = 1000
"""Letters of a reason."""


class NotAsItMayBe(Exception):
    """What was said is not as it may be: a sentence for each field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


class Option(NamedTuple):
    """One of several answers."""

    value: str
    text: str
    hint: str = ""


class Field(NamedTuple):
    """One question. `alone` is the time that a day without one means; midnight is the day's beginning."""

    name: str
    label: str
    kind: Kind = "line"
    hint: str = ""
    options: tuple[Option, ...] = ()
    needed: str = ""
    value: str = ""
    clock: str = ""


REASON = Field("reason", "Why", "long", needed="Say why.")
MAYBE = Field("reason", "Anything to add (optional)", "long")


class Answers:
    """What a form says, and what is wrong with it so far."""

    def __init__(self, form: Mapping[str, object], fields: list[Field], now: datetime) -> None:
        self._texts = {name: text.strip() for name, text in form.items() if isinstance(text, str)}
        self.fields = {field.name: field for field in fields}
        self.now = now
        self.problems: Problems = {}
        for field in fields:
            self._check(field)

    def _check(self, field: Field) -> None:
        text = self.text(field.name)
        if field.needed and not text:
            self.problems[field.name] = field.needed
        elif (
            field.options
            and field.kind != "numbers"
            and text
            and text not in {option.value for option in field.options}
        ):
            self.problems[field.name] = "Choose one of these."
        elif len(text) > LONGEST or "\0" in text:
            self.problems[field.name] = f"Write at most {LONGEST} letters."

    def text(self, name: str) -> str:
        """What a field says; nothing when it was left out."""
        return self._texts.get(name, "")

    def said(self, name: str) -> str | None:
        """What a field says; None when it was left out."""
        return self.text(name) or None

    def sound(self) -> None:
        """NotAsItMayBe when anything is wrong."""
        if self.problems:
            raise NotAsItMayBe(self.problems)

    def asked(self, name: str) -> bool:
        """Whether the form had a field of that name, or one that begins with it."""
        return any(one == name or one.startswith(f"{name}-") for one in self._texts)

    def names(self) -> list[str]:
        """The fields that the form had."""
        return list(self._texts)

    def yes(self, name: str) -> bool:
        """Whether a box was ticked."""
        return self.text(name) == "yes"

    def moment(self, name: str, alone: time = time(), *, ends: bool = False) -> datetime | None:
        """A day and time; a day alone is `alone`, or with `ends` the end of that day. None when nothing is said."""
        day, clock = self.text(name), self.text(f"{name}-time")
        try:
            if ends and day and not clock:
                return _end_of(moment(day, "", self.now, time()))
            return moment(day, clock, self.now, alone)
        except ValueError as error:
            self.problems[name] = str(error)
            return None


def _end_of(begins: datetime | None) -> datetime | None:
    return end_of(local_day(begins)) if begins else None


def moment(day: str, clock: str, now: datetime, alone: time) -> datetime | None:
    """A day and a time in London as an instant; None when nothing is said. ValueError has a sentence.

    A day alone is meant at `alone`, or now when it is today and that is still to come.
    """
    if not day and not clock:
        return None
    if not day:
        raise ValueError("Write the day, too.")
    try:
        at = time.fromisoformat(clock) if clock else None
        local = datetime.combine(date.fromisoformat(day), (at or alone).replace(tzinfo=None))
    except ValueError:
        raise ValueError("Write a day and a time that exist, such as 2026-11-26 and 14:05.") from None
    if local.year not in YEARS:
        raise ValueError("That day is too far away: check the year.")
    found = local.replace(tzinfo=LONDON).astimezone(UTC)
    if found.astimezone(LONDON).replace(tzinfo=None) != local:
        raise ValueError("That time does not exist: the clocks go forward over that hour.")
    return now if at is None and alone and local_day(now) == local.date() and found > now else found
