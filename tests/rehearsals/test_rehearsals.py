"""Every rehearsal under this folder, played by the planner alone: what must follow follows, and nothing else does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pathways.lines import read
from pathways.loader import find
from planner import casting
from planner.rehearsal import Rehearsal, play, unmet
from schemas.pathway import Pathway

HERE = Path(__file__).parent
FILES = sorted(file for file in HERE.rglob("*.yaml") if "definitions" not in file.parts)
GIVEN = 4


def the(file: Path) -> Rehearsal:
    """The rehearsal in a file."""
    data, _ = read(file.read_text(encoding="utf-8"), file.name)
    return Rehearsal.model_validate(data)


def beside(file: Path) -> Callable[[str], Pathway]:
    """Finds a pathway as a rehearsal file names it: by its id, or by a path from the file's own folder."""
    return lambda name: find(str(file.parent / name) if name.endswith(".yaml") else name)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_must_follow_follows(file: Path) -> None:
    rehearsal, load = the(file), beside(file)
    pathway = load(rehearsal.pathway)
    assert casting.problems(rehearsal, pathway) == []
    assert unmet(rehearsal, play(rehearsal, pathway, load)) == []


def test_the_given_rehearsals_are_among_them() -> None:
    assert len([file for file in FILES if file.parent.name == "given"]) == GIVEN


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_trace_is_told_in_the_order_of_time(file: Path) -> None:
    rehearsal, load = the(file), beside(file)
    told = [event.at for event in play(rehearsal, load(rehearsal.pathway), load)]
    assert told == sorted(told)
