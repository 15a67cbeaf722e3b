"""The reference of the commands says what the commands are."""

import subprocess
import sys
from pathlib import Path

from cli.reference import reference

FILE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_reference_is_in_step() -> None:
    assert FILE.read_text() == reference(), "write it again: python -m cli.reference > docs/commands.md"


def test_it_tells_of_every_command_that_acts() -> None:
    written = FILE.read_text()
    for command in ("complete", "attempt", "handover accept", "move-definition", "start", "register"):
        assert f"### `alongside {command}" in written


def test_the_command_line_starts_without_what_is_heavy() -> None:
    heavy = "[name for name in ('temporalio', 'holidays', 'asyncpg', 'pydantic') if name in sys.modules]"
    asked = [sys.executable, "-c", f"import sys, cli.app; print({heavy})"]
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout == "[]\n"
