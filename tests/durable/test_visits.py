"""Whoever does not come back is missed: at the minute, whatever becomes of the worker meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from planner.refused import Refused
from records import listings, staff, visits
from schemas.codes import Role
from schemas.command import Actor
from schemas.staff import StaffMember
from schemas.visit import CheckOut, Extend, Visit
from schemas.workforce import Place as Where
from tests.durable.following import TEAM, Place, now, place, until
from tests.durable.test_mail import PUBLIC_URL, Post, post
from workers.client import Pool
from workers.visits import check_in, check_out, extend, follow, next_alert, not_followed, state, workflow_id

__all__ = ["post"]  # a fixture
WORKER, LEAD = "peer-1", "lead-1"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
Skipping = Callable[[], AbstractAsyncContextManager[WorkflowEnvironment]]


@dataclass
class Field:
    """Where somebody goes out, on a clock that skips."""

    there: Place
    environment: WorkflowEnvironment

    async def go(self, **said: object) -> Visit:
        """The worker checks in now, and is expected back in an hour."""
        at = await self.environment.get_current_time()
        visit = outing(at, **said)
        return await check_in(self.there.client, self.there.settings.task_queue, self.there.pool, visit)

    async def until(self, visit: Visit, at: datetime) -> None:
        """Let the clock skip, from one alert to the next: never over one that is being worked on."""
        client = self.there.client
        due = await next_alert(client, visit.id)
        while due is not None and due <= at:
            await self._skip(due)
            while (following := await next_alert(client, visit.id)) == due:
                await asyncio.sleep(0.005)
            due = following
        await self._skip(at)

    async def _skip(self, at: datetime) -> None:
        ahead = at - await self.environment.get_current_time()
        if ahead > timedelta(0):
            await self.environment.sleep(ahead)

    async def extend(self, visit: Visit, end: datetime, command_id: str = "longer") -> Visit:
        """The worker says that it takes longer."""
        at = await self.environment.get_current_time()
        command = Extend(id=command_id, at=at, by=Actor(staff=WORKER), expected_end=end)
        return await extend(self.there.client, self.there.settings.task_queue, self.there.pool, visit.id, command)

    async def come_back(self, visit: Visit, command_id: str = "back", **said: object) -> Visit:
        """The worker checks out."""
        command = CheckOut(
            id=command_id, at=await self.environment.get_current_time(), by=Actor(staff=WORKER)
        ).model_copy(update=said)
        return await check_out(self.there.client, self.there.settings.task_queue, self.there.pool, visit.id, command)

    async def told(self, visit: Visit) -> list[tuple[timedelta, int, list[str]]]:
        """How long after the hour each rung was told, and to whom."""
        rows = await self.there.pool.fetch(
            "SELECT at, rung, recipients FROM visit_alerts WHERE visit_id = $1 ORDER BY at, rung", visit.id
        )
        return [(row["at"] - visit.checked_in - HOUR, row["rung"], row["recipients"]) for row in rows]


def outing(at: datetime, **said: object) -> Visit:
    """A worker out in the town for an hour."""
    known = {"id": str(uuid4()), "staff": WORKER, "team": TEAM, "place": Where.COMMUNITY}
    return Visit.model_validate(known | {"checked_in": at, "expected_end": at + HOUR} | said)


async def staffed(pool: Pool) -> None:
    """A worker and, besides the team lead, the managers."""
    await staff.upsert_staff(
        pool,
        [
            StaffMember(id=WORKER, name="A Worker", role=Role.PEER_WORKER, team=TEAM),
            StaffMember(id="duty", name="A Duty Manager", role=Role.DUTY_MANAGER),
            StaffMember(id="service", name="A Service Manager", role=Role.SERVICE_MANAGER),
        ],
    )


@asynccontextmanager
async def field(skipping: Skipping, pool: Pool) -> AsyncIterator[Field]:
    """Staff, and a clock that skips; no worker runs yet."""
    async with skipping() as environment, place(environment.client, pool) as there:
        await staffed(pool)
        yield Field(there, environment)


EVERYBODY = [
    (0 * MINUTE, 0, [WORKER]),
    (15 * MINUTE, 1, ["duty", LEAD]),
    (30 * MINUTE, 2, ["service"]),
]


async def test_who_does_not_come_back_is_missed_to_the_minute(skipping: Skipping, pool: Pool) -> None:
    async with field(skipping, pool) as out, out.there.worker():
        visit = await out.go()
        await out.until(visit, visit.expected_end - MINUTE)
        assert await out.told(visit) == []
        await out.until(visit, visit.expected_end + 3 * HOUR)
        assert [(at, rung, sorted(who)) for at, rung, who in await out.told(visit)] == EVERYBODY
        inbox = (await listings.inbox(pool, "service")).rows
        assert [(notice.kind, notice.number) for notice in inbox] == [("visit", 2)]
        back = await out.come_back(visit)
        assert await visits.out_now(pool) == []
        assert back.checked_out is not None
        assert back.checked_out >= visit.expected_end + 3 * HOUR


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers keep nothing in memory; the server whose clock skips would go on asking one that has stopped."""
    monkeypatch.setattr("workers.worker.CACHED", 0)


