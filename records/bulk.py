"""One thing done for many: what was asked for, whose turn it is, and what became of each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from records.database import Database, Link, connected, transaction
from records.errors import RecordsError
from records.listings import page_of, place_after
from records.rows import as_json
from records.views import Page
from records.words import words_of
from schemas.base import Stored
from schemas.bulk import MANY, AnyMany, Became, OneOfMany, Turn
from schemas.codes import Role

LIMIT = 100
"""Items of a page."""

KEEP = """
-- Somebody asks for one thing for many; asked again under the same id it is kept once.
INSERT INTO bulk_actions (id, what, staff, at, said) VALUES ($1, $2, $3, $4, $5::text::jsonb)
ON CONFLICT (id) DO NOTHING RETURNING id
"""
KEEP_ITEMS = """
-- The many, in the order in which they were given.
INSERT INTO bulk_items (bulk_id, number, asked, transition_id, step, why, became, recorded_at)
SELECT $1, g.number, g.asked, g.transition_id, g.step, g.why,
    CASE WHEN g.why IS NULL THEN 'to-do' ELSE 'refused' END, CASE WHEN g.why IS NOT NULL THEN clock_timestamp() END
FROM unnest($2::text[], $3::uuid[], $4::text[], $5::text[])
    WITH ORDINALITY AS g (asked, transition_id, step, why, number)
"""
KEEP_RUNNING = """
-- Those who run by a definition, the next date first.
INSERT INTO bulk_items (bulk_id, number, asked, transition_id)
SELECT $1, row_number() OVER (ORDER BY r.place, r.id), r.id::text, r.id FROM (
    SELECT t.id, coalesce(t.next_due, 'infinity') AS place FROM transitions t
    WHERE t.definition = $2 AND t.status = 'open' ORDER BY coalesce(t.next_due, 'infinity'), t.id LIMIT $3
) r
"""
_ACTION = """
SELECT a.id::text AS id, a.staff, s.name, s.role, s.team, a.at, readable(NULL::uuid, a.said) AS said, a.stopped_at,
    a.ended_at, n.name AS stopped_by, i.*
FROM bulk_actions a JOIN staff s ON s.id = a.staff LEFT JOIN staff n ON n.id = a.stopped_by
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE became = 'to-do') AS to_do, count(*) FILTER (WHERE became = 'done') AS done,
        count(*) FILTER (WHERE became = 'refused') AS refused, count(*) FILTER (WHERE became = 'left') AS "left"
    FROM bulk_items WHERE bulk_id = a.id
) i"""
ACTION = f"""
-- What was asked for, and how far it has come.{_ACTION}
WHERE a.id = $1
"""
ACTIONS_OF = f"""
-- What somebody asked for of late, the latest first.{_ACTION}
WHERE a.staff = $1 ORDER BY a.at DESC, a.id LIMIT $2
"""
MOVES = f"""
-- The latest moves to newer definitions.{_ACTION}
WHERE a.what = 'move-definition' ORDER BY a.at DESC, a.id LIMIT $1
"""
_ITEM = """
SELECT i.number, i.asked, i.transition_id::text AS transition_id, i.step,
    readable(i.transition_id, s.title) AS title, p.local_id, p.given_name, p.family_name,
    i.became, i.why, i.tries, i.recorded_at
