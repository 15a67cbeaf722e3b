"""Who goes to whom: by what the person asked for first, by the service's convenience last; and why, for everybody."""

from collections.abc import Iterator
from datetime import datetime
from math import ceil
from typing import NamedTuple

from planner.clock import LONDON
from planner.workforce.hours import AHEAD_WEEKS, free_ahead, room_ahead
from planner.workforce.roster import Ask, Roster, Worker
from planner.workforce.slots import suits
from schemas.base import Stored, Words
from schemas.workforce import Policy

FULL_TIME_MINUTES = 2250
"""A week of 37.5 hours."""
NOTHING_HELD = (0, 0)
"""People and minutes that are kept of a worker for whoever comes first."""
NO_EXPERIENCE_NEEDED = frozenset({"community"})
"""Where somebody may work whose settings the staff list does not say."""


class Considered(Stored):
    """What was found of one candidate: a sentence, and whether they could go."""

    staff: str
    could: bool
    why: Words


class Choice(NamedTuple):
    """Who goes, or nobody; why; and every candidate with a sentence."""

    staff: str | None
    why: str
    considered: list[Considered]


def one_contact(policy: Policy) -> int:
    """The minutes that a contact takes of a worker's hours, when they travel to it."""
    return policy.contact_minutes + policy.travel_minutes + policy.writing_up_minutes


def people_at_most(worker: Worker, roster: Roster) -> int:
    """How many people a worker's hours are for: local policy, part of a person counts as one."""
    return ceil(roster.policy.people_per_full_time * worker.minutes / FULL_TIME_MINUTES)


def choose(roster: Roster, ask: Ask, now: datetime) -> Choice:
    """The worker who goes to a person, after those ahead in the queue have theirs.

    In order: whom the person asked for; whom they know; what else they asked for; who knows the setting; who has
    hours for all of it; who has fewest people for their hours. The same question always has the same answer.
    """
    one = one_contact(roster.policy)
    # With nobody free there is nothing to keep for those ahead: a long queue is not gone through for that.
    free = any(_cannot(roster, staff, ask, now, NOTHING_HELD, one) is None for staff in roster.workers)
    held = _held_by_those_ahead(roster, now) if free else {}
    considered, could = [], []
    for staff in roster.workers:
        kept = held.get(staff, NOTHING_HELD)
        # Some contacts are better than none, but not when the others would be those of somebody who comes first.
        no = _cannot(roster, staff, ask, now, kept, ask.minutes if kept[1] else one)
        if no is None:
            could.append((_rank(roster, staff, ask, now, kept), staff))
        considered.append(Considered(staff=staff, could=no is None, why=no or _merits(roster, staff, ask, now)))
    if not could:
        return Choice(None, "Nobody is free to go with this person.", considered)
    chosen = min(could)[1]
    return Choice(chosen, f"{chosen} {next(one.why for one in considered if one.staff == chosen)}", considered)


def _held_by_those_ahead(roster: Roster, now: datetime) -> dict[str, tuple[int, int]]:
    """People and minutes of each worker that are kept for whoever stands before in the queue."""
    one = one_contact(roster.policy)
    held: dict[str, tuple[int, int]] = {}
    for ask in roster.ahead:
        ranked = [
            (_rank(roster, staff, ask, now, held.get(staff, NOTHING_HELD)), staff)
            for staff in roster.workers
            if _cannot(roster, staff, ask, now, held.get(staff, NOTHING_HELD), one) is None
        ]
        if ranked:
            staff = min(ranked)[1]
            people, minutes = held.get(staff, NOTHING_HELD)
            held[staff] = people + 1, minutes + ask.minutes
    return held


def _cannot(roster: Roster, staff: str, ask: Ask, now: datetime, held: tuple[int, int], least: int) -> str | None:
    """Why a worker cannot go at all; None when they can. `least` is how many minutes of theirs it takes."""
    worker = roster.workers[staff]
    people, minutes = held
    if staff in ask.not_with:
        return "does not go with this person."
    if ask.setting not in (worker.settings or NO_EXPERIENCE_NEEDED):
        return f"has not the experience for the setting {ask.setting}."
    most = people_at_most(worker, roster)
    if worker.people + people >= most:
        kept = f", {people} of them for people who come first" if people else ""
        return f"has places for {_people(most)} by their hours (local policy), and all are taken{kept}."
    room = room_ahead(roster, staff, now, one_contact(roster.policy)) - minutes
    if room < least:
        kept = ", with what is kept for people who come first" if minutes else ""
        return f"has no hours left for a contact in the next {AHEAD_WEEKS} weeks{kept}."
    return None


def _rank(roster: Roster, staff: str, ask: Ask, now: datetime, held: tuple[int, int]) -> tuple[float, ...]:
    """The lower, the better."""
    worker = roster.workers[staff]
    known = [*ask.past, *(w.job_share for p in ask.past if (w := roster.workers.get(p)) and w.job_share)]
    return (
        staff != ask.asked_for,
        known.index(staff) if staff in known else len(known),
        -len(list(_met(worker, ask))),
        ask.setting not in worker.settings,
        room_ahead(roster, staff, now, one_contact(roster.policy)) - held[1] < ask.minutes,
        (worker.people + held[0]) / worker.minutes,
    )


def _met(worker: Worker, ask: Ask) -> Iterator[str]:
    """The wishes that a worker meets, of those that are about the worker."""
    for wish in ask.wishes:
        kind, _, what = wish.partition(":")
        meets_language = kind == "language" and what in worker.languages
        meets_time = kind == "times" and any(_works_at(worker, what))
        if meets_language or meets_time or (kind in ("gender", "culture") and wish in worker.attributes):
            yield wish


def _works_at(worker: Worker, what: str) -> Iterator[bool]:
    for shift in worker.pattern:
        # A Monday in 2026 gives each shift a date; what is asked is only its weekday and hour.
        day = datetime(2026, 1, 5 + shift.weekday, tzinfo=LONDON)
        hours = range(shift.begins.hour, shift.ends.hour + (shift.ends.minute > 0))
        yield any(suits(day.replace(hour=hour), (what,)) for hour in hours)


def _merits(roster: Roster, staff: str, ask: Ask, now: datetime) -> str:
    """What speaks for a worker, in one sentence."""
    worker = roster.workers[staff]
    merits = []
    if staff == ask.asked_for:
        merits.append("is whom the person asked for")
    if staff in ask.past:
        merits.append("knows the person")
    if met := list(_met(worker, ask)):
        merits.append(f"meets what they asked for ({', '.join(met)})")
    unmet = [wish for wish in ask.wishes if wish not in met and not wish.startswith("contact:")]
    if unmet:
        merits.append(f"does not meet {', '.join(unmet)}")
    hours = free_ahead(roster, staff, now) / 60
    merits.append(f"has {hours:.1f} hours free in the next {AHEAD_WEEKS} weeks and goes with {_people(worker.people)}")
    return "; ".join(merits) + "."


def _people(number: int) -> str:
    return "nobody yet" if number == 0 else "one person" if number == 1 else f"{number} people"
