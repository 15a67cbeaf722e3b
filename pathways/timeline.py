"""A pathway as a picture: its steps in weeks around the milestones that they hang on.

`python -m pathways.timeline docs/pictures` draws those that come with Alongside again.
"""

import sys
from collections import Counter
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pathways import words
from schemas.pathway import Anchor, Interval, Pathway, Span, Step

if TYPE_CHECKING:
    import altair

# Accurate enough for a picture: the days that people are given are counted by planner.clock.
_WEEKS = {"hours": 1 / 168, "days": 1 / 7, "weeks": 1.0, "months": 365.25 / 12 / 7, "working_days": 1 / 5, "none": 0.0}
_SHOWN_WITHOUT_END = 4
"""How many occurrences are drawn of a series that ends with another milestone, nobody knows when."""

_COLOURS = ("#b3282d", "#1d5fa8", "#3f7d3a", "#7a4fa3", "#8a5a00", "#4d5a63")
_SHAPES = ("diamond", "circle", "triangle-up", "square", "cross", "triangle-down")
_FIRST = ("safety", "standard", "gentle")
_TEXT = "#212b32"
_PEERS = "peer support is accepted"
_SIZES = {"labelFontSize": 12, "titleFontSize": 12}
_WIDTH = 620
_ROW = 22
_NARROWEST = 8


def weeks(span: Span) -> float:
    """A length of time in weeks, near enough to draw."""
    return span.count * _WEEKS[span.unit]


def places(step: Step) -> list[float]:
    """Where the step, or each occurrence of it that is drawn, stands: in weeks from its milestone."""
    if step.due is not None:
        return [_place(step.due)]
    series = step.series
    if series is None:
        return []
    start = _place(series.start)
    if series.at is not None:
        found = [start + weeks(span) for span in series.at]
    else:
        every = weeks(series.every or Interval(weeks=1))
        bounded = series.times or (series.until is not None and series.until.milestone == series.start.milestone)
        number = series.times or (1_000 if bounded else _SHOWN_WITHOUT_END)
        found = [start + every * (occurrence + 1) for occurrence in range(number)]
    until = series.until
    if until is None or until.milestone != series.start.milestone:
        return found
    end = _place(until)
    return list(takewhile(lambda place: place <= end, found))


def _place(anchor: Anchor) -> float:
    return anchor.sign * weeks(anchor)


