"""Contacts of peer workers and their hours: what came of each booking, and what had none."""

from datetime import timedelta
from typing import Any, TypeAlias

import pytest
from asyncpg import Pool, Record

from planner.clock import LONDON
from records.groups import add_group
from records.staff import upsert_staff
from schemas.codes import Division, Role
from schemas.journey import State
from schemas.staff import StaffMember
from schemas.workforce import GroupPlan, Place
from tests.planner.story import london
from tests.records.counted import TEAM, Counted, agrees, counted, follow, listed
from tests.records.journeys import MANAGERS, team_of

Db: TypeAlias = "Pool[Record]"
STARTED = "2026-03-02 10:00"
NOW = "2026-09-30 12:00"
SPAN = ("2026-03-01", "2026-09-30")
STEP = "welcome-contact"
HOW = ("contacts", "done", "not_seen", "cancelled", "unreported", "unbooked")
A_CONTACT = 95 / 60
"""An hour, the way there and the writing up."""


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """A team with two peer workers."""
    peers = [
        StaffMember(
            id=name,
            name=name.title(),
            role=Role.PEER_WORKER,
            team=TEAM,
            hours_per_week=37.5,
            works="mon-fri 09:00-16:30",
        )
        for name in ("ann", "bea")
    ]
    await upsert_staff(pool, [*team_of("north"), *MANAGERS, *peers])


async def accompanied(pool: Db) -> Counted:
    """Somebody who accepts peer support, and has a worker and a time for the first contact."""
    one = await follow(pool, "waiting-list-to-discharge", STARTED, facts={"peer_support": "accepted"})
    assert STEP in (one.journey.peers.booked if one.journey.peers else {})
    return one


def when(one: Counted, minutes: int = 0, step: str = STEP) -> str:
    """The booked time of a contact, or so many minutes after it, as a clock in London shows it."""
    assert one.journey.peers is not None
    return f"{(one.journey.peers.booked[step].starts + timedelta(minutes=minutes)).astimezone(LONDON):%Y-%m-%d %H:%M}"


async def how(pool: Db, now: str = NOW) -> tuple[Any, ...]:
    """How many contacts there were, and what came of them."""
    cells = (await counted(pool, "peer-contacts", now, *SPAN)).total.cells
    return tuple(cells[name] for name in HOW)


async def hours(pool: Db) -> list[Any]:
    """The hours of contacts, of those in which somebody was seen, and of groups."""
    cells = (await counted(pool, "peer-contacts", NOW, *SPAN)).total.cells
    return [cells[name] for name in ("hours", "hours_done", "hours_groups")]


async def test_a_booking_counts_once_it_is_over(pool: Db) -> None:
    one = await accompanied(pool)
    over = when(one, 60)
    assert await how(pool, when(one, 59)) == (0, 0, 0, 0, 0, 0)
    assert await how(pool, over) == (1, 0, 0, 0, 1, 0)


@pytest.mark.parametrize(
    ("attendance", "told"),
    [
        ("5", (1, 1, 0, 0, 0, 0)),
        ("6", (1, 1, 0, 0, 0, 0)),
        ("3", (1, 0, 1, 0, 0, 0)),
        ("7", (1, 0, 1, 0, 0, 0)),
        ("2", (1, 0, 0, 1, 0, 0)),
        ("4", (1, 0, 0, 1, 0, 0)),
    ],
)
async def test_what_was_reported_says_what_came_of_it(pool: Db, attendance: str, told: tuple[int, ...]) -> None:
    one = await accompanied(pool)
    at = when(one, 30)
    await one.met(at, STEP, attendance=attendance)
    assert (await how(pool, at))[: len(told)] == told
    cells = (await counted(pool, "peer-contacts", at, *SPAN)).total.cells
    assert cells["hours"] == pytest.approx(A_CONTACT)
    assert cells["hours_done"] == pytest.approx(A_CONTACT if told[1] else 0)


async def test_a_contact_that_had_no_booking_is_counted_without_hours(pool: Db) -> None:
    one = await accompanied(pool)
    await one.do("2026-03-03 10:00", "cancel-booking", step=STEP, reason="They cannot", by="coordinator")
    await one.met("2026-03-04 10:00", STEP, attendance="3", mechanism="02")
    assert await how(pool) == (1, 0, 1, 0, 0, 1)
    assert await hours(pool) == [0, 0, 0]
    found = await counted(pool, "peer-contacts", NOW, *SPAN, by="place")
    assert [(row.split, row.cells["unbooked"]) for row in found.rows] == [("telephone", 1)]


