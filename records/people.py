"""The people whom transitions are for, and the entry of a transition before it starts."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from asyncpg import Record, UniqueViolationError

from records import identity
from records.database import Database, Link, connected, keys_of, transaction
from records.errors import AlreadyOnPathway, RecordsError, UnknownStaff
from records.identity import Names, Sealed
from records.person_keys import fresh_key, person_sealer
from schemas.codes import Division
from schemas.person import Person, Registration, transition_id

PERSON_OF = """
-- Who has a local id, kept from others until this transaction ends.
SELECT id, nhs_number_blind FROM people_sealed WHERE local_id_blind = $1 FOR UPDATE
"""
NAMES = """
-- Who a person is.
SELECT local_id, nhs_number, given_name, family_name, known_as FROM people WHERE id = $1
"""
HERE = """
-- Which of these people are here.
SELECT id FROM people_sealed WHERE id = ANY ($1)
"""
NEW_ID = """
-- An id for somebody who is new.
SELECT uuidv7()
"""
_COLUMNS = ", ".join(Sealed._fields)
ENTER = f"""
-- Somebody who is new, with their key.
WITH entered AS (
    INSERT INTO people_sealed (id, date_of_birth, {_COLUMNS}) VALUES ($1, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    RETURNING id
)
INSERT INTO person_keys (person_id, wrapped, ring_key) SELECT id, $2, $3 FROM entered
"""  # noqa: S608 - the columns are ours
CHANGE_PERSON = f"""
-- Who somebody is, as it is known now.
UPDATE people_sealed SET ({_COLUMNS}) = ($2, $3, $4, $5, $6, $7, $8, $9) WHERE id = $1
"""  # noqa: S608
ANY_OPEN = """
-- Whether there is where they wait.
SELECT to_regclass('people_open') IS NOT NULL
"""
BORN = """
-- When somebody was born, as it is known now.
UPDATE people_sealed SET date_of_birth = $2 WHERE id = $1 AND date_of_birth <> $2
"""
OPEN = """
-- People who were here before anything was sealed, kept from others until this transaction ends.
SELECT * FROM people_open ORDER BY person_id LIMIT $1 FOR UPDATE SKIP LOCKED
"""
SEALED = """
-- They are sealed.
DELETE FROM people_open WHERE person_id = ANY ($1)
"""
SAID_ETHNICITY = """
-- The ethnic category that somebody says is theirs; that it is not known takes away nothing that they said.
UPDATE people_sealed SET ethnicity = $2 WHERE id = $1 AND ($2 <> '99' OR ethnicity IS NULL)
"""
COORDINATOR = """
-- The team of a member of staff who works here.
SELECT id, team FROM staff WHERE id = $1 AND active
"""
KEEP_TEAM = """
-- A team by name, once.
INSERT INTO teams (name) VALUES ($1) ON CONFLICT DO NOTHING
"""
REGISTERED = """
-- Whose transition of that id is, and on which pathway.
SELECT person_id, pathway FROM transitions WHERE id = $1
"""
ON_PATHWAY = """
-- The transition that somebody has on a pathway and that is not closed.
SELECT id FROM transitions WHERE person_id = $1 AND pathway = $2 AND status <> 'closed'
"""
FOLLOWED = """
-- The transition that somebody is followed on along a pathway, begun and not closed.
SELECT id FROM transitions WHERE person_id = $1 AND pathway = $2 AND status = 'open'
"""
BEGUN = """
-- The transition, begun and not closed, of the person of a local id, or of an id, along a pathway.
SELECT t.id FROM people p JOIN transitions t ON t.person_id = p.id
WHERE (p.local_id_blind = $1 OR p.id = $2) AND t.pathway = $3 AND t.status = 'open'
"""
REGISTER = """
-- A transition that has not started yet.
INSERT INTO transitions (id, person_id, pathway, started, taken_on, team, coordinator_id, division)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id
"""


async def upsert_person(db: Database, person: Person) -> UUID:
    """Enter a person, or what is newly known of one; the same local id is the same person.

    Raises RecordsError when the local id or the NHS number belongs to somebody else already.
    """
    async with transaction(db) as link:
        try:
            found = await _upsert(link, person)
        except UniqueViolationError:  # also when the same person is entered twice at once: then they are here now
            try:
                found = await _upsert(link, person)
            except UniqueViolationError:
                raise RecordsError(
                    "conflict", f"The NHS number given for {person.local_id} is that of another local id already."
                ) from None
        if found is None:
            raise RecordsError("conflict", f"{person.local_id} is already here with another NHS number.")
    return found


async def _upsert(link: Link, person: Person) -> UUID | None:
    keys = keys_of(link)
    async with link.transaction():
        known = await link.fetchrow(PERSON_OF, identity.local_id_blind(keys, person.local_id))
        found = await (_enter(link, person) if known is None else _change(link, person, known))
        if found is not None and person.ethnicity is not None:
            await link.execute(SAID_ETHNICITY, found, person.ethnicity)
        return found


async def _enter(link: Link, person: Person) -> UUID:
    person_id: UUID = await link.fetchval(NEW_ID)
    await link.execute(ENTER, *_entry(link, person_id, person))
    return person_id


async def enter(link: Link, people: Mapping[UUID, Person]) -> None:
    """Enter people under ids that the caller has chosen; whoever is here stays as they are."""
    here = {row["id"] for row in await link.fetch(HERE, list(people))}
    new = [_entry(link, person_id, person) for person_id, person in people.items() if person_id not in here]
    await link.executemany(ENTER, new)


def _entry(link: Link, person_id: UUID, person: Person) -> tuple[object, ...]:
    keys = keys_of(link)
    wrapped, sealer = fresh_key(keys, person_id)
    return person_id, wrapped, keys.current, person.date_of_birth, *identity.seal(keys, sealer, _names(person))


async def _change(link: Link, person: Person, known: Record) -> UUID | None:
    """What is newly known of somebody; None when they are here with another NHS number."""
    person_id: UUID = known["id"]
    number = identity.nhs_number_blind(keys_of(link), person.nhs_number)
    if None not in (number, known["nhs_number_blind"]) and number != known["nhs_number_blind"]:
        return None
    was = await names_of(link, person_id)
    now = _names(person)._replace(nhs_number=person.nhs_number or was.nhs_number, known_as=was.known_as)
    if now != was:
        await write_names(link, person_id, now)
    await link.execute(BORN, person_id, person.date_of_birth)
    return person_id


def _names(person: Person) -> Names:
    return Names(person.local_id, person.nhs_number, person.given_name, person.family_name)


async def names_of(link: Link, person_id: UUID) -> Names:
    """Who somebody is, opened."""
    (row,) = await link.fetch(NAMES, person_id)
    return Names(**dict(row))


async def write_names(link: Link, person_id: UUID, names: Names) -> None:
    """Keep who somebody is, sealed."""
    sealer = await person_sealer(link, person_id)
    await link.execute(CHANGE_PERSON, person_id, *identity.seal(keys_of(link), sealer, names))


async def seal_whoever_is_open(db: Database) -> None:
    """Seal everybody who was here before anything was sealed. Tables of an earlier version know of no such people."""
    async with connected(db) as link:
        while await link.fetchval(ANY_OPEN) and await _seal_open(link):
            pass


async def _seal_open(link: Link, most: int = 500) -> int:
    """Seal up to `most` of them; how many, so 0 when it is done, or another program is at the rest."""
    async with link.transaction():
        rows = [dict(row) for row in await link.fetch(OPEN, most)]
        people = [row.pop("person_id") for row in rows]
        for person_id, row in zip(people, rows, strict=True):
            await write_names(link, person_id, Names(**row))
        await link.execute(SEALED, people)
    return len(people)


async def register(
    db: Database,
    person: Person,
    *,
    pathway: str,
    started: datetime,
    taken_on: datetime,
    coordinator: str | None,
    team: str | None = None,
    division: Division = Division.ENGLAND_AND_WALES,
) -> str:
    """Enter a person and their transition, before it starts; answers its id. Done again it changes nothing.

    Without a team the transition has its coordinator's. Raises UnknownStaff for a coordinator who is
    not here, AlreadyOnPathway when the person has another open transition on the pathway.
    """
    async with transaction(db) as link:
        person_id = await upsert_person(link, person)
        registration = Registration(
            id=transition_id(person_id, pathway, started),
            pathway=pathway,
            started=started,
            taken_on=taken_on,
            team=team,
            coordinator=coordinator,
            division=division,
        )
        await _register(link, person_id, registration)
    return str(registration.id)


async def register_id(db: Database, person: Person, registration: Registration) -> None:
    """The same with an id that the caller has chosen."""
    async with transaction(db) as link:
        await _register(link, await upsert_person(link, person), registration)


async def _register(link: Link, person_id: UUID, given: Registration) -> None:
    row = await link.fetchrow(REGISTERED, given.id)
    if row is not None:
        _refuse_another(given, same=(row["person_id"], row["pathway"]) == (person_id, given.pathway))
        return
    team = await _team(link, given)
    await link.execute(KEEP_TEAM, team)
    entered = await link.fetchval(
        REGISTER,
        given.id,
        person_id,
        given.pathway,
        given.started,
        given.taken_on,
        team,
        given.coordinator,
        given.division,
    )
    if entered is None:
        other = await link.fetchval(ON_PATHWAY, person_id, given.pathway)
        if other != given.id:
            raise AlreadyOnPathway(given.pathway, str(other))


def _refuse_another(given: Registration, *, same: bool) -> None:
    if not same:
        raise RecordsError("conflict", f"The id {given.id} is that of another transition: choose another one.")


async def _team(link: Link, given: Registration) -> str:
    if given.coordinator is not None:
        row = await link.fetchrow(COORDINATOR, given.coordinator)
        if row is None:
            raise UnknownStaff(given.coordinator)
        team: str | None = given.team or row["team"]
    else:
        team = given.team
    if team is None:
        raise RecordsError("invalid", "Say which team the transition belongs to: its coordinator is in none.")
    return team


OPEN_TRANSITIONS = """
-- The ids of every transition that is being followed. Reads all open ones, by its nature.
SELECT id FROM transitions WHERE status = 'open'
"""
TEAM = """
-- The team of a transition.
SELECT team FROM transitions WHERE id = $1
"""


async def open_transitions(db: Database) -> set[str]:
    """The ids of every transition that is being followed."""
    async with connected(db) as link:
        return {str(row["id"]) for row in await link.fetch(OPEN_TRANSITIONS)}


async def team_of(db: Database, transition_id: str) -> str:
    """The team of a transition that the records know."""
    async with connected(db) as link:
        team: str = await link.fetchval(TEAM, UUID(transition_id))
        return team