@pytest.mark.usefixtures("forgetful")
async def test_another_worker_keeps_the_times(skipping: Skipping, pool: Pool) -> None:
    async with field(skipping, pool) as out:
        async with out.there.worker():
            visit = await out.go()
            await out.until(visit, visit.checked_in + 30 * MINUTE)
        async with out.there.worker():
            await out.until(visit, visit.expected_end + 10 * MINUTE)
        async with out.there.worker():
            await out.until(visit, visit.expected_end + HOUR)
            assert [(at, rung, sorted(who)) for at, rung, who in await out.told(visit)] == EVERYBODY
            await out.come_back(visit)


async def test_an_extended_visit_begins_its_alerts_again(skipping: Skipping, pool: Pool) -> None:
    async with field(skipping, pool) as out, out.there.worker():
        visit = await out.go()
        await out.until(visit, visit.expected_end + 20 * MINUTE)
        longer = await out.extend(visit, visit.expected_end + HOUR)
        await out.until(longer, longer.expected_end + HOUR)
        told = [(at, rung) for at, rung, _ in await out.told(visit)]
        first = [(0 * MINUTE, 0), (15 * MINUTE, 1)]
        assert told == [*first, *((HOUR + at, rung) for at, rung, _ in EVERYBODY)]
        await out.come_back(visit)


async def test_who_came_back_in_time_worries_nobody(skipping: Skipping, pool: Pool) -> None:
    async with field(skipping, pool) as out, out.there.worker():
        visit = await out.go()
        await out.until(visit, visit.expected_end - MINUTE)
        await out.come_back(visit)
        await out.environment.sleep(2 * HOUR)
        assert await out.told(visit) == []


async def tell(here: Place, visit: Visit, command: CheckOut) -> Visit:
    """Check out as the command line does."""
    return await check_out(here.client, here.settings.task_queue, here.pool, visit.id, command)


async def go(here: Place) -> Visit:
    """The worker goes out now."""
    return await check_in(here.client, here.settings.task_queue, here.pool, outing(now()))


def back(command_id: str, staff_id: str = WORKER, role: Role = Role.PEER_WORKER) -> CheckOut:
    """Somebody says that the worker is back."""
    return CheckOut(id=command_id, at=now(), by=Actor(role=role, staff=staff_id))


async def test_checking_in_and_out_twice_is_once(here: Place) -> None:
    await staffed(here.pool)
    visit = outing(now())
    queue = here.settings.task_queue
    both = await asyncio.gather(*[check_in(here.client, queue, here.pool, visit) for _ in range(2)])
    assert both == [visit, visit]
    done = await tell(here, visit, back("back"))
    assert await tell(here, visit, back("back")) == done
    assert await check_in(here.client, queue, here.pool, visit) == done


async def test_only_one_checks_out_and_the_other_hears_who(here: Place) -> None:
    await staffed(here.pool)
    visit = await go(here)
    done = await asyncio.gather(
        tell(here, visit, back("one")), tell(here, visit, back("two", LEAD, Role.TEAM_LEAD)), return_exceptions=True
    )
    [refused] = [one for one in done if isinstance(one, Refused)]
    [recorded] = [one for one in done if isinstance(one, Visit)]
    assert refused.kind == "conflict"
    assert f"by {recorded.checked_out_by}" in refused.message


async def test_what_cannot_be_is_refused(here: Place) -> None:
    await staffed(here.pool)
    visit = await go(here)
    with pytest.raises(Refused, match="is out on another visit"):
        await go(here)
    with pytest.raises(Refused, match="Only peer-1"):
        await tell(here, visit, back("no", "coordinator-1", Role.COORDINATOR))
    for end in (visit.checked_in, visit.checked_in + timedelta(hours=9)):
        late = Extend(id="longer", at=now(), by=Actor(staff=WORKER), expected_end=end)
        with pytest.raises(Refused, match=r"expected end|8 hours"):
            await extend(here.client, here.settings.task_queue, here.pool, visit.id, late)
    assert await state(here.client, visit.id) == visit
    await tell(here, visit, back("back"))


async def rungs(pool: Pool, visit: Visit) -> dict[int, datetime]:
    """When each rung was told that has been."""
    rows = await pool.fetch("SELECT rung, at FROM visit_alerts WHERE visit_id = $1", visit.id)
    return {row["rung"]: row["at"] for row in rows}


