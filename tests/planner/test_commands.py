"""What each command does beside the rules of time, and when it is refused without a trace."""

from typing import Any

import pytest

from pathways.loader import find
from planner import journey as planner
from planner.refused import Refused
from schemas.command import Start
from schemas.journey import State
from schemas.pathway import Pathway
from tests.planner.story import CAMHS, INPATIENT, SEEN, WAITING, Story, a_pathway, a_step, london

LETTER = a_step("letter", due={"after": "started", "days": 7})


def inpatient(**start: Any) -> Story:
    """Somebody on a ward since Tuesday 1 September."""
    return Story(INPATIENT, "2026-09-01 10:00", coordinator="c-1", **start)


REFUSALS: list[tuple[str, str, dict[str, Any]]] = [
    # nothing of that name here
    ("not-found", "complete", {"step": "no-such-step"}),
    ("not-found", "waive", {"step": "no-such-step", "reason": "No"}),
    ("not-found", "acknowledge", {"step": "no-such-step", "until": "2026-09-09 10:00"}),
    ("not-found", "set-due", {"step": "no-such-step", "due": "2026-09-09 10:00", "reason": "No"}),
    ("not-found", "milestone", {"milestone": "no-such-milestone"}),
    ("not-found", "expect", {"expected": {"no-such-milestone": "2026-09-09 10:00"}}),
    ("not-found", "facts", {"facts": {"no_such_fact": True}}),
    ("not-found", "exit", {"exit": "no-such-exit"}),
    ("not-found", "add-step", {"step": "extra", "title": "Extra", "due": "2026-09-09 10:00", "ladder": "no-such"}),
    # not by this role
    ("not-allowed", "complete", {"step": "discharge-plan", "by": "peer-worker"}),
    ("not-allowed", "waive", {"step": "discharge-plan", "by": "peer-worker", "reason": "No"}),
    ("not-allowed", "milestone", {"milestone": "discharged", "by": "peer-worker"}),
    ("not-allowed", "expect", {"expected": {"discharged": "2026-10-01 12:00"}, "by": "operations"}),
    ("not-allowed", "facts", {"facts": {"suicide_risk": True}, "by": "peer-worker"}),
    ("not-allowed", "hold", {"reason": "Abroad", "by": "peer-worker"}),
    ("not-allowed", "exit", {"exit": "moved-away", "by": "peer-worker"}),
    ("not-allowed", "handover-offer", {"to": "c-2", "answer_by": "2026-09-09 10:00", "by": "peer-worker"}),
    (
        "not-allowed",
        "set-due",
        {"step": "discharge-plan", "due": "2026-09-09 10:00", "reason": "No", "by": "peer-worker"},
    ),
    # never right as said
    ("invalid", "facts", {"facts": {"suicide_risk": "perhaps"}}),
    ("invalid", "facts", {"facts": {"bed_class": "999"}}),
    ("invalid", "expect", {"expected": {"discharged": "2026-08-01 12:00"}}),
    ("invalid", "expect", {"expected": {"discharged": "2066-10-01 12:00"}}),
    ("invalid", "expect", {"expected": {"started": "2026-10-01 12:00"}}),
    ("invalid", "milestone", {"milestone": "discharged", "occurred_at": "2026-12-01 12:00"}),
    ("invalid", "milestone", {"milestone": "discharged", "occurred_at": "2026-08-01 12:00"}),
    ("invalid", "milestone", {"milestone": "ended"}),
    ("invalid", "complete", {"step": "discharge-plan", "exit": "settled"}),
    ("invalid", "complete", {"step": "discharge-plan", "done_at": "2026-12-01 12:00"}),
    ("invalid", "complete", {"step": "baseline-measures", "scores": {"PHQ-9": 12}}),
    ("invalid", "waive", {"step": "discharge-plan"}),
    ("invalid", "hold", {}),
    ("invalid", "set-due", {"step": "discharge-plan", "due": "2026-08-01 10:00", "reason": "No"}),
    ("invalid", "set-due", {"step": "discharge-plan", "due": "2066-08-01 10:00", "reason": "No"}),
    ("invalid", "set-due", {"step": "discharge-plan", "due": "2026-09-09 10:00"}),
    ("invalid", "add-step", {"step": "extra", "title": "Extra", "due": "2026-08-01 10:00"}),
    ("invalid", "add-step", {"step": "extra", "title": "Extra", "due": "2026-09-09 10:00", "kind": "silence"}),
    ("invalid", "handover-offer", {"to": "c-1", "answer_by": "2026-09-09 10:00"}),
    ("invalid", "handover-offer", {"to": "c-2", "answer_by": "2026-08-09 10:00"}),
    # not as things stand
    ("conflict", "complete", {"step": "care-plan-sent"}),
    ("conflict", "complete", {"step": "follow-up-48h", **SEEN}),
    ("conflict", "acknowledge", {"step": "discharge-plan", "until": "2026-09-09 10:00"}),
    ("conflict", "acknowledge", {"step": "silence", "until": "2026-09-09 10:00"}),
    ("conflict", "milestone", {"milestone": "readmitted"}),
    ("conflict", "facts", {"facts": {"suicide_risk": False}}),
    ("conflict", "expect", {"expected": {"discharged": None}}),
    ("conflict", "resume", {}),
    ("conflict", "exit", {"exit": "settled"}),
    ("conflict", "handover-answer", {"accept": True}),
    ("conflict", "handover-withdraw", {}),
    ("conflict", "set-due", {"step": "discharge-plan", "due": None}),
    ("conflict", "add-step", {"step": "discharge-plan", "title": "Extra", "due": "2026-09-09 10:00"}),
    ("conflict", "move-definition", {"definition": find(INPATIENT).canonical}),
    ("invalid", "move-definition", {"definition": find(CAMHS).canonical}),
]


