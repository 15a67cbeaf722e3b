"""How a transition closes, and that nobody is lost by it."""

import pytest

from schemas.journey import State
from tests.planner.story import CAMHS, INPATIENT, NOT_SEEN, WAITING, Story

ALWAYS = ("moved-away", "died")
UNSETTLED = (None, "primary-care:proposed", "primary-care:declined")


def young(destination: str | None = None) -> Story:
    """A young person who turned 18 on 20 January 2026."""
    facts = {"destination": destination} if destination else {}
    story = Story(CAMHS, "2025-10-13 09:00", born="2008-01-20", facts=facts)
    return story.do("2026-01-20 12:00", "milestone", milestone="transferred")


def closed_as(story: Story) -> str | None:
    """How the transition ended."""
    return story.journey.closed.exit if story.journey.closed else None


@pytest.mark.parametrize(
    ("pathway", "exit_"),
    [
        (INPATIENT, "moved-away"),
        (INPATIENT, "declined-service"),
        (INPATIENT, "died"),
        (CAMHS, "moved-away"),
        (CAMHS, "died"),
        (WAITING, "no-longer-needed"),
        (WAITING, "declined-service"),
        (WAITING, "moved-away"),
        (WAITING, "died"),
    ],
)
def test_an_exit_cancels_everything_open_at_once_and_nobody_is_reminded(pathway: str, exit_: str) -> None:
    story = Story(pathway, "2026-01-12 09:00", facts={"peer_support": "accepted"}).do(
        "2026-02-02 10:00", "exit", exit=exit_
    )
    told = len(story.events)
    assert closed_as(story.until("2028-01-01 00:00")) == exit_
    assert len(story.events) == told
    assert not any(step.state.unfinished for step in story.journey.steps.values())
    assert {event.reason for event in story.all("cancelled") if event.at == story.events[-1].at} == {exit_}
    assert story.events[-1].event == "closed"


def test_the_inpatient_pathway_settles_with_the_review_after_six_months() -> None:
    story = Story(INPATIENT, "2026-01-05 10:00").do("2026-01-12 11:00", "milestone", milestone="discharged")
    story.do("2026-07-10 10:00", "complete", step="review-6-months")
    assert closed_as(story) == "settled"


def test_a_readmission_closes_with_that_exit() -> None:
    story = Story(INPATIENT, "2026-01-05 10:00").do("2026-01-12 11:00", "milestone", milestone="discharged")
    story.do("2026-03-12 11:00", "milestone", milestone="readmitted")
    assert closed_as(story) == "readmitted"


def test_nobody_says_settled_or_readmitted_by_hand() -> None:
    story = Story(INPATIENT, "2026-01-05 10:00")
    for exit_ in ("settled", "readmitted"):
        assert story.refused("2026-01-06 10:00", "exit", exit=exit_).kind == "conflict"


def test_therapy_is_completed_with_the_closing_review() -> None:
    story = Story(WAITING, "2026-01-02 09:00")
    for month, milestone in ((3, "assessment"), (5, "therapy-started"), (9, "therapy-ended")):
        story.do(f"2026-0{month}-02 12:00", "milestone", milestone=milestone)
    assert closed_as(story.do("2026-12-01 10:00", "complete", step="closing-review")) == "completed-therapy"


@pytest.mark.parametrize("exit_", ["engaged", "not-engaged"])
def test_the_engagement_check_says_how_it_ended(exit_: str) -> None:
    story = young("primary-care:accepted").do("2027-01-20 10:00", "complete", step="engagement-check", exit=exit_)
    assert closed_as(story) == exit_


def test_the_check_done_without_a_word_leaves_it_open_until_that_is_said() -> None:
    story = young("primary-care:accepted").do("2027-01-20 10:00", "complete", step="engagement-check")
    assert closed_as(story) is None
    assert closed_as(story.do("2027-01-21 10:00", "exit", exit="engaged")) == "engaged"


def test_engaged_is_not_said_before_the_check() -> None:
    assert young("primary-care:accepted").refused("2026-02-01 10:00", "exit", exit="engaged").kind == "conflict"


