"""Who may look at a person, and who did: what somebody is towards a transition, the access log, broken glass."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from asyncpg import ForeignKeyViolationError, Record

from planner.policy import Sight, Standing, of_team, sight
from records import roles
from records.database import Database, Link, connected, transaction
from records.errors import RecordsError
from records.listings import AFTER_ALL, page_of, place_after
from records.views import Page
from records.words import words_of
from schemas.base import Stored
from schemas.codes import Role
from schemas.journey import Overlap

GLASS_HOLDS = timedelta(hours=4)
"""How long a person stays open to whoever broke the glass. Local policy."""
LIMIT = 100
LONGEST = 1000
"""Characters of somebody's own words."""
BROKEN_GLASS = "broken-glass"
GUARDS = "privacy"
"""Why whoever guards privacy may look at who looked."""

STANDING = """
-- Everything of some transitions that says who somebody is towards each.
SELECT t.id, t.team, t.coordinator_id, t.overlap_coordinator_id, t.overlap_until, t.handover_to,
    ARRAY(SELECT DISTINCT s.owner FROM steps s
          WHERE s.transition_id = t.id AND s.state IN ('open', 'missed') AND s.holder IS NULL) AS owners,
    ARRAY(SELECT DISTINCT s.holder FROM steps s
          WHERE s.transition_id = t.id AND s.state IN ('open', 'missed') AND s.holder IS NOT NULL) AS holders,
    ARRAY(SELECT a.staff FROM assignments a WHERE a.transition_id = t.id AND a.ends IS NULL
          UNION SELECT b.staff FROM bookings b WHERE b.transition_id = t.id AND b.status = 'booked') AS peers,
    g.id AS glass, g.ends AS glass_ends
FROM transitions t LEFT JOIN LATERAL (
    SELECT g.id, g.ends FROM broken_glass g WHERE g.staff = $2 AND g.transition_id = t.id AND g.ends > $3
    ORDER BY g.ends DESC LIMIT 1
) g ON true WHERE t.id = ANY ($1::uuid[])
"""
LOOKED = """
-- Somebody looks at a person.
INSERT INTO access_log (at, staff, role, transition_id, page, why, broken_glass) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
BREAK = """
-- Somebody opens a person whom they would not see otherwise.
INSERT INTO broken_glass (staff, role, transition_id, code, words, at, ends) VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING id
"""
_LOOKS = """
SELECT l.id, l.at, l.staff, coalesce(m.name, l.staff) AS name, l.role, l.transition_id, p.local_id,
    l.page, l.why, g.code, readable(g.transition_id, g.words) AS words
FROM access_log l LEFT JOIN staff m ON m.id = l.staff LEFT JOIN broken_glass g ON g.id = l.broken_glass
JOIN transitions t ON t.id = l.transition_id JOIN people p ON p.id = t.person_id"""
LOOKS_AT = f"""
-- Who looked at a person, the latest first.{_LOOKS}
WHERE l.transition_id = $1 AND (l.at, l.id) < ($2, $3) ORDER BY l.at DESC, l.id DESC LIMIT $4
"""
LOOKS_AT_PERSON = f"""
-- Who looked at a person, in all their transitions, the latest first.
SELECT l.* FROM transitions one JOIN transitions of ON of.person_id = one.person_id CROSS JOIN LATERAL (
    {_LOOKS.strip()}
    WHERE l.transition_id = of.id AND (l.at, l.id) < ($2, $3) ORDER BY l.at DESC, l.id DESC LIMIT $4
) l WHERE one.id = $1 ORDER BY l.at DESC, l.id DESC LIMIT $4
"""  # noqa: S608  # made of what stands above
LOOKS = f"""
-- Who looked at anybody, the latest first.{_LOOKS}
WHERE (l.at, l.id) < ($1, $2) ORDER BY l.at DESC, l.id DESC LIMIT $3
"""
LOOKS_BY = f"""
-- Whom somebody looked at, the latest first.{_LOOKS}
WHERE l.staff = $1 AND (l.at, l.id) < ($2, $3) ORDER BY l.at DESC, l.id DESC LIMIT $4
"""
GLASS = """
-- Whose glass was broken by whom, the latest first.
SELECT g.id, g.at, g.ends, g.staff, coalesce(m.name, g.staff) AS name, g.role, g.transition_id, p.local_id,
    g.code, readable(g.transition_id, g.words) AS words
