"""Support as workers, their supervisors and the peer lead use it on the command line."""

import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.service import RPCError

from planner.clock import local_day
from records import staff
from schemas.codes import Role
from schemas.staff import StaffMember
from tests.cli.driving import alongside
from tests.durable.following import TEAM, Place
from workers.support import workflow_id

WORKER, LEAD, MANAGER = "peer-1", "peer-lead-1", "lead-1"


@pytest.fixture(autouse=True)
async def worker(here: Place, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A peer worker of the team, whose line manager is the team lead, and a peer lead of every team."""
    monkeypatch.delenv("ALONGSIDE_AS")
    behind: dict[str, Any] = {
        "line_manager": MANAGER,
        "role_supervisor": "peer-lead",
        "wellbeing_supervisor": "peer-lead",
    }
    await staff.upsert_staff(
        here.pool,
        [
            StaffMember(id=WORKER, name="A Worker", role=Role.PEER_WORKER, team=TEAM, **behind),
            StaffMember(id=LEAD, name="A Peer Lead", role=Role.PEER_LEAD),
        ],
    )
    yield
    for who in (WORKER, MANAGER):
        with contextlib.suppress(RPCError):  # nobody followed them
            await here.client.get_workflow_handle(workflow_id(who)).terminate("the test is over")


def day(ago: int) -> str:
    """A day so many days ago, as a person writes it."""
    return (local_day(datetime.now(UTC)) - timedelta(days=ago)).isoformat()


async def test_a_supervision_is_recorded_and_moves_the_next(here: Place) -> None:
    said = await alongside("supervision", WORKER, "--track", "role", "--held", day(30), "--as", WORKER)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Recorded: role supervision of peer-1 on ")
    seen = json.loads((await alongside("supervisions", "--as", LEAD, "--json")).out)
    assert [(one["track"], one["last"]) for one in seen["supervisions"]] == [("role", day(30)), ("wellbeing", None)]
    shown = await alongside("supervisions", "--team", TEAM, "--as", LEAD)
    assert "to arrange now (was to be by" in shown.text
    described = await here.client.get_workflow_handle(workflow_id(WORKER)).describe()
    assert described.close_time is None


async def test_a_debrief_is_owed_offered_and_answered() -> None:
    said = await alongside("incident", WORKER, "--as", MANAGER)
    assert said.out.startswith("Recorded: peer-1 is to be offered a debrief by ")
    told = await alongside("inbox", "--for", LEAD)
    assert "is owed a debrief after an incident" in told.text
    assert "to be offered a debrief after an incident" in (await alongside("supervisions", "--as", LEAD)).text
    early = await alongside("debrief", "taken", WORKER, "--as", WORKER)
    assert early.code == 5
    assert (
        await alongside("debrief", "offer", WORKER, "--as", LEAD)
    ).out == "Recorded: peer-1 was offered a debrief.\n"
    assert "taken, or not taken?" in (await alongside("supervisions", "--as", WORKER)).text
    answered = await alongside("debrief", "not-taken", WORKER, "--as", WORKER, "--json")
    assert json.loads(answered.out)["staff"] == WORKER
    assert "debrief" not in (await alongside("supervisions", "--as", LEAD)).text


async def test_a_line_manager_is_shown_no_wellbeing() -> None:
    await alongside("incident", WORKER, "--as", MANAGER)
    shown = await alongside("supervisions", "--as", MANAGER)
    assert "role" in shown.text
    assert "wellbeing" not in shown.text
    assert "debrief" not in shown.text
    assert "debrief" not in (await alongside("inbox", "--for", MANAGER)).text
    refused = await alongside("debrief", "offer", WORKER, "--as", MANAGER)
    assert (refused.code, "not for lead-1" in refused.text) == (4, True)


async def test_whoever_sees_to_nobody_is_told_so() -> None:
    nothing = await alongside("supervisions", "--as", "coordinator-1")
    assert nothing.out == "There is no support here that coordinator-1 sees to.\n"


@pytest.mark.parametrize(
    ("said", "code", "sentence"),
    [
        (("supervision", WORKER, "--track", "role", "--held", "tomorrow", "--as", WORKER), 2, "has not come yet"),
        (("supervision", WORKER, "--track", "role", "--held", "today 14:05", "--as", WORKER), 2, "the day alone"),
        (("supervision", WORKER, "--track", "role", "--held", "today"), 2, "Say who is acting"),
        (("supervision", MANAGER, "--track", "role", "--held", "today", "--as", MANAGER), 2, "is not a peer worker"),
        (("supervision", WORKER, "--track", "wellbeing", "--held", "today", "--as", MANAGER), 4, "not for lead-1"),
        (("incident", WORKER, "--at", "tomorrow", "--as", WORKER), 2, "has not come yet"),
        (("incident", "nobody-1", "--as", WORKER), 3, "nobody-1"),
        (("supervisions", "--as", "nobody-1"), 3, "nobody-1"),
    ],
)
async def test_what_cannot_be_is_said_in_a_sentence(said: tuple[str, ...], code: int, sentence: str) -> None:
    ended = await alongside(*said)
    assert (ended.code, sentence in ended.text) == (code, True), ended.text
