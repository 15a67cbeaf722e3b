"""Each kind of difference between Temporal and the records is mended, and nothing is told twice by it."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from planner.clock import local_day, midnight
from planner.journey import decide
from records import reconcile, staff
from records.database import Database
from records.reconcile import Difference, Kind, Recorded, recorded_one
from schemas.command import Complete
from schemas.covering import Became, CoverAbsenceState, Outcome
from schemas.journey import Journey
from schemas.staff import Absence
from schemas.visit import Visit
from schemas.workforce import Place as Where
from tests.durable.careless import MuteWorkflow
from tests.durable.following import COORDINATOR, TEAM, Followed, Place, inpatient, now, until
from tests.durable.test_cover_absence import worker
from tests.records.tampering import unhindered
from workers import absences, transitions, visits
from workers.codec import about_to_begin
from workers.mending import Mended, compared, mend
from workers.transitions import cannot_go_on, query_journey, workflow_id
from workflows.cover_absence import CoverAbsenceWorkflow
from workflows.state import TransitionState
from workflows.transition import TransitionWorkflow


async def mended(here: Place, *kinds: Kind) -> None:
    """These differences are found, and all of them are mended."""
    assert [one.mended for one in await repair(here, *kinds)] == [True] * len(kinds)


async def repair(here: Place, *kinds: Kind) -> list[Mended]:
    """Mend what differs, as soon as it is this: what began or ended just now, Temporal lists a moment later."""
    found: list[Difference] = []

    async def differs() -> bool:
        found[:] = await compared(here.client, here.settings, here.pool)
        return sorted(kind for kind, _ in {(one.kind, one.id) for one in found}) == sorted(kinds)

    await until(differs)
    return await mend(here.client, here.settings, here.pool, found)


async def equal(here: Place) -> None:
    """Temporal and the records come to tell the same."""

    async def same() -> bool:
        return await compared(here.client, here.settings, here.pool) == []

    await until(same)


async def _begun(person: Followed) -> bool:
    return await person.commits() == [(1, "start")]


async def follow(here: Place, person: Followed, journey: Journey) -> None:
    """Have somebody followed from another past."""
    await person.handle.terminate("to follow another past")
    state = TransitionState(definition=inpatient().canonical, team=TEAM, journey=journey)
    queue = here.settings.task_queue
    await here.client.start_workflow(TransitionWorkflow.run, state, id=workflow_id(person.id), task_queue=queue)


async def test_a_workflow_behind_or_ahead_of_the_records_is_put_where_they_stand(here: Place) -> None:
    behind, ahead = await here.take_on(), await here.take_on()
    early = await query_journey(here.client, behind.id)
    done = Complete(id="done", at=now(), step="discharge-plan")
    receipt = await behind.send(done)
    await follow(here, behind, early)
    late, _ = decide(inpatient(), await query_journey(here.client, ahead.id), done)
    await follow(here, ahead, late)
    before = [await one.records() for one in (behind, ahead)]
    await mended(here, Kind.OTHERWISE, Kind.OTHERWISE)
    await equal(here)
    assert [await one.records() for one in (behind, ahead)] == before
    assert await behind.send(done) == receipt
    assert (await ahead.send(done)).revision == 2
    await equal(here)


async def test_a_workflow_ahead_adopts_the_records_by_itself(here: Place) -> None:
    """The records were put back by more than one revision: what comes next is decided from what they hold."""
    person = await here.take_on()
    journey = await query_journey(here.client, person.id)
    for step in ("discharge-plan", "named-coordinator"):
        journey, _ = decide(inpatient(), journey, Complete(id=f"lost-{step}", at=now(), step=step))
    await follow(here, person, journey)
    assert (await person.send(Complete(id="next", at=now(), step="baseline-measures"))).revision == 2
    await equal(here)


async def test_a_journey_that_nothing_follows_is_followed(here: Place) -> None:
    person = await here.take_on()
    await person.handle.terminate("lost")
    await mended(here, Kind.NOT_FOLLOWED)
    await equal(here)


async def test_a_start_that_the_records_lost_is_begun_again(here: Place) -> None:
    """Put back to between registering and beginning: how they were begun is in Temporal's history alone."""
    person = await here.registered()
    state = TransitionState(definition=inpatient().canonical, team=TEAM, start=person.start)
    await here.client.start_workflow(TransitionWorkflow.run, state, id=workflow_id(person.id), task_queue="nobody")
    await person.handle.terminate("it failed, for the records did not know of it")
    await mended(here, Kind.NOT_BEGUN)
    await until(lambda: _begun(person))
    await equal(here)


