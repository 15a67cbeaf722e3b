"""Every step of the three pathways is due where the tables of `pathways.md` say, with that owner, kind and ladder."""

import pytest

from pathways.loader import find
from planner.soundness import problems
from tests.planner.story import CAMHS, INPATIENT, WAITING, Story

RULES = {
    INPATIENT: """
        named-coordinator    decision     team-lead       standard
        discharge-plan       document     coordinator     standard
        peer-introduction    peer-contact peer-worker     gentle
        baseline-measures    measure      coordinator     gentle
        placement-review     review       coordinator     standard
        accommodation-talk   peer-contact peer-worker     gentle
        section-117-meeting  meeting      coordinator     standard
        accommodation-visit  meeting      coordinator     standard
        discharge-meeting    meeting      coordinator     standard
        crisis-plan          document     coordinator     standard
        recovery-plan-offer  peer-contact peer-worker     gentle
        care-plan-sent       document     coordinator     safety
        follow-up-48h        contact      community-team  safety
        follow-up-72h        contact      community-team  safety
        gp-summary           document     coordinator     standard
        drop-in-invitation   peer-contact peer-worker     gentle
        weekly-peer-contact  peer-contact peer-worker     gentle
        monthly-peer-contact peer-contact peer-worker     gentle
        review-3-months      review       coordinator     standard
        ending-conversation  peer-contact peer-worker     gentle
        review-6-months      review       coordinator     standard
    """,
    CAMHS: """
        named-worker            decision     team-lead     standard
        peer-introduction       peer-contact peer-worker   gentle
        baseline-goals          measure      named-worker  gentle
        annual-review           review       named-worker  standard
        transition-plan         document     named-worker  standard
        destination-agreed      decision     named-worker  standard
        family-conversation     contact      peer-worker   gentle
        planning-meeting        meeting      named-worker  standard
        meet-adult-service      meeting      named-worker  standard
        information-transfer    document     named-worker  standard
        peer-contact            peer-contact peer-worker   gentle
        first-adult-appointment appointment  adult-service standard
        named-worker-check-1    contact      named-worker  standard
        named-worker-check-3    contact      named-worker  standard
        named-worker-check-6    contact      named-worker  standard
        closing-goals           measure      named-worker  gentle
        engagement-check        review       named-worker  gentle
    """,
    WAITING: """
        welcome-contact        peer-contact peer-worker gentle
        pre-assessment-contact peer-contact peer-worker gentle
        assessment-attended    appointment  therapist   standard
        baseline-measures      measure      therapist   gentle
        waiting-contact        peer-contact peer-worker gentle
        waiting-well-review    review       coordinator standard
        group-offer            peer-contact peer-worker gentle
        community-link         peer-contact peer-worker gentle
        pre-therapy-contact    peer-contact peer-worker gentle
        therapy-start-attended appointment  therapist   standard
        ending-preparation     peer-contact peer-worker gentle
        discharge-letter       document     therapist   standard
        ending-measures        measure      therapist   gentle
        after-therapy-contact  peer-contact peer-worker gentle
        experience-survey      measure      coordinator gentle
        closing-review         review       coordinator standard
    """,
}
MEASURES = {
    INPATIENT: {step: ["QPR-15", "ReQoL-10"] for step in ("baseline-measures", "review-3-months", "review-6-months")},
    CAMHS: {"baseline-goals": ["GBO"], "closing-goals": ["GBO"]},
    WAITING: {
        "baseline-measures": ["QPR-15", "SWEMWBS", "DIALOG"],
        "ending-measures": ["QPR-15", "SWEMWBS", "DIALOG"],
        "experience-survey": ["FFT"],
    },
}
EVERYTHING = {"suicide_risk": True, "section_117": True, "out_of_area": True, "peer_support": "accepted"}
YOUNG = {"destination": "adult-mental-health:proposed", "family_involved": True, "peer_support": "accepted"}


