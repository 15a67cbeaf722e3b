"""Silence: what ends an alert, how long until somebody was seen, and who still was not."""

from typing import Any, TypeAlias

import pytest
from asyncpg import Pool, Record

from records.staff import upsert_staff
from tests.records.counted import Counted, agrees, counted, days, follow, listed
from tests.records.journeys import MANAGERS, team_of

Db: TypeAlias = "Pool[Record]"
STARTED = "2026-03-02 10:00"
RAISED = "2026-04-13 11:00"
"""Six weeks after the start, by the clock of summer."""
NOW = "2026-09-30 12:00"
SPAN = ("2026-03-01", "2026-09-30")
STATES = ("raised", "seen", "silent", "closed", "told_late", "moved")


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """A team."""
    await upsert_staff(pool, [*team_of("north"), *MANAGERS])


async def silent(pool: Db, until: str = RAISED) -> Counted:
    """Somebody whom nobody sees until then."""
    one = await follow(pool, "waiting-list-to-discharge", STARTED, facts={"peer_support": "accepted"})
    return await one.until(until)


async def states(pool: Db) -> tuple[Any, ...]:
    """How many alerts there were, and how each ended."""
    cells = (await counted(pool, "silence", NOW, *SPAN)).total.cells
    return tuple(cells[name] for name in STATES)


async def test_no_alert_before_the_time_has_passed(pool: Db) -> None:
    await silent(pool, "2026-04-13 10:59")
    assert await states(pool) == (0, 0, 0, 0, 0, 0)


async def test_whoever_is_not_seen_is_silent_still(pool: Db) -> None:
    one = await silent(pool)
    await one.met(days(RAISED, 2), "welcome-contact", attendance="3")
    assert await states(pool) == (1, 0, 1, 0, 0, 0)
    [case] = await listed(pool, "silence", "silent", NOW, *SPAN)
    assert (case.shown["seen_before"], case.shown["seen_again"], case.name) == (None, None, "Ada Test")


async def test_days_are_counted_to_the_contact_and_not_to_its_report(pool: Db) -> None:
    one = await silent(pool)
    await one.met(days(RAISED, 9), "welcome-contact", done_at=days(RAISED, 3))
    assert await states(pool) == (1, 1, 0, 0, 0, 0)
    cells = (await counted(pool, "silence", NOW, *SPAN)).total.cells
    assert (cells["days"], cells["days_longest"], cells["share"]) == (3, 3, 0)


async def test_seen_and_silent_again_is_another_alert(pool: Db) -> None:
    one = await silent(pool)
    await one.met("2026-04-15 11:00", "welcome-contact")
    await one.until("2026-05-27 11:00")
    assert await states(pool) == (2, 1, 1, 0, 0, 0)
    found = await counted(pool, "silence", NOW, *SPAN)
    assert [(f"{row.period:%m}", row.cells["seen"], row.cells["silent"]) for row in found.rows] == [
        ("04", 1, 0), ("05", 0, 1),
    ]  # fmt: skip
    [case] = await listed(pool, "silence", "silent", NOW, *SPAN)
    assert case.shown["seen_before"].startswith("2026-04-15")


async def test_a_contact_from_before_that_was_told_afterwards_is_no_silence(pool: Db) -> None:
    one = await silent(pool)
    await one.met(days(RAISED, 1), "welcome-contact", done_at="2026-04-01 10:00")
    assert await states(pool) == (1, 0, 0, 0, 1, 0)
    cells = (await counted(pool, "silence", NOW, *SPAN)).total.cells
    assert cells["days"] is None


async def test_a_corrected_start_moves_the_alert(pool: Db) -> None:
    one = await silent(pool)
    await one.do(days(RAISED, 1), "milestone", milestone="started", occurred_at="2026-03-20 10:00")
    assert await states(pool) == (1, 0, 0, 0, 0, 1)


async def test_the_end_of_the_transition_ends_it_without_anybody_having_been_seen(pool: Db) -> None:
    one = await silent(pool)
    await one.do(days(RAISED, 1), "exit", exit="moved-away")
    assert await states(pool) == (1, 0, 0, 1, 0, 0)


async def test_an_alert_counts_in_the_month_of_london(pool: Db) -> None:
    one = await follow(pool, "waiting-list-to-discharge", "2026-04-19 00:30")
    await one.until("2026-05-31 00:30")
    late = await follow(pool, "waiting-list-to-discharge", "2026-04-20 00:30")
    await late.until("2026-06-01 00:30")
    found = await counted(pool, "silence", NOW, *SPAN)
    assert [(f"{row.period:%m}", row.cells["raised"]) for row in found.rows] == [("05", 1), ("06", 1)]


async def test_every_figure_is_its_list(pool: Db) -> None:
    seen = await silent(pool)
    await seen.met(days(RAISED, 3), "welcome-contact")
    await silent(pool)
    left = await silent(pool)
    await left.do(days(RAISED, 1), "exit", exit="moved-away")
    told = await silent(pool)
    await told.met(days(RAISED, 1), "welcome-contact", done_at="2026-04-01 10:00")
    await agrees(pool, "silence", NOW, *SPAN)
