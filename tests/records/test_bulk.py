"""One thing for many in the records: kept once, each with its turn and one outcome, stopped, gone on with and left."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from asyncpg import Pool, Record
from asyncpg.exceptions import PostgresError

from planner import many
from planner.policy import MAY, Action
from planner.refused import Refused
from records import access, bulk, definitions, foretold
from records.bulk import Asked
from records.database import connected
from records.errors import RecordsError
from records.staff import staff, upsert_staff
from schemas.bulk import AcknowledgeMany, AnswerMany, AnyMany, Became, MoveMany, OfferMany, OneOfMany
from schemas.codes import Role
from schemas.command import Acknowledge, Actor, OfferHandover, RecordMilestone
from schemas.pathway import Pathway
from tests.records.journeys import MANAGERS, PATHWAY, Recorder, begin, day, member, team_of

ACKNOWLEDGE = AcknowledgeMany(until=day(9), reason="on our way")


@pytest.fixture
async def team(pool: "Pool[Record]") -> str:
    """A team, another one, and those above them."""
    await upsert_staff(pool, [*team_of("A"), *team_of("B"), *MANAGERS, member("peer-A", Role.PEER_WORKER, "Team A")])
    return "A"


async def late(pool: "Pool[Record]", coordinator: str = "coord-A") -> Recorder:
    """Somebody whose steps are late, and of whom others were told."""
    begun = await begin(pool, coordinator)
    out = RecordMilestone(id="out", at=day(1), milestone="discharged", by=Actor(role=Role.COORDINATOR))
    return await (await begun.tell(out)).until(day(8))


async def kept(pool: "Pool[Record]", said: AnyMany, items: list[Asked], by: str = "coord-A") -> str:
    bulk_id = str(uuid4())
    await bulk.keep(pool, bulk_id, by, said, day(8), items)
    return bulk_id


def of(one: Recorder, step: str | None = None, why: str | None = None) -> Asked:
    return Asked(one.journey.transition_id, one.journey.transition_id, step, why)


async def test_it_is_kept_once_and_has_its_turns_in_order(pool: "Pool[Record]", team: str) -> None:
    people = [await begin(pool, "coord-A") for _ in range(3)]
    said = AnswerMany(accept=True)
    bulk_id = await kept(pool, said, [of(one) for one in people])
    await bulk.keep(pool, bulk_id, "coord-B", said, day(9), [])
    found = await bulk.action(pool, bulk_id)
    assert (found.staff, found.name, found.said, found.all) == ("coord-A", "Coord-A", said, 3)
    turn = await bulk.turn(pool, bulk_id, 2, day(8))
    assert [one.number for one in turn.items] == [1, 2]
    assert not any(one.late for one in turn.items)
    assert await bulk.take(pool, turn.items[0]) is not None
    turn = await bulk.turn(pool, bulk_id, 3, day(8))  # the first did not answer: it comes last
    assert [(one.number, one.late) for one in turn.items] == [(2, False), (3, False), (1, True)]
    for one in turn.items:
        await bulk.done(pool, one)
    assert await bulk.take(pool, turn.items[0]) is None
    assert (await bulk.turn(pool, bulk_id, 3, day(8))).ended
    assert (await bulk.action(pool, bulk_id)).ended_at == day(8)
    assert await bulk.under_way(pool) == []


async def test_what_was_stopped_waits_and_what_is_left_says_so(pool: "Pool[Record]", team: str) -> None:
    people = [await begin(pool, "coord-A") for _ in range(2)]
    bulk_id = await kept(pool, AnswerMany(accept=True), [of(one) for one in people])
    first, second = (await bulk.turn(pool, bulk_id, 2, day(8))).items
    await bulk.leave(pool, bulk_id, "not yet")  # it is under way: nothing is left
    assert (await bulk.action(pool, bulk_id)).left == 0
    assert await bulk.take(pool, first) is not None
    await bulk.stop(pool, bulk_id, "lead-A", day(8))
    assert (await bulk.turn(pool, bulk_id, 2, day(8))).stopped
    assert await bulk.take(pool, second) is None
    await bulk.leave(pool, bulk_id, "not wanted")
    await bulk.done(pool, first)  # it was under way when it was left
    assert [(one.became, one.why) for one in (await bulk.items(pool, bulk_id)).rows] == [
        (Became.DONE, None), (Became.LEFT, "not wanted"),
    ]  # fmt: skip
    assert (await bulk.turn(pool, bulk_id, 2, day(8))).ended
    await bulk.go_on(pool, bulk_id)
    assert (await bulk.action(pool, bulk_id)).stopped_by == "Lead-A"  # what is over stays as it was


async def test_an_outcome_stays(pool: "Pool[Record]", team: str) -> None:
    person = await begin(pool, "coord-A")
    bulk_id = await kept(pool, AnswerMany(accept=True), [of(person)])
    (one,) = (await bulk.turn(pool, bulk_id, 1, day(8))).items
    await bulk.refused(pool, one, "Nothing is offered.")
    await bulk.done(pool, one)
    assert [row.why for row in (await bulk.items(pool, bulk_id)).rows] == ["Nothing is offered."]
    for change in ("UPDATE bulk_items SET became = 'done', why = NULL", "DELETE FROM bulk_items"):
        with pytest.raises(PostgresError):
            await pool.execute(change)


async def test_nobody_is_nobody_and_comes_in_pages(pool: "Pool[Record]", team: str) -> None:
    person = await late(pool)
    items = [Asked("nonsense", None, None, many.NOT_SEEN), of(person, "follow-up"), of(person, "plan")]
    bulk_id = await kept(pool, ACKNOWLEDGE, items)
    first = await bulk.items(pool, bulk_id, limit=2)
    assert [(one.asked, one.transition_id, one.name, one.why) for one in first.rows] == [
        ("nonsense", None, "", many.NOT_SEEN), (of(person).id, of(person).id, "Ada Test", None),
    ]  # fmt: skip
    second = await bulk.items(pool, bulk_id, after=first.next)
    assert [(one.number, one.title) for one in second.rows] == [(3, "Write the plan")]
    assert len((await bulk.items(pool, bulk_id, Became.TO_DO)).rows) == 2
    assert [one.number for one in (await bulk.turn(pool, bulk_id, 5, day(8))).items] == [2, 3]
    with pytest.raises(RecordsError):
        await bulk.action(pool, str(uuid4()))


async def test_the_many_who_run_by_a_definition_are_those_who_do_now(pool: "Pool[Record]", team: str) -> None:
    people = [await begin(pool, "coord-A") for _ in range(3)]
    said = MoveMany(definition=PATHWAY.digest, was=PATHWAY.digest)
    for most, count in ((2, 2), (None, 3)):
        bulk_id = str(uuid4())
        await bulk.keep_move(pool, bulk_id, "ops", said, day(1), PATHWAY.digest, most)
        rows = (await bulk.items(pool, bulk_id)).rows
        assert len(rows) == count
        assert {one.transition_id for one in rows} <= {one.journey.transition_id for one in people}
    assert [one.id for one in await bulk.moves(pool)] == [one.id for one in await bulk.actions_of(pool, "ops")]
    (version,) = [one for one in await definitions.versions(pool) if one.digest == PATHWAY.digest]
    assert (version.id, version.running) == ("small-pathway", 3)


async def test_what_it_would_mean_and_who_would_hear(pool: "Pool[Record]", team: str) -> None:
    person, stranger, fine = await late(pool), await late(pool, "coord-B"), await begin(pool, "coord-A")
    by = await staff(pool, "lead-A")
    items = [
        of(person, "follow-up"), of(person, "nothing"), of(stranger, "follow-up"), Asked("x", None),
        of(fine, None, many.NOTHING_LATE),
    ]  # fmt: skip
    told = await foretold.foretell(pool, by, ACKNOWLEDGE, items, day(8))
    assert [one.refused for one in told] == [
        None, "There is no step nothing here.", many.NOT_SEEN, many.NOT_SEEN, many.NOTHING_LATE,
    ]  # fmt: skip
    assert told[2].view is None
    assert set(told[0].hear) == {"coord-A", "safety"}
    by_hand = Acknowledge(
        id="real", at=day(8), step="follow-up", until=day(9), by=Actor(role=Role.TEAM_LEAD, staff="lead-A")
    )
    await person.tell(by_hand)
    heard = await pool.fetch("SELECT recipient FROM notices WHERE kind = 'word' AND transition_id = $1", _id(person))
    assert {row["recipient"] for row in heard} == set(told[0].hear)  # exactly those whom it really tells


def _id(one: Recorder) -> UUID:
    return UUID(one.journey.transition_id)


async def test_an_offer_by_a_lead_is_heard_by_whoever_coordinates(pool: "Pool[Record]", team: str) -> None:
    person = await begin(pool, "coord-A")
    said = OfferMany(to="other-A", answer_by=day(3), reason="a change of teams")
    told = await foretold.foretell(pool, await staff(pool, "lead-A"), said, [of(person)], day(1))
    assert set(told[0].hear) == {"other-A", "coord-A"}
    offer = OfferHandover(
        id="o", at=day(1), to="other-A", answer_by=day(3), by=Actor(role=Role.TEAM_LEAD, staff="lead-A")
    )
    await person.tell(offer)
    told_of = "SELECT recipient, kind, text FROM notices WHERE transition_id = $1 AND kind <> 'reminder' ORDER BY kind"
    rows = await pool.fetch(told_of, _id(person))
    assert [(row["recipient"], row["kind"]) for row in rows] == [("other-A", "handover"), ("coord-A", "word")]
    assert "was offered to somebody else" in rows[1]["text"]


async def test_a_move_is_foretold_without_a_name_and_says_why_not(pool: "Pool[Record]", team: str) -> None:
    person = await late(pool)
    later = PATHWAY.model_dump(mode="json", by_alias=True, exclude_none=True) | {"version": 2}
    later["steps"][3]["due"] = {"after": "discharged", "months": 7}
    (found,) = (await foretold.running(pool, PATHWAY.digest)).rows
    change = foretold.moved(found, PATHWAY, Pathway.model_validate(later), "ops", day(9)).change
    assert change is not None
    assert [move.step for move in change.moves] == ["review"]
    gone: dict[str, Any] = later | {"version": 3}
    gone["milestones"] = [gone["milestones"][0], {"id": "left", "name": "Left"}]
    for step in gone["steps"]:
        step["due"] |= {"after": "started"}
    told = foretold.moved(found, PATHWAY, Pathway.model_validate(gone), "ops", day(9))
    assert told.refused == "The new definition lacks milestones that have happened: discharged."
    assert (told.id, told.change) == (person.journey.transition_id, None)
    assert "Test" not in told.model_dump_json()
    with pytest.raises(RecordsError):
        await foretold.rules(pool, "f" * 64)
    async with connected(pool) as link:
        await definitions.keep(link, PATHWAY.canonical)
    assert (await foretold.rules(pool, PATHWAY.digest)).digest == PATHWAY.digest


async def test_the_whole_of_a_person_is_seen_by_those_who_care_for_them(pool: "Pool[Record]", team: str) -> None:
    person = await begin(pool, "coord-A")
    ids = [person.journey.transition_id, str(uuid4())]
    seen = {
        who: set(await access.whole(pool, who, role, where, ids, day(1)))
        for who, role, where in [
            ("coord-A", Role.COORDINATOR, "Team A"), ("coord-B", Role.COORDINATOR, "Team B"),
            ("peer-A", Role.PEER_WORKER, "Team A"), ("ops", Role.OPERATIONS, None),
        ]
    }  # fmt: skip
    assert seen == {"coord-A": {ids[0]}, "coord-B": set(), "peer-A": set(), "ops": set()}


def test_whom_it_takes_to_ask_for_it() -> None:
    move, answer = MoveMany(definition="a", was="b"), AnswerMany(accept=True)
    assert many.needs(move) is Action.DEFINITIONS
    assert {many.needs(one) for one in (answer, ACKNOWLEDGE)} == {Action.BULK}
    assert MAY[Action.DEFINITIONS] == {Role.OPERATIONS}
    assert not MAY[Action.BULK] & {Role.PEER_WORKER, Role.PEER_LEAD, Role.OPERATIONS, Role.PRIVACY_OFFICER}
    by = Actor(staff="coord-A")
    with pytest.raises(Refused):
        many.command(ACKNOWLEDGE, "c", day(1), by, None, "")
    sent = many.command(ACKNOWLEDGE, "c", day(1), by, "plan", "")
    assert sent == Acknowledge(id="c", at=day(1), by=by, step="plan", until=day(9), reason="on our way")
    assert OneOfMany(bulk_id="b", number=1, transition_id="t").late is False
