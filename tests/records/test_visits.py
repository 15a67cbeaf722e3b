"""Who is out, and who is told: written once, whoever writes, and only to somebody who can help."""

from datetime import timedelta
from typing import TypeAlias
from uuid import uuid4

import pytest
from asyncpg import CheckViolationError, Pool, Record

from records import listings, visit_notices, visits
from records.errors import RecordsError, UnknownStaff
from records.staff import add_cover, upsert_staff
from schemas.codes import Role
from schemas.staff import Cover
from schemas.visit import DueAlert, Visit
from schemas.workforce import Place
from tests.records.journeys import MANAGERS, T0, begin, day, member, team_of

HOUR = timedelta(hours=1)
PEER, LEAD = "peer-north", "lead-north"
LEADS, MANAGER = ["team-lead", "duty-manager"], ["service-manager"]
Db: TypeAlias = "Pool[Record]"


@pytest.fixture(autouse=True)
async def team(pool: Db) -> None:
    """A team with a peer worker."""
    peers = [member(name, Role.PEER_WORKER, "Team north") for name in (PEER, "peer-2")]
    await upsert_staff(pool, [*team_of("north"), *MANAGERS, *peers])


def outing(staff: str = PEER, **said: object) -> Visit:
    """Somebody is out in the town from T0, for an hour."""
    known = {"id": str(uuid4()), "staff": staff, "team": "Team north", "place": Place.COMMUNITY}
    return Visit.model_validate(known | {"checked_in": T0, "expected_end": T0 + HOUR} | said)


def back(visit: Visit, command: str = "back", by: str = PEER) -> Visit:
    """The visit, checked out of two hours after it began."""
    done = {"checked_out": T0 + 2 * HOUR, "checked_out_by": by, "checked_out_command": command}
    return visit.model_copy(update=done)


async def told(pool: Db, visit: Visit, rung: int, roles: list[str], *, email: bool = False) -> list[str]:
    """Tell a rung at its time; the notices that wait to be mailed."""
    at = visit.expected_end + rung * timedelta(minutes=15)
    due = DueAlert(visit=visit, rung=rung, roles=roles, at=at)
    return (await visits.alert(pool, due, email=email)).notices


async def inboxes(pool: Db, visit: Visit, rung: int) -> set[str | None]:
    """Who has a notice of a rung."""
    rows = await pool.fetch("SELECT recipient FROM visit_notices WHERE visit_id = $1 AND rung = $2", visit.id, rung)
    return {row["recipient"] for row in rows}


async def test_a_check_in_twice_is_one(pool: Db) -> None:
    visit = outing()
    assert (await visits.check_in(pool, visit)).visit == visit
    assert (await visits.check_in(pool, visit)).visit == visit
    assert await visits.out_now(pool) == [visit]


async def test_nobody_is_out_twice_at_a_time(pool: Db) -> None:
    first = outing()
    await visits.check_in(pool, first)
    with pytest.raises(RecordsError, match="peer-north is out on another visit") as refused:
        await visits.check_in(pool, outing())
    assert refused.value.kind == "conflict"
    await visits.check_out(pool, back(first))
    await visits.check_in(pool, outing())
    assert len(await visits.out_now(pool)) == 1


@pytest.mark.parametrize(
    "said", [{"staff": "nobody"}, {"joined_by": "nobody"}, {"team": "Nowhere"}, {"transition_id": str(uuid4())}]
)
async def test_who_and_where_are_known(pool: Db, said: dict[str, object]) -> None:
    with pytest.raises(RecordsError) as refused:
        await visits.check_in(pool, outing().model_copy(update=said))
    assert refused.value.kind == "not-found"
    assert await visits.out_now(pool) == []


@pytest.mark.parametrize(
    "said", [{"expected_end": T0}, {"expected_end": T0 + 9 * HOUR}, {"joined_by": PEER}, {"place": Place.VIDEO}]
)
async def test_what_cannot_be_is_not_written_by_any_program(pool: Db, said: dict[str, object]) -> None:
    with pytest.raises(CheckViolationError):
        await visits.check_in(pool, outing().model_copy(update=said))


