"""Logs: readable, bound to the journey, and never about a person by name or number."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog
from asyncpg import NotNullViolationError

from workers.client import Pool
from workers.logging import bound, configure


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a process with JSON logs writes to stderr."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure("json", "info")
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def _line(told: io.StringIO) -> dict[str, object]:
    line = json.loads(told.getvalue())
    assert isinstance(line, dict)
    return line


def test_a_line_says_which_journey_step_and_command(told: io.StringIO) -> None:
    with bound(transition_id="t-1", step="follow-up-48h", command_id="c-9"):
        structlog.get_logger("x").info("completed", late=False)
    line = _line(told)
    assert (line["transition_id"], line["step"], line["command_id"]) == ("t-1", "follow-up-48h", "c-9")
    assert (line["event"], line["level"], line["late"]) == ("completed", "info", False)


def test_the_standard_library_comes_out_the_same_way(told: io.StringIO) -> None:
    with bound(transition_id="t-1"):
        logging.getLogger("library").warning("slow %s", "query", extra={"seconds": 3})
    line = _line(told)
    assert (line["event"], line["transition_id"], line["seconds"]) == ("slow query", "t-1", 3)


def test_a_workflow_is_named_by_its_transition(told: io.StringIO) -> None:
    workflow = {"workflow_id": "transition-7", "run_id": "r"}
    logging.getLogger("temporalio.workflow").warning("stuck", extra={"temporal_workflow": workflow})
    line = _line(told)
    assert line["transition_id"] == "7"
    assert "temporal_workflow" not in line


def test_a_person_is_not_in_it(told: io.StringIO) -> None:
    structlog.get_logger().info(
        "sent to 999 000 0018", name="Ada", detail={"nhs_number": "9990000018", "kept": [9990000018]}
    )
    text = json.dumps(_line(told))
    assert "Ada" not in text
    assert "9990000018" not in text
    assert "0018" not in text
    assert "kept" in text


def test_nor_in_a_traceback(told: io.StringIO) -> None:
    try:
        int("no person 9990000018")
    except ValueError:
        structlog.get_logger().exception("failed")
    line = _line(told)
    assert "no person [number removed]" in str(line["exception"])


async def test_nor_the_row_that_an_error_of_the_database_is_about(told: io.StringIO, pool: Pool) -> None:
    text = "Xqzvlorp"
    try:
        try:
            await pool.execute("INSERT INTO people (local_id, given_name, family_name) VALUES ('', $1, $1)", text)
        except NotNullViolationError as error:
            shown = str(error)
            raise RuntimeError("not entered") from error
    except RuntimeError:
        structlog.get_logger().exception("failed")
    assert text in shown
    line = str(_line(told)["exception"])
    assert text not in line
    assert "NotNullViolationError" in line
    assert "not entered" in line


def test_other_numbers_stay(told: io.StringIO) -> None:
    structlog.get_logger().info("port 7233 of 1234567890", count=1234567890)
    line = _line(told)
    assert line["event"] == "port 7233 of 1234567890"
    assert line["count"] == 1234567890
