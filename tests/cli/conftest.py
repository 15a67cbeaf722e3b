"""A place with a running worker, found by the command line through its environment."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.client import Client

from records import staff
from schemas.codes import Role
from schemas.staff import StaffMember
from tests.durable.following import COORDINATOR, TEAM, Place, place
from workers.client import Pool

DAYS = "mon-sun 09:00-17:00"


@pytest_asyncio.fixture
async def unattended(
    temporal: Client, pool: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    """A place where nobody works yet; commands go to it, as its coordinator."""
    async with place(temporal, pool) as found:
        monkeypatch.setenv("ALONGSIDE_DATABASE_URL", database_url)
        monkeypatch.setenv("ALONGSIDE_TASK_QUEUE", found.settings.task_queue)
        monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.service_client.config.target_host)
        monkeypatch.setenv("TEMPORAL_NAMESPACE", temporal.namespace)
        monkeypatch.setenv("ALONGSIDE_AS", COORDINATOR)
        yield found


@pytest_asyncio.fixture
async def here(unattended: Place) -> AsyncIterator[Place]:
    """A place whose worker is running."""
    async with unattended.worker():
        yield unattended


@pytest_asyncio.fixture
async def workers(here: Place) -> Place:
    """Two workers who are there every day, and a team lead."""
    await staff.upsert_staff(
        here.pool,
        [
            StaffMember(id="peer-1", name="A", role=Role.PEER_WORKER, team=TEAM, hours_per_week=20, works=DAYS),
            StaffMember(
                id="peer-2", name="B", role=Role.PEER_WORKER, team=TEAM, hours_per_week=20, works=DAYS, languages=["pl"]
            ),
            StaffMember(id="lead", name="L", role=Role.TEAM_LEAD, team=TEAM),
        ],
    )
    return here