@pytest.mark.parametrize("pathway", list(RULES))
def test_kind_owner_and_ladder_are_those_of_the_table(pathway: str) -> None:
    told = [line.split() for line in RULES[pathway].strip().splitlines()]
    assert [[step.id, step.kind, step.owner, step.ladder] for step in find(pathway).steps] == told


@pytest.mark.parametrize("pathway", list(RULES))
def test_measures_are_those_of_the_table(pathway: str) -> None:
    assert {step.id: step.measures for step in find(pathway).steps if step.measures} == MEASURES[pathway]


@pytest.mark.parametrize("pathway", list(RULES))
def test_the_shipped_pathways_are_sound(pathway: str) -> None:
    assert problems(find(pathway)) == []


INPATIENT_DUES = {
    # started on Thursday 1 January 2026, a bank holiday
    "named-coordinator": "end of 2026-01-05",
    "discharge-plan": "end of 2026-01-06",
    "peer-introduction": "end of 2026-01-15",
    "baseline-measures": "end of 2026-01-15",
    "placement-review#1": "end of 2026-04-01",
    # discharge expected and actual on Tuesday 26 May 2026, the day after a bank holiday
    "accommodation-talk": "end of 2026-04-24",
    "section-117-meeting": "end of 2026-05-11",
    "accommodation-visit": "end of 2026-05-11",
    "discharge-meeting": "end of 2026-05-11",
    "crisis-plan": "end of 2026-05-18",
    "recovery-plan-offer": "end of 2026-05-18",
    "care-plan-sent": "2026-05-27 11:00",
    "follow-up-48h": "2026-05-28 11:00",
    "follow-up-72h": "end of 2026-05-29",
    "gp-summary": "end of 2026-06-02",
    "drop-in-invitation": "end of 2026-06-09",
    "weekly-peer-contact#1": "end of 2026-06-02",
    "weekly-peer-contact#2": "end of 2026-06-09",
    "weekly-peer-contact#3": "end of 2026-06-16",
    "weekly-peer-contact#4": "end of 2026-06-23",
    "monthly-peer-contact#1": "end of 2026-07-21",
    "monthly-peer-contact#5": "end of 2026-11-10",
    "review-3-months": "end of 2026-08-26",
    "ending-conversation": "end of 2026-10-26",
    "review-6-months": "end of 2026-11-26",
}


def test_inpatient_steps_are_due_where_the_table_says() -> None:
    story = Story(INPATIENT, "2026-01-01 10:00", facts=EVERYTHING, expected={"discharged": "2026-05-26 11:00"})
    story.do("2026-05-26 11:00", "milestone", milestone="discharged").until("2027-02-01 00:00")
    assert {step: story.due(step) for step in INPATIENT_DUES} == INPATIENT_DUES
    assert story.state("monthly-peer-contact#6") is None
    assert story.state("weekly-peer-contact#5") is None
    assert {step.partition("#")[0] for step in INPATIENT_DUES} == set(find(INPATIENT).step)


CAMHS_DUES = {
    # started on Monday 13 January 2025
    "named-worker": "end of 2025-01-20",
    "peer-introduction": "end of 2025-02-10",
    "baseline-goals": "end of 2025-02-10",
    "annual-review#1": "end of 2026-01-13",
    # 18 on Thursday 31 December 2026
    "transition-plan": "end of 2026-06-30",
    "destination-agreed": "end of 2026-09-30",
    "family-conversation": "end of 2026-09-30",
    "planning-meeting": "end of 2026-10-31",
    "meet-adult-service": "end of 2026-11-30",
    "information-transfer": "end of 2026-11-30",
    "peer-contact#1": "end of 2026-10-14",
    "peer-contact#13": "end of 2027-03-31",
    "first-adult-appointment": "end of 2027-01-28",
    "named-worker-check-1": "end of 2027-01-31",
    "named-worker-check-3": "end of 2027-03-31",
    "named-worker-check-6": "end of 2027-06-30",
    "closing-goals": "end of 2027-06-30",
    "engagement-check": "end of 2027-12-31",
}


