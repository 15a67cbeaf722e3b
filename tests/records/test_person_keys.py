"""A key for each person: made once, wrapped by the ring, and destroyed for good."""

import asyncio
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from records.database import Keyed
from records.errors import RecordsError
from records.keyring import KeyRing, Unreadable
from records.people import upsert_person
from records.person_keys import (
    KeyDestroyed,
    KeyLost,
    destroy_key,
    every_key,
    no_more,
    person_sealer,
    person_sealers,
    renewed_key,
    wrap_anew,
)
from records.ring_keys import introduce, retire, used
from tests.keys import RING
from tests.records.journeys import somebody
from workers.client import Pool, open_pool

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


async def enter(pool: Pool) -> UUID:
    """Somebody who is in the records."""
    return await upsert_person(pool, somebody())


async def stored(pool: Pool, person: UUID) -> bytes | None:
    """The key of a person as it is kept."""
    found: bytes | None = await pool.fetchval("SELECT wrapped FROM person_keys WHERE person_id = $1", person)
    return found


async def test_whoever_is_entered_has_a_key_and_keeps_it(pool: Pool) -> None:
    person = somebody()
    one = await upsert_person(pool, person)
    wrapped = await stored(pool, one)
    assert wrapped is not None
    assert await upsert_person(pool, person) == one
    assert await stored(pool, one) == wrapped
    sealed = (await person_sealer(pool, one)).seal("Ada", "given name")
    assert b"Ada" not in sealed
    assert (await person_sealer(pool, one)).open(sealed, "given name") == "Ada"


async def test_what_is_sealed_of_one_person_opens_as_nothing_else(pool: Pool) -> None:
    one, other = await enter(pool), await enter(pool)
    found = await person_sealers(pool, [one, other, uuid4()])
    assert set(found) == {one, other}
    sealed = found[one].seal("Ada", "given name")
    for whose, about in ((other, "given name"), (one, "family name")):
        with pytest.raises(Unreadable):
            found[whose].open(sealed, about)
    for damaged in (b"", sealed[:5], b"\x02" + sealed[1:]):
        with pytest.raises(Unreadable):
            found[one].open(damaged, "given name")


async def test_whoever_was_here_before_gets_a_key_once(pool: Pool) -> None:
    person = await enter(pool)
    await pool.execute("DELETE FROM person_keys")
    assert await person_sealers(pool, [person]) == {}
    found = await asyncio.gather(*(person_sealer(pool, person) for _ in range(8)))
    sealed = found[0].seal("Ada", "name")
    assert {one.open(sealed, "name") for one in found} == {"Ada"}


async def test_nobody_has_no_key(pool: Pool) -> None:
    with pytest.raises(RecordsError, match="Nobody of that id"):
        await person_sealer(pool, uuid4())
    assert not await destroy_key(pool, uuid4(), NOW)


async def test_a_destroyed_key_is_gone_for_good(pool: Pool) -> None:
    person, other = await enter(pool), await enter(pool)
    kept = await stored(pool, person)
    assert await destroy_key(pool, person, NOW)
    assert not await destroy_key(pool, person, NOW)
    with pytest.raises(KeyDestroyed, match="unreadable for good on"):
        await person_sealer(pool, person)
    assert set(await person_sealers(pool, [person, other])) == {other}
    with pytest.raises(asyncpg.RestrictViolationError):
        await pool.execute(
            "UPDATE person_keys SET wrapped = $2, ring_key = 'x', destroyed_at = NULL WHERE person_id = $1",
            person,
            kept,
        )
    with pytest.raises(asyncpg.RestrictViolationError):
        await pool.execute("DELETE FROM person_keys WHERE person_id = $1", person)


async def test_no_key_is_left_in_statistics(pool: Pool) -> None:
    for _ in range(5):
        await enter(pool)
    await pool.execute("ANALYZE person_keys")
    found = await pool.fetch("SELECT attname::text FROM pg_stats WHERE tablename = 'person_keys'")
    assert {row["attname"] for row in found} == {"person_id", "ring_key", "made_at", "destroyed_at"}


