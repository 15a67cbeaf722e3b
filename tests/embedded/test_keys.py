"""The keys of a data folder: made at its first start, for its owner alone, and never made again."""

from pathlib import Path

import pytest

from records.keyring import KeyRing
from records.people import upsert_person
from tests.keys import RING
from tests.records.journeys import somebody
from workers.client import open_pool
from workers.embedded import EmbeddedServices
from workers.keys import own_file
from workers.stop import Stop
from workers.up import welcome


async def test_keys_are_made_at_the_first_start_and_never_again(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    file = own_file(folder)
    async with EmbeddedServices(folder, ui=False) as services:
        assert file.stat().st_mode & 0o777 == 0o600
        assert KeyRing.parse(file.read_text()).ids == services.keys.ids
        assert f"New keys are in {file}" in welcome(services)
        async with await open_pool(services.database_url, services.keys, size=1) as pool:
            await upsert_person(pool, somebody())
    kept = file.read_text()
    async with EmbeddedServices(folder, ui=False) as services:
        assert (services.made_keys, file.read_text()) == (None, kept)
        assert "New keys" not in welcome(services)
    file.unlink()
    with pytest.raises(Stop, match=r"are gone: .*keys\.json is not there"):
        await EmbeddedServices(folder, ui=False).__aenter__()
    assert not file.exists()
    file.write_text(kept)
    async with EmbeddedServices(folder, ui=False):
        assert file.read_text() == kept


async def test_keys_that_are_given_are_used_and_none_are_made(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with EmbeddedServices(folder, ui=False, keys=RING) as services:
        assert services.keys is RING
        assert not own_file(folder).exists()
