"""A commit is one transaction: done twice it is done once, out of order it is refused, and nothing recorded changes."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest
from asyncpg import Pool, Record

from planner.journey import decide
from records.commit import commit, receipt
from records.errors import Ahead, Gap, NotRegistered, UnknownDefinition
from records.rows import payload
from records.staff import upsert_staff
from schemas.codes import Attendance, Mechanism, Role
from schemas.command import Actor, Exit, RecordMilestone
from schemas.commit import Commit, Committed
from schemas.event import Event, Kind
from tests.records.journeys import MANAGERS, PATHWAY, T0, begin, complete, day, said, team_of

Rows = list[Record]


async def counted(pool: "Pool[Record]", transition_id: str) -> dict[str, int]:
    """How many rows each table has of a transition."""
    tables = ("events", "commits", "steps", "contacts", "escalations", "notices")
    return {
        table: await pool.fetchval(f"SELECT count(*) FROM {table} WHERE transition_id = $1", UUID(transition_id))
        for table in tables
    }


@pytest.fixture(autouse=True)
async def _staff(pool: "Pool[Record]") -> None:
    await upsert_staff(pool, [*team_of("one"), *MANAGERS])


async def test_the_first_commit_fills_the_registered_row_in(pool: "Pool[Record]") -> None:
    begun = await begin(pool, "coord-one")
    row = await pool.fetchrow("SELECT * FROM transitions WHERE id = $1", UUID(begun.journey.transition_id))
    assert row is not None
    assert (row["status"], row["stage"], row["revision"], row["team"]) == ("open", "started", 1, "Team one")
    assert row["next_due"] == begun.journey.steps["plan"].due
    steps = await pool.fetch("SELECT step, state, holder FROM steps WHERE transition_id = $1", row["id"])
    assert {(s["step"], s["state"], s["holder"]) for s in steps} >= {
        ("plan", "open", "coord-one"),
        ("therapy-talk", "open", None),
        ("follow-up", "planned", None),
        ("silence", "planned", "coord-one"),
    }


async def test_a_commit_again_changes_nothing_and_answers_the_same(pool: "Pool[Record]") -> None:
    late = await (await begin(pool, "coord-one")).until(day(12))
    assert late.committed.notices
    before = await counted(pool, late.journey.transition_id)
    assert await commit(pool, late.last, email=True) == late.committed
    assert await counted(pool, late.journey.transition_id) == before


async def test_the_same_commit_twice_at_once_is_done_once(pool: "Pool[Record]") -> None:
    begun = await begin(pool, "coord-one")
    command = complete("plan", day(1))
    journey, events = decide(PATHWAY, begun.journey, command)
    change = Commit(journey=journey, events=events, at=command.at, said=said(command))
    first, second = await asyncio.gather(*(commit(pool, change, email=True) for _ in range(2)))
    assert first == second
    assert (await counted(pool, journey.transition_id))["commits"] == 2


async def test_a_commit_that_travelled_as_json_is_the_same(pool: "Pool[Record]") -> None:
    begun = await begin(pool, "coord-one")
    done = await begun.tell(complete("plan", day(1)))
    travelled = Commit.model_validate_json(done.last.model_dump_json())
    assert await commit(pool, travelled, email=True) == done.committed
    payloads = await pool.fetch(
        "SELECT payload FROM events WHERE transition_id = $1 AND revision = 2 ORDER BY seq",
        UUID(done.journey.transition_id),
    )
    assert [row["payload"] for row in payloads] == [event.told() for event in done.last.events]


async def test_a_date_that_is_no_longer_known_is_told() -> None:
    event = Event(event=Kind.EXPECTED, at=T0, milestone="discharged", due=None)
    assert payload(Event.model_validate_json(event.model_dump_json())) == event.told()


async def test_of_two_commands_at_once_one_is_told_what_the_other_did(pool: "Pool[Record]") -> None:
    begun = await begin(pool, "coord-one")
    changes = []
    for name in ("first", "second"):
        command = complete("plan", day(1)).model_copy(update={"id": name})
        journey, events = decide(PATHWAY, begun.journey, command)
        changes.append(Commit(journey=journey, events=events, at=day(1), said=said(command)))
    answers = await asyncio.gather(*(commit(pool, c, email=False) for c in changes), return_exceptions=True)
    (ahead,) = [answer for answer in answers if isinstance(answer, Ahead)]
    assert sum(isinstance(answer, Committed) for answer in answers) == 1
    assert ahead.journey.revision == 2
    assert (await counted(pool, begun.journey.transition_id))["commits"] == 2


async def test_a_gap_is_refused(pool: "Pool[Record]") -> None:
    begun = await begin(pool, "coord-one")
    ahead = begun.journey.model_copy(update={"revision": 3})
    with pytest.raises(Gap, match="recorded up to revision 1, so revision 3"):
        await commit(pool, Commit(journey=ahead, events=[], at=T0), email=False)


async def test_an_unknown_transition_is_refused(pool: "Pool[Record]") -> None:
    begun = await begin(pool, "coord-one")
    for unknown in (str(uuid4()), "no-uuid"):
        stranger = begun.journey.model_copy(update={"transition_id": unknown})
        with pytest.raises(NotRegistered, match="register it"):
            await commit(pool, begun.last.model_copy(update={"journey": stranger}), email=False)


async def test_rules_never_given_are_refused(pool: "Pool[Record]") -> None:
    begun = await begin(pool, "coord-one")
    other = begun.journey.model_copy(update={"definition": "0" * 64, "revision": 2})
    with pytest.raises(UnknownDefinition, match="must carry the definition"):
        await commit(pool, Commit(journey=other, events=[], at=T0), email=False)


async def test_something_else_at_a_recorded_revision_is_told_what_is_recorded(pool: "Pool[Record]") -> None:
    begun = await begin(pool, "coord-one")
    done = await begun.tell(complete("plan", day(1)))
    command = RecordMilestone(id="other", at=day(1), milestone="discharged", by=Actor(role=Role.COORDINATOR))
    journey, events = decide(PATHWAY, begun.journey, command)
    with pytest.raises(Ahead) as ahead:
        await commit(pool, Commit(journey=journey, events=events, at=day(1), said=said(command)), email=False)
    assert ahead.value.journey == done.journey
    assert ahead.value.definition == PATHWAY.canonical
    assert ahead.value.receipt is None


async def test_a_command_recorded_at_another_revision_is_answered_with_its_receipt(pool: "Pool[Record]") -> None:
    begun = await begin(pool, "coord-one")
    done = await begun.tell(complete("plan", day(1)))
    again = done.last.model_copy(update={"journey": done.journey.model_copy(update={"revision": 3})})
    with pytest.raises(Ahead) as ahead:
        await commit(pool, again, email=False)
    assert ahead.value.receipt == await receipt(pool, done.journey.transition_id, done.last.said.id)  # type: ignore[union-attr]  # said by tell
    assert ahead.value.receipt is not None
    assert ahead.value.receipt.revision == 2
    assert await receipt(pool, done.journey.transition_id, "never-said") is None


@pytest.mark.parametrize("table", ["events", "commits"])
@pytest.mark.parametrize("change", ["UPDATE {} SET revision = revision", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_what_happened_is_only_added_to(pool: "Pool[Record]", table: str, change: str) -> None:
    await begin(pool, "coord-one")
    with pytest.raises(asyncpg.RestrictViolationError, match="only added to"):
        await pool.execute(change.format(table))


async def test_an_event_says_who_when_what_and_why(pool: "Pool[Record]") -> None:
    begun = await begin(pool, "coord-one")
    command = RecordMilestone(
        id="out",
        at=day(3),
        milestone="discharged",
        occurred_at=day(2),
        by=Actor(role=Role.COORDINATOR, staff="coord-one"),
        reason="told by the ward",
    )
    told = await begun.tell(command)
    row = await pool.fetchrow(
        "SELECT *, readable($1, reason) AS told FROM events WHERE transition_id = $1 AND event = 'milestone'",
        UUID(told.journey.transition_id),
    )
    assert row is not None
    assert (row["at"], row["said_at"]) == (day(3), day(3))
    assert (row["command_id"], row["command"], row["role"], row["staff"], row["told"]) == (
        "out", "milestone", "coordinator", "coord-one", "told by the ward",
    )  # fmt: skip
    assert row["recorded_at"] is not None


async def test_contacts_are_kept_once_with_who_tried(pool: "Pool[Record]") -> None:
    begun = await begin(pool, "coord-one")
    tried = (Attendance.DID_NOT_ATTEND, Attendance.CANCELLED_BY_PERSON, Attendance.ATTENDED)
    for number, attendance in enumerate(tried):
        begun = await begun.tell(
            complete(
                "therapy-talk",
                day(1 + number),
                attendance=attendance,
                mechanism=Mechanism.TELEPHONE,
                by=Actor(role=Role.THERAPIST, staff="therapist-one"),
            )
        )
    transition = UUID(begun.journey.transition_id)
    contacts = await pool.fetch("SELECT * FROM contacts WHERE transition_id = $1 ORDER BY number", transition)
    assert [(c["number"], c["attendance"], c["by_staff"]) for c in contacts] == [
        (1, "3", "therapist-one"), (2, "2", "therapist-one"), (3, "5", "therapist-one"),
    ]  # fmt: skip
    assert await pool.fetchval("SELECT count(*) FROM attempts WHERE transition_id = $1", transition) == 2
    assert "risk-review:therapy-talk#1" in begun.journey.steps


async def test_a_rung_is_recorded_once_for_one_due_instant(pool: "Pool[Record]") -> None:
    late = await (await begin(pool, "coord-one")).until(day(12))
    transition = UUID(late.journey.transition_id)
    fired = await pool.fetchrow("SELECT * FROM escalations WHERE transition_id = $1 AND step = 'plan'", transition)
    assert fired is not None
    again: tuple[object, ...] = (
        transition,
        fired["step"],
        fired["due"],
        fired["rung"],
        fired["at"],
        [],
        [],
        fired["revision"],
    )
    with pytest.raises(asyncpg.UniqueViolationError):
        await pool.execute("INSERT INTO escalations VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", *again)


async def test_a_death_withdraws_whatever_has_not_gone_out(pool: "Pool[Record]") -> None:
    late = await (await begin(pool, "coord-one")).until(day(12))
    transition = UUID(late.journey.transition_id)
    by = Actor(role=Role.TEAM_LEAD, staff="lead-one")
    dead = await late.tell(Exit(id="died", at=day(13), exit="died", by=by, reason="told by the family"))
    assert dead.committed.notices == []
    states = await pool.fetch("SELECT DISTINCT email FROM notices WHERE transition_id = $1", transition)
    assert [row["email"] for row in states] == ["withdrawn"]
    row = await pool.fetchrow("SELECT * FROM transitions WHERE id = $1", transition)
    assert row is not None
    assert (row["status"], row["exit"], row["closed_at"], row["overdue_count"]) == ("closed", "died", day(13), 0)
    assert (
        await pool.fetchval(
            "SELECT count(*) FROM steps WHERE transition_id = $1 AND state IN ('open', 'missed', 'planned')", transition
        )
        == 0
    )
