"""What operations watch: each number is exactly what its listing lists, and says nothing of who anybody is."""

from datetime import timedelta
from typing import TypeAlias
from uuid import uuid4

import pytest
from asyncpg import Pool, Record

from records import absences, board, notices, visits
from records.board import Board, What
from records.staff import upsert_staff
from schemas.codes import Role
from schemas.command import Actor, RecordMilestone
from schemas.visit import DueAlert, Visit
from schemas.workforce import Place
from tests.records.journeys import MANAGERS, T0, Recorder, begin, day, member, team_of

Db: TypeAlias = "Pool[Record]"
SOMEBODY_LATE = 5
"""Days after which what hangs on a discharge on day 1 has been told to everybody."""


@pytest.fixture(autouse=True)
async def teams(pool: Db) -> None:
    """Two teams, and a peer worker in one."""
    peer = member("peer-north", Role.PEER_WORKER, "Team north")
    await upsert_staff(pool, [*team_of("north"), *team_of("south"), *MANAGERS, peer])


async def late(pool: Db, coordinator: str | None, team: str | None = None) -> Recorder:
    """Somebody who was discharged on day 1 and whom nobody has seen since."""
    begun = await begin(pool, coordinator, team)
    out = RecordMilestone(id="out", at=day(1), milestone="discharged", by=Actor(role=Role.COORDINATOR))
    return await (await begun.tell(out)).until(day(SOMEBODY_LATE))


async def watched(pool: Db, number: float) -> Board:
    """The board so many days after T0."""
    return await board.board(pool, day(number), day(number) - timedelta(hours=10))


async def test_every_number_is_what_its_listing_lists(pool: Db) -> None:
    await late(pool, "coord-north")
    await late(pool, "coord-north")
    await late(pool, "coord-south")
    found = (await watched(pool, SOMEBODY_LATE)).late
    safety = {(one.team, one.rung): one.number for one in found if one.what is What.SAFETY}
    assert safety == {("Team north", 3): 2, ("Team south", 3): 1}
    assert sum(one.number for one in found if one.what is What.OTHER) == 6  # two things each
    for one in found:
        listed = (await board.late_work(pool, one.what, one.team, one.rung)).rows
        assert len(listed) == one.number
        assert listed[0].due == one.since
    assert len((await board.late_work(pool, What.SAFETY)).rows) == sum(safety.values())


async def test_late_work_comes_in_pages_that_meet_and_names_nobody(pool: Db) -> None:
    for _ in range(3):
        await late(pool, "coord-north")
    first = await board.late_work(pool, What.SAFETY, limit=2)
    rest = await board.late_work(pool, What.SAFETY, limit=2, after=first.next)
    assert len({row.transition_id for row in first.rows + rest.rows}) == 3
    assert rest.next is None
    assert "Ada" not in first.model_dump_json()


async def test_silence_is_told_apart_and_foretold(pool: Db) -> None:
    begun = await begin(pool, "coord-north")
    assert (await watched(pool, 20)).silence_ahead == 1
    assert (await watched(pool, 18)).silence_ahead == 0
    await begun.until(day(22))
    found = await watched(pool, 22)
    assert [(one.team, one.number) for one in found.late if one.what is What.SILENCE] == [("Team north", 1)]
    assert found.silence_ahead == 0
    assert [row.step for row in (await board.late_work(pool, What.SILENCE)).rows] == ["silence"]


async def test_without_a_coordinator_is_also_whoever_left_behind(pool: Db) -> None:
    await begin(pool, None, "Team south")
    await begin(pool, "coord-north")
    assert [(one.team, one.people, one.since) for one in (await watched(pool, 1)).alone] == [("Team south", 1, T0)]
    leaver = member("coord-north", Role.COORDINATOR, "Team north").model_copy(update={"active": False})
    await upsert_staff(pool, [leaver])
    assert {one.team: one.people for one in (await watched(pool, 1)).alone} == {"Team north": 1, "Team south": 1}


