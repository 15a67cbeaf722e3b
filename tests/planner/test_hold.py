"""On hold: what stops, what does not, and what moves by the length of the hold."""

from typing import Any

from schemas.journey import State
from tests.planner.story import SEEN, Story, a_pathway, a_step

LETTER = a_step("letter", due={"after": "started", "days": 7})
CALL = a_step("call", kind="contact", ladder="safety", due={"after": "started", "hours": 48})
MEETING = a_step("meeting", kind="meeting", due={"before": "discharged", "days": 5})
WEEKLY = {"every": {"days": 7}, "from": {"after": "started"}, "times": 4}


def held(*steps: dict[str, Any], since: str, until: str, **start: Any) -> Story:
    """A journey started on Tuesday 1 September that is put on hold and resumed."""
    story = Story(a_pathway(*steps), "2026-09-01 10:00", **start).do(since, "hold", reason="Abroad with the family")
    return story.do(until, "resume")


def test_what_falls_due_during_a_hold_does_not_and_moves_by_its_length() -> None:
    story = held(LETTER, since="2026-09-07 10:00", until="2026-09-17 10:00")
    assert (story.state("letter"), story.due("letter")) == (State.OPEN, "end of 2026-09-18")
    assert story.times("missed") == []
    assert (story.times("held"), story.times("resumed")) == (["2026-09-07 10:00"], ["2026-09-17 10:00"])
    assert story.until("2026-12-01 00:00").rungs("letter")[0] == (1, "2026-09-21 09:00")


def test_the_safety_ladder_never_stops() -> None:
    story = Story(a_pathway(CALL, LETTER), "2026-09-01 10:00").do("2026-09-02 10:00", "hold", reason="Abroad")
    story.until("2026-09-30 00:00")
    assert story.rungs("call") == [(1, "2026-09-03 10:00"), (2, "2026-09-03 14:00"), (3, "2026-09-04 10:00")]
    assert story.times("reminded") == ["2026-09-02 22:00"]
    story.do("2026-10-01 10:00", "resume")
    assert story.due("call") == "2026-09-03 10:00"


def test_a_missed_step_moves_with_the_hold_and_tells_nobody_again_of_what_they_were_told() -> None:
    story = held(LETTER, since="2026-09-09 10:00", until="2026-09-19 10:00")
    assert (story.state("letter"), story.due("letter")) == (State.MISSED, "end of 2026-09-18")
    story.until("2026-12-01 00:00")
    assert story.rungs("letter") == [(1, "2026-09-09 09:00"), (2, "2026-09-23 09:00"), (3, "2026-09-25 09:00")]


def test_what_has_no_date_or_is_done_does_not_move() -> None:
    story = Story(a_pathway(LETTER, MEETING, CALL), "2026-09-01 10:00").do(
        "2026-09-02 10:00", "complete", step="letter"
    )
    story.do("2026-09-02 11:00", "complete", step="call", **SEEN)
    story.do("2026-09-03 10:00", "hold", reason="Abroad").do("2026-09-13 10:00", "resume")
    story.do("2026-09-14 10:00", "expect", expected={"discharged": "2026-10-12 12:00"})
    assert story.due("meeting") == "end of 2026-10-07"
    assert story.due("letter") == "end of 2026-09-08"


def test_a_series_moves_as_one() -> None:
    review = a_step("review", kind="review", series=WEEKLY)
    story = held(review, since="2026-09-10 10:00", until="2026-09-20 10:00").until("2026-12-01 00:00")
    dues = [story.due(f"review#{number}") for number in (1, 2, 3, 4)]
    assert dues == ["end of 2026-09-18", "end of 2026-09-25", "end of 2026-10-02", "end of 2026-10-09"]
    assert story.state("review#5") is None


def test_nothing_of_a_series_opens_during_a_hold_and_nothing_floods_after_it() -> None:
    chat = a_step("chat", kind="peer-contact", owner="peer-worker", ladder="gentle", series=WEEKLY)
    start = {"facts": {"peer_support": "accepted"}}
    story = held(chat, since="2026-09-10 10:00", until="2026-10-10 10:00", **start)
    assert story.times("opened") == ["2026-09-01 10:00", "end of 2026-09-08"]
    assert (story.state("chat#2"), story.due("chat#2")) == (State.OPEN, "end of 2026-10-15")