FROM broken_glass g LEFT JOIN staff m ON m.id = g.staff
JOIN transitions t ON t.id = g.transition_id JOIN people p ON p.id = t.person_id
WHERE (g.at, g.id) < ($1, $2) ORDER BY g.at DESC, g.id DESC LIMIT $3
"""


class Reason(StrEnum):
    """Why a glass may be broken."""

    RISK_TO_LIFE = "risk-to-life"
    URGENT_CARE = "urgent-care"
    NOBODY_ELSE = "nobody-else"
    INCIDENT = "incident"
    RECORDS_ERROR = "records-error"


REASON_WORDS = {
    Reason.RISK_TO_LIFE: "Somebody's life may be at risk",
    Reason.URGENT_CARE: "The person needs care now, and I am giving it",
    Reason.NOBODY_ELSE: "Those who see this person cannot be reached",
    Reason.INCIDENT: "An incident or a complaint is being looked into",
    Reason.RECORDS_ERROR: "Something in the records does not work for this person",
}


class Seen(NamedTuple):
    """What somebody is towards a transition, why in a word, and the glass that they broke, which holds until then."""

    standing: Standing
    team: str
    glass: UUID | None
    glass_ends: datetime | None = None

    def why(self, role: Role) -> str:
        """What lets them look, as the access log keeps it."""
        here = self.standing
        if sight(role, here._replace(glass=False)) is Sight.NOTHING:
            return BROKEN_GLASS
        named = [("named", here.named), ("allocated", here.allocated), ("goes-with", here.goes_with)]
        return next((word for word, holds in named if holds), "team")


class Look(Stored):
    """Somebody looked at a person; `code` and `words` are why, when they broke the glass."""

    id: str
    at: datetime
    staff: str
    name: str
    role: Role
    transition_id: str
    local_id: str
    page: str
    why: str
    code: Reason | None
    words: str | None


class Broken(Stored):
    """Somebody opened a person whom they would not have seen."""

    id: str
    at: datetime
    ends: datetime
    staff: str
    name: str
    role: Role
    transition_id: str
    local_id: str
    code: Reason
    words: str


async def standing(
    db: Database, staff: str, role: Role, team: str | None, transition_id: str, now: datetime
) -> Seen | None:
    """What somebody is towards a transition; None when there is none of that id."""
    return (await standings(db, staff, role, team, [transition_id], now)).get(transition_id)


async def standings(
    db: Database, staff: str, role: Role, team: str | None, transition_ids: Collection[str], now: datetime
) -> dict[str, Seen]:
    """What somebody is towards each of some transitions, by their ids; there may be fewer than were asked about."""
    async with connected(db) as link:
        rows = await link.fetch(STANDING, [UUID(one) for one in transition_ids], staff, now)
        directory = await roles.directory(link, now) if rows else None
    if directory is None:
        return {}
    mine = {one for one in directory.staff if one == staff or directory.present(one) == staff}
    return {str(row["id"]): _seen(row, directory, mine, staff, of_team(role, team, row["team"]), now) for row in rows}


async def whole(
    db: Database, staff: str, role: Role, team: str | None, transition_ids: Collection[str], now: datetime
) -> dict[str, Seen]:
    """Those of some transitions of whose people somebody sees the whole, by their ids."""
    found = await standings(db, staff, role, team, transition_ids, now)
    return {one: seen for one, seen in found.items() if sight(role, seen.standing) is Sight.WHOLE}


def _seen(row: Record, directory: roles.Directory, mine: set[str], staff: str, same_team: bool, now: datetime) -> Seen:
    overlap = _overlap(row["overlap_coordinator_id"], row["overlap_until"])
    place = roles.Place(row["team"], row["coordinator_id"], overlap, row["handover_to"])
    named = {row["coordinator_id"], row["handover_to"], overlap.staff if overlap and now < overlap.until else None}
    return Seen(
        Standing(
            named=bool(mine & named),
            same_team=same_team,
            allocated=bool(mine & set(row["holders"]))
            or any(staff in roles.answering(directory, Role(one), place, now)[0] for one in row["owners"]),
            goes_with=bool(mine & set(row["peers"])),
            glass=row["glass"] is not None,
        ),
        row["team"],
        row["glass"],
        row["glass_ends"],
    )


def _overlap(staff: str | None, until: datetime | None) -> Overlap | None:
    return Overlap(staff=staff, until=until) if staff is not None and until is not None else None


async def looked(db: Database, staff: str, role: Role, transition_id: str, page: str, why: Seen, now: datetime) -> None:
    """Keep that somebody looks at a person; before the page is shown, so that no look is missing."""
    reason = why.why(role)
    glass = why.glass if reason == BROKEN_GLASS else None
    async with connected(db) as link:
        await link.execute(LOOKED, now, staff, role, UUID(transition_id), page, reason, glass)


async def guarded(db: Database, staff: str, role: Role, transition_id: str, page: str, now: datetime) -> None:
    """Keep that whoever guards privacy looks at who looked at a person; RecordsError when nobody is there."""
    async with connected(db) as link:
        try:
            await link.execute(LOOKED, now, staff, role, UUID(transition_id), page, GUARDS, None)
        except ForeignKeyViolationError:
            raise RecordsError("not-found", "No such transition.") from None


def wrong_words(words: str) -> str | None:
    """What is wrong with somebody's own words, in a sentence; None when nothing is."""
    if not words.strip():
        return "Say in your own words why you need to open this person."
    if len(words) > LONGEST or "\0" in words:
        return f"Write at most {LONGEST} letters."
    return None