async def test_who_was_never_begun_is_named(here: Place) -> None:
    await here.register(inpatient(), at=now(), born=date(1990, 1, 1))
    [one] = await repair(here, Kind.NOT_BEGUN)
    assert (one.difference.kind, one.mended) == (Kind.NOT_BEGUN, False)
    assert "was never begun" in one.done


async def test_who_is_not_in_the_records_is_ended_unless_these_are_other_records(here: Place) -> None:
    person = await here.take_on()
    strange = (await query_journey(here.client, person.id)).model_copy(update={"transition_id": str(uuid4())})
    state = TransitionState(definition=inpatient().canonical, team=TEAM, journey=strange)
    queue, one = here.settings.task_queue, workflow_id(strange.transition_id)
    await about_to_begin(here.client, one, person.id)
    await here.client.start_workflow(TransitionWorkflow.run, state, id=one, task_queue=queue)
    await mended(here, Kind.UNKNOWN)
    await equal(here)
    await person.handle.terminate("so that most are unknown")
    another = workflow_id(str(uuid4()))
    await about_to_begin(here.client, another, person.id)
    await here.client.start_workflow(TransitionWorkflow.run, state, id=another, task_queue=queue)
    left = {one.difference.kind: one for one in await repair(here, Kind.UNKNOWN, Kind.NOT_FOLLOWED)}
    assert not left[Kind.UNKNOWN].mended
    assert "Are they the right ones?" in left[Kind.UNKNOWN].done
    await here.client.get_workflow_handle(another).terminate("the test is over")


async def test_a_workflow_that_cannot_go_on_is_begun_anew_from_the_records(here: Place) -> None:
    person = await here.take_on()
    faulty = (await query_journey(here.client, person.id)).model_copy(deep=True)
    faulty.steps["discharge-plan"].ladder = "no-such-ladder"
    await follow(here, person, faulty)
    await until(lambda: cannot_go_on(here.client, person.id))
    await mended(here, Kind.STUCK)
    await equal(here)


async def test_somebody_is_followed_as_before_when_following_anew_fails(here: Place) -> None:
    person, at = await here.take_on(), now()
    visit = Visit(
        id=str(uuid4()), staff=COORDINATOR, place=Where.CLINIC, checked_in=at, expected_end=at + timedelta(hours=1)
    )  # fmt: skip
    queue, refused = here.settings.task_queue, "longer than Temporal takes" * 1_000
    await visits.check_in(here.client, queue, here.pool, visit)
    with pytest.raises(RPCError, match="length"):
        await transitions.follow_anew(here.client, refused, here.pool, person.id)
    with pytest.raises(RPCError, match="length"):
        await transitions.begin_as_before(here.client, refused, person.id)
    with pytest.raises(RPCError, match="length"):
        await visits.follow_anew(here.client, refused, here.pool, visit)
    assert (await person.send(Complete(id="done", at=now(), step="discharge-plan"))).revision == 2
    assert await visits.next_alert(here.client, visit.id) == visit.expected_end
    await visits.follow_anew(here.client, queue, here.pool, visit)
    assert await visits.next_alert(here.client, visit.id) == visit.expected_end
    await here.client.get_workflow_handle(visits.workflow_id(visit.id)).terminate("the test is over")


async def test_what_cannot_go_on_before_it_began_is_begun_again(here: Place) -> None:
    person = await here.registered()
    state = TransitionState(definition=inpatient().canonical, team=TEAM, start=person.start)
    async with Worker(here.client, task_queue="mute", workflows=[MuteWorkflow]):
        await here.client.start_workflow("TransitionWorkflow", state, id=workflow_id(person.id), task_queue="mute")
        await mended(here, Kind.STUCK)
    await until(lambda: _begun(person))
    await equal(here)


