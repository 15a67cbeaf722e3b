"""Journeys whose history is not what their workflow would do now: followed anew from where the records stand.

However that came about (a build that does otherwise, a fault of a library), nothing falls due there any more, and
trying again never helps. The records hold everything that happened, and are what counts; so this does not wait for
anybody. What fails for another reason is left alone: a mended build resumes it where it is.
"""

from temporalio.client import Client

from records.reconcile import Difference, Kind
from workers import mending, still, transitions
from workers.client import Pool
from workers.settings import Settings

EVERY = 60.0
"""Seconds from look to look."""


async def follow_anew(client: Client, settings: Settings, db: Pool) -> int:
    """Follow anew whoever is not followed any more for that reason; how many there were."""
    found = [
        Difference(Kind.STUCK, one, "Its history is not what its workflow would do now.")
        for one in await still.failing(client, settings.task_queue)
        if await transitions.went_astray(client, one)
    ]
    return sum(one.mended for one in await mending.mend(client, settings, db, found))
