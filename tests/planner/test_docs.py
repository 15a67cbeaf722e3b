"""Every example of `docs/time.md` is true, and `docs/rehearsals.md` knows every verb."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from planner.clock import LONDON, due_after, told_at
from planner.rehearsal import VERBS, Colleague, Rehearsal
from schemas.codes import Division
from schemas.event import Event, Kind
from schemas.workforce import Policy
from tests.planner.story import end_of

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"^\| `(\w+): (-?\d+)` \| ([A-Za-z ]+) \| (.+?) \| (.+?) \|$", re.M)


def examples(heading: str) -> list[tuple[str, str, str, str, str]]:
    """The rows of the table below a heading."""
    section = (DOCS / "time.md").read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    return ROW.findall(section)


def instant(words: str) -> datetime:
    """The instant of "Thu 24 Dec 2026 15:00" or "the end of Mon 7 Sep 2026", in London; the weekday is checked."""
    day = words.removeprefix("the end of ")
    pattern = "%a %d %b %Y" if day != words else "%a %d %b %Y %H:%M"
    read = datetime.strptime(day, pattern).replace(tzinfo=LONDON)
    assert f"{read:%a}" == day[:3], f"{day} is a {read:%A}"
    return end_of(f"{read:%Y-%m-%d}") if day != words else read


def division(words: str) -> Division:
    """The division of that name."""
    return Division(words.lower().replace(" ", "-"))


@pytest.mark.parametrize(("unit", "count", "where", "milestone", "due"), examples("When something is due"))
def test_due_as_the_page_says(unit: str, count: str, where: str, milestone: str, due: str) -> None:
    assert due_after(instant(milestone), unit, int(count), division(where)) == instant(due)


@pytest.mark.parametrize(("unit", "count", "where", "due", "told"), examples("When somebody is told"))
def test_told_as_the_page_says(unit: str, count: str, where: str, due: str, told: str) -> None:
    assert told_at(instant(due), unit, int(count), division(where)) == instant(told)


@pytest.mark.parametrize("name", [*VERBS, *Kind, *Event.model_fields, *Rehearsal.model_fields, *Colleague.model_fields])
def test_the_reference_of_rehearsals_names_everything(name: str) -> None:
    assert f"`{name}" in (DOCS / "rehearsals.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", Policy.model_fields)
def test_every_local_policy_is_told_with_its_default(name: str) -> None:
    default = (
        {True: "yes", False: "no"}.get(value) if isinstance(value := getattr(Policy(), name), bool) else f"{value:g}"
    )
    assert f"| `{name}` | {default} |" in (DOCS / "peer-support.md").read_text(encoding="utf-8")
