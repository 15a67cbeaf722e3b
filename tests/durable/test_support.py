"""Support comes round: told at its moments whatever becomes of the worker, and only what the records say is due."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from planner.clock import end_of, local_day
from planner.support import offer_by, reminder_at
from records import staff, support
from records.database import transaction
from schemas.codes import Division, Role, Track
from schemas.staff import StaffMember
from schemas.support import Cause
from tests.durable.following import TEAM, Place, place, until
from workers.client import Pool
from workers.keeping import keep
from workers.support import EVERY, follow, follow_all, workflow_id
from workflows.support import SupportWorkflow

WORKER, LEAD = "peer-1", "peer-lead-1"
DIVISION = Division.ENGLAND_AND_WALES
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
Skipping = Callable[[], AbstractAsyncContextManager[WorkflowEnvironment]]
ALERTS = "SELECT matter, number, recipient, created_at, due FROM support_alerts ORDER BY created_at, matter, recipient"


@dataclass
class Weeks:
    """A peer worker who is followed, on a clock that skips."""

    there: Place
    environment: WorkflowEnvironment
    began: date

    async def follow(self) -> None:
        """Follow the worker, or let their workflow look."""
        await follow(self.there.client, self.there.settings.task_queue, WORKER, DIVISION)

    async def following(self) -> datetime | None:
        """When the worker's support is looked at next."""
        handle = self.there.client.get_workflow_handle(workflow_id(WORKER))
        return await handle.query(SupportWorkflow.following)

    async def until(self, at: datetime) -> None:
        """Let the clock skip, from one look to the next: never over one that is being worked on."""
        while (due := await self.following()) is None:
            await asyncio.sleep(0.005)
        while due <= at:
            await self._skip(due)
            while (following := await self.following()) == due or following is None:
                await asyncio.sleep(0.005)
            due = following
        await self._skip(at)

    async def _skip(self, at: datetime) -> None:
        ahead = at - await self.environment.get_current_time()
        if ahead > timedelta(0):
            await self.environment.sleep(ahead)

    async def told(self, *matters: str) -> list[tuple[str, int, str | None]]:
        """What was told of which matter to whom, in order; nothing of it early or late."""
        rows = await self.there.pool.fetch(ALERTS)
        return [(r["matter"], r["number"], r["recipient"]) for r in rows if not matters or r["matter"] in matters]


async def staffed(pool: Pool) -> None:
    """A peer worker and a peer lead, who supervises them for their wellbeing; their role the team lead."""
    behind: dict[str, Any] = {"line_manager": "lead-1", "role_supervisor": "lead-1", "wellbeing_supervisor": LEAD}
    await staff.upsert_staff(
        pool,
        [
            StaffMember(id=WORKER, name="A Worker", role=Role.PEER_WORKER, team=TEAM, **behind),
            StaffMember(id=LEAD, name="A Peer Lead", role=Role.PEER_LEAD),
        ],
    )


