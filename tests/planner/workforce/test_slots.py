"""A time that exists: the earliest at which everybody works, is free, and has hours left."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from planner.workforce.hours import week_of
from planner.workforce.pattern import parse
from planner.workforce.roster import Busy, Roster, Worker
from planner.workforce.slots import Slot, Wanted, find, over_hours, problems, slot_at
from schemas.codes import Division
from schemas.workforce import Place
from tests.planner.story import london, shown
from tests.planner.workforce.random_rosters import CELL, NOW, Slowly, asked_for, rosters, wanted

TUESDAYS = Worker("p-1", parse("tue 10:00-14:00"), 240)
WEDNESDAYS = Worker("p-2", parse("wed 10:00-14:00"), 240)


def a_contact(*staff: str, first: str = "2026-11-16 10:00", last: str = "2026-11-30 00:00", **more: object) -> Wanted:
    plain = Wanted(staff, london(first), london(last), 60, Place.COMMUNITY)
    return plain._replace(**more)  # type: ignore[arg-type]  # the fields of Wanted


def taken(roster: Roster, *days: str) -> Roster:
    """The roster with a contact of p-1 at those times."""
    for day in days:
        (busy,) = slot_at(london(day), 60, Place.COMMUNITY, ["p-1"], roster.policy).busy
        roster.take(busy)
    return roster


def when(found: Slot | str) -> str | None:
    return found if isinstance(found, str) else shown(found.starts)


def test_the_way_there_and_the_writing_up_are_worked_too() -> None:
    slot = find(Roster([TUESDAYS]), a_contact("p-1"))
    assert isinstance(slot, Slot)
    assert (shown(slot.starts), shown(slot.ends)) == ("2026-11-17 10:20", "2026-11-17 11:20")
    assert slot.busy == (Busy("p-1", london("2026-11-17 10:00"), london("2026-11-17 11:35"), 95),)


def test_nobody_travels_to_a_telephone() -> None:
    slot = find(Roster([TUESDAYS]), a_contact("p-1", place=Place.TELEPHONE))
    assert isinstance(slot, Slot)
    assert (shown(slot.starts), slot.busy[0].minutes) == ("2026-11-17 10:00", 75)


def test_the_next_contact_follows_the_writing_up_and_then_the_hours_are_used_up() -> None:
    roster = taken(Roster([TUESDAYS]), "2026-11-17 10:20")
    assert when(find(roster, a_contact("p-1"))) == "2026-11-17 11:55"
    taken(roster, "2026-11-17 11:55")
    assert when(find(roster, a_contact("p-1"))) == "2026-11-24 10:20"
    assert (
        when(find(roster, a_contact("p-1", last="2026-11-20 00:00")))
        == "every hour that is worked until then is booked"
    )


@pytest.mark.parametrize(
    ("worker", "more", "why"),
    [
        (TUESDAYS, {"last": "2026-11-17 09:00"}, "nobody works between now and then"),
        (TUESDAYS, {"first": "2026-11-18 00:00", "last": "2026-11-24 00:00"}, "nobody works between now and then"),
        (
            TUESDAYS._replace(pattern=parse("tue 10:00-11:30")),
            {},
            "no spell of work until then is long enough, with the way there and the writing up",
        ),
        (TUESDAYS._replace(minutes=90), {}, "the hours of the week are used up"),
        (TUESDAYS, {"times": ("evening",)}, "no hour that is worked until then is at a time the person asked for"),
        (TUESDAYS, {"times": ("fri",)}, "no hour that is worked until then is at a time the person asked for"),
    ],
)  # fmt: skip
def test_why_there_is_no_time_is_said(worker: Worker, more: dict[str, str], why: str) -> None:
    assert find(Roster([worker]), a_contact("p-1", **more)) == why


def test_a_time_that_the_person_asked_for_and_that_is_taken_is_called_booked() -> None:
    roster = taken(Roster([TUESDAYS]), "2026-11-17 11:55", "2026-11-24 11:55")
    assert find(roster, a_contact("p-1", times=("afternoon",))) == "every hour that is worked until then is booked"
    assert when(find(roster, a_contact("p-1", times=("morning",)))) == "2026-11-17 10:20"


def test_two_come_together_only_when_both_work() -> None:
    both = WEDNESDAYS._replace(pattern=parse("tue-wed 12:00-14:00"))
    assert when(find(Roster([TUESDAYS, both]), a_contact("p-1", "p-2"))) == "2026-11-17 12:20"
    assert find(Roster([TUESDAYS, WEDNESDAYS]), a_contact("p-1", "p-2")) == "nobody works between now and then"


def test_an_absence_and_a_bank_holiday_are_stepped_over() -> None:
    away = TUESDAYS._replace(away=((london("2026-11-17 00:00"), london("2026-11-18 00:00")),))
    assert when(find(Roster([away]), a_contact("p-1"))) == "2026-11-24 10:20"
    mondays = TUESDAYS._replace(pattern=parse("mon 10:00-14:00"))
    andrew = a_contact("p-1", first="2026-11-30 00:00", last="2026-12-31 00:00")
    assert when(find(Roster([mondays]), andrew)) == "2026-11-30 10:20"
    assert when(find(Roster([mondays], division=Division.SCOTLAND), andrew)) == "2026-12-07 10:20"


def test_the_times_that_the_person_asked_for_are_kept() -> None:
    full = Worker("p-1", parse("mon-fri 09:00-17:00"), 2250)
    for times, at in {
        ("afternoon",): "2026-11-16 12:00",
        ("thursdays",): "2026-11-19 09:20",
        ("fri", "afternoon"): "2026-11-20 12:00",
        ("tue", "wed"): "2026-11-17 09:20",
        ("whenever",): "2026-11-16 10:00",
    }.items():
        found = find(Roster([full]), a_contact("p-1", first="2026-11-16 10:00", times=times))
        assert when(found) == at


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_on_the_day_of_a_clock_change_the_wall_clock_holds(day: str) -> None:
    sundays = Worker("p-1", parse("sun 09:00-11:00"), 240)
    slot = find(Roster([sundays]), a_contact("p-1", first=f"{day} 00:00", last=f"{day} 23:00"))
    assert isinstance(slot, Slot)
    assert shown(slot.starts) == f"{day} 09:20"
    assert problems(Roster([sundays]), slot) == []


def test_what_is_wrong_with_a_time_that_somebody_named_is_said_of_everybody() -> None:
    roster = taken(Roster([TUESDAYS, WEDNESDAYS]), "2026-11-17 10:20")
    slot = slot_at(london("2026-11-17 11:00"), 60, Place.COMMUNITY, ["p-1", "p-2", "p-9"], roster.policy)
    assert problems(roster, slot) == [
        "p-1 is booked already then.",
        "p-2 does not work then, with the way there and the writing up.",
        "p-9 is no peer worker of this team.",
    ]
    assert over_hours(roster, slot) == []
    short = Roster([TUESDAYS._replace(minutes=94)])
    assert over_hours(short, slot) == ["p-1"]


@given(st.data(), NOW)
def test_the_earliest_time_wins_and_none_that_exists_is_missed(data: st.DataObject, now: datetime) -> None:
    roster = data.draw(rosters(now))
    sought = data.draw(wanted(roster, now))
    found = find(roster, sought)
    earliest = Slowly(roster, now).earliest(sought)
    if isinstance(found, str):
        assert earliest is None, found
    else:
        assert found.starts == earliest


@given(st.data(), NOW)
def test_no_time_breaks_a_promise(data: st.DataObject, now: datetime) -> None:
    roster = data.draw(rosters(now))
    sought = data.draw(wanted(roster, now))
    slot = find(roster, sought)
    assume(isinstance(slot, Slot))
    assert isinstance(slot, Slot)
    assert sought.first <= slot.starts < slot.ends <= sought.last
    assert slot.ends - slot.starts == timedelta(minutes=sought.minutes)
    assert (slot.starts - datetime(2026, 1, 1, tzinfo=UTC)) % CELL == timedelta()
    assert [one.staff for one in slot.busy] == list(sought.staff)
    assert asked_for(slot.starts, sought.times)
    assert problems(roster, slot) == []
    assert over_hours(roster, slot) == []


@given(st.data(), NOW)
def test_a_time_that_somebody_names_is_judged_as_one_that_is_found(data: st.DataObject, now: datetime) -> None:
    roster = data.draw(rosters(now))
    sought = data.draw(wanted(roster, now))._replace(times=())
    at = sought.first + data.draw(st.integers(0, 2000)) * CELL
    assume(at + timedelta(minutes=sought.minutes) <= sought.last)
    slot = slot_at(at, sought.minutes, sought.place, sought.staff, roster.policy)
    fine = not problems(roster, slot) and not over_hours(roster, slot)
    assert fine == Slowly(roster, now).can(sought, at)


@given(st.data(), NOW)
def test_a_week_is_filled_without_overlap_and_never_over_its_hours(data: st.DataObject, now: datetime) -> None:
    """One contact after the other is booked until there is no time: every promise holds of all of them together."""
    roster = data.draw(rosters(now))
    sought = data.draw(wanted(roster, now))
    fresh: list[Busy] = []
    while isinstance(slot := find(roster, sought), Slot):
        for busy in slot.busy:
            assert not any(one.begins < busy.ends and busy.begins < one.ends for one in roster.of(busy.staff))
            roster.take(busy)
            fresh.append(busy)
    slowly = Slowly(roster, now)
    for busy in fresh:
        assert slowly.works(busy.staff, busy.begins, busy.ends)
        assert slowly.free(busy.staff, week_of(busy.begins)) >= 0
