"""Whoever was erased and is back after a restore is erased again as they had been, and nobody who is followed anew."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from planner.journey import start
from records import erased, erasures, listings, people
from records.commit import commit
from records.erased import Ended, FollowedSince, Listed
from records.person_keys import KeyDestroyed, person_sealer
from records.reconcile import compared, recorded
from records.staff import upsert_staff
from schemas.command import Start
from schemas.commit import Commit
from schemas.person import Person
from tests.keys import RING
from tests.records.journeys import MANAGERS, PATHWAY, Recorder, begin, day, somebody, team_of
from tests.records.test_erasures import ASKER, CLOSE, LATER, OFFICERS, SECOND, erase, gone, whose
from workers.client import Pool, open_pool
from workers.postgres_server import DATABASE, PostgresServer

Elsewhere: TypeAlias = Callable[[], Awaitable[Pool]]


@pytest_asyncio.fixture
async def staffed(pool: Pool) -> Pool:
    await upsert_staff(pool, [*team_of("one"), *MANAGERS, *OFFICERS])
    return pool


@pytest_asyncio.fixture
async def elsewhere(postgres_server: PostgresServer) -> AsyncIterator[Callable[[], Awaitable[Pool]]]:
    """Makes other records for what a restore brings back; their staff list knows no privacy officer yet."""
    opened: list[Pool] = []

    async def make() -> Pool:
        name = f"elsewhere_{uuid4().hex}"
        admin = await asyncpg.connect(postgres_server.url_of("postgres"))
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {DATABASE}")
        await admin.close()
        opened.append(await open_pool(postgres_server.url_of(name), RING))
        await upsert_staff(opened[-1], [*team_of("one"), *MANAGERS])
        return opened[-1]

    yield make
    for one in opened:
        one.terminate()


async def back_in(pool: Pool, person: Person, who: UUID) -> Recorder:
    """Somebody as they were before, with the same ids, followed."""
    async with pool.acquire() as link:
        await people.enter(link, {who: person})
    return await begin(pool, "coord-one", person=person)


VISIT = """
INSERT INTO visits (id, staff, transition_id, place, checked_in, expected_end)
VALUES ($1, 'coord-one', $2, 'community', $3, $4)
"""


async def only(pool: Pool) -> Listed:
    """The one erasure that there is."""
    (one,) = await erased.certified(pool)
    return one


async def readable(pool: Pool, person_id: UUID) -> bool:
    try:
        await person_sealer(pool, person_id)
    except KeyDestroyed:
        return False
    return True


async def test_whoever_is_back_is_erased_again_with_the_same_certificate(staffed: Pool, elsewhere: Elsewhere) -> None:
    them = somebody()
    person = await gone(staffed, person=them)
    who, local_id = await whose(staffed, person.journey.transition_id)
    restored = await elsewhere()
    await back_in(restored, them, who)
    await restored.execute(CLOSE, UUID(person.journey.transition_id), day(30))
    first = await erase(staffed, local_id)
    listed = await only(staffed)
    for secret in ("Ada", "Test", local_id, "1980"):
        assert secret not in listed.model_dump_json()
    assert (await erased.back(staffed, [listed])) == []
    assert not await erased.again(staffed, listed, LATER), "here it is done"

    assert await readable(restored, who)
    assert await erased.back(restored, [listed]) == [listed]
    at = LATER + timedelta(days=9)
    assert await erased.again(restored, listed, at)
    assert not await readable(restored, who)
    assert not await erased.again(restored, listed, at), "and once"
    assert await erased.certified(restored) == [listed], "the list is the same as before"
    found = await erasures.certificate(restored, first.id)
    assert found == first.model_copy(update={"again_at": at, "asked_by_name": ASKER, "approved_by_name": SECOND})
    (again,) = [sentence for sentence in found.words() if sentence.startswith("A backup from before was restored")]
    assert "11 Dec 2046" in again
    assert await erasures.certificate_of(restored, who) == found
    (forget,) = await erased.in_temporal(restored)
    assert forget.transitions == [person.journey.transition_id]
    await erased.forgotten(restored, forget.id, at)
    assert await erased.in_temporal(restored) == []


async def test_a_journey_that_was_still_open_closes_as_it_had_closed(staffed: Pool, elsewhere: Elsewhere) -> None:
    them = somebody()
    begun = await begin(staffed, "coord-one", person=them)
    transition_id = begun.journey.transition_id
    who, local_id = await whose(staffed, transition_id)
    restored = await elsewhere()
    await back_in(restored, them, who)
    await staffed.execute(CLOSE, UUID(transition_id), day(30))
    await erase(staffed, local_id)
    listed = await only(staffed)
    assert listed.journeys == {transition_id: Ended(exit="settled", at=day(30))}

    assert await erased.again(restored, listed, LATER)
    assert not await readable(restored, who)
    row = (await listings.transition(restored, transition_id)).model_dump()
    assert (row["status"], row["exit"]) == ("closed", "settled")
    assert await restored.fetchval("SELECT closed_at FROM transitions WHERE id = $1", UUID(transition_id)) == day(30)
    rows = {one: row async for one, row in recorded(restored)}
    assert compared({}, rows) == [], "what is listed is what the recorded journey says"
    assert await restored.fetchval("SELECT count(*) FROM steps WHERE state IN ('planned', 'open', 'missed')") == 0


async def test_whoever_is_followed_anew_is_not_erased_again(staffed: Pool, elsewhere: Elsewhere) -> None:
    them = somebody()
    person = await gone(staffed, person=them)
    who, local_id = await whose(staffed, person.journey.transition_id)
    followed, visited, entered = [await elsewhere() for _ in range(3)]
    for pool in (followed, visited, entered):
        await back_in(pool, them, who)
        await pool.execute(CLOSE, UUID(person.journey.transition_id), day(30))
    await erase(staffed, local_id)
    listed = await only(staffed)

    await begin_anew(followed, them)
    await visited.execute(VISIT, uuid4(), UUID(person.journey.transition_id), day(1), day(1) + timedelta(hours=1))
    await enter_anew(entered, them)
    for pool in (followed, visited, entered):
        with pytest.raises(FollowedSince, match=f"certificate {listed.id} .* not erased"):
            await erased.again(pool, listed, LATER)
        assert await readable(pool, who)
        assert await pool.fetchval("SELECT count(*) FROM erased_again") == 0


async def enter_anew(pool: Pool, them: Person) -> str:
    """They are entered for another transition, which has not begun."""
    return await people.register(
        pool, them, pathway=PATHWAY.id, started=day(40), taken_on=day(40), coordinator="coord-one"
    )


async def begin_anew(pool: Pool, them: Person) -> None:
    """They are followed again, on another transition."""
    transition_id = await enter_anew(pool, them)
    command = Start(id="start", transition_id=transition_id, at=day(40), coordinator="coord-one")
    journey, events = start(PATHWAY, command)
    change = Commit(journey=journey, events=events, at=day(40), definition=PATHWAY.canonical)
    await commit(pool, change, email=False)


async def test_what_the_list_says_stays_as_it_is(staffed: Pool, elsewhere: Elsewhere) -> None:
    them = somebody()
    person = await gone(staffed, person=them)
    who, local_id = await whose(staffed, person.journey.transition_id)
    restored = await elsewhere()
    await back_in(restored, them, who)
    await erase(staffed, local_id)
    listed = await only(staffed)
    with pytest.raises(asyncpg.RestrictViolationError, match="a certificate is for what was done"):
        await restored.execute(erased.WRITE, *written(listed))
    assert await erased.again(restored, listed, LATER)
    for change in (
        "UPDATE erased_again SET why = 'never-begun'",
        "UPDATE erased_again SET forgotten_at = now() + interval '99 years', approved_by = 'x'",
        "DELETE FROM erased_again",
        "TRUNCATE erased_again",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            await restored.execute(change)


def written(one: Listed) -> tuple[object, ...]:
    """A row as it would be, of somebody whose key is there."""
    return (
        UUID(one.id), UUID(one.person_id), one.why, one.rule, one.kept_until, one.asked_by, one.asked_at,
        one.approved_by, one.approved_at, one.destroyed_at, "{}", LATER,
    )  # fmt: skip