@asynccontextmanager
async def weeks(skipping: Skipping, pool: Pool) -> AsyncIterator[Weeks]:
    """Staff, and a clock that skips; no worker runs yet."""
    async with skipping() as environment, place(environment.client, pool) as there:
        await staffed(pool)
        yield Weeks(there, environment, local_day(await environment.get_current_time()))


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers keep nothing in memory; the server whose clock skips would go on asking one that has stopped."""
    monkeypatch.setattr("workers.worker.CACHED", 0)


async def test_supervision_is_reminded_and_told_each_week_until_it_is_held(skipping: Skipping, pool: Pool) -> None:
    async with weeks(skipping, pool) as here, here.there.worker():
        await here.follow()
        by = end_of(here.began + 4 * WEEK)
        await here.until(reminder_at(by, DIVISION) - HOUR)
        assert await here.told() == []
        await here.until(by - HOUR)
        reminded = [("role", 0, "lead-1"), ("role", 0, WORKER), ("wellbeing", 0, WORKER), ("wellbeing", 0, LEAD)]
        assert sorted(await here.told()) == sorted(reminded)
        await here.until(by + WEEK + HOUR)
        assert (await here.told("role"))[2:] == [("role", 1, LEAD), ("role", 2, LEAD)]
        now = await here.environment.get_current_time()
        for track in Track:
            await support.record_supervision(pool, WORKER, track, local_day(now), LEAD, now)
        await here.follow()
        told = len(await here.told())
        await here.until(by + 3 * WEEK)
        assert len(await here.told()) == told
        for row in await pool.fetch(ALERTS):
            moment = (
                reminder_at(row["due"], DIVISION) if row["number"] == 0 else row["due"] + (row["number"] - 1) * WEEK
            )
            assert timedelta(0) <= row["created_at"] - moment < timedelta(minutes=1)


@pytest.mark.usefixtures("forgetful")
async def test_a_debrief_that_only_the_records_know_of_is_not_missed(skipping: Skipping, pool: Pool) -> None:
    """Other code owed it, told nobody, and another worker runs by the time it is due."""
    async with weeks(skipping, pool) as here:
        async with here.there.worker():
            await here.follow()
            at = await here.environment.get_current_time()
            await here.until(at + HOUR)
            async with transaction(pool) as link:
                await support.offer_debrief(link, WORKER, Cause.DEATH, at)
        async with here.there.worker():
            by = offer_by(at, DIVISION)
            await here.until(by - HOUR)
            assert await here.told() == [("debrief", 0, WORKER), ("debrief", 0, LEAD)]
            await here.until(by + HOUR)
            assert (await here.told())[2:] == [("debrief", 1, LEAD)]


async def test_another_interval_holds_from_the_next_morning(skipping: Skipping, pool: Pool) -> None:
    async with weeks(skipping, pool) as here, here.there.worker():
        await here.follow()
        await here.until(await here.environment.get_current_time() + HOUR)
        settled = '{"supervision_weeks": 2}'
        await pool.execute("UPDATE teams SET policy = $1 WHERE name = $2", settled, TEAM)
        await here.until(end_of(here.began + 2 * WEEK) + HOUR)
        assert await here.told() == [("role", 0, "lead-1"), ("role", 0, WORKER), ("role", 1, LEAD)]


def peers() -> list[StaffMember]:
    """Two peer workers whose ids no other test has: all have the same Temporal."""
    ids = [f"peer-{uuid4().hex[:8]}" for _ in range(2)]
    return [StaffMember(id=name, name="A Worker", role=Role.PEER_WORKER, team=TEAM) for name in ids]


async def test_whoever_leaves_is_followed_no_more(here: Place) -> None:
    [leaver, _] = peers()
    await staff.upsert_staff(here.pool, [leaver])
    handle = here.client.get_workflow_handle(workflow_id(leaver.id))
    await follow(here.client, here.settings.task_queue, leaver.id, DIVISION)
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    await staff.upsert_staff(here.pool, [leaver.model_copy(update={"active": False})])
    await follow(here.client, here.settings.task_queue, leaver.id, DIVISION)
    await handle.result()
    assert await support.to_follow(here.pool) == []


@asynccontextmanager
async def nobody_left(client: Client, *who: str) -> AsyncIterator[None]:
    """Their workflows end with the block."""
    try:
        yield
    finally:
        for staff_id in who:
            await client.get_workflow_handle(workflow_id(staff_id)).terminate("the test is over")


async def test_the_worker_follows_everybody_whom_nobody_does(here: Place) -> None:
    both = peers()
    await staff.upsert_staff(here.pool, both)
    queue = here.settings.task_queue
    keeping = asyncio.create_task(keep("support", lambda: follow_all(here.client, queue, here.pool, DIVISION), EVERY))

    async def followed() -> bool:
        return await follow_all(here.client, queue, here.pool, DIVISION) == 0

    async with nobody_left(here.client, *(one.id for one in both)):
        await until(followed)
        for one in both:
            handle = here.client.get_workflow_handle(workflow_id(one.id))
            assert await handle.query(SupportWorkflow.following) is not None
    keeping.cancel()
