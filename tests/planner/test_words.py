"""What is waited for, and what a command would do, in words that name nobody."""

from planner.preview import preview
from planner.waits import headline, waits
from schemas.codes import Role
from tests.planner.story import INPATIENT, Story, a_pathway, a_step, shown

LETTER = a_step("letter", due={"after": "started", "days": 7})
MEETING = a_step("meeting", kind="meeting", due={"before": "discharged", "working_days": 10})
FORM = a_step("form", due={"after": "discharged", "days": 7})


def texts(story: Story) -> dict[str, str]:
    """What each step waits for."""
    return {wait.step: wait.text for wait in waits(story.pathway, story.journey)}


def test_every_wait_has_a_name_that_a_person_can_read() -> None:
    story = Story(a_pathway(LETTER, MEETING, FORM), "2026-09-01 10:00")
    told = texts(story)
    assert told["letter"] == "due Tue 8 Sep 2026, then the coordinator is told"
    assert told["meeting"] == "waiting for an expected date of the discharge"
    assert told["form"] == "waiting for the discharge date"
    assert (
        headline(story.pathway, story.journey) == "started — letter: due Tue 8 Sep 2026, then the coordinator is told"
    )


def test_what_is_late_says_who_is_told_next_and_when() -> None:
    story = Story(a_pathway(LETTER), "2026-09-01 10:00").until("2026-09-09 09:00")
    assert (
        texts(story)["letter"] == "overdue, was due Tue 8 Sep 2026, then the team lead is told at Fri 11 Sep 2026 09:00"
    )
    story.until("2026-10-01 09:00")
    assert texts(story)["letter"] == "overdue, was due Tue 8 Sep 2026; the last rung of its ladder has been told"


def test_a_hold_and_a_date_set_by_hand_are_shown() -> None:
    story = Story(a_pathway(LETTER), "2026-09-01 10:00")
    story.do("2026-09-02 10:00", "set-due", step="letter", due="2026-09-10 12:00", reason="Later")
    assert texts(story)["letter"].startswith("due Thu 10 Sep 2026 12:00 (set by hand)")
    story.do("2026-09-03 10:00", "hold", reason="Abroad")
    assert texts(story)["letter"] == "due Thu 10 Sep 2026 12:00 (set by hand), on hold"


def test_a_closed_transition_waits_for_nothing() -> None:
    story = Story(INPATIENT, "2026-09-01 10:00").do("2026-09-02 10:00", "exit", exit="died")
    assert (texts(story), headline(story.pathway, story.journey)) == ({}, "closed as died")


def test_a_preview_says_what_a_command_would_do_and_does_nothing() -> None:
    by_hand = a_step("visit", kind="meeting", due=MEETING["due"])
    story = Story(a_pathway(MEETING, by_hand, LETTER), "2026-09-01 10:00", expected={"discharged": "2026-10-12 12:00"})
    story.do("2026-09-02 10:00", "set-due", step="visit", due="2026-09-25 12:00", reason="Later").until(
        "2026-09-03 10:00"
    )
    before = story.journey.model_dump_json()
    command = Story.command("expect", "2026-09-03 10:00", expected={"discharged": "2026-09-10 12:00"})
    seen = preview(story.pathway, story.journey, command)
    assert [(move.step, shown(move.before), shown(move.after)) for move in seen.moves] == [
        ("meeting", "end of 2026-09-28", "end of 2026-08-26")
    ]
    assert (seen.stays, seen.late, seen.told) == (["visit"], ["meeting"], {"meeting": [Role.SERVICE_MANAGER]})
    assert seen.words() == [
        "meeting moves from Mon 28 Sep 2026 to Wed 26 Aug 2026",
        "visit stays: its date was set by hand",
        "meeting becomes late at once",
        "the service manager would be told about meeting",
    ]
    assert story.journey.model_dump_json() == before