FROM bulk_items i LEFT JOIN transitions t ON t.id = i.transition_id LEFT JOIN people p ON p.id = t.person_id
LEFT JOIN steps s ON s.transition_id = i.transition_id AND s.step = i.step"""
ITEMS = f"""
-- The many, and what became of each.{_ITEM}
WHERE i.bulk_id = $1 AND i.number > $2 ORDER BY i.number LIMIT $3
"""
ITEMS_THAT = f"""
-- Those of the many of whom one thing became.{_ITEM}
WHERE i.bulk_id = $1 AND i.became = $4 AND i.number > $2 ORDER BY i.number LIMIT $3
"""
STANDS = """
-- Whether it goes on.
SELECT stopped_at IS NOT NULL AS stopped FROM bulk_actions WHERE id = $1
"""
NEXT = """
-- Whose turn it is: whoever had the fewest, in their order.
SELECT number, transition_id::text AS transition_id, tries > 0 AS late FROM bulk_items
WHERE bulk_id = $1 AND became = 'to-do' ORDER BY tries, number LIMIT $2
"""
END = """
-- Nothing is left to do.
UPDATE bulk_actions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL
"""
TAKE = """
-- The turn of one has come, unless it has its outcome, or all was stopped.
UPDATE bulk_items i SET tries = i.tries + 1 FROM bulk_actions a
WHERE i.bulk_id = $1 AND i.number = $2 AND i.became = 'to-do' AND a.id = i.bulk_id AND a.stopped_at IS NULL
RETURNING i.step, a.staff, a.at, readable(NULL::uuid, a.said) AS said
"""
DONE = """
-- It is done.
UPDATE bulk_items SET became = 'done', why = NULL, recorded_at = clock_timestamp()
WHERE bulk_id = $1 AND number = $2 AND became IN ('to-do', 'left')
"""
REFUSED = """
-- It cannot be done.
UPDATE bulk_items SET became = 'refused', why = $3, recorded_at = clock_timestamp()
WHERE bulk_id = $1 AND number = $2 AND became = 'to-do'
"""
STOP = """
-- It goes no further for now.
UPDATE bulk_actions SET stopped_at = $2, stopped_by = $3 WHERE id = $1 AND stopped_at IS NULL AND ended_at IS NULL
"""
GO_ON = """
-- It goes on where it was stopped.
UPDATE bulk_actions SET stopped_at = NULL, stopped_by = NULL WHERE id = $1 AND ended_at IS NULL
"""
LEAVE = """
-- What is left is not wanted any more; only of what is stopped.
UPDATE bulk_items i SET became = 'left', why = $2, recorded_at = clock_timestamp() FROM bulk_actions a
WHERE i.bulk_id = $1 AND i.became = 'to-do' AND a.id = i.bulk_id AND a.stopped_at IS NOT NULL
"""
UNDER_WAY = """
-- What is not done with.
SELECT id::text FROM bulk_actions WHERE ended_at IS NULL
"""


class Action(Stored):
    """One thing for many: who asked for it and when, and how far it has come, in numbers."""

    id: str
    staff: str
    name: str
    role: Role
    team: str | None
    at: datetime
    said: AnyMany
    stopped_at: datetime | None
    stopped_by: str | None
    ended_at: datetime | None
    to_do: int
    done: int
    refused: int
    left: int

    @property
    def all(self) -> int:
        """How many there are."""
        return self.to_do + self.done + self.refused + self.left


class Asked(NamedTuple):
    """One of the many as it is asked for: the id that was sent, whose transition it is, and the step.

    `why` says why nothing can be done at all, as for an id that is nobody's; there is no transition then.
    """

    id: str
    transition_id: str | None
    step: str | None = None
    why: str | None = None


class Item(Stored):
    """One of the many, and what became of it. Whoever shows it leaves the name out for those who may not see it."""

    number: int
    asked: str
    transition_id: str | None
    step: str | None
    title: str | None
    local_id: str | None
    given_name: str | None
    family_name: str | None
    became: Became
    why: str | None
    tries: int
    recorded_at: datetime | None

    @property
    def name(self) -> str:
        """The person's name; nothing where it is nobody."""
        return f"{self.given_name} {self.family_name}" if self.transition_id else ""


class Taken(Stored):
    """One whose turn it is: what is to be done, and by whom it was asked for."""

    step: str | None
    staff: str
    at: datetime
    said: AnyMany


async def keep(db: Database, bulk_id: str, staff: str, said: AnyMany, at: datetime, items: Sequence[Asked]) -> None:
    """Keep what somebody asks for, and for whom; once under its id."""
    async with transaction(db) as link:
        if await link.fetchval(KEEP, UUID(bulk_id), said.do, staff, at, await _sealed(link, said)):
            asked, steps, why = [one.id for one in items], [one.step for one in items], [one.why for one in items]
            ids = [UUID(one.transition_id) if one.transition_id else None for one in items]
            await link.execute(KEEP_ITEMS, UUID(bulk_id), asked, ids, steps, why)