def test_camhs_steps_are_due_where_the_table_says() -> None:
    story = Story(CAMHS, "2025-01-13 10:00", born="2008-12-31", facts=YOUNG)
    story.do("2026-12-31 12:00", "milestone", milestone="transferred").until("2028-02-01 00:00")
    assert {step: story.due(step) for step in CAMHS_DUES} == CAMHS_DUES
    assert story.state("peer-contact#14") is None
    assert {step.partition("#")[0] for step in CAMHS_DUES} == set(find(CAMHS).step)


def test_the_transfer_is_expected_on_the_18th_birthday_unless_the_plan_says_otherwise() -> None:
    birthday = Story(CAMHS, "2026-01-12 09:00", born="2008-10-20")
    assert birthday.due("information-transfer") == "end of 2026-09-20"
    plan = Story(CAMHS, "2026-01-12 09:00", born="2008-10-20", expected={"transferred": "2026-12-01 09:00"})
    assert plan.due("information-transfer") == "end of 2026-11-01"


def test_annual_reviews_end_with_the_transfer() -> None:
    story = Story(CAMHS, "2025-01-13 10:00", born="2008-12-31")
    story.do("2026-12-31 12:00", "milestone", milestone="transferred").until("2028-02-01 00:00")
    assert [story.state(f"annual-review#{number}") for number in (1, 2, 3)] == ["missed", "cancelled", None]


WAITING_DUES = {
    # referred on Friday 2 January 2026, assessed on Tuesday 7 April, the day after Easter
    "welcome-contact": "end of 2026-01-16",
    "pre-assessment-contact": "end of 2026-03-27",
    "assessment-attended": "end of 2026-04-07",
    "baseline-measures": "end of 2026-04-21",
    "waiting-contact#1": "end of 2026-05-05",
    "waiting-contact#2": "end of 2026-06-02",
    "waiting-well-review#1": "end of 2026-07-07",
    "group-offer": "end of 2026-05-19",
    "community-link": "end of 2026-06-16",
    # therapy from Wednesday 15 July until Thursday 31 December 2026
    "pre-therapy-contact": "end of 2026-07-08",
    "therapy-start-attended": "end of 2026-07-15",
    "ending-preparation": "end of 2026-12-03",
    "discharge-letter": "end of 2027-01-08",
    "ending-measures": "end of 2027-01-15",
    "after-therapy-contact#1": "end of 2027-01-14",
    "after-therapy-contact#2": "end of 2027-02-11",
    "after-therapy-contact#3": "end of 2027-03-25",
    "experience-survey": "end of 2027-01-28",
    "closing-review": "end of 2027-04-01",
}


def test_waiting_list_steps_are_due_where_the_table_says() -> None:
    expected = {
        "assessment": "2026-04-07 10:00",
        "therapy-started": "2026-07-15 14:00",
        "therapy-ended": "2026-12-31 14:00",
    }
    story = Story(WAITING, "2026-01-02 09:00", facts={"peer_support": "accepted"}, expected=expected)
    for at, milestone in zip(expected.values(), expected, strict=True):
        story.do(at, "milestone", milestone=milestone)
    story.until("2027-06-01 00:00")
    assert {step: story.due(step) for step in WAITING_DUES} == WAITING_DUES
    assert story.state("waiting-contact#4") == "cancelled"  # open when the therapy began
    assert story.state("waiting-well-review#2") == "cancelled"
    assert {step.partition("#")[0] for step in WAITING_DUES} == set(find(WAITING).step)


