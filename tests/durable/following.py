"""People taken on for a test: registered, followed by a worker of the test's own, and asked things."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

from pathways.loader import find
from records import people, staff
from schemas.codes import Role
from schemas.command import AnyCommand, Receipt, Start
from schemas.pathway import Pathway
from schemas.person import Person
from schemas.staff import StaffMember
from tests.keys import for_people
from workers.client import Pool
from workers.settings import Settings, load_settings
from workers.transitions import send, start_transition, workflow_id
from workers.worker import build_worker
from workflows import attributes
from workflows.transition import TransitionWorkflow

TEAM = "North"
COORDINATOR = "coordinator-1"
GIVEN_NAME, FAMILY_NAME = "Clementine", "Featherstonehaugh"
"""Names that nobody has by chance: found anywhere in Temporal or in a message, they have leaked."""

STRICT = SandboxRestrictions.default.with_import_notification_policy(
    SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT
    | SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
)
"""What a workflow imports is passed through on purpose, each module, or its start fails."""

_numbers = itertools.count(1)


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


@dataclass
class Followed:
    """One person who is followed."""

    id: str
    start: Start
    client: Client
    pool: Pool

    @property
    def handle(self) -> WorkflowHandle[TransitionWorkflow, str]:
        """Their workflow."""
        return self.client.get_workflow_handle_for(TransitionWorkflow.run, workflow_id(self.id))

    async def send(self, command: AnyCommand) -> Receipt:
        """Send a command as every caller does."""
        return await send(self.client, self.id, command, self.pool)

    async def history_length(self) -> int:
        """How many events Temporal has written for the present run."""
        return (await self.handle.describe()).history_length

    async def records(self) -> dict[str, Any]:
        """Everything that the records hold of them: to see that something changed nothing."""
        return {
            table: [tuple(row) for row in await self.pool.fetch(f"SELECT * FROM {table} WHERE {key} = $1", self.id)]
            for table, key in [
                ("transitions", "id"),
                *((name, "transition_id") for name in ("steps", "commits", "events", "contacts", "notices")),
            ]
        }

    async def commits(self) -> list[tuple[int, str | None]]:
        """The revisions in the records, each with the command that caused it."""
        rows = await self.pool.fetch(
            "SELECT revision, command_id FROM commits WHERE transition_id = $1 ORDER BY revision", self.id
        )
        return [(row["revision"], row["command_id"]) for row in rows]


@dataclass
class Place:
    """Where people are followed: Temporal, the records, and the settings of the worker."""

    client: Client
    pool: Pool
    settings: Settings
    followed: list[Followed] = field(default_factory=list)

    async def leave(self) -> None:
        """Let nobody be followed any more whom no worker will follow."""
        for person in self.followed:
            with contextlib.suppress(RPCError):  # that one has ended
                await person.handle.terminate(reason="the test is over")

    async def register(self, pathway: Pathway, *, at: datetime, born: date, coordinator: str = COORDINATOR) -> str:
        """Enter a person and their transition, not followed yet; its id."""
        number = next(_numbers)
        person = Person(local_id=f"TEST-{number}", given_name=GIVEN_NAME, family_name=FAMILY_NAME, date_of_birth=born)
        return await people.register(
            self.pool, person, pathway=pathway.id, started=at, taken_on=at, coordinator=coordinator, team=TEAM
        )

    async def take_on(self, pathway: Pathway | None = None, **said: Any) -> Followed:
        """Register somebody and start following them."""
        followed = await self.registered(pathway, **said)
        await start_transition(self.client, self.settings.task_queue, followed.start, pathway or inpatient(), TEAM)
        return followed

    async def registered(self, pathway: Pathway | None = None, **said: Any) -> Followed:
        """Somebody who is registered, with the command that starts them."""
        at = now()
        born = date(1990, 1, 1)
        transition_id = await self.register(pathway or inpatient(), at=at, born=born)
        start = Start(id="start", transition_id=transition_id, at=at, born=born, coordinator=COORDINATOR, **said)
        self.followed.append(Followed(transition_id, start, self.client, self.pool))
        return self.followed[-1]

    def worker(self, **changed: Any) -> Worker:
        """A worker of this place, not yet running; `changed` settings are its own."""
        settings = self.settings.model_copy(update=changed)
        return build_worker(settings, self.client, self.pool, restrictions=STRICT)


def inpatient() -> Pathway:
    """The pathway that most tests go along."""
    return find("inpatient-to-community")


@asynccontextmanager
async def place(client: Client, pool: Pool, **settings: Any) -> AsyncIterator[Place]:
    """A place with staff, on a task queue of its own; nothing works there yet."""
    async with place_of(for_people(client, pool), pool, **settings) as found:
        yield found


@asynccontextmanager
async def place_of(client: Client, pool: Pool, **settings: Any) -> AsyncIterator[Place]:
    """The same for a client that has the keys of the people in `pool`."""
    await staff.upsert_staff(
        pool,
        [
            _member(COORDINATOR, Role.COORDINATOR, TEAM),
            _member("coordinator-2", Role.COORDINATOR, "South"),
            _member("lead-1", Role.TEAM_LEAD, TEAM),
        ],
    )
    found = Place(client, pool, load_settings(task_queue=f"durable-{uuid4()}", **settings))
    yield found
    await found.leave()


def _member(name: str, role: Role, team: str) -> StaffMember:
    return StaffMember(id=name, name=f"Staff {name}", role=role, team=team, email=f"{name}@example.org")


async def listed(person: Followed) -> dict[str, object]:
    """The search attributes that the workflow has."""
    found = (await person.handle.describe()).typed_search_attributes
    return {pair.key.name.removeprefix("Alongside"): pair.value for pair in found if pair.key in attributes.ALL}


async def until(look: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Wait until something has become true; AssertionError when it does not."""
    async with asyncio.timeout(seconds):
        while not await look():
            await asyncio.sleep(0.02)
