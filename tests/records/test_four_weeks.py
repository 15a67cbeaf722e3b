"""The 4 week wait ends with the last of what has to happen, and no sooner."""

from datetime import date
from typing import Any, TypeAlias

import pytest
from asyncpg import Pool, Record

from records.staff import upsert_staff
from schemas.person import Person
from tests.records.counted import Counted, agrees, counted, days, follow, listed
from tests.records.journeys import MANAGERS, somebody, team_of

Db: TypeAlias = "Pool[Record]"
WAITING = "waiting-list-to-discharge"
MONDAY = "2026-03-02 10:00"
NOW = "2026-06-30 12:00"
SPAN = ("2026-03-01", "2026-06-30")


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """A team."""
    await upsert_staff(pool, [*team_of("north"), *MANAGERS])


def young() -> Person:
    """Somebody of sixteen."""
    return somebody().model_copy(update={"date_of_birth": date(2010, 1, 5)})


async def waits(pool: Db, person: Person | None = None, *, started: str = MONDAY) -> Counted:
    """Somebody who is referred, and accepts peer support."""
    return await follow(
        pool, WAITING, started, person=person, facts={"peer_support": "accepted"},
        expected={"assessment": days(started, 200)},
    )  # fmt: skip


async def assessed(one: Counted, at: str) -> Counted:
    """They came to their assessment."""
    return await one.met(at, "assessment-attended")


async def treated(one: Counted, at: str) -> Counted:
    """Therapy has begun."""
    return await one.do(at, "milestone", milestone="therapy-started")


async def measured(one: Counted, at: str) -> Counted:
    """The first outcome measure was filled in."""
    return await one.do(at, "complete", step="baseline-measures")


async def helped(one: Counted, day: int) -> Counted:
    """All that has to happen, the last of it so many days after the referral."""
    await assessed(one, days(MONDAY, 5))
    await measured(one, days(MONDAY, 7))
    return await treated(one, days(MONDAY, day))


async def wait(pool: Db, now: str = NOW) -> dict[str, Any]:
    """The figures of the only wait there is."""
    return dict((await counted(pool, "four-weeks", now, *SPAN)).total.cells)


@pytest.mark.parametrize(("day", "within"), [(27, 1), (28, 1), (29, 0)])
async def test_twenty_eight_days_are_within(pool: Db, day: int, within: int) -> None:
    await helped(await waits(pool), day)
    found = await wait(pool)
    assert (found["stopped"], found["within"], found["waited"], found["waiting"]) == (1, within, day, 0)


async def test_a_peer_call_alone_ends_no_wait(pool: Db) -> None:
    one = await waits(pool)
    await one.met(days(MONDAY, 3), "welcome-contact", mechanism="02")
    found = await wait(pool)
    assert (found["stopped"], found["waiting"]) == (0, 1)
    [case] = await listed(pool, "four-weeks", "waiting", NOW, *SPAN)
    assert (case.shown["contact"], case.shown["assessment"]) == ("2026-03-05", None)


@pytest.mark.parametrize("missing", ["outcome", "assessment", "plan"])
async def test_while_one_thing_is_missing_it_goes_on(pool: Db, missing: str) -> None:
    one = await waits(pool)
    await one.met(days(MONDAY, 3), "welcome-contact")
    if missing != "assessment":
        await assessed(one, days(MONDAY, 5))
        if missing != "outcome":
            await measured(one, days(MONDAY, 7))
    if missing == "outcome":
        await treated(one, days(MONDAY, 8))
    found = await wait(pool)
    assert (found["stopped"], found["waiting"]) == (0, 1)


async def test_it_ends_with_the_last_and_in_the_month_of_that(pool: Db) -> None:
    one = await waits(pool)
    await assessed(one, days(MONDAY, 5))
    await treated(one, days(MONDAY, 6))
    await measured(one, days(MONDAY, 31))
    table = await counted(pool, "four-weeks", NOW, *SPAN)
    assert [(str(row.period), row.cells["stopped"], row.cells["within"]) for row in table.rows] == [
        ("2026-04-01", 1, 0)
    ]
    [case] = await listed(pool, "four-weeks", "stopped", NOW, *SPAN)
    assert case.shown["stopped_on"] == case.shown["outcome"] == "2026-04-02"


async def test_a_plan_ends_it_as_therapy_does(pool: Db) -> None:
    one = await waits(pool)
    await assessed(one, days(MONDAY, 5))
    await measured(one, days(MONDAY, 7))
    await one.do(days(MONDAY, 8), "add-step", step="own-care-plan", title="Write the care plan", kind="document",
                 due=days(MONDAY, 20))  # fmt: skip
    await one.do(days(MONDAY, 10), "complete", step="own-care-plan")
    assert (await wait(pool))["waited"] == 10


async def test_under_18_no_assessment_is_asked_for(pool: Db) -> None:
    one = await waits(pool, young())
    await one.met(days(MONDAY, 3), "welcome-contact")
    await pool.execute(
        "UPDATE steps SET state = 'done', done_on = $1 WHERE step = 'baseline-measures'", one.journey.started
    )
    began = "INSERT INTO milestones (transition_id, milestone, occurred) SELECT id, 'therapy-started', started"
    await pool.execute(f"{began} FROM transitions")
    found = await counted(pool, "four-weeks", NOW, *SPAN, by="age_group")
    assert [(row.split, row.cells["stopped"], row.cells["waited"]) for row in found.rows] == [("under 18", 1, 3.0)]


async def test_a_survey_is_no_outcome_measure(pool: Db) -> None:
    one = await waits(pool)
    await assessed(one, days(MONDAY, 5))
    await treated(one, days(MONDAY, 8))
    await one.do(days(MONDAY, 40), "milestone", milestone="therapy-ended")
    await one.do(days(MONDAY, 41), "complete", step="experience-survey")
    assert (await wait(pool))["stopped"] == 0


@pytest.mark.parametrize(("gap", "one_wait"), [(0, True), (5, True), (6, False)])
async def test_referrals_with_at_most_five_days_between_are_one(pool: Db, gap: int, one_wait: bool) -> None:
    first = await waits(pool)
    await first.do(days(MONDAY, 10), "exit", exit="no-longer-needed")
    again = await waits(pool, first.person, started=days(MONDAY, 10 + gap))
    await assessed(again, days(MONDAY, 20))
    await measured(again, days(MONDAY, 21))
    await treated(again, days(MONDAY, 30))
    found = await wait(pool)
    assert (found["stopped"], found["ended_before"]) == (1, 0 if one_wait else 1)
    assert found["waited"] == (30 if one_wait else 20 - gap)


async def test_the_longest_wait_comes_first_and_very_long_ones_are_named(pool: Db) -> None:
    for started in ("2026-04-01 10:00", "2024-07-01 10:00", "2024-07-03 10:00"):
        await follow(pool, WAITING, started, taken_on="2026-05-01 10:00")
    found = await wait(pool)
    assert (found["waiting"], found["very_long"]) == (3, 1)  # 729 days on 30 June
    rows = await listed(pool, "four-weeks", "waiting", NOW, *SPAN)
    assert [row.shown["days"] for row in rows] == [729, 727, 90]


async def test_every_figure_is_its_list(pool: Db) -> None:
    await helped(await waits(pool), 20)
    await helped(await waits(pool), 40)
    await waits(pool)
    ended = await waits(pool)
    await ended.do(days(MONDAY, 50), "exit", exit="moved-away")
    await agrees(pool, "four-weeks", NOW, *SPAN)
