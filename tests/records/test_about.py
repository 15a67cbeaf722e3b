"""Ethnic category as a person says it, and the day on which they died: who may say what, and who said it."""

from datetime import date

import pytest
from asyncpg import PostgresError
from pydantic import ValidationError

from records import about
from records.errors import RecordsError
from records.people import upsert_person
from records.staff import upsert_staff
from schemas.ethnicity import CATEGORIES
from schemas.person import Person
from tests.planner.story import INPATIENT, london
from tests.records.counted import Counted, follow
from tests.records.journeys import MANAGERS, somebody, team_of
from workers.client import Pool

NOW = london("2026-03-20 12:00")


@pytest.fixture
async def one(pool: Pool) -> Counted:
    """Somebody who is followed."""
    await upsert_staff(pool, [*team_of("north"), *MANAGERS])
    return await follow(pool, INPATIENT, "2026-03-02 10:00")


async def say(pool: Pool, one: Counted, ethnicity: str | None, died_on: str | None = None) -> about.About:
    died = date.fromisoformat(died_on) if died_on else None
    await about.write(pool, one.id, ethnicity=ethnicity, died_on=died, staff="coord-north", now=NOW)
    return await about.read(pool, one.id)


async def test_what_is_said_last_holds_and_who_said_it_is_kept(pool: Pool, one: Counted) -> None:
    assert await about.read(pool, one.id) == about.About()
    assert (await say(pool, one, " m ")).ethnicity == "M"
    found = await say(pool, one, None)
    assert (found.ethnicity, found.at, found.by) == (None, NOW, "Coord-North")
    assert [row["ethnicity"] for row in await pool.fetch("SELECT ethnicity FROM people_said ORDER BY id")] == [
        "M",
        None,
    ]
    with pytest.raises(PostgresError, match="only added to"):
        await pool.execute("UPDATE people_said SET ethnicity = 'A'")


async def test_a_category_that_there_is_not_is_told_which_there_are(pool: Pool, one: Counted) -> None:
    with pytest.raises(RecordsError, match=r"not an ethnic category: give one of A, B.*Z, 99"):
        await say(pool, one, "Q")
    with pytest.raises(ValidationError, match="ethnicity is not an ethnic category: give one of A, B"):
        Person.model_validate(somebody().model_dump() | {"ethnicity": "Welsh"})


@pytest.mark.parametrize("code", CATEGORIES)
async def test_every_category_can_be_entered(pool: Pool, code: str) -> None:
    person = Person.model_validate(somebody().model_dump() | {"ethnicity": code.lower()})
    found = await pool.fetchval("SELECT ethnicity FROM people WHERE id = $1", await upsert_person(pool, person))
    assert found == code


async def test_what_is_not_said_or_not_known_takes_nothing_away(pool: Pool) -> None:
    person = somebody()
    for said, holds in ((None, None), ("99", "99"), ("J", "J"), (None, "J"), ("99", "J"), ("Z", "Z")):
        id_ = await upsert_person(pool, person.model_copy(update={"ethnicity": said}))
        assert await pool.fetchval("SELECT ethnicity FROM people WHERE id = $1", id_) == holds


async def test_the_day_of_a_death_can_be_put_right(pool: Pool, one: Counted) -> None:
    with pytest.raises(RecordsError, match="still followed"):
        await say(pool, one, None, "2026-03-05")
    await one.do("2026-03-10 10:00", "exit", exit="died")
    assert (await about.read(pool, one.id)).died_on == date(2026, 3, 10)
    assert (await say(pool, one, None, "2026-03-08")).died_on == date(2026, 3, 8)
    with pytest.raises(RecordsError, match="They died: give the day"):
        await say(pool, one, None)
    for never in ("1979-01-01", "2026-03-21"):
        with pytest.raises(RecordsError, match="cannot be"):
            await say(pool, one, None, never)


async def test_who_died_after_they_moved_away_is_known_to_have(pool: Pool, one: Counted) -> None:
    await one.do("2026-03-10 10:00", "exit", exit="moved-away")
    assert (await say(pool, one, "A", "2026-03-12")).died_on == date(2026, 3, 12)
    assert (await say(pool, one, "A")).died_on is None


async def test_nobody_is_no_transition(pool: Pool) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    with pytest.raises(RecordsError, match="No such transition"):
        await about.read(pool, nobody)
    with pytest.raises(RecordsError, match="No such transition"):
        await about.write(pool, nobody, ethnicity="A", died_on=None, staff="coord-north", now=NOW)