async def test_the_first_check_out_holds(pool: Db) -> None:
    visit = outing()
    await visits.check_in(pool, visit)
    first = back(visit, "one")
    assert (await visits.check_out(pool, first)).visit == first
    assert (await visits.check_out(pool, back(visit, "two", LEAD))).visit == first
    assert (await visits.extend(pool, visit.model_copy(update={"expected_end": T0 + 5 * HOUR}))).visit == first
    assert await visits.find(pool, "anything", "one") == first
    assert await visits.out_now(pool) == []


async def test_a_visit_that_went_wrong_offers_a_debrief_once_to_everybody_who_was_out(pool: Db) -> None:
    visit = outing(joined_by="peer-2")
    await visits.check_in(pool, visit)
    wrong = back(visit).model_copy(update={"went_wrong": True})
    assert (await visits.check_out(pool, wrong)).visit == (await visits.check_out(pool, wrong)).visit == wrong
    rows = await pool.fetch("SELECT staff, cause, arisen_at FROM debriefs ORDER BY staff")
    assert [tuple(row) for row in rows] == [(who, "visit", T0 + 2 * HOUR) for who in ("peer-2", PEER)]


async def test_the_worker_is_reminded_and_then_those_are_told_who_answer(pool: Db) -> None:
    visit = outing(joined_by="peer-2")
    await visits.check_in(pool, visit)
    await told(pool, visit, 0, [])
    await told(pool, visit, 1, LEADS)
    await told(pool, visit, 2, MANAGER)
    assert [await inboxes(pool, visit, rung) for rung in (0, 1, 2)] == [{PEER, "peer-2"}, {LEAD, "duty"}, {"service"}]
    [notice] = (await listings.inbox(pool, LEAD)).rows
    assert (notice.kind, notice.visit_id, notice.transition_id) == ("visit", visit.id, None)
    assert "peer-north and peer-2 went out (community)" in notice.text
    assert "You are told as the team lead." in notice.text


async def test_a_rung_is_told_once_for_one_expected_end(pool: Db) -> None:
    visit = outing()
    await visits.check_in(pool, visit)
    assert len(await told(pool, visit, 1, LEADS, email=True)) == 2
    assert len(await told(pool, visit, 1, LEADS, email=True)) == 2
    longer = visit.model_copy(update={"expected_end": T0 + 2 * HOUR})
    await visits.extend(pool, longer)
    assert await told(pool, visit, 2, MANAGER, email=True) == []
    await told(pool, longer, 1, LEADS)
    rows = await pool.fetch("SELECT rung, expected_end, recipients FROM visit_alerts ORDER BY expected_end")
    assert [(row["rung"], row["expected_end"] - T0) for row in rows] == [(1, HOUR), (1, 2 * HOUR)]
    assert sorted(rows[0]["recipients"]) == ["duty", LEAD]
    assert len((await listings.inbox(pool, LEAD)).rows) == 2


async def test_nobody_is_told_of_who_is_back(pool: Db) -> None:
    visit = outing()
    await visits.check_in(pool, visit)
    await visits.check_out(pool, back(visit))
    due = DueAlert(visit=visit, rung=1, roles=LEADS, at=visit.expected_end)
    assert (await visits.alert(pool, due, email=True)).visit == back(visit)
    assert await inboxes(pool, visit, 1) == set()


async def test_letters_about_somebody_who_is_back_do_not_go_out(pool: Db) -> None:
    visit = outing()
    await visits.check_in(pool, visit)
    [first, second] = await told(pool, visit, 1, LEADS, email=True)
    letter = await visit_notices.DESK.claim(pool, first, T0)
    assert letter is not None
    assert letter.email.endswith("@alongside.example")
    assert await visit_notices.DESK.claim(pool, first, T0) is None
    await visits.check_out(pool, back(visit))
    assert await visit_notices.DESK.claim(pool, second, T0) is None
    assert len((await listings.inbox(pool, LEAD)).rows) == 1


async def test_cover_is_told_and_answers(pool: Db) -> None:
    await add_cover(pool, Cover(staff=LEAD, stands_in="other-north", starts=T0, ends=day(1)))
    visit = outing()
    await visits.check_in(pool, visit)
    await told(pool, visit, 1, LEADS)
    assert await inboxes(pool, visit, 1) == {"other-north", "duty"}
    actor = await visits.acting(pool, visit, "other-north", T0)
    assert (actor.role, actor.staff) == (Role.TEAM_LEAD, "other-north")


