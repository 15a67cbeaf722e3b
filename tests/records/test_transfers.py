"""Young people who leave CAMHS: how they were brought over, where they went, who is in none, and a year later."""

from datetime import date
from typing import Any, TypeAlias

import pytest
from asyncpg import Pool, Record

from records.people import register
from records.staff import upsert_staff
from schemas.person import Person
from tests.planner.story import CAMHS, london
from tests.records.counted import COORDINATOR, TEAM, Counted, agrees, counted, follow, listed
from tests.records.journeys import MANAGERS, somebody, team_of

Db: TypeAlias = "Pool[Record]"
START, TRANSFER = "2025-01-06 10:00", "2025-09-01 10:00"
LATER = "2026-03-20 12:00"
YEARS = ("2025-01-01", "2026-12-31")
IN_TIME = {"information-transfer": "2025-07-20 10:00", "planning-meeting": "2025-06-20 10:00",
           "meet-adult-service": "2025-07-21 10:00"}  # fmt: skip
CHECK = "2025-11-20 10:00"
ADULT = "adult-mental-health:accepted"


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """A team."""
    await upsert_staff(pool, [*team_of("north"), *MANAGERS])


def young() -> Person:
    """Somebody who turns 18 on the first of September 2025."""
    return somebody().model_copy(update={"date_of_birth": date(2007, 9, 1)})


async def on_the_way(pool: Db, destination: str | None = ADULT, **more: Any) -> Counted:
    """A young person with a destination, or none."""
    facts = {"destination": destination} if destination else {}
    return await follow(pool, CAMHS, START, person=young(), facts=facts, **more)


async def transferred(
    pool: Db, destination: str | None = ADULT, *, without: str = "", late: str = "", check: str | None = CHECK
) -> Counted:
    """A young person who was transferred: everything done in time but one thing that was not, or late."""
    one = await on_the_way(pool, destination)
    done = {step: at for step, at in IN_TIME.items() if step not in (without, late)}
    for step, at in sorted(done.items(), key=lambda one: one[1]):
        if step != "meet-adult-service" or destination == ADULT:
            await one.do(at, "complete", step=step)
    await one.do(TRANSFER, "milestone", milestone="transferred")
    if late:
        await one.do("2025-09-05 10:00", "complete", step=late)
    if check:
        await one.met(check, "named-worker-check-3", mechanism="02")
    return one


async def track(pool: Db, now: str = LATER) -> dict[str, Any]:
    """The criteria of all transfers."""
    return dict((await counted(pool, "track", now, *YEARS)).total.cells)


CRITERIA = {"information": "information-transfer", "planning": "planning-meeting", "parallel": "meet-adult-service"}


async def test_all_four_in_time(pool: Db) -> None:
    await transferred(pool)
    found = await track(pool)
    for name in ("transfers", "judged", "information", "planning", "parallel", "continuity", "all_four"):
        assert found[name] == 1, name
    assert (found["some"], found["none"], found["share"]) == (0, 0, 1.0)
    rows = (await counted(pool, "track", LATER, *YEARS)).rows
    assert [str(row.period) for row in rows] == ["2025-07-01"]


@pytest.mark.parametrize("how", ["without", "late"])
@pytest.mark.parametrize("criterion", CRITERIA)
async def test_what_was_not_done_or_done_late_is_not_met(pool: Db, criterion: str, how: str) -> None:
    step = CRITERIA[criterion]
    await transferred(pool, without=step) if how == "without" else await transferred(pool, late=step)
    found = await track(pool)
    assert [found[name] for name in CRITERIA] == [int(name != criterion) for name in CRITERIA]
    assert (found["continuity"], found["all_four"], found["some"]) == (1, 0, 1)


