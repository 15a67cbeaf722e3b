"""Who is told, in which words, and that one e-mail goes out once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from asyncpg import Pool, Record

from records import notices
from records.staff import add_cover, upsert_staff
from schemas.codes import Attendance, Mechanism, Role
from schemas.command import Actor, OfferHandover, RecordMilestone
from schemas.staff import Cover
from tests.records.journeys import MANAGERS, Recorder, begin, complete, day, somebody, team_of


@pytest.fixture
async def team(pool: "Pool[Record]", request: pytest.FixtureRequest) -> str:
    """A team of its own for the test, named after it."""
    name: str = request.node.name.removeprefix("test_")[:40]
    await upsert_staff(pool, [*team_of(name), *MANAGERS])
    return name


async def told(pool: "Pool[Record]", recorder: Recorder, kind: str) -> list[dict[str, Any]]:
    """The notices of one kind."""
    rows = await pool.fetch(
        "SELECT * FROM notices WHERE transition_id = $1 AND kind = $2 ORDER BY due, number, recipient",
        UUID(recorder.journey.transition_id),
        kind,
    )
    return [dict(row) for row in rows]


async def discharged(pool: "Pool[Record]", team: str) -> Recorder:
    """A journey with a safety step, discharged on day 1."""
    begun = await begin(pool, f"coord-{team}")
    by = Actor(role=Role.COORDINATOR)
    return await begun.tell(RecordMilestone(id="out", at=day(1), milestone="discharged", by=by))


async def test_a_rung_reaches_the_people_that_its_roles_mean(pool: "Pool[Record]", team: str) -> None:
    late = await (await discharged(pool, team)).until(day(3))
    first = [row for row in await told(pool, late, "escalation") if row["step"] == "follow-up"]
    assert {(row["recipient"], row["number"], row["email"]) for row in first} == {
        (f"nurse-{team}", 1, "waiting"), (f"coord-{team}", 1, "waiting"), ("duty", 1, "waiting"),
    }  # fmt: skip
    later = await late.until(day(5))
    last = [row for row in await told(pool, later, "escalation") if row["step"] == "follow-up" and row["number"] == 3]
    assert [(row["recipient"], row["email"]) for row in last] == [("safety", "none")]
    rungs = await pool.fetch(
        "SELECT rung, recipients FROM escalations WHERE transition_id = $1 AND step = 'follow-up' ORDER BY rung",
        UUID(later.journey.transition_id),
    )
    assert [(row["rung"], row["recipients"]) for row in rungs] == [
        (1, sorted([f"nurse-{team}", f"coord-{team}", "duty"])), (3, ["safety"]),
    ]  # fmt: skip


async def test_cover_at_the_moment_of_telling_is_told_instead(pool: "Pool[Record]", team: str) -> None:
    await add_cover(pool, Cover(staff=f"nurse-{team}", stands_in=f"other-{team}", starts=day(2), ends=day(4)))
    late = await (await discharged(pool, team)).until(day(3))
    whom = {row["recipient"] for row in await told(pool, late, "escalation") if row["step"] == "follow-up"}
    assert whom == {f"other-{team}", f"coord-{team}", "duty"}


async def test_silence_is_told_to_the_coordinator(pool: "Pool[Record]", team: str) -> None:
    silent = await (await begin(pool, f"coord-{team}")).until(day(21))
    assert [row["recipient"] for row in await told(pool, silent, "silence")] == [f"coord-{team}"]


async def test_each_attempt_is_told_and_each_offer(pool: "Pool[Record]", team: str) -> None:
    begun = await begin(pool, f"coord-{team}")
    for at in (day(1), day(2)):
        begun = await begun.tell(
            complete(
                "therapy-talk",
                at,
                attendance=Attendance.CANCELLED_BY_PERSON,
                mechanism=Mechanism.TELEPHONE,
                by=Actor(role=Role.THERAPIST),
            )
        )
    assert [(row["number"], row["recipient"]) for row in await told(pool, begun, "attempt")] == [
        (1, f"coord-{team}"), (2, f"coord-{team}"),
    ]  # fmt: skip
    offered = await begun.tell(OfferHandover(id="offer", at=day(2.5), to=f"other-{team}", answer_by=day(4)))
    (offer,) = await told(pool, offered, "handover")
    assert offer["recipient"] == f"other-{team}"
    assert offer["text"].endswith("please answer by Fri 6 Nov 2026 at 10:00. You are told as incoming coordinator.")


async def test_a_notice_says_nothing_of_the_person(pool: "Pool[Record]", team: str) -> None:
    person = somebody().model_copy(update={"given_name": "Zebedee", "family_name": "Quux"})
    late = await (await begin(pool, f"coord-{team}", person=person)).until(day(40))
    rows = await pool.fetch("SELECT * FROM notices WHERE transition_id = $1", UUID(late.journey.transition_id))
    assert rows
    for row in rows:
        for private in ("Zebedee", "Quux", person.local_id, "plan", "therap", "follow-up"):
            assert private not in row["text"]
        assert late.journey.transition_id[:8] in row["text"]


async def test_a_notice_to_the_lead_says_that_nobody_holds_the_role(pool: "Pool[Record]", team: str) -> None:
    begun = await begin(pool, None, f"Team {team}")
    late = await begun.until(day(6))
    rows = [row for row in await told(pool, late, "escalation") if row["step"] == "plan"]
    assert [row["recipient"] for row in rows] == [f"lead-{team}"]
    assert "Nobody holds the role coordinator, so it comes to you." in rows[0]["text"]


async def a_letter(pool: "Pool[Record]", team: str) -> str:
    """The id of a notice that waits to be sent."""
    late = await (await begin(pool, f"coord-{team}")).until(day(6))
    assert set(late.committed.notices) <= set(await notices.waiting(pool, 10_000))
    return late.committed.notices[0]


async def test_a_claimed_notice_is_not_claimed_again(pool: "Pool[Record]", team: str) -> None:
    one = await a_letter(pool, team)
    letter = await notices.DESK.claim(pool, one, day(7))
    assert letter is not None
    assert letter.email.endswith("@alongside.example")
    await notices.DESK.sent(pool, one, day(7))
    assert await notices.DESK.claim(pool, one, day(8)) is None
    assert one not in await notices.waiting(pool, 10_000)


async def test_one_that_failed_is_tried_again_and_one_in_doubt_is_not(pool: "Pool[Record]", team: str) -> None:
    one = await a_letter(pool, team)
    await notices.DESK.claim(pool, one, day(7))
    await notices.DESK.failed(pool, one, "451 try later")
    assert one in await notices.waiting(pool, 10_000)
    assert await notices.DESK.claim(pool, one, day(7) + timedelta(hours=1)) is not None
    assert await notices.DESK.claim(pool, one, day(8)) is None
    assert await pool.fetchval("SELECT email FROM notices WHERE id = $1", UUID(one)) == "uncertain"
    assert await notices.DESK.claim(pool, one, day(9)) is None


async def test_one_may_be_left_in_doubt_by_its_sender(pool: "Pool[Record]", team: str) -> None:
    one = await a_letter(pool, team)
    await notices.DESK.claim(pool, one, day(7))
    await notices.DESK.uncertain(pool, one, "the line broke after the message was sent")
    row = await pool.fetchrow("SELECT email, error FROM notices WHERE id = $1", UUID(one))
    assert row is not None
    assert (row["email"], row["error"]) == ("uncertain", "the line broke after the message was sent")
