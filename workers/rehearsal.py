"""Rehearsals played durably: the real workflow, activities, worker and PostgreSQL, on a Temporal whose clock skips."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from temporalio.api.testservice.v1 import UnlockTimeSkippingRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from planner.journey import next_wake
from planner.refused import Refused
from planner.rehearsal import Colleague, Entry, Rehearsal, in_order, refused
from planner.visits import ANSWER_FOR_THEM
from records import people, staff
from records.keyring import KeyRing
from schemas.codes import Role
from schemas.command import AnyCommand, CoverAbsence, MoveDefinition
from schemas.event import Event
from schemas.pathway import Pathway
from schemas.person import Person, Registration
from schemas.staff import StaffMember
from schemas.visit import CheckOut, Extend, Visit
from workers.client import Pool, open_pool
from workers.described import UNANSWERED, patiently
from workers.embedded import ephemeral_postgres, time_skipping
from workers.rehearsed_visits import RehearsedVisits
from workers.settings import Settings
from workers.transitions import query_journey, send, start_transition, workflow_id
from workers.worker import build_worker

TEAM = "Rehearsal"
UNLOCKED_WITHIN = 20.0
"""Seconds after which a clock that was told to skip must have done so."""
TRIES = 12
"""How often the server is asked before nobody believes that it answers."""
A_MOMENT = 0.005
"""Seconds between two looks at whether the workflow has done what was due."""

EVENTS_AFTER = """
-- What happened to a transition after a revision.
SELECT revision, readable(transition_id, payload) AS payload FROM events
WHERE transition_id = $1 AND revision > $2 ORDER BY revision, seq
"""


CLEAR = """
-- Nobody of an earlier story works here any more, and no hour of theirs is spoken for.
WITH bookings AS (DELETE FROM bookings), assignments AS (DELETE FROM assignments), absences AS (DELETE FROM absences),
    queue AS (DELETE FROM peer_queue)
