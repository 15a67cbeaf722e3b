"""Peer support arranged for many people at once, on a real database: nobody is in two places, and nobody is lost."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import asyncpg
import pytest

from planner import journey as planner
from planner import peers
from planner.workforce.hours import A_WEEK, free_minutes, week_of
from records import errors, roster
from records.arranging import arrange
from records.commit import commit
from records.people import register
from records.staff import upsert_staff
from schemas.arranging import Arranging
from schemas.codes import Division, Role
from schemas.command import AnyCommand, AssignPeerWorker, BookContact, Start, StepBack, Wish
from schemas.commit import Arranged, Commit
from schemas.journey import Journey
from schemas.pathway import Pathway
from schemas.staff import StaffMember
from schemas.workforce import Peers
from tests.keys import RING
from tests.records.journeys import T0, said, somebody
from workers.client import Pool, open_pool

TEAM = "Team of four"
PEOPLE = 200
AT_ONCE = 24
PATHWAY = Pathway.model_validate(
    {
        "id": "company",
        "title": "Somebody comes along",
        "milestones": [{"id": "started", "name": "Started"}],
        "facts": {"peer_support": {"type": "choice", "values": ["accepted", "declined"], "default": "accepted"}},
        "silence": {"days": 300, "after": "started"},
        "ladders": {
            "gentle": {"reminder": {"working_days": 1}, "rungs": [{"working_days": 3, "to": ["owner"]}]},
            "standard": {"reminder": {"working_days": 1}, "rungs": [{"working_days": 3, "to": ["owner"]}]},
            "safety": {"reminder": {"hours": 12}, "rungs": [{"hours": 0, "to": ["owner"]}]},
        },
        "exits": [{"id": "left", "title": "Left"}],
        "steps": [
            {
                "id": name,
                "title": f"The {name} contact",
                "kind": "peer-contact",
                "owner": "peer-worker",
                "due": {"after": "started", "weeks": weeks},
                "ladder": "gentle",
            }
            for name, weeks in {"first": 2, "second": 5, "last": 30}.items()
        ],
    }
)
WORKERS = {
    "p-1": (37.5, "mon-fri 09:00-16:30"),
    "p-2": (37.5, "mon-fri 09:00-16:30"),
    "p-3": (15, "mon-tue 09:00-16:30"),
    "p-4": (4, "tue 10:00-14:00"),
}


@pytest.fixture
async def many(database_url: str) -> AsyncIterator[Pool]:
    """A pool of as many connections as ask at once, and the four workers in the records."""
    opened = await open_pool(database_url, RING, size=AT_ONCE)
    members = [
        StaffMember(id=staff, name=staff, role=Role.PEER_WORKER, team=TEAM, hours_per_week=hours, works=works)
        for staff, (hours, works) in WORKERS.items()
    ]
    await upsert_staff(opened, members)
    try:
        yield opened
    finally:
        opened.terminate()


async def begin(pool: Pool) -> Journey:
    """Register somebody, and record the start of their journey."""
    transition_id = await register(
        pool, somebody(), pathway=PATHWAY.id, started=T0, taken_on=T0, coordinator=None, team=TEAM
    )
    command = Start(id="start", transition_id=transition_id, at=T0)
    journey, events = planner.start(PATHWAY, command)
    await commit(
        pool,
        Commit(journey=journey, events=events, at=T0, said=said(command), definition=PATHWAY.canonical),
        email=False,
    )
    return journey


async def begin_many(pool: Pool, count: int = PEOPLE) -> list[Journey]:
    return await asyncio.gather(*(begin(pool) for _ in range(count)))


async def ask(pool: Pool, journey: Journey, command: AnyCommand | None = None, at: datetime = T0) -> Arranged:
    """Ask for a journey's peer support to be arranged, as the workflow does."""
    asked = Arranging(transition_id=journey.transition_id, revision=journey.revision, at=at, command=command)
    return await arrange(pool, asked, email=False)


async def recorded(pool: Pool) -> list[Journey]:
    """Every journey as the records have it."""
    rows = await pool.fetch("SELECT readable(id, journey) AS journey FROM transitions ORDER BY id")
    return [Journey.model_validate_json(row["journey"]) for row in rows]


async def all_rows(pool: Pool) -> dict[str, list[Any]]:
    """Everything that arranging writes."""
    return {
        table: [tuple(row) for row in await pool.fetch(f"SELECT * FROM {table} ORDER BY 1, 2, 3")]
        for table in ("bookings", "assignments", "peer_queue", "events", "commits", "steps")
    }


class Kept(NamedTuple):
    """What was kept of everybody: how many have a worker, how many wait, and how many contacts have a time or none."""

    with_worker: int
    waiting: int
    booked: int
    unplaced: int


