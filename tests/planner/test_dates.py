"""When steps are planned, open, missed and moved: `pathways.md`, "How time is counted", the list below the table."""

from schemas.journey import State
from tests.planner.story import INPATIENT, SEEN, Story, a_pathway, a_step, end_of, london, shown

AFTER_START = a_step("plan", due={"after": "started", "working_days": 3})
BEFORE = a_step("meeting", kind="meeting", due={"before": "discharged", "working_days": 10})
AFTER = a_step("letter", due={"after": "discharged", "days": 7})
PEER = a_step("talk", kind="peer-contact", owner="peer-worker", ladder="gentle", due=BEFORE["due"])
SAFETY = a_step("call", kind="contact", ladder="safety", due={"after": "discharged", "hours": 48})
ACCEPTED = {"peer_support": "accepted"}


def test_steps_open_when_their_date_becomes_known() -> None:
    story = Story(a_pathway(AFTER_START, BEFORE, AFTER), "2026-09-01 10:00")
    assert [story.state(step) for step in ("plan", "meeting", "letter")] == [State.OPEN, State.PLANNED, State.PLANNED]
    story.do("2026-09-02 10:00", "expect", expected={"discharged": "2026-10-01 12:00"})
    assert (story.state("meeting"), story.state("letter")) == (State.OPEN, State.PLANNED)
    story.do("2026-10-01 13:00", "milestone", milestone="discharged")
    assert story.state("letter") is State.OPEN
    assert story.times("opened") == ["2026-09-01 10:00", "2026-09-02 10:00", "2026-10-01 13:00"]


def test_a_planned_step_has_no_date_and_cannot_be_reported() -> None:
    story = Story(a_pathway(AFTER), "2026-09-01 10:00")
    assert story.due("letter") is None
    assert story.refused("2026-09-01 11:00", "complete", step="letter").kind == "conflict"


def test_a_missed_step_stays_until_it_is_done_and_is_then_done_late() -> None:
    story = Story(a_pathway(AFTER_START), "2026-09-01 10:00").until("2026-12-01 10:00")
    assert story.state("plan") is State.MISSED
    story.do("2026-12-01 11:00", "complete", step="plan")
    assert story.state("plan") is State.DONE
    assert [event.late for event in story.all("completed")] == [True]


def test_done_in_time_is_not_late_though_it_is_reported_late() -> None:
    story = Story(a_pathway(AFTER_START), "2026-09-01 10:00")
    story.do("2026-09-10 10:00", "complete", step="plan", done_at="2026-09-04 16:00")
    assert [event.late for event in story.all("completed")] == [False]
    assert (story.step("plan").done_on, story.step("plan").ended) == (
        london("2026-09-04 16:00"),
        london("2026-09-10 10:00"),
    )


def test_a_step_falls_due_at_its_very_instant() -> None:
    story = Story(a_pathway(AFTER_START), "2026-09-01 10:00").until("2026-09-04 23:59")
    assert story.state("plan") is State.OPEN
    assert story.until("2026-09-05 00:00").state("plan") is State.MISSED
    assert [event.at for event in story.all("missed")] == [end_of("2026-09-04")]


def test_plus_rules_count_from_what_happened_and_never_from_what_was_expected() -> None:
    story = Story(a_pathway(AFTER), "2026-09-01 10:00", expected={"discharged": "2026-10-01 12:00"})
    assert story.due("letter") is None
    story.do("2026-10-05 12:00", "milestone", milestone="discharged")
    assert story.due("letter") == "end of 2026-10-12"


def test_minus_rules_are_due_at_the_earlier_of_expected_and_actual() -> None:
    early = Story(a_pathway(BEFORE), "2026-09-01 10:00", expected={"discharged": "2026-11-02 12:00"})
    assert early.due("meeting") == "end of 2026-10-19"
    early.do("2026-10-12 12:00", "milestone", milestone="discharged")
    assert early.due("meeting") == "end of 2026-09-28"
    late = Story(a_pathway(BEFORE), "2026-09-01 10:00", expected={"discharged": "2026-10-12 12:00"})
    late.do("2026-11-02 12:00", "milestone", milestone="discharged")
    assert late.due("meeting") == "end of 2026-09-28"


def test_an_expected_date_moves_every_unfinished_step_on_it_and_no_other() -> None:
    steps = (
        BEFORE,
        a_step("crisis", due={"before": "discharged", "days": 5}),
        a_step("old", due=BEFORE["due"]),
        AFTER_START,
    )
    story = Story(a_pathway(*steps), "2026-09-01 10:00", expected={"discharged": "2026-10-12 12:00"})
    story.do("2026-09-02 10:00", "complete", step="old")
    events = len(story.events)
    story.do("2026-09-03 10:00", "expect", expected={"discharged": "2026-10-13 12:00"})
    moved = [(event.step, shown(event.due)) for event in story.events[events:] if event.event == "due"]
    assert moved == [("meeting", "end of 2026-09-29"), ("crisis", "end of 2026-10-08")]
    assert story.due("old") == "end of 2026-09-28"


