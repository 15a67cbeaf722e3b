"""The picture of a journey: where things stand, what they look like, and what is said of it."""

from datetime import timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from planner.clock import local_day
from tests.planner.story import INPATIENT, NOT_SEEN, SEEN, WAITING, Story, london
from web.pictures.timeline import SHAPES, Mark, Picture, Row, picture
from web.render import Pages

SVG = "{http://www.w3.org/2000/svg}"


def drawn(story: Story, at: str, **was: str) -> Picture:
    story.until(at)
    before = {step.replace("_", "-"): london(moment) for step, moment in was.items()}
    return picture(story.pathway, story.journey, london(at), before)


def row(found: Picture, title: str) -> Row:
    return next(one for one in found.rows if any(label.text.startswith(title) for label in one.labels))


def only(found: Picture, title: str) -> Mark:
    (mark,) = row(found, title).marks
    return mark


@pytest.fixture
def discharged() -> Story:
    """Somebody who left the ward, was missed once and seen the day after."""
    story = Story(INPATIENT, "2026-03-02 09:00", facts={"peer_support": "accepted"})
    story.do("2026-03-03 10:00", "complete", step="named-coordinator")
    story.do("2026-03-04 10:00", "waive", step="baseline-measures", reason="They would rather not.")
    story.do("2026-05-05 10:00", "milestone", milestone="discharged")
    story.do("2026-05-06 10:00", "complete", step="follow-up-72h", **NOT_SEEN)
    return story.do("2026-05-07 10:00", "complete", step="follow-up-72h", **SEEN)


def test_what_stands_how_looks_like_it(discharged: Story) -> None:
    found = drawn(discharged, "2026-05-08 09:00")
    assert only(found, "Name the care coordinator").shape == "done"
    assert only(found, "Begin the discharge plan").shape == "late"
    assert only(found, "Ask how things are now").shape == "waived"
    assert only(found, "Review together after 6 months").shape == "open"
    assert [mark.shape for mark in row(found, "Catch up, weekly").marks] == ["open", "ahead", "ahead", "ahead"]
    assert [mark.shape for mark in found.contacts] == ["not-seen", "seen"]
    shapes = {mark.shape for one in found.rows for mark in one.marks} | {mark.shape for mark in found.contacts}
    assert shapes <= set(SHAPES)


def test_time_runs_to_the_right_and_everything_is_inside(discharged: Story) -> None:
    found = drawn(discharged, "2026-05-08 09:00")
    assert found.today is not None
    assert only(found, "Name the care coordinator").x < found.today < only(found, "Review together after 3").x
    day = found.contacts[1].x - found.contacts[0].x
    months = only(found, "Review together after 6").x - only(found, "Review together after 3").x
    assert months == pytest.approx(day * 92, rel=0.02)
    for one in found.rows:
        assert one.top < one.y < one.top + one.height <= found.height
        assert all(0 < mark.x < found.width for mark in one.marks)
        assert all(0 < label.x < found.width for label in one.labels)
    assert all(above.top + above.height == below.top for above, below in pairwise(found.rows))
    assert all(left.x < right.x for left, right in pairwise(found.ticks))


def test_stages_are_bands_from_one_milestone_to_the_next() -> None:
    story = Story(INPATIENT, "2026-03-02 09:00", expected={"discharged": london("2026-04-20 00:00")})
    found = drawn(story, "2026-03-10 09:00")
    assert [(band.label, band.certain) for band in found.bands] == [
        ("Start 2 Mar 2026", True),
        ("Discharge expected 20 Apr 2026", False),
    ]
    assert found.bands[0].x + found.bands[0].width == pytest.approx(found.bands[1].x, abs=0.2)
    assert "The discharge is expected on Mon 20 Apr 2026." in found.text
    late = drawn(story, "2026-04-22 09:00")
    assert late.bands[1].label == "Discharge was expected 20 Apr 2026"


