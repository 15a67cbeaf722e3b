"""The pages on safety speak of what there is: commands, settings, files and hazards."""

import re
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from cli.app import app
from records.downtime import AHEAD
from tests.safety.hazards import ROOT, hazards
from workers.settings import unknown_variables
from workers.worklist import KEPT

PAGES = sorted((ROOT / "docs" / "safety").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    command = typer.main.get_command(app)
    assert isinstance(command, TyperGroup)
    assert set(re.findall(r"`alongside ([a-z]+)", text)) <= {*command.commands, "pathway"}
    assert unknown_variables(re.findall(r"ALONGSIDE_[A-Z_]+", text)) == []
    assert set(re.findall(r"\bH\d\d\b", text)) <= {one.id for one in hazards()}
    for link in re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", text):
        assert (page.parent / link).is_file(), link


def test_the_page_on_downtime_says_what_is_so() -> None:
    text = (ROOT / "docs" / "safety" / "downtime.md").read_text()
    assert f"within {AHEAD.total_seconds() / 3600:.0f} hours" in text
    assert {3: "The latest three are kept"}[KEPT] in text
