"""Journeys that were recorded lately, and whether whoever follows them knows it.

A command may be recorded at the very moment in which Temporal stops: its workflow then never hears of it, and would not
be there when what was asked for falls due. Whoever sent it is told that no answer came; this does not wait for them.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from records import reconcile
from records.reconcile import Difference, Kind
from workers import mending, transitions
from workers.client import Pool
from workers.settings import Settings

EVERY = 10.0
"""Seconds from look to look. A look without news is one question to an index."""
SETTLED = timedelta(seconds=15)
"""After so long whatever was on its way has come, or was lost: Temporal gives up on a task after ten seconds."""
BACK = timedelta(minutes=30)
"""How long before the latest that was recorded a worker begins to look, however long nothing ran since.

Long enough for workers that one after another die before they could look: what they had left is looked at by the next.
"""


def _now() -> datetime:
    return datetime.now(UTC)


class Abreast:
    """Looks after what was recorded since it looked last."""

    def __init__(self, client: Client, settings: Settings, db: Pool, clock: Callable[[], datetime] = _now) -> None:
        self._client, self._settings, self._db, self._clock = client, settings, db, clock
        self._looked_until: datetime | None = None
        self._unanswered: dict[str, int] = {}

    async def look(self) -> int:
        """Put each workflow that is behind the records where they stand; how many there were."""
        until = self._clock() - SETTLED
        since = self._looked_until or min(until, await reconcile.latest(self._db) or until) - BACK
        recorded = self._unanswered | await reconcile.recorded_between(self._db, since, until)
        told, stuck = await transitions.told_of(self._client, recorded)
        behind = [one for one, journey in told.items() if journey.revision < recorded[one]]
        differences = [Difference(Kind.OTHERWISE, one, "It had lost what was recorded.") for one in sorted(behind)]
        mended = await mending.mend(self._client, self._settings, self._db, differences)
        left = [*stuck, *(one.difference.id for one in mended if not one.mended)]
        self._looked_until, self._unanswered = until, {one: recorded[one] for one in left}
        return len(behind)
