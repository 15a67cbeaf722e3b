"""Journeys that do not go on: their code fails, or what it decided cannot be recorded. Each stops itself alone.

And visits: whoever is out on one that does not go on would not be missed.
"""

import asyncio
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from records import visits
from records.troubles import LIMIT, Still, troubles, whose
from schemas.visit import Visit
from workers.client import Pool
from workers.described import failing

log = structlog.get_logger(__name__)

PATIENCE = 2.0
"""Seconds for Temporal to answer, so that a page does not wait for it."""
OUR_CODE = "our code fails at what comes next"
NOT_WRITTEN = "what was decided cannot be recorded ({})"


class Standing(NamedTuple):
    """What does not go on; `asked` says whether Temporal could be asked for all of it."""

    journeys: list[Still]
    visits: list[Visit]
    asked: bool


async def standing_still(client: Client, task_queue: str, db: Pool, now: datetime) -> Standing:
    """Whose journeys do not go on, and why; and who is out and would not be missed."""
    found = [one._replace(why=NOT_WRITTEN.format(one.why)) for one in await troubles(db, now)]
    try:
        async with asyncio.timeout(PATIENCE):
            stopped = await failing_journeys(client, task_queue)
            out = await failing_visits(client, task_queue)
    except (RPCError, RuntimeError, TimeoutError) as error:  # RuntimeError: it was never reached
        log.info("what stands still could not be asked", reason=type(error).__name__)
        return Standing(found, [], asked=False)
    found += [one._replace(why=OUR_CODE) for one in await whose(db, stopped)]
    return Standing(found, await visits.out_of(db, out), asked=True)


async def failing_journeys(client: Client, task_queue: str) -> list[str]:
    """The transitions whose workflow fails at what comes next, again and again."""
    return _ids(await failing(client, task_queue, "TransitionWorkflow", LIMIT), "transition-")


async def failing_visits(client: Client, task_queue: str) -> list[str]:
    """The same of visits."""
    return _ids(await failing(client, task_queue, "VisitWorkflow", LIMIT), "visit-")


def _ids(workflows: list[str], prefix: str) -> list[str]:
    ids = [one.removeprefix(prefix) for one in workflows]
    return [one for one in ids if _is_id(one)]


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
