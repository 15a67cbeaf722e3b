"""Who does not come to the assessment, and to the first session of therapy: with and without a peer contact before."""

from typing import Any, TypeAlias

import pytest
from asyncpg import Pool, Record

from records.staff import upsert_staff
from schemas.codes import Role
from schemas.journey import State
from schemas.staff import StaffMember
from tests.planner.story import london
from tests.records.counted import TEAM, Counted, agrees, counted, follow, listed
from tests.records.journeys import MANAGERS, team_of

Db: TypeAlias = "Pool[Record]"
ASSESSMENTS, SESSIONS = "missed-assessments", "missed-first-sessions"
STARTED = "2026-03-02 10:00"
NOW = "2026-08-30 12:00"
SPAN = ("2026-01-01", "2026-08-30")
PEERS = {
    "pola": {"languages": ["pl"], "attributes": ["gender:female"]},
    "umar": {"languages": ["ur"], "attributes": ["gender:male", "culture:pakistani"]},
}


@pytest.fixture(autouse=True)
async def staff(pool: Db) -> None:
    """A team with two peer workers."""
    peers = [
        StaffMember.model_validate(
            {"id": name, "name": name.title(), "role": Role.PEER_WORKER, "team": TEAM, "hours_per_week": 37.5,
             "works": "mon-fri 09:00-16:30", **more}
        )
        for name, more in PEERS.items()
    ]  # fmt: skip
    await upsert_staff(pool, [*team_of("north"), *MANAGERS, *peers])


async def referred(pool: Db, wishes: list[str] | None = None, *, peer_support: str = "accepted") -> Counted:
    """Somebody on the waiting list who accepts peer support."""
    asked = {"preferences": wishes} if wishes else {}
    return await follow(
        pool, "waiting-list-to-discharge", STARTED, facts={"peer_support": peer_support, **asked},
        expected={"assessment": "2026-04-01 10:00", "therapy-started": "2026-06-01 10:00"},
    )  # fmt: skip


async def appointment(one: Counted, at: str, attendance: str, step: str = "assessment-attended") -> Counted:
    """How an appointment went, for which a date was set."""
    if one.journey.steps[step].state is State.PLANNED:
        milestone = one.pathway.step[step].records or ""
        await one.do(at, "expect", expected={milestone: at})
    return await one.met(at, step, attendance=attendance)


async def total(pool: Db, report: str, *names: str) -> list[Any]:
    """Figures of a report in all."""
    cells = (await counted(pool, report, NOW, *SPAN)).total.cells
    return [cells[name] for name in names]


async def splits(pool: Db, by: str, report: str = ASSESSMENTS) -> dict[str | None, tuple[Any, Any]]:
    """How many appointments there were, and how many were missed, by a split."""
    found: dict[str | None, tuple[Any, Any]] = {}
    for row in (await counted(pool, report, NOW, *SPAN, by=by)).rows:
        taken, missed = found.get(row.split, (0, 0))
        found[row.split] = (taken + row.cells["taken"], missed + row.cells["missed"])
    return found


async def test_the_two_rates_are_kept_apart(pool: Db) -> None:
    one = await referred(pool)
    await appointment(one, "2026-04-01 10:00", "3")
    await appointment(one, "2026-04-08 10:00", "5")
    await appointment(one, "2026-06-01 10:00", "7", "therapy-start-attended")
    await appointment(one, "2026-06-02 10:00", "3", "therapy-start-attended")
    await appointment(one, "2026-06-08 10:00", "6", "therapy-start-attended")
    assert await total(pool, ASSESSMENTS, "taken", "seen", "missed", "share") == [2, 1, 1, 0.5]
    assert await total(pool, SESSIONS, "taken", "seen", "missed", "share") == [3, 1, 2, pytest.approx(2 / 3)]


async def test_a_cancellation_is_shown_beside_and_is_no_miss(pool: Db) -> None:
    one = await referred(pool)
    for day, status in enumerate(("2", "2", "4", "5"), start=1):
        await appointment(one, f"2026-04-0{day} 10:00", status)
    names = ("taken", "missed", "share", "cancelled_by_person", "cancelled_by_us", "without_peer")
    assert await total(pool, ASSESSMENTS, *names) == [1, 0, 0, 2, 1, 1]


async def test_nothing_but_cancellations_has_no_rate(pool: Db) -> None:
    await appointment(await referred(pool), "2026-04-01 10:00", "4")
    assert await total(pool, ASSESSMENTS, "taken", "share", "share_with", "share_without") == [0, None, None, None]


async def test_only_an_attended_peer_contact_before_counts(pool: Db) -> None:
    met = await referred(pool)
    await met.met("2026-03-10 10:00", "welcome-contact", mechanism="02")
    await appointment(met, "2026-04-01 10:00", "5")
    missed = await referred(pool)
    await missed.met("2026-03-10 10:00", "welcome-contact", attendance="3")
    await appointment(missed, "2026-04-01 10:00", "3")
    afterwards = await referred(pool)
    await appointment(afterwards, "2026-04-01 10:00", "3")
    await afterwards.met("2026-04-01 10:00", "welcome-contact", done_at="2026-04-01 10:00")
    names = ("with_peer", "seen_with", "missed_with", "without_peer", "seen_without", "missed_without")
    assert await total(pool, ASSESSMENTS, *names) == [1, 1, 0, 2, 0, 2]
    assert await total(pool, ASSESSMENTS, "share_with", "share_without") == [0, 1]
    [case] = await listed(pool, ASSESSMENTS, "with_peer", NOW, *SPAN)
    assert case.shown["peer_on"] == "2026-03-10"


