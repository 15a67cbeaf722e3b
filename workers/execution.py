"""How a transition runs in Temporal: its runs, what is tried again and why, its timers; and trying again at once."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

import structlog
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.api.enums.v1 import EventType, PendingActivityState, WorkflowExecutionStatus
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo, WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryRequest,
    ListWorkflowExecutionsRequest,
    ResetActivityRequest,
    UnpauseActivityRequest,
)
from temporalio.client import Client
from temporalio.exceptions import FailureError
from temporalio.service import RPCError, RPCStatusCode

from planner.refused import Refused
from records.keyring import Unreadable
from workers.client import running
from workers.described import described
from workers.settings import Settings
from workers.transitions import cannot_go_on, workflow_id

RUNS = 20
"""Runs that are told, the latest first."""
LONGEST_FAILURE = 300
"""Letters of a failure that are told."""

log = structlog.get_logger(__name__)


class Run(NamedTuple):
    """One run of the workflow: it goes on as another when its history has grown long."""

    id: str
    status: str
    started: datetime
    closed: datetime | None
    events: int


class Activity(NamedTuple):
    """Something that is under way or waits to be tried again. `failure` is why the last try failed."""

    id: str
    type: str
    state: str
    attempt: int
    failure: str | None
    failed: datetime | None
    next_try: datetime | None
    gives_up: datetime | None
    paused: bool


class Timer(NamedTuple):
    """What time alone will do next: `at` which instant, and what it is for where the workflow said so."""

    id: str
    at: datetime
    summary: str | None


class Task(NamedTuple):
    """A turn of the workflow that is not done; `wedged` when it fails again and again."""

    attempt: int
    since: datetime
    taken: bool
    wedged: bool
    failure: str | None


class Execution(NamedTuple):
    """How a transition runs now, and its runs, the latest first; `more` when there are older ones."""

    workflow: str
    runs: list[Run]
    more: bool
    activities: list[Activity]
    timers: list[Timer]
    task: Task | None

    @property
    def current(self) -> Run:
        """The latest run."""
        return self.runs[0]


async def look(client: Client, transition_id: str) -> Execution | None:
    """How a transition runs; None when Temporal does not know it. RPCError when Temporal cannot be reached."""
    try:
        told = await described(client, workflow_id(transition_id))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    info = told.workflow_execution_info
    older, more = await _older_runs(client, info)
    timers, failure = await _history(client, info.execution)
    task = await _task(client, told, transition_id, failure)
    activities = [await _activity(client, one) for one in told.pending_activities]
    return Execution(info.execution.workflow_id, [_run(info), *older], more, activities, timers, task)


async def retry(client: Client, transition_id: str, activity_id: str) -> None:
    """Have an activity that failed tried again at once. Refused when there is nothing to try again."""
    told = await described(client, workflow_id(transition_id))
    found = next((one for one in told.pending_activities if one.activity_id == activity_id), None)
    if found is None:
        raise Refused("conflict", "That is not waiting any more: it was done, or given up, meanwhile.")
    execution, service = told.workflow_execution_info.execution, client.workflow_service
    try:
        if found.paused:
            await service.unpause_activity(
                UnpauseActivityRequest(
                    namespace=client.namespace, execution=execution, id=activity_id, reset_attempts=True
                )
            )
        else:
            await service.reset_activity(
                ResetActivityRequest(namespace=client.namespace, execution=execution, id=activity_id)
            )
    except RPCError as error:
        raise _not_tried(error) from error
    log.info("tried again at once", transition_id=transition_id, activity_id=activity_id)


def _not_tried(error: RPCError) -> Exception:
    match error.status:
        case RPCStatusCode.NOT_FOUND:
            return Refused("conflict", "That is not waiting any more: it was done, or given up, meanwhile.")
        case RPCStatusCode.UNIMPLEMENTED:
            return Refused("conflict", "This Temporal cannot try again at once: it tries again by itself, as shown.")
    return error


def ui_url(settings: Settings) -> str | None:
    """Where Temporal's own pages are: as the settings say, else as a running `alongside up` says; None when neither."""
    if settings.temporal_ui_url is not None:
        return settings.temporal_ui_url
    embedded = running(settings.data_dir)
    return embedded.ui_url if embedded is not None else None


