"""The keys that what Temporal holds of people is sealed with: found by the workflow, and at hand for a moment.

A worker opens and seals at every turn of every journey. What it asked for just now it does not ask for again, and while
the records are away it goes on with what it had, so that nobody's turn is lost for it.
"""

import asyncio
import time
from collections import OrderedDict
from typing import NamedTuple, TypeVar
from uuid import UUID

from records.database import LOST, Database, connected
from records.errors import RecordsError
from records.keyring import Unreadable
from records.person_keys import PersonSealer, person_sealer

TRANSITION, VISIT = "transition-", "visit-"
"""How the ids of workflows begin that are about one person."""
AT_HAND = 30.0
"""Seconds for which a key is used that was read: so long after an erasure the last process may open something."""
WITHOUT_RECORDS = 12 * 3600.0
"""Seconds for which it is used while the records cannot be asked."""
PATIENCE = 8.0
"""Seconds for the records to answer: less than a turn of a workflow may take."""
MOST = 10_000
"""Keys, and workflows, that are at hand."""

OF_TRANSITION = """
-- Whose a transition is.
SELECT person_id FROM transitions WHERE id = $1
"""
OF_VISIT = """
-- To whom a visit is, if it is to a person.
SELECT t.person_id FROM visits v LEFT JOIN transitions t ON t.id = v.transition_id WHERE v.id = $1
"""

K = TypeVar("K")
V = TypeVar("V")


class WhoseUnknown(Unreadable):
    """It is about a person, and the records do not know whom: nothing of it is sealed or opened."""

    def __init__(self) -> None:
        said = "It is not known whose this is: it opens with the key of a person who is not in the records."
        RecordsError.__init__(self, "not-found", said)
        self.key = None


class Held(NamedTuple):
    """A key that is at hand, and since when."""

    sealer: PersonSealer
    since: float


class PayloadKeys:
    """Finds what seals for the person of a workflow."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._whose: OrderedDict[str, UUID | None] = OrderedDict()
        self._heard: OrderedDict[str, UUID | None] = OrderedDict()
        self._held: OrderedDict[UUID, Held] = OrderedDict()

    async def of_workflow(self, workflow: str) -> PersonSealer | None:
        """What seals for the person of a workflow; None when it is of nobody.

        Raises Unreadable when that is not known or the key was destroyed, and one of LOST while the records are away.
        """
        if not workflow.startswith((TRANSITION, VISIT)):
            return None
        person = await self._person(workflow)
        return await self.of_person(person) if person is not None else None

    async def of_person(self, person_id: UUID) -> PersonSealer:
        """What seals for a person. Raises as the other does."""
        held = self._held.get(person_id)
        if held is not None and time.monotonic() - held.since < AT_HAND:
            return held.sealer
        try:
            async with asyncio.timeout(PATIENCE):
                sealer = await person_sealer(self._db, person_id)
        except LOST:
            if held is None or time.monotonic() - held.since > WITHOUT_RECORDS:
                raise
            return held.sealer
        except RecordsError as gone:
            self._held.pop(person_id, None)
            if isinstance(gone, Unreadable):
                raise
            raise WhoseUnknown from None
        _keep(self._held, person_id, Held(sealer, time.monotonic()))
        return sealer

    def hear(self, workflow: str, person_id: UUID | None) -> None:
        """Something of a workflow was of this person: a visit is sealed before the records have it."""
        if workflow.startswith((TRANSITION, VISIT)):
            _keep(self._heard, workflow, person_id)

    async def hear_of(self, workflow: str, transition_id: str | None) -> None:
        """Something is about to begin that is of whoever a transition is of."""
        self.hear(workflow, await self._person(f"{TRANSITION}{transition_id}") if transition_id else None)

    async def _person(self, workflow: str) -> UUID | None:
        """Whose a workflow is. What the records say is for good; where they do not know it, what was heard of it."""
        if workflow not in self._whose:
            kind = TRANSITION if workflow.startswith(TRANSITION) else VISIT
            async with asyncio.timeout(PATIENCE), connected(self._db) as link:
                which = _uuid(workflow.removeprefix(kind))
                row = which and await link.fetchrow(OF_TRANSITION if kind == TRANSITION else OF_VISIT, which)
            if not row:
                if workflow not in self._heard:
                    raise WhoseUnknown
                return self._heard[workflow]
            _keep(self._whose, workflow, row["person_id"])
        self._whose.move_to_end(workflow)
        return self._whose[workflow]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _keep(held: "OrderedDict[K, V]", key: K, value: V) -> None:
    held[key] = value
    held.move_to_end(key)
    if len(held) > MOST:
        held.popitem(last=False)
