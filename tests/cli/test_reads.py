"""What the reading commands show: the same facts in a table and as JSON, and a sentence when there is nothing."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.driving import alongside
from tests.durable.following import COORDINATOR, Followed, Place, inpatient

LATE = "care-plan-sent"


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which nothing has to wrap."""
    monkeypatch.setenv("COLUMNS", "200")


async def somebody(here: Place) -> Followed:
    """Discharged three days ago, and their care plan was not sent."""
    now = datetime.now(UTC)
    return await here.take_on(
        inpatient(),
        started=now - timedelta(days=20),
        milestones={"discharged": now - timedelta(days=3)},
        facts={"peer_support": "accepted"},
    )


@pytest.mark.usefixtures("wide")
async def test_worklists_show_what_is_late_and_who_was_told(here: Place) -> None:
    person = await somebody(here)
    overdue = await alongside("overdue")
    assert (overdue.code, overdue.err) == (0, "")
    assert LATE in overdue.out
    assert "late" in overdue.out
    assert "told: " in overdue.out
    tasks = json.loads((await alongside("tasks", "--for", COORDINATOR, "--json")).out)
    assert LATE in {row["step"] for row in tasks["rows"] if row["transition_id"] == person.id}
    people = await alongside("people", "--coordinator", COORDINATOR)
    assert "inpatient-to-community" in people.out


@pytest.mark.usefixtures("wide")
async def test_show_says_what_is_waited_for(here: Place) -> None:
    person = await somebody(here)
    shown = await alongside("show", person.id)
    assert "after the discharge" in shown.out
    assert f"({LATE})" in shown.out
    assert "overdue, was due" in shown.out
    assert "No contact for too long (silence)" in shown.out
    told = json.loads((await alongside("show", person.id, "--json")).out)
    assert {wait["step"] for wait in told["waits"]} > {LATE, "silence"}
    assert told["journey"]["transition_id"] == person.id


@pytest.mark.usefixtures("wide")
async def test_history_has_one_entry_for_each_thing_said(here: Place) -> None:
    person = await somebody(here)
    await alongside("complete", person.id, LATE, "--reason", "It was in the post")
    await alongside("attempt", person.id, "follow-up-72h", "--attendance", "3", "--mechanism", "02")
    said = await alongside("history", person.id)
    lines = [line.strip() for line in said.out.splitlines()]
    assert lines.count("followed from here") == 1
    done = next(line for line in lines if f"({LATE}): done on" in line)
    assert done.endswith("late (It was in the post)")
    tried = next(line for line in lines if "a contact was tried" in line)
    assert tried.endswith("by telephone: did not attend, without word")
    assert any("(risk-review:follow-up-72h#1): due" in line for line in lines)
    rows = json.loads((await alongside("history", person.id, "--json")).out)["rows"]
    assert [row["event"] for row in rows].count("completed") == 1


async def test_pages_go_on_where_the_last_one_ended(here: Place) -> None:
    await somebody(here)
    whole = json.loads((await alongside("tasks", "--for", COORDINATOR, "--json")).out)["rows"]
    first = json.loads((await alongside("tasks", "--for", COORDINATOR, "--json", "--limit", "1")).out)
    after = ["--after", first["next"], "--limit", "200"]
    rest = json.loads((await alongside("tasks", "--for", COORDINATOR, "--json", *after)).out)
    assert [row["step"] for row in first["rows"] + rest["rows"]] == [row["step"] for row in whole]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("tasks", "--for", "nobody-here"), 3, "Nobody in the staff list has the id nobody-here"),
        (("people", "--coordinator", "nobody-here"), 3, "Nobody in the staff list has the id nobody-here"),
        (("inbox", "--for", "nobody-here"), 3, "Nobody in the staff list has the id nobody-here"),
        (("find", "AL99999"), 3, "Nobody here has the local id AL99999."),
        (("show", "AL99999"), 3, "No such transition"),
        (("history", "'; DROP TABLE events --"), 3, "No such transition"),
        (("overdue", "--limit", "0"), 2, ""),
        (("tasks", "--for", COORDINATOR, "--after", "nonsense"), 2, ""),
    ],
)
async def test_what_is_not_there_is_said_in_a_sentence(
    here: Place, words: tuple[str, ...], code: int, sentence: str
) -> None:
    ended = await alongside(*words)
    assert ended.code == code, ended
    assert sentence in ended.text
    assert "Traceback" not in ended.text


async def test_nothing_to_do_is_said_kindly(here: Place) -> None:
    assert (await alongside("overdue", "--team", "No such team")).out == "Nothing is overdue.\n"
    assert "Nothing is waiting" in (await alongside("tasks", "--for", COORDINATOR)).out
