"""What people look up: worklists, caseloads, histories, inboxes. The queries are in `records.queries`.

Every listing comes in pages: `limit` rows, after the place that the page before gave as `next`.
"""

import base64
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from asyncpg import Record

from records import queries, roles
from records.database import Database, Link, connected, keys_of
from records.errors import RecordsError, UnknownStaff
from records.identity import local_id_blind
from records.views import (
    ContactRow,
    Counts,
    EscalationRow,
    HistoryRow,
    NoticeRow,
    Page,
    Task,
    TransitionRow,
    TransitionView,
)
from schemas.base import Stored
from schemas.codes import Role
from schemas.journey import Journey

LIMIT = 200
"""Rows in a page unless told otherwise."""
PREFIX = 4
"""How much of a transition's id has to be given, at least."""

BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
AFTER_ALL = datetime.max.replace(tzinfo=UTC)
NO_ID = UUID(int=0)
_LAST_ID = UUID(int=2**128 - 1)
_STEP_PLACE = (datetime.fromisoformat, UUID, str)
FIRST_STEP = (BEFORE_ALL, NO_ID, "")

Row = TypeVar("Row", bound=Stored)


def _cursor(*values: object) -> str:
    told = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(told, default=str).encode()).decode()


def place_after(cursor: str | None, kinds: tuple[Callable[[Any], Any], ...], first: tuple[Any, ...]) -> tuple[Any, ...]:
    """Where a page begins; RecordsError when the cursor is not one that a page before gave."""
    if cursor is None:
        return first
    try:
        told = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return tuple(kind(value) for kind, value in zip(kinds, told, strict=True))
    except (ValueError, TypeError, AttributeError):
        raise RecordsError(
            "invalid", "That is no place in a listing: give the `next` of the page before, or none."
        ) from None


def plain(record: Record) -> dict[str, Any]:
    """A row with its ids as text."""
    return {name: str(value) if isinstance(value, UUID) else value for name, value in record.items()}


def page_of(
    model: type[Row], records: Iterable[Record], limit: int, place: Callable[[Record], tuple[object, ...]]
) -> Page[Row]:
    """A page of at most `limit` rows, out of one more than that."""
    found = list(records)
    rows = [model.model_validate(plain(record)) for record in found[:limit]]
    return Page(rows=rows, next=_cursor(*place(found[limit - 1])) if len(found) > limit else None)


async def tasks_for(
    db: Database, staff_id: str, now: datetime, *, limit: int = LIMIT, after: str | None = None
) -> Page[Task]:
    """What somebody has to do or answers for, the longest due first.

    That is what waits for them by name, for those whom they cover, for the roles they hold in their
    team, and for roles that nobody holds and that fall to them. UnknownStaff when nobody has that id.
    """
    place = place_after(after, _STEP_PLACE, FIRST_STEP)
    async with connected(db) as link:
        directory = await roles.directory(link, now)
        if staff_id not in directory.staff:
            raise UnknownStaff(staff_id)
        teams = [row["name"] for row in await link.fetch(queries.TEAMS)]
        named = [row["holder"] for row in await link.fetch(queries.HOLDERS)]
        queues = roles.queues(directory, staff_id, teams, now)
        holders = roles.holdings(directory, staff_id, teams, named, now)
        rows = await link.fetch(
            queries.TASKS_FOR,
            [queue.team for queue in queues],
            [queue.role for queue in queues],
            [holding.staff for holding in holders],
            [holding.team for holding in holders],
            *place,
            limit + 1,
            now,
        )
    return page_of(Task, rows, limit, _step_place)


async def overdue(db: Database, team: str | None = None, *, limit: int = LIMIT, after: str | None = None) -> Page[Task]:
    """What is past due and not done, silence among it, in a team or anywhere; the longest due first."""
    place = place_after(after, _STEP_PLACE, FIRST_STEP)
    async with connected(db) as link:
        if team is None:
            rows = await link.fetch(queries.OVERDUE, *place, limit + 1)
        else:
            rows = await link.fetch(queries.OVERDUE_IN_TEAM, *place, limit + 1, team)
    return page_of(Task, rows, limit, _step_place)


async def people_of(
    db: Database, coordinator: str, *, limit: int = LIMIT, after: str | None = None
) -> Page[TransitionRow]:
    """The open transitions that somebody coordinates, the next deadline first."""
    place = place_after(after, (datetime.fromisoformat, UUID), (BEFORE_ALL, NO_ID))
    async with connected(db) as link:
        rows = await link.fetch(queries.PEOPLE_OF, coordinator, *place, limit + 1)
    return page_of(TransitionRow, rows, limit, lambda row: (row["next_due"] or AFTER_ALL, row["id"]))


