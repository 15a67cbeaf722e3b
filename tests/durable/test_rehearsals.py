"""Every rehearsal, played by the real workflow on a clock that skips: event for event what the planner plays."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from planner.rehearsal import play, unmet
from tests.rehearsals.test_rehearsals import FILES, beside, the
from workers.rehearsal import Stage, stage
from workers.settings import load_settings


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def on_stage() -> AsyncIterator[Stage]:
    """One stage for all stories."""
    async with stage(load_settings()) as found:
        yield found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_durably_as_by_the_planner(on_stage: Stage, file: Path) -> None:
    rehearsal, load = the(file), beside(file)
    pathway = load(rehearsal.pathway)
    async with asyncio.timeout(120):
        trace = await on_stage.play(rehearsal, pathway, load)
    assert [event.told() for event in trace] == [event.told() for event in play(rehearsal, pathway, load)]
    assert unmet(rehearsal, trace) == []
