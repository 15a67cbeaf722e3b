"""Finding people, by name or by number, among those whom whoever asks may see; and who may be the same person."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from difflib import SequenceMatcher
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from planner.policy import Sight, Standing, of_every_team, sight
from records import access, queries, roles
from records.database import Database, connected, keys_of
from records.identity import family_begins, given_begins, local_id_blind, nhs_number_blind, plain
from records.keyring import KeyRing
from schemas.base import Stored
from schemas.codes import Role
from schemas.person import Person, checked_nhs_number

LIMIT = 50
"""Transitions in an answer."""
MATCHES = 2000
"""People of a name who are looked through, at most."""
SHORTEST = 2
"""Letters that a name has to begin with, at least."""
SIMILAR = 0.78
"""How alike two names are that may be one, spelt in two ways: 1 is the same."""

_ROW = """t.id::text, p.id::text AS person_id, p.local_id, p.given_name, p.family_name, p.known_as, p.date_of_birth,
    t.pathway, t.team, t.status, t.stage, t.on_hold, t.definition"""
BY_NAME = f"""
-- The transitions of people whose name begins so, among those whom somebody could see: whether they may is asked after.
WITH matched AS (
    SELECT k.id FROM unnest($1::bytea[], $2::bytea[]) AS q (family, given) CROSS JOIN LATERAL (
        SELECT p.id FROM people_sealed p
        WHERE p.found_by @> CASE WHEN q.given IS NULL THEN ARRAY[q.family] ELSE ARRAY[q.family, q.given] END
        LIMIT $4) k
    UNION
    SELECT k.id FROM unnest($3::bytea[]) AS q (given) CROSS JOIN LATERAL (
        SELECT p.id FROM people_sealed p WHERE p.found_by @> ARRAY[q.given] LIMIT $4) k
)
SELECT {_ROW}, (SELECT count(*) FROM matched) AS matches
FROM matched m JOIN people p ON p.id = m.id JOIN transitions t ON t.person_id = p.id
WHERE $5 OR t.team = $6
    OR t.coordinator_id = ANY ($7::text[]) OR t.handover_to = ANY ($7) OR t.overlap_coordinator_id = ANY ($7)
    OR EXISTS (SELECT FROM steps s WHERE s.transition_id = t.id AND s.state IN ('open', 'missed')
               AND (s.holder = ANY ($7) OR s.holder IS NULL AND
                    EXISTS (SELECT FROM unnest($8::text[], $9::text[]) AS q (team, owner)
                            WHERE q.team = s.team AND q.owner = s.owner)))
    OR EXISTS (SELECT FROM assignments a WHERE a.transition_id = t.id AND a.ends IS NULL AND a.staff = ANY ($7))
    OR EXISTS (SELECT FROM bookings b WHERE b.transition_id = t.id AND b.status = 'booked' AND b.staff = ANY ($7))
    OR EXISTS (SELECT FROM broken_glass g WHERE g.transition_id = t.id AND g.staff = $10 AND g.ends > $11)
ORDER BY t.status = 'closed', t.id LIMIT $12
"""  # noqa: S608  # put together from constants of this module
BY_NUMBER = f"""
-- The transitions of whoever has an NHS number or a local id.
SELECT {_ROW} FROM people p JOIN transitions t ON t.person_id = p.id
WHERE p.nhs_number_blind = $1 OR p.local_id_blind = ANY ($2::bytea[])
ORDER BY t.status = 'closed', t.started DESC LIMIT $3
"""  # noqa: S608  # put together from constants of this module
ALIKE = """
-- People who may be somebody: by number, by local id, or born on the same day.
SELECT id::text, local_id, nhs_number, given_name, family_name, date_of_birth, ethnicity, known_as
FROM people WHERE nhs_number_blind = $1 OR local_id_blind = ANY ($2::bytea[]) OR date_of_birth = $3
ORDER BY nhs_number_blind = $1 DESC NULLS LAST, local_id_blind = ANY ($2::bytea[]) DESC, id LIMIT $4
"""
ONE = """
-- One person.
SELECT local_id, nhs_number, given_name, family_name, date_of_birth, ethnicity, known_as FROM people WHERE id = $1
"""
THEIRS = """
-- The transitions of some people, open ones first.
SELECT id::text, person_id::text, pathway, status, team FROM transitions WHERE person_id = ANY ($1::uuid[])
ORDER BY status = 'closed', started DESC
"""


class Looker(NamedTuple):
    """Who looks for somebody."""

    staff: str
    role: Role
    team: str | None


class Found(Stored):
    """A transition of somebody who was looked for."""

    id: str
    person_id: str
    local_id: str
    given_name: str
    family_name: str
    known_as: str | None
    date_of_birth: date
    pathway: str
    team: str
    status: str
    stage: str | None
    on_hold: bool
    definition: str | None
    sight: Sight = Sight.NOTHING

    @property
    def name(self) -> str:
        """The person's name."""
        return f"{self.given_name} {self.family_name}"