def svg(pathway: Pathway) -> str:
    """The picture as the text of an SVG file."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(chart(pathway).to_dict()))


def chart(pathway: Pathway) -> "altair.VConcatChart":
    """The picture: one panel a milestone, one row a step, coloured and shaped by its ladder."""
    import altair

    panels = [
        _panel(pathway, name, steps)
        for name in pathway.milestone
        if (steps := [step for step in pathway.steps if _milestone(step) == name])
    ]
    title = altair.TitleParams(
        pathway.title,
        subtitle=_below_the_title(pathway),
        anchor="start",
        fontSize=20,
        subtitleFontSize=13,
        offset=16,
    )
    plain = {"font": "sans-serif", "view": {"stroke": None}, "title": {"color": _TEXT}}
    config = altair.Config.from_dict(plain | {"axis": _SIZES, "legend": _SIZES})
    return altair.VConcatChart(vconcat=panels, title=title, spacing=28, background="white", padding=18, config=config)


def _below_the_title(pathway: Pathway) -> list[str]:
    about = f"{pathway.id}, version {pathway.version}: when each step is due, and the ladder it is on"
    peers = [step.title for step in pathway.steps if words.when(step) == _PEERS]
    if not peers:
        return [about]
    return [about, f"* asked for only while {_PEERS}"]


def _milestone(step: Step) -> str:
    if step.due is not None:
        return step.due.milestone
    return step.series.start.milestone if step.series else ""


def _panel(pathway: Pathway, milestone: str, steps: list[Step]) -> "altair.LayerChart":
    import altair

    rows = sorted(_rows(pathway, steps), key=lambda row: float(row["week"]))
    order = list(dict.fromkeys(row["step"] for row in rows))
    name = pathway.milestone[milestone].name
    base = altair.Chart(altair.InlineData(values=rows)).encode(y=_down(order))
    across = altair.X(
        "week:Q",
        title=f"weeks from {name}",
        scale=altair.Scale(domain=_across(rows), nice=False, padding=14),
        axis=altair.Axis(gridColor="#e8edee", labelColor=_TEXT, titleColor=_TEXT, tickMinStep=1, labelFlush=False),
    )
    ladder = _by_ladder(pathway)
    marks = base.mark_point(filled=True, size=95, opacity=1).encode(across, color=ladder[0], shape=ladder[1])
    line = base.mark_line(strokeWidth=1.5, opacity=0.5).encode(across, detail="step:N", color=ladder[0])
    note = base.mark_text(align="left", dx=10, fontSize=12, color=_TEXT).encode(across, text="note:N")
    halo = base.mark_text(align="left", dx=10, fontSize=12, stroke="white", strokeWidth=4).encode(across, text="note:N")
    zero = (
        altair.Chart(altair.InlineData(values=[{"week": 0}]))
        .mark_rule(strokeDash=[4, 3], color=_TEXT)
        .encode(x="week:Q")
    )
    return altair.LayerChart(
        layer=[zero, line, halo, marks, note],
        width=_WIDTH,
        height=altair.Step(_ROW),  # a row has its height, however many there are
        title=altair.TitleParams(f"Around {name}", anchor="start", frame="group", fontSize=14),
    )


def _across(rows: list[dict[str, Any]]) -> list[float]:
    found = [0.0, *(float(row["week"]) for row in rows)]
    return [min(found), max(*found, min(found) + _NARROWEST)]


def _down(order: list[str]) -> "altair.Y":
    import altair

    colours: dict[str, Any] = {"labelColor": _TEXT, "titleColor": _TEXT, "grid": True}
    at_top: dict[str, Any] = {"titleAngle": 0, "titleAlign": "right", "titleX": -8, "titleY": -8}
    axis = altair.Axis(
        labelLimit=430, ticks=False, domain=False, labelPadding=8, gridColor="#eef1f2", **colours, **at_top
    )
    return altair.Y("step:N", sort=order, title="step", axis=axis)


def _by_ladder(pathway: Pathway) -> "tuple[altair.Color, altair.Shape]":
    import altair

    used = {step.ladder for step in pathway.steps}
    names = [*(name for name in _FIRST if name in used), *sorted(used - set(_FIRST))]
    legend = altair.Legend(title="ladder", symbolSize=95, symbolOpacity=1, labelColor=_TEXT, titleColor=_TEXT)
    # The three everybody knows keep their colour and shape, whichever of them a pathway uses.
    style = {name: number for number, name in enumerate([*_FIRST, *sorted(used - set(_FIRST))])}
    colours = [_COLOURS[style[name] % len(_COLOURS)] for name in names]
    shapes = [_SHAPES[style[name] % len(_SHAPES)] for name in names]
    return (
        altair.Color("ladder:N", scale=altair.Scale(domain=names, range=colours), legend=legend),
        altair.Shape("ladder:N", scale=altair.Scale(domain=names, range=shapes), legend=legend),
    )


def _rows(pathway: Pathway, steps: list[Step]) -> list[dict[str, Any]]:
    titles = Counter(step.title for step in steps)
    found = []
    for step in steps:
        title = step.title if titles[step.title] == 1 else f"{step.title} ({step.id})"
        title = f"{title} *" if words.when(step) == _PEERS else title
        at = places(step)
        for number, week in enumerate(at):
            note = _note(pathway, step) if number == len(at) - 1 else ""
            found.append({"step": title, "week": round(week, 2), "ladder": step.ladder, "note": note})
    return found


def _note(pathway: Pathway, step: Step) -> str:
    series = step.series
    goes_on = series is not None and series.until is not None and series.until.milestone != series.start.milestone
    until = f"… until {pathway.milestone[series.until.milestone].name}" if goes_on and series and series.until else ""
    only = words.when(step)
    only = "" if only == _PEERS else f"if {only}" if only else ""
    return "; ".join(part for part in (until, only) if part)


if __name__ == "__main__":
    from pathways.loader import find, shipped

    for pathway_id in shipped():
        Path(sys.argv[1], f"{pathway_id}.svg").write_text(svg(find(pathway_id)), encoding="utf-8")