async def keep_move(
    db: Database, bulk_id: str, staff: str, said: AnyMany, at: datetime, was: str, most: int | None = None
) -> None:
    """Keep that all who run by a definition now are to be moved, or the first `most` of them by their next date."""
    async with transaction(db) as link:
        if await link.fetchval(KEEP, UUID(bulk_id), said.do, staff, at, await _sealed(link, said)):
            await link.execute(KEEP_RUNNING, UUID(bulk_id), was, most)


async def _sealed(link: Link, said: AnyMany) -> str:
    """What was said as it is kept: why is of many, so sealed with the key of nobody in particular."""
    return as_json((await words_of(link, None)).many(said.model_dump(mode="json")))


async def action(db: Database, bulk_id: str) -> Action:
    """One thing for many; RecordsError when there is none of that id."""
    async with connected(db) as link:
        row = await link.fetchrow(ACTION, UUID(bulk_id))
    if row is None:
        raise RecordsError("not-found", "Nothing of that id was asked for.")
    return _action(row)


async def actions_of(db: Database, staff: str, limit: int = 10) -> list[Action]:
    """What somebody asked for of late, the latest first."""
    async with connected(db) as link:
        return [_action(row) for row in await link.fetch(ACTIONS_OF, staff, limit)]


async def moves(db: Database, limit: int = 10) -> list[Action]:
    """The latest moves to newer definitions, whoever asked for them."""
    async with connected(db) as link:
        return [_action(row) for row in await link.fetch(MOVES, limit)]


def _action(row: Any) -> Action:
    return Action.model_validate(dict(row) | {"said": MANY.validate_json(row["said"])})


async def items(
    db: Database, bulk_id: str, became: Became | None = None, *, limit: int = LIMIT, after: str | None = None
) -> Page[Item]:
    """The many in their order, or those of whom one thing became."""
    (place,) = place_after(after, (int,), (0,))
    async with connected(db) as link:
        if became is None:
            rows = await link.fetch(ITEMS, UUID(bulk_id), place, limit + 1)
        else:
            rows = await link.fetch(ITEMS_THAT, UUID(bulk_id), place, limit + 1, became)
    return page_of(Item, rows, limit, lambda row: (row["number"],))


async def turn(db: Database, bulk_id: str, most: int, now: datetime) -> Turn:
    """Whose turn it is, at most so many; that all is done is kept."""
    async with transaction(db) as link:
        if rows := await link.fetch(NEXT, UUID(bulk_id), most):
            if await link.fetchval(STANDS, UUID(bulk_id)):
                return Turn(stopped=True)
            return Turn(items=[OneOfMany(bulk_id=bulk_id, **dict(row)) for row in rows])
        await link.execute(END, UUID(bulk_id), now)
        return Turn(ended=True)


async def take(db: Database, one: OneOfMany) -> Taken | None:
    """What is to be done for one; None when it has its outcome, or all was stopped."""
    async with connected(db) as link:
        row = await link.fetchrow(TAKE, UUID(one.bulk_id), one.number)
    return Taken.model_validate(dict(row) | {"said": MANY.validate_json(row["said"])}) if row else None


async def done(db: Database, one: OneOfMany) -> None:
    """It was done for one."""
    async with connected(db) as link:
        await link.execute(DONE, UUID(one.bulk_id), one.number)


async def refused(db: Database, one: OneOfMany, why: str) -> None:
    """It cannot be done for one."""
    async with connected(db) as link:
        await link.execute(REFUSED, UUID(one.bulk_id), one.number, why)


async def stop(db: Database, bulk_id: str, staff: str, now: datetime) -> None:
    """Go no further for now; what is being done at this moment is still done."""
    async with connected(db) as link:
        await link.execute(STOP, UUID(bulk_id), now, staff)


async def go_on(db: Database, bulk_id: str) -> None:
    """Go on where it was stopped."""
    async with connected(db) as link:
        await link.execute(GO_ON, UUID(bulk_id))


async def leave(db: Database, bulk_id: str, why: str) -> None:
    """What is left of something that was stopped is not wanted any more, and says so."""
    async with connected(db) as link:
        await link.execute(LEAVE, UUID(bulk_id), why)


async def under_way(db: Database) -> list[str]:
    """The ids of everything that is not done with."""
    async with connected(db) as link:
        return [row["id"] for row in await link.fetch(UNDER_WAY)]
