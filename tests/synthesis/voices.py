"""What people really said: how they fared from the first time to the latest, and what the service was like."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from tests.synthesis.scores import COUNTS, Asked, asked
from tests.synthesis.told import Case, Span, Told, Way

VIEWS = {
    "self": "their own view", "parent": "a parent’s or carer’s view", "clinician": "a clinician’s view",
}  # fmt: skip


def outcomes(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Each measure of each transition in each view, by its first and its latest numbers."""
    for way in told.ways:
        found: dict[tuple[str, str], list[Asked]] = {}
        for one in asked(way.all("measured")):
            if one.numbers:
                found.setdefault((one.instrument, one.view), []).append(one)
        for (instrument, view), times in found.items():
            yield _fared(way, instrument, view, times)


def _fared(way: Way, instrument: str, view: str, times: list[Asked]) -> Case:
    moves: list[Decimal] = []
    for number in sorted({name for one in times for name in one.numbers}):
        of_it = [one for one in times if number in one.numbers]
        if of_it[-1].on > of_it[0].on:
            moves.append(of_it[-1].numbers[number] - of_it[0].numbers[number])
    counts = COUNTS.get(instrument)
    judged = bool(moves) and counts is not None
    worse = counts is not None and any(move <= -counts for move in moves)
    better = counts is not None and not worse and any(move >= counts for move in moves)
    what = f"{instrument}, {VIEWS[view]}"
    return {
        "day": times[-1].on, "team": way.team, "pathway": way.pathway, "measure": what,
        "in_team": f"{way.team}: {what}", "on_pathway": f"{way.pathway}: {what}", "measured": True,
        "paired": bool(moves), "once": not moves, "judged": judged, "not_judged": bool(moves) and not judged,
        "improved": better, "deteriorated": worse, "unchanged": judged and not better and not worse,
    }  # fmt: skip


def experience(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Each answer to the one question, by the month of it."""
    for one in told.surveys:
        answer = one["answer"]
        yield {
            "day": date.fromisoformat(one["month"]), "team": one["team"], "pathway": one["pathway"],
            "responses": True, "positive": answer in ("very-good", "good"), "neither": answer == "neither",
            "negative": answer in ("very-poor", "poor"), "do_not_know": answer == "do-not-know",
        }  # fmt: skip
