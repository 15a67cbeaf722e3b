"""The list of who was erased: written before anybody hears that it is done, and followed whenever a process starts."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from structlog.testing import capture_logs
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from records import erased, erasures
from records.erased import Listed
from records.keyring import KeyRing
from schemas.erasing import Became, Rule, Why
from tests.durable.following import Followed, Place, now, place, until
from tests.durable.test_retention import asked, key_is_there, left, said, staffed, tell
from tests.keys import RING
from workers import erased as listing
from workers.checks import examine_from_within
from workers.client import Pool
from workers.stop import Stop
from workers.transitions import workflow_id


@pytest_asyncio.fixture
async def there(temporal: Client, pool: Pool) -> AsyncIterator[Place]:
    """A place whose worker is not running yet."""
    async with place(temporal, pool) as found:
        await staffed(pool)
        yield found


def file_of(there: Place) -> Path:
    """Where the list of this place is."""
    file = listing.file_of(there.settings)
    assert file is not None
    return file


async def line_about(there: Place, person: Followed) -> Listed:
    """What the list would have of somebody who has left, and is not erased here."""
    at = now()
    row = await there.pool.fetchrow("SELECT person_id, exit, closed_at FROM transitions WHERE id = $1", UUID(person.id))
    assert row is not None
    return Listed(
        id=str(uuid4()), person_id=str(row["person_id"]), why=Why.ASKED_BY_PERSON, rule=Rule.CLOSED,
        asked_by="somebody-1", asked_at=at, approved_by="somebody-2", approved_at=at, destroyed_at=at,
        destroyed={"transitions": 1}, journeys={person.id: erased.Ended(exit=row["exit"], at=row["closed_at"])},
    )  # fmt: skip


async def doctor(there: Place) -> tuple[str, str]:
    """What the doctor says of the list."""
    found = await examine_from_within(there.settings, there.pool, there.client)
    (one,) = [each for each in found if each.what == "list of who was erased"]
    return one.state, one.found


async def test_it_is_on_the_list_before_anybody_hears_that_it_is_done(there: Place) -> None:
    file = file_of(there)
    file.mkdir()  # so that nothing can be written there
    async with there.worker():
        person = await left(there)
        one = await asked(there, person)
        telling = asyncio.create_task(tell(there, one, said()))

        async def certified() -> bool:
            return len(await erased.certified(there.pool)) == 1

        await until(certified, 60)
        assert not telling.done()
        assert (await doctor(there))[0] == "warning"
        file.rmdir()
        done = await asyncio.wait_for(telling, 120)
        assert done.became is Became.DONE
    (line,) = listing.read(file, RING).listed
    assert line.id == done.certificate_id
    assert file.stat().st_mode & 0o077 == 0
    assert await doctor(there) == ("ok", f"1 in {file}")


async def test_whoever_is_on_it_is_erased_again_and_temporal_forgets_them(there: Place) -> None:
    async with there.worker():
        person, other = await left(there), await left(there)
        listing.add(file_of(there), [await line_about(there, person)], RING)
        assert (await doctor(there))[0] == "warning"
        await listing.before_anybody_looks(there.settings, there.pool)
        assert not await key_is_there(there, person)
        assert await key_is_there(there, other)
        assert (await doctor(there))[0] == "ok"
        assert await listing.look(there.client, there.settings, there.pool) == 0

        async def forgotten() -> bool:
            try:
                await there.client.get_workflow_handle(workflow_id(person.id)).describe()
            except RPCError as error:
                return error.status is RPCStatusCode.NOT_FOUND
            return False

        await until(forgotten, 240)  # Temporal deletes in its own time: a minute and a half was seen
        assert await erased.in_temporal(there.pool) == []


async def test_whoever_is_followed_again_is_told_of_and_goes_on(there: Place) -> None:
    async with there.worker():
        person = await there.take_on()
        line = await line_about(there, person)
        listing.add(file_of(there), [line], RING)
        with capture_logs() as logs:
            await listing.before_anybody_looks(there.settings, there.pool)
        assert [one["certificate_id"] for one in logs] == [line.id]
        assert await key_is_there(there, person)
        assert (await doctor(there))[0] == "warning"


async def test_what_has_a_certificate_and_is_not_on_it_is_written_down(there: Place) -> None:
    async with there.worker():
        done = await tell(there, await asked(there, await left(there)), said())
    file = file_of(there)
    file.unlink()
    assert (await doctor(there))[0] == "warning"
    await listing.before_anybody_looks(there.settings, there.pool)
    whole = file.read_bytes()
    assert [one.id for one in listing.read(file, RING).listed] == [done.certificate_id]

    file.write_bytes(whole[:40])  # as a machine that stops in the middle of a line leaves it
    assert listing.read(file, RING).damaged == [1]
    await listing.before_anybody_looks(there.settings, there.pool)
    assert file.read_bytes() == whole[:40] + b"\n" + whole
    assert (await doctor(there))[0] == "warning"
    assert (await erasures.certificate(there.pool, done.certificate_id or "")).again_at is None


async def test_where_no_list_is_kept_it_is_said(there: Place) -> None:
    elsewhere = there.settings.model_copy(
        update={"erased_file": None, "database_url": "postgresql://elsewhere/records"}
    )
    assert listing.file_of(elsewhere) is None
    assert await listing.write_down(elsewhere, there.pool) is None
    found = await examine_from_within(elsewhere, there.pool, there.client)
    assert [one.state for one in found if one.what == "list of who was erased"] == ["warning"]


async def test_a_list_that_cannot_be_read_stops_nobody_who_is_followed(there: Place, tmp_path: Path) -> None:
    file_of(there).mkdir()
    with capture_logs() as logs:
        await listing.before_anybody_looks(there.settings, there.pool)
    assert [one["event"] for one in logs] == ["nobody knows who was erased"]
    (tmp_path / "restored.json").touch()
    restored = there.settings.model_copy(update={"data_dir": tmp_path})
    with pytest.raises(Stop, match="cannot be read"):
        await listing.before_anybody_looks(restored, there.pool)


async def test_a_line_that_was_written_without_the_keys_erases_nobody(there: Place) -> None:
    async with there.worker():
        person = await left(there)
    file, line = file_of(there), await line_about(there, person)
    listing.add(file, [line], KeyRing.fresh(now().date()))
    listing.add(file, [line.model_copy(update={"person_id": str(uuid4())})], RING)
    another = file.read_text().splitlines()[1]
    with file.open("a") as out:
        out.write(another.replace(json.loads(another)["erasure"]["person_id"], line.person_id) + "\n")
        out.write(json.dumps({"erasure": line.model_dump(mode="json")}) + "\n")
    assert listing.read(file, RING).damaged == [1, 3, 4]
    await listing.before_anybody_looks(there.settings, there.pool)
    assert await key_is_there(there, person)