async def holds(pool: Pool) -> Kept:
    """The promises that hold of the records at every moment, and the figures."""
    await _nobody_is_in_two_places(pool)
    await _no_hours_are_overrun(pool)
    journeys = await recorded(pool)
    for journey in journeys:
        await _rows_agree(pool, journey)
    states = [journey.peers or Peers() for journey in journeys]
    return Kept(
        with_worker=sum(state.worker is not None for state in states),
        waiting=sum(state.waiting_since is not None for state in states),
        booked=sum(len(state.booked) for state in states),
        unplaced=sum(one.why is not None for state in states for one in state.unplaced.values()),
    )


async def _nobody_is_in_two_places(pool: Pool) -> None:
    overlaps = await pool.fetchval(
        "SELECT count(*) FROM bookings a JOIN bookings b ON a.staff = b.staff AND a.id < b.id AND a.busy && b.busy "
        "WHERE a.status <> 'released' AND b.status <> 'released'"
    )
    assert overlaps == 0


async def _no_hours_are_overrun(pool: Pool) -> None:
    async with pool.acquire() as link:
        team = await roster.read(link, TEAM, T0, Division.ENGLAND_AND_WALES)
    assert set(team.workers) == set(WORKERS)
    for staff in team.workers:
        for number in range(40):
            assert free_minutes(team, staff, week_of(T0) + number * A_WEEK) >= 0


async def _rows_agree(pool: Pool, journey: Journey) -> None:
    """A journey's own word, and the rows that others read: the same, and nobody without an answer."""
    state, which = journey.peers or Peers(), UUID(journey.transition_id)
    bookings = await pool.fetch("SELECT * FROM bookings WHERE transition_id = $1 AND status = 'booked'", which)
    assert {
        (str(row["id"]), row["step"], row["staff"], row["starts"], row["ends"], row["place"]) for row in bookings
    } == {
        (one.id, step, staff, one.starts, one.ends, one.place)
        for step, one in state.booked.items()
        for staff in one.staff
    }
    goes = await pool.fetch("SELECT staff, joining FROM assignments WHERE transition_id = $1 AND ends IS NULL", which)
    assert {(row["staff"], row["joining"]) for row in goes} == {
        (staff, joining) for staff, joining in ((state.worker, False), (state.joining, True)) if staff is not None
    }
    since = await pool.fetchval("SELECT since FROM peer_queue WHERE transition_id = $1", which)
    assert since == state.waiting_since
    assert not peers.unsettled(journey)
    if state.worker is None:
        assert state.waiting_since is not None
    else:
        assert {step.id for step in peers.to_place(journey)} == set(state.booked) | set(state.unplaced)


def failures(answers: Sequence[object]) -> list[object]:
    return [one for one in answers if isinstance(one, BaseException)]


async def test_two_hundred_people_at_once_on_four_workers(many: Pool) -> None:
    journeys = await begin_many(many)
    answers = await asyncio.gather(*(ask(many, one) for one in journeys), return_exceptions=True)
    assert failures(answers) == []
    assert [one for one in answers if isinstance(one, Arranged) and one.refused] == []
    kept = await holds(many)
    assert kept.with_worker + kept.waiting == PEOPLE
    assert kept.with_worker > 0
    assert kept.waiting > 0
    assert kept.booked > 0
    assert kept.unplaced > 0

    # The same asked again: the records are ahead of it, and nothing is written.
    before = await all_rows(many)
    again = await asyncio.gather(*(ask(many, one) for one in journeys), return_exceptions=True)
    assert {type(one) for one in again} == {errors.Ahead}
    # And asked from where the records stand, there is nothing to do.
    settled = await asyncio.gather(*(ask(many, one) for one in await recorded(many)))
    assert {(one.journey, one.refused) for one in settled} == {(None, None)}
    assert await all_rows(many) == before


async def test_two_hundred_commands_at_once_move_bookings_without_an_overlap(many: Pool) -> None:
    journeys = await begin_many(many)
    await asyncio.gather(*(ask(many, one) for one in journeys))
    standing = await recorded(many)
    later = T0 + timedelta(days=1)
    commands = [
        BookContact(id=f"move-{number}", at=later, step="second", not_before=T0 + timedelta(days=3 + number % 20))
        for number in range(PEOPLE)
    ]
    asking = [ask(many, one, command, later) for one, command in zip(standing, commands, strict=True)]
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert failures(answers) == []
    outcomes = {answer.refused for answer in answers if isinstance(answer, Arranged)}
    assert None in outcomes
    assert outcomes <= {None, "conflict"}
    await holds(many)
    for journey, command, answer in zip(standing, commands, answers, strict=True):
        assert isinstance(answer, Arranged)
        found = await many.fetchval(
            "SELECT count(*) FROM commits WHERE transition_id = $1 AND command_id = $2",
            UUID(journey.transition_id), command.id,
        )  # fmt: skip
        assert found == (answer.refused is None)


