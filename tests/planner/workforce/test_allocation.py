"""Who goes to whom, why, and in which order."""

from datetime import datetime, timedelta
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from planner.clock import midnight
from planner.workforce.allocation import FULL_TIME_MINUTES, Choice, choose, one_contact, people_at_most
from planner.workforce.hours import AHEAD_WEEKS, free_minutes, week_of
from planner.workforce.pattern import DAYS, parse
from planner.workforce.roster import Ask, Busy, Roster, Worker
from schemas.workforce import Policy
from tests.planner.story import london
from tests.planner.workforce.random_rosters import ASKS, CELL, NOW, Slowly, asked_for, rosters

NOW_ = london("2026-11-16 10:00")
FULL = Worker("p-1", parse("mon-fri 09:00-16:30"), 2250)
OTHER = FULL._replace(id="p-2")
ASK = Ask("community", 95)


def chosen(*workers: Worker, ask: Ask = ASK, ahead: tuple[Ask, ...] = (), policy: Policy | None = None) -> str | None:
    return choose(Roster(workers, ahead=ahead, policy=policy), ask, NOW_).staff


def why(choice: Choice, staff: str) -> str:
    return next(one.why for one in choice.considered if one.staff == staff)


def test_with_nothing_to_choose_by_whoever_goes_with_fewer_people_for_their_hours_goes() -> None:
    assert chosen(FULL, OTHER) == "p-1"
    assert chosen(FULL._replace(people=1), OTHER) == "p-2"
    assert chosen(FULL._replace(people=3), OTHER._replace(people=2, minutes=900)) == "p-1"


def test_the_criteria_hold_in_their_order() -> None:
    """Each worker is better by one criterion than the next, who is better by all that come after it."""
    spent = {"11-23": 2200, "11-30": 2200, "12-07": 2200, "12-14": 2100}  # one contact is left, not three
    busy = [
        Busy("p-5", london(f"2026-{day} 09:00"), london(f"2026-{day} 16:30"), minutes) for day, minutes in spent.items()
    ]
    workers = [
        FULL._replace(id="p-1", people=9),
        FULL._replace(id="p-2", people=8),
        FULL._replace(id="p-3", people=7, languages=frozenset({"ur"})),
        FULL._replace(id="p-4", people=6, settings=frozenset({"community"})),
        FULL._replace(id="p-5", people=5),
        FULL._replace(id="p-6", people=4),
        FULL._replace(id="p-7", people=3),
    ]
    ask = Ask("community", 300, asked_for="p-1", past=("p-2",), wishes=("language:ur",))
    order = []
    while (choice := choose(Roster(workers, busy), ask, NOW_)).staff is not None:
        order.append(choice.staff)
        workers = [one for one in workers if one.id != choice.staff]
    assert order == ["p-1", "p-2", "p-3", "p-4", "p-7", "p-6", "p-5"]


def test_whoever_shares_the_post_of_somebody_known_comes_next() -> None:
    share = OTHER._replace(people=5, job_share="p-9")
    known = FULL._replace(id="p-9", job_share="p-2")
    full = known._replace(people=200)
    assert chosen(FULL, share, known, ask=ASK._replace(past=("p-9",))) == "p-9"
    assert chosen(FULL, share, full, ask=ASK._replace(past=("p-9",))) == "p-2"


def test_only_what_the_person_asked_for_counts() -> None:
    woman = OTHER._replace(people=5, attributes=frozenset({"gender:female"}), languages=frozenset({"ur"}))
    assert chosen(FULL, woman) == "p-1"
    assert chosen(FULL, woman, ask=ASK._replace(wishes=("gender:female",))) == "p-2"
    assert chosen(FULL, woman, ask=ASK._replace(wishes=("language:ur",))) == "p-2"
    evenings = OTHER._replace(people=5, pattern=parse("mon-fri 12:00-19:30"))
    assert chosen(FULL, evenings, ask=ASK._replace(wishes=("times:evening",))) == "p-2"


def test_a_secure_ward_needs_experience_and_nobody_is_pressed_on_anybody() -> None:
    ward = OTHER._replace(settings=frozenset({"secure-ward"}))
    choice = choose(Roster([FULL, ward]), Ask("secure-ward", 95, asked_for="p-1"), NOW_)
    assert choice.staff == "p-2"
    assert why(choice, "p-1") == "has not the experience for the setting secure-ward."
    refused = choose(Roster([FULL, ward]), Ask("secure-ward", 95, asked_for="p-2", not_with=frozenset({"p-2"})), NOW_)
    assert refused.staff is None
    assert why(refused, "p-2") == "does not go with this person."