@pytest.mark.parametrize(
    ("fact", "value", "steps"),
    [
        ("suicide_risk", True, {"follow-up-48h"}),
        ("section_117", True, {"section-117-meeting"}),
        ("out_of_area", True, {"placement-review#1"}),
        (
            "peer_support",
            "accepted",
            {
                "peer-introduction",
                "accommodation-talk",
                "recovery-plan-offer",
                "drop-in-invitation",
                "weekly-peer-contact#1",
                "monthly-peer-contact#1",
                "ending-conversation",
            },
        ),
    ],
)
def test_steps_are_there_only_when_the_fact_calls_for_them(fact: str, value: object, steps: set[str]) -> None:
    without = Story(INPATIENT, "2026-01-05 10:00").journey.steps
    there = Story(INPATIENT, "2026-01-05 10:00", facts={fact: value}).journey.steps
    assert set(there) - set(without) == steps


@pytest.mark.parametrize(
    ("facts", "there"),
    [
        ({"family_involved": True, "peer_support": "accepted"}, True),
        ({"family_involved": True, "peer_support": "declined"}, False),
        ({"family_involved": True}, False),
        ({"family_involved": False, "peer_support": "accepted"}, False),
    ],
)
def test_the_family_conversation_needs_the_family_and_peer_support(facts: dict[str, object], there: bool) -> None:
    assert ("family-conversation" in Story(CAMHS, "2026-01-12 09:00", facts=facts).journey.steps) is there


@pytest.mark.parametrize(
    ("destination", "there"),
    [
        ("adult-mental-health:proposed", True),
        ("adult-mental-health:accepted", True),
        ("adult-mental-health:declined", False),
        ("primary-care:accepted", False),
    ],
)
def test_adult_steps_are_there_only_for_adult_mental_health(destination: str, there: bool) -> None:
    steps = Story(CAMHS, "2026-01-12 09:00", facts={"destination": destination}).journey.steps
    assert ({"meet-adult-service", "first-adult-appointment"} <= set(steps)) is there


@pytest.mark.parametrize("state", ["declined", "paused"])
def test_peer_support_may_stop_without_a_reason_and_nothing_else_changes(state: str) -> None:
    story = Story(INPATIENT, "2026-01-05 10:00", facts=EVERYTHING, expected={"discharged": "2026-05-26 11:00"})
    story.until("2026-01-06 10:00")
    before = {step_id: step for step_id, step in story.journey.steps.items() if step.kind != "peer-contact"}
    story.do("2026-01-06 10:00", "facts", facts={"peer_support": state}, by="peer-worker")
    assert {step_id: step for step_id, step in story.journey.steps.items() if step.kind != "peer-contact"} == before
    assert all(step.state == "cancelled" for step in story.journey.steps.values() if step.kind == "peer-contact")
    assert story.until("2027-02-01 00:00").all("opened", "weekly-peer-contact#1") == []


@pytest.mark.parametrize("bed_class", ["200", "201", "202", "205", "212", "213", "203", "300"])
def test_the_72_hour_clock_runs_for_every_class_of_bed(bed_class: str) -> None:
    story = Story(INPATIENT, "2026-01-05 10:00", facts={"bed_class": bed_class})
    assert story.do("2026-01-12 11:00", "milestone", milestone="discharged").due("follow-up-72h") == "end of 2026-01-15"


def test_milestones_and_exits_are_those_of_the_pathways() -> None:
    assert {name: (list(find(name).milestone), list(find(name).exit)) for name in RULES} == {
        INPATIENT: (
            ["started", "discharged", "readmitted", "ended"],
            ["settled", "readmitted", "moved-away", "declined-service", "died"],
        ),
        CAMHS: (
            ["started", "transferred", "ended"],
            ["engaged", "not-engaged", "destination-not-needed", "declined-service", "moved-away", "died"],
        ),
        WAITING: (
            ["started", "assessment", "therapy-started", "therapy-ended", "ended"],
            ["completed-therapy", "no-longer-needed", "declined-service", "moved-away", "died"],
        ),
    }