@pytest.mark.parametrize(
    ("check", "attendance", "expected"),
    [("2025-11-30 23:00", "5", 1), ("2025-12-05 10:00", "5", 0), (CHECK, "3", 0), (CHECK, "6", 1), (None, "5", 0)],
)
async def test_continuity_is_a_check_that_was_attended_in_time(
    pool: Db, check: str | None, attendance: str, expected: int
) -> None:
    one = await transferred(pool, check=None)
    if check:
        await one.met(check, "named-worker-check-3", attendance=attendance, mechanism="02")
    await one.until("2025-12-20 10:00")
    found = await track(pool)
    assert (found["judged"], found["continuity"], found["all_four"]) == (1, expected, expected)


async def test_nothing_at_all_is_counted_as_that(pool: Db) -> None:
    one = await on_the_way(pool, "adult-mental-health:proposed")
    await one.do(TRANSFER, "milestone", milestone="transferred")
    await one.until("2025-12-20 10:00")
    found = await track(pool)
    assert (found["judged"], found["none"], found["share"]) == (1, 1, 0.0)


async def test_it_is_judged_when_the_three_months_are_over(pool: Db) -> None:
    await transferred(pool, check=None)
    for now, judged in (("2025-11-30 12:00", 0), ("2025-12-02 00:10", 1)):
        found = await track(pool, now)
        assert (found["transfers"], found["judged"], found["waiting"]) == (1, judged, 1 - judged)


async def test_who_left_before_is_counted_beside(pool: Db) -> None:
    one = await transferred(pool, check=None)
    await one.do("2025-10-10 10:00", "exit", exit="moved-away")
    stayed = await transferred(pool, check=None)
    await stayed.do("2025-12-10 10:00", "exit", exit="moved-away")  # after the check was missed
    found = await track(pool)
    assert [found[name] for name in ("transfers", "judged", "ended_before", "continuity")] == [2, 1, 1, 0]


async def test_other_destinations_and_what_is_not_known_are_not_judged(pool: Db) -> None:
    await transferred(pool, "primary-care:accepted")
    await transferred(pool, None)
    declined = await transferred(pool)
    await declined.do("2025-12-01 10:00", "facts", facts={"destination": "adult-mental-health:declined"})
    await follow(pool, CAMHS, START, taken_on="2025-10-01 10:00", person=young(), facts={"destination": ADULT},
                 milestones={"transferred": TRANSFER})  # fmt: skip
    assert (await track(pool))["transfers"] == 0


async def going(pool: Db, now: str = LATER, **more: Any) -> dict[tuple[str, str | None], dict[str, Any]]:
    """The figures that are not none, by quarter and destination."""
    found = await counted(pool, "destinations", now, *YEARS, by="destination", **more)
    return {
        (str(row.period), row.split): {name: cell for name, cell in row.cells.items() if cell} for row in found.rows
    }


TODAY = "2026-01-01"
"""The quarter of today."""


async def test_where_they_went_stands_in_the_quarter_of_the_transfer(pool: Db) -> None:
    for destination in (ADULT, "primary-care:accepted", "none-needed"):
        await transferred(pool, destination)
    assert await going(pool) == {
        ("2025-07-01", "adult-mental-health"): {"went": 1},
        ("2025-07-01", "primary-care"): {"went": 1},
        ("2025-07-01", "none-needed"): {"went": 1},
    }


@pytest.mark.parametrize(
    ("destination", "figure"),
    [(None, "none_unset"), ("housing", "none_proposed"), ("housing:proposed", "none_proposed"),
     ("housing:declined", "none_declined")],
)  # fmt: skip
async def test_nobody_in_none_is_lost(pool: Db, destination: str | None, figure: str) -> None:
    one = await on_the_way(pool, destination)
    assert await going(pool, "2025-02-01 12:00") == {("2025-01-01", "none agreed"): {"none": 1, figure: 1}}
    expected = {"none": 1, figure: 1, "none_after": 1}
    await one.until("2026-01-10 10:00")
    assert await going(pool) == {(TODAY, "none agreed"): expected}  # they turned 18, and nobody said anything
    await one.do("2026-02-10 10:00", "milestone", milestone="transferred", occurred_at=TRANSFER)
    assert await going(pool) == {(TODAY, "none agreed"): expected}
    await one.do("2026-02-11 10:00", "hold", reason="away")
    rows = await listed(pool, "destinations", "none", LATER, *YEARS)
    assert [row.transition_id for row in rows] == [one.id]
    await one.do("2026-03-01 10:00", "exit", exit="moved-away")
    assert await going(pool) == {(TODAY, "none agreed"): {"ended_none": 1}}