def test_part_of_a_person_counts_as_one() -> None:
    policy = Policy(people_per_full_time=10)
    four_hours = FULL._replace(minutes=240)
    assert people_at_most(four_hours, Roster([four_hours], policy=policy)) == 2
    assert chosen(four_hours._replace(people=1), policy=policy) == "p-1"
    assert chosen(four_hours._replace(people=2), policy=policy) is None


def test_a_place_is_kept_for_whoever_comes_first() -> None:
    policy = Policy(people_per_full_time=1)
    choice = choose(Roster([FULL], policy=policy, ahead=[ASK]), ASK, NOW_)
    assert choice.staff is None
    assert why(choice, "p-1") == (
        "has places for one person by their hours (local policy), and all are taken, "
        "1 of them for people who come first."
    )
    refusing = ASK._replace(not_with=frozenset({"p-1"}))
    assert chosen(FULL, policy=policy, ahead=(refusing,)) == "p-1"
    assert chosen(FULL, OTHER, policy=policy, ahead=(ASK._replace(asked_for="p-2"),)) == "p-1"


def test_hours_that_are_kept_are_not_eaten_into() -> None:
    """Three contacts in four weeks, two of them for whoever comes first: somebody who needs two would take theirs."""
    away = ((london("2026-12-14 00:00"), london("2026-12-21 00:00")),)
    little = FULL._replace(minutes=95, pattern=parse("mon 09:00-16:30"), away=away)
    two = ASK._replace(minutes=190)
    assert chosen(little, ahead=(two,)) == "p-1"
    choice = choose(Roster([little], ahead=[two]), two, NOW_)
    assert choice.staff is None
    assert why(choice, "p-1") == (
        "has no hours left for a contact in the next 4 weeks, with what is kept for people who come first."
    )
    assert chosen(little, ask=ASK._replace(minutes=950)) == "p-1"  # nobody else waits: better some than none


def test_hours_that_make_no_whole_contact_in_any_week_are_promised_to_nobody() -> None:
    """Four hours a week hold two contacts of 95 minutes; the 50 minutes that are left of each week hold none."""
    four_hours = FULL._replace(minutes=240)
    contacts = [
        Busy("p-1", london(f"2026-{day} {hour}:00"), london(f"2026-{day} {hour}:59"), 95)
        for day in ("11-23", "11-30", "12-07", "12-14")
        for hour in (10, 12)
    ]
    choice = choose(Roster([four_hours], contacts), ASK, NOW_)
    assert why(choice, "p-1") == "has no hours left for a contact in the next 4 weeks."
    assert choose(Roster([four_hours], contacts[1:]), ASK, NOW_).staff == "p-1"


# Whatever the team, the person and the week


def cannot(roster: Roster, slowly: Slowly, staff: str, ask: Ask, now: datetime) -> str | None:
    """Why somebody cannot go, as the rules are told to people."""
    worker, policy = roster.workers[staff], roster.policy
    if staff in ask.not_with:
        return "does not go with this person."
    if ask.setting not in (worker.settings or {"community"}):
        return f"has not the experience for the setting {ask.setting}."
    most = ceil(policy.people_per_full_time * worker.minutes / FULL_TIME_MINUTES)
    if worker.people >= most:
        people = "one person" if most == 1 else f"{most} people"
        return f"has places for {people} by their hours (local policy), and all are taken."
    weeks = [week_of(now) + timedelta(weeks=n) for n in range(1, AHEAD_WEEKS + 1)]
    one = policy.contact_minutes + policy.travel_minutes + policy.writing_up_minutes
    if not any(slowly.free(staff, week) >= one for week in weeks):
        return "has no hours left for a contact in the next 4 weeks."
    return None


def meets(worker: Worker, wish: str) -> bool:
    kind, _, what = wish.partition(":")
    if kind == "language":
        return what in worker.languages
    if kind != "times":
        return wish in worker.attributes
    monday = london("2026-01-05 00:00")
    cells = [monday + n * CELL for n in range(7 * 24 * 12)]
    return any(
        asked_for(at, (what,)) and DAYS[shift.weekday] == DAYS[at.weekday()] and shift.begins <= at.time() < shift.ends
        for shift in worker.pattern
        for at in cells
    )


