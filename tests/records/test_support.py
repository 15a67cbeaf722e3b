"""Support of the workers: each told once, by nobody else's business, and nothing kept of what was said."""

from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

import pytest
from asyncpg import CheckViolationError, Pool, Record

from planner.clock import end_of
from records import listings, support
from records.database import transaction
from records.errors import RecordsError
from records.staff import add_cover, upsert_staff
from schemas.codes import Division, Role, Track
from schemas.staff import Cover, StaffMember
from schemas.support import Cause, Look, Matter
from tests.records.journeys import T0, member, team_of

Db: TypeAlias = "Pool[Record]"
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
TEAM = "Team north"
PEER = "peer-north"
BEGAN = date(2026, 10, 5)
DUE = end_of(BEGAN + 4 * WEEK)
PLACES: dict[str, tuple[Role, str | None]] = {
    PEER: (Role.PEER_WORKER, TEAM),
    "peer-2": (Role.PEER_WORKER, TEAM),
    "manager": (Role.TEAM_LEAD, TEAM),
    "practice": (Role.THERAPIST, TEAM),
    "listener": (Role.THERAPIST, None),
    "peer-lead": (Role.PEER_LEAD, None),
    "elsewhere": (Role.PEER_LEAD, "Team south"),
    "other-role": (Role.COORDINATOR, TEAM),
}


def worker(**said: object) -> StaffMember:
    """The worker whose support it is."""
    behind = {"line_manager": "manager", "role_supervisor": "practice", "wellbeing_supervisor": "listener"}
    return member(PEER, Role.PEER_WORKER, TEAM).model_copy(update=behind | said)


@pytest.fixture(autouse=True)
async def team(pool: Db) -> None:
    """A team, everybody who is something to its peer worker, and one of every role besides."""
    others = [member(who, *place) for who, place in PLACES.items() if who != PEER]
    any_role = [member(f"any-{role}", role, TEAM) for role in Role if role not in (Role.PEER_LEAD, Role.OPERATIONS)]
    ops = member("ops", Role.OPERATIONS, None)
    await upsert_staff(pool, [*team_of("south"), *others, *any_role, ops, worker()])
    await began(pool, datetime(2026, 10, 5, 12, tzinfo=UTC))


async def began(pool: Db, at: datetime) -> None:
    """Everybody came at that moment, by the history."""
    await pool.execute("ALTER TABLE staff_history DISABLE TRIGGER only_added_to")
    await pool.execute("UPDATE staff_history SET changed_at = $1", at)


async def look(pool: Db, at: datetime, staff: str = PEER) -> datetime | None:
    """Look at somebody's support at a moment; when to look again."""
    asked = Look(staff=staff, at=at, division=Division.ENGLAND_AND_WALES)
    return (await support.look(pool, asked)).following


async def told(pool: Db, matter: Matter, number: int | None = None) -> set[str | None]:
    """Who was told of a matter."""
    rows = await pool.fetch(
        "SELECT recipient FROM support_alerts WHERE matter = $1 AND ($2::int IS NULL OR number = $2)", matter, number
    )
    assert len({row["recipient"] for row in rows}) == len(rows) or number is None
    return {row["recipient"] for row in rows}


async def owe(pool: Db, at: datetime = T0, staff: str = PEER, cause: str = Cause.DEATH) -> None:
    """Other code owes somebody a debrief, in a transaction of its own."""
    async with transaction(pool) as link:
        await support.offer_debrief(link, staff, cause, at)


async def sees(pool: Db, asker: str) -> set[Matter]:
    """What somebody sees of the worker."""
    seen = await support.visible_to(pool, asker, T0)
    return {Matter(one.track) for one in seen.supervisions if one.staff == PEER} | {
        Matter.DEBRIEF for one in seen.debriefs if one.staff == PEER
    }