async def test_a_second_report_of_one_booking_is_a_contact_of_its_own(pool: Db) -> None:
    one = await accompanied(pool)
    await one.met(when(one, 30), STEP, attendance="3")
    again = when(one)  # it was given another time
    await one.met(again, STEP)
    assert await how(pool, again) == (2, 1, 1, 0, 0, 0)


async def test_what_took_place_long_before_its_time_gives_the_booking_back(pool: Db) -> None:
    one = await accompanied(pool)
    await one.met(when(one, -61), STEP, mechanism="02")
    assert (await how(pool))[:2] == (1, 1)
    assert (await how(pool))[5] == 1
    assert (await hours(pool))[0] == 0


async def test_who_reported_nothing_and_reports_it_afterwards_is_counted_once(pool: Db) -> None:
    one = await accompanied(pool)
    at = when(one)
    late = when(one, 6000)
    await one.do(late, "set-due", step=STEP, due="2026-04-30 10:00", reason="They asked for later", by="coordinator")
    assert [row["status"] for row in await pool.fetch("SELECT status FROM bookings WHERE status <> 'booked'")] == [
        "unreported"
    ]
    assert await how(pool, late) == (1, 0, 0, 0, 1, 0)
    await one.met(late, STEP, done_at=at)
    assert await how(pool) == (1, 1, 0, 0, 0, 0)
    assert (await hours(pool))[:2] == [pytest.approx(A_CONTACT)] * 2


def _booked(one: Counted) -> dict[str, Any]:
    return dict(one.journey.peers.booked) if one.journey.peers else {}


async def test_a_joint_contact_is_one_of_each_worker(pool: Db) -> None:
    one = await accompanied(pool)
    worker = one.journey.peers.worker if one.journey.peers else None
    other = "bea" if worker == "ann" else "ann"
    await one.do("2026-03-02 12:00", "assign", staff=other, reason="They have met", by="team-lead")
    assert len(_booked(one)[STEP].staff) == 2
    at = when(one, 30)
    await one.met(at, STEP)
    found = await counted(pool, "peer-contacts", at, *SPAN, by="worker")
    assert [(row.split, row.cells["done"]) for row in found.rows] == [("Ann (ann)", 1), ("Bea (bea)", 1)]
    assert [row.cells["hours"] for row in found.rows] == [pytest.approx(A_CONTACT)] * 2
    assert [case.shown["title"] for case in await listed(pool, "peer-contacts", "done", at, *SPAN)] == [
        "Say hello, and what waiting here is like"
    ] * 2


async def test_the_setting_is_where_it_was_booked(pool: Db) -> None:
    one = await accompanied(pool)
    await one.do(
        "2026-03-02 12:00", "book", step=STEP, place="video", minutes=30, starts="2026-03-05 11:00", by="coordinator"
    )
    await one.met("2026-03-05 11:00", STEP, mechanism="02")
    found = await counted(pool, "peer-contacts", "2026-03-05 12:00", *SPAN, by="place")
    assert [(row.split, row.cells["done"], row.cells["hours_done"]) for row in found.rows] == [("video", 1, 0.75)]


async def test_a_group_is_counted_for_its_workers_and_for_whoever_came(pool: Db) -> None:
    one = await accompanied(pool)
    plan = GroupPlan(
        team=TEAM, title="Drop-in", place=Place.COMMUNITY, starts=london("2026-03-06 11:00"),
        ends=london("2026-03-06 12:00"), staff=["ann", "bea"], people_at_most=4,
    )  # fmt: skip
    group = await add_group(pool, plan, london("2026-03-02 11:00"), Division.ENGLAND_AND_WALES)
    await one.do("2026-03-02 12:00", "book", step=STEP, group=group, by="coordinator")
    await one.met("2026-03-06 11:30", STEP)
    at = "2026-03-06 12:00"
    cells = (await counted(pool, "peer-contacts", at, *SPAN)).total.cells
    assert [cells[name] for name in ("contacts", "done", "unbooked", "groups")] == [1, 1, 1, 2]
    assert cells["hours_groups"] == pytest.approx(2 * A_CONTACT)
    found = await counted(pool, "peer-contacts", at, *SPAN, by="place")
    assert [(row.split, row.cells["contacts"], row.cells["groups"]) for row in found.rows] == [("community", 1, 2)]
    rows = await listed(pool, "peer-contacts", "groups", at, *SPAN)
    assert [(row.transition_id, row.local_id, row.name, row.shown["title"]) for row in rows] == [
        (None, None, "", "Drop-in")
    ] * 2
    # A pathway is of people: a group is of none.
    whole = await counted(pool, "peer-contacts", at, *SPAN, pathway="waiting-list-to-discharge")
    assert (whole.total.cells["contacts"], whole.total.cells["groups"]) == (1, 0)


