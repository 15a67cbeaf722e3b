"""Every durable promise of the records, made again in a Temporal that does not know it: once, however often.

What a workflow id is made of is in the records, so whatever runs already is left alone, and nothing runs twice.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from records import going_on
from records.errors import NotBegun, RecordsError
from workers import absences, bulk, support, transitions, visits, webhooks
from workers.client import Pool
from workers.settings import Settings

log = structlog.get_logger(__name__)

AT_ONCE = 16
"""How many promises are made at the same time."""


class Lost(NamedTuple):
    """A promise that nothing keeps: what kind it is, whose, and how it is made again (whether nothing kept it)."""

    kind: str
    id: str
    make: Callable[[], Awaitable[bool]]


class Rebuilt(NamedTuple):
    """What came of rebuilding: how many of each kind were lost, how many were made, and why others were not."""

    lost: dict[str, int]
    made: dict[str, int]
    failed: list[str]


KINDS = ("visits", "transitions", "absences", "support", "webhooks", "bulk actions")
"""Every kind of promise, who is out alone first."""


async def lost(client: Client, settings: Settings, db: Pool) -> list[Lost]:
    """What the records promise and this Temporal does not keep, in the order in which it is made again."""
    queue, division = settings.task_queue, settings.division
    return [
        *[
            Lost("visits", one.id, partial(visits.follow, client, queue, db, one))
            for one in await visits.not_followed(client, db)
        ],
        *[
            Lost("transitions", one, partial(transitions.go_on, client, queue, db, one))
            for one in await _unfollowed(client, db)
        ],
        *[
            Lost("absences", one.id, partial(absences.follow, client, queue, one))
            for one in await absences.not_followed(client, db, division)
        ],
        *[
            Lost("support", who, partial(_made, support.follow, client, queue, who, division))
            for who in await support.not_followed(client, db)
        ],
        *[
            Lost("webhooks", one, partial(_made, webhooks.follow, client, queue, one))
            for one in await webhooks.not_followed(client, db)
        ],
        *[
            Lost("bulk actions", one, partial(_made, bulk.begin, client, queue, one))
            for one in await bulk.not_followed(client, db)
        ],
    ]


async def _unfollowed(client: Client, db: Pool) -> list[str]:
    told = {one async for one in transitions.followed(client)}
    wanted = await going_on.open_transitions(db) + await going_on.not_begun(db)
    return [one for one in wanted if one not in told]


async def _made(follow: Callable[..., Awaitable[None]], *whom: Any) -> bool:
    await follow(*whom)
    return True


async def rebuild(found: Sequence[Lost], *, step: Callable[[], None] = lambda: None, dry_run: bool = False) -> Rebuilt:
    """Make every promise that was found lost; with `dry_run` only count them. `step` is called after each.

    One that cannot be made holds up no other. No worker has to run: what is made waits for one.
    """
    made = dict.fromkeys(KINDS, 0)
    failed: list[str] = []
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(promise: Lost) -> None:
        async with gate:
            try:
                nothing_kept_it = await promise.make()
                made[promise.kind] += nothing_kept_it
            except Exception as why:  # noqa: BLE001 - whatever stops one promise stops no other, and is told
                failed.append(_sentence(promise, why))
                log.warning("not followed", kind=promise.kind, id=promise.id, why=type(why).__name__)
        step()

    if not dry_run:
        await asyncio.gather(*(one(promise) for promise in found))
    counted = Counter(promise.kind for promise in found)
    return Rebuilt({kind: counted[kind] for kind in KINDS}, made, sorted(failed))


def _sentence(promise: Lost, why: Exception) -> str:
    if isinstance(why, NotBegun):
        return why.message
    said = why.message if isinstance(why, RecordsError | RPCError) else type(why).__name__
    return f"{promise.kind.capitalize()}: {promise.id} could not be followed ({said})."
