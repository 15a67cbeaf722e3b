"""People at work while everything is hurt: each says one thing after another, and asks until there is an answer."""

import asyncio
import random
import time
from uuid import UUID

import httpx

from tests.chaos import acts
from tests.chaos.acts import Person, Step
from tests.chaos.doors import LOST, ApiDoor, Door, WorkflowDoor
from tests.chaos.ledger import Entry, Ledger, Way
from tests.chaos.world import World, now

AT_WORK = 6
"""How many people work at the same time."""
PAUSE = (0.1, 0.9)
"""Seconds between two things that one of them does."""
AGAIN = (0.2, 1.5)
"""Seconds until somebody asks again who got no answer."""
LATER = (1.0, 20.0)
"""Seconds until somebody asks again who did get one."""
GIVES_UP = 240.0
"""Seconds after which nobody asks any more: the verdict names what was never answered."""
SENT_AGAIN = 0.15
"""How much of what was recorded is sent again all the same."""
BY_API = 0.4
"""How much is said by the API; the rest as the pages and the command line do."""

PEOPLE = """
-- Whose journeys are open.
SELECT id::text FROM transitions WHERE status = 'open' ORDER BY id
"""
PERSON = """
-- How a journey stands.
SELECT t.pathway, t.revision, t.coordinator_id, t.on_hold, s.step, s.kind, s.state, s.ladder, s.rung
FROM transitions t JOIN steps s ON s.transition_id = t.id WHERE t.id = $1 ORDER BY s.step
"""


class Users:
    """Everybody at work."""

    def __init__(self, world: World, tokens: dict[str, str], seed: int) -> None:
        self._world = world
        self._seed = seed
        self._browser = httpx.AsyncClient(base_url=world.web_url, timeout=None)
        self._api = ApiDoor(self._browser, tokens)
        self._doors: dict[Way, Door] = {"workflow": WorkflowDoor(world.client, world.pool), "api": self._api}
        self._going_home = asyncio.Event()
        self.ledger = Ledger()

    @property
    def faults(self) -> list[str]:
        """What the API answered as a fault of its own."""
        return self._api.faults

    async def work(self) -> None:
        """Until they are told to go home; whatever they have said has been answered then, or was given up on."""
        people = [row["id"] for row in await self._world.records.fetch(PEOPLE)]
        try:
            async with asyncio.TaskGroup() as everybody:
                for number in range(AT_WORK):
                    everybody.create_task(self._one(number, people))
        finally:
            await self._browser.aclose()

    def go_home(self) -> None:
        """Nobody says anything new."""
        self._going_home.set()

    async def _one(self, number: int, people: list[str]) -> None:
        chance = random.Random(f"{self._seed} {number}")
        said = 0
        async with asyncio.TaskGroup() as later:
            while not self._going_home.is_set():
                person = await self._read(chance.choice(people))
                if person is not None:
                    said += 1
                    await self._act(person, chance, f"chaos-{self._seed}-{number}-{said}", later)
                await asyncio.sleep(chance.uniform(*PAUSE))

    async def _read(self, transition: str) -> Person | None:
        """How a journey stands, by the records; None when they are away."""
        try:
            async with asyncio.timeout(5):
                rows = await self._world.pool.fetch(PERSON, UUID(transition))
        except LOST:
            return None
        if not rows:
            return None
        head = rows[0]
        steps = [Step(row["step"], row["kind"], row["state"], row["ladder"], row["rung"]) for row in rows]
        coordinator = head["coordinator_id"] or "coord-n1"
        return Person(transition, head["pathway"], head["revision"], coordinator, head["on_hold"], steps)

    async def _act(self, person: Person, chance: random.Random, name: str, later: asyncio.TaskGroup) -> None:
        """Do one thing, in one of the ways in which people do it."""
        [act] = chance.choices(list(acts.ACTS), list(acts.ACTS.values()))
        fields = act(person, chance, now())
        if fields is None:
            return
        way: Way = "api" if chance.random() < BY_API else "workflow"
        if act is acts.moved:
            said = self._two_at_once(person, [fields, act(person, chance, now()) or fields], name, way, chance)
        else:
            seen = chance.choices([None, person.revision, person.revision - 1], [80, 12, 8])[0]
            command = acts.command(person, fields, name, now(), if_revision=seen)
            said = [Entry(person.transition, command, way)]
        self.ledger.entries += said
        times = 1 if len(said) > 1 else chance.choices([1, 2, 3], [70, 25, 5])[0]
        await asyncio.gather(*(self._until_known(one, chance) for one in said * times))
        for one in said:
            if one.accepted and chance.random() < SENT_AGAIN:
                later.create_task(self._once_more(one, chance))

    def _two_at_once(
        self, person: Person, both: list[acts.Fields], name: str, way: Way, chance: random.Random
    ) -> list[Entry]:
        """Two people say something different at the same moment; mostly each says by which revision they decided."""
        by_one_revision = chance.random() < 0.7
        seen = person.revision if by_one_revision else None
        said = [
            acts.command(person, fields, f"{name}-{who}", now(), if_revision=seen)
            for who, fields in zip("ab", both, strict=True)
        ]
        return [Entry(person.transition, one, way, rivals=name if by_one_revision else None) for one in said]

    async def _once_more(self, entry: Entry, chance: random.Random) -> None:
        """What was recorded is sent again a while later, by a program that does not know it."""
        await asyncio.sleep(chance.uniform(*LATER))
        await self._until_known(entry, chance)

    async def _until_known(self, entry: Entry, chance: random.Random) -> None:
        """Ask, and ask again under the same id, until there is an answer."""
        deadline = time.monotonic() + GIVES_UP
        while True:
            answer = await self._doors[entry.way].ask(entry)
            entry.answers.append(answer)
            if answer.unknown is None or time.monotonic() > deadline:
                return
            await asyncio.sleep(chance.uniform(*AGAIN))
