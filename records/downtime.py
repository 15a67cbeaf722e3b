"""What somebody needs who goes on without Alongside: what is due and late, team by team, and who is out."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from records.database import Database, connected, transaction
from records.errors import RecordsError
from schemas.base import Stored
from schemas.codes import Role
from schemas.workforce import Place

AHEAD = timedelta(hours=48)
"""How far a worklist looks ahead. Local policy."""

TO_DO = """
-- What is late or due by an instant, team by team, owner by owner, the longest due first, with the time that is booked.
WITH keys AS (
    SELECT transition_id, step FROM steps WHERE state IN ('open', 'missed') AND due <= $1
    UNION
    SELECT transition_id, step FROM bookings WHERE status = 'booked' AND starts <= $1 AND transition_id IS NOT NULL
)
SELECT s.team, coalesce(h.name, s.holder) AS holder, s.owner, s.due, s.state = 'missed' AS late,
    s.ladder = 'safety' AS safety, readable(s.transition_id, s.title) AS title, s.step, p.local_id, p.given_name,
    p.family_name, t.on_hold,
    coalesce(c.name, t.coordinator_id) AS coordinator, s.rung, b.starts, b.place, b.worker
FROM keys JOIN steps s USING (transition_id, step)
JOIN transitions t ON t.id = s.transition_id JOIN people p ON p.id = t.person_id
LEFT JOIN staff h ON h.id = s.holder LEFT JOIN staff c ON c.id = t.coordinator_id
LEFT JOIN LATERAL (
    SELECT b.starts, b.place, m.name AS worker FROM bookings b JOIN staff m ON m.id = b.staff
    WHERE b.transition_id = s.transition_id AND b.step = s.step AND b.status = 'booked' ORDER BY b.starts LIMIT 1
) b ON true
WHERE s.state IN ('planned', 'open', 'missed') AND ($2::text IS NULL OR s.team = $2)
ORDER BY s.team, coalesce(h.name, s.holder, ''), s.owner, least(s.due, b.starts), s.transition_id, s.step
"""
OUT = """
-- Who is out, the first to be back first.
SELECT v.team, m.name, j.name AS joined_by, v.place, v.expected_end FROM visits v JOIN staff m ON m.id = v.staff
LEFT JOIN staff j ON j.id = v.joined_by
WHERE v.checked_out IS NULL AND ($1::text IS NULL OR v.team = $1) ORDER BY v.expected_end, v.id
"""
TEAM = """
-- Whether there is such a team.
SELECT EXISTS (SELECT FROM teams WHERE name = $1)
"""


class ToDo(Stored):
    """Something that is late, or due soon: for whom, whose it is, and when."""

    team: str
    holder: str | None
    owner: Role
    due: datetime | None
    late: bool
    safety: bool
    title: str
    step: str
    local_id: str
    given_name: str
    family_name: str
    on_hold: bool
    coordinator: str | None
    rung: int
    starts: datetime | None
    place: Place | None
    worker: str | None

    @property
    def whose(self) -> str:
        """Whoever has to do it: by name where it waits for somebody, else the role in the team."""
        return self.holder or f"The {self.owner.words}"


class Out(Stored):
    """Somebody who is out and is missed when they do not come back."""

    team: str | None
    name: str
    joined_by: str | None
    place: Place
    expected_end: datetime


async def to_do(db: Database, until: datetime, team: str | None = None) -> AsyncIterator[ToDo]:
    """What is late, or due by an instant. Raises RecordsError when there is no such team."""
    async with transaction(db) as link:
        if team is not None and not await link.fetchval(TEAM, team):
            raise RecordsError("not-found", f"There is no team {team}.")
        async for row in link.cursor(TO_DO, until, team):
            yield ToDo.model_validate(dict(row))


async def out(db: Database, team: str | None = None) -> list[Out]:
    """Who is out now, as far as is known."""
    async with connected(db) as link:
        return [Out.model_validate(dict(row)) for row in await link.fetch(OUT, team)]