@pytest.mark.parametrize(("kind", "what", "said"), REFUSALS, ids=lambda value: str(value)[:60])
def test_refused_in_a_sentence_and_nothing_changes(kind: str, what: str, said: dict[str, Any]) -> None:
    assert inpatient().refused("2026-09-02 10:00", what, **said).kind == kind


@pytest.mark.parametrize(
    "wrong",
    [
        {"started": london("2026-10-01 10:00")},
        {"born": "2026-10-01"},
        {"last_contact": london("2026-10-01 10:00")},
        {"facts": {"no_such_fact": True}},
        {"facts": {"suicide_risk": "perhaps"}},
        {"expected": {"no-such-milestone": london("2026-10-01 10:00")}},
        {"milestones": {"discharged": london("2026-10-01 10:00")}},
        {"milestones": {"discharged": london("2026-08-01 10:00")}},
        {"milestones": {"readmitted": london("2026-09-01 10:00")}},
        {"milestones": {"ended": london("2026-09-01 10:00")}},
    ],
    ids=str,
)
def test_a_start_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    said = {"id": "start", "transition_id": "t", "at": london("2026-09-01 10:00")} | wrong
    with pytest.raises(Refused):
        planner.start(find(INPATIENT), Start.model_validate(said))


def test_done_once_is_done_and_a_second_time_is_refused() -> None:
    story = inpatient().do("2026-09-02 10:00", "complete", step="discharge-plan")
    assert story.refused("2026-09-02 11:00", "complete", step="discharge-plan").kind == "conflict"
    assert story.refused("2026-09-02 11:00", "waive", step="discharge-plan", reason="No").kind == "conflict"


def test_time_that_has_come_is_told_before_the_command() -> None:
    story = inpatient()
    command = Story.command("complete", "2026-09-05 10:00", step="discharge-plan")
    events = planner.decide(story.pathway, story.journey, command).events
    assert [event.event for event in events if event.step == "discharge-plan"] == ["missed", "completed"]


def test_milestones_keep_their_order() -> None:
    story = Story(WAITING, "2026-01-02 09:00").do("2026-03-02 12:00", "milestone", milestone="assessment")
    assert story.refused("2026-03-03 12:00", "milestone", milestone="therapy-ended").kind == "conflict"
    story.do("2026-04-02 12:00", "milestone", milestone="therapy-started")
    said = {"milestone": "assessment", "occurred_at": "2026-04-03 12:00"}
    assert story.refused("2026-04-04 12:00", "milestone", **said).kind == "invalid"


def test_what_has_happened_is_corrected_and_not_expected() -> None:
    story = inpatient().do("2026-09-02 10:00", "milestone", milestone="discharged")
    assert story.refused("2026-09-03 10:00", "expect", expected={"discharged": "2026-10-01 10:00"}).kind == "conflict"
    assert story.refused(
        "2026-09-03 10:00", "milestone", milestone="discharged", occurred_at="2026-09-02 10:00"
    ).kind == ("conflict")


def test_a_one_off_step_is_followed_like_any_other() -> None:
    story = inpatient().do(
        "2026-09-02 10:00", "add-step", step="benefits", title="Ask about benefits", due="2026-09-10 12:00"
    )
    assert story.until("2026-09-12 00:00").rungs("benefits") == [(1, "2026-09-11 09:00")]
    assert story.do("2026-09-12 10:00", "complete", step="benefits").state("benefits") is State.DONE


