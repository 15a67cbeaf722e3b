"""What a person's workflow costs beside a bare one: latency, history, CPU, throughput, memory."""

import asyncio
import compileall
import gc
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

import psutil
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from pathways.loader import find
from records import people, staff
from schemas.codes import Role
from schemas.command import Complete, Start
from schemas.person import Person
from schemas.staff import StaffMember
from tests.bench import bare as bare_module
from tests.bench.bare import BareWorkflow, nothing
from workers.client import Pool
from workers.settings import Settings
from workers.transitions import send, start_transition, workflow_id
from workers.worker import build_worker

PATHWAY = "inpatient-to-community"
STEPS = ("named-coordinator", "discharge-plan", "baseline-measures")
AT_ONCE = 16
T = TypeVar("T")


@dataclass
class Cost:
    """One thing measured for both: the bare workflow and ours."""

    bare: float
    ours: float

    @property
    def ratio(self) -> float:
        """Ours in multiples of the bare one."""
        return self.ours / self.bare


@dataclass
class Costs:
    """Everything measured of the durable part."""

    milliseconds_a_command: Cost
    events_a_command: Cost
    cpu_milliseconds_a_start: Cost
    starts_a_second: Cost
    commands_a_second: Cost
    kibibytes_a_journey: Cost


class Bare:
    """The bare workflow, asked for the same things."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def start(self) -> WorkflowHandle[BareWorkflow, None]:
        """Start one, and do its first piece of work, as ours is recorded when it starts."""
        handle = await self._client.start_workflow(BareWorkflow.run, id=f"bare-{uuid4()}", task_queue=self._task_queue)
        await handle.execute_update(BareWorkflow.command, "start")
        return handle

    async def tell(self, handle: WorkflowHandle[BareWorkflow, None], number: int) -> None:
        """One Update with one local activity."""
        await handle.execute_update(BareWorkflow.command, f"command {number}")


class Ours:
    """Transitions, with their records in PostgreSQL."""

    def __init__(self, client: Client, pool: Pool, task_queue: str) -> None:
        self._client = client
        self._pool = pool
        self._task_queue = task_queue
        self._pathway = find(PATHWAY)

    async def register(self) -> str:
        """A synthetic person's transition in the records, not started yet."""
        now = datetime.now(UTC)
        person = Person(local_id=str(uuid4()), given_name="Bench", family_name="Mark", date_of_birth=date(1990, 1, 1))
        return await people.register(
            self._pool, person, pathway=PATHWAY, started=now, taken_on=now, coordinator="bench", team="Bench"
        )

    async def start(self, transition_id: str) -> str:
        """Start following a registered transition."""
        start = Start(id="start", transition_id=transition_id, at=datetime.now(UTC), coordinator="bench")
        await start_transition(self._client, self._task_queue, start, self._pathway, "Bench")
        return transition_id

    async def tell(self, transition_id: str, number: int) -> None:
        """Complete a step."""
        command = Complete(id=f"bench-{number}", at=datetime.now(UTC), step=STEPS[number])
        await send(self._client, transition_id, command)

    def handle(self, transition_id: str) -> WorkflowHandle[Any, Any]:
        """The workflow of a transition."""
        return self._client.get_workflow_handle(workflow_id(transition_id))


async def measure(client: Client, pool: Pool, settings: Settings, *, people_count: int = 150) -> Costs:
    """Measure both, one after the other, on the same services."""
    await staff.upsert_staff(pool, [StaffMember(id="bench", name="Bench Mark", role=Role.COORDINATOR, team="Bench")])
    compileall.compile_file(str(bare_module.__file__), quiet=2)  # as the worker does for ours
    bare_queue = f"bare-{uuid4()}"
    bare = Bare(client, bare_queue)
    ours = Ours(client, pool, settings.task_queue)
    async with Worker(
        client, task_queue=bare_queue, workflows=[BareWorkflow], activities=[nothing], max_cached_workflows=2000
    ):
        await bare.start()
        bare_costs, bare_handles = await _starts([bare.start] * people_count)
        bare_latency, bare_events = await _commands(bare_handles, bare.tell, lambda handle: handle)
        bare_speed = await _throughput(bare_handles, lambda handle: bare.tell(handle, 0))
    async with build_worker(settings, client, pool):
        await ours.start(await ours.register())
        registered = [await ours.register() for _ in range(people_count)]
        starts = [partial(ours.start, one) for one in registered]
        our_costs, our_ids = await _starts(starts)
        our_latency, our_events = await _commands(our_ids, ours.tell, ours.handle)
        our_speed = await _throughput(our_ids, lambda one: ours.tell(one, 2))
    return Costs(
        milliseconds_a_command=Cost(bare_latency * 1e3, our_latency * 1e3),
        events_a_command=Cost(bare_events, our_events),
        cpu_milliseconds_a_start=Cost(bare_costs.cpu * 1e3, our_costs.cpu * 1e3),
        starts_a_second=Cost(bare_costs.speed, our_costs.speed),
        commands_a_second=Cost(bare_speed, our_speed),
        kibibytes_a_journey=Cost(bare_costs.memory / 1024, our_costs.memory / 1024),
    )


@dataclass
class _StartCosts:
    cpu: float
    speed: float
    memory: float


async def _starts(starts: Sequence[Callable[[], Awaitable[T]]]) -> tuple[_StartCosts, list[T]]:
    gc.collect()
    process = psutil.Process()
    memory, cpu, began = process.memory_info().rss, time.process_time(), time.perf_counter()
    started = await _at_most(AT_ONCE, starts)
    spent, cpu_spent = time.perf_counter() - began, time.process_time() - cpu
    gc.collect()
    grown = process.memory_info().rss - memory
    count = len(starts)
    return _StartCosts(cpu_spent / count, count / spent, grown / count), started


async def _commands(
    started: list[T],
    tell: Callable[[T, int], Awaitable[None]],
    handle: Callable[[T], WorkflowHandle[Any, Any]],
) -> tuple[float, float]:
    """The median latency of one command at a time, and the events that it adds to the history."""
    times, events = [], []
    for one in started:
        before = await _length(handle(one))
        began = time.perf_counter()
        await tell(one, 0)
        await tell(one, 1)
        times.append((time.perf_counter() - began) / 2)
        events.append((await _length(handle(one)) - before) / 2)
    return statistics.median(times), statistics.mean(events)


async def _length(handle: WorkflowHandle[Any, Any]) -> int:
    return (await handle.describe()).history_length


async def _throughput(started: list[T], tell: Callable[[T], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await _at_most(AT_ONCE, [partial(tell, one) for one in started])
    return len(started) / (time.perf_counter() - began)


async def _at_most(count: int, jobs: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    gate = asyncio.Semaphore(count)

    async def one(job: Callable[[], Awaitable[T]]) -> T:
        async with gate:
            return await job()

    return await asyncio.gather(*(one(job) for job in jobs))
