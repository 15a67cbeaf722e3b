"""Each command is done once, or is refused and changes nothing."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio.client import Client

from planner.refused import Refused
from records import commit
from schemas.codes import Role
from schemas.command import Actor, AnyCommand, Complete, Exit, PutOnHold, Receipt, Resume, SetDue, Waive
from tests.durable.following import TEAM, Followed, Place, inpatient, now
from workers.client import Pool
from workers.transitions import differences, send, start_transition


async def test_starting_twice_is_starting_once(here: Place) -> None:
    person = await here.registered()
    starts = [
        start_transition(here.client, here.settings.task_queue, person.start, inpatient(), TEAM) for _ in range(3)
    ]
    receipts = await asyncio.gather(*starts)
    assert receipts == [Receipt(transition_id=person.id, revision=1, at=person.start.at)] * 3
    assert await person.commits() == [(1, "start")]


async def test_a_command_sent_twice_is_done_once_and_answers_the_same(here: Place) -> None:
    person = await here.take_on()
    command = Complete(id="done", at=now(), step="discharge-plan")
    first = await person.send(command)
    assert await person.send(command) == first
    assert await asyncio.gather(*(person.send(command) for _ in range(3))) == [first] * 3
    assert await person.commits() == [(1, "start"), (2, "done")]
    assert await differences(here.client, here.pool) == []


REFUSED: list[tuple[str, AnyCommand]] = [
    ("not-found", Complete(id="no", at=now(), step="no-such-step")),
    ("not-allowed", Complete(id="no", at=now(), step="discharge-plan", by=Actor(role=Role.PEER_WORKER))),
    ("invalid", SetDue(id="no", at=now(), step="discharge-plan", due=now() + timedelta(days=40_000), reason="later")),
    ("invalid", Waive(id="no", at=now(), step="discharge-plan")),
    ("conflict", Resume(id="no", at=now())),
]


@pytest.mark.parametrize(("kind", "command"), REFUSED, ids=[f"{kind}-{one.do}" for kind, one in REFUSED])
async def test_a_refused_command_changes_nothing(here: Place, kind: str, command: AnyCommand) -> None:
    person = await here.take_on()
    before = await person.history_length(), await person.records()
    with pytest.raises(Refused) as why:
        await person.send(command.model_copy(update={"at": now()}))
    assert why.value.kind == kind
    assert why.value.message.endswith(".")
    assert (await person.history_length(), await person.records()) == before


async def test_nobody_is_followed_who_is_not_in_the_records(here: Place) -> None:
    person = await here.registered()
    unknown = person.start.model_copy(update={"transition_id": str(uuid4())})
    with pytest.raises(Refused) as why:
        await start_transition(here.client, here.settings.task_queue, unknown, inpatient(), TEAM)
    assert why.value.kind == "not-found"
    assert "register it" in why.value.message


async def test_of_two_conflicting_commands_at_once_one_is_done(here: Place) -> None:
    person = await here.take_on()
    answers = await asyncio.gather(
        person.send(Complete(id="one", at=now(), step="discharge-plan")),
        person.send(Waive(id="other", at=now(), step="discharge-plan", reason="not needed here")),
        return_exceptions=True,
    )
    refusals = [answer for answer in answers if isinstance(answer, Refused)]
    assert [refusal.kind for refusal in refusals] == ["conflict"]
    assert len(await person.commits()) == 2


async def test_a_transition_that_nobody_knows_is_refused(temporal: Client, pool: Pool) -> None:
    with pytest.raises(Refused) as why:
        await send(temporal, str(uuid4()), PutOnHold(id="h", at=now(), reason="away"), pool)
    assert why.value.kind == "not-found"


async def test_after_the_end_the_last_command_answers_again_and_others_are_refused(here: Place) -> None:
    person = await here.take_on()
    last = Exit(id="end", at=now(), exit="died")
    receipt = await person.send(last)
    assert await person.handle.result() == "died"
    assert await person.send(last) == receipt
    with pytest.raises(Refused) as why:
        await person.send(Complete(id="late", at=now(), step="discharge-plan"))
    assert why.value.kind == "conflict"
    with pytest.raises(Refused) as why:
        await start_transition(here.client, here.settings.task_queue, person.start, inpatient(), TEAM)
    assert why.value.kind == "conflict"


async def test_what_reaches_a_transition_together_is_done_one_after_another(here: Place) -> None:
    person: Followed = await here.take_on()
    steps = ("discharge-plan", "named-coordinator", "baseline-measures")
    receipts = await asyncio.gather(*(person.send(Complete(id=step, at=now(), step=step)) for step in steps))
    assert sorted(receipt.revision for receipt in receipts) == [2, 3, 4]
    assert await differences(here.client, here.pool) == []


async def test_of_two_who_have_seen_the_same_one_is_told_that_it_changed(here: Place) -> None:
    person = await here.take_on()
    seen = 1
    first = Complete(id="one", at=now(), step="discharge-plan", if_revision=seen)
    other = PutOnHold(id="other", at=now(), reason="away for a week", if_revision=seen)
    answers = await asyncio.gather(person.send(first), person.send(other), return_exceptions=True)
    refusals = [answer for answer in answers if isinstance(answer, Refused)]
    assert [refusal.kind for refusal in refusals] == ["changed"]
    assert "read it again" in refusals[0].message
    assert len(await person.commits()) == 2
    done = first if isinstance(answers[0], Receipt) else other
    assert await person.send(done) == next(answer for answer in answers if isinstance(answer, Receipt))


async def test_what_was_recorded_answers_the_same_although_much_changed_since(here: Place) -> None:
    person = await here.take_on()
    command = Complete(id="done", at=now(), step="discharge-plan", if_revision=1)
    first = await person.send(command)
    await person.send(PutOnHold(id="hold", at=now(), reason="away for a week", if_revision=first.revision))
    assert await person.send(command) == first
    assert await commit.receipt(here.pool, person.id, "done") == first
