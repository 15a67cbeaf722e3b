"""A service to watch: two teams, somebody late about safety, somebody whom nobody coordinates, at a settled hour."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
from temporalio.client import Client

from records.staff import upsert_staff
from schemas.codes import Role
from schemas.command import Actor, RecordMilestone
from tests.records.journeys import MANAGERS, Recorder, begin, day, member, team_of
from tests.web.doors import house_on, served, sign_in
from workers.client import Pool

TODAY = 5
"""Days after the journeys began: what hangs on a discharge on day 1 is late, and everybody was told."""


async def staffed(pool: Pool) -> None:
    """Two teams, and those above them."""
    await upsert_staff(pool, [*team_of("north"), *team_of("south"), *MANAGERS])
    await upsert_staff(pool, [member("peer-north", Role.PEER_WORKER, "Team north")])


async def unsafe(pool: Pool, coordinator: str) -> Recorder:
    """Somebody who was discharged on day 1 and whom nobody has seen since."""
    begun = await begin(pool, coordinator)
    out = RecordMilestone(id="out", at=day(1), milestone="discharged", by=Actor(role=Role.COORDINATOR))
    return await (await begun.tell(out)).until(day(TODAY))


@asynccontextmanager
async def watching(
    pool: Pool, staff: str = "ops", temporal: Client | None = None, **said: object
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody who watches, at that hour."""
    here = replace(await house_on(pool, temporal, demo=True, **said), clock=lambda: day(TODAY))
    async with served(here) as browser:
        await sign_in(browser, staff)
        yield browser
