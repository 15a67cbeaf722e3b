"""Who is told, and when: `pathways.md`, "Steps, attempts and ladders"."""

import pytest

from schemas.journey import State
from schemas.pathway import Pathway
from tests.planner.story import CAMHS, INPATIENT, Story, a_pathway, a_step

WEEK = {"after": "started", "days": 7}
STANDARD = a_step("letter", due=WEEK)


def one(**rule: object) -> Pathway:
    """A pathway of one step, due at the end of Tuesday 8 September."""
    return a_pathway(STANDARD | rule)


@pytest.mark.parametrize(
    ("ladder", "reminder", "rungs"),
    [
        ("standard", "2026-09-04 09:00", [(1, "2026-09-09 09:00"), (2, "2026-09-11 09:00"), (3, "2026-09-15 09:00")]),
        ("gentle", "2026-09-07 09:00", [(1, "2026-09-10 09:00")]),
        ("safety", "2026-09-08 12:00", [(1, "2026-09-09 00:00"), (2, "2026-09-09 04:00"), (3, "2026-09-10 00:00")]),
    ],
)
def test_each_ladder_has_its_times(ladder: str, reminder: str, rungs: list[tuple[int, str]]) -> None:
    story = Story(one(ladder=ladder), "2026-09-01 10:00").until("2026-12-01 00:00")
    assert story.times("reminded") == [reminder]
    assert story.rungs("letter") == rungs


@pytest.mark.parametrize(
    ("ladder", "told"),
    [
        ("standard", [["coordinator", "therapist"], ["team-lead"], ["service-manager"]]),
        ("gentle", [["coordinator"]]),
        ("safety", [["coordinator", "duty-manager", "therapist"], ["service-manager"], ["safety-lead"]]),
    ],
)
def test_each_ladder_tells_its_roles(ladder: str, told: list[list[str]]) -> None:
    story = Story(one(ladder=ladder, owner="therapist"), "2026-09-01 10:00").until("2026-12-01 00:00")
    assert [event.to for event in story.all("reminded")] == [["therapist"]]
    assert [event.to for event in story.all("escalated")] == told


def test_a_role_named_twice_is_told_once() -> None:
    story = Story(one(), "2026-09-01 10:00").until("2026-09-10 00:00")
    assert [event.to for event in story.all("escalated")] == [["coordinator"]]


def test_where_the_coordinator_is_called_named_worker_ladders_call_them_so_too() -> None:
    story = Story(CAMHS, "2026-01-12 09:00").until("2026-01-21 00:00")
    told = [event.to for event in story.all("escalated", "named-worker")]
    assert told == [["named-worker", "team-lead"]]


def test_a_reminder_whose_moment_has_passed_is_skipped() -> None:
    due = {"after": "started", "working_days": 1}
    story = Story(one(due=due), "2026-09-01 10:00").until("2026-12-01 00:00")
    assert story.times("reminded") == []
    assert len(story.rungs("letter")) == 3


def test_a_moved_date_is_reminded_of_again() -> None:
    rule = {"due": {"before": "discharged", "days": 5}}
    story = Story(one(**rule), "2026-09-01 10:00", expected={"discharged": "2026-09-21 12:00"})
    story.do("2026-09-15 12:00", "expect", expected={"discharged": "2026-10-21 12:00"}).until("2026-10-16 00:00")
    assert story.times("reminded") == ["2026-09-14 09:00", "2026-10-14 09:00"]


def test_a_step_that_comes_back_with_the_same_date_is_reminded_of() -> None:
    story = Story(one(when={"section_117": True}), "2026-09-01 10:00", facts={"section_117": True})
    for value in (False, True):
        story.do("2026-09-02 10:00", "facts", facts={"section_117": value})
    assert story.until("2026-09-08 00:00").times("reminded") == ["2026-09-04 09:00"]


def test_a_step_that_comes_back_after_its_reminder_is_not_reminded_of_again() -> None:
    story = Story(one(when={"section_117": True}), "2026-09-01 10:00", facts={"section_117": True})
    for value in (False, True):
        story.do("2026-09-05 10:00", "facts", facts={"section_117": value})
    assert story.until("2026-09-08 00:00").times("reminded") == ["2026-09-04 09:00"]


def test_nobody_is_told_once_it_is_done() -> None:
    story = Story(one(), "2026-09-01 10:00").do("2026-09-10 08:00", "complete", step="letter")
    assert story.until("2026-12-01 00:00").rungs("letter") == [(1, "2026-09-09 09:00")]


def test_a_rung_on_a_bank_holiday_waits_and_one_on_the_safety_ladder_does_not() -> None:
    due = {"after": "started", "days": 1}
    story = Story(one(due=due), "2026-12-23 10:00").until("2026-12-30 00:00")
    assert story.rungs("letter") == [(1, "2026-12-29 09:00")]
    safety = Story(one(due=due, ladder="safety"), "2026-12-23 10:00").until("2026-12-30 00:00")
    assert safety.rungs("letter") == [(1, "2026-12-25 00:00"), (2, "2026-12-25 04:00"), (3, "2026-12-26 00:00")]


def test_bank_holidays_of_the_division_count() -> None:
    story = Story(one(due={"after": "started", "days": 1}), "2026-11-26 10:00", division="scotland")
    assert story.until("2026-12-02 00:00").rungs("letter") == [(1, "2026-12-01 09:00")]