UPDATE staff SET active = false WHERE active
"""
SETTLE_POLICY = """
-- What the rehearsed team has settled for itself.
UPDATE teams SET policy = $2::text::jsonb WHERE name = $1
"""


AWAY = """
-- A worker of the story is away.
INSERT INTO absences (staff, starts, ends) VALUES ($1, $2, $3)
"""


class Stage:
    """Where rehearsals are played durably, one at a time."""

    def __init__(self, environment: WorkflowEnvironment, pool: Pool, task_queue: str) -> None:
        self._environment = environment
        self._pool = pool
        self._task_queue = task_queue

    @property
    def client(self) -> Client:
        """A client of the Temporal whose clock skips."""
        return self._environment.client

    async def play(
        self,
        rehearsal: Rehearsal,
        pathway: Pathway,
        load: Callable[[str], Pathway],
        transition_id: str | None = None,
    ) -> list[Event]:
        """Play the whole story; the trace is what the records hold afterwards, and what was refused."""
        transition_id = transition_id or str(uuid4())
        await self._register(rehearsal, pathway, transition_id)
        ahead_by = rehearsal.start.at - await self._environment.get_current_time()
        await start_transition(
            self._environment.client,
            self._task_queue,
            rehearsal.starting(transition_id),
            pathway,
            TEAM,
            ahead_by=ahead_by.total_seconds(),
        )
        outside = RehearsedVisits(self._environment.client, self._task_queue, self._pool, ahead_by.total_seconds())
        play = _Play(self._environment, self._pool, transition_id, ahead_by, pathway, outside)
        for entry, command in rehearsal.told(load, transition_id):
            await play.until(entry.at)
            try:
                await play.tell(entry, command)
            except Refused as why:
                await play.read()
                play.trace.append(refused(entry, why))
        await play.until(rehearsal.until)
        await play.read()
        await self._end(transition_id)
        return in_order(play.trace, await outside.read(transition_id))

    async def _end(self, transition_id: str) -> None:
        """Nothing is followed after its story; one that closed in it has ended already."""
        try:
            await self._environment.client.get_workflow_handle(workflow_id(transition_id)).terminate(reason="played")
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def _register(self, rehearsal: Rehearsal, pathway: Pathway, transition_id: str) -> None:
        offered = [entry.handover.to for entry in rehearsal.happens if entry.handover]
        await self._pool.execute(CLEAR)
        coordinators = [
            StaffMember(id=name, name="Rehearsing Coordinator", role=pathway.coordinator, team=TEAM)
            for name in dict.fromkeys([rehearsal.start.coordinator, *offered])
        ]
        managers = [
            StaffMember(id=f"{role}-1", name="Rehearsing Manager", role=role, team=TEAM)
            for role in (ANSWER_FOR_THEM if rehearsal.staff else ())
        ]
        await staff.upsert_staff(self._pool, [*coordinators, *managers, *map(_member, rehearsal.staff)])
        await self._pool.execute(SETTLE_POLICY, TEAM, rehearsal.policy.model_dump_json(exclude_unset=True))
        person = Person(
            local_id=transition_id,
            given_name="Rehearsing",
            family_name="Person",
            date_of_birth=rehearsal.start.born or date(1990, 1, 1),
        )
        registration = Registration(
            id=UUID(transition_id),
            pathway=pathway.id,
            started=rehearsal.start.started or rehearsal.start.at,
            taken_on=rehearsal.start.at,
            team=TEAM,
            coordinator=rehearsal.start.coordinator,
            division=rehearsal.division,
        )
        await people.register_id(self._pool, person, registration)


def _member(colleague: Colleague) -> StaffMember:
    return StaffMember(
        id=colleague.id,
        name="Rehearsing Worker",
        role=Role.PEER_WORKER,
        team=TEAM,
        hours_per_week=colleague.hours,
        works=colleague.works,
        languages=colleague.languages,
        attributes=colleague.attributes,
        settings=colleague.settings,
        job_share=colleague.job_share,
    )


class _Play:
    """One rehearsal being played."""

    def __init__(
        self,
        environment: WorkflowEnvironment,
        pool: Pool,
        transition_id: str,
        ahead_by: timedelta,
        pathway: Pathway,
        outside: RehearsedVisits,
    ) -> None:
        self._environment = environment
        self._pool = pool
        self._outside = outside
        self._id = transition_id
        self._ahead_by = ahead_by
        self._pathway = pathway
        self._revision = 0
        self.trace: list[Event] = []

    async def until(self, at: datetime) -> None:
        """Let the clock skip to an instant of the story, from one thing that is due to the next.

        Never over one: while the clock skips, the server lets tasks that are being worked on expire too.
        """
        due = await self._due()
        while due is not None and due <= at:
            await self._skip(due)
            due = await self._due_after(due)
        await self._skip(at)

    async def _due_after(self, due: datetime) -> datetime | None:
        """Wait until what was due is done with; when the next thing is."""
        while True:
            following = await self._due()
            if following != due:
                return following
            await asyncio.sleep(A_MOMENT)

    async def _skip(self, at: datetime) -> None:
        now = await self._environment.get_current_time() + self._ahead_by
        if at <= now:
            return
        try:
            await self._environment.sleep(at - now)
        except RPCError as error:
            if error.status not in UNANSWERED:
                raise
            await self._unlock(at)

    async def _unlock(self, at: datetime) -> None:
        """The server forgets, when a task expires on a busy machine, to let its clock skip again: it is told to."""
        if await self._environment.get_current_time() + self._ahead_by < at:
            await self._environment.client.test_service.unlock_time_skipping(UnlockTimeSkippingRequest())
        async with asyncio.timeout(UNLOCKED_WITHIN):
            while True:
                if await self._environment.get_current_time() + self._ahead_by >= at:
                    return
                await asyncio.sleep(A_MOMENT)

    async def _due(self) -> datetime | None:
        """When time alone changes the journey, or tells of somebody who is out, next.

        The workflows are asked, and not the records: their answer comes when their task is over and the clock may skip.
        """
        # On a busy machine the server loses one now and then: it says so itself, or is waited for in vain.
        journey = await patiently(lambda: query_journey(self._environment.client, self._id), TRIES)
        own = None if journey.closed else next_wake(self._pathway, journey)
        others = await patiently(self._outside.due, TRIES)
        return min((at for at in (own, others) if at is not None), default=None)

    async def tell(self, entry: Entry, command: AnyCommand | Visit | CheckOut | Extend) -> None:
        """Send a command and wait for its receipt."""
        if isinstance(command, Visit | CheckOut | Extend):
            await self._outside.tell(entry, command)
            return
        if isinstance(command, CoverAbsence):
            await self._pool.execute(AWAY, command.staff, command.starts, command.ends)
        await send(self._environment.client, self._id, command, self._pool)
        if isinstance(command, MoveDefinition):
            self._pathway = Pathway.parse_canonical(command.definition)

    async def read(self) -> None:
        """Add what has happened since the last reading to the trace."""
        for row in await self._pool.fetch(EVENTS_AFTER, self._id, self._revision):
            self.trace.append(Event.model_validate_json(row["payload"]))
            self._revision = row["revision"]


@asynccontextmanager
async def stage(settings: Settings) -> AsyncIterator[Stage]:
    """A stage of its own, with services that are thrown away at the end."""
    task_queue = f"rehearsal-{uuid4()}"
    own = settings.model_copy(update={"task_queue": task_queue, "smtp_host": None, "deployment_name": None})
    keys = KeyRing.fresh(datetime.now(UTC).date())
    async with ephemeral_postgres() as postgres, time_skipping(keys) as environment:
        pool = await open_pool(postgres.url, keys)
        try:
            async with build_worker(own, environment.client, pool):
                yield Stage(environment, pool, task_queue)
        finally:
            pool.terminate()