def test_a_handover_changes_nothing_until_it_is_accepted() -> None:
    story = inpatient().do("2026-09-02 10:00", "handover-offer", to="c-2", answer_by="2026-09-08 12:00")
    assert (story.journey.coordinator, story.due("handover#1")) == ("c-1", "2026-09-08 12:00")
    assert (
        story.refused("2026-09-02 11:00", "handover-offer", to="c-3", answer_by="2026-09-08 12:00").kind == "conflict"
    )
    story.do("2026-09-03 10:00", "handover-answer", accept=True)
    assert (story.journey.coordinator, story.state("handover#1")) == ("c-2", State.DONE)


def test_silence_on_a_handover_is_no_yes_and_climbs_a_ladder() -> None:
    story = inpatient().do("2026-09-02 10:00", "handover-offer", to="c-2", answer_by="2026-09-08 12:00")
    story.until("2026-10-01 00:00")
    assert (story.journey.coordinator, story.state("handover#1")) == ("c-1", State.MISSED)
    assert [event.to for event in story.all("escalated", "handover#1")] == [
        ["coordinator", "incoming-coordinator"],
        ["team-lead"],
        ["service-manager"],
    ]


def test_a_no_needs_a_reason_and_another_may_be_asked() -> None:
    story = inpatient().do("2026-09-02 10:00", "handover-offer", to="c-2", answer_by="2026-09-08 12:00")
    assert story.refused("2026-09-03 10:00", "handover-answer", accept=False).kind == "invalid"
    story.do("2026-09-03 10:00", "handover-answer", accept=False, reason="On leave")
    story.do("2026-09-03 11:00", "handover-offer", to="c-3", answer_by="2026-09-08 12:00")
    story.do("2026-09-03 12:00", "handover-withdraw")
    assert (story.state("handover#1"), story.state("handover#2")) == (State.CANCELLED, State.CANCELLED)
    assert story.journey.coordinator == "c-1"


def test_an_overlap_is_kept() -> None:
    said = {"to": "c-2", "answer_by": "2026-09-08 12:00", "overlap_until": "2026-09-30 12:00"}
    story = (
        inpatient()
        .do("2026-09-02 10:00", "handover-offer", **said)
        .do("2026-09-03 10:00", "handover-answer", accept=True)
    )
    assert story.journey.overlap is not None
    assert (story.journey.overlap.staff, story.journey.overlap.until) == ("c-1", london("2026-09-30 12:00"))


def changed(*steps: dict[str, Any]) -> Pathway:
    """The second version of a made-up pathway."""
    return a_pathway(*steps, version=2)


def test_a_journey_moves_to_a_newer_definition() -> None:
    sooner = LETTER | {"due": {"after": "started", "days": 5}}
    story = Story(a_pathway(LETTER, a_step("form", due=LETTER["due"])), "2026-09-01 10:00")
    story.do(
        "2026-09-02 10:00", "move-definition", definition=changed(sooner, a_step("extra", due=LETTER["due"])).canonical
    )
    assert (story.due("letter"), story.state("extra")) == ("end of 2026-09-06", State.OPEN)
    assert [(event.step, event.reason) for event in story.all("cancelled")] == [("form", "definition-changed")]
    assert [event.value for event in story.all("definition-changed")] == [2]
    assert story.until("2026-09-10 00:00").times("missed") == ["end of 2026-09-06", "end of 2026-09-08"]


def test_what_was_done_stays_done_under_a_newer_definition() -> None:
    story = Story(a_pathway(LETTER), "2026-09-01 10:00").do("2026-09-02 10:00", "complete", step="letter")
    story.do("2026-09-03 10:00", "move-definition", definition=changed(LETTER | {"title": "Another"}).canonical)
    assert story.state("letter") is State.DONE


def test_deciding_and_waking_leave_what_they_were_given_alone() -> None:
    story = inpatient(expected={"discharged": "2026-10-12 12:00"})
    before = story.journey.model_dump_json()
    command = Story.command("milestone", "2026-10-12 12:00", milestone="discharged")
    planner.decide(story.pathway, story.journey, command)
    planner.wake(story.pathway, story.journey, london("2027-01-01 00:00"))
    assert story.journey.model_dump_json() == before


def test_the_revision_counts_the_turns_in_which_something_happened() -> None:
    story = inpatient()
    assert story.journey.revision == 1
    idle = planner.wake(story.pathway, story.journey, london("2026-09-01 10:01"))
    assert (idle.journey.revision, idle.events) == (1, [])
    assert story.do("2026-09-01 11:00", "complete", step="discharge-plan").journey.revision == 2