async def test_whoever_never_had_a_key_gets_none_once_it_is_destroyed(pool: Pool) -> None:
    person = await enter(pool)
    await pool.execute("DELETE FROM person_keys")
    assert await destroy_key(pool, person, NOW)
    with pytest.raises(KeyDestroyed):
        await person_sealer(pool, person)


async def test_a_key_in_place_of_a_lost_one_opens_nothing_before_it_and_all_that_comes(pool: Pool) -> None:
    entered = somebody()
    person = await upsert_person(pool, entered)
    before = await person_sealer(pool, person)
    sealed, words = before.seal("Ada", "name"), before.seal_words("at night")
    await pool.execute("UPDATE person_keys SET wrapped = $2 WHERE person_id = $1", person, renewed_key(RING, person))
    now = await person_sealer(pool, person)
    with pytest.raises(KeyLost, match="their key was lost"):
        now.open(sealed, "name")
    with pytest.raises(KeyLost):
        now.open_words(words)
    assert now.open(now.seal("Ada", "name"), "name") == "Ada"
    assert now.open_words(now.seal_words("by day")) == "by day"
    names = "SELECT local_id, given_name, family_name, nhs_number, known_as FROM people WHERE id = $1"
    assert [tuple(row) for row in await pool.fetch(names, person)] == [("erased", "Somebody", "erased", None, None)]
    assert await upsert_person(pool, entered) == person, "they are found, and their names are written anew"
    row = await pool.fetchrow(names, person)
    assert row is not None
    assert (row["local_id"], row["family_name"]) == (entered.local_id, entered.family_name)


async def test_who_has_no_key_any_more(pool: Pool) -> None:
    gone, there, unknown = await enter(pool), await enter(pool), uuid4()
    await destroy_key(pool, gone, NOW)
    assert await no_more(pool, []) == {gone}
    assert await no_more(pool, [there, unknown]) == {gone, unknown}
    async with pool.acquire() as link:
        assert {row.person_id: row.wrapped is None for row in await every_key(link)} == {gone: True, there: False}


async def test_after_a_rotation_the_old_key_may_go(pool: Pool, database_url: str) -> None:
    people = [await enter(pool) for _ in range(5)]
    sealed = (await person_sealer(pool, people[0])).seal("Ada", "name")
    prepared = RING.with_new(date(2026, 11, 28))
    rotated = prepared.using(prepared.ids[-1])
    with pytest.raises(RecordsError, match="People's keys are sealed with"):
        await retire(pool, RING.current)
    async with await open_pool(database_url, rotated, size=2) as after:
        assert (await person_sealer(after, people[0])).open(sealed, "name") == "Ada"
        assert [await wrap_anew(after, most=3) for _ in range(3)] == [3, 2, 0]
        assert (await person_sealer(after, people[0])).open(sealed, "name") == "Ada"
        with pytest.raises(Unreadable, match=rotated.current):
            await person_sealer(pool, people[0])
        await retire(after, RING.current)
    without = KeyRing.parse(rotated.written().replace(f'"search": "{RING.search}"', f'"search": "{rotated.current}"'))
    async with await open_pool(database_url, without.without(RING.current), size=1) as last:
        assert (await person_sealer(last, people[0])).open(sealed, "name") == "Ada"
        async with last.acquire() as link:
            rows = {row["id"]: (row["people"], row["retired_at"] is None) for row in await used(link)}
    assert rows == {RING.current: (0, False), rotated.current: (5, True)}


async def test_other_keys_than_the_known_ones_are_refused(pool: Pool, database_url: str) -> None:
    await enter(pool)
    with pytest.raises(RecordsError, match=f"are sealed with {RING.current}, and the key ring has"):
        await open_pool(database_url, KeyRing.fresh(date(2026, 11, 28)))
    with pytest.raises(RecordsError, match=f"The key {RING.current} is not the one"):
        await open_pool(database_url, KeyRing({RING.current: b"x" * 32}, RING.current, RING.current))
    await introduce(pool)


async def test_a_connection_without_keys_writes_nobody(database_url: str) -> None:
    link = await asyncpg.connect(database_url, connection_class=Keyed)
    with pytest.raises(RecordsError, match="carries no keys"):
        await upsert_person(link, somebody())
    assert await link.fetchval("SELECT count(*) FROM people") == 0
    await link.close()
