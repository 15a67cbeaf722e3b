"""What stands in the cells of a caseload: local dates, `name=value` lists, facts of a pathway."""

import re
from datetime import UTC, date, datetime, timedelta

from planner.clock import LONDON
from planner.conditions import checked
from planner.refused import Refused
from schemas.journey import FactValue
from schemas.pathway import Fact, Pathway

_WHEN = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?")
_OLDEST = timedelta(days=120 * 366)


class Problem(ValueError):
    """One reason why a row cannot go in, and in `detail` what was found and what to give."""

    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.detail = detail


def moved(at: datetime, weeks: int) -> datetime:
    """An instant moved by whole weeks: the same day of the week at the same local time."""
    return (at.astimezone(LONDON) + timedelta(weeks=weeks)).astimezone(UTC)


def instant(name: str, cell: str) -> datetime:
    """A local date or date and time of London; a date alone is the midnight at which it begins."""
    detail = f"{name}: write it 2026-11-16 or 2026-11-16T14:30"
    if not _WHEN.fullmatch(cell):
        raise Problem(f"{name} is not a date", detail)
    try:
        local = datetime.fromisoformat(cell).replace(tzinfo=LONDON)
        at = local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Problem(f"{name} is not a date", detail) from None
    if not 1900 <= local.year < 2200:
        raise Problem(f"{name} is not a date", f"{name}: the year lies between 1900 and 2199")
    if at.astimezone(LONDON).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Problem(f"{name} is a time that does not exist", f"{name}: the clocks go forward over it")
    return at


def birth(cell: str, today: date) -> date:
    """A date of birth that can be somebody's."""
    try:
        born = date.fromisoformat(cell) if re.fullmatch(r"\d{4}-\d\d-\d\d", cell) else None
    except ValueError:
        born = None
    if born is None:
        raise Problem("date of birth is not a date", "date_of_birth: write it 1990-05-04")
    if born > today:
        raise Problem("date of birth in the future")
    if today - born > _OLDEST:
        raise Problem("date of birth more than 120 years ago")
    return born


def pairs(column: str, cell: str) -> list[tuple[str, str]]:
    """The names and values of a cell `name=value;name=value`."""
    found = []
    for part in filter(None, (part.strip() for part in cell.split(";"))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not (name and equals and value):
            raise Problem(f"{column} are not written name=value", f"{column}: separate several by semicolons")
        found.append((name, value))
    return found


def facts(pathway: Pathway, cell: str, peer_support: str) -> dict[str, FactValue]:
    """The facts of a row, each one that the pathway has and with a value that it may have."""
    said = pairs("facts", cell) + ([("peer_support", peer_support)] if peer_support else [])
    found: dict[str, FactValue] = {}
    for name, text in said:
        fact = pathway.facts.get(name)
        if fact is None:
            raise Problem("fact the pathway does not have", f"{name}: {pathway.id} has {', '.join(pathway.facts)}")
        before = found.get(name)
        if before is not None and not isinstance(before, list):
            raise Problem("fact said twice", name)
        found[name] = _value(pathway, name, fact, text, before or [])
    return found


def _value(pathway: Pathway, name: str, fact: Fact, text: str, before: list[str]) -> FactValue:
    value: FactValue = text
    if fact.type == "boolean":
        value = {"true": True, "false": False}.get(text.lower(), text)
    elif fact.type == "asked-for":
        value = [*before, text]
    try:
        return checked(pathway, name, value)
    except Refused as refused:
        words = name.replace("_", " ")
        why = f"{words} is neither true nor false" if fact.type == "boolean" else f"{words} that does not exist"
        raise Problem(why, refused.message) from None


def dates(pathway: Pathway, column: str, cell: str, started: datetime | None, as_of: datetime) -> dict[str, datetime]:
    """Milestones by name: those that happened (column `milestones`) lie between the start and `as_of`."""
    found: dict[str, datetime] = {}
    for name, text in pairs(column, cell):
        if name not in pathway.milestone:
            raise Problem(
                "milestone the pathway does not have", f"{name}: {pathway.id} has {', '.join(pathway.milestone)}"
            )
        if name in found:
            raise Problem("milestone said twice", name)
        at = found[name] = instant(name, text)
        if started is not None and at < started:
            raise Problem("milestone before the start" if column == "milestones" else "expected before the start", name)
        if column == "milestones" and at > as_of:
            raise Problem("milestone in the future", f"{name}: give it as expected")
    return found