async def test_who_is_only_entered_is_in_none(pool: Db) -> None:
    await transferred(pool)
    at = london(START)
    await register(pool, young(), pathway=CAMHS, started=at, taken_on=at, coordinator=COORDINATOR, team=TEAM)
    found = await going(pool)
    assert found[(TODAY, "none agreed")]["none_unset"] == 1


async def test_what_was_agreed_and_is_ahead_stands_today(pool: Db) -> None:
    one = await on_the_way(pool, "education:accepted")
    assert await going(pool, "2025-06-01 12:00") == {("2025-04-01", "education"): {"agreed_ahead": 1}}
    await one.do("2025-06-10 10:00", "exit", exit="declined-service")
    assert await going(pool) == {("2025-04-01", "education"): {"ended_agreed": 1}}


async def test_a_destination_that_is_declined_afterwards_is_none(pool: Db) -> None:
    one = await transferred(pool)
    await one.do("2025-12-01 10:00", "facts", facts={"destination": "adult-mental-health:declined"})
    assert await going(pool) == {(TODAY, "none agreed"): {"none": 1, "none_declined": 1, "none_after": 1}}


async def year_later(pool: Db, now: str) -> list[Any]:
    """Known, engaged, not engaged, not yet, overdue, otherwise."""
    total = (await counted(pool, "engagement", now, *YEARS)).total.cells
    names = ("known", "engaged", "not_engaged", "not_yet", "overdue", "otherwise")
    assert total["transfers"] == sum(total[name] for name in ("known", "not_yet", "overdue", "otherwise"))  # type: ignore[misc]  # inside, numbers
    return [total[name] for name in names]


@pytest.mark.parametrize(("exit_", "expected"), [("engaged", [1, 1, 0, 0, 0, 0]), ("not-engaged", [1, 0, 1, 0, 0, 0])])
async def test_a_year_later_somebody_says_it(pool: Db, exit_: str, expected: list[int]) -> None:
    one = await transferred(pool)
    assert await year_later(pool, "2026-09-01 12:00") == [0, 0, 0, 1, 0, 0]
    assert await year_later(pool, "2026-09-02 00:10") == [0, 0, 0, 0, 1, 0]
    await one.do("2026-09-10 10:00", "complete", step="engagement-check", exit=exit_)
    assert await year_later(pool, "2026-10-01 12:00") == expected
    found = await counted(pool, "engagement", "2026-10-01 12:00", *YEARS)
    assert [str(row.period) for row in found.rows] == ["2025-07-01"]
    assert found.total.cells["share"] == expected[1]


async def test_a_check_that_is_missed_stays_overdue_until_it_is_said(pool: Db) -> None:
    one = await transferred(pool)
    await one.until("2026-10-10 10:00")
    assert await year_later(pool, "2026-11-01 12:00") == [0, 0, 0, 0, 1, 0]


@pytest.mark.parametrize("what", ["moved-away", "died", "waived"])
async def test_what_cannot_be_known_is_counted_beside(pool: Db, what: str) -> None:
    one = await transferred(pool)
    if what == "waived":
        await one.do("2026-05-01 10:00", "waive", step="engagement-check", reason="They asked not to be called.")
    else:
        await one.do("2026-05-01 10:00", "exit", exit=what)
    assert await year_later(pool, "2026-10-01 12:00") == [0, 0, 0, 0, 0, 1]


async def test_every_figure_is_its_list(pool: Db) -> None:
    await transferred(pool)
    await transferred(pool, "primary-care:accepted")
    await transferred(pool, late="planning-meeting", check=None)
    await on_the_way(pool, None)
    for report in ("track", "destinations", "engagement"):
        await agrees(pool, report, LATER, *YEARS)
