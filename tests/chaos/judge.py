"""What must hold at the end, on plain data: each function answers with a sentence for everything that does not."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tests.chaos.ledger import Entry
from tests.chaos.outages import Shadow, within

Commits = Mapping[tuple[str, str], Sequence[int]]
"""The revisions that were recorded of a command, by its transition and its id."""


class Promise(NamedTuple):
    """Something that was to be told at an instant, when that was made known, and when it was recorded."""

    transition: str
    step: str
    what: str
    due: datetime
    made: datetime
    recorded: datetime

    @property
    def fell(self) -> datetime:
        """When it could have been kept at the earliest."""
        return max(self.due, self.made)

    @property
    def late(self) -> timedelta:
        """By how much it was late."""
        return max(self.recorded - self.fell, timedelta(0))


def commands(entries: Sequence[Entry], commits: Commits) -> list[str]:
    """Every accepted command stands once, every refused one nowhere, and nothing stands that nobody said."""
    wrong = [sentence for entry in entries for sentence in _command(entry, commits)]
    said = {(entry.transition, entry.command.id) for entry in entries}
    wrong += [f"{_named(*key)} is recorded, and nobody said it." for key in sorted(commits.keys() - said)]
    return wrong + _rivals(entries)


def _command(entry: Entry, commits: Commits) -> Iterable[str]:
    name = f"{_named(entry.transition, entry.command.id)} ({entry.command.do}, by the {entry.way})"
    found = list(commits.get((entry.transition, entry.command.id), []))
    told = {one.receipt.revision for one in entry.receipts if one.receipt}
    if not entry.known:
        latest = entry.answers[-1].unknown if entry.answers else "it was never asked"
        yield f"{name} was said {len(entry.answers)} times, and what became of it was never answered: {latest}."
    elif not entry.accepted and found:
        yield f"{name} was refused and is recorded, at revision {found[0]}."
    elif entry.accepted and len(found) != 1:
        yield f"{name} was accepted and is recorded {len(found)} times."
    elif entry.accepted and told != set(found):
        yield f"{name} is recorded at revision {found[0]}, and its receipts say {sorted(told)}."
    first = min((one.came for one in entry.receipts), default=None)
    for one in entry.refusals:
        if first is not None and one.asked > first:
            yield f"{name} was accepted, said again, and refused then: {one.refused}."


def _rivals(entries: Sequence[Entry]) -> list[str]:
    """Of those who decided by the same revision one at most is done."""
    done: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        if entry.rivals is not None and entry.accepted:
            done[entry.rivals].append(entry.command.id)
    return [
        f"{' and '.join(found)} were decided by one revision, and each was done."
        for found in done.values()
        if len(found) > 1
    ]


def punctual(promises: Sequence[Promise], shadow: Sequence[Shadow], slack: timedelta) -> list[str]:
    """No promise is late by more than the outages that it fell into, and some fell due at all."""
    if not promises:
        return ["No promise fell due, so nothing is known of how late they are."]
    return [
        f"{one.what} of {one.step} of {one.transition} was {one.late.total_seconds():.1f} s late, "
        f"and outages account for {within(shadow, one.fell, one.recorded).total_seconds():.1f} s of it."
        for one in promises
        if one.late - within(shadow, one.fell, one.recorded) > slack
    ]


def once(what: str, keys: Iterable[object]) -> list[str]:
    """Nothing is there twice."""
    return [f"{what} {key} is there {count} times." for key, count in Counter(keys).items() if count > 1]


def _named(transition: str, command: str) -> str:
    return f"Command {command} of {transition}"
