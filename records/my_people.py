"""A caseload, as whoever goes with people needs it: what is late or due today, and everybody whose journey is open."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from records import definitions, queries, roles
from records.database import Database, Link, connected
from records.errors import UnknownStaff
from records.listings import AFTER_ALL, BEFORE_ALL, FIRST_STEP, NO_ID, page_of, place_after
from records.views import Page, Task, TransitionRow
from schemas.base import Stored
from schemas.pathway import Pathway

LIMIT = 50
"""People in a page, and things to do in a page."""

COORDINATORS = """
-- Everybody who coordinates somebody whose journey is open, found by leaping along the index.
WITH RECURSIVE found AS (
    (SELECT coordinator_id FROM transitions WHERE status <> 'closed' AND coordinator_id IS NOT NULL
     ORDER BY coordinator_id LIMIT 1)
    UNION ALL
    SELECT (SELECT t.coordinator_id FROM transitions t
            WHERE t.status <> 'closed' AND t.coordinator_id > f.coordinator_id ORDER BY t.coordinator_id LIMIT 1)
    FROM found f WHERE f.coordinator_id IS NOT NULL
)
SELECT coordinator_id FROM found WHERE coordinator_id IS NOT NULL
"""
_WANTED = """t.status <> 'closed'
    AND (NOT $8 OR t.overdue_count > 0) AND ($9::timestamptz IS NULL OR t.next_due <= $9) AND (NOT $10 OR t.on_hold)
    AND ($11::text IS NULL OR t.pathway = $11) AND ($12::text IS NULL OR t.stage = $12)
    AND (NOT $13 OR t.id = (SELECT w.transition_id FROM peer_queue w WHERE w.transition_id = t.id))
    AND (coalesce(t.next_due, 'infinity'), t.id) > ($4, $5)"""
_IN_ORDER = "ORDER BY next, t.id LIMIT $6"
PEOPLE = f"""
-- The people of a caseload: coordinated by some, of a team, still in overlap, or offered; the next deadline first.
WITH mine AS (
    SELECT k.* FROM unnest($1::text[], $2::text[]) AS q (staff, team) CROSS JOIN LATERAL (
        SELECT t.id, coalesce(t.next_due, 'infinity') AS next FROM transitions t
        WHERE t.coordinator_id = q.staff AND (q.team IS NULL OR t.team = q.team) AND {_WANTED} {_IN_ORDER}) k
    UNION
    SELECT k.* FROM unnest($3::text[]) AS q (team) CROSS JOIN LATERAL (
        SELECT t.id, coalesce(t.next_due, 'infinity') AS next FROM transitions t
        WHERE t.team = q.team AND {_WANTED} {_IN_ORDER}) k
    UNION
    (SELECT t.id, coalesce(t.next_due, 'infinity') AS next FROM transitions t
     WHERE t.overlap_coordinator_id = ANY ($1::text[]) AND t.overlap_until > $7 AND {_WANTED} {_IN_ORDER})
    UNION
    (SELECT t.id, coalesce(t.next_due, 'infinity') AS next FROM transitions t
     WHERE t.handover_to = ANY ($1::text[]) AND {_WANTED} {_IN_ORDER})
    ORDER BY next, id LIMIT $6
)
SELECT c.*, p.known_as, t.definition, readable(m.id, n.title) AS next_title,
    (SELECT w.since FROM peer_queue w WHERE w.transition_id = m.id) AS waiting_since
FROM mine m JOIN caseload c ON c.id = m.id JOIN transitions t ON t.id = m.id JOIN people p ON p.id = t.person_id
LEFT JOIN LATERAL (
    SELECT s.title FROM steps s WHERE s.transition_id = m.id AND s.state = 'open' ORDER BY s.due, s.step LIMIT 1
) n ON true
ORDER BY m.next, m.id
"""  # noqa: S608  # put together from the constants above
NEEDED = """
-- What people of a caseload need by an instant, whoever does it, and what waits for some by name or by role; safety
-- first, then the longest due. What stands still while a journey is on hold is left out until it is late.
WITH todo AS (
    SELECT s.transition_id, s.step, s.due, s.ladder, s.state FROM unnest($1::text[], $2::text[]) AS q (staff, team)
    JOIN transitions t ON t.coordinator_id = q.staff AND (q.team IS NULL OR t.team = q.team) AND t.status <> 'closed'
    JOIN steps s ON s.transition_id = t.id AND s.state IN ('open', 'missed') AND s.due < $6
    UNION
    SELECT s.transition_id, s.step, s.due, s.ladder, s.state FROM transitions t
    JOIN steps s ON s.transition_id = t.id AND s.state IN ('open', 'missed') AND s.due < $6
    WHERE t.overlap_coordinator_id = ANY ($1::text[]) AND t.overlap_until > $7
    UNION
    SELECT s.transition_id, s.step, s.due, s.ladder, s.state FROM unnest($1::text[], $2::text[]) AS q (staff, team)
    JOIN steps s ON s.holder = q.staff AND (q.team IS NULL OR s.team = q.team)
        AND s.state IN ('open', 'missed') AND s.due < $6
    UNION
    SELECT s.transition_id, s.step, s.due, s.ladder, s.state FROM unnest($3::text[], $4::text[]) AS q (team, owner)
    JOIN steps s ON s.team = q.team AND s.owner = q.owner AND s.holder IS NULL
        AND s.state IN ('open', 'missed') AND s.due < $6
    UNION
    SELECT s.transition_id, s.step, s.due, s.ladder, s.state FROM steps s
    WHERE s.team = ANY ($5::text[]) AND s.state IN ('open', 'missed') AND s.due < $6
), needed AS (
    SELECT transition_id, step, due, ladder <> 'safety' AS can_wait,
        count(*) OVER () AS of_all, count(*) FILTER (WHERE ladder = 'safety') OVER () AS of_safety
    FROM todo WHERE state = 'missed' OR ladder = 'safety'
        OR NOT (SELECT t.on_hold FROM transitions t WHERE t.id = todo.transition_id)
), page AS (
    SELECT * FROM needed WHERE (can_wait, due, transition_id, step) > ($8, $9, $10, $11)
    ORDER BY can_wait, due, transition_id, step LIMIT $12
)
SELECT w.*, p.can_wait, p.of_all, p.of_safety FROM page p JOIN worklist w USING (transition_id, step)
ORDER BY p.can_wait, p.due, p.transition_id, p.step
"""
DEFINITIONS = """
-- The latest version of each pathway that journeys run by.
SELECT DISTINCT ON (id) digest FROM definitions ORDER BY id, version DESC, recorded_at DESC
"""


class Filters(NamedTuple):
    """Which people of a caseload: all that is said must be so. `due_by` is when their next date is, at the latest."""

    late: bool = False
    due_by: datetime | None = None
    on_hold: bool = False
    pathway: str | None = None
    stage: str | None = None
    waiting: bool = False


class Whose(NamedTuple):
    """Whose caseload: theirs for whom somebody answers by name, with the queues of their roles, and whole teams'."""

    holdings: list[roles.Holding]
    queues: list[roles.Queue]
    teams: list[str]

    @property
    def staff(self) -> frozenset[str]:
        """Whose named work it is."""
        return frozenset(holding.staff for holding in self.holdings)


