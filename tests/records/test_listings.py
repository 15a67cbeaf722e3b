"""What people look up, as they look it up."""

from datetime import datetime
from uuid import UUID

import pytest
from asyncpg import Pool, Record

from records import listings
from records.errors import RecordsError, UnknownStaff
from records.staff import add_cover, upsert_staff
from schemas.codes import Attendance, Mechanism, Role
from schemas.command import Actor, AnswerHandover, Exit, OfferHandover
from schemas.staff import Cover
from tests.records.journeys import MANAGERS, T0, begin, complete, day, member, somebody, team_of


@pytest.fixture
async def team(pool: "Pool[Record]", request: pytest.FixtureRequest) -> str:
    """A team of its own for the test, named after it; its staff's ids end with the name."""
    name: str = request.node.name.removeprefix("test_")[:40]
    await upsert_staff(pool, [*team_of(name), *MANAGERS])
    return name


async def tasks(pool: "Pool[Record]", staff_id: str, at: datetime, transition_id: str) -> set[str]:
    """The steps of one transition in somebody's worklist, read page by page."""
    found, after = set[str](), None
    while True:
        page = await listings.tasks_for(pool, staff_id, at, limit=7, after=after)
        found |= {task.step for task in page.rows if task.transition_id == transition_id}
        if page.next is None:
            return found
        after = page.next


async def test_a_worklist_holds_what_is_to_be_done_and_not_what_waits(pool: "Pool[Record]", team: str) -> None:
    one = (await begin(pool, f"coord-{team}")).journey.transition_id
    assert await tasks(pool, f"coord-{team}", T0, one) == {"plan"}
    assert await tasks(pool, f"therapist-{team}", T0, one) == {"therapy-talk"}
    assert await tasks(pool, f"other-{team}", T0, one) == set()
    assert await tasks(pool, f"lead-{team}", T0, one) == set()


async def test_cover_sees_the_worklist_while_it_lasts(pool: "Pool[Record]", team: str) -> None:
    one = (await begin(pool, f"coord-{team}")).journey.transition_id
    await add_cover(pool, Cover(staff=f"coord-{team}", stands_in=f"other-{team}", starts=day(1), ends=day(2)))
    assert await tasks(pool, f"other-{team}", day(1), one) == {"plan"}
    assert await tasks(pool, f"other-{team}", day(2), one) == set()


async def test_what_nobody_can_do_is_in_the_leads_worklist(pool: "Pool[Record]", team: str) -> None:
    one = (await begin(pool, f"coord-{team}")).journey.transition_id
    leaver = member(f"coord-{team}", Role.COORDINATOR, f"Team {team}").model_copy(update={"active": False})
    await upsert_staff(pool, [leaver])
    assert await tasks(pool, f"lead-{team}", T0, one) == {"plan"}
    nobody = (await begin(pool, None, f"Team {team}")).journey.transition_id
    assert await tasks(pool, f"lead-{team}", T0, nobody) == {"plan"}


async def test_a_handover_is_answered_by_who_was_asked_and_overlaps(pool: "Pool[Record]", team: str) -> None:
    begun = await begin(pool, f"coord-{team}")
    one = begun.journey.transition_id
    offer = OfferHandover(id="offer", at=day(1), to=f"other-{team}", answer_by=day(2), overlap_until=day(5))
    offered = await begun.tell(offer)
    assert await tasks(pool, f"other-{team}", day(1), one) == {"handover#1"}
    yes = AnswerHandover(id="yes", at=day(1.5), accept=True, by=Actor(staff=f"other-{team}"))
    await offered.tell(yes)
    assert await tasks(pool, f"other-{team}", day(2), one) == {"plan"}
    assert await tasks(pool, f"coord-{team}", day(2), one) == {"plan"}
    assert await tasks(pool, f"coord-{team}", day(5), one) == set()


async def test_the_team_follows_a_coordinator_of_another_team(pool: "Pool[Record]", team: str) -> None:
    await upsert_staff(pool, team_of(f"{team}-b"))
    begun = await begin(pool, f"coord-{team}")
    offered = await begun.tell(OfferHandover(id="offer", at=day(1), to=f"coord-{team}-b", answer_by=day(2)))
    told = await offered.tell(AnswerHandover(id="yes", at=day(1.5), accept=True))
    assert (await listings.transition(pool, told.journey.transition_id)).team == f"Team {team}-b"
    assert await tasks(pool, f"therapist-{team}-b", day(2), told.journey.transition_id) == {"therapy-talk"}


async def test_what_is_overdue_says_who_was_told(pool: "Pool[Record]", team: str) -> None:
    late = await (await begin(pool, f"coord-{team}")).until(day(30))
    rows = (await listings.overdue(pool, f"Team {team}")).rows
    assert {row.step for row in rows} == {"plan", "therapy-talk", "silence"}
    assert next(row.told for row in rows if row.step == "plan") == ["service"]
    everywhere, after = set[tuple[str, str]](), None
    while True:
        page = await listings.overdue(pool, limit=3, after=after)
        everywhere |= {(row.transition_id, row.step) for row in page.rows}
        if page.next is None:
            break
        after = page.next
    assert everywhere >= {(late.journey.transition_id, row.step) for row in rows}


async def test_a_caseload_goes_page_by_page(pool: "Pool[Record]", team: str) -> None:
    ids = [(await begin(pool, f"coord-{team}")).journey.transition_id for _ in range(5)]
    done = await begin(pool, f"coord-{team}")
    await done.tell(Exit(id="died", at=day(1), exit="died", by=Actor(role=Role.TEAM_LEAD)))
    found: list[str] = []
    after = None
    while True:
        page = await listings.people_of(pool, f"coord-{team}", limit=2, after=after)
        found += [row.id for row in page.rows]
        if page.next is None:
            break
        after = page.next
    assert sorted(found) == sorted(ids)