async def test_what_is_no_contact_of_a_peer_worker_is_not_in_it(pool: Db) -> None:
    one = await follow(
        pool, "waiting-list-to-discharge", STARTED, facts={"peer_support": "declined"},
        expected={"assessment": "2026-03-20 10:00"},
    )  # fmt: skip
    await one.met("2026-03-20 10:00", "assessment-attended")
    assert one.journey.steps["assessment-attended"].state is State.DONE
    assert await how(pool) == (0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("step", "by_role", "theirs"),
    [
        ("follow-up-call", "coordinator", True),
        ("follow-up-call", None, True),
        ("care-plan", "peer-worker", False),
        ("care-plan", None, False),
        ("no-step-any-more", "peer-worker", True),
        ("no-step-any-more", "coordinator", False),
        ("no-step-any-more", None, False),
    ],
)
async def test_whose_a_contact_is_its_step_says_and_where_there_is_none_whoever_told_of_it(
    pool: Db, step: str, by_role: str | None, theirs: bool
) -> None:
    one = await accompanied(pool)
    await pool.executemany(
        "INSERT INTO steps (transition_id, step, kind, title, owner, ladder, state, late, rung, team) "
        "VALUES ($1, $2, $3, 'A step', $4, 'standard', 'planned', false, 0, $5)",
        [
            (one.id, "follow-up-call", "contact", "peer-worker", TEAM),
            (one.id, "care-plan", "document", "coordinator", TEAM),
        ],
    )
    await pool.execute(
        "INSERT INTO contacts (transition_id, step, number, at, recorded_at, attendance, mechanism, by_role) "
        "VALUES ($1, $2, 1, $3, $3, '5', '02', $4)",
        one.id, step, london("2026-03-04 10:00"), by_role,
    )  # fmt: skip
    found = await counted(pool, "peer-contacts", "2026-03-04 12:00", "2026-03-04", "2026-03-04")
    assert found.total.cells["unbooked"] == (1 if theirs else 0)


async def leaving(pool: Db) -> dict[str, Any]:
    """The figures in all, as they leave the team."""
    return dict((await counted(pool, "peer-contacts", NOW, *SPAN, inside=False)).total.cells)


async def test_hours_do_not_tell_how_many_were_not_seen(pool: Db) -> None:
    for number in range(7):
        one = await accompanied(pool)
        await one.met(when(one, 10), STEP, attendance="2" if number < 2 else "5")
    cells = await leaving(pool)
    assert [cells[name] for name in ("done", "not_seen", "hours_done")] == ["not shown"] * 3


async def test_hours_do_not_tell_how_many_had_no_booking(pool: Db) -> None:
    for _ in range(7):
        one = await accompanied(pool)
        await one.met(when(one, 10), STEP)
    cells = await leaving(pool)
    assert (cells["contacts"], cells["unbooked"]) == (7, 0)
    assert cells["hours"] == pytest.approx(7 * A_CONTACT)
    await one.do("2026-03-24 10:00", "cancel-booking", step=await _a_step(one), reason="They cannot", by="coordinator")
    await one.met("2026-03-24 11:00", "call", mechanism="02")
    cells = await leaving(pool)
    assert (cells["contacts"], cells["unbooked"], cells["hours"]) == (8, "under 5", "not shown")


async def _a_step(one: Counted) -> str:
    """A peer contact of their own, with a time."""
    said = {"step": "call", "title": "A call", "kind": "peer-contact", "owner": "peer-worker"}
    await one.do("2026-03-24 09:00", "add-step", **said, due="2026-04-10 16:00")
    return "call"


async def test_every_figure_is_its_list(pool: Db) -> None:
    for attendance in ("5", "3", "2"):
        one = await accompanied(pool)
        await one.met(when(one, 10), STEP, attendance=attendance)
    await accompanied(pool)
    await agrees(pool, "peer-contacts", NOW, *SPAN)
