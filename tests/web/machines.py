"""Machines for tests: a token that acts as somebody, and a client that sends it."""

import contextlib
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from temporalio.service import RPCError

from planner.policy import Scope
from records import machines
from tests.durable.following import Place
from workers.client import Pool
from workers.transitions import workflow_id

API = "/api/v1"


async def token(pool: Pool, acts_as: str, *scopes: Scope) -> str:
    """A token of some scopes, or of all."""
    return await machines.create(pool, "a test", scopes or tuple(Scope), acts_as, datetime.now(UTC), by=acts_as)


def let_in(given: str) -> dict[str, str]:
    """The header that a token is sent in."""
    return {"Authorization": f"Bearer {given}"}


async def give(
    browser: httpx.AsyncClient, token: str, transition: str, said: dict[str, Any], key: str | None = None,
    params: dict[str, str] | None = None, **headers: str,
) -> httpx.Response:  # fmt: skip
    """Give a command, under a key of its own unless one is said."""
    sent = let_in(token) | {"Idempotency-Key": key or str(uuid4())} | headers
    return await browser.post(f"{API}/transitions/{transition}/commands", json=said, headers=sent, params=params)


async def leave(here: Place) -> None:
    """Let nobody be followed any more whom a machine started here: no worker will follow them after the test."""
    for row in await here.pool.fetch("SELECT id FROM transitions"):
        with contextlib.suppress(RPCError):  # that one has ended, or never began
            await here.client.get_workflow_handle(workflow_id(str(row["id"]))).terminate("the test is over")
