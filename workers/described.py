"""How a workflow stands by what Temporal says of it, whatever it is of; and ending it as it stands."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, WorkflowExecutionStatus, WorkflowTaskFailedCause
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryReverseRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

UNANSWERED = (RPCStatusCode.CANCELLED, RPCStatusCode.DEADLINE_EXCEEDED)
"""How a call ends that the server, or whoever waited for it, gave up."""
T = TypeVar("T")
FAILING = "ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL"
"""Workflows whose task failed and is tried again, where this Temporal keeps count of it."""


async def patiently(ask: Callable[[], Awaitable[T]], times: int) -> T:
    """The answer, asked for again while none comes in time; RPCError when none has come after so many times."""
    for _ in range(times - 1):
        try:
            return await ask()
        except RPCError as error:
            if error.status not in UNANSWERED:
                raise
    return await ask()


async def described(client: Client, workflow_id: str) -> DescribeWorkflowExecutionResponse:
    """What Temporal says of a workflow's latest run."""
    # Asked of the service itself: the client would read every search attribute of an answer that is not looked at.
    execution = WorkflowExecution(workflow_id=workflow_id)
    request = DescribeWorkflowExecutionRequest(namespace=client.namespace, execution=execution)
    return await client.workflow_service.describe_workflow_execution(request)


def is_running(told: DescribeWorkflowExecutionResponse) -> bool:
    """Whether that run goes on."""
    status = told.workflow_execution_info.status
    return status == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING


async def failed(client: Client, told: DescribeWorkflowExecutionResponse) -> int | None:
    """The cause for which the workflow's task failed and is tried again; None when it merely lost its worker."""
    if told.pending_workflow_task.attempt <= 1:
        return None
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace, execution=told.workflow_execution_info.execution, maximum_page_size=1
    )
    latest = await client.workflow_service.get_workflow_execution_history_reverse(request)
    event = latest.history.events[0]
    if event.event_type != EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
        return None
    return event.workflow_task_failed_event_attributes.cause


async def stuck(client: Client, workflow_id: str) -> bool:
    """Whether the workflow's task fails again and again. One that Temporal does not have is no such thing."""
    try:
        return await failed(client, await described(client, workflow_id)) is not None
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False


async def end(client: Client, workflow_id: str, why: str) -> None:
    """End a workflow as it stands, if it runs; the records are left as they are."""
    try:
        await client.get_workflow_handle(workflow_id).terminate(reason=why)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


async def went_astray(client: Client, workflow_id: str) -> bool:
    """Whether the workflow cannot go on because its history is not what it would do now."""
    cause = await failed(client, await described(client, workflow_id))
    return cause == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR


async def failing(client: Client, task_queue: str, workflow: str, most: int) -> list[str]:
    """The ids of workflows of a type that fail at what comes next, again and again."""
    query = f"WorkflowType = '{workflow}' AND {FAILING} AND TaskQueue = '{task_queue}'"
    return [one.id async for one in client.list_workflows(query, limit=most)]