class Answer(NamedTuple):
    """Who was found. `unseen` is a transition of somebody of exactly that number whom the looker does not see.

    `more` there may be others: give more of the name. `by_number` it was a number that was looked for.
    """

    found: list[Found]
    unseen: str | None = None
    more: bool = False
    by_number: bool = False


class Alike(NamedTuple):
    """Somebody who may be the person meant, why, and where they are followed already, so far as the looker sees."""

    id: str
    why: list[str]
    certain: bool
    person: Person
    known_as: str | None
    seen: bool
    transitions: list[Record]


async def find(db: Database, looker: Looker, text: str, now: datetime, *, limit: int = LIMIT) -> Answer:
    """Whoever is meant by the beginning of a name (two in any order), an NHS number, or a local id."""
    said = " ".join(text.split())
    by_number = await _numbered(db, looker, said, now, limit)
    if by_number.found or by_number.unseen or by_number.by_number:
        return by_number
    return await _named(db, looker, said, now, limit)


async def _numbered(db: Database, looker: Looker, said: str, now: datetime, limit: int) -> Answer:
    number = nhs_number(said)
    async with connected(db) as link:
        keys = keys_of(link)
        rows = await link.fetch(BY_NUMBER, nhs_number_blind(keys, number), _blinds(keys, said), limit)
    found = await _seen(db, looker, rows, now)
    unseen = None if found or not rows else str(rows[0]["id"])
    return Answer(found, unseen, by_number=number is not None or any(letter.isdigit() for letter in said))


async def _named(db: Database, looker: Looker, said: str, now: datetime, limit: int) -> Answer:
    name = plain(said)
    if len(name) < SHORTEST:
        return Answer([])
    async with connected(db) as link:
        keys = keys_of(link)
        directory = await roles.directory(link, now)
        teams = [row["name"] for row in await link.fetch(queries.TEAMS)]
        waits = roles.queues(directory, looker.staff, teams, now)
        mine = [one for one in directory.staff if one == looker.staff or directory.present(one) == looker.staff]
        of_team = sight(looker.role, Standing(same_team=True)) is not Sight.NOTHING
        rows = await link.fetch(
            BY_NAME,
            *_standing_for(keys, *_readings(name)),
            MATCHES,
            of_team and of_every_team(looker.role, looker.team),
            looker.team if of_team else None,
            mine,
            [queue.team for queue in waits],
            [queue.role for queue in waits],
            looker.staff,
            now,
            limit + 1,
        )
    more = len(rows) > limit or any(row["matches"] >= MATCHES for row in rows[:1])
    return Answer(await _seen(db, looker, [row for row in rows[:limit] if _is(row, name)], now), more=more)


def _standing_for(
    keys: KeyRing, families: list[str], givens: list[str], alone: list[str]
) -> tuple[list[bytes], list[bytes | None], list[bytes]]:
    return (
        [family_begins(keys, one) for one in families],
        [given_begins(keys, one) if one else None for one in givens],
        [given_begins(keys, one) for one in alone],
    )


def _is(row: Record, name: str) -> bool:
    """Whether somebody is named so: what stands for a long name is that of its beginning."""
    families, givens, alone = _readings(name)
    family = plain(row["family_name"])
    called = [plain(row["given_name"]), plain(row["known_as"] or "")]
    return any(one.startswith(alone[0]) for one in called) or any(
        family.startswith(last) and (not first or any(one.startswith(first) for one in called))
        for last, first in zip(families, givens, strict=True)
    )