def test_a_date_that_moved_and_one_set_by_hand_are_marked() -> None:
    story = Story(INPATIENT, "2026-03-02 09:00", expected={"discharged": london("2026-04-20 00:00")})
    story.do("2026-03-03 09:00", "set-due", step="accommodation-visit", due=london("2026-04-10 12:00"), reason="Keys.")
    story.do("2026-03-04 09:00", "expect", expected={"discharged": london("2026-05-04 00:00")})
    found = drawn(story, "2026-03-05 09:00", discharge_meeting="2026-04-03 00:00")
    moved = only(found, "Meet to plan the discharge")
    assert moved.was is not None
    assert moved.was < moved.x
    assert row(found, "Meet to plan the discharge").labels[0].text.endswith("(moved)")
    assert only(found, "Visit the new home").by_hand
    assert row(found, "Visit the new home").labels[0].text.endswith("(set by hand)")
    assert only(found, "Write down").was is None


def test_a_hold_covers_its_time_and_an_end_has_no_today() -> None:
    story = Story(INPATIENT, "2026-03-02 09:00").do("2026-03-10 09:00", "hold", reason="abroad")
    held = drawn(story, "2026-03-20 09:00")
    assert held.hold is not None
    assert held.hold[0] + held.hold[1] == held.today
    assert "It is on hold." in held.text
    story.do("2026-03-21 09:00", "exit", exit="moved-away")
    closed = drawn(story, "2026-09-01 09:00")
    assert closed.today is None
    assert closed.hold is None
    assert closed.text.startswith("From Mon 2 Mar 2026 to Sat 21 Mar 2026, when it ended.")
    assert not [mark for one in closed.rows for mark in one.marks if mark.shape in ("open", "ahead")]


def test_a_long_wait_has_one_row_for_a_series_that_says_its_name_again() -> None:
    story = Story(WAITING, "2023-01-10 09:00", facts={"peer_support": "accepted"})
    story.do("2023-01-11 09:00", "expect", expected={"assessment": london("2023-02-10 00:00")})
    story.do("2023-02-10 12:00", "complete", step="assessment-attended", **SEEN)
    at = london("2023-02-10 10:00")
    for number in range(1, 30):
        on = f"{local_day(at + timedelta(days=28 * number - 2))} 10:00"
        story.do(on, "complete", step=f"waiting-contact#{number}", **(SEEN if number % 5 else NOT_SEEN))
    found = drawn(story, "2025-06-01 09:00")
    waiting = row(found, "Stay in touch during the wait")
    assert len(waiting.labels) > 1
    assert {mark.shape for mark in waiting.marks} >= {"done", "passed"}
    reviews = row(found, "Are they safe?")
    assert len(reviews.marks) == 5
    assert found.width < 2_500
    assert len(found.ticks) < 20


def test_years_before_the_first_thing_drawn_are_left_out() -> None:
    long_ago, lately = london("2019-01-10 09:00"), london("2026-03-01 09:00")
    told = Story(WAITING, "2026-03-02 09:00", started=long_ago, milestones={"assessment": lately})
    found = drawn(told, "2026-03-03 09:00")
    assert found.bands[0].label == "Referral 10 Jan 2019"
    assert found.width < 1_500


def test_it_is_told_to_those_who_do_not_see_it(discharged: Story) -> None:
    found = drawn(discharged, "2026-05-08 09:00")
    assert "Contacts: 1 took place, 1 did not take place." in found.text
    counts = {shape: sum(mark.shape == shape for one in found.rows for mark in one.marks) for shape in SHAPES}
    assert f"Steps: {counts['done']} done, {counts['late']} late, {counts['open']} to be done" in found.text
    pages = Pages()._environment
    template = (
        '{% import "pictures/timeline.html" as drawing %}<div>{{ drawing.drawn(it) }}{{ drawing.key(shapes) }}</div>'
    )
    html = pages.from_string(template).render(it=found, shapes=SHAPES)
    assert "style=" not in html
    svg = next(one for one in ElementTree.fromstring(html).iter(f"{SVG}svg") if one.get("role") == "img")
    named = {one.get("id"): one.text for one in svg if one.get("id")}
    assert named[svg.get("aria-labelledby")] == found.title
    assert named[svg.get("aria-describedby")] == found.text
    assert float(svg.get("width", 0)) == found.width