class MyPerson(TransitionRow):
    """Somebody whose journey is open. `next_title` is what is due next, `waiting_since` the wait for a peer worker."""

    known_as: str | None
    definition: str | None
    next_title: str | None
    waiting_since: datetime | None


class Needed(Stored):
    """What is late or due by an instant: a page of it, and how much there is of it all, and of that about safety."""

    page: Page[Task]
    all: int
    safety: int


async def of_staff(db: Database, staff_id: str, now: datetime) -> Whose:
    """What somebody answers for now: their own, theirs whom they cover, and what falls to them. UnknownStaff."""
    async with connected(db) as link:
        directory = await roles.directory(link, now)
        if staff_id not in directory.staff:
            raise UnknownStaff(staff_id)
        teams = [row["name"] for row in await link.fetch(queries.TEAMS)]
        named = {row["holder"] for row in await link.fetch(queries.HOLDERS)}
        named |= {row["coordinator_id"] for row in await link.fetch(COORDINATORS)}
    queues = roles.queues(directory, staff_id, teams, now)
    return Whose(roles.holdings(directory, staff_id, teams, sorted(named), now), queues, [])


def of_team(team: str) -> Whose:
    """Everybody of a team."""
    return Whose([], [], [team])


async def people(
    db: Database, whose: Whose, filters: Filters, now: datetime, *, limit: int = LIMIT, after: str | None = None
) -> Page[MyPerson]:
    """The people of a caseload, the next deadline first."""
    place = place_after(after, (datetime.fromisoformat, UUID), (BEFORE_ALL, NO_ID))
    staff, teams = _by_name(whose)
    async with connected(db) as link:
        rows = await link.fetch(PEOPLE, staff, teams, whose.teams, *place, limit + 1, now, *filters)
    return page_of(MyPerson, rows, limit, lambda row: (row["next_due"] or AFTER_ALL, row["id"]))


async def needed(
    db: Database, whose: Whose, by: datetime, now: datetime, *, limit: int = LIMIT, after: str | None = None
) -> Needed:
    """What the people of a caseload need before an instant; what is about safety first, then the longest late."""
    place = place_after(after, (bool, datetime.fromisoformat, UUID, str), (False, *FIRST_STEP))
    queues = [queue.team for queue in whose.queues], [queue.role for queue in whose.queues]
    async with connected(db) as link:
        rows = await link.fetch(NEEDED, *_by_name(whose), *queues, whose.teams, by, now, *place, limit + 1)
    first = rows[0] if rows else {"of_all": 0, "of_safety": 0}
    return Needed(page=_tasks(rows, limit), all=first["of_all"], safety=first["of_safety"])


def _tasks(rows: Iterable[Record], limit: int) -> Page[Task]:
    def where(row: Record) -> tuple[object, ...]:
        return row["can_wait"], row["due"], row["transition_id"], row["step"]

    return page_of(Task, rows, limit, where)


def _by_name(whose: Whose) -> tuple[list[str], list[str | None]]:
    return [holding.staff for holding in whose.holdings], [holding.team for holding in whose.holdings]


async def rules(db: Database, digests: Iterable[str | None]) -> dict[str, Pathway]:
    """The rules of those digests that the records have."""
    async with connected(db) as link:
        return {digest: await _rules(link, digest) for digest in set(digests) if digest is not None}


async def in_use(db: Database) -> list[Pathway]:
    """The pathways that people are on, as their latest version says them."""
    async with connected(db) as link:
        return [await _rules(link, row["digest"]) for row in await link.fetch(DEFINITIONS)]


async def _rules(link: Link, digest: str) -> Pathway:
    text = await definitions.canonical(link, digest)
    assert text is not None  # noqa: S101  # a foreign key says that it is kept
    return Pathway.parse_canonical(text)
