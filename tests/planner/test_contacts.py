"""Reporting contacts: what completes a step, what is an attempt, and what follows of somebody not seen."""

import pytest

from schemas.event import Kind
from schemas.journey import State
from tests.planner.story import CAMHS, INPATIENT, NOT_SEEN, SEEN, WAITING, Story, a_pathway, a_step, shown

CALL = a_step("call", kind="contact", owner="community-team", due={"after": "started", "days": 7})


def discharged(**start: object) -> Story:
    """Somebody discharged on Monday 7 September at noon."""
    return Story(INPATIENT, "2026-09-01 10:00", **start).do("2026-09-07 12:00", "milestone", milestone="discharged")


@pytest.mark.parametrize("attendance", ["5", "6"])
def test_seen_completes(attendance: str) -> None:
    story = Story(a_pathway(CALL), "2026-09-01 10:00")
    story.do("2026-09-02 10:00", "complete", step="call", attendance=attendance, mechanism="01")
    assert story.state("call") is State.DONE
    told = story.all("completed")[0]
    assert (told.attendance, told.mechanism, told.late) == (attendance, "01", False)


@pytest.mark.parametrize(("attendance", "reviewed"), [("2", False), ("3", True), ("4", False), ("7", True)])
def test_not_seen_is_an_attempt_and_the_step_stays_open(attendance: str, reviewed: bool) -> None:
    story = Story(a_pathway(CALL), "2026-09-01 10:00")
    story.do("2026-09-02 10:00", "complete", step="call", attendance=attendance, mechanism="02")
    assert (story.state("call"), story.step("call").attempts) == (State.OPEN, 1)
    assert [event.attendance for event in story.all("attempted")] == [attendance]
    assert (story.state("risk-review:call#1") is State.OPEN) is reviewed


@pytest.mark.parametrize("said", [{}, {"attendance": "5"}, {"mechanism": "01"}])
def test_a_contact_needs_an_attendance_status_and_a_mechanism(said: dict[str, str]) -> None:
    story = Story(a_pathway(CALL), "2026-09-01 10:00")
    assert story.refused("2026-09-02 10:00", "complete", step="call", **said).kind == "invalid"


def test_what_is_no_contact_needs_neither() -> None:
    story = Story(INPATIENT, "2026-09-01 10:00")
    assert story.refused("2026-09-02 10:00", "complete", step="discharge-plan", **SEEN).kind == "invalid"
    assert story.do("2026-09-02 10:00", "complete", step="discharge-plan").state("discharge-plan") is State.DONE


def test_a_missed_contact_on_the_safety_ladder_is_reviewed_within_four_hours() -> None:
    story = discharged().do("2026-09-08 11:30", "complete", step="follow-up-72h", by="community-team", **NOT_SEEN)
    review = story.step("risk-review:follow-up-72h#1")
    assert (shown(review.due), review.ladder, review.owner) == ("2026-09-08 15:30", "safety", "coordinator")


def test_the_four_hours_count_from_when_it_was_recorded() -> None:
    said = {"step": "follow-up-72h", "by": "community-team", "done_at": "2026-09-08 11:30"}
    story = discharged().do("2026-09-08 17:00", "complete", **said, **NOT_SEEN)
    assert story.due("risk-review:follow-up-72h#1") == "2026-09-08 21:00"


def test_any_other_missed_contact_is_reviewed_within_a_working_day() -> None:
    story = Story(a_pathway(CALL), "2026-09-01 10:00").do("2026-09-04 10:00", "complete", step="call", **NOT_SEEN)
    review = story.step("risk-review:call#1")
    assert (shown(review.due), review.ladder) == ("end of 2026-09-07", "standard")


def test_each_missed_contact_has_a_review_of_its_own_and_only_those_are_counted() -> None:
    story = Story(a_pathway(CALL), "2026-09-01 10:00")
    for day, attendance in ((2, "3"), (3, "2"), (4, "7")):
        story.do(f"2026-09-0{day} 10:00", "complete", step="call", attendance=attendance, mechanism="02")
    assert [event.step for event in story.all("opened")] == ["call", "risk-review:call#1", "risk-review:call#2"]


def test_nothing_is_closed_by_a_count_of_missed_appointments() -> None:
    story = Story(a_pathway(CALL), "2026-09-01 10:00")
    for hour in range(10, 22):
        story.do(f"2026-09-02 {hour}:00", "complete", step="call", **NOT_SEEN)
    assert (story.state("call"), story.step("call").attempts, story.journey.closed) == (State.OPEN, 12, None)


@pytest.mark.parametrize(
    ("born", "at", "words"),
    [
        ("2008-10-20", "2026-10-19 12:00", "was-not-brought"),
        ("2008-10-20", "2026-10-20 12:00", "did-not-attend"),
        (None, "2026-10-19 12:00", "did-not-attend"),
    ],
)
def test_somebody_under_18_was_not_brought(born: str | None, at: str, words: str) -> None:
    story = Story(a_pathway(CALL), "2026-10-15 10:00", born=born).do(at, "complete", step="call", **NOT_SEEN)
    assert story.all("attempted")[0].reason == words
    assert ("not brought" in story.step("risk-review:call#1").title) is (words == "was-not-brought")


