"""The faults: each hurts one thing for a while, and puts it back itself."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import asyncpg

from tests.chaos.proxy import Proxy
from tests.chaos.world import World, killed, now
from workers.postgres_server import PostgresServer
from workers.temporal_server import TemporalServer

Fault: TypeAlias = Callable[[World, random.Random], Awaitable[None]]

CALM = (6.0, 20.0)
"""Seconds between two faults, from and to; in a short run less, so that it has a fault of each kind."""
SHORT, HURRIED = 300.0, (2.0, 6.0)
"""What is a short run, in seconds, and how long it is calm there."""
TOGETHER = 0.2
"""How often two things are hurt at once."""
LOG_ENTRIES = 16
"""Parts of the write-ahead log that are begun while the disk is full: more than are kept ready."""


async def kill_worker(world: World, chance: random.Random) -> None:
    """The worker is killed."""
    await world.worker.kill()


async def kill_web(world: World, chance: random.Random) -> None:
    """The web app is killed."""
    await world.web.kill()


async def kill_postgres(world: World, chance: random.Random) -> None:
    """PostgreSQL is killed, and recovers from its log when it is started again."""
    await _killed_and_started(world.postgres, chance)


async def kill_temporal(world: World, chance: random.Random) -> None:
    """Temporal is killed, and goes on from its file when it is started again."""
    await _killed_and_started(world.temporal, chance)


async def _killed_and_started(server: PostgresServer | TemporalServer, chance: random.Random) -> None:
    await killed(server)
    await asyncio.sleep(chance.uniform(0, 6))
    await server.start()


async def fill_disk(world: World, chance: random.Random) -> None:
    """PostgreSQL's disk gets full: what it can write it writes, and half of the times its log has no room either."""
    if world.disk is None:
        raise RuntimeError("there is no disk to be filled")
    world.disk.fill()
    try:
        if chance.random() < 0.5:
            await _use_up_the_log(world)
        await asyncio.sleep(chance.uniform(2, 6))
    finally:
        world.disk.free()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(5):  # it recovers by itself, unless there was no room to do so
            while world.postgres.child.running and not await world.postgres.answers():
                await asyncio.sleep(0.1)
    if not await world.postgres.answers():
        await world.postgres.stop()
        await world.postgres.start()


async def _use_up_the_log(world: World) -> None:
    """Begin one part of the log after another, until there is none: then PostgreSQL stops rather than lose anything."""
    with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        owner = await asyncpg.connect(world.postgres.url, timeout=5, command_timeout=5)
        try:
            for _ in range(LOG_ENTRIES):
                await owner.execute("SELECT pg_logical_emit_message(true, 'chaos', 'x')")
                await owner.execute("SELECT pg_switch_wal()")
        finally:
            owner.terminate()


async def slow(world: World, chance: random.Random) -> None:
    """A wire, or both, is slow."""
    wires = _some_wires(world, chance)
    for wire in wires:
        wire.delay = chance.choice([0.05, 0.3, 1.5])
    await asyncio.sleep(chance.uniform(2, 8))
    for wire in wires:
        wire.delay = 0.0


async def cut(world: World, chance: random.Random) -> None:
    """A wire, or both, is cut: with what is under way in it, and for a while or only for a moment."""
    wires = _some_wires(world, chance)
    for wire in wires:
        wire.cut()
    await asyncio.sleep(chance.choice([0.0, 1.0, chance.uniform(2, 8)]))
    for wire in wires:
        wire.mend()


def _some_wires(world: World, chance: random.Random) -> list[Proxy]:
    return chance.choice(
        [[world.database_wire], [world.temporal_wire], [world.database_wire, world.temporal_wire]],
    )


async def upgrade(world: World, chance: random.Random) -> None:
    """The worker is replaced by one of the next build; for a moment both run."""
    world.build += 1
    before, after = world.worker, world.new_worker(world.build)
    after.open()
    while not after.ready:
        await asyncio.sleep(0.1)
    world.worker = after
    await asyncio.sleep(chance.uniform(0, 2))
    await before.close(at_once=chance.random() < 0.5)


FAULTS: Mapping[str, Fault] = {
    "worker killed": kill_worker,
    "web app killed": kill_web,
    "PostgreSQL killed": kill_postgres,
    "Temporal killed": kill_temporal,
    "PostgreSQL's disk full": fill_disk,
    "connections slow": slow,
    "connections cut": cut,
}
HOLDS_NOTHING_UP = frozenset({"web app killed"})
"""What no promise needs."""
LEAVES_THE_RECORDS = frozenset({"web app killed", "worker killed", "Temporal killed", "worker upgraded"})
"""After these nothing waits for its next try at the records."""
UPGRADE = "worker upgraded"
BUILDS = 2
"""Newer builds in a run, each after a third of the time: a running journey takes up the first or both or neither. In a
short run there is one, after half of it."""


def _on(world: World) -> Callable[[Fault, random.Random], Awaitable[None]]:
    return lambda fault, chance: fault(world, chance)


class Storm:
    """Hurts one thing after another, at random, each kind as often as another."""

    def __init__(self, world: World, chance: random.Random, seconds: float) -> None:
        self._world = world
        self._chance = chance
        self._seconds = seconds
        self.count: Counter[str] = Counter()
        kinds = [kind for kind in FAULTS if world.disk is not None or FAULTS[kind] is not fill_disk]
        self._kinds = kinds
        self._calm, self._builds = (CALM, BUILDS) if seconds > SHORT else (HURRIED, 1)
        self._next: list[str] = []

    async def rage(self) -> None:
        """Until the time is over; everything answers when this returns."""
        began = now()
        while (gone := (now() - began).total_seconds()) < self._seconds:
            await asyncio.sleep(min(self._chance.uniform(*self._calm), self._seconds - gone))
            gone = (now() - began).total_seconds()
            if gone > self._seconds * (self._world.build + 1) / (self._builds + 1) and self._world.build < self._builds:
                await self._hurt({UPGRADE: upgrade})
            elif gone < self._seconds:
                kinds = {self._draw() for _ in range(2 if self._chance.random() < TOGETHER else 1)}
                await self._hurt({kind: FAULTS[kind] for kind in sorted(kinds)})

    def _draw(self) -> str:
        """The kinds in an order drawn anew each time round, so that a short run has each of them, too."""
        if not self._next:
            self._next = self._chance.sample(self._kinds, len(self._kinds))
        return self._next.pop()

    async def _hurt(self, faults: Mapping[str, Fault]) -> None:
        chances = [random.Random(self._chance.random()) for _ in faults]
        held_up, of_records = set(faults) - HOLDS_NOTHING_UP, set(faults) - LEAVES_THE_RECORDS
        what = " and ".join(faults)
        async with self._world.outage(what, holds_up=bool(held_up), of_records=bool(of_records)):
            await asyncio.gather(*map(_on(self._world), faults.values(), chances))
        self.count.update(faults.keys())
