"""The measures as their definitions tell them: `python -m tests.pathways.measures_reference` prints the reference."""

import sys
from collections.abc import Iterator

from pathways.measures import shipped
from planner.change import DOMAINS
from planner.scoring import plain
from schemas.codes import View
from schemas.instrument import Instrument, Scale, Threshold


def reference() -> str:
    """The part of `docs/outcomes.md` below "Reference"."""
    return "\n".join("\n".join(_measure(one)) for one in shipped().values())


def _measure(one: Instrument) -> Iterator[str]:
    yield f"### {one.id}"
    yield ""
    yield f"{one.title}. {one.about} Domain {one.domain}, {DOMAINS[one.domain][0].lower()}{DOMAINS[one.domain][1:]}."
    yield ""
    yield f"* Whose view: {', '.join(one.views)}."
    if one.items is not None:
        yield f"* Answers: {_items(one)}"
    if one.choices:
        yield f"* Asked: “{one.question}” {'; '.join(choice.title for choice in one.choices)}."
    got = one.licence.get.rstrip(".")
    yield f"* Licence: {_needs(one)} {one.licence.terms} {one.licence.owner}. The questionnaire: {got}."
    yield from (f"* {note}" for note in one.notes)
    if one.scales:
        yield ""
        yield "| number | range | worked out as | better | a change that is more than chance |"
        yield "| --- | --- | --- | --- | --- |"
        yield from (_scale(one, scale) for scale in one.scales)
    yield f"\nScoring version {one.version}.\n"


def _items(one: Instrument) -> str:
    items = one.items
    assert items is not None
    at_once = f", at most {items.at_once} at once" if items.at_once else ""
    whole = "at least one is rated" if items.goals else "all of them, or none is scored"
    several = "up to " if items.goals else ""
    return (
        f"{several}{items.count} {items.noun}s{at_once}, each a whole number from {items.low} to {items.high}; {whole}."
    )


def _needs(one: Instrument) -> str:
    if one.licence.needs == "nothing":
        return "nothing needs to be recorded."
    if one.items is None:
        return f"a {one.licence.needs} is needed."
    return f"a {one.licence.needs} is recorded before answers may be entered; until then, totals."


def _scale(one: Instrument, scale: Scale) -> str:
    cuts = "".join(f"; {cut.source} draws a line at {plain(cut.below)}" for cut in scale.cut_offs)
    cells = (
        f"{scale.title} (`{scale.id}`)",
        f"{plain(scale.low)} to {plain(scale.high)}",
        _rule(one, scale),
        scale.better,
        f"{_change(scale.change)}{cuts}",
    )
    return f"| {' | '.join(cells)} |"


def _rule(one: Instrument, scale: Scale) -> str:
    of = f" of {one.items.noun}s {scale.of[0]} to {scale.of[-1]}" if scale.of and one.items else ""
    told = {
        "sum": f"sum{of}{f', times {scale.times}' if scale.times > 1 else ''}",
        "mean": f"mean{of}, to two decimals",
        "table": "table by the sum",
        "each": "each by itself",
        "gas": f"goal attainment (T), ρ = {scale.rho}, by weights",
        "parts": f"sum of {', '.join(scale.parts)}",
        "given": "entered",
    }
    return told[scale.rule]


def _change(change: Threshold | None) -> str:
    if change is None:
        return "none was found"
    if not isinstance(change.points, dict):
        points = plain(change.points)
    else:
        points = ", ".join(f"{View(view)} {plain(of_view)}" for view, of_view in change.points.items())
    return f"{points} ({change.source}){'' if change.confirmed else ': off'}"


if __name__ == "__main__":
    sys.stdout.write(reference())