@pytest.mark.parametrize(
    ("at", "mechanism", "satisfies"),
    [
        ("2026-09-07 23:50", "02", False),  # the day of discharge never counts
        ("2026-09-08 00:10", "02", True),
        ("2026-09-08 10:00", "01", True),
        ("2026-09-09 10:00", "04", True),
        ("2026-09-10 23:50", "11", True),
        ("2026-09-08 10:00", "05", False),
        ("2026-09-08 10:00", "09", False),
        ("2026-09-08 10:00", "98", False),
    ],
)
def test_which_contacts_satisfy_the_72_hour_follow_up(at: str, mechanism: str, satisfies: bool) -> None:
    said = {"step": "follow-up-72h", "by": "community-team", "attendance": "5", "mechanism": mechanism}
    story = discharged().do(at, "complete", **said)
    assert (story.state("follow-up-72h") is State.DONE) is satisfies
    assert len(story.all("completed" if satisfies else "attempted", "follow-up-72h")) == 1
    assert story.state("risk-review:follow-up-72h#1") is None


def test_a_72_hour_follow_up_after_the_third_day_is_late_but_done() -> None:
    story = discharged().do("2026-09-12 10:00", "complete", step="follow-up-72h", by="community-team", **SEEN)
    assert [event.late for event in story.all("completed", "follow-up-72h")] == [True]


@pytest.mark.parametrize(
    ("at", "state"),
    [("2026-09-07 20:00", State.CANCELLED), ("2026-09-08 01:00", State.DONE), ("2026-09-10 20:00", State.DONE)],
)
def test_a_readmission_on_one_of_the_three_days_satisfies_it(at: str, state: State) -> None:
    story = discharged().do(at, "milestone", milestone="readmitted")
    assert story.state("follow-up-72h") is state
    assert story.journey.closed is not None
    assert story.journey.closed.exit == "readmitted"


def test_a_corrected_discharge_may_make_a_contact_count_or_not_count() -> None:
    story = discharged().do("2026-09-07 16:00", "complete", step="follow-up-72h", by="community-team", **SEEN)
    assert story.state("follow-up-72h") is State.OPEN
    story.do("2026-09-07 17:00", "milestone", milestone="discharged", occurred_at="2026-09-06 20:00")
    assert story.state("follow-up-72h") is State.DONE
    story.do("2026-09-07 18:00", "milestone", milestone="discharged", occurred_at="2026-09-07 12:00")
    assert story.state("follow-up-72h") is State.OPEN


def test_a_peer_worker_cannot_report_a_clinical_follow_up() -> None:
    assert discharged().refused(
        "2026-09-08 10:00", "complete", step="follow-up-72h", by="peer-worker", **SEEN
    ).kind == ("not-allowed")


def test_a_peer_contact_does_not_satisfy_a_clinical_follow_up() -> None:
    story = discharged(facts={"peer_support": "accepted"})
    story.do("2026-09-08 10:00", "complete", step="weekly-peer-contact#1", by="peer-worker", **SEEN)
    assert story.state("follow-up-72h") is State.OPEN


@pytest.mark.parametrize("said", ["2026-09-09 12:00", "2026-08-31 12:00"])
def test_a_contact_lies_neither_in_the_future_nor_before_the_start(said: str) -> None:
    why = discharged().refused("2026-09-08 10:00", "complete", step="follow-up-72h", done_at=said, **SEEN)
    assert why.kind == "invalid"


def test_each_missed_first_adult_appointment_tells_the_named_worker() -> None:
    story = Story(CAMHS, "2026-01-12 09:00", born="2008-01-20", facts={"destination": "adult-mental-health:accepted"})
    story.do("2026-01-20 12:00", "milestone", milestone="transferred")
    said = {"step": "first-adult-appointment", "by": "adult-service"}
    waive = {"step": "first-adult-appointment", "by": "named-worker", "reason": "Seen elsewhere"}
    story.do("2026-02-02 12:00", "complete", **said, **NOT_SEEN)
    assert story.refused("2026-02-02 13:00", "waive", **waive).kind == "conflict"
    story.do("2026-02-09 12:00", "complete", **said, attendance="2", mechanism="01")
    assert [event.to for event in story.all("attempted")] == [["named-worker"]] * 2
    assert story.do("2026-02-09 13:00", "waive", **waive).state("first-adult-appointment") is State.WAIVED


def test_an_attended_assessment_records_the_milestone_at_the_time_attended() -> None:
    story = Story(WAITING, "2026-03-02 09:00", expected={"assessment": "2026-03-30 10:00"})
    said = {"step": "assessment-attended", "by": "therapist", "done_at": "2026-03-30 10:05"}
    story.do("2026-03-31 09:00", "complete", **said, **SEEN)
    told = [event.event for event in story.events]
    assert told.index(Kind.MILESTONE) == told.index(Kind.COMPLETED) + 1
    assert shown(story.journey.occurred["assessment"]) == "2026-03-30 10:05"
    assert story.due("baseline-measures") == "end of 2026-04-15"  # over Easter


@pytest.mark.parametrize("attendance", ["2", "3", "4", "7"])
@pytest.mark.parametrize(
    ("step", "milestone"), [("assessment-attended", "assessment"), ("therapy-start-attended", "therapy-started")]
)
def test_an_attempt_clears_the_expected_date_and_the_step_waits(step: str, milestone: str, attendance: str) -> None:
    story = Story(WAITING, "2026-03-02 09:00", expected={milestone: "2026-03-30 10:00"})
    story.do("2026-03-30 11:00", "complete", step=step, by="therapist", attendance=attendance, mechanism="01")
    assert (story.state(step), story.due(step), story.journey.expected) == (State.PLANNED, None, {})
    assert [(event.milestone, event.due) for event in story.all("expected")] == [(milestone, None)]
    assert (story.state(f"risk-review:{step}#1") is State.OPEN) is (attendance in "37")
    story.do("2026-04-01 09:00", "expect", expected={milestone: "2026-04-20 10:00"})
    assert (story.state(step), story.due(step)) == (State.OPEN, "end of 2026-04-20")
