"""People and staff are entered once, however often they are given, and contradictions are refused in a sentence."""

from datetime import timedelta

import pytest
from asyncpg import Pool, Record
from pydantic import ValidationError

from records.errors import AlreadyOnPathway, RecordsError, UnknownStaff
from records.identity import local_id_blind
from records.people import register, upsert_person
from records.staff import add_cover, known, staff, staff_ids, upsert_staff
from schemas.codes import Role
from schemas.command import Actor, Exit
from schemas.person import Person, Registration, checked_nhs_number, transition_id
from schemas.staff import Cover
from tests.keys import RING
from tests.records.journeys import PATHWAY, T0, begin, day, member, somebody, team_of

NUMBERS = ("9990046212", "9990060398", "9990011281")


@pytest.fixture(autouse=True)
async def _staff(pool: "Pool[Record]") -> None:
    await upsert_staff(pool, team_of("people"))


async def enter(pool: "Pool[Record]", person: Person, **more: object) -> str:
    """Register somebody with the usual coordinator."""
    given = {"pathway": PATHWAY.id, "started": T0, "taken_on": T0, "coordinator": "coord-people", "team": None} | more
    return await register(pool, person, **given)  # type: ignore[arg-type]  # each as the test gives it


async def test_registering_again_changes_nothing(pool: "Pool[Record]") -> None:
    person = somebody()
    first = await enter(pool, person)
    assert await enter(pool, person.model_copy(update={"family_name": "Married"})) == first
    row = await pool.fetchrow(
        "SELECT family_name, status, team FROM people p JOIN transitions t ON t.person_id = p.id "
        "WHERE local_id_blind = $1",
        local_id_blind(RING, person.local_id),
    )
    assert row is not None
    assert (row["family_name"], row["status"], row["team"]) == ("Married", "registered", "Team people")


async def test_a_person_is_on_a_pathway_once_until_it_is_closed(pool: "Pool[Record]") -> None:
    person = somebody()
    begun = await begin(pool, "coord-people", person=person)
    with pytest.raises(AlreadyOnPathway, match="already on small-pathway") as refused:
        await enter(pool, person, started=T0 - timedelta(days=1))
    assert refused.value.transition_id == begun.journey.transition_id
    by = Actor(role=Role.TEAM_LEAD)
    await begun.tell(Exit(id="over", at=day(1), exit="died", by=by))
    assert await enter(pool, person, started=day(2)) != begun.journey.transition_id


async def test_what_contradicts_the_records_is_refused(pool: "Pool[Record]") -> None:
    one, other = somebody(), somebody()
    await upsert_person(pool, one.model_copy(update={"nhs_number": NUMBERS[0]}))
    with pytest.raises(RecordsError, match="with another NHS number"):
        await upsert_person(pool, one.model_copy(update={"nhs_number": NUMBERS[1]}))
    with pytest.raises(RecordsError, match="another local id already") as refused:
        await upsert_person(pool, other.model_copy(update={"nhs_number": NUMBERS[0]}))
    assert NUMBERS[0] not in refused.value.message
    with pytest.raises(UnknownStaff, match="import the staff first"):
        await enter(pool, other, coordinator="stranger")
    with pytest.raises(RecordsError, match="Say which team"):
        await enter(pool, other, coordinator=None)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("9990046213", "fails its check digit"),
        ("999004621", "has nine digits"),
        ("99900462123456", "has 14 digits"),
        ("999004621x", "not made of digits"),
        ("0000000000", "all zeros"),
        ("9999999999", "all nines"),
    ],
)
def test_an_nhs_number_is_refused_with_what_is_wrong(number: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        checked_nhs_number(number)
    assert checked_nhs_number("999 004 6212") == "9990046212"


def test_the_same_start_has_the_same_id() -> None:
    person = Registration(id="0199a1b2-0000-7000-8000-000000000000", pathway="p", started=T0, taken_on=T0).id  # type: ignore[arg-type]  # read as a UUID
    assert transition_id(person, "p", T0) == transition_id(person, "p", T0)
    assert transition_id(person, "p", T0) != transition_id(person, "p", day(1))


async def test_staff_are_as_they_were_last_given(pool: "Pool[Record]") -> None:
    one = member("mover", Role.PEER_WORKER, "Team people").model_copy(update={"languages": ["en", "ur"]})
    assert await upsert_staff(pool, [one]) == 1
    assert await staff(pool, "mover") == one
    assert "mover" in await staff_ids(pool)
    gone = one.model_copy(update={"active": False, "team": "Team elsewhere", "hours_per_week": 18.75})
    await upsert_staff(pool, [gone])
    assert await staff(pool, "mover") == gone
    assert not await known(pool, "mover")
    with pytest.raises(UnknownStaff):
        await staff(pool, "never-here")


async def test_cover_does_not_overlap(pool: "Pool[Record]") -> None:
    await add_cover(pool, Cover(staff="nurse-people", stands_in="coord-people", starts=day(1), ends=day(3)))
    await add_cover(pool, Cover(staff="nurse-people", stands_in="other-people", starts=day(3), ends=day(4)))
    with pytest.raises(RecordsError, match="choose other dates") as refused:
        await add_cover(pool, Cover(staff="nurse-people", stands_in="lead-people", starts=day(2), ends=day(5)))
    assert refused.value.kind == "conflict"
    with pytest.raises(UnknownStaff, match="stranger"):
        await add_cover(pool, Cover(staff="lead-people", stands_in="stranger", starts=day(1), ends=day(2)))
    with pytest.raises(ValidationError, match="nobody stands in for themselves"):
        Cover(staff="a1", stands_in="a1", starts=day(1), ends=day(2))
    with pytest.raises(ValidationError, match="ends before it starts"):
        Cover(staff="a1", stands_in="b1", starts=day(2), ends=day(1))
