"""Silence: nobody has seen the person for longer than the pathway allows."""

from datetime import timedelta
from typing import Any

import pytest

from tests.planner.story import CAMHS, INPATIENT, NOT_SEEN, SEEN, WAITING, Story, a_pathway, a_step, london

CALLS = [a_step(f"call-{n}", kind="contact", due={"after": "started", "days": 300}) for n in (1, 2, 3)]


def a_story(**silence: Any) -> Story:
    """Three calls to make in the year after Tuesday 1 September, and silence after three weeks."""
    return Story(a_pathway(*CALLS, silence={"days": 21} | silence), "2026-09-01 10:00")


@pytest.mark.parametrize(("pathway", "days"), [(CAMHS, 42), (WAITING, 42)])
def test_silence_counts_from_the_start(pathway: str, days: int) -> None:
    story = Story(pathway, "2026-01-12 09:00").until("2026-04-01 00:00")
    assert [event.at - london("2026-01-12 09:00") for event in story.all("silence")] == [timedelta(days=days)]


def test_the_inpatient_pathway_counts_from_the_discharge() -> None:
    story = Story(INPATIENT, "2026-01-12 09:00").do("2026-06-01 12:00", "milestone", milestone="discharged")
    assert story.until("2026-07-01 00:00").times("silence") == ["2026-06-22 12:00"]


def test_it_counts_elapsed_days_whatever_the_clocks_do() -> None:
    story = Story(WAITING, "2026-10-01 09:00").until("2026-12-01 00:00")
    assert story.times("silence") == ["2026-11-12 08:00"]


def test_it_climbs_the_standard_ladder_from_its_day() -> None:
    story = a_story().until("2026-12-01 00:00")
    assert story.times("silence") == ["2026-09-22 10:00"]
    assert story.rungs("silence") == [(1, "2026-09-23 09:00"), (2, "2026-09-25 09:00"), (3, "2026-09-29 09:00")]
    assert [event.to for event in story.all("escalated")] == [["coordinator"], ["team-lead"], ["service-manager"]]


def test_a_contact_ends_it_and_it_can_be_raised_again() -> None:
    story = a_story().do("2026-09-24 10:00", "complete", step="call-1", **SEEN)
    assert story.times("stood-down") == ["2026-09-24 10:00"]
    story.until("2026-12-01 00:00")
    assert story.times("silence") == ["2026-09-22 10:00", "2026-10-15 10:00"]
    assert story.rungs("silence")[:2] == [(1, "2026-09-23 09:00"), (1, "2026-10-16 09:00")]


def test_a_contact_moves_it_on() -> None:
    story = a_story().do("2026-09-15 10:00", "complete", step="call-1", **SEEN).until("2026-10-10 00:00")
    assert story.times("silence") == ["2026-10-06 10:00"]


def test_an_attempt_is_no_contact() -> None:
    story = a_story().do("2026-09-15 10:00", "complete", step="call-1", **NOT_SEEN).until("2026-10-01 00:00")
    assert story.times("silence") == ["2026-09-22 10:00"]


def test_an_attended_contact_counts_even_where_it_does_not_satisfy_its_step() -> None:
    story = Story(INPATIENT, "2026-08-03 10:00").do("2026-09-01 08:00", "milestone", milestone="discharged")
    story.do("2026-09-01 15:00", "complete", step="follow-up-72h", by="community-team", **SEEN)
    assert story.until("2026-10-01 00:00").times("silence") == ["2026-09-22 15:00"]


def test_a_contact_reported_late_counts_from_when_it_was() -> None:
    story = a_story().do("2026-09-24 10:00", "complete", step="call-1", done_at="2026-09-20 10:00", **SEEN)
    assert story.times("stood-down") == ["2026-09-24 10:00"]
    assert story.until("2026-10-20 00:00").times("silence")[1:] == ["2026-10-11 10:00"]


def test_an_older_contact_reported_later_does_not_bring_it_back() -> None:
    story = a_story().do("2026-09-15 10:00", "complete", step="call-1", **SEEN)
    story.do("2026-09-16 10:00", "complete", step="call-2", done_at="2026-09-05 10:00", **SEEN)
    assert story.until("2026-10-10 00:00").times("silence") == ["2026-10-06 10:00"]


def test_it_may_be_acknowledged() -> None:
    story = a_story().do("2026-09-23 10:00", "acknowledge", step="silence", until="2026-09-28 12:00", by="coordinator")
    story.until("2026-12-01 00:00")
    assert story.rungs("silence") == [(1, "2026-09-23 09:00"), (2, "2026-09-28 12:00"), (3, "2026-09-29 09:00")]


def test_it_ends_with_the_transition() -> None:
    story = a_story().do("2026-09-10 10:00", "exit", exit="left").until("2026-12-01 00:00")
    assert story.all("silence") == []


def test_a_corrected_anchor_away_and_back_tells_nobody_twice() -> None:
    story = Story(INPATIENT, "2026-01-12 09:00").do("2026-06-01 12:00", "milestone", milestone="discharged")
    story.until("2026-06-24 00:00")
    assert story.rungs("silence") == [(1, "2026-06-23 09:00")]
    story.do("2026-06-24 10:00", "milestone", milestone="discharged", occurred_at="2026-06-02 12:00")
    story.do("2026-06-24 11:00", "milestone", milestone="discharged", occurred_at="2026-06-01 12:00")
    assert story.rungs("silence") == [(1, "2026-06-23 09:00"), (1, "2026-06-24 10:00")]
