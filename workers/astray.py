"""Journeys and visits whose history is not what their workflow would do now: followed anew from the records.

However that came about (a build that does otherwise, a fault of a library), nothing falls due there any more, and
trying again never helps. The records hold everything that happened, and are what counts; so this does not wait for
anybody. What fails for another reason is left alone: a mended build resumes it where it is.
"""

from temporalio.client import Client

from records.reconcile import Difference, Kind
from workers import mending, still, transitions, visits
from workers.client import Pool
from workers.described import went_astray
from workers.settings import Settings

EVERY = 15.0
"""Seconds from look to look."""


async def follow_anew(client: Client, settings: Settings, db: Pool) -> int:
    """Follow anew what is not followed any more for that reason; how many there were."""
    queue = settings.task_queue
    workflows = [
        *((Kind.STUCK, one, transitions.workflow_id(one)) for one in await still.failing_journeys(client, queue)),
        *((Kind.VISIT_STUCK, one, visits.workflow_id(one)) for one in await still.failing_visits(client, queue)),
    ]
    found = [
        Difference(kind, one, "Its history is not what its workflow would do now.")
        for kind, one, workflow in workflows
        if await went_astray(client, workflow)
    ]
    return sum(one.mended for one in await mending.mend(client, settings, db, found))