@pytest.mark.parametrize("destination", UNSETTLED)
@pytest.mark.parametrize("exit_", ["declined-service", "destination-not-needed"])
def test_no_exit_while_the_destination_is_not_accepted(exit_: str, destination: str | None) -> None:
    story = young(destination)
    assert story.refused("2026-02-02 10:00", "exit", exit=exit_).kind == "conflict"
    assert closed_as(story) is None


@pytest.mark.parametrize("destination", UNSETTLED)
def test_nor_by_the_engagement_check(destination: str | None) -> None:
    why = young(destination).refused("2027-01-20 10:00", "complete", step="engagement-check", exit="engaged")
    assert why.kind == "conflict"


@pytest.mark.parametrize("destination", UNSETTLED)
@pytest.mark.parametrize("exit_", ALWAYS)
def test_death_and_moving_away_are_always_possible(exit_: str, destination: str | None) -> None:
    assert closed_as(young(destination).do("2026-02-02 10:00", "exit", exit=exit_)) == exit_


@pytest.mark.parametrize("destination", ["primary-care:accepted", "none-needed", "stays-in-camhs:accepted"])
def test_with_an_accepted_destination_they_may_go(destination: str) -> None:
    assert closed_as(young(destination).do("2026-02-02 10:00", "exit", exit="declined-service")) == "declined-service"


def test_a_declined_destination_opens_the_decision_again() -> None:
    story = Story(CAMHS, "2026-01-12 09:00", born="2008-10-20")
    story.do("2026-05-01 10:00", "facts", facts={"destination": "adult-mental-health:proposed"})
    story.do("2026-05-01 10:01", "complete", step="destination-agreed")
    assert story.state("destination-agreed") is State.DONE
    story.do("2026-06-01 10:00", "facts", facts={"destination": "adult-mental-health:declined"})
    assert (story.state("destination-agreed"), story.times("reopened")) == (State.OPEN, ["2026-06-01 10:00"])
    assert story.until("2026-07-22 00:00").rungs("destination-agreed") == [(1, "2026-07-21 09:00")]


def test_a_destination_declined_after_its_date_is_missed_at_once() -> None:
    story = Story(CAMHS, "2026-01-12 09:00", born="2008-10-20")
    story.do("2026-05-01 10:01", "complete", step="destination-agreed")
    story.do("2026-07-30 10:00", "facts", facts={"destination": "primary-care:declined"})
    assert story.state("destination-agreed") is State.MISSED
    assert story.rungs("destination-agreed") == [(3, "2026-07-30 10:00")]


def test_a_declined_adult_service_takes_its_steps_away() -> None:
    story = Story(CAMHS, "2026-01-12 09:00", born="2008-10-20", facts={"destination": "adult-mental-health:accepted"})
    story.do("2026-06-01 10:00", "facts", facts={"destination": "adult-mental-health:declined"})
    assert story.state("meet-adult-service") is story.state("first-adult-appointment") is State.CANCELLED


def test_nothing_happens_after_the_end() -> None:
    story = Story(INPATIENT, "2026-01-05 10:00").do("2026-01-06 10:00", "exit", exit="died")
    for what, said in (
        ("complete", {"step": "discharge-plan"}),
        ("milestone", {"milestone": "discharged"}),
        ("hold", {"reason": "Abroad"}),
        ("exit", {"exit": "died"}),
        ("facts", {"facts": {"suicide_risk": True}}),
    ):
        assert story.refused("2026-01-07 10:00", what, **said).kind == "conflict"


def test_death_ends_a_hold_an_offer_and_every_alarm() -> None:
    story = Story(INPATIENT, "2026-01-05 10:00", coordinator="c-1").do(
        "2026-01-06 10:00", "milestone", milestone="discharged"
    )
    story.do("2026-01-07 10:00", "complete", step="follow-up-72h", **NOT_SEEN)
    story.do("2026-01-07 11:00", "handover-offer", to="c-2", answer_by="2026-01-20 12:00")
    story.do("2026-01-07 12:00", "hold", reason="Abroad").do("2026-01-07 13:00", "exit", exit="died")
    told = len(story.events)
    assert len(story.until("2027-01-01 00:00").events) == told
    assert (story.journey.hold, story.journey.handover, story.journey.silence) == (None, None, None)