async def test_people_who_leave_and_people_who_come_at_once(many: Pool) -> None:
    """Workers step back from some people while others ask: everybody still has an answer, and the rows agree."""
    first = await begin_many(many, 60)
    await asyncio.gather(*(ask(many, one) for one in first))
    standing, more = await recorded(many), await begin_many(many, 60)
    later = T0 + timedelta(hours=1)
    leaving = [
        ask(many, one, StepBack(id="back", at=later, staff=one.peers.worker), later)
        for one in standing
        if one.peers is not None and one.peers.worker is not None
    ]
    answers = await asyncio.gather(*leaving, *(ask(many, one, None, later) for one in more), return_exceptions=True)
    assert failures(answers) == []
    assert [one for one in answers if isinstance(one, Arranged) and one.refused] == []
    kept = await holds(many)
    assert kept.with_worker > len(leaving)


async def test_a_command_that_is_repeated_answers_with_its_receipt(many: Pool) -> None:
    journey = await begin(many)
    await ask(many, journey)
    (standing,) = await recorded(many)
    command = BookContact(id="move", at=T0, step="first", not_before=T0 + timedelta(days=7))
    moved = await ask(many, standing, command)
    assert moved.journey is not None
    before = await all_rows(many)
    for revision in (standing, moved.journey):
        with pytest.raises(errors.Ahead) as found:
            await ask(many, revision, command)
        assert found.value.receipt is not None
        assert found.value.receipt.revision == moved.journey.revision
    assert await all_rows(many) == before


async def test_a_command_that_finds_nobody_is_recorded_all_the_same(many: Pool) -> None:
    """Whoever asked was told that it is recorded; sent again, it must not find somebody by then."""
    standing = await begin(many)
    for number, staff in enumerate(WORKERS):
        answer = await ask(many, standing, Wish(id=f"no-{number}", at=T0, not_with=staff))
        assert answer.journey is not None
        standing = answer.journey
    command = AssignPeerWorker(id="again", at=T0)
    taken = await ask(many, standing, command)
    assert taken.journey is not None
    assert (taken.events, taken.journey.revision) == ([], standing.revision + 1)
    assert await many.fetchval("SELECT revision FROM commits WHERE command_id = 'again'") == taken.journey.revision
    for revision in (standing, taken.journey):
        with pytest.raises(errors.Ahead) as found:
            await ask(many, revision, command)
        assert found.value.receipt is not None
        assert found.value.receipt.revision == taken.journey.revision


async def test_why_somebody_goes_is_kept_with_a_sentence_for_everybody(many: Pool) -> None:
    journey = await begin(many)
    await ask(many, journey)
    row = await many.fetchrow(
        "SELECT staff, readable(transition_id, why) AS why, readable(transition_id, considered) AS considered "
        "FROM assignments"
    )
    assert row is not None
    sentences = {one["staff"]: one for one in json.loads(row["considered"])}
    assert set(sentences) == set(WORKERS)
    assert all(one["why"].endswith(".") for one in sentences.values())
    assert sentences[row["staff"]]["could"]
    assert row["why"] == f"{row['staff']} {sentences[row['staff']]['why']}"


async def test_whoever_waits_has_a_sentence_for_everybody_too(many: Pool) -> None:
    journey = await begin(many)
    standing = journey
    for number, staff in enumerate(WORKERS):
        answer = await ask(many, standing, Wish(id=f"no-{number}", at=T0, not_with=staff))
        assert answer.journey is not None
        standing = answer.journey
    row = await many.fetchrow(
        "SELECT team, urgency, since, readable(transition_id, considered) AS considered FROM peer_queue"
    )
    assert row is not None
    assert (row["team"], row["urgency"], row["since"]) == (TEAM, 0, T0)
    assert {(one["staff"], one["why"]) for one in json.loads(row["considered"])} == {
        (staff, "does not go with this person.") for staff in WORKERS
    }
    assert await many.fetchval("SELECT count(*) FROM bookings WHERE status = 'booked'") == 0
    assert (await holds(many)).waiting == 1


async def test_two_bookings_of_one_worker_never_overlap_whatever_program_writes(many: Pool) -> None:
    journey = await begin(many)
    insert = (
        "INSERT INTO bookings (id, transition_id, step, staff, starts, ends, busy, minutes, place, status, booked_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, tstzrange($5, $6), 60, 'ward', $7, $5)"
    )

    async def insert_at(step: str, hour: float, staff: str = "p-1", status: str = "booked") -> None:
        starts = T0 + timedelta(hours=hour)
        ends = starts + timedelta(hours=1)
        await many.execute(insert, uuid4(), UUID(journey.transition_id), step, staff, starts, ends, status)

    await insert_at("one", 0)
    await insert_at("two", 1)  # one ends as the other begins
    await insert_at("three", 0.5, staff="p-2")
    await insert_at("four", 0.5, status="released")
    for status in ("booked", "done", "not-seen"):
        with pytest.raises(asyncpg.ExclusionViolationError):
            await insert_at("five", 0.5, status=status)
