"""Whoever is looked for is found among those whom one may see, and who may be the same person is said."""

from datetime import date

import pytest

from planner.policy import Sight
from records import known, my_people, search
from records.my_people import Filters
from records.search import Looker
from records.staff import upsert_staff
from schemas.codes import Role
from schemas.person import Person
from tests.records.journeys import MANAGERS, begin, day, member, team_of
from workers.client import Pool

NOW = day(1)
COORDINATOR = Looker("coord-A", Role.COORDINATOR, "Team A")
DUTY = Looker("duty", Role.DUTY_MANAGER, None)


def person(local_id: str, given: str, family: str, nhs_number: str | None = None, born: str = "1985-03-27") -> Person:
    return Person(
        local_id=local_id,
        nhs_number=nhs_number,
        given_name=given,
        family_name=family,
        date_of_birth=date.fromisoformat(born),
    )


async def staffed(pool: Pool) -> None:
    peers = [member("peer-A", Role.PEER_WORKER, "Team A"), member("peers", Role.PEER_LEAD, "Team A")]
    await upsert_staff(pool, [*team_of("A"), *team_of("B"), *MANAGERS, *peers])


async def names(pool: Pool, looker: Looker, text: str) -> list[str]:
    return sorted(found.local_id for found in (await search.find(pool, looker, text, NOW)).found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("smith", ["AL1", "AL3"]),
        ("SMITH JO", ["AL1"]),
        ("mary ann smith", ["AL1"]),
        ("smith-jones", ["AL1"]),
        ("jones", []),
        ("Łukasz", ["AL2"]),
        ("lukasz o brien", ["AL2"]),
        ("obrien lu", ["AL2"]),
        ("Zed", ["AL3"]),
        ("zed smith", ["AL3"]),
        ("ann", []),
        ("%", []),
        ("smith'; DROP TABLE people", []),
    ],
)
async def test_a_name_is_found_by_its_beginning(pool: Pool, text: str, found: list[str]) -> None:
    await staffed(pool)
    await begin(pool, "coord-A", person=person("AL1", "Mary Ann", "Smith-Jones"))
    await begin(pool, "coord-A", person=person("AL2", "Łukasz", "O’Brien"))
    zed = await begin(pool, "coord-A", person=person("AL3", "Zdenka", "Smithers"))
    await begin(pool, "coord-B", person=person("AL4", "Mary Ann", "Smith-Jones"))
    await known.write(pool, zed.journey.transition_id, known_as="Zed", shares=[], staff="coord-A", now=NOW)
    assert await names(pool, COORDINATOR, text) == found


async def test_who_sees_everybody_finds_everybody_and_more_is_said_to_be_there(pool: Pool) -> None:
    await staffed(pool)
    for number in range(4):
        await begin(pool, f"coord-{'AB'[number % 2]}", person=person(f"AL{number}", "Ada", "Many"))
    assert await names(pool, DUTY, "many") == ["AL0", "AL1", "AL2", "AL3"]
    some = await search.find(pool, DUTY, "many", NOW, limit=3)
    assert (len(some.found), some.more) == (3, True)


async def test_a_peer_worker_finds_nobody_whom_they_do_not_go_with(pool: Pool) -> None:
    await staffed(pool)
    theirs = await begin(pool, "coord-A", person=person("AL1", "Ada", "Quiet"))
    await begin(pool, "coord-A", person=person("AL2", "Ben", "Quiet"))
    await pool.execute(
        "INSERT INTO assignments (transition_id, staff, starts, why, revision) VALUES ($1, 'peer-A', $2, 'x', 1)",
        theirs.journey.transition_id,
        NOW,
    )
    found = (await search.find(pool, Looker("peer-A", Role.PEER_WORKER, "Team A"), "quiet", NOW)).found
    assert [(one.local_id, one.sight) for one in found] == [("AL1", Sight.SHARED)]
    of_team = (await search.find(pool, Looker("peers", Role.PEER_LEAD, "Team A"), "quiet", NOW)).found
    assert {one.sight for one in of_team} == {Sight.SHARED}
    assert len(of_team) == 2


async def test_whoever_has_a_step_of_theirs_finds_them_in_another_team(pool: Pool) -> None:
    await staffed(pool)
    await begin(pool, None, "Team C", person=person("AL1", "Ada", "Far"))
    therapist = Looker("therapist-A", Role.THERAPIST, "Team A")
    before = await names(pool, therapist, "far")
    await pool.execute("UPDATE steps SET state = 'done' WHERE owner = 'therapist'")
    assert (before, await names(pool, therapist, "far")) == (["AL1"], [])


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (person("AL1", "X", "Y", born="1950-01-01"), [["the same local id"]]),
        (person("al1", "X", "Y", born="1950-01-01"), [["the same local id"]]),
        (person("AL9", "X", "Y", "9990000018", born="1950-01-01"), [["the same NHS number"]]),
        (person("AL9", "Jose", "Alvarez"), [["the same name and date of birth"]]),
        (person("AL9", "Alvarez", "José"), [["the same name and date of birth"]]),
        (person("AL9", "Josie", "Alvares"), [["the same date of birth and a name like theirs"]]),
        (person("AL1", "X", "Y"), [["the same local id", "the same date of birth"]]),
        (person("AL9", "Somebody", "Different"), []),
        (person("AL9", "José", "Álvarez", born="1950-01-01"), []),
    ],
)
async def test_who_may_be_the_same_person_is_said_with_why(pool: Pool, given: Person, why: list[list[str]]) -> None:
    await staffed(pool)
    await begin(pool, "coord-A", person=person("AL1", "José", "Álvarez", "9990000018"))
    assert [one.why for one in await search.alike(pool, COORDINATOR, given, NOW)] == why


async def test_who_is_like_them_and_not_seen_is_named_to_nobody(pool: Pool) -> None:
    await staffed(pool)
    await begin(pool, "coord-B", person=person("AL1", "José", "Álvarez", "9990000018"))
    (found,) = await search.alike(pool, COORDINATOR, person("AL9", "Jose", "Alvarez"), NOW)
    assert (found.seen, found.transitions, found.certain) == (False, [], False)
    (found,) = await search.alike(pool, DUTY, person("AL9", "X", "Y", "9990000018"), NOW)
    assert (found.seen, len(found.transitions), found.certain) == (True, 1, True)


async def test_a_caseload_comes_in_pages_that_meet(pool: Pool) -> None:
    await staffed(pool)
    for number in range(5):
        await begin(pool, "coord-A", person=person(f"AL{number}", "Ada", "Many"))
    whose = await my_people.of_staff(pool, "coord-A", NOW)
    first = await my_people.people(pool, whose, Filters(), NOW, limit=3)
    second = await my_people.people(pool, whose, Filters(), NOW, limit=3, after=first.next)
    assert len({one.id for one in first.rows + second.rows}) == 5
    assert second.next is None
    by = day(30)
    some = await my_people.needed(pool, whose, by, NOW, limit=7)
    rest = await my_people.needed(pool, whose, by, NOW, limit=7, after=some.page.next)
    places = [(task.due, task.transition_id, task.step) for task in some.page.rows + rest.page.rows]
    assert (some.all, rest.all) == (10, 10)
    assert len(set(places)) == 10
    assert places == sorted(places)