@given(st.data(), NOW, ASKS)
def test_the_explanation_is_complete_and_true(data: st.DataObject, now: datetime, ask: Ask) -> None:
    roster = data.draw(rosters(now))
    slowly, choice = Slowly(roster, now), choose(roster, ask, now)
    assert [one.staff for one in choice.considered] == sorted(roster.workers)
    assert {one.staff: None if one.could else one.why for one in choice.considered} == {
        staff: cannot(roster, slowly, staff, ask, now) for staff in roster.workers
    }
    for one in choice.considered:
        worker = roster.workers[one.staff]
        assert one.why.endswith(".")
        if not one.could:
            continue
        met = [wish for wish in ask.wishes if meets(worker, wish)]
        unmet = [wish for wish in ask.wishes if wish not in met and not wish.startswith("contact:")]
        assert ("is whom the person asked for" in one.why) == (one.staff == ask.asked_for)
        assert ("knows the person" in one.why) == (one.staff in ask.past)
        assert (f"meets what they asked for ({', '.join(met)})" in one.why) == bool(met)
        assert (f"does not meet {', '.join(unmet)}" in one.why) == bool(unmet)
        weeks = [week_of(now) + timedelta(weeks=n) for n in range(1, AHEAD_WEEKS + 1)]
        hours = sum(max(0, slowly.free(one.staff, week)) for week in weeks) / 60
        assert f"has {hours:.1f} hours free in the next 4 weeks and goes with " in one.why


@given(st.data(), NOW, ASKS)
def test_somebody_goes_whenever_somebody_could_and_never_whom_the_person_refused(
    data: st.DataObject, now: datetime, ask: Ask
) -> None:
    roster = data.draw(rosters(now))
    choice = choose(roster, ask, now)
    could = {one.staff for one in choice.considered if one.could}
    assert (choice.staff is None) == (not could)
    assert choice.staff not in ask.not_with
    if choice.staff is not None:
        assert choice.staff in could
        assert choice.why == f"{choice.staff} {why(choice, choice.staff)}"
        assert ask.asked_for not in could or choice.staff == ask.asked_for


@given(st.data(), NOW, ASKS, st.lists(ASKS, max_size=3))
def test_the_same_question_has_the_same_answer_in_whatever_order_it_is_put(
    data: st.DataObject, now: datetime, ask: Ask, ahead: list[Ask]
) -> None:
    roster = data.draw(rosters(now))
    roster.ahead = tuple(ahead)
    busy = [one for staff in roster.workers for one in roster.of(staff)]
    again = Roster(
        data.draw(st.permutations(list(roster.workers.values()))),
        data.draw(st.permutations(busy)),
        policy=roster.policy,
        division=roster.division,
        ahead=ahead,
    )
    assert choose(again, ask, now) == choose(roster, ask, now)
    wishes = tuple(data.draw(st.permutations(ask.wishes)))
    assert choose(again, ask._replace(wishes=wishes), now).staff == choose(roster, ask, now).staff


@given(st.data(), NOW, ASKS, st.lists(ASKS, min_size=1, max_size=4))
def test_nobody_is_placed_before_somebody_ahead_who_could_have_been(
    data: st.DataObject, now: datetime, ask: Ask, ahead: list[Ask]
) -> None:
    """Whoever comes first would have gone to certain workers: to those they can go just as well afterwards."""
    roster = data.draw(rosters(now))
    one = one_contact(roster.policy)
    ask, *ahead = (each._replace(minutes=each.minutes // 95 * one) for each in (ask, *ahead))
    before = roster.copy()
    roster.ahead = tuple(ahead)
    choice = choose(roster, ask, now)
    if choice.staff is not None:
        _goes(roster, choice.staff, ask, now)
    roster.ahead = ()
    for each in ahead:
        staff = choose(before, each, now).staff
        if staff is not None:
            assert next(found.could for found in choose(roster, each, now).considered if found.staff == staff)
            _goes(before, staff, each, now)
            _goes(roster, staff, each, now)


def _goes(roster: Roster, staff: str, ask: Ask, now: datetime) -> None:
    """Somebody goes with a person, whose contacts take the hours of the weeks ahead, as far as there are any."""
    roster.goes_with(staff, 1)
    left, one = ask.minutes, one_contact(roster.policy)
    for number in range(1, AHEAD_WEEKS + 1):
        week = week_of(now) + timedelta(weeks=number)
        spent = min(left, max(0, free_minutes(roster, staff, week)) // one * one)
        if spent:
            # Only how long it takes matters to who is chosen, so it is put where nobody works.
            at = midnight(week) + timedelta(seconds=len(roster.of(staff)))
            roster.take(Busy(staff, at, at + timedelta(seconds=1), spent))
        left -= spent