async def _older_runs(client: Client, latest: WorkflowExecutionInfo) -> tuple[list[Run], bool]:
    """The runs before the latest, and whether there are more. Temporal lists them a moment after they are."""
    request = ListWorkflowExecutionsRequest(
        namespace=client.namespace,
        query=f"WorkflowId = '{latest.execution.workflow_id}'",
        page_size=RUNS + 1,
    )
    found = (await client.workflow_service.list_workflow_executions(request)).executions
    older = [one for one in found if one.execution.run_id != latest.execution.run_id]
    older.sort(key=lambda one: one.start_time.ToNanoseconds(), reverse=True)
    return [_run(one) for one in older[: RUNS - 1]], len(older) >= RUNS


async def _history(client: Client, execution: WorkflowExecution) -> tuple[list[Timer], str | None]:
    """The timers that have not fired, and why the workflow's last turn failed, when it did."""
    timers: dict[int, HistoryEvent] = {}
    failure: str | None = None
    async for event in _events(client, execution):
        match event.event_type:
            case EventType.EVENT_TYPE_TIMER_STARTED:
                timers[event.event_id] = event
            case EventType.EVENT_TYPE_TIMER_FIRED:
                timers.pop(event.timer_fired_event_attributes.started_event_id, None)
            case EventType.EVENT_TYPE_TIMER_CANCELED:
                timers.pop(event.timer_canceled_event_attributes.started_event_id, None)
            case EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
                failure = await why(client, event.workflow_task_failed_event_attributes.failure)
            case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                failure = None
            case _ if event.event_type in ENDS:
                timers.clear()
    return sorted([await _timer(client, event) for event in timers.values()], key=lambda timer: timer.at), failure


ENDS = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
    }
)


async def _events(client: Client, execution: WorkflowExecution) -> AsyncIterator[HistoryEvent]:
    # Asked of the service itself: a client would decode what is not looked at.
    token = b""
    while True:
        request = GetWorkflowExecutionHistoryRequest(
            namespace=client.namespace, execution=execution, next_page_token=token
        )
        page = await client.workflow_service.get_workflow_execution_history(request)
        for event in page.history.events:
            yield event
        if not (token := page.next_page_token):
            return


async def _timer(client: Client, event: HistoryEvent) -> Timer:
    about = event.timer_started_event_attributes
    at = datetime.fromtimestamp(
        (event.event_time.ToNanoseconds() + about.start_to_fire_timeout.ToNanoseconds()) / 1e9, UTC
    )
    return Timer(about.timer_id, at, await _text(client, [event.user_metadata.summary]))


async def _text(client: Client, payloads: Iterable[Payload]) -> str | None:
    said = [one for one in payloads if one.data]
    try:
        return str((await client.data_converter.decode(said))[0]) if said else None
    except Unreadable as shut:
        return shut.message


async def _task(
    client: Client, told: DescribeWorkflowExecutionResponse, transition_id: str, failure: str | None
) -> Task | None:
    if not told.HasField("pending_workflow_task"):
        return None
    pending = told.pending_workflow_task
    return Task(
        attempt=pending.attempt,
        since=_at(pending.original_scheduled_time) or _told(pending.scheduled_time),
        taken=pending.HasField("started_time"),
        wedged=await cannot_go_on(client, transition_id),
        failure=failure,
    )


def _run(info: WorkflowExecutionInfo) -> Run:
    status = WorkflowExecutionStatus.Name(info.status).removeprefix("WORKFLOW_EXECUTION_STATUS_")
    return Run(
        id=info.execution.run_id,
        status=status.lower().replace("_", "-"),
        started=_told(info.start_time),
        closed=_at(info.close_time),
        events=info.history_length,
    )


async def _activity(client: Client, info: PendingActivityInfo) -> Activity:
    state = PendingActivityState.Name(info.state).removeprefix("PENDING_ACTIVITY_STATE_")
    return Activity(
        id=info.activity_id,
        type=info.activity_type.name,
        state=state.lower().replace("_", "-"),
        attempt=info.attempt,
        failure=await why(client, info.last_failure) if info.HasField("last_failure") else None,
        failed=_at(info.last_attempt_complete_time) if info.HasField("last_failure") else None,
        next_try=_at(info.next_attempt_schedule_time),
        gives_up=_at(info.expiration_time),
        paused=info.paused,
    )


async def why(client: Client, failure: Failure) -> str:
    """A failure's first line, opened: what follows may tell of data."""
    try:
        found = await client.data_converter.decode_failure(failure)
    except Unreadable as shut:
        return shut.message
    lines = found.message.strip().splitlines() if isinstance(found, FailureError) else []
    return lines[0][:LONGEST_FAILURE] if lines else failure.application_failure_info.type or "it is not known why"


def _at(stamp: Timestamp) -> datetime | None:
    return _told(stamp) if stamp.seconds > 0 else None


def _told(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(UTC)
