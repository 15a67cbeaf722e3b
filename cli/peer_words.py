"""Who goes with somebody, when they meet, and who waits: in sentences. Nothing is looked up here."""

from collections.abc import Iterator
from datetime import datetime

from planner import peers as rules
from planner import words
from planner.clock import local_day
from planner.told import not_sought
from records.peers import Alone, Assignment, BookedContact, Queued, TeamQueue
from schemas.journey import Journey
from schemas.workforce import Peers


def company(journey: Journey, goes: list[Assignment], waits: Alone | None) -> Iterator[str]:
    """Who goes with the person and why them, since when they wait, and everybody who was considered."""
    for one in goes:
        what = "gets to know them, to take over" if one.joining else "goes with them"
        by = f", chosen by {one.assigned_by}" if one.assigned_by and one.reason else ""
        yield f"{one.staff} {what}, since {words.day(one.starts)}{by}"
        yield f"  Why: {one.why}"
        others = [each for each in one.considered if one.why != f"{each.staff} {each.why}"]
        if others:
            yield "  Considered as well:"
        yield from (f"    {each.staff} {each.why}" for each in others)
    yield from _taking_over(journey.peers or Peers())
    if waits is not None:
        yield f"waits for {'another' if goes else 'a'} peer worker since {words.day(waits.since)}"
        yield from (f"  {each.staff} {each.why}" for each in waits.considered)
    elif not goes:
        yield f"Nobody goes with them, and nobody is looked for: {not_sought(journey)}."


def _taking_over(peers: Peers) -> Iterator[str]:
    if peers.joining is not None and peers.met:
        yield f"They have met: {peers.joining} takes over with `alongside accept-person`."
    elif peers.joining is not None:
        yield f"First comes a contact with both: until {peers.joining} has accepted, {peers.worker} stays responsible."
    elif peers.leaving:
        yield f"{peers.worker} stays theirs until somebody else has met them and taken over."


def asked_for(journey: Journey) -> Iterator[str]:
    """What the person asked for of a peer worker. Whom they do not want is not said."""
    named = journey.peers.asked_for if journey.peers else None
    found = [*([named] if named else []), *rules.wishes(journey)]
    if found:
        yield f"asked for: {', '.join(found)}"


def times(journey: Journey, now: datetime) -> Iterator[str]:
    """What is booked, the first first, and what has no time and why."""
    peers = journey.peers or Peers()
    booked = sorted(peers.booked.items(), key=lambda item: item[1].starts)
    if booked:
        yield "Booked:"
    for step, one in booked:
        past = " (over: how was it?)" if one.ends <= now else ""
        with_whom = f"{one.place}, with {' and '.join(one.staff)}"
        yield f"  {words.moment(one.starts)}  {_step(journey, step)}: {with_whom}{past}"
    missing = [step for step in peers.unplaced if step in journey.steps]
    if missing:
        yield "Without a time:"
    for step in missing:
        due = journey.steps[step].due
        by = f", due {words.due(due)}" if due else ""
        why = peers.unplaced[step].why or "too far ahead to be booked yet"
        yield f"  {_step(journey, step)}{by}: {why}"


def _step(journey: Journey, step: str) -> str:
    title = journey.steps[step].title if step in journey.steps else step
    return f"{title} ({step})"


def queue(one: TeamQueue, who: list[Queued], now: datetime) -> Iterator[str]:
    """How many wait in a team and how long, then they themselves, in the order in which they are thought of."""
    if one.since is None:
        yield f"{one.team}: nobody waits for a peer worker."
        return
    people = "one person waits" if one.people == 1 else f"{one.people} people wait"
    longest = f"the longest since {words.day(one.since)} ({_waited(one.since, now)})"
    yield f"{one.team}: {people} until somebody is free, {longest}"
    for waiting in who:
        first = ", comes first for safety" if waiting.urgency else ""
        since = f"since {words.day(waiting.since)} ({_waited(waiting.since, now)})"
        yield f"  {waiting.local_id}  {waiting.name}, {since}{first}"
    if one.people > len(who):
        yield f"  and {one.people - len(who)} more: see them with --limit"


def _waited(since: datetime, now: datetime) -> str:
    days = (local_day(now) - local_day(since)).days
    return "today" if days < 1 else "one day" if days == 1 else f"{days} days"


def contact(one: BookedContact) -> str:
    """A line of a worker's week: when, where, whom, and together with whom."""
    who = f"{one.name} ({one.local_id}), {one.step}" if one.group_title is None else f"the group {one.group_title}"
    along = f", together with {' and '.join(one.along)}" if one.along else ""
    became = {"booked": "", "done": " (done)", "not-seen": " (not seen)"}.get(one.status, " (not reported)")
    return f"{words.moment(one.starts)} to {_clock(one.ends)}  {one.place}: {who}{along}{became}"


def _clock(at: datetime) -> str:
    return words.moment(at).rpartition(" ")[2]
