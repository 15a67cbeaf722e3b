"""Why a step is due when it is: each kind of rule, who moved it, what a hold added."""

import pytest

from planner.because import Moved, because
from tests.planner.story import CAMHS, INPATIENT, NOT_SEEN, SEEN, WAITING, Story, a_pathway, a_step, london

RULES = {
    "hours": ({"after": "discharged", "hours": 48}, "Due Mon 11 May 2026 14:05", "at 14:05", "48 hours after that"),
    "days": ({"after": "discharged", "days": 3}, "Due Tue 12 May 2026", "", "3 days after that"),
    "weeks": ({"after": "discharged", "weeks": 1}, "Due Sat 16 May 2026", "", "1 week after that"),
    "months": ({"after": "discharged", "months": 2}, "Due Thu 9 Jul 2026", "", "2 months after that"),
    "working-days": (
        {"after": "discharged", "working_days": 5},
        "Due Fri 15 May 2026",
        "",
        "5 working days after that",
    ),
    "that-day": ({"after": "discharged", "days": 0}, "Due Sat 9 May 2026", "", "that day"),
}


def told(story: Story, step: str, moved: Moved | None = None) -> str:
    return because(story.pathway, story.journey, story.step(step), moved)


@pytest.mark.parametrize("unit", RULES)
def test_each_unit_after_a_milestone(unit: str) -> None:
    rule, due, time, says = RULES[unit]
    story = Story(a_pathway(a_step("letter", due=rule)), "2026-05-01 09:00")
    waiting = "it is due with" if unit == "that-day" else f"it is due {says.removesuffix(' that')}"
    assert told(story, "letter") == f"No date yet: {waiting} the discharge, which has not happened yet."
    story.do("2026-05-09 14:05", "milestone", milestone="discharged")
    on = f"the discharge was on Sat 9 May 2026{f' {time}' if time else ''}"
    assert told(story, "letter") == f"{due} because {on} and the pathway says {says}."


def test_before_what_is_expected_and_after_it() -> None:
    pathway = a_pathway(
        a_step("visit", due={"before": "discharged", "working_days": 5}),
        a_step("call", due={"after_expected": "discharged", "days": 2}),
    )
    story = Story(pathway, "2026-05-01 09:00")
    waits = "the discharge, which has no expected date yet."
    assert told(story, "visit") == f"No date yet: it is due 5 working days before {waits}"
    story.do("2026-05-01 10:00", "expect", expected={"discharged": london("2026-05-20 00:00")})
    expected = "the discharge is expected on Wed 20 May 2026"
    assert (
        told(story, "visit")
        == f"Due Wed 13 May 2026 because {expected} and the pathway says 5 working days before that."
    )
    assert told(story, "call") == f"Due Fri 22 May 2026 because {expected} and the pathway says 2 days after that."
    # It happened later than was expected: what hangs on the expected day stays where it was.
    story.do("2026-05-21 12:00", "milestone", milestone="discharged")
    assert "because the discharge was expected on Wed 20 May 2026" in told(story, "call")


def test_before_something_that_happened_sooner_than_expected() -> None:
    story = Story(a_pathway(a_step("visit", due={"before": "discharged", "days": 2})), "2026-05-01 09:00")
    story.do("2026-05-01 10:00", "expect", expected={"discharged": london("2026-05-20 00:00")})
    story.do("2026-05-10 12:00", "milestone", milestone="discharged")
    assert told(story, "visit") == (
        "Due Fri 8 May 2026 because the discharge was on Sun 10 May 2026 and the pathway says 2 days before that."
    )


def test_a_birthday_is_named_as_such() -> None:
    story = Story(CAMHS, "2026-05-01 09:00", born="2008-11-20")
    assert told(story, "planning-meeting") == (
        "Due Sun 20 Sep 2026 because the transfer is expected on Fri 20 Nov 2026, when they turn 18, "
        "and the pathway says 2 months before that."
    )


def test_occurrences_of_a_series() -> None:
    story = Story(INPATIENT, "2026-05-01 09:00", facts={"peer_support": "accepted"})
    assert told(story, "weekly-peer-contact#1") == (
        "No date yet: it comes every 7 days from the discharge, which has not happened yet."
    )
    assert told(story, "monthly-peer-contact#1").startswith(
        "No date yet: it comes every 28 days from 28 days after the"
    )
    story.do("2026-05-09 14:05", "milestone", milestone="discharged").until("2026-05-17 09:00")
    on = "because the discharge was on Sat 9 May 2026 and the pathway says"
    assert told(story, "weekly-peer-contact#2") == (
        f"Due Sat 23 May 2026 {on} every 7 days from then: this is number 2 of 4."
    )
    assert told(story, "monthly-peer-contact#1") == (
        f"Due Sat 4 Jul 2026 {on} every 28 days from 28 days after that: this is number 1."
    )


