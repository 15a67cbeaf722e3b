"""The reference of the commands says what the commands are."""

from pathlib import Path

from cli.reference import reference

FILE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_reference_is_in_step() -> None:
    assert FILE.read_text() == reference(), "write it again: python -m cli.reference > docs/commands.md"


def test_it_tells_of_every_command_that_acts() -> None:
    written = FILE.read_text()
    for command in ("complete", "attempt", "handover accept", "move-definition", "start", "register"):
        assert f"### `alongside {command}" in written