def test_a_missed_step_whose_new_due_is_ahead_opens_again_and_its_escalation_stands_down() -> None:
    story = Story(a_pathway(BEFORE), "2026-09-01 10:00", expected={"discharged": "2026-10-12 12:00"})
    story.do("2026-09-30 10:00", "expect", expected={"discharged": "2026-11-12 12:00"})
    assert story.state("meeting") is State.OPEN
    assert story.times("reopened") == story.times("stood-down") == ["2026-09-30 10:00"]
    assert story.rungs("meeting") == [(1, "2026-09-29 09:00")]
    story.until("2026-12-01 10:00")
    assert story.due("meeting") == "end of 2026-10-29"
    assert [rung for rung, _ in story.rungs("meeting")] == [1, 1, 2, 3]


def test_nothing_stands_down_that_nobody_was_told_of() -> None:
    story = Story(a_pathway(BEFORE), "2026-09-01 10:00", expected={"discharged": "2026-10-12 12:00"})
    story.do("2026-09-29 08:00", "expect", expected={"discharged": "2026-11-12 12:00"})
    assert story.times("missed") == ["end of 2026-09-28"]
    assert (story.times("reopened"), story.times("stood-down")) == (["2026-09-29 08:00"], [])


def test_a_cleared_date_leaves_the_step_waiting_and_nobody_is_told() -> None:
    story = Story(a_pathway(BEFORE), "2026-09-01 10:00", expected={"discharged": "2026-10-12 12:00"})
    story.do("2026-09-29 10:00", "expect", expected={"discharged": None})
    assert (story.state("meeting"), story.due("meeting")) == (State.PLANNED, None)
    assert story.times("stood-down") == ["2026-09-29 10:00"]
    story.until("2027-03-01 10:00")
    assert story.rungs("meeting") == [(1, "2026-09-29 09:00")]


def test_a_milestone_corrected_moves_what_hangs_on_it() -> None:
    story = Story(a_pathway(AFTER, SAFETY), "2026-09-01 10:00")
    story.do("2026-10-01 12:00", "milestone", milestone="discharged")
    story.do("2026-10-02 12:00", "milestone", milestone="discharged", occurred_at="2026-09-30 18:00")
    assert (story.due("letter"), story.due("call")) == ("end of 2026-10-07", "2026-10-02 18:00")


def test_a_milestone_recorded_late_makes_steps_come_in_late() -> None:
    story = Story(a_pathway(AFTER, SAFETY), "2026-09-01 10:00")
    story.do("2026-10-16 12:00", "milestone", milestone="discharged", occurred_at="2026-10-01 12:00")
    assert story.times("missed") == ["2026-10-16 12:00"] * 2
    assert story.rungs("letter") == [(3, "2026-10-16 12:00")]  # 8 October and five working days: 15 October
    assert story.rungs("call") == [(3, "2026-10-16 12:00")]
    assert story.until("2027-01-01 00:00").rungs("letter") == [(3, "2026-10-16 12:00")]


def test_coming_in_late_tells_only_the_rung_reached_and_the_next_one_in_its_time() -> None:
    story = Story(a_pathway(AFTER), "2026-09-01 10:00")
    story.do("2026-10-13 12:00", "milestone", milestone="discharged", occurred_at="2026-10-01 12:00")
    story.until("2026-11-01 00:00")
    assert story.rungs("letter") == [(2, "2026-10-13 12:00"), (3, "2026-10-15 09:00")]


def test_coming_in_late_before_the_first_rung_tells_nobody_yet() -> None:
    story = Story(a_pathway(AFTER), "2026-09-01 10:00")
    story.do("2026-10-09 08:00", "milestone", milestone="discharged", occurred_at="2026-10-01 12:00")
    assert (story.state("letter"), story.rungs("letter")) == (State.MISSED, [])
    assert story.until("2026-10-09 09:00").rungs("letter") == [(1, "2026-10-09 09:00")]


def test_a_step_moved_while_it_stays_overdue_is_missed_anew_and_tells_its_rung_once() -> None:
    story = Story(a_pathway(BEFORE), "2026-09-01 10:00", expected={"discharged": "2026-10-12 12:00"})
    story.do("2026-10-01 10:00", "expect", expected={"discharged": "2026-10-09 12:00"})
    assert story.due("meeting") == "end of 2026-09-25"
    assert story.rungs("meeting") == [
        (1, "2026-09-29 09:00"),
        (2, "2026-10-01 09:00"),
        (2, "2026-10-01 10:00"),
    ]
    assert story.state("meeting") is State.MISSED