async def test_a_worker_that_comes_back_in_time_reminds_in_time(temporal: Client, pool: Pool) -> None:
    async with place(temporal, pool) as there:
        await staffed(pool)
        async with there.worker():
            soon = outing(now()).model_copy(update={"expected_end": now() + timedelta(seconds=2)})
            visit = await check_in(temporal, there.settings.task_queue, pool, soon)
        assert await rungs(pool, visit) == {}
        async with there.worker():

            async def reminded() -> bool:
                return bool(await rungs(pool, visit))

            await until(reminded)
            assert await rungs(pool, visit) == {0: visit.expected_end}
            await tell(there, visit, back("back"))


async def test_after_an_outage_everybody_due_is_told_at_once(here: Place) -> None:
    """The visit is out by the records, and Temporal hears of it only when two alerts are due."""
    await staffed(here.pool)
    before = now()
    late = outing(before - HOUR - 20 * MINUTE)
    visit = await check_in(here.client, here.settings.task_queue, here.pool, late)

    async def told() -> bool:
        return len(await rungs(here.pool, visit)) == 2

    await until(told)
    at = await rungs(here.pool, visit)
    assert sorted(at) == [0, 1]
    assert min(at.values()) >= before
    assert await next_alert(here.client, visit.id) == visit.expected_end + 30 * MINUTE
    await tell(here, visit, back("back"))


async def test_a_team_keeps_the_minutes_that_it_settled(here: Place) -> None:
    await staffed(here.pool)
    settled = '{"team_lead_alert_minutes": 5, "service_manager_alert_minutes": 40}'
    await here.pool.execute("UPDATE teams SET policy = $1 WHERE name = $2", settled, TEAM)
    late = outing(now() - HOUR - 7 * MINUTE)
    await check_in(here.client, here.settings.task_queue, here.pool, late)

    async def told() -> bool:
        return sorted(await rungs(here.pool, late)) == [0, 1]

    await until(told)
    assert await next_alert(here.client, late.id) == late.expected_end + 40 * MINUTE
    await tell(here, late, back("back"))


async def test_a_temporal_that_lost_the_visit_takes_it_up_again(here: Place, temporal: Client) -> None:
    await staffed(here.pool)
    visit = await go(here)
    await temporal.get_workflow_handle(workflow_id(visit.id)).terminate("lost")
    done = await tell(here, visit, back("back"))
    assert done.checked_out_by == WORKER


async def test_who_is_out_by_the_records_alone_is_missed_again(here: Place) -> None:
    await staffed(here.pool)
    visit = await go(here)
    await here.client.get_workflow_handle(workflow_id(visit.id)).terminate("lost")

    async def lost() -> bool:
        return await not_followed(here.client, here.pool) == [visit]

    await until(lost)
    assert await follow(here.client, here.settings.task_queue, here.pool, visit)
    assert not await follow(here.client, here.settings.task_queue, here.pool, visit)
    assert await next_alert(here.client, visit.id) == visit.expected_end
    await tell(here, visit, back("back"))


async def test_alerts_are_mailed_to_who_has_an_address(temporal: Client, pool: Pool, post: Post) -> None:
    configured = {"smtp_host": "127.0.0.1", "smtp_port": post.port, "smtp_from": "alongside@example.org"}
    async with place(temporal, pool, public_url=PUBLIC_URL, **configured) as there, there.worker():
        await staffed(pool)
        late = outing(now() - HOUR - 20 * MINUTE)
        visit = await check_in(temporal, there.settings.task_queue, pool, late)
        await until(lambda: mailed(post))
        [letter] = post.letters
        assert letter["To"] == "lead-1@example.org"
        assert letter["Subject"] == f"Alongside: something needs you (visit {visit.id[:8]})"
        assert "Nobody has checked out yet" in str(letter.get_payload())
        await tell(there, visit, back("back"))


async def mailed(post: Post) -> bool:
    """A letter has come."""
    return bool(post.letters)


async def test_a_check_out_that_only_the_records_have_ends_the_visit(here: Place) -> None:
    """A worker died after writing and before Temporal knew: the alert that comes due finds nobody to miss."""
    await staffed(here.pool)
    soon = outing(now()).model_copy(update={"expected_end": now() + timedelta(seconds=1)})
    visit = await check_in(here.client, here.settings.task_queue, here.pool, soon)
    gone = visit.model_copy(
        update={"checked_out": now(), "checked_out_by": WORKER, "checked_out_command": "written-only"}
    )
    await visits.check_out(here.pool, gone)
    handle = here.client.get_workflow_handle(workflow_id(visit.id))

    async def ended() -> bool:
        return (await handle.describe()).close_time is not None

    await until(ended)
    assert await here.pool.fetchval("SELECT count(*) FROM visit_alerts") == 0
