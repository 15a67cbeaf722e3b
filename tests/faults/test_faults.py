"""What the engine must stand: a worker, the database or Temporal gone in the middle of 200 commands."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError

from planner.refused import Refused
from records.database import LOST
from schemas.codes import Attendance, Mechanism, StepKind
from schemas.command import Complete, Receipt
from tests.faults.conftest import World, now
from workers.stop import Stop
from workers.transitions import send

COMMANDS = 200
AT_ONCE = 16
AWAY = 30.0
"""Seconds that a service is gone for."""

PATIENCE = 60.0
"""Seconds after which a client that hears nothing asks again."""

OPEN_STEPS = """
-- Steps that can be reported done, are not the last of their pathway, and end no other step by being done.
SELECT transition_id::text, step, kind FROM steps
WHERE state IN ('open', 'missed') AND kind NOT IN ('silence', 'handover', 'allocation')
    AND step NOT IN ('review-6-months', 'closing-review', 'engagement-check')
    AND step NOT IN ('assessment-attended', 'therapy-start-attended')
ORDER BY transition_id, step
"""


async def _todo(world: World, count: int, label: str) -> list[tuple[str, Complete]]:
    rows = random.Random(label).sample(await world.pool.fetch(OPEN_STEPS), count)
    return [
        (row["transition_id"], _done(f"{label}-{n}", row["step"], StepKind(row["kind"]))) for n, row in enumerate(rows)
    ]


def _done(command_id: str, step: str, kind: StepKind) -> Complete:
    if not kind.is_contact:
        return Complete(id=command_id, at=now(), step=step)
    return Complete(
        id=command_id, at=now(), step=step, attendance=Attendance.ATTENDED, mechanism=Mechanism.FACE_TO_FACE
    )


async def _until_answered(world: World, transition: str, command: Complete) -> Receipt:
    """Send a command as a patient client does: again, under the same id, until there is an answer."""
    deadline = now() + timedelta(seconds=180)
    while True:
        try:
            async with asyncio.timeout(PATIENCE):
                return await send(world.client, transition, command, world.pool)
        except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError, Stop, *LOST):
            if now() > deadline:
                raise
            await asyncio.sleep(0.5)  # the service is away: there is no condition to await but its return


async def _send_all(world: World, commands: list[tuple[str, Complete]], hurt: Callable[[], Awaitable[None]]) -> None:
    """Send every command twice, at most so many at once, and hurt something when a quarter is answered."""
    answered = 0
    quarter = asyncio.Event()
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(transition: str, command: Complete) -> None:
        nonlocal answered
        async with gate:
            first, second = await asyncio.gather(
                _until_answered(world, transition, command), _until_answered(world, transition, command)
            )
        assert first == second
        answered += 1
        if answered >= len(commands) // 4:
            quarter.set()

    async def harm() -> None:
        await quarter.wait()
        await hurt()

    await asyncio.gather(harm(), *(one(transition, command) for transition, command in commands))


async def _all_is_well(world: World, commands: list[tuple[str, Complete]]) -> None:
    rows = await world.pool.fetch(
        "SELECT transition_id::text, id FROM commands WHERE id = ANY($1)", [command.id for _, command in commands]
    )
    assert sorted((row["transition_id"], row["id"]) for row in rows) == sorted(
        (transition, command.id) for transition, command in commands
    )
    done = await world.pool.fetch(
        "SELECT transition_id::text, step FROM events WHERE event = 'completed' AND command_id = ANY($1)",
        [command.id for _, command in commands],
    )
    assert Counter((row["transition_id"], row["step"]) for row in done) == Counter(
        (transition, command.step) for transition, command in commands
    )
    code, said = await world.run("reconcile")
    assert code == 0, said


async def test_killed_worker(world: World) -> None:
    """A worker killed in the middle: another takes over, and nothing is lost or done twice."""

    async def hurt() -> None:
        await world.kill_worker()
        await world.start_worker()

    commands = await _todo(world, COMMANDS, "killed-worker")
    await _send_all(world, commands, hurt)
    await _all_is_well(world, commands)


async def test_database_away(world: World) -> None:
    """PostgreSQL stopped for half a minute: the commits wait for it."""

    async def hurt() -> None:
        async with world.services.away(world.services.postgres):
            await asyncio.sleep(AWAY)

    commands = await _todo(world, COMMANDS // 2, "database-away")
    await _send_all(world, commands, hurt)
    await _all_is_well(world, commands)


async def test_temporal_away(world: World) -> None:
    """Temporal stopped for half a minute: the journeys go on where they were."""

    async def hurt() -> None:
        async with world.services.away(world.services.temporal):
            await asyncio.sleep(AWAY)

    commands = await _todo(world, COMMANDS // 4, "temporal-away")
    await _send_all(world, commands, hurt)
    await _all_is_well(world, commands)


async def test_two_conflicting_commands(world: World) -> None:
    """Two people report the same step at once: one is thanked, the other is told."""
    for transition, command in await _todo(world, 10, "conflicting"):
        other = command.model_copy(update={"id": f"{command.id}-other"})
        answers = await asyncio.gather(
            send(world.client, transition, command), send(world.client, transition, other), return_exceptions=True
        )
        assert sorted(type(answer).__name__ for answer in answers) == ["Receipt", "Refused"]
        refused = next(answer for answer in answers if isinstance(answer, Refused))
        assert refused.kind == "conflict"
        assert "done already" in refused.message


async def test_nobody_is_told_twice(world: World) -> None:
    """After all of that, each notice stands once under its key, and each rung fired once for a due instant."""
    twice = await world.pool.fetch(
        """SELECT transition_id, step, kind, due, number, recipient FROM notices
           GROUP BY 1, 2, 3, 4, 5, 6 HAVING count(*) > 1"""
    )
    assert twice == []
    fired = await world.pool.fetch(
        """SELECT transition_id, step, payload->>'due' AS due, payload->>'rung' AS rung FROM events
           WHERE event = 'escalated' GROUP BY 1, 2, 3, 4 HAVING count(*) > 1"""
    )
    assert fired == []
