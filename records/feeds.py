"""A worker's private calendar feed: when and where they are expected, and nothing of whom that others could read."""

import hashlib
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from asyncpg import Record, UniqueViolationError
from icalendar import Calendar, Event

from records.database import Database, connected, transaction
from records.errors import RecordsError, UnknownStaff
from records.staff import known
from schemas.staff import Feed
from schemas.workforce import Place

BACK, AHEAD = timedelta(weeks=4), timedelta(weeks=12)
"""What a feed reaches back to, and how far ahead. What was cancelled leaves it four weeks after it would have been."""
AGAIN = timedelta(hours=1)
"""How often a calendar is asked to look again."""
NO_FEED = "There is no calendar at this address: ask for a new one with `alongside feed create`."

CREATE = """
-- A feed for somebody who has none.
INSERT INTO feeds (staff, token_hash, created_at) VALUES ($1, $2, $3)
"""
REVOKE = """
-- Somebody's feed opens nothing any more.
UPDATE feeds SET revoked_at = greatest($2, created_at) WHERE staff = $1 AND revoked_at IS NULL RETURNING 1
"""
FEEDS_OF = """
-- The feeds that somebody had and has, the latest first.
SELECT staff, created_at, revoked_at FROM feeds WHERE staff = $1 ORDER BY created_at DESC
"""
HOLDER = """
-- Whose feed a token opens.
SELECT f.staff FROM feeds f JOIN staff s ON s.id = f.staff AND s.active
WHERE f.token_hash = $1 AND f.revoked_at IS NULL
"""
CONTACTS_OF = """
-- When and where a worker is expected in a time, what was released among it, and the initials' sources.
WITH own AS (
    SELECT * FROM bookings WHERE staff = $1 AND status <> 'released' AND starts >= $2 AND starts < $3
    UNION ALL
    SELECT * FROM bookings WHERE staff = $1 AND status = 'released' AND starts >= $2 AND starts < $3
)
SELECT own.id, own.starts, own.ends, own.place, own.status = 'released' AS cancelled,
    own.group_id IS NOT NULL AS is_group, p.given_name AS given, p.family_name AS family
FROM own LEFT JOIN transitions t ON t.id = own.transition_id LEFT JOIN people p ON p.id = t.person_id
ORDER BY own.starts, own.id
"""


async def create(db: Database, staff: str, now: datetime | None = None) -> str:
    """Make a feed for somebody who works here; its token, which is shown now and never again.

    Conflict when they have one already: what is read by it would stop, so it is revoked first and on purpose.
    """
    token = secrets.token_urlsafe(32)
    async with transaction(db) as link:
        if not await known(link, staff):
            raise UnknownStaff(staff)
        try:
            await link.execute(CREATE, staff, _hash(token), now or datetime.now(UTC))
        except UniqueViolationError:
            raise RecordsError(
                "conflict", f"{staff} has a feed already, and its address cannot be shown again: revoke it first."
            ) from None
    return token


async def revoke(db: Database, staff: str, now: datetime | None = None) -> None:
    """End somebody's feed from this moment on; not-found when they have none."""
    async with connected(db) as link:
        if await link.fetchval(REVOKE, staff, now or datetime.now(UTC)) is None:
            raise RecordsError("not-found", f"{staff} has no feed to revoke.")


async def feeds_of(db: Database, staff: str) -> list[Feed]:
    """The feeds that somebody had and has, the latest first; never their tokens, which nobody knows."""
    async with connected(db) as link:
        return [Feed.model_validate(dict(row)) for row in await link.fetch(FEEDS_OF, staff)]


async def calendar(db: Database, token: str, now: datetime | None = None) -> bytes:
    """The calendar that a token opens, as iCalendar.

    Not-found, in the same words and by the same query, when it was revoked, when its holder has left, and when
    there never was such a token.
    """
    at = now or datetime.now(UTC)
    async with connected(db) as link:
        staff = await link.fetchval(HOLDER, _hash(token))
        if staff is None:
            raise RecordsError("not-found", NO_FEED)
        rows = await link.fetch(CONTACTS_OF, staff, at - BACK, at + AHEAD)
    return _calendar(rows, at)


async def answers(db: Database) -> None:
    """Ends well when the records answer."""
    async with connected(db) as link:
        await link.fetchval("SELECT 1")


def _hash(token: str) -> bytes:
    # The token has 256 random bits, so nobody can try them all: one plain hash is enough.
    return hashlib.sha256(token.encode()).digest()


def _calendar(rows: Iterable[Record], at: datetime) -> bytes:
    feed = Calendar()
    feed.add("prodid", "-//Alongside//Contacts//EN")
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    feed.add("x-wr-calname", "Alongside")
    feed.add("refresh-interval", AGAIN, parameters={"VALUE": "DURATION"})
    feed.add("x-published-ttl", "PT1H")
    for row in rows:
        feed.add_component(_event(row, at))
    written: bytes = feed.to_ical()
    return written


def _event(row: Record, at: datetime) -> Event:
    event = Event()
    event.add("uid", f"{row['id']}@alongside")
    event.add("dtstamp", at.astimezone(UTC))
    event.add("dtstart", row["starts"].astimezone(UTC))
    event.add("dtend", row["ends"].astimezone(UTC))
    event.add("summary", _summary(row))
    event.add("class", "PRIVATE")
    event.add("sequence", int(row["cancelled"]))  # calendars take a change from a higher number only
    event.add("status", "CANCELLED" if row["cancelled"] else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if row["cancelled"] else "OPAQUE")
    return event


def _summary(row: Record) -> str:
    """Initials and the code of the place; a place that is no code could say anything, so it is left out."""
    who = "group" if row["is_group"] else f"{_initial(row['given'])}.{_initial(row['family'])}."
    return f"{who} · {row['place']}" if row["place"] in set(Place) else who


def _initial(name: str) -> str:
    letters = (letter for letter in unicodedata.normalize("NFC", name) if letter.isalpha())
    return next(letters, "?").upper()
