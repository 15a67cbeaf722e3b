"""The visits of a rehearsal, by the real workflow: sent, waited for, and read back from the records."""

from datetime import datetime

from temporalio.client import Client

from planner import outings
from planner.refused import Refused
from planner.rehearsal import Entry
from planner.visits import Alert
from records.errors import RecordsError
from schemas.codes import Role
from schemas.event import Event
from schemas.visit import CheckOut, Extend, Visit
from workers import visits
from workers.client import Pool

ALERTS = """
-- Who was told of the visits of a transition.
SELECT v.id::text AS id, a.at, a.rung, a.roles FROM visits v JOIN visit_alerts a ON a.visit_id = v.id
WHERE v.transition_id = $1 ORDER BY a.at, a.rung
"""


class RehearsedVisits:
    """Who is out in a story that is played durably."""

    def __init__(self, client: Client, task_queue: str, pool: Pool, ahead_by: float) -> None:
        self._client = client
        self._task_queue = task_queue
        self._pool = pool
        self._ahead_by = ahead_by
        self._out: dict[str, Visit] = {}
        self._all: dict[str, Visit] = {}
        self.events: list[Event] = []

    async def tell(self, entry: Entry, command: Visit | CheckOut | Extend) -> None:
        """Send what happens; Refused when it cannot be done."""
        try:
            self.events.append(await self._tell(entry, command))
        except RecordsError as why:
            raise Refused(why.kind, why.message) from why

    async def _tell(self, entry: Entry, command: Visit | CheckOut | Extend) -> Event:
        if isinstance(command, Visit):
            if command.staff in self._out:
                raise Refused("conflict", f"{command.staff} is out already: check them out first.")
            visit = await visits.check_in(self._client, self._task_queue, self._pool, command, ahead_by=self._ahead_by)
            self._out[visit.staff] = self._all[visit.id] = visit
            return outings.went(visit)
        staff = entry.extend_visit.staff if entry.extend_visit else entry.check_out or ""
        if staff not in self._out:
            raise Refused("not-found", f"{staff} is not out.")
        out = self._out[staff].id
        if isinstance(command, Extend):
            longer = await visits.extend(self._client, self._task_queue, self._pool, out, command)
            return outings.extended(longer, command.at)
        back = await visits.check_out(self._client, self._task_queue, self._pool, out, command)
        del self._out[staff]
        return outings.came_back(back)

    async def due(self) -> datetime | None:
        """When somebody is told next that somebody is not back."""
        found = [await visits.next_alert(self._client, visit.id) for visit in self._out.values()]
        return min((at for at in found if at is not None), default=None)

    async def read(self, transition_id: str) -> list[Event]:
        """Everything that happened to those who were out. Nobody is missed after the story."""
        for row in await self._pool.fetch(ALERTS, transition_id):
            alert = Alert(row["at"], row["rung"], tuple(Role(role) for role in row["roles"]))
            self.events.append(outings.told(self._all[row["id"]], alert))
        for visit in self._out.values():
            await self._client.get_workflow_handle(visits.workflow_id(visit.id)).terminate(reason="played")
        return self.events
