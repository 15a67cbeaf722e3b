"""The people whom transitions are for, and the entry of a transition before it starts."""

from datetime import datetime
from uuid import UUID

from asyncpg import UniqueViolationError

from records.database import Database, Link, connected, transaction
from records.errors import AlreadyOnPathway, RecordsError, UnknownStaff
from records.person_keys import make_key
from schemas.codes import Division
from schemas.person import Person, Registration, transition_id

UPSERT_PERSON = """
-- A person by local id: new, or with what is newly known of them.
INSERT INTO people (local_id, nhs_number, given_name, family_name, date_of_birth) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (local_id) DO UPDATE SET nhs_number = coalesce(excluded.nhs_number, people.nhs_number),
    given_name = excluded.given_name, family_name = excluded.family_name, date_of_birth = excluded.date_of_birth
WHERE people.nhs_number IS NULL OR excluded.nhs_number IS NULL OR people.nhs_number = excluded.nhs_number
RETURNING id
"""
SAID_ETHNICITY = """
-- The ethnic category that somebody says is theirs; that it is not known takes away nothing that they said.
UPDATE people SET ethnicity = $2 WHERE id = $1 AND ($2 <> '99' OR ethnicity IS NULL)
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
WHERE (p.local_id = $1 OR p.id = $2) AND t.pathway = $3 AND t.status = 'open'
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
        await make_key(link, found)
    return found


async def _upsert(link: Link, person: Person) -> UUID | None:
    names = (person.given_name, person.family_name, person.date_of_birth)
    async with link.transaction():
        found: UUID | None = await link.fetchval(UPSERT_PERSON, person.local_id, person.nhs_number, *names)
        if person.ethnicity is not None:
            await link.execute(SAID_ETHNICITY, found, person.ethnicity)
        return found


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
