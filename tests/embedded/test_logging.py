"""Logs: readable, bound to the journey, and never about a person by name or number."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog
from asyncpg import PostgresError

from planner.refused import Refused
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


def test_nor_what_an_error_says(told: io.StringIO) -> None:
    given = "Xqzvlorp 9990000018"
    try:
        try:
            int(given)
        except ValueError as error:
            raise Refused("not-found", f"There is no step {given} here.") from error
    except Refused:
        structlog.get_logger().exception("failed")
    said = str(_line(told)["exception"])
    assert "Xqzvlorp" not in said
    assert "builtins.ValueError\n\nand from that:" in said
    assert said.endswith("planner.refused.Refused")
    assert "test_logging.py" in said


def test_what_an_error_says_of_machines_is_told(told: io.StringIO) -> None:
    try:
        raise ExceptionGroup("two", [ConnectionRefusedError("nobody listens there"), ValueError("Xqzvlorp")])  # noqa: TRY301
    except ExceptionGroup:
        structlog.get_logger().exception("failed")
    said = str(_line(told)["exception"])
    assert "builtins.ConnectionRefusedError: nobody listens there" in said
    assert said.endswith("builtins.ValueError")


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (
            "INSERT INTO staff (id, name) VALUES ('somebody', $1::text)",
            'null value in column "role',
        ),
        ("SELECT $1::text::uuid", "InvalidTextRepresentationError"),
        ("SELECT $1::uuid", "DataError"),
    ],
)
async def test_nor_what_the_database_was_given(told: io.StringIO, pool: Pool, sql: str, says: str) -> None:
    given = "Xqzvlorp"
    try:
        await pool.execute(sql, given)
    except PostgresError as error:
        shown = str(error)
        structlog.get_logger().exception("failed")
    assert given in shown
    said = str(_line(told)["exception"])
    assert given not in said
    assert says in said


def test_other_numbers_stay(told: io.StringIO) -> None:
    structlog.get_logger().info("port 7233 of 1234567890", count=1234567890)
    line = _line(told)
    assert line["event"] == "port 7233 of 1234567890"
    assert line["count"] == 1234567890