async def test_a_workflow_that_cannot_say_where_it_stands_is_named_and_begun_anew(here: Place) -> None:
    person = await here.take_on()
    await person.handle.terminate("another build follows them")
    async with Worker(here.client, task_queue="mute", workflows=[MuteWorkflow]):
        await here.client.start_workflow("TransitionWorkflow", {}, id=workflow_id(person.id), task_queue="mute")
        await mended(here, Kind.STUCK)
    await equal(here)


async def test_listings_that_strayed_are_written_anew(here: Place) -> None:
    person = await here.take_on()
    which = UUID(person.id)
    before = await recorded_one(here.pool, person.id)
    await here.pool.execute(
        "UPDATE steps SET state = 'done' WHERE transition_id = $1 AND step = 'discharge-plan'", which
    )
    await here.pool.execute("UPDATE transitions SET revision = 7 WHERE id = $1", which)
    await here.pool.execute("DELETE FROM milestones WHERE transition_id = $1", which)
    await mended(here, Kind.LISTED)
    assert await recorded_one(here.pool, person.id) == before
    await equal(here)


async def test_who_is_out_by_temporal_alone_is_entered_again(here: Place) -> None:
    at = now()
    visit = Visit(
        id=str(uuid4()), staff=COORDINATOR, place=Where.CLINIC, checked_in=at, expected_end=at + timedelta(hours=1)
    )  # fmt: skip
    queue = here.settings.task_queue
    await visits.check_in(here.client, queue, here.pool, visit)
    async with unhindered(here.pool) as link:
        await link.execute("DELETE FROM visits WHERE id = $1", UUID(visit.id))
    await mended(here, Kind.VISIT_UNKNOWN)
    await equal(here)
    await here.client.get_workflow_handle(visits.workflow_id(visit.id)).terminate("lost")
    await mended(here, Kind.VISIT_NOT_FOLLOWED)
    await equal(here)
    await here.client.get_workflow_handle(visits.workflow_id(visit.id)).terminate("the test is over")


async def test_an_absence_that_temporal_alone_knows_is_recorded_again(here: Place) -> None:
    await staff.upsert_staff(here.pool, [worker("peer-1")])
    first = midnight(local_day(now()))
    absence = Absence(
        id=absences.new_id(), staff="peer-1", starts=first, ends=first + timedelta(days=2), recorded_by="lead-1"
    )  # fmt: skip
    waiting = Outcome(transition_id=str(uuid4()), became=Became.WAITING)
    state = CoverAbsenceState(absence=absence, todo=[waiting], stopped=True)
    queue = here.settings.task_queue
    await here.client.start_workflow(
        CoverAbsenceWorkflow.run, state, id=absences.workflow_id(absence.id), task_queue=queue
    )
    await mended(here, Kind.ABSENCE_UNKNOWN)
    await absences.result(here.client, absence.id)
    assert await here.pool.fetchval("SELECT count(*) FROM absences WHERE id = $1", UUID(absence.id)) == 1
    await equal(here)


async def test_what_only_moved_while_it_was_looked_at_is_no_difference(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, read = await here.take_on(), reconcile.recorded

    async def once_something_is_done(db: Database) -> AsyncIterator[tuple[str, Recorded]]:
        await person.send(Complete(id="meanwhile", at=now(), step="discharge-plan"))
        async for row in read(db):
            yield row

    monkeypatch.setattr(reconcile, "recorded", once_something_is_done)
    found = await compared(here.client, here.settings, here.pool)
    assert [one.words for one in found if one.id == person.id] == []
    assert await person.commits() == [(1, "start"), (2, "meanwhile")]


async def test_a_journey_that_gives_no_answer_in_time_is_asked_again(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, patience = await here.take_on(), iter([timedelta(microseconds=1), timedelta(microseconds=1), None])

    async def asked(client: Client, _: str) -> Journey:
        return await client.get_workflow_handle(workflow_id(person.id)).query(
            TransitionWorkflow.journey, rpc_timeout=next(patience)
        )

    monkeypatch.setattr(transitions, "query_journey", asked)
    told, stuck = await transitions.told_of(here.client, [person.id])
    assert (told[person.id].revision, stuck, next(patience, "no more")) == (1, [], "no more")
