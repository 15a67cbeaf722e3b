"""Steps that come again: which there are, when they open, and what becomes of those not done."""

from typing import Any

from schemas.journey import State
from schemas.pathway import Pathway
from tests.planner.story import SEEN, Story, a_pathway, a_step, shown

ACCEPTED = {"peer_support": "accepted"}
WEEKLY = {"every": {"days": 7}, "from": {"after": "started"}, "times": 4}


def peers(**series: Any) -> Pathway:
    """A pathway with a peer contact that comes again."""
    return a_pathway(a_step("chat", kind="peer-contact", owner="peer-worker", ladder="gentle", series=series))


def reviews(**series: Any) -> Pathway:
    """A pathway with a review that comes again."""
    return a_pathway(a_step("review", kind="review", series=series))


def states(story: Story, name: str, last: int) -> list[str | None]:
    """The states of the occurrences 1 to `last`."""
    return [story.state(f"{name}#{number}") for number in range(1, last + 1)]


def test_the_first_opens_at_its_anchor_and_each_later_one_when_the_one_before_falls_due() -> None:
    story = Story(reviews(**WEEKLY), "2026-09-01 10:00").until("2026-12-01 00:00")
    opened = [(event.step, shown(event.at)) for event in story.all("opened")]
    assert opened == [
        ("review#1", "2026-09-01 10:00"),
        ("review#2", "end of 2026-09-08"),
        ("review#3", "end of 2026-09-15"),
        ("review#4", "end of 2026-09-22"),
    ]
    assert [story.due(f"review#{n}") for n in (1, 2, 3, 4)] == [
        "end of 2026-09-08",
        "end of 2026-09-15",
        "end of 2026-09-22",
        "end of 2026-09-29",
    ]


def test_the_next_opens_though_the_one_before_was_done_early() -> None:
    story = Story(reviews(**WEEKLY), "2026-09-01 10:00").do("2026-09-02 10:00", "complete", step="review#1")
    assert story.state("review#2") is None
    assert story.until("2026-09-09 00:00").state("review#2") is State.OPEN


def test_undone_peer_contacts_are_superseded_when_the_next_falls_due() -> None:
    story = Story(peers(**WEEKLY), "2026-09-01 10:00", facts=ACCEPTED).until("2026-09-15 23:59")
    assert states(story, "chat", 3) == [State.MISSED, State.OPEN, None]
    story.until("2026-09-16 00:00")
    assert states(story, "chat", 3) == [State.CANCELLED, State.MISSED, State.OPEN]
    assert [(event.step, event.reason) for event in story.all("cancelled")] == [("chat#1", "superseded")]


def test_the_last_peer_contact_supersedes_the_one_before_it_too() -> None:
    story = Story(peers(**WEEKLY), "2026-09-01 10:00", facts=ACCEPTED).until("2026-12-01 00:00")
    assert states(story, "chat", 4) == [State.CANCELLED] * 3 + [State.MISSED]
    assert story.times("cancelled") == ["end of 2026-09-15", "end of 2026-09-22", "end of 2026-09-29"]


def test_the_one_before_the_last_is_superseded_when_the_series_ends_at_a_limit() -> None:
    series = {"every": {"days": 7}, "from": {"after": "started"}, "until": {"after": "started", "days": 15}}
    story = Story(peers(**series), "2026-09-01 10:00", facts=ACCEPTED).until("2026-12-01 00:00")
    assert states(story, "chat", 3) == [State.CANCELLED, State.MISSED, None]


def test_a_done_peer_contact_is_not_superseded() -> None:
    story = Story(peers(**WEEKLY), "2026-09-01 10:00", facts=ACCEPTED)
    story.do("2026-09-02 10:00", "complete", step="chat#1", by="peer-worker", **SEEN).until("2026-12-01 00:00")
    assert states(story, "chat", 4) == [State.DONE, State.CANCELLED, State.CANCELLED, State.MISSED]


def test_other_series_pile_up_for_each_has_still_to_be_done() -> None:
    story = Story(reviews(**WEEKLY), "2026-09-01 10:00").until("2026-12-01 00:00")
    assert states(story, "review", 4) == [State.MISSED] * 4


def test_a_superseded_contact_may_still_be_reported_late() -> None:
    story = Story(peers(**WEEKLY), "2026-09-01 10:00", facts=ACCEPTED).until("2026-09-16 00:00")
    story.do("2026-09-17 10:00", "complete", step="chat#1", by="peer-worker", done_at="2026-09-10 10:00", **SEEN)
    assert story.state("chat#1") is State.DONE


def test_a_series_ends_after_its_times() -> None:
    story = Story(reviews(**WEEKLY), "2026-09-01 10:00").until("2027-06-01 00:00")
    assert story.state("review#5") is None


def test_a_series_ends_with_its_milestone_and_the_occurrence_beyond_it_is_cancelled() -> None:
    series = {"every": {"months": 3}, "from": {"after": "started"}, "until": {"after": "discharged"}}
    story = Story(reviews(**series), "2026-01-05 10:00").do("2026-04-20 10:00", "milestone", milestone="discharged")
    assert [(event.step, event.reason) for event in story.all("cancelled")] == [("review#2", "series-ended")]
    assert states(story.until("2027-01-01 00:00"), "review", 3) == [State.MISSED, State.CANCELLED, None]


def test_an_until_with_a_span_counts_from_its_milestone() -> None:
    series = {
        "every": {"days": 28},
        "from": {"after": "discharged", "days": 28},
        "until": {"after": "discharged", "months": 6},
    }
    story = Story(reviews(**series), "2026-01-05 10:00").do("2026-02-02 10:00", "milestone", milestone="discharged")
    story.until("2027-01-01 00:00")
    dues = [story.due(f"review#{number}") for number in range(1, 6)]
    assert dues == [f"end of 2026-{day}" for day in ("03-30", "04-27", "05-25", "06-22", "07-20")]
    assert story.state("review#6") is None
    assert story.times("opened")[0] == "end of 2026-03-02"


