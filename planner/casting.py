"""Whether a rehearsal names only what its pathway has: asked before anything is played."""

import re
from collections.abc import Iterable, Sequence

from planner import conditions
from planner.journey import start
from planner.refused import Refused
from planner.rehearsal import Entry, Expectation, Rehearsal
from planner.soundness import near
from planner.workforce.pattern import parse, shortfall
from schemas.pathway import Pathway

NAMING = {
    "assign": ("staff",),
    "absence": ("staff",),
    "wishes": ("asked_for", "not_with"),
    "check_in": ("staff", "joined_by"),
    "extend_visit": ("staff",),
}
"""Where an entry names peer workers."""
OF_ALONGSIDE = re.compile(r"silence|handover#[1-9]\d*|(?:peer-worker|tell-the-person:new-worker)#[1-9]\d*")
"""Steps that no definition has."""
ABOUT_A_STEP = re.compile(r"(?:risk-review|outcome-review|tell-the-person):(.+)#[1-9]\d*")
"""Steps that follow from another."""

Problem = tuple[tuple[str | int, ...], str]


def problems(rehearsal: Rehearsal, pathway: Pathway) -> list[Problem]:
    """Every name that the pathway has not got, and every time that cannot be, with its place in the file."""
    found = list(_of_staff(rehearsal))
    added = {entry.add.step for entry in rehearsal.happens if entry.add}
    moved = any(entry.definition for entry in rehearsal.happens)
    for number, entry in enumerate(rehearsal.happens):
        found += [(("happens", number, *place), text) for place, text in _of_entry(rehearsal, pathway, entry, added)]
    for part in ("expect", "never"):
        for number, wanted in enumerate(getattr(rehearsal, part)):
            place = (part, number)
            if wanted.step is not None and not moved:
                found += _step((*place, "step"), pathway, wanted.step, added)
            if wanted.milestone is not None:
                found += _one((*place, "milestone"), "milestone", wanted.milestone, pathway.milestone)
            if wanted.exit is not None:
                found += _one((*place, "exit"), "exit", wanted.exit, pathway.exit)
            found += _told_of(rehearsal, place, wanted)
    return found or _of_start(rehearsal, pathway)


def _of_staff(rehearsal: Rehearsal) -> Iterable[Problem]:
    """What cannot be right of the peer workers themselves."""
    first: dict[str, int] = {}
    for number, colleague in enumerate(rehearsal.staff):
        if first.setdefault(colleague.id, number) != number:
            yield ("staff", number, "id"), f"{colleague.id} is in the list already: give each worker an id of their own"
        if short := shortfall(parse(colleague.works), colleague.hours):
            yield ("staff", number, "hours"), f"{short}: correct the hours or the pattern"
    known = _names(rehearsal)
    for number, colleague in enumerate(rehearsal.staff):
        if colleague.job_share is not None:
            yield from _worker(("staff", number, "job_share"), colleague.job_share, known)


def _names(rehearsal: Rehearsal) -> list[str]:
    return [colleague.id for colleague in rehearsal.staff]


def _told_of(rehearsal: Rehearsal, place: tuple[str | int, ...], wanted: Expectation) -> Iterable[Problem]:
    """Of whom events tell: a peer worker, or a coordinator of whom the story speaks."""
    offered = [entry.handover.to for entry in rehearsal.happens if entry.handover]
    known = [*_names(rehearsal), rehearsal.start.coordinator, *offered]
    if wanted.staff is not None:
        yield from _worker((*place, "staff"), wanted.staff, known)
    for number, along in enumerate(wanted.along or []):
        yield from _worker((*place, "along", number), along, known)


def _workers_of(entry: Entry) -> Iterable[tuple[tuple[str, ...], str | None]]:
    """The workers that an entry names, each with its place."""
    yield ("step_back",), entry.step_back
    yield ("check_out",), entry.check_out
    for verb, names in NAMING.items():
        said = getattr(entry, verb)
        if said is not None:
            yield from (((verb, name), getattr(said, name)) for name in names)


def _of_start(rehearsal: Rehearsal, pathway: Pathway) -> list[Problem]:
    if rehearsal.until < rehearsal.start.at:
        return [(("until",), "lies before the start: play to a later time")]
    try:
        start(pathway, rehearsal.starting())
    except Refused as why:
        return [(("start",), why.message)]
    return []


def _of_entry(rehearsal: Rehearsal, pathway: Pathway, entry: Entry, added: set[str]) -> Iterable[Problem]:
    if not rehearsal.start.at <= entry.at <= rehearsal.until:
        yield ("at",), "lies before the start or after `until`, so it would never be played"
    for verb in ("complete", "waive", "acknowledge", "cancel_booking"):
        if getattr(entry, verb) is not None:
            yield from _step((verb,), pathway, getattr(entry, verb), added)
    if entry.book is not None:
        yield from _step(("book", "step"), pathway, entry.book.step, added)
    for place, name in _workers_of(entry):
        if name is not None:
            yield from _worker(place, name, _names(rehearsal))
    for step in entry.set_due or {}:
        yield from _step(("set_due", step), pathway, step, added)
    for milestone in [entry.milestone] if entry.milestone else entry.expected or {}:
        place = ("milestone",) if entry.milestone else ("expected", milestone)
        yield from _one(place, "milestone", milestone, pathway.milestone)
    for way in (entry.exit, entry.outcome):
        if way is not None:
            yield from _one(("exit" if entry.exit else "outcome",), "exit", way, pathway.exit)
    for name, value in (entry.facts or {}).items():
        yield from _one(("facts", name), "fact", name, pathway.facts)
        if name in pathway.facts and value is not None:
            try:
                conditions.checked(pathway, name, value)
            except Refused as why:
                yield ("facts", name), why.message


def _one(place: tuple[str | int, ...], what: str, name: str, known: Iterable[str]) -> list[Problem]:
    return [] if name in known else [(place, f"the pathway has no {what} {name}{near(name, known)}")]


def _worker(place: tuple[str | int, ...], name: str, known: Sequence[str]) -> list[Problem]:
    if name in known:
        return []
    return [
        (place, f"nobody of the story is called {name}{near(name, known)}: add them to `staff`, or correct the name")
    ]


def _step(place: tuple[str | int, ...], pathway: Pathway, name: str, added: set[str]) -> list[Problem]:
    if name in added or OF_ALONGSIDE.fullmatch(name):
        return []
    about = ABOUT_A_STEP.fullmatch(name)
    plain = about[1] if about else name
    base, hash_, number = plain.partition("#")
    if base in added:
        return []
    if base not in pathway.step:
        return [(place, f"the pathway has no step {base}{near(base, pathway.step)}")]
    series = pathway.step[base].series
    if series is None and hash_:
        return [(place, f"{base} comes once: leave #{number} out")]
    if series is not None and not re.fullmatch(r"[1-9]\d*", number):
        return [(place, f"{base} comes again and again: say which, for example {base}#1")]
    if series is not None and series.last is not None and int(number) > series.last:
        return [(place, f"{base} comes {series.last} times: there is no #{number}")]
    return []
