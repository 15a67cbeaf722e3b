"""Records that say what Temporal says are equal to it; anything else is named."""

from typing import Any

import pytest
from asyncpg import Pool, Record

from records.people import register
from records.reconcile import Recorded, differences, recorded
from records.staff import upsert_staff
from tests.records.journeys import PATHWAY, T0, Recorder, begin, day, somebody, team_of


@pytest.fixture
async def late(pool: "Pool[Record]") -> Recorder:
    """A journey with late steps."""
    await upsert_staff(pool, team_of("equal"))
    return await (await begin(pool, "coord-equal")).until(day(30))


async def of(pool: "Pool[Record]", *ids: str) -> dict[str, Recorded]:
    """What the records say of some transitions."""
    return {one: row async for one, row in recorded(pool) if one in ids}


def as_told(recorder: Recorder) -> dict[str, Any]:
    """The journey as Temporal would tell it."""
    return recorder.journey.model_dump(mode="json", exclude_defaults=True)


async def test_what_was_committed_is_equal(pool: "Pool[Record]", late: Recorder) -> None:
    one = late.journey.transition_id
    assert differences({one: as_told(late)}, await of(pool, one)) == []


async def test_each_difference_is_named(pool: "Pool[Record]", late: Recorder) -> None:
    one = late.journey.transition_id
    told = as_told(late) | {"revision": 9, "facts": {"peer_support": "declined"}}
    told["steps"]["plan"]["state"] = "done"
    found = differences({one: told}, await of(pool, one))
    assert f"Transition {one}: revision is 9 in Temporal and 2 in the records." in found
    assert f"Transition {one}: steps.plan.state is done in Temporal and missed in the records." in found
    assert f"Transition {one}: facts.peer_support is not the same in Temporal and in the records." in found
    assert not any("declined" in sentence for sentence in found)


async def test_a_journey_on_one_side_alone_is_named(pool: "Pool[Record]", late: Recorder) -> None:
    one = late.journey.transition_id
    assert differences({one: as_told(late)}, {}) == [f"Transition {one} runs in Temporal and is not in the records."]
    assert differences({}, await of(pool, one)) == [
        f"Transition {one} is open in the records and does not run in Temporal."
    ]
    new = await register(
        pool, somebody(), pathway=PATHWAY.id, started=T0, taken_on=T0, coordinator="coord-equal", team=None
    )
    assert differences({new: as_told(late)}, await of(pool, new)) == [
        f"Transition {new}: it runs in Temporal, and the records have only its registration."
    ]


async def test_a_listed_step_that_strayed_from_the_journey_is_named(pool: "Pool[Record]", late: Recorder) -> None:
    one = late.journey.transition_id
    rows = await of(pool, one)
    strayed = rows[one]._replace(steps=rows[one].steps | {"plan": ("done", None)})
    assert differences({one: as_told(late)}, {one: strayed}) == [
        f"Transition {one}: step plan is listed otherwise than the recorded journey has it."
    ]