async def test_what_was_not_delivered_and_why(pool: Db) -> None:
    await late(pool, "coord-north")
    await late(pool, "coord-south")
    assert (await watched(pool, 1)).undelivered == []  # on its way
    failed, in_doubt = (await notices.waiting(pool))[:2]
    await notices.DESK.claim(pool, failed, day(SOMEBODY_LATE))
    await notices.DESK.failed(pool, failed, "the mail server answered 550")
    await notices.DESK.claim(pool, in_doubt, day(SOMEBODY_LATE))
    await notices.DESK.uncertain(pool, in_doubt, "SMTPServerDisconnected")
    found = await watched(pool, SOMEBODY_LATE)
    numbers = {one.why: one.number for one in found.undelivered}
    assert (numbers["failed"], numbers["uncertain"]) == (1, 1)
    assert {(one.why, one.error) for one in found.mails} == {
        ("failed", "the mail server answered 550"), ("uncertain", "SMTPServerDisconnected"),
    }  # fmt: skip
    waits = {one.why: one.number for one in (await watched(pool, SOMEBODY_LATE + 0.1)).undelivered}["waiting"]
    listed = await board.notices(pool, day(SOMEBODY_LATE + 0.1), "waiting")
    assert len(listed.rows) == waits > 0
    long_after = {one.why for one in (await watched(pool, SOMEBODY_LATE + 8)).undelivered}
    assert long_after == {"failed", "waiting"}  # what can still be sent


async def test_nobody_to_tell_is_not_delivered(pool: Db) -> None:
    gone = [one.model_copy(update={"active": False}) for one in [*team_of("north"), *MANAGERS]]
    await upsert_staff(pool, [one for one in gone if one.role is not Role.OPERATIONS])
    await late(pool, None, "Team north")
    listed = (await board.notices(pool, day(SOMEBODY_LATE), "nobody")).rows
    assert listed
    assert {row.recipient for row in listed} == {None}
    found = {one.why: one.number for one in (await watched(pool, SOMEBODY_LATE)).undelivered}
    assert found["nobody"] == len(listed)


async def test_whoever_is_not_back_is_counted_until_they_are(pool: Db) -> None:
    visit = Visit(
        id=str(uuid4()), staff="peer-north", team="Team north", place=Place.COMMUNITY, checked_in=T0,
        expected_end=T0 + timedelta(hours=1),
    )  # fmt: skip
    await visits.check_in(pool, visit)
    assert (await watched(pool, 0.04)).not_back == []
    [found] = (await watched(pool, 0.1)).not_back
    assert (found.team, found.visits, found.since, found.rung) == ("Team north", 1, visit.expected_end, -1)
    due = DueAlert(visit=visit, rung=1, roles=["team-lead"], at=visit.expected_end + timedelta(minutes=15))
    await visits.alert(pool, due, email=False)
    assert [one.rung for one in (await watched(pool, 0.1)).not_back] == [1]
    back = {"checked_out": day(0.1), "checked_out_by": "peer-north", "checked_out_command": "back"}
    await visits.check_out(pool, visit.model_copy(update=back))
    assert (await watched(pool, 0.2)).not_back == []


async def test_a_contact_that_is_still_booked_with_somebody_away_is_uncovered(pool: Db) -> None:
    one = (await begin(pool, "coord-north")).journey.transition_id
    await pool.execute(
        "INSERT INTO bookings (id, transition_id, step, staff, starts, ends, busy, minutes, place, booked_at) "
        "VALUES ($1, $2, 'walk', 'peer-north', $3, $4, tstzrange($3, $4), 60, 'community', $5)",
        uuid4(), one, day(3), day(3) + timedelta(hours=1), T0,
    )  # fmt: skip
    assert (await watched(pool, 1)).uncovered == []
    absence = await absences.add(pool, "peer-north", day(2.5), day(4), "lead-north")
    [found] = (await watched(pool, 1)).uncovered
    assert (found.team, found.contacts, found.first) == ("Team north", 1, day(3))
    assert (await watched(pool, 3.5)).uncovered == []
    await pool.execute(
        "INSERT INTO absence_outcomes (absence_id, transition_id, step, became, staff, why, recorded_at) "
        "VALUES ($1, $2, 'walk', 'refused', '{}', 'nobody is free', $3)",
        absence, one, day(1),
    )  # fmt: skip
    assert [tuple(each) for each in (await watched(pool, 1)).not_covered] == [("refused", "nobody is free", 1)]
    assert (await watched(pool, 2)).not_covered == []