async def test_a_lead_who_is_out_is_not_told_to_look_for_themselves(pool: Db) -> None:
    visit = outing(LEAD)
    await visits.check_in(pool, visit)
    await told(pool, visit, 1, LEADS)
    assert await inboxes(pool, visit, 1) == {"service", "duty"}
    texts = [notice.text for notice in (await listings.inbox(pool, "service")).rows]
    assert "Nobody else holds the role team lead, so it comes to you." in texts[0]


async def test_with_nobody_to_tell_operations_see_it(pool: Db) -> None:
    gone = [one.model_copy(update={"active": False}) for one in (*team_of("north"), *MANAGERS[:3])]
    await upsert_staff(pool, gone)
    visit = outing()
    await visits.check_in(pool, visit)
    await told(pool, visit, 1, LEADS)
    assert await inboxes(pool, visit, 1) == {None}
    [notice] = (await listings.inbox(pool, "ops")).rows
    assert "so it comes to operations" in notice.text


async def test_only_those_who_answer_act(pool: Db) -> None:
    visit = outing()
    assert (await visits.acting(pool, visit, PEER, T0)).staff == PEER
    for who, role in ((LEAD, Role.TEAM_LEAD), ("duty", Role.DUTY_MANAGER), ("service", Role.SERVICE_MANAGER)):
        assert (await visits.acting(pool, visit, who, T0)).role == role
    with pytest.raises(RecordsError, match="coord-north does not answer for peer-north"):
        await visits.acting(pool, visit, "coord-north", T0)
    with pytest.raises(UnknownStaff):
        await visits.acting(pool, visit, "nobody", T0)


async def test_a_home_is_known_once_somebody_was_there(pool: Db) -> None:
    one = (await begin(pool, "coord-north")).journey.transition_id
    visit = outing(place=Place.HOME, transition_id=one)
    assert not await visits.visited_at_home(pool, one, visit.id)
    await visits.check_in(pool, visit)
    assert not await visits.visited_at_home(pool, one, visit.id)
    assert await visits.visited_at_home(pool, one, str(uuid4()))
    assert not await visits.visited_at_home(pool, None, visit.id)


async def test_a_contact_done_at_home_counts_and_one_in_the_town_does_not(pool: Db) -> None:
    one = (await begin(pool, "coord-north")).journey.transition_id
    await visits.check_in(pool, outing(transition_id=one))
    assert not await visits.visited_at_home(pool, one, str(uuid4()))
    await pool.execute(
        "INSERT INTO bookings (id, transition_id, step, staff, starts, ends, busy, minutes, place, status, booked_at) "
        "VALUES (gen_random_uuid(), $1, 'visit', $2, $3, $4, tstzrange($3, $4), 60, 'home', 'done', $3)",
        one, PEER, T0, T0 + HOUR,
    )  # fmt: skip
    assert await visits.visited_at_home(pool, one, str(uuid4()))


async def test_a_visit_is_found_by_who_is_out_or_the_beginning_of_its_id(pool: Db) -> None:
    visit = outing()
    await visits.check_in(pool, visit)
    assert await visits.find(pool, PEER) == visit
    assert await visits.find(pool, visit.id[:8]) == visit
    for unknown in ("peer-2", "ffffffff", "ab"):
        with pytest.raises(RecordsError, match="is not out on a visit"):
            await visits.find(pool, unknown)


async def test_who_came_along_finds_the_visit_too_but_their_own_first(pool: Db) -> None:
    joint, own = outing(joined_by="peer-2"), outing("peer-2")
    await visits.check_in(pool, joint)
    assert await visits.find(pool, "peer-2") == joint
    await visits.check_in(pool, own)
    assert await visits.find(pool, "peer-2") == own


async def test_the_team_is_the_workers_else_the_transitions(pool: Db) -> None:
    one = (await begin(pool, "coord-north")).journey.transition_id
    assert await visits.team_for(pool, "Own", one) == "Own"
    assert await visits.team_for(pool, None, one) == "Team north"
    assert await visits.team_for(pool, None, None) is None
