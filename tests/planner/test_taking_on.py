"""Taking on a caseload: transitions that started before Alongside knew of them."""

from typing import Any

from schemas.journey import State
from tests.planner.story import INPATIENT, SEEN, WAITING, Story, shown


def taken_on(at: str, pathway: str = INPATIENT, **start: Any) -> Story:
    """Somebody who started on Tuesday 1 September and is taken on later."""
    return Story(pathway, at, started="2026-09-01 10:00", **start)


def test_what_passed_before_is_cancelled_and_alerts_nobody() -> None:
    story = taken_on("2026-11-16 09:00", facts={"peer_support": "accepted"})
    gone = {event.step: event.reason for event in story.all("cancelled")}
    early = ("named-coordinator", "discharge-plan", "peer-introduction", "baseline-measures")
    assert gone == dict.fromkeys(early, "before-alongside")
    assert story.all("missed") == story.all("escalated") == story.all("reminded") == []


def test_what_lies_ahead_is_open_and_due_as_if_it_had_always_been_followed() -> None:
    story = taken_on("2026-09-04 09:00", milestones={}, expected={"discharged": "2026-10-12 12:00"})
    assert story.state("named-coordinator") is State.CANCELLED
    assert (story.state("discharge-plan"), story.due("discharge-plan")) == (State.OPEN, "end of 2026-09-04")
    assert story.due("crisis-plan") == "end of 2026-10-05"


def test_a_safety_step_due_within_the_seven_days_before_comes_in_late() -> None:
    story = taken_on("2026-11-16 09:00", milestones={"discharged": "2026-11-10 12:00"}, facts={"suicide_risk": True})
    assert {event.step for event in story.all("missed")} == {"care-plan-sent", "follow-up-48h", "follow-up-72h"}
    assert story.rungs("follow-up-72h") == [(3, "2026-11-16 09:00")]
    assert len(story.all("escalated")) == 3


def test_a_safety_step_due_longer_ago_does_not() -> None:
    story = taken_on("2026-11-16 09:00", milestones={"discharged": "2026-11-07 12:00"}, facts={"suicide_risk": True})
    gone = {event.step: event.reason for event in story.all("cancelled")}
    assert gone["care-plan-sent"] == "before-alongside"  # due on the 8th at noon: seven days and more before
    assert {event.step for event in story.all("missed")} == {"follow-up-48h", "follow-up-72h"}


def test_occurrences_that_lie_behind_are_before_alongside_too() -> None:
    story = taken_on(
        "2026-11-16 09:00", WAITING, milestones={"assessment": "2026-09-14 10:00"}, facts={"peer_support": "accepted"}
    )
    gone = {event.step: event.reason for event in story.all("cancelled")}
    assert gone["waiting-contact#1"] == gone["waiting-contact#2"] == "before-alongside"
    assert (story.state("waiting-contact#3"), story.due("waiting-contact#3")) == (State.OPEN, "end of 2026-12-07")


def test_silence_counts_from_the_moment_of_taking_on() -> None:
    story = taken_on("2026-11-16 09:00", milestones={"discharged": "2026-10-01 12:00"})
    assert story.until("2026-12-31 00:00").times("silence") == ["2026-12-07 09:00"]


def test_silence_counts_from_the_last_contact_where_the_caseload_names_one() -> None:
    milestones = {"discharged": "2026-10-01 12:00"}
    story = taken_on("2026-11-16 09:00", milestones=milestones, last_contact="2026-11-10 15:00")
    assert story.until("2026-12-31 00:00").times("silence") == ["2026-12-01 15:00"]


def test_silence_never_counts_from_before_its_anchor() -> None:
    milestones = {"discharged": "2026-11-14 12:00"}
    story = taken_on("2026-11-16 09:00", milestones=milestones, last_contact="2026-11-10 15:00")
    assert story.journey.silence is not None
    assert shown(story.journey.silence.due) == "2026-12-05 12:00"


def test_a_step_from_before_may_still_be_recorded_as_done() -> None:
    story = taken_on("2026-11-16 09:00")
    story.do("2026-11-16 10:00", "complete", step="named-coordinator", by="team-lead", done_at="2026-09-02 10:00")
    assert [(event.step, event.late) for event in story.all("completed")] == [("named-coordinator", False)]


def test_taken_on_at_its_start_is_no_taking_on() -> None:
    story = Story(INPATIENT, "2026-09-01 10:00", started="2026-09-01 10:00")
    assert story.all("cancelled") == []
    assert story.state("named-coordinator") is State.OPEN


def test_a_milestone_recorded_after_taking_on_comes_in_late_as_everywhere() -> None:
    story = taken_on("2026-11-16 09:00", facts={"suicide_risk": True})
    story.do("2026-11-17 09:00", "milestone", milestone="discharged", occurred_at="2026-11-02 12:00")
    assert {event.step for event in story.all("missed")} >= {"follow-up-72h", "gp-summary"}
    story.do("2026-11-17 10:00", "complete", step="follow-up-72h", done_at="2026-11-03 10:00", **SEEN)
    assert story.state("follow-up-72h") is State.DONE