def test_peer_steps_never_come_in_late() -> None:
    story = Story(a_pathway(PEER, BEFORE), "2026-09-01 10:00", facts=ACCEPTED)
    story.do("2026-09-02 10:00", "expect", expected={"discharged": "2026-09-10 12:00"})
    assert [(event.step, event.reason) for event in story.all("cancelled")] == [("talk", "passed")]
    assert story.state("meeting") is State.MISSED
    assert story.all("opened", "talk") == story.all("escalated", "talk") == []


def test_a_peer_step_that_passed_is_asked_for_again_when_its_date_lies_ahead() -> None:
    story = Story(a_pathway(PEER), "2026-09-01 10:00", facts=ACCEPTED)
    story.do("2026-09-02 10:00", "expect", expected={"discharged": "2026-09-10 12:00"})
    story.do("2026-09-03 10:00", "expect", expected={"discharged": "2026-10-12 12:00"})
    assert (story.state("talk"), story.due("talk")) == (State.OPEN, "end of 2026-09-28")


def test_a_peer_step_asked_for_again_too_late_has_passed_and_may_still_be_reported() -> None:
    story = Story(a_pathway(PEER), "2026-09-01 10:00", facts=ACCEPTED, expected={"discharged": "2026-09-21 12:00"})
    assert story.due("talk") == "end of 2026-09-07"
    story.do("2026-09-02 10:00", "facts", facts={"peer_support": "declined"})
    story.do("2026-09-10 10:00", "facts", facts=ACCEPTED)
    reasons = [event.reason for event in story.all("cancelled")]
    assert (story.state("talk"), reasons) == (State.CANCELLED, ["peer-support-declined", "passed"])
    story.do("2026-09-11 10:00", "complete", step="talk", by="peer-worker", done_at="2026-09-02 09:00", **SEEN)
    assert story.state("talk") is State.DONE


def test_an_expected_date_away_and_back_is_as_before_and_tells_nobody_twice() -> None:
    story = Story(a_pathway(BEFORE), "2026-09-01 10:00", expected={"discharged": "2026-10-12 12:00"})
    story.do("2026-09-30 10:00", "expect", expected={"discharged": "2026-11-12 12:00"})
    story.do("2026-09-30 11:00", "expect", expected={"discharged": "2026-10-12 12:00"})
    assert (story.state("meeting"), story.due("meeting")) == (State.MISSED, "end of 2026-09-28")
    assert story.rungs("meeting") == [(1, "2026-09-29 09:00")]
    assert story.until("2026-10-01 09:00").rungs("meeting") == [(1, "2026-09-29 09:00"), (2, "2026-10-01 09:00")]


def test_a_date_set_by_hand_is_kept_when_its_milestone_moves_and_shown_as_such() -> None:
    story = Story(a_pathway(BEFORE), "2026-09-01 10:00", expected={"discharged": "2026-10-12 12:00"})
    story.do("2026-09-02 10:00", "set-due", step="meeting", due="2026-09-20 12:00", reason="The family can only then")
    story.do("2026-09-03 10:00", "expect", expected={"discharged": "2026-11-12 12:00"})
    assert story.due("meeting") == "2026-09-20 12:00"
    assert [event.by_hand for event in story.all("due") if event.by_hand] == [True]
    story.do("2026-09-04 10:00", "set-due", step="meeting", due=None)
    assert story.due("meeting") == "end of 2026-10-29"


def test_a_date_that_goes_back_to_a_rule_which_says_the_same_is_told_of() -> None:
    story = Story(a_pathway(BEFORE), "2026-09-01 10:00", expected={"discharged": "2026-10-12 12:00"})
    story.do("2026-09-02 10:00", "set-due", step="meeting", due="2026-10-06 00:00", reason="The family can only then")
    story.do("2026-09-03 10:00", "expect", expected={"discharged": "2026-10-19 12:00"})
    story.do("2026-09-04 10:00", "set-due", step="meeting", due=None)
    assert [shown(event.at) for event in story.all("due") if event.step == "meeting"][-1] == "2026-09-04 10:00"
    story.do("2026-09-05 10:00", "expect", expected={"discharged": "2026-10-20 12:00"})
    assert story.due("meeting") == "end of 2026-10-06"


def test_a_contact_reported_later_than_it_took_place_is_in_time() -> None:
    story = Story(INPATIENT, "2026-09-01 10:00", facts={"suicide_risk": True})
    story.do("2026-09-07 12:00", "milestone", milestone="discharged")
    story.do(
        "2026-09-10 12:00", "complete", step="follow-up-48h", by="community-team", done_at="2026-09-08 10:00", **SEEN
    )
    assert [(event.late, shown(event.contact_at)) for event in story.all("completed")] == [(False, "2026-09-08 10:00")]
