"""Journeys that do not go on: their code fails, or what it decided cannot be recorded. Each stops itself alone."""

import asyncio
from datetime import datetime
from uuid import UUID

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from records.troubles import LIMIT, Still, troubles, whose
from workers.client import Pool

log = structlog.get_logger(__name__)

FAILING = "ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL"
"""Workflows whose task failed and is tried again, where this Temporal keeps count of it."""
PATIENCE = 2.0
"""Seconds for Temporal to answer, so that a page does not wait for it."""
OUR_CODE = "our code fails at what comes next"
NOT_WRITTEN = "what was decided cannot be recorded ({})"


async def standing_still(client: Client, task_queue: str, db: Pool, now: datetime) -> tuple[list[Still], bool]:
    """Whose journeys do not go on, and why; and whether Temporal could be asked."""
    found = [one._replace(why=NOT_WRITTEN.format(one.why)) for one in await troubles(db, now)]
    try:
        async with asyncio.timeout(PATIENCE):
            stopped = await failing(client, task_queue)
    except (RPCError, RuntimeError, TimeoutError) as error:  # RuntimeError: it was never reached
        log.info("what stands still could not be asked", reason=type(error).__name__)
        return found, False
    return found + [one._replace(why=OUR_CODE) for one in await whose(db, stopped)], True


async def failing(client: Client, task_queue: str) -> list[str]:
    """The transitions whose workflow fails at what comes next, again and again."""
    query = f"WorkflowType = 'TransitionWorkflow' AND {FAILING} AND TaskQueue = '{task_queue}'"
    found = []
    async for one in client.list_workflows(query, limit=LIMIT):
        transition_id = one.id.removeprefix("transition-")
        if _is_id(transition_id):
            found.append(transition_id)
    return found


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
