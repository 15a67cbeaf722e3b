"""What answers come to, worked out by hand from what the authors of each measure say; and how much change counts."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Fact = dict[str, Any]
METRIC = [
    "7", "9.51", "11.25", "12.4", "13.33", "14.08", "14.75", "15.32", "15.84", "16.36", "16.88", "17.43", "17.98",
    "18.59", "19.25", "19.98", "20.73", "21.54", "22.35", "23.21", "24.11", "25.03", "26.02", "27.03", "28.13",
    "29.31", "30.7", "32.55", "35",
]  # fmt: skip
"""The metric score of SWEMWBS for each sum of its seven answers, from 7 on."""
COUNTS = {"QPR-15": Decimal(5), "ReQoL-10": Decimal(5), "SWEMWBS": Decimal(3), "GBO": Decimal(3)}
"""By how much a number must move; the two means of DIALOG are judged by nobody."""


class Asked(NamedTuple):
    """One measure in one view on one day, with its numbers: none when it was declined."""

    on: date
    at: datetime
    step: str
    instrument: str
    view: str
    numbers: dict[str, Decimal]


def asked(said: Iterable[Fact]) -> list[Asked]:
    """What was answered, by the day on which it was asked, and then in the order in which it was said."""
    found = [
        Asked(
            datetime.fromisoformat(one["on"]).astimezone(ZoneInfo("Europe/London")).date(),
            datetime.fromisoformat(one["at"]).astimezone(UTC),
            one["step"], one["instrument"], one["view"], _numbers(one),
        )
        for one in said
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.on)


def _numbers(one: Fact) -> dict[str, Decimal]:
    if one.get("declined"):
        return {}
    if one["instrument"] == "GBO":
        return {number: Decimal(rated) for number, rated in one["items"].items()}
    if "items" in one:
        return {"total": Decimal(sum(one["items"].values()))}
    totals = {name: Decimal(str(number)) for name, number in one["totals"].items()}
    return {name: Decimal(METRIC[int(number) - 7]) for name, number in totals.items()} if (
        one["instrument"] == "SWEMWBS"
    ) else totals  # fmt: skip


def worse(said: list[Fact]) -> list[tuple[datetime, str]]:
    """When, and at which step, a measure told that something was worse than at first by more than chance."""
    told: dict[tuple[datetime, str], None] = {}
    for place, one in enumerate(said):
        now = asked([one])[0]
        for name, number in now.numbers.items():
            first = next((
                other.numbers[name] for other in asked(said[:place])
                if (other.instrument, other.view) == (now.instrument, now.view) and name in other.numbers
                and other.at < now.at and other.on <= now.on
            ), None)  # fmt: skip
            counts = COUNTS.get(now.instrument)
            if first is not None and counts is not None and first - number >= counts:
                told[now.at, now.step] = None
    return list(told)