def test_an_acknowledged_rung_holds_later_ones_back_and_only_the_highest_fires_then() -> None:
    story = Story(one(), "2026-09-01 10:00")
    story.do("2026-09-09 10:00", "acknowledge", step="letter", until="2026-09-16 12:00", reason="She is on it")
    told = story.all("acknowledged")[0]
    assert (told.rung, told.reason, story.state("letter")) == (1, "She is on it", State.MISSED)
    assert story.until("2026-12-01 00:00").rungs("letter") == [(1, "2026-09-09 09:00"), (3, "2026-09-16 12:00")]


def test_an_acknowledgement_delays_no_rung_that_comes_after_it() -> None:
    story = Story(one(), "2026-09-01 10:00")
    story.do("2026-09-09 10:00", "acknowledge", step="letter", until="2026-09-11 12:00").until("2026-12-01 00:00")
    assert story.rungs("letter") == [(1, "2026-09-09 09:00"), (2, "2026-09-11 12:00"), (3, "2026-09-15 09:00")]


def test_nobody_is_told_at_the_end_of_an_acknowledgement_when_it_is_done_by_then() -> None:
    story = Story(one(), "2026-09-01 10:00")
    story.do("2026-09-09 10:00", "acknowledge", step="letter", until="2026-09-16 12:00")
    story.do("2026-09-16 11:00", "complete", step="letter")
    assert story.until("2026-12-01 00:00").rungs("letter") == [(1, "2026-09-09 09:00")]


def test_the_safety_ladder_may_be_acknowledged_too() -> None:
    story = Story(one(ladder="safety"), "2026-09-01 10:00")
    story.do("2026-09-09 01:00", "acknowledge", step="letter", until="2026-09-09 06:00").until("2026-12-01 00:00")
    assert story.rungs("letter") == [(1, "2026-09-09 00:00"), (2, "2026-09-09 06:00"), (3, "2026-09-10 00:00")]


@pytest.mark.parametrize(
    ("at", "until", "kind"),
    [
        ("2026-09-08 10:00", "2026-09-09 10:00", "conflict"),  # nobody has been told
        ("2026-09-09 10:00", "2026-09-09 10:00", "invalid"),
        ("2026-09-09 10:00", "2026-12-09 10:00", "invalid"),
    ],
)
def test_what_cannot_be_acknowledged(at: str, until: str, kind: str) -> None:
    assert Story(one(), "2026-09-01 10:00").refused(at, "acknowledge", step="letter", until=until).kind == kind


def test_a_moved_due_date_starts_the_ladder_again() -> None:
    rule = {"due": {"before": "discharged", "days": 5}}
    story = Story(one(**rule), "2026-09-01 10:00", expected={"discharged": "2026-09-13 12:00"})
    story.do("2026-09-10 10:00", "acknowledge", step="letter", until="2026-09-30 10:00")
    story.do("2026-09-10 12:00", "expect", expected={"discharged": "2026-09-20 12:00"}).until("2026-12-01 00:00")
    assert [told for told in story.rungs("letter") if told[1] > "2026-09-10"] == [
        (1, "2026-09-16 09:00"),
        (2, "2026-09-18 09:00"),
        (3, "2026-09-22 09:00"),
    ]


@pytest.mark.parametrize("role", ["coordinator", "team-lead"])
def test_the_coordinator_or_the_team_lead_may_waive_with_a_reason(role: str) -> None:
    story = Story(one(), "2026-09-01 10:00")
    assert story.refused("2026-09-02 10:00", "waive", step="letter", by=role).kind == "invalid"
    story.do("2026-09-02 11:00", "waive", step="letter", by=role, reason="Sent by the ward")
    assert (story.state("letter"), story.all("waived")[0].reason) == (State.WAIVED, "Sent by the ward")
    assert story.until("2026-12-01 00:00").rungs("letter") == []


@pytest.mark.parametrize("role", ["peer-worker", "community-team", "therapist", "duty-manager", "operations"])
def test_nobody_else_may_waive(role: str) -> None:
    story = Story(one(), "2026-09-01 10:00")
    assert story.refused("2026-09-02 10:00", "waive", step="letter", by=role, reason="No").kind == "not-allowed"


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("duty-manager", True),
        ("service-manager", True),
        ("safety-lead", True),
        ("coordinator", False),
        ("team-lead", False),
        ("community-team", False),
    ],
)
def test_a_safety_step_is_waived_only_by_those_who_answer_for_safety(role: str, may: bool) -> None:
    story = Story(INPATIENT, "2026-09-01 10:00").do("2026-09-07 12:00", "milestone", milestone="discharged")
    said = {"step": "follow-up-72h", "by": role, "reason": "Still on the ward"}
    if may:
        assert story.do("2026-09-07 13:00", "waive", **said).state("follow-up-72h") is State.WAIVED
    else:
        assert story.refused("2026-09-07 13:00", "waive", **said).kind == "not-allowed"


def test_a_pathway_may_name_who_waives_a_step() -> None:
    story = Story(one(may_waive=["therapist"]), "2026-09-01 10:00")
    assert story.refused("2026-09-02 10:00", "waive", step="letter", by="team-lead", reason="No").kind == "not-allowed"
    assert (
        story.do("2026-09-02 11:00", "waive", step="letter", by="therapist", reason="Sent").state("letter")
        is State.WAIVED
    )