async def test_a_contact_of_somebody_else_is_no_peer_contact(pool: Db) -> None:
    one = await referred(pool)
    await appointment(one, "2026-04-01 10:00", "5")
    await appointment(one, "2026-06-01 10:00", "3", "therapy-start-attended")
    assert await total(pool, SESSIONS, "with_peer", "without_peer", "missed_without") == [0, 1, 1]


async def test_each_ethnic_category_is_told_in_words(pool: Db) -> None:
    for code, status in (("J", "3"), ("J", "5"), ("Z", "5"), ("99", "3"), (None, "3")):
        one = await referred(pool)
        await pool.execute(
            "UPDATE people_sealed p SET ethnicity = $2 FROM transitions t WHERE t.person_id = p.id AND t.id::text = $1",
            one.journey.transition_id, code,
        )  # fmt: skip
        await appointment(one, "2026-04-01 10:00", status)
    assert await splits(pool, "ethnicity") == {
        "Asian: Pakistani": (2, 1),
        "Not stated: they were asked and would rather not say": (1, 0),
        "not known": (2, 2),
    }


@pytest.mark.parametrize(
    ("wishes", "worker", "told"),
    [
        (None, "pola", "not asked"),
        (["times:evening", "contact:letter"], "pola", "not asked"),
        (["language:ur"], "umar", "asked and met"),
        (["language:ur", "times:evening"], "umar", "asked and met"),
        (["gender:male", "culture:pakistani"], "umar", "asked and met"),
        (["language:pl", "gender:male"], "umar", "asked, met in part"),
        (["language:ur"], "pola", "asked, not met"),
        (["culture:ur"], "umar", "asked, not met"),  # a language is not a culture
        (["language:ur"], None, "asked, no peer worker then"),
    ],
)
async def test_what_was_asked_for_is_met_by_who_goes_with_them(
    pool: Db, wishes: list[str] | None, worker: str | None, told: str
) -> None:
    one = await referred(pool, wishes, peer_support="accepted" if worker else "declined")
    if one.journey.peers is not None and one.journey.peers.worker != worker:
        await one.do("2026-03-03 10:00", "assign", staff=worker, reason="They have met", at_once=True, by="team-lead")
    await appointment(one, "2026-04-01 10:00", "3")
    assert await splits(pool, "preference") == {told: (1, 1)}


async def test_what_was_asked_for_and_who_went_with_them_are_those_of_that_hour(pool: Db) -> None:
    one = await referred(pool)
    await appointment(one, "2026-03-20 10:00", "3")
    await one.do("2026-03-23 10:00", "facts", facts={"preferences": ["language:ur"]})
    await appointment(one, "2026-03-25 10:00", "3")
    await one.do("2026-03-26 10:00", "assign", staff="umar", reason="They speak Urdu", at_once=True, by="team-lead")
    await appointment(one, "2026-03-27 10:00", "3")
    await one.do("2026-03-30 10:00", "facts", facts={"preferences": None})
    await appointment(one, "2026-04-01 10:00", "5")
    assert await splits(pool, "preference") == {
        "not asked": (2, 1), "asked, not met": (1, 1), "asked and met": (1, 1),
    }  # fmt: skip


async def test_what_was_said_to_peer_support_is_a_wish_too(pool: Db) -> None:
    one = await referred(pool)  # pola goes with them
    await one.do("2026-03-04 10:00", "wishes", wishes=["gender:male"])
    await appointment(one, "2026-04-01 10:00", "5")
    assert await splits(pool, "preference") == {"asked, not met": (1, 0)}


async def test_none_of_the_four_is_given_away_by_the_others(pool: Db) -> None:
    for number in range(12):
        one = await referred(pool)
        if number < 6:
            await one.met("2026-03-10 10:00", "welcome-contact", mechanism="02")
        await appointment(one, "2026-04-01 10:00", "3" if number in (0, 6, 7, 8, 9) else "5")
    cells = (await counted(pool, ASSESSMENTS, NOW, *SPAN, inside=False)).total.cells
    assert [cells[name] for name in ("taken", "missed", "with_peer", "without_peer")] == [12, 5, 6, 6]
    for name in ("seen_with", "missed_with", "seen_without", "missed_without", "share_with", "share_without"):
        assert cells[name] == "not shown", name


async def test_quarters_are_those_of_london(pool: Db) -> None:
    one = await referred(pool)
    await appointment(one, "2026-03-31 23:50", "3")
    await appointment(one, "2026-04-01 00:10", "3")
    found = await counted(pool, ASSESSMENTS, NOW, *SPAN)
    assert [(str(row.period), row.cells["missed"]) for row in found.rows] == [("2026-01-01", 1), ("2026-04-01", 1)]
    assert london("2026-04-01 00:10").date().isoformat() == "2026-03-31"


async def test_every_figure_is_its_list(pool: Db) -> None:
    for status in ("2", "3", "4", "5", "6", "7"):
        one = await referred(pool)
        await one.met("2026-03-10 10:00", "welcome-contact", attendance="5" if status in "37" else "3")
        await appointment(one, "2026-04-01 10:00", status)
    await agrees(pool, ASSESSMENTS, NOW, *SPAN)
    await agrees(pool, SESSIONS, NOW, *SPAN)