async def find(db: Database, local_id: str) -> list[TransitionRow]:
    """The transitions of the person with a local id, the open one first; empty when there are none."""
    async with connected(db) as link:
        return [TransitionRow.model_validate(plain(row)) for row in await _of_person(link, local_id)]


async def _of_person(link: Link, local_id: str) -> list[Record]:
    return list(await link.fetch(queries.FIND, local_id_blind(keys_of(link), local_id)))


async def transition(db: Database, which: str) -> TransitionView:
    """One transition, by its id, by the beginning of it, or by the person's local id.

    RecordsError (not-found, or conflict when several could be meant) says what to give instead.
    """
    async with connected(db) as link:
        transition_id = await _meant(link, which.strip())
        row = await link.fetchrow(queries.TRANSITION, transition_id)
    if row is None:
        raise _not_found()
    told = plain(row)
    journey = told.pop("journey")
    return TransitionView.model_validate(
        told | {"journey": Journey.model_validate_json(journey) if journey is not None else None}
    )


async def _meant(link: Link, which: str) -> UUID:
    of_person = await _of_person(link, which)
    still_open = [row for row in of_person if row["status"] != "closed"] or of_person
    if len(still_open) > 1:
        raise _several([row["id"] for row in still_open])
    if still_open:
        return UUID(str(still_open[0]["id"]))
    digits = which.replace("-", "").lower()
    if not PREFIX <= len(digits) <= 32 or set(digits) - set("0123456789abcdef"):
        raise _not_found()
    rows = await link.fetch(queries.BY_ID, UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f")))
    if len(rows) > 1:
        raise _several([row["id"] for row in rows])
    if not rows:
        raise _not_found()
    return UUID(str(rows[0]["id"]))


def _not_found() -> RecordsError:
    return RecordsError(
        "not-found", f"No such transition: give its id (at least the first {PREFIX} characters) or the local id."
    )


def _several(ids: list[UUID]) -> RecordsError:
    listed = " and ".join(str(one) for one in ids)
    return RecordsError("conflict", f"More than one transition could be meant: give more of the id, such as {listed}.")


async def history(
    db: Database, transition_id: str, *, limit: int = LIMIT, after: str | None = None
) -> Page[HistoryRow]:
    """What happened on a transition, from the beginning."""
    place = place_after(after, (int, int), (0, 0))
    async with connected(db) as link:
        rows = await link.fetch(queries.HISTORY, UUID(transition_id), *place, limit + 1)
    found = [plain(row) for row in rows]
    told = [HistoryRow.model_validate(row | {"payload": json.loads(row["payload"])}) for row in found[:limit]]
    return Page(rows=told, next=_cursor(told[-1].revision, told[-1].seq) if len(found) > limit else None)


async def inbox(db: Database, staff_id: str, *, limit: int = LIMIT, after: str | None = None) -> Page[NoticeRow]:
    """What somebody was told, the latest first. Operations also see what nobody could be told."""
    place = place_after(after, (datetime.fromisoformat, UUID), (AFTER_ALL, _LAST_ID))
    async with connected(db) as link:
        role = await link.fetchval(queries.ROLE_OF, staff_id)
        if role is None:
            raise UnknownStaff(staff_id)
        rows = await link.fetch(queries.INBOX, staff_id, role == Role.OPERATIONS, *place, limit + 1)
    return page_of(NoticeRow, rows, limit, lambda row: (row["created_at"], row["id"]))


async def attempts(db: Database, transition_id: str) -> list[ContactRow]:
    """The contacts of a transition that did not take place, in their order."""
    async with connected(db) as link:
        rows = await link.fetch(queries.ATTEMPTS, UUID(transition_id))
    return [ContactRow.model_validate(plain(row)) for row in rows]


async def escalations(db: Database, transition_id: str) -> list[EscalationRow]:
    """The rungs that fired on a transition, in their order, and who was told."""
    async with connected(db) as link:
        rows = await link.fetch(queries.ESCALATIONS, UUID(transition_id))
    return [EscalationRow.model_validate(plain(row)) for row in rows]


async def counts(db: Database) -> Counts:
    """The service at a glance."""
    async with connected(db) as link:
        row = await link.fetchrow(queries.COUNTS)
    return Counts.model_validate(dict(row or {}))


def _step_place(row: Record) -> tuple[object, ...]:
    return (row["due"], row["transition_id"], row["step"])
