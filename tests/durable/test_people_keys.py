"""The keys of people that backups are read with: whoever is erased is taken out before anybody hears of it."""

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

from structlog.testing import capture_logs

from records.keyring import KeyRing
from records.person_keys import every_key, fresh_key
from schemas.erasing import Became
from tests.durable.following import Followed, Place, now, until
from tests.durable.test_erased_list import there
from tests.durable.test_retention import asked, key_is_there, left, said, tell
from tests.keys import RING
from workers import erased as listing
from workers import person_keys
from workers.checks import examine_from_within

__all__ = ["there"]  # a fixture


def file_of(there: Place) -> Path:
    """Where the file of this place is."""
    file = person_keys.file_of(there.settings)
    assert file is not None
    return file


async def whose(there: Place, person: Followed) -> UUID:
    found: UUID = await there.pool.fetchval("SELECT person_id FROM transitions WHERE id = $1", UUID(person.id))
    return found


async def backed_up(there: Place) -> None:
    """Write the file as a backup does."""
    async with there.pool.acquire() as link:
        await person_keys.keep(file_of(there), link)


async def doctor(there: Place) -> list[tuple[str, str]]:
    """What the doctor says of the file."""
    found = await examine_from_within(there.settings, there.pool, there.client)
    return [(one.state, one.found) for one in found if one.what == "keys of people"]


async def test_whoever_is_erased_is_taken_out_before_anybody_hears_of_it(there: Place) -> None:
    async with there.worker():
        person, other = await left(there), await left(there)
        assert await doctor(there) == [], "there was no backup"
        await backed_up(there)
        file, who = file_of(there), await whose(there, person)
        assert await doctor(there) == [("ok", f"2 in {file}, as of the last backup")]
        one = await asked(there, person)
        unfinished = file.with_name(f"{file.name}.unfinished")
        unfinished.mkdir()  # so that nothing can be written there
        telling = asyncio.create_task(tell(there, one, said()))

        async def destroyed() -> bool:
            return not await key_is_there(there, person)

        await until(destroyed, 60)
        assert not telling.done()
        ((state, found),) = await doctor(there)
        assert (state, "1 who were erased" in found) == ("warning", True)
        unfinished.rmdir()
        assert (await asyncio.wait_for(telling, 120)).became is Became.DONE
    assert set(person_keys.read(file, RING).wrapped) == {await whose(there, other)}
    assert str(who) not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


async def test_a_backup_under_way_keeps_nobody_who_is_erased_meanwhile(there: Place) -> None:
    async with there.worker():
        person = await left(there)
        one = await asked(there, person)
        async with person_keys.alone(file_of(there)):
            async with there.pool.acquire() as link:
                keys = {row.person_id: row.wrapped for row in await every_key(link) if row.wrapped is not None}
            telling = asyncio.create_task(tell(there, one, said()))

            async def destroyed() -> bool:
                return not await key_is_there(there, person)

            await until(destroyed, 60)
            assert await whose(there, person) in keys
            person_keys.write(file_of(there), keys)
        assert (await asyncio.wait_for(telling, 120)).became is Became.DONE
    assert person_keys.read(file_of(there), RING) == ({}, [])


async def test_an_older_file_that_is_put_back_loses_whoever_was_erased_at_the_next_look(there: Place) -> None:
    async with there.worker():
        person, other = await left(there), await left(there)
        await backed_up(there)
        file, stranger = file_of(there), uuid4()
        older = file.read_bytes()
        await tell(there, await asked(there, person), said())
        file.write_bytes(older)
        person_keys.add(file, {stranger: fresh_key(RING, stranger)[0]})
        with capture_logs() as logs:
            assert await listing.look(there.client, there.settings, there.pool) == 0
    assert [one["keys"] for one in logs if "taken out" in one["event"]] == [1]
    kept = {await whose(there, other), stranger}
    assert set(person_keys.read(file, RING).wrapped) == kept, "and nobody of whom nothing is known"
    file.with_name(f"{file.name}.lock").unlink()
    file.with_name(f"{file.name}.lock").mkdir()
    with capture_logs() as logs:
        await listing.look(there.client, there.settings, there.pool)
    assert ["may be in their file" in one["event"] for one in logs] == [True]


async def test_what_does_not_open_is_said(there: Place) -> None:
    async with there.worker():
        await left(there)
    await backed_up(there)
    file, one = file_of(there), uuid4()
    person_keys.add(file, {one: fresh_key(KeyRing.fresh(now().date()), one)[0]})
    with file.open("a") as out:
        out.write("no line of ours\n")
    assert person_keys.read(file, RING).damaged == [2, 3]
    ((state, found),) = await doctor(there)
    assert (state, "see 2, 3" in found) == ("warning", True)
    file.unlink()
    file.mkdir()
    ((state, found),) = await doctor(there)
    assert (state, "cannot be read" in found) == ("warning", True)