def test_listed_distances_each_count_from_the_anchor() -> None:
    series = {"at": [{"weeks": 2}, {"weeks": 6}, {"weeks": 12}], "from": {"after": "discharged"}}
    story = Story(reviews(**series), "2026-01-05 10:00").do("2026-02-02 10:00", "milestone", milestone="discharged")
    story.until("2027-01-01 00:00")
    assert [story.due(f"review#{n}") for n in (1, 2, 3)] == [
        f"end of 2026-{day}" for day in ("02-16", "03-16", "04-27")
    ]
    assert story.times("opened") == ["2026-02-02 10:00", "end of 2026-02-16", "end of 2026-03-16"]


def test_months_of_a_series_count_from_the_anchor_and_do_not_drift() -> None:
    series = {"every": {"months": 1}, "from": {"after": "started"}, "times": 3}
    story = Story(reviews(**series), "2026-08-31 10:00").until("2027-01-01 00:00")
    assert [story.due(f"review#{n}") for n in (1, 2, 3)] == [
        f"end of 2026-{day}" for day in ("09-30", "10-31", "11-30")
    ]


def test_a_series_before_an_expected_milestone_opens_at_its_anchor() -> None:
    series = {
        "every": {"days": 14},
        "from": {"before": "discharged", "months": 3},
        "until": {"after_expected": "discharged", "months": 3},
    }
    story = Story(peers(**series), "2026-01-05 10:00", facts=ACCEPTED, expected={"discharged": "2026-10-20 00:00"})
    assert story.state("chat#1") in (None, State.PLANNED)
    story.until("2026-07-20 23:59")
    assert story.all("opened") == []
    story.until("2027-06-01 00:00")
    assert story.times("opened")[:2] == ["end of 2026-07-20", "end of 2026-08-03"]
    assert shown(story.all("due", "chat#13")[-1].due) == "end of 2027-01-18"  # the end of 20 January is the limit
    assert story.state("chat#14") is None


def test_a_reminder_whose_moment_came_before_the_occurrence_opened_is_skipped() -> None:
    series = {"every": {"days": 1}, "from": {"after": "started", "days": 2}, "times": 2}
    story = Story(reviews(**series), "2026-09-01 10:00").until("2026-12-01 00:00")
    assert story.times("opened") == ["end of 2026-09-03", "end of 2026-09-04"]
    assert story.times("reminded") == []


def test_occurrences_that_lie_behind_when_the_anchor_becomes_known_have_passed() -> None:
    series = {"every": {"weeks": 1}, "from": {"after": "discharged"}, "times": 4}
    story = Story(reviews(**series), "2026-01-05 10:00")
    story.do("2026-02-20 10:00", "milestone", milestone="discharged", occurred_at="2026-02-02 10:00")
    assert [(event.step, event.reason) for event in story.all("cancelled")] == [
        ("review#1", "passed"),
        ("review#2", "passed"),
    ]
    assert (story.state("review#3"), story.due("review#3")) == (State.OPEN, "end of 2026-02-23")
    assert story.all("escalated") == []


def test_a_series_switched_on_late_has_only_what_lies_ahead() -> None:
    step = a_step("review", kind="review", when={"out_of_area": True}, series=WEEKLY)
    story = Story(a_pathway(step), "2026-09-01 10:00")
    story.do("2026-09-17 10:00", "facts", facts={"out_of_area": True})
    assert states(story, "review", 4) == [State.CANCELLED, State.CANCELLED, State.OPEN, None]
    assert {event.reason for event in story.all("cancelled")} == {"passed"}


def test_a_series_switched_off_is_cancelled_and_on_again_goes_on_where_time_is() -> None:
    story = Story(peers(**WEEKLY), "2026-09-01 10:00", facts=ACCEPTED)
    story.do("2026-09-02 10:00", "facts", facts={"peer_support": "paused"}, by="peer-worker").until("2026-09-17 10:00")
    assert states(story, "chat", 3) == [State.CANCELLED, None, None]
    story.do("2026-09-17 10:00", "facts", facts=ACCEPTED)
    assert states(story, "chat", 4) == [State.CANCELLED, State.CANCELLED, State.OPEN, None]
    assert story.until("2026-09-23 00:00").state("chat#4") is State.OPEN


def test_a_moved_anchor_moves_every_occurrence_that_is_not_done() -> None:
    series = {"every": {"weeks": 1}, "from": {"after": "discharged"}, "times": 4}
    story = Story(reviews(**series), "2026-01-05 10:00").do("2026-02-02 10:00", "milestone", milestone="discharged")
    story.do("2026-02-04 10:00", "complete", step="review#1")
    story.until("2026-02-10 00:00")
    assert story.due("review#2") == "end of 2026-02-16"
    story.do("2026-02-11 10:00", "milestone", milestone="discharged", occurred_at="2026-02-03 10:00")
    assert (story.due("review#1"), story.due("review#2")) == ("end of 2026-02-09", "end of 2026-02-17")


def test_an_attempt_at_an_occurrence_opens_a_risk_review_of_its_own() -> None:
    story = Story(peers(**WEEKLY), "2026-09-01 10:00", facts=ACCEPTED)
    story.do("2026-09-02 10:00", "complete", step="chat#1", by="peer-worker", attendance="3", mechanism="02")
    assert story.state("risk-review:chat#1#1") is State.OPEN