async def test_supervision_twice_is_once_and_moves_the_next(pool: Db) -> None:
    for _ in range(2):
        await support.record_supervision(pool, PEER, Track.ROLE, date(2026, 10, 30), PEER, T0)
    mine = [one for one in (await support.visible_to(pool, PEER, T0)).supervisions if one.staff == PEER]
    assert [(one.track, one.last, one.due) for one in mine] == [
        (Track.WELLBEING, None, BEGAN + 4 * WEEK),
        (Track.ROLE, date(2026, 10, 30), date(2026, 11, 27)),
    ]
    assert await pool.fetchval("SELECT count(*) FROM supervisions") == 1


async def test_a_team_keeps_its_own_intervals(pool: Db) -> None:
    settled = '{"supervision_weeks": 6, "wellbeing_supervision_weeks": 2}'
    await pool.execute("UPDATE teams SET policy = $1::text::jsonb WHERE name = $2", settled, TEAM)
    mine = [one for one in (await support.visible_to(pool, PEER, T0)).supervisions if one.staff == PEER]
    assert [(one.track, (one.due - BEGAN) // WEEK) for one in mine] == [(Track.WELLBEING, 2), (Track.ROLE, 6)]


async def test_it_is_counted_from_when_they_became_a_peer_worker(pool: Db) -> None:
    await upsert_staff(pool, [member("other-role", Role.PEER_WORKER, TEAM)])
    became = await pool.fetchval("SELECT max(changed_at) FROM staff_history WHERE staff = 'other-role'")
    await upsert_staff(pool, [member("other-role", Role.PEER_WORKER, TEAM).model_copy(update={"name": "Changed"})])
    theirs = (await support.visible_to(pool, "other-role", T0)).supervisions
    assert {one.due for one in theirs} == {became.date() + 4 * WEEK}


async def test_each_is_told_once_in_their_inboxes(pool: Db) -> None:
    reminder = datetime(2026, 10, 26, 9, tzinfo=UTC)
    assert await look(pool, reminder - timedelta(hours=1)) == reminder
    assert await told(pool, Matter.ROLE) == set()
    for _ in range(2):
        assert await look(pool, reminder) == reminder + DAY
    assert await told(pool, Matter.ROLE, 0) == {PEER, "practice"}
    assert await told(pool, Matter.WELLBEING, 0) == {PEER, "listener"}
    for at in (DUE, DUE, DUE + 6 * DAY):
        await look(pool, at)
    assert await told(pool, Matter.ROLE, 1) == {"peer-lead"}
    assert await look(pool, DUE + WEEK) == DUE + WEEK + timedelta(hours=9)
    assert await told(pool, Matter.WELLBEING, 2) == {"peer-lead"}
    [latest, *_] = (await listings.inbox(pool, "peer-lead")).rows
    assert (latest.kind, latest.number, latest.transition_id) == ("support", 2, None)
    assert "was due by Mon 2 Nov 2026" in latest.text
    assert (await listings.inbox(pool, "manager")).rows == []


async def test_after_a_long_outage_the_latest_alone_is_told(pool: Db) -> None:
    await look(pool, DUE + 3 * WEEK)
    rows = await pool.fetch("SELECT number FROM support_alerts WHERE matter = 'role'")
    assert [row["number"] for row in rows] == [4]


async def test_once_it_was_held_nobody_is_told_any_more(pool: Db) -> None:
    for track in Track:
        await support.record_supervision(pool, PEER, track, BEGAN + 4 * WEEK, "peer-lead", DUE + DAY)
    await look(pool, DUE + 2 * DAY)
    assert await pool.fetchval("SELECT count(*) FROM support_alerts") == 0


async def test_a_debrief_is_owed_once_and_told_at_once(pool: Db) -> None:
    for _ in range(2):
        await owe(pool)
    assert await told(pool, Matter.DEBRIEF, 0) == {PEER, "listener", "peer-lead"}
    by = end_of(T0.date() + DAY)
    await look(pool, by - timedelta(seconds=1))
    assert await told(pool, Matter.DEBRIEF, 1) == set()
    await look(pool, by)
    await look(pool, by)
    assert await told(pool, Matter.DEBRIEF, 1) == {"peer-lead"}


async def test_what_its_transaction_undoes_was_never_owed(pool: Db) -> None:
    async def undone() -> None:
        async with transaction(pool) as link:
            await support.offer_debrief(link, PEER, Cause.VISIT, T0)
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        await undone()
    assert await pool.fetchval("SELECT count(*) FROM debriefs") == 0
    assert await told(pool, Matter.DEBRIEF) == set()


async def test_an_id_that_nobody_has_stops_no_transaction(pool: Db) -> None:
    await owe(pool, staff="nobody-here")
    assert await pool.fetchval("SELECT count(*) FROM debriefs") == 0


async def test_it_is_offered_and_answered_by_who_may(pool: Db) -> None:
    await owe(pool)
    with pytest.raises(RecordsError, match="no offer of a debrief"):
        await support.debrief_answered(pool, PEER, True, PEER, T0)
    with pytest.raises(RecordsError, match="not for manager"):
        await support.debrief_offered(pool, PEER, "manager", T0)
    await support.debrief_offered(pool, PEER, "listener", T0 + DAY)
    [seen] = (await support.visible_to(pool, PEER, T0)).debriefs
    assert (seen.cause, seen.offered_at, seen.offered_by, seen.taken) == (Cause.DEATH, T0 + DAY, "listener", None)
    await support.debrief_answered(pool, PEER, False, PEER, T0)
    assert (await support.visible_to(pool, PEER, T0)).debriefs == []
    with pytest.raises(RecordsError, match="owed no debrief"):
        await support.debrief_offered(pool, PEER, "listener", T0)
    await look(pool, T0 + WEEK)
    assert await told(pool, Matter.DEBRIEF, 1) == set()


async def test_anybody_may_say_that_something_happened(pool: Db) -> None:
    await support.incident(pool, PEER, T0, "manager", T0, Division.SCOTLAND)
    [seen] = (await support.visible_to(pool, PEER, T0)).debriefs
    assert (seen.cause, seen.arisen_at) == (Cause.INCIDENT, T0)
    with pytest.raises(RecordsError, match="not come yet"):
        await support.incident(pool, PEER, T0 + DAY, "manager", T0, Division.SCOTLAND)
    with pytest.raises(RecordsError, match="Nobody in the staff list"):
        await support.incident(pool, PEER, T0, "stranger", T0, Division.SCOTLAND)


MAY_SEE = {
    PEER: {Matter.ROLE, Matter.WELLBEING, Matter.DEBRIEF},
    "peer-lead": {Matter.ROLE, Matter.WELLBEING, Matter.DEBRIEF},
    "listener": {Matter.WELLBEING, Matter.DEBRIEF},
    "practice": {Matter.ROLE},
    "manager": {Matter.ROLE},
}


@pytest.mark.parametrize("asker", [*PLACES, *(f"any-{role}" for role in Role if role is not Role.PEER_LEAD)])
async def test_everybody_sees_what_is_theirs_to_see(pool: Db, asker: str) -> None:
    await owe(pool)
    asker = "ops" if asker == f"any-{Role.OPERATIONS}" else asker
    assert await sees(pool, asker) == MAY_SEE.get(asker, set())


@pytest.mark.parametrize("role", list(Role))
async def test_a_line_manager_of_any_role_sees_no_wellbeing_except_as_peer_lead(pool: Db, role: Role) -> None:
    await upsert_staff(pool, [member("manager", role, TEAM), worker(line_manager=role)])
    await owe(pool)
    everything = {Matter.ROLE, Matter.WELLBEING, Matter.DEBRIEF}
    assert await sees(pool, "manager") == (everything if role is Role.PEER_LEAD else {Matter.ROLE})


async def test_a_line_manager_who_supervises_their_wellbeing_sees_it(pool: Db) -> None:
    await upsert_staff(pool, [worker(wellbeing_supervisor="manager")])
    await owe(pool)
    assert await sees(pool, "manager") == {Matter.ROLE, Matter.WELLBEING, Matter.DEBRIEF}


async def test_standing_in_opens_nothing_to_the_line_manager(pool: Db) -> None:
    for away in ("listener", "peer-lead"):
        await add_cover(pool, Cover(staff=away, stands_in="manager", starts=T0 - DAY, ends=T0 + 4 * WEEK))
    await owe(pool)
    assert await sees(pool, "manager") == {Matter.ROLE}
    assert await told(pool, Matter.DEBRIEF) == {PEER, None}


async def test_who_stands_in_for_a_supervisor_is_told(pool: Db) -> None:
    await add_cover(pool, Cover(staff="practice", stands_in="other-role", starts=T0 - 4 * WEEK, ends=T0 + DAY))
    await look(pool, DUE - DAY)
    assert await told(pool, Matter.ROLE) == {PEER, "other-role"}


async def test_with_nobody_there_operations_are_told_and_not_of_what(pool: Db) -> None:
    gone = [member(who, *PLACES[who]).model_copy(update={"active": False}) for who in ("peer-lead", "elsewhere")]
    await upsert_staff(pool, [*gone, worker(wellbeing_supervisor=None)])
    await look(pool, DUE)
    assert await told(pool, Matter.WELLBEING) == {None}
    [notice] = [one for one in (await listings.inbox(pool, "ops")).rows if one.recipient is None and PEER in one.text]
    assert "wellbeing" not in notice.text


async def test_somebody_who_has_left_is_followed_no_more(pool: Db) -> None:
    assert PEER in await support.to_follow(pool)
    await upsert_staff(pool, [worker(active=False)])
    assert await look(pool, DUE) is None
    assert PEER not in await support.to_follow(pool)
    assert await pool.fetchval("SELECT count(*) FROM support_alerts") == 0


async def test_of_somebody_else_only_a_debrief_is_followed(pool: Db) -> None:
    assert await look(pool, T0, "other-role") is None
    await owe(pool, staff="other-role")
    assert "other-role" in await support.to_follow(pool)
    assert await look(pool, T0, "other-role") == datetime(2026, 11, 3, 9, tzinfo=UTC)
    with pytest.raises(RecordsError, match="is not a peer worker"):
        await support.record_supervision(pool, "other-role", Track.ROLE, BEGAN, "peer-lead", T0)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (("practice", Track.WELLBEING, BEGAN), "not for practice"),
        (("manager", Track.WELLBEING, BEGAN), "not for manager"),
        (("peer-2", Track.ROLE, BEGAN), "not for peer-2"),
        ((PEER, Track.ROLE, date(2027, 1, 1)), "not come yet"),
    ],
)
async def test_what_cannot_be_is_refused(pool: Db, said: tuple[str, Track, date], sentence: str) -> None:
    by, track, held = said
    with pytest.raises(RecordsError, match=sentence):
        await support.record_supervision(pool, PEER, track, held, by, T0)


async def test_no_column_could_hold_what_was_said(pool: Db) -> None:
    rows = await pool.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_name = ANY ($1)",
        ["supervisions", "debriefs"],
    )
    assert {tuple(row) for row in rows} == {
        *(("supervisions", name) for name in ("staff", "track", "held_on", "recorded_by", "recorded_at")),
        *(("debriefs", name) for name in ("id", "staff", "cause", "arisen_at", "offer_by")),
        *(("debriefs", name) for name in ("offered_at", "offered_by", "taken")),
    }
    with pytest.raises(CheckViolationError):
        await pool.execute(
            "INSERT INTO debriefs (staff, cause, arisen_at, offer_by, taken) VALUES ($1, 'death', $2, $3, true)",
            PEER, T0, T0 + DAY,
        )  # fmt: skip
