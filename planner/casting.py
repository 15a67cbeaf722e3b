"""Whether a rehearsal names only what its pathway has: asked before anything is played."""

import re
from collections.abc import Iterable

from planner import conditions
from planner.journey import start
from planner.refused import Refused
from planner.rehearsal import Entry, Rehearsal
from planner.soundness import near
from schemas.pathway import Pathway

Problem = tuple[tuple[str | int, ...], str]


def problems(rehearsal: Rehearsal, pathway: Pathway) -> list[Problem]:
    """Every name that the pathway has not got, and every time that cannot be, with its place in the file."""
    found: list[Problem] = []
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
    return found or _of_start(rehearsal, pathway)


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
    for verb in ("complete", "waive", "acknowledge"):
        if getattr(entry, verb) is not None:
            yield from _step((verb,), pathway, getattr(entry, verb), added)
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


def _step(place: tuple[str | int, ...], pathway: Pathway, name: str, added: set[str]) -> list[Problem]:
    if name == "silence" or name in added or re.fullmatch(r"handover#[1-9]\d*", name):
        return []
    review = re.fullmatch(r"risk-review:(.+)#[1-9]\d*", name)
    plain = review[1] if review else name
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