def _readings(name: str) -> tuple[list[str], list[str], list[str]]:
    """What a name may mean: families, each with the given name that goes with it, and given names alone."""
    words = name.split()
    families, givens = [name, "".join(words)], ["", ""]
    for place in range(1, len(words)):
        first, last = " ".join(words[:place]), " ".join(words[place:])
        families += [last, last.replace(" ", ""), first, first.replace(" ", "")]
        givens += [first, first, last, last]
    return families, givens, [name]


async def _seen(db: Database, looker: Looker, rows: Sequence[Record], now: datetime) -> list[Found]:
    """Those of some transitions that the looker may see, with how much of each: the policy says so."""
    standings = await access.standings(db, *looker, [row["id"] for row in rows], now)
    found = []
    for row in rows:
        known = standings.get(row["id"])
        how = sight(looker.role, known.standing) if known is not None else Sight.NOTHING
        if how is not Sight.NOTHING:
            found.append(Found.model_validate(dict(row) | {"sight": how}))
    return found


def nhs_number(text: str) -> str | None:
    """The NHS number that a text is, None when it is none."""
    try:
        return checked_nhs_number(text)
    except ValueError:
        return None


def _blinds(keys: KeyRing, local_id: str) -> list[bytes]:
    return [local_id_blind(keys, one) for one in sorted({local_id, local_id.upper(), local_id.lower()})]


async def alike(db: Database, looker: Looker, given: Person, now: datetime) -> list[Alike]:
    """Who may be this person already: the same number or local id, or born on that day with a name like theirs."""
    async with connected(db) as link:
        first, last = plain(given.given_name), plain(given.family_name)
        keys = keys_of(link)
        number = nhs_number_blind(keys, given.nhs_number)
        rows = await link.fetch(ALIKE, number, _blinds(keys, given.local_id), given.date_of_birth, MATCHES)
        reasons = [(row, _why(row, given, first, last)) for row in rows]
        same = [(row, why) for row, why in reasons if why]
        theirs = await link.fetch(THEIRS, [UUID(row["id"]) for row, _ in same])
    standings = await access.standings(db, *looker, [one["id"] for one in theirs], now)
    seen = {one for one, known in standings.items() if sight(looker.role, known.standing) is Sight.WHOLE}
    return [
        _alike(row, why, given, [one for one in theirs if one["person_id"] == row["id"]], seen) for row, why in same
    ]


def _alike(row: Record, why: list[str], given: Person, theirs: list[Record], seen: set[str]) -> Alike:
    certain = row["local_id"].upper() == given.local_id.upper() or (
        given.nhs_number is not None and row["nhs_number"] == given.nhs_number
    )
    visible = [one for one in theirs if one["id"] in seen]
    return Alike(row["id"], why, certain, _person(row), row["known_as"], bool(visible) or not theirs, visible)


def _why(row: Record, given: Person, first: str, last: str) -> list[str]:
    """Why somebody may be the person meant, in words; nothing when there is no reason to think so."""
    why = []
    if given.nhs_number is not None and row["nhs_number"] == given.nhs_number:
        why.append("the same NHS number")
    if row["local_id"].upper() == given.local_id.upper():
        why.append("the same local id")
    if row["date_of_birth"] == given.date_of_birth:
        given_name, family_name = plain(row["given_name"]), plain(row["family_name"])
        names = [f"{given_name} {family_name}", f"{family_name} {given_name}"]
        if f"{first} {last}" in names:
            why.append("the same name and date of birth")
        elif _similar(f"{first} {last}", names):
            why.append("the same date of birth and a name like theirs")
        elif why:
            why.append("the same date of birth")
    return why


def _similar(name: str, others: Iterable[str]) -> bool:
    return any(SequenceMatcher(None, name, other).ratio() >= SIMILAR for other in others)


def _person(row: Record) -> Person:
    return Person.model_validate({name: row[name] for name in Person.model_fields if name in row})


async def person(db: Database, person_id: UUID) -> tuple[Person, str | None] | None:
    """Somebody as the records have them, and how they wish to be called; None when there is nobody of that id."""
    async with connected(db) as link:
        row = await link.fetchrow(ONE, person_id)
    return (_person(row), row["known_as"]) if row is not None else None
