"""What makes our code fail stops one journey, where it is seen, and no other; a mended build resumes it."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest
from temporalio.client import Client, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError

from cli import sending
from cli.errors import Stop
from planner import journey as planner
from records.troubles import troubles
from schemas.command import Complete
from schemas.journey import Journey
from tests.durable.following import Followed, now, place, until
from tests.web.watching import staffed, watching
from workers.client import Pool
from workers.still import OUR_CODE, Standing, standing_still
from workers.transitions import differences


def poisoned(rule: Callable[..., object], transition_id: str) -> Callable[..., object]:
    """A rule that has a fault, for one person alone."""

    def faulty(pathway: object, journey: Journey, *given: object) -> object:
        if journey.transition_id == transition_id:
            raise ZeroDivisionError("a fault in the rules")
        return rule(pathway, journey, *given)

    return faulty


def done(person: Followed, command_id: str) -> Complete:
    """A step is done."""
    return Complete(id=command_id, at=now(), step="discharge-plan")


async def test_a_planner_that_raises_stops_one_journey(
    temporal: Client, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await staffed(pool)
    async with place(temporal, pool) as here:
        queue = here.settings.task_queue
        async with here.worker():
            poison, other = await here.take_on(), await here.take_on()
            local_id = await pool.fetchval(
                "SELECT p.local_id FROM people p JOIN transitions t ON t.person_id = p.id WHERE t.id = $1",
                UUID(poison.id),
            )
            with monkeypatch.context() as fault:
                fault.setattr(planner, "next_wake", poisoned(planner.next_wake, poison.id))
                fault.setattr(sending, "PATIENCE", 3.0)
                with pytest.raises(Stop, match="it may be recorded or not"):
                    await sending.answered(poison.send(done(poison, "stopped")), "stopped")
                assert (await other.send(done(other, "goes-on"))).revision == 2

                async def seen() -> bool:
                    found = await standing_still(temporal, queue, pool, now())
                    return [(one.transition_id, one.why) for one in found.journeys] == [(poison.id, OUR_CODE)]

                await until(seen, 90)
                async with watching(pool, temporal=temporal, task_queue=queue) as browser:
                    page = (await browser.get("/board")).text
                assert "Journeys that stand still" in page
                assert f'href="/transitions/{poison.id}/execution">{local_id}<' in page
                assert (await other.send(Complete(id="on", at=now(), step="named-coordinator"))).revision == 3
        async with here.worker():
            await until(lambda: answers(poison), 120)
            assert (await poison.send(done(poison, "stopped"))).revision == 2
            assert await poison.commits() == [(1, "start"), (2, "stopped")]

            async def gone() -> bool:
                return await standing_still(temporal, queue, pool, now()) == Standing([], [], asked=True)

            await until(gone, 60)
            assert await differences(temporal, pool) == []


async def answers(person: Followed) -> bool:
    """Somebody's workflow goes on: before that it is tried again later each time, and takes nothing."""
    try:
        await asyncio.wait_for(person.send(done(person, "stopped")), 10)
    except (RPCError, TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
        return False
    return True


async def test_what_cannot_be_recorded_is_seen_until_it_is(temporal: Client, pool: Pool) -> None:
    async with place(temporal, pool) as here, here.worker():
        poison, other = await here.take_on(), await here.take_on()
        await pool.execute(
            f"ALTER TABLE commits ADD CONSTRAINT poison CHECK (transition_id <> '{poison.id}' OR revision < 2)"
        )
        sent = asyncio.create_task(poison.send(done(poison, "stopped")))

        async def seen() -> bool:
            return [(one.transition_id, one.why) for one in await troubles(pool, now())] == [
                (poison.id, "CheckViolationError")
            ]

        await until(seen)
        assert (await other.send(done(other, "goes-on"))).revision == 2
        await pool.execute("ALTER TABLE commits DROP CONSTRAINT poison")
        assert (await sent).revision == 2
        assert await troubles(pool, now()) == []
