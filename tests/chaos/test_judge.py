"""The judge finds what is wrong, and nothing else: a verdict that could not be bad would say nothing."""

from datetime import UTC, datetime, timedelta

from schemas.command import Complete, Receipt
from tests.chaos import judge
from tests.chaos.judge import Promise
from tests.chaos.ledger import Answer, Entry
from tests.chaos.outages import Outage, Shadow, shadows, within

T0 = datetime(2026, 11, 28, 21, tzinfo=UTC)
SLACK = timedelta(seconds=30)
WAIT = timedelta(minutes=2)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def said(name: str, *answers: Answer, rivals: str | None = None) -> Entry:
    """A command, and what was answered."""
    return Entry("a", Complete(id=name, at=T0, step="discharge-plan"), "workflow", rivals, list(answers))


def receipt(revision: int, asked: float = 0, came: float = 1) -> Answer:
    return Answer(asked, came, receipt=Receipt(transition_id="a", revision=revision, at=T0))


def refusal(asked: float = 0, came: float = 1) -> Answer:
    return Answer(asked, came, refused="conflict: It is done already.")


NO_ANSWER = Answer(0, 1, unknown="ConnectionResetError")


def test_what_was_answered_is_what_is_recorded() -> None:
    entries = [said("done", NO_ANSWER, receipt(2), receipt(2, 5, 6)), said("not", NO_ANSWER, refusal())]
    assert judge.commands(entries, {("a", "done"): [2]}) == []


def test_an_accepted_command_stands_once() -> None:
    [lost] = judge.commands([said("done", receipt(2))], {})
    assert "accepted and is recorded 0 times" in lost
    [twice] = judge.commands([said("done", receipt(2))], {("a", "done"): [2, 3]})
    assert "accepted and is recorded 2 times" in twice
    [elsewhere] = judge.commands([said("done", receipt(2), receipt(3))], {("a", "done"): [2]})
    assert "its receipts say [2, 3]" in elsewhere


def test_a_refused_command_stands_nowhere() -> None:
    [recorded] = judge.commands([said("not", refusal())], {("a", "not"): [2]})
    assert "was refused and is recorded, at revision 2" in recorded


def test_what_was_never_answered_is_named() -> None:
    [open_] = judge.commands([said("done", NO_ANSWER, NO_ANSWER)], {("a", "done"): [2]})
    assert "said 2 times, and what became of it was never answered: ConnectionResetError" in open_


def test_what_nobody_said_is_named() -> None:
    assert judge.commands([], {("a", "chaos-1"): [2]}) == ["Command chaos-1 of a is recorded, and nobody said it."]


def test_who_was_told_that_it_is_recorded_is_not_told_otherwise_later() -> None:
    [later] = judge.commands([said("done", receipt(2, 0, 1), refusal(asked=2, came=3))], {("a", "done"): [2]})
    assert "accepted, said again, and refused then" in later
    at_once = said("done", receipt(2, 0, 2), refusal(asked=1, came=3))
    assert judge.commands([at_once], {("a", "done"): [2]}) == []


def test_of_two_who_decided_by_one_revision_one_is_done() -> None:
    both = [said(one, receipt(number), rivals="pair") for number, one in enumerate(("first", "second"), start=2)]
    commits = {("a", "first"): [2], ("a", "second"): [3]}
    assert judge.commands(both, commits) == ["first and second were decided by one revision, and each was done."]
    assert judge.commands([both[0], said("second", refusal(), rivals="pair")], {("a", "first"): [2]}) == []


def promise(due: float, recorded: float, made: float = 0) -> Promise:
    return Promise("a", "call", "missed", at(due), at(made), at(recorded))


def test_a_promise_is_late_by_no_more_than_the_outage() -> None:
    outage = shadows([Outage("PostgreSQL killed", at(100), at(140), of_records=False)], WAIT)
    assert judge.punctual([promise(10, 11), promise(99, 145), promise(110, 169)], outage, SLACK) == []
    [late] = judge.punctual([promise(110, 171)], outage, SLACK)
    assert "was 61.0 s late, and outages account for 30.0 s" in late
    [forgotten] = judge.punctual([promise(10, 41)], outage, SLACK)
    assert "was 31.0 s late, and outages account for 0.0 s" in forgotten


def test_what_was_promised_late_is_late_from_then_on() -> None:
    assert judge.punctual([promise(10, 60, made=50)], [], SLACK) == []
    assert len(judge.punctual([promise(10, 90, made=50)], [], SLACK)) == 1


def test_when_nothing_fell_due_nothing_is_proved() -> None:
    assert judge.punctual([], [], SLACK) == ["No promise fell due, so nothing is known of how late they are."]


def test_what_is_there_twice_is_named() -> None:
    assert judge.once("The notice", ["a", "b", "a"]) == ["The notice a is there 2 times."]


def test_after_an_outage_of_the_records_the_next_try_may_be_as_late_again() -> None:
    assert shadows([Outage("full", at(0), at(40))], WAIT) == [Shadow(at(0), at(80))]
    assert shadows([Outage("full", at(0), at(500))], WAIT) == [Shadow(at(0), at(620))]
    assert shadows([Outage("worker killed", at(0), at(40), of_records=False)], WAIT) == [Shadow(at(0), at(40))]
    assert shadows([Outage("web app killed", at(0), at(40), holds_up=False)], WAIT) == []


def test_an_outage_before_the_next_try_prolongs_the_one_before() -> None:
    two = [Outage("cut", at(60), at(70)), Outage("full", at(0), at(40))]
    assert shadows(two, WAIT) == [Shadow(at(0), at(140))]
    apart = [Outage("full", at(0), at(40)), Outage("cut", at(81), at(85))]
    assert shadows(apart, WAIT) == [Shadow(at(0), at(80)), Shadow(at(81), at(89))]


def test_only_what_lies_in_the_shadow_is_excused() -> None:
    shadow = [Shadow(at(0), at(10)), Shadow(at(20), at(30))]
    assert within(shadow, at(5), at(25)) == timedelta(seconds=10)
    assert within(shadow, at(11), at(19)) == timedelta(0)
