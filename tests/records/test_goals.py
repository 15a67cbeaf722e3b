"""Goals in the person's own words: sealed with their key, by a number that stays, and weighed where they are rated."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from records import goals
from records.errors import RecordsError
from records.measuring import scored
from records.person_keys import destroy_key
from records.staff import upsert_staff
from tests.records.journeys import MANAGERS, day, team_of
from tests.records.measured import Measured, measured
from workers.client import Pool

WORDS = "Walk to the allotment with Zephyrine again"
LEVELS = ["Not going out", "To the gate", "Half way", "All the way", "Every week"]


@pytest.fixture
async def person(pool: Pool) -> Measured:
    await upsert_staff(pool, [*team_of("one"), *MANAGERS])
    return await measured(pool)


async def add(person: Measured, words: str = WORDS, **more: Any) -> int:
    return await goals.add(person.pool, person.id, words, staff="coord-one", now=day(1), **more)


async def test_a_goal_is_kept_in_their_words_and_nothing_in_the_records_reads_so(person: Measured) -> None:
    assert await add(person, levels=LEVELS, weight=2) == 1
    (kept,) = await goals.goals(person.pool, person.id)
    assert (kept.words, kept.levels, kept.weight, kept.set_on, kept.set_by) == (
        WORDS, LEVELS, 2, date(2026, 11, 3), "Coord-One",
    )  # fmt: skip
    sealed: bytes = await person.pool.fetchval("SELECT words FROM goals")
    assert b"Zephyrine" not in sealed
    assert b"gate" not in sealed


async def test_what_is_sealed_opens_as_that_goal_alone(person: Measured) -> None:
    await add(person, "One")
    await add(person, "Two")
    await person.pool.execute("UPDATE goals SET words = (SELECT words FROM goals WHERE number = 1) WHERE number = 2")
    assert [goal.words for goal in await goals.goals(person.pool, person.id)] == ["One", None]


async def test_nobody_reads_it_once_the_key_is_destroyed(person: Measured) -> None:
    await add(person)
    who = await person.pool.fetchval("SELECT person_id FROM transitions WHERE id = $1", UUID(person.id))
    await destroy_key(person.pool, who, day(2))
    (kept,) = await goals.goals(person.pool, person.id)
    assert (kept.number, kept.words) == (1, None)
    assert await goals.weights(person.pool, person.id) == {"1": 1}


async def test_a_goal_keeps_its_number_when_another_ends(person: Measured) -> None:
    await add(person, "One")
    await goals.end(person.pool, person.id, 1, day(3))
    assert await add(person, "Two") == 2
    await goals.reword(person.pool, person.id, 2, "Two, said otherwise", weight=3)
    found = await goals.goals(person.pool, person.id)
    assert [(goal.number, goal.words, goal.weight, goal.ended_on) for goal in found] == [
        (1, "One", 1, date(2026, 11, 5)),
        (2, "Two, said otherwise", 3, None),
    ]
    for refused in (goals.end(person.pool, person.id, 1, day(4)), goals.reword(person.pool, person.id, 1, "Again")):
        with pytest.raises(RecordsError, match="There is no goal 1 that has not ended"):
            await refused


async def test_there_are_at_most_ten(person: Measured) -> None:
    for number in range(1, goals.MOST + 1):
        assert await add(person) == number
    with pytest.raises(RecordsError, match="There are 10 goals already"):
        await add(person)


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("  ", {}),
        ("x" * 501, {}),
        ("a\0b", {}),
        (WORDS, {"levels": LEVELS[:4]}),
        (WORDS, {"levels": [*LEVELS[:4], " "]}),
        (WORDS, {"weight": 0}),
        (WORDS, {"weight": -1}),
        (WORDS, {"weight": 101}),
        (WORDS, {"weight": float("nan")}),
    ],
)
async def test_what_is_no_goal_is_refused_without_repeating_it(
    person: Measured, words: str, more: dict[str, Any]
) -> None:
    with pytest.raises(RecordsError) as caught:
        await add(person, words, **more)
    assert "Zephyrine" not in str(caught.value)
    assert await goals.goals(person.pool, person.id) == []


async def test_goal_attainment_goes_by_the_weights(person: Measured) -> None:
    for weight in (3, 2, 1):
        await add(person, weight=weight)
    kept = await scored(person.pool, person.id, {"GAS": [1, 0, -1]}, day(2))
    assert kept["GAS"]["scales"]["t"]["derived"] == 54.41