async def break_glass(
    db: Database, staff: str, role: Role, transition_id: str, code: Reason, words: str, now: datetime,
    *, email: bool = False,
) -> datetime:  # fmt: skip
    """Open a person for somebody for a while; answers until when. Every privacy officer is told, without a name.

    With `email` they are to be mailed, too, those who have an address.
    """
    said = words.strip()
    if wrong := wrong_words(said):
        raise RecordsError("invalid", wrong)
    ends = now + GLASS_HOLDS
    async with transaction(db) as link:
        sealed = (await words_of(link, UUID(transition_id))).seal(said)
        await link.fetchval(BREAK, staff, role, UUID(transition_id), code, sealed, now, ends)
        await _alert(link, staff, code, now, email)
    return ends


async def _alert(link: Link, staff: str, code: Reason, now: datetime, email: bool) -> None:
    text = f"{staff} opened a person whom they do not see otherwise: {REASON_WORDS[code].lower()}."
    await link.execute(ALERT, Role.PRIVACY_OFFICER, text, now, email)


ALERT = """
-- Whoever guards privacy is told that a glass was broken; when nobody does, operations see that nobody was.
INSERT INTO privacy_alerts (recipient, text, created_at, email)
SELECT m.id, $2, $3, CASE WHEN $4::boolean AND m.email IS NOT NULL THEN 'waiting' ELSE 'none' END
FROM (SELECT 1) AS one LEFT JOIN staff m ON m.role = $1 AND m.active
"""


async def looks(
    db: Database, *, transition_id: str | None = None, person_of: str | None = None, by: str | None = None,
    limit: int = LIMIT, after: str | None = None,
) -> Page[Look]:  # fmt: skip
    """Who looked, the latest first: at a transition, or at all of its person's, or whom one member of staff looked at,
    or everything."""
    place = place_after(after, _PLACE, _LATEST)
    async with connected(db) as link:
        if transition_id is not None:
            rows = await link.fetch(LOOKS_AT, UUID(transition_id), *place, limit + 1)
        elif person_of is not None:
            rows = await link.fetch(LOOKS_AT_PERSON, UUID(person_of), *place, limit + 1)
        elif by is not None:
            rows = await link.fetch(LOOKS_BY, by, *place, limit + 1)
        else:
            rows = await link.fetch(LOOKS, *place, limit + 1)
    return page_of(Look, rows, limit, _place)


async def glass(db: Database, *, limit: int = LIMIT, after: str | None = None) -> Page[Broken]:
    """Whose glass was broken, the latest first."""
    place = place_after(after, _PLACE, _LATEST)
    async with connected(db) as link:
        rows = await link.fetch(GLASS, *place, limit + 1)
    return page_of(Broken, rows, limit, _place)


_PLACE = (datetime.fromisoformat, UUID)
_LATEST = (AFTER_ALL, UUID(int=2**128 - 1))


def _place(row: Record) -> tuple[object, ...]:
    return row["at"], row["id"]
