"""What is looked up of peer support: who goes with whom and why, the queue in its order, and a worker's contacts."""

from datetime import timedelta
from uuid import uuid4

import pytest
from asyncpg import Pool

from records import peers
from records.errors import RecordsError
from records.groups import add_group
from records.staff import upsert_staff
from schemas.codes import Division, Role
from schemas.command import Actor, AssignPeerWorker, StepBack
from schemas.journey import Journey
from schemas.staff import StaffMember
from schemas.workforce import GroupPlan, Place
from tests.records.journeys import T0, day
from tests.records.test_arranging import TEAM, ask, begin

LEAD = Actor(role=Role.TEAM_LEAD, staff="lead")
FULL_TIME = (37.5, "mon-fri 09:00-16:30")


async def team(pool: Pool, **workers: tuple[float, str]) -> None:
    """A team lead, and peer workers by their hours and when they work."""
    members = [
        StaffMember(id=name, name=name, role=Role.PEER_WORKER, team=TEAM, hours_per_week=hours, works=works)
        for name, (hours, works) in workers.items()
    ]
    await upsert_staff(pool, [*members, StaffMember(id="lead", name="L", role=Role.TEAM_LEAD, team=TEAM)])


async def arranged(pool: Pool, journey: Journey, command: AssignPeerWorker | StepBack | None = None) -> Journey:
    """The journey after its peer support was arranged."""
    answer = await ask(pool, journey, command)
    assert answer.refused is None
    assert answer.journey is not None
    return answer.journey


async def test_who_goes_and_why_and_everybody_who_was_considered(pool: Pool) -> None:
    await team(pool, ann=FULL_TIME, bea=(4, "tue 10:00-14:00"))
    journey = await arranged(pool, await begin(pool))
    (goes,) = await peers.assignments(pool, journey.transition_id)
    assert (goes.staff, goes.joining, goes.starts, goes.assigned_by, goes.reason) == ("ann", False, T0, None, None)
    assert {one.staff for one in goes.considered} == {"ann", "bea"}
    assert all(one.why.endswith(".") for one in goes.considered)
    assert await peers.alone(pool, journey.transition_id) is None


async def test_whoever_takes_over_comes_second_with_the_reason_and_who_gave_it(pool: Pool) -> None:
    await team(pool, ann=FULL_TIME, bea=FULL_TIME)
    journey = await arranged(pool, await begin(pool))
    command = AssignPeerWorker(id="by-hand", at=T0, by=LEAD, staff="bea", reason="They have met")
    journey = await arranged(pool, journey, command)
    goes, joins = await peers.assignments(pool, journey.transition_id)
    assert (goes.staff, goes.joining, joins.staff, joins.joining) == ("ann", False, "bea", True)
    assert (joins.assigned_by, joins.reason) == ("lead", "They have met")


async def test_the_queue_has_safety_first_then_whoever_waits_longest(pool: Pool) -> None:
    await team(pool, ann=(0.5, "tue 10:00-10:30"))
    journeys = [await begin(pool) for _ in range(3)]
    for journey in journeys:
        await arranged(pool, journey)
    late, urgent, early = (journey.transition_id for journey in journeys)
    await pool.execute("UPDATE peer_queue SET urgency = 2 WHERE transition_id = $1", urgent)
    await pool.execute("UPDATE peer_queue SET since = $2 WHERE transition_id = $1", early, T0 - timedelta(days=9))
    assert [one.transition_id for one in await peers.queue(pool, TEAM)] == [urgent, early, late]
    assert [one.transition_id for one in await peers.queue(pool, TEAM, 1)] == [urgent]
    (count,) = await peers.queues(pool)
    assert (count.team, count.people, count.since, count.urgent) == (TEAM, 3, T0 - timedelta(days=9), 1)
    waits = await peers.alone(pool, late)
    assert waits is not None
    assert [(one.staff, one.could) for one in waits.considered] == [("ann", False)]


async def test_a_team_in_which_nobody_waits_is_told_from_one_that_is_not(pool: Pool) -> None:
    await team(pool, ann=FULL_TIME)
    assert await peers.queues(pool) == []
    assert await peers.queues(pool, TEAM) == [peers.TeamQueue(team=TEAM, people=0, since=None, urgent=0)]
    with pytest.raises(RecordsError, match="no team 'Nowhere'"):
        await peers.queues(pool, "Nowhere")


async def test_a_workers_contacts_are_those_that_hold_with_who_else_comes(pool: Pool) -> None:
    await team(pool, ann=FULL_TIME, bea=FULL_TIME)
    journey = await arranged(pool, await begin(pool))
    alone = await peers.contacts_of(pool, "ann", T0, day(90))
    assert [(one.step, one.along, one.status) for one in alone] == [("first", [], "booked"), ("second", [], "booked")]
    back = StepBack(id=str(uuid4()), at=T0, by=Actor(role=Role.PEER_WORKER, staff="ann"), staff="ann")
    journey = await arranged(pool, journey, back)
    together = await peers.contacts_of(pool, "ann", T0, day(90))
    assert [(one.along, one.transition_id) for one in together] == [(["bea"], journey.transition_id)]
    assert together[0].name == "Ada Test"


async def test_a_group_has_its_title_and_nobodys_name(pool: Pool) -> None:
    await team(pool, ann=FULL_TIME, bea=FULL_TIME)
    plan = GroupPlan(
        team=TEAM, title="Drop-in", place=Place.COMMUNITY, starts=day(7), ends=day(7) + timedelta(hours=1),
        staff=["ann", "bea"], people_at_most=8,
    )  # fmt: skip
    await add_group(pool, plan, T0, Division.ENGLAND_AND_WALES)
    (found,) = await peers.contacts_of(pool, "bea", T0, day(8))
    assert (found.group_title, found.name, found.step, found.along) == ("Drop-in", None, None, ["ann"])
    assert await peers.contacts_of(pool, "bea", T0, day(7)) == []
