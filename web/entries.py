"""A history as it is told: what was said at one moment, or came with time, and everything that followed of it."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

from records.story import ARRANGED, Line, lines
from records.views import HistoryRow

LATER = 3600.0
"""Seconds from when something was said to when it was recorded that are worth telling."""


class Entry(NamedTuple):
    """What was said at one moment, or came with time, and everything that followed of it."""

    first: HistoryRow
    by: str
    lines: list[Line]
    late: bool
    """It was recorded a good while after it happened."""
    why: str | None


def staff_in(rows: Sequence[HistoryRow]) -> set[str]:
    """Everybody of staff whom a history names."""
    named = {row.staff for row in rows if row.staff}
    for row in rows:
        named |= {one for one in (row.payload.get("staff"), *(row.payload.get("along") or ())) if one}
    return named


def entries(rows: Sequence[HistoryRow], names: dict[str, str]) -> list[Entry]:
    """A history, an entry for each revision; `names` are what members of staff are called, by id."""
    return [_entry(list(of_one), names) for _, of_one in groupby(rows, key=lambda row: row.revision)]


def _entry(rows: list[HistoryRow], names: dict[str, str]) -> Entry:
    first = rows[0]
    if first.command is not None:
        by = names.get(first.staff or "", first.staff or (f"the {first.role}" if first.role else "the caseload"))
    elif all(row.event in ARRANGED or (row.step or "").startswith("peer-worker#") for row in rows):
        by = "Peer support was arranged"
    else:
        by = "Time passed"
    called = [row.model_copy(update={"payload": _named(row.payload, names)}) for row in rows]
    late = abs((first.recorded_at - first.at).total_seconds()) > LATER
    said = lines(called)
    told = first.reason if first.reason and not any(first.reason.rstrip(".") in line.text for line in said) else None
    return Entry(first, by, said, late, told)


def _named(payload: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """What is told of an event, with names for the ids of staff; why somebody was chosen begins with their id."""
    told = dict(payload)
    if isinstance(chosen := told.get("staff"), str):
        told["staff"] = names.get(chosen, chosen)
        if isinstance(why := told.get("reason"), str) and why.startswith(f"{chosen} "):
            told["reason"] = f"{told['staff']}{why.removeprefix(chosen)}"
    if isinstance(along := told.get("along"), list):
        told["along"] = [names.get(one, one) for one in along]
    return told
