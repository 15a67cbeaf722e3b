"""Every saved history replays: journeys that began with an earlier version go on with this one."""

import json
import re
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

from tests.durable.following import FAMILY_NAME, GIVEN_NAME, STRICT
from tests.histories.save import ALERT, BULK, ERASURE, RENEWED, SAVED, STORIES, SUPPORT, VISIT, WEBHOOK
from tests.keys import RING
from workers.codec import converter
from workflows.bulk import BulkWorkflow
from workflows.privacy_alert import PrivacyAlertWorkflow
from workflows.retention import ErasureWorkflow
from workflows.support import SupportWorkflow
from workflows.transition import TransitionWorkflow
from workflows.visit import VisitWorkflow
from workflows.webhook import WebhookWorkflow

FILES = sorted(SAVED.glob("*.json"))
PERSONAL = re.compile(rb"Rehearsing|TEST-\d|\b999\d{7}\b|" + f"{GIVEN_NAME}|{FAMILY_NAME}".encode())


def replayer() -> Replayer:
    """Replays as the worker runs."""
    return Replayer(
        workflows=[
            TransitionWorkflow,
            VisitWorkflow,
            SupportWorkflow,
            WebhookWorkflow,
            BulkWorkflow,
            ErasureWorkflow,
            PrivacyAlertWorkflow,
        ],
        data_converter=converter(RING),
        workflow_runner=SandboxedWorkflowRunner(STRICT),
    )


def history(text: str) -> WorkflowHistory:
    """A history as Temporal has it."""
    return WorkflowHistory.from_json("saved", text)


def test_every_story_is_saved() -> None:
    assert {file.name.split(".")[0] for file in FILES} == {
        *STORIES,
        RENEWED,
        VISIT,
        SUPPORT,
        WEBHOOK,
        BULK,
        ERASURE,
        ALERT,
    }
    assert len(list(SAVED.glob(f"{RENEWED}.?.json"))) > 1
    assert list(SAVED.glob("*.until-one-instant.json")), "as journeys are that began before that patch"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_a_saved_history_replays(file: Path) -> None:
    result = await replayer().replay_workflow(history(file.read_text()), raise_on_replay_failure=False)
    assert result.replay_failure is None


async def test_a_history_of_other_commands_does_not_replay() -> None:
    told = json.loads(FILES[0].read_text())
    timer = next(event for event in told["events"] if event["eventType"] == "EVENT_TYPE_TIMER_STARTED")
    listed = next(event for event in told["events"] if "upsertWorkflowSearchAttributesEventAttributes" in event)
    about = "upsertWorkflowSearchAttributesEventAttributes"
    timer.pop("timerStartedEventAttributes")
    timer |= {"eventType": listed["eventType"], about: listed[about]}
    with pytest.raises(NondeterminismError):
        await replayer().replay_workflow(history(json.dumps(told)))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_history_says_who_anybody_is(file: Path) -> None:
    found = history(file.read_text())
    raw = b"".join(event.SerializeToString() for event in found.events)
    assert re.search(
        rb"transition_id|division|webhook|erasure_id|privacy_deliver", raw
    )  # what workflows are given can be read here
    assert PERSONAL.findall(raw) == []
    assert re.search(r'"\d+@', file.read_text()) is None
