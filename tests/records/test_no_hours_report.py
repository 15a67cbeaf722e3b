"""What nobody had hours for: who waits for a worker, which contact found no time, and what became of it."""

from typing import Any, TypeAlias

import pytest
from asyncpg import Pool, Record

from records.staff import upsert_staff
from schemas.codes import Role
from schemas.staff import StaffMember
from tests.records.counted import TEAM, Counted, agrees, counted, follow, listed
from tests.records.journeys import MANAGERS, team_of

Db: TypeAlias = "Pool[Record]"
STARTED = "2026-03-02 10:00"
NOW = "2026-09-30 12:00"
SPAN = ("2026-03-01", "2026-09-30")
NAMES = ("told", "people", "contacts", "found", "waiting", "over")


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """A team whose peer worker works for one hour in the week, which no contact fits into."""
    await upsert_staff(pool, [*team_of("north"), *MANAGERS, worker("ann", 1, "mon 09:00-10:00")])


def worker(name: str, hours: float = 37.5, works: str = "mon-fri 09:00-16:30") -> StaffMember:
    """A peer worker of the team."""
    return StaffMember(id=name, name=name, role=Role.PEER_WORKER, team=TEAM, hours_per_week=hours, works=works)


async def accepting(pool: Db, started: str = STARTED) -> Counted:
    """Somebody who accepts peer support."""
    return await follow(pool, "waiting-list-to-discharge", started, facts={"peer_support": "accepted"})


async def figures(pool: Db) -> tuple[Any, ...]:
    """Who and what had none, and what became of it."""
    cells = (await counted(pool, "no-hours", NOW, *SPAN)).total.cells
    return tuple(cells[name] for name in NAMES)


async def test_somebody_waits_for_a_worker_until_one_has_hours(pool: Db) -> None:
    one = await accepting(pool)
    assert await figures(pool) == (1, 1, 0, 0, 1, 0)
    await upsert_staff(pool, [worker("bea")])
    await one.until("2026-03-20 10:00")
    assert one.journey.peers is not None
    assert one.journey.peers.worker == "bea"
    assert (await figures(pool))[:5] == (1, 1, 0, 1, 0)
    [case] = await listed(pool, "no-hours", "found", NOW, *SPAN)
    assert case.shown["until"].startswith("2026-03-09")
    cells = (await counted(pool, "no-hours", NOW, *SPAN)).total.cells
    assert cells["days"] == pytest.approx(6.9, abs=0.1)


@pytest.mark.parametrize(
    ("what", "said"),
    [("facts", {"facts": {"peer_support": "declined"}}), ("exit", {"exit": "moved-away"})],
)
async def test_whoever_waits_no_longer_had_none(pool: Db, what: str, said: dict[str, Any]) -> None:
    one = await accepting(pool)
    await one.do("2026-03-05 10:00", what, **said)
    assert await figures(pool) == (1, 1, 0, 0, 0, 1)


async def test_whoever_has_a_worker_is_not_in_it(pool: Db) -> None:
    await upsert_staff(pool, [worker("bea")])
    await accepting(pool)
    assert await figures(pool) == (0, 0, 0, 0, 0, 0)


async def without_time(pool: Db) -> Counted:
    """Somebody whose contact is due before their worker works again."""
    await upsert_staff(pool, [worker("bea", 4, "tue 10:00-14:00")])
    one = await accepting(pool)
    await one.do(
        "2026-03-02 11:00", "set-due", step="welcome-contact", due="2026-03-03 09:00", reason="Sooner", by="coordinator"
    )
    return one


async def test_a_contact_without_a_time_is_counted_once(pool: Db) -> None:
    one = await without_time(pool)
    assert (await figures(pool))[:5] == (1, 0, 1, 0, 1)
    [case] = await listed(pool, "no-hours", "contacts", NOW, *SPAN)
    assert case.shown["why"].startswith("No time before it is due:")
    assert case.shown["title"] == "Say hello, and what waiting here is like"
    await one.do(
        "2026-03-02 12:00", "set-due", step="welcome-contact", due="2026-03-03 08:00", reason="Sooner", by="coordinator"
    )
    assert await pool.fetchval("SELECT count(*) FROM events WHERE event = 'no-slot'") == 2
    assert (await figures(pool))[:3] == (1, 0, 1)


async def test_a_contact_finds_a_time_or_is_had_all_the_same(pool: Db) -> None:
    one = await without_time(pool)
    await one.do(
        "2026-03-02 14:00", "set-due", step="welcome-contact", due="2026-03-30 09:00", reason="Later", by="coordinator"
    )
    assert (await figures(pool))[:5] == (1, 0, 1, 1, 0)


async def test_a_contact_that_was_had_without_a_time_is_found(pool: Db) -> None:
    one = await without_time(pool)
    await one.met("2026-03-02 15:00", "welcome-contact", mechanism="02")
    cells = (await counted(pool, "no-hours", NOW, *SPAN)).total.cells
    assert (cells["found"], cells["waiting"]) == (1, 0)
    assert cells["days"] == pytest.approx(0.2, abs=0.05)


async def test_a_contact_that_is_no_longer_asked_for_is_over(pool: Db) -> None:
    one = await without_time(pool)
    await one.do("2026-03-02 15:00", "waive", step="welcome-contact", reason="Not wanted", by="coordinator")
    assert (await figures(pool))[2:] == (1, 0, 0, 1)


async def test_every_figure_is_its_list(pool: Db) -> None:
    await accepting(pool)
    await without_time(pool)
    await agrees(pool, "no-hours", NOW, *SPAN)