def test_a_series_whose_anchor_comes_during_a_hold_opens_when_it_is_over_whatever_is_said_meanwhile() -> None:
    series = {"every": {"days": 7}, "from": {"after": "started", "days": 7}, "times": 2}
    story = Story(a_pathway(a_step("review", kind="review", series=series)), "2026-09-01 10:00")
    story.do("2026-09-02 10:00", "hold", reason="Abroad")
    story.do("2026-09-20 10:00", "expect", expected={"discharged": "2026-10-12 12:00"})
    assert story.times("opened") == []
    story.do("2026-09-22 10:00", "resume")
    assert (story.times("opened"), story.due("review#1")) == (["2026-09-22 10:00"], "end of 2026-10-05")


def test_a_date_set_by_hand_moves_with_the_hold_too() -> None:
    story = Story(a_pathway(LETTER), "2026-09-01 10:00")
    story.do("2026-09-02 10:00", "set-due", step="letter", due="2026-09-10 12:00", reason="Later")
    story.do("2026-09-03 10:00", "hold", reason="Abroad").do("2026-09-13 10:00", "resume")
    assert story.due("letter") == "2026-09-20 12:00"


def test_a_risk_review_on_the_standard_ladder_waits_and_one_on_the_safety_ladder_does_not() -> None:
    talk = a_step("talk", kind="contact", due={"after": "started", "days": 7})
    story = Story(a_pathway(CALL, talk), "2026-09-01 10:00")
    for step in ("call", "talk"):
        story.do("2026-09-01 12:00", "complete", step=step, attendance="3", mechanism="02")
    story.do("2026-09-01 13:00", "hold", reason="Abroad").do("2026-09-11 13:00", "resume")
    assert story.state("risk-review:call#1") is State.MISSED
    assert (story.state("risk-review:talk#1"), story.due("risk-review:talk#1")) == (State.OPEN, "end of 2026-09-12")


def test_an_expected_date_may_move_during_a_hold() -> None:
    story = Story(a_pathway(MEETING), "2026-09-01 10:00", expected={"discharged": "2026-09-20 12:00"})
    story.do("2026-09-10 10:00", "hold", reason="Abroad")
    story.do("2026-09-17 10:00", "expect", expected={"discharged": "2026-10-20 12:00"}).until("2026-09-30 10:00")
    assert (story.state("meeting"), story.due("meeting"), story.all("missed")) == (State.OPEN, "end of 2026-10-15", [])


def test_the_length_of_a_hold_is_exact() -> None:
    story = held(LETTER, since="2026-09-07 10:00", until="2026-09-07 13:30")
    assert story.due("letter") == "2026-09-09 03:30"


def test_a_reminder_that_falls_into_a_hold_comes_after_it() -> None:
    story = held(LETTER, since="2026-09-03 10:00", until="2026-09-08 10:00").until("2026-09-13 00:00")
    assert story.times("reminded") == ["2026-09-10 09:00"]  # due at the end of Sunday the 13th


def test_silence_goes_on_during_a_hold() -> None:
    story = Story(a_pathway(LETTER, silence={"days": 21}), "2026-09-01 10:00").do(
        "2026-09-02 10:00", "hold", reason="Abroad"
    )
    assert story.until("2026-10-20 00:00").times("silence") == ["2026-09-22 10:00"]
    assert [rung for rung, _ in story.rungs("silence")] == [1, 2, 3]


def test_a_hold_needs_a_reason_and_happens_once() -> None:
    story = Story(a_pathway(LETTER), "2026-09-01 10:00")
    assert story.refused("2026-09-02 10:00", "resume").kind == "conflict"
    assert story.refused("2026-09-02 10:00", "hold").kind == "invalid"
    story.do("2026-09-02 10:00", "hold", reason="Abroad")
    assert story.refused("2026-09-03 10:00", "hold", reason="Again").kind == "conflict"
