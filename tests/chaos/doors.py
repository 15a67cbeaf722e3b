"""The two ways in: as the command line and the pages send a command, and as another system does."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

import asyncpg
import httpx
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError

from planner.policy import Scope
from planner.refused import Refused
from records import machines
from records.errors import RecordsError
from schemas.command import Receipt
from tests.chaos.ledger import Answer, Entry
from workers.client import Pool
from workers.transitions import send

PATIENCE = 15.0
"""Seconds that somebody waits for an answer before they ask again."""
LOST = (
    RPCError,
    RuntimeError,
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What says that no answer came. RuntimeError: the client never reached Temporal."""
REFUSED = frozenset({400, 403, 404, 409, 412, 413, 415, 422})
"""Answers of the API that are no for good; any other is asked again."""
FAULT = 500
"""What the API answers when it did not expect what happened: it never should."""
ACTS_AS = ("service-manager-1", "safety-lead-1", "duty-manager-1", "peer-lead")


class Door(Protocol):
    """A way in: asks once, and says what came of it."""

    async def ask(self, entry: Entry) -> Answer:
        """Say the command."""


class WorkflowDoor:
    """An Update to the workflow, by what the command line and the pages send it with."""

    def __init__(self, client: Client, pool: Pool) -> None:
        self._client = client
        self._pool = pool

    async def ask(self, entry: Entry) -> Answer:
        """Say the command."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                receipt = await send(self._client, entry.transition, entry.command, self._pool)
        except (Refused, RecordsError) as why:
            return Answer(began, time.monotonic(), refused=f"{why.kind}: {why.message}")
        except (*LOST, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError) as why:
            return Answer(began, time.monotonic(), unknown=f"{type(why).__name__}: {why}")
        return Answer(began, time.monotonic(), receipt=receipt)


class ApiDoor:
    """A machine's request to the API, under a key."""

    def __init__(self, browser: httpx.AsyncClient, tokens: Mapping[str, str]) -> None:
        self._browser = browser
        self._tokens = list(tokens.values())
        self.faults: list[str] = []
        """What the API answered as a fault of its own."""

    async def ask(self, entry: Entry) -> Answer:
        """Say the command."""
        command = entry.command
        body = command.model_dump(mode="json", exclude={"id", "at", "by", "if_revision"}, exclude_unset=True)
        token = self._tokens[sum(command.id.encode()) % len(self._tokens)]
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": command.id}
        if command.if_revision is not None:
            headers["If-Match"] = f'"{command.if_revision}"'
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._browser.post(
                    f"/api/v1/transitions/{entry.transition}/commands",
                    json=body | {"do": command.do},
                    headers=headers,
                )
        except (httpx.HTTPError, TimeoutError) as why:
            return Answer(began, time.monotonic(), unknown=f"{type(why).__name__}: {why}")
        return self._of(answer, began)

    def _of(self, answer: httpx.Response, began: float) -> Answer:
        came = time.monotonic()
        if answer.status_code == 200:
            return Answer(began, came, receipt=Receipt.model_validate_json(answer.content))
        said = f"{answer.status_code} {answer.text}"
        if answer.status_code in REFUSED:
            return Answer(began, came, refused=said)
        if answer.status_code == FAULT:
            self.faults.append(said)
        return Answer(began, came, unknown=said)


async def tokens(pool: Pool) -> dict[str, str]:
    """A token for each of those whom machines act as."""
    at = datetime.now(UTC)
    return {one: await machines.create(pool, f"chaos as {one}", tuple(Scope), one, at, by=one) for one in ACTS_AS}