async def test_a_caseload_pages_past_people_without_a_deadline(pool: "Pool[Record]", team: str) -> None:
    for _ in range(3):
        begun = await begin(pool, f"coord-{team}")
        await pool.execute("UPDATE transitions SET next_due = NULL WHERE id = $1", UUID(begun.journey.transition_id))
    first = await listings.people_of(pool, f"coord-{team}", limit=1)
    second = await listings.people_of(pool, f"coord-{team}", limit=2, after=first.next)
    assert len({row.id for row in first.rows + second.rows}) == 3
    assert second.next is None


async def test_a_transition_is_found_by_id_prefix_and_local_id(pool: "Pool[Record]", team: str) -> None:
    person = somebody()
    begun = await begin(pool, f"coord-{team}", person=person)
    one = begun.journey.transition_id
    for which in (one, one[:13], one[:13].upper(), person.local_id):
        view = await listings.transition(pool, which)
        assert (view.id, view.local_id, view.journey) == (one, person.local_id, begun.journey)
    assert [row.id for row in await listings.find(pool, person.local_id)] == [one]


@pytest.mark.parametrize("which", ["abc", "zzzz", "", "ffffffff-ffff-ffff-ffff-ffffffffffff", "AL99999"])
async def test_a_transition_that_is_not_there_is_said_so(pool: "Pool[Record]", which: str) -> None:
    with pytest.raises(RecordsError, match="No such transition") as refused:
        await listings.transition(pool, which)
    assert refused.value.kind == "not-found"


async def test_a_beginning_that_several_share_is_refused(pool: "Pool[Record]", team: str) -> None:
    one = UUID((await begin(pool, f"coord-{team}")).journey.transition_id)
    twin = UUID(int=one.int ^ 1)
    await pool.execute(
        "INSERT INTO transitions (id, person_id, pathway, started, taken_on, team, division) "
        "SELECT $2, person_id, 'another-pathway', started, taken_on, team, division FROM transitions WHERE id = $1",
        one,
        twin,
    )
    with pytest.raises(RecordsError, match="More than one") as refused:
        await listings.transition(pool, str(one)[:20])
    assert refused.value.kind == "conflict"
    assert (await listings.transition(pool, str(twin))).journey is None


async def test_a_history_is_told_from_the_beginning_in_pages(pool: "Pool[Record]", team: str) -> None:
    begun = await begin(pool, f"coord-{team}")
    done = await begun.tell(complete("plan", day(1), by=Actor(staff=f"coord-{team}")))
    first = await listings.history(pool, done.journey.transition_id, limit=3)
    rest = await listings.history(pool, done.journey.transition_id, after=first.next)
    told = first.rows + rest.rows
    assert told[0].event == "started"
    assert (told[-1].event, told[-1].title, told[-1].staff) == ("completed", "Write the plan", f"coord-{team}")
    assert [(row.revision, row.seq) for row in told] == sorted((row.revision, row.seq) for row in told)
    assert told[-1].payload["late"] is False


async def test_attempts_and_escalations_are_listed(pool: "Pool[Record]", team: str) -> None:
    begun = await begin(pool, f"coord-{team}")
    missed = complete(
        "therapy-talk", day(1), attendance=Attendance.DID_NOT_ATTEND, mechanism=Mechanism.TELEPHONE,
        by=Actor(role=Role.THERAPIST),
    )  # fmt: skip
    late = await (await begun.tell(missed)).until(day(6))
    (attempt,) = await listings.attempts(pool, late.journey.transition_id)
    assert (attempt.step, attempt.attendance, attempt.by_role) == ("therapy-talk", "3", "therapist")
    rungs = await listings.escalations(pool, late.journey.transition_id)
    assert ("plan", 1) in {(rung.step, rung.rung) for rung in rungs}


async def test_an_inbox_has_the_latest_first_and_operations_see_the_unheard(pool: "Pool[Record]", team: str) -> None:
    late = await (await begin(pool, f"coord-{team}")).until(day(6))
    first = await listings.inbox(pool, f"coord-{team}", limit=1)
    rest = await listings.inbox(pool, f"coord-{team}", after=first.next)
    told = first.rows + rest.rows
    assert {row.transition_id for row in told} == {late.journey.transition_id}
    assert [row.created_at for row in told] == sorted((row.created_at for row in told), reverse=True)
    await pool.execute(
        "INSERT INTO notices (transition_id, revision, kind, recipient, roles, text, created_at) "
        "VALUES ($1, 1, 'escalation', NULL, '{therapist}', 'Nobody holds the role', $2)",
        UUID(late.journey.transition_id),
        day(7),
    )
    unheard = [row for row in (await listings.inbox(pool, "ops")).rows if row.recipient is None]
    assert late.journey.transition_id in {row.transition_id for row in unheard}
    assert all(row.recipient for row in (await listings.inbox(pool, "duty")).rows)


async def test_the_service_at_a_glance(pool: "Pool[Record]", team: str) -> None:
    before = await listings.counts(pool)
    await (await begin(pool, f"coord-{team}")).until(day(6))
    after = await listings.counts(pool)
    assert (after.open - before.open, after.overdue - before.overdue) == (1, 1)
    assert after.overdue_steps - before.overdue_steps == 2


async def test_a_listing_refuses_strangers_and_made_up_places(pool: "Pool[Record]", team: str) -> None:
    with pytest.raises(UnknownStaff, match="staff list"):
        await listings.tasks_for(pool, "nobody", T0)
    with pytest.raises(UnknownStaff):
        await listings.inbox(pool, "nobody")
    with pytest.raises(RecordsError, match="no place in a listing"):
        await listings.overdue(pool, after="made up")