def test_occurrences_at_listed_distances_and_each_week() -> None:
    start = {"after": "discharged"}
    pathway = a_pathway(
        a_step("ask", series={"at": [{"weeks": 2}, {"weeks": 6}], "from": start}),
        a_step("call", series={"every": {"weeks": 1}, "from": start, "times": 3}),
        a_step("look", series={"every": {"hours": 12}, "from": start, "times": 3}),
    )
    story = Story(pathway, "2026-05-01 09:00").do("2026-05-09 14:05", "milestone", milestone="discharged")
    assert told(story, "ask#1").endswith("and the pathway says 2 weeks after that (number 1 of 2).")
    assert told(story, "call#1").endswith("and the pathway says every week from then: this is number 1 of 3.")
    assert told(story, "look#1") == (
        "Due Sun 10 May 2026 02:05 because the discharge was on Sat 9 May 2026 at 14:05 "
        "and the pathway says every 12 hours from then: this is number 1 of 3."
    )


def test_a_hold_adds_its_time() -> None:
    story = Story(INPATIENT, "2026-05-01 09:00")
    story.do("2026-05-02 09:00", "hold", reason="abroad")
    assert told(story, "discharge-plan").endswith(" It moves on by as long as the hold lasts.")
    story.do("2026-05-07 09:00", "resume")
    assert told(story, "discharge-plan") == (
        "Due Tue 12 May 2026 because the start was on Fri 1 May 2026 and the pathway says 3 working days after that; "
        "the time on hold added 5 days."
    )


def test_a_risk_review_names_the_contact_that_was_missed() -> None:
    story = Story(INPATIENT, "2026-05-01 09:00").do("2026-05-09 14:05", "milestone", milestone="discharged")
    story.do("2026-05-11 10:00", "complete", step="follow-up-72h", **NOT_SEEN)
    assert told(story, "risk-review:follow-up-72h#1") == (
        "Due Mon 11 May 2026 14:00 because they were not seen for “See or call them on one of the three days after "
        "discharge” on Mon 11 May 2026, and the pathway says 4 hours after that was recorded "
        "(Mon 11 May 2026 at 10:00)."
    )


def test_a_date_set_by_hand_says_what_the_pathway_would() -> None:
    story = Story(INPATIENT, "2026-05-01 09:00")
    due = london("2026-05-20 12:00")
    story.do("2026-05-02 09:00", "set-due", step="discharge-plan", due=due, reason="Their mother comes then.")
    by_hand = "Due Wed 20 May 2026 12:00, set by hand (the pathway would say Thu 7 May 2026): Their mother comes then."
    assert told(story, "discharge-plan") == by_hand
    moved = Moved(
        london("2026-05-08 00:00"), london("2026-05-02 09:00"), "Ann Shah", "set-due", "Their mother comes then."
    )
    assert told(story, "discharge-plan", moved) == (
        f"{by_hand} Moved from Thu 7 May 2026 on Sat 2 May 2026 by Ann Shah, by hand."
    )


def test_who_moved_it_and_why() -> None:
    moved_by, why = "Ann Shah", "The flat is late."
    story = Story(INPATIENT, "2026-05-01 09:00", expected={"discharged": london("2026-06-01 00:00")})
    before = story.step("discharge-meeting").due
    story.do(
        "2026-05-04 09:00", "expect", expected={"discharged": london("2026-06-08 00:00")}, reason="The flat is late."
    )
    moved = Moved(before, london("2026-05-04 09:00"), moved_by, "expect", why)
    assert told(story, "discharge-meeting", moved).endswith(
        " Moved from Fri 15 May 2026 on Mon 4 May 2026 by Ann Shah, when an expected date changed: The flat is late."
    )
    assert "Moved" not in told(story, "discharge-meeting", moved._replace(was=story.step("discharge-meeting").due))


def test_what_ended_before_its_date_moved() -> None:
    story = Story(INPATIENT, "2026-05-01 09:00", expected={"discharged": london("2026-06-01 00:00")})
    story.do("2026-05-02 09:00", "complete", step="discharge-meeting")
    story.do("2026-05-04 09:00", "expect", expected={"discharged": london("2026-06-08 00:00")})
    assert told(story, "discharge-meeting") == "Was due Fri 15 May 2026, as the dates stood then."
    story.do("2026-05-05 09:00", "expect", expected={"discharged": None})
    assert told(story, "discharge-meeting") == "Was due Fri 15 May 2026, as the dates stood then."


def test_what_alongside_opens_itself() -> None:
    story = Story(WAITING, "2026-05-01 09:00")
    silence = story.journey.silence
    assert silence is not None
    allowed = "and the pathway allows 42 days without a contact."
    assert because(story.pathway, story.journey, silence).endswith(
        f"because the referral was on Fri 1 May 2026 {allowed}"
    )
    story.do("2026-05-04 09:00", "expect", expected={"assessment": london("2026-05-20 00:00")})
    story.do("2026-05-20 12:00", "complete", step="assessment-attended", **SEEN)
    seen = story.journey.silence
    assert seen is not None
    assert because(story.pathway, story.journey, seen).endswith(
        f"because they were last seen on Wed 20 May 2026 {allowed}"
    )
    answer_by = london("2026-05-27 12:00")
    story.do("2026-05-21 09:00", "handover-offer", to="coord-2", answer_by=answer_by)
    assert told(story, "handover#1").endswith("because whoever offered to hand over asked for an answer by then.")
    story.do("2026-05-21 10:00", "add-step", step="buy-a-phone", title="Buy a phone", due=answer_by)
    assert told(story, "buy-a-phone").endswith("because it was added for this person alone, with that date.")
