"""The figures of a run, in words, in the order in which they are read."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from tests.chaos.judge import Promise
from tests.chaos.ledger import Ledger
from tests.chaos.outages import NOTHING, Outage, Shadow, within


def words(count: Mapping[str, int]) -> str:
    """What there is of each kind."""
    return ", ".join(f"{what} {number:,}" for what, number in sorted(count.items())) or "none"


def seconds(length: timedelta) -> str:
    """A length of time."""
    return f"{length.total_seconds():.1f} s"


def of_commands(ledger: Ledger) -> dict[str, str]:
    """What was said, and what was answered."""
    said: Counter[str] = Counter(entry.command.do for entry in ledger.entries)
    return {
        "commands sent": f"{len(ledger.entries):,}",
        "of which": words(said),
        "accepted": f"{len(ledger.accepted):,}",
        "refused": f"{len(ledger.refused):,}",
        "asked again": f"{ledger.asked_again:,}",
        "questions without an answer": f"{ledger.unknown:,}",
    }


def of_outages(outages: Sequence[Outage]) -> dict[str, str]:
    """How long something was away."""
    longest = max(outages, key=lambda one: one.length, default=None)
    return {
        "seconds in which something was hurt": f"{sum((one.length for one in outages), NOTHING).total_seconds():.0f}",
        "longest outage": f"{seconds(longest.length)} ({longest.what})" if longest else "none",
    }


def of_promises(promises: Sequence[Promise], shadow: Sequence[Shadow]) -> dict[str, str]:
    """How much fell due, and how late it was told."""
    calm = [one for one in promises if within(shadow, one.fell, one.recorded) == NOTHING]
    beyond = [one.late - within(shadow, one.fell, one.recorded) for one in promises]
    return {
        "promises that fell due": f"{len(promises):,} ({words(Counter(one.what for one in promises))})",
        "of which while something was hurt, or just after": f"{len(promises) - len(calm):,}",
        "latest promise": seconds(_most(one.late for one in promises)),
        "latest promise with no outage": seconds(_most(one.late for one in calm)),
        "latest promise beyond its outages": seconds(_most(beyond)),
    }


def _most(lengths: Iterable[timedelta]) -> timedelta:
    return max(lengths, default=NOTHING)
