"""Figures over time as an XmR chart: what says more than chance is told by shape and words, never by red and green."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from planner.spc import Good, Point, Signal
from records.chart_marks import MarkKind
from records.reports.charts import Charted

if TYPE_CHECKING:
    import altair

_TEXT, _GRID = "#212b32", "#d8dde0"
_WIDTH, _HEIGHT = 720, 260
_CHANCE, _BETTER, _WORSE, _CHANGED = "by chance", "change for the better", "change for the worse", "change"
_LOOKS = {
    _CHANCE: ("circle", "#768692"),
    _BETTER: ("triangle-up", "#005eb8"),
    _WORSE: ("diamond", "#b04a00"),
    _CHANGED: ("square", "#5b3a8c"),
}
"""A shape and a colour each: the colours are told apart by people who do not see red or green, and none is needed."""


def svg(chart: Charted) -> str:
    """The picture as the text of an SVG file; what it shows is said in words beside it, and in a table."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(drawn(chart).to_dict()))


def png(chart: Charted, scale: float) -> bytes:
    """The picture as the bytes of a PNG file, so many dots for each of the screen's."""
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(drawn(chart).to_dict(), scale=scale))


def called(point: Point, good: Good) -> str:
    """What a point is: by chance, or a change, for the better or for the worse where one way is better."""
    if not point.signals:
        return _CHANCE
    if good is None:
        return _CHANGED
    return _BETTER if (point.way > 0) == (good == "up") else _WORSE


def drawn(chart: Charted) -> "altair.LayerChart":
    """The picture: the figures as a line with a mark each, their mean, their limits, and where baselines begin."""
    import altair

    return altair.LayerChart(
        layer=[*_rules(chart), *_line(chart), *_written(chart)],
        width=_WIDTH,
        height=_HEIGHT,
        background="white",
        title=altair.TitleParams(
            chart.report.title, subtitle=chart.subtitle, anchor="start", color=_TEXT, subtitleColor=_TEXT
        ),
        description=chart.report.title,
        config=altair.Config(font="Arial, sans-serif", view=altair.ViewConfig(stroke=None)),
    )


def _line(chart: Charted) -> "list[altair.Chart]":
    import altair

    across, up = _axes(chart)
    data = altair.InlineData(
        values=[
            {"begins": point.begins.isoformat(), "value": point.value, "is": called(point, chart.report.better)}
            for point in chart.points
        ]
    )
    there = [one for one in _LOOKS if any(called(point, chart.report.better) == one for point in chart.points)]
    looks = [_LOOKS[one] for one in there]
    marks = altair.Chart(data).mark_point(filled=True, size=90, opacity=1)
    legend = altair.Legend(orient="top", labelColor=_TEXT, symbolOpacity=1)
    return [
        altair.Chart(data).mark_line(color="#768692", strokeWidth=1.5).encode(across, up),
        marks.encode(
            across,
            up,
            altair.Shape("is:N", title=None, scale=_scale(there, [shape for shape, _ in looks]), legend=legend),
            altair.Color("is:N", title=None, scale=_scale(there, [colour for _, colour in looks]), legend=legend),
        ),
    ]


def _scale(names: Sequence[str], looks: Sequence[str]) -> "altair.Scale":
    import altair

    return altair.Scale(domain=list(names), range=list(looks))


def _axes(chart: Charted) -> "tuple[altair.X, altair.Y]":
    import altair

    axis = altair.Axis(
        format="%b %Y", labelColor=_TEXT, grid=False, labelOverlap=True, tickCount=min(len(chart.points), 12)
    )
    across = altair.X("begins:T", title=None, axis=axis)
    up = altair.Y(
        "value:Q",
        title=chart.unit,
        scale=altair.Scale(zero=False, nice=True),
        axis=altair.Axis(labelColor=_TEXT, titleColor=_TEXT, gridColor=_GRID),
    )
    return across, up


def _rules(chart: Charted) -> "list[altair.Chart]":
    """The mean and the limits of each baseline, from its first figure to its last."""
    import altair

    across, up = _axes(chart)
    lines: list[altair.Chart] = []
    for number, part in enumerate(_parts(chart.points)):
        held = part[0].limits
        if held is None:
            continue
        ends = (part[0].begins.isoformat(), part[-1].begins.isoformat())
        for value, dash in ((held.mean, [1, 0]), (held.lower, [6, 4]), (held.upper, [6, 4])):
            rows: list[dict[str, Any]] = [{"begins": end, "value": value, "part": number} for end in ends]
            line = altair.Chart(altair.InlineData(values=rows)).mark_line(color=_TEXT, strokeWidth=1.2, strokeDash=dash)
            lines.append(line.encode(across, up))
    return lines


def _parts(points: Sequence[Point]) -> list[list[Point]]:
    parts: list[list[Point]] = []
    for point in points:
        if not parts or parts[-1][-1].limits is not point.limits:
            parts.append([])
        parts[-1].append(point)
    return parts


def _written(chart: Charted) -> "list[altair.Chart]":
    """What people wrote: a line from top to bottom with a number, explained beside the picture."""
    import altair

    rows = [
        {"begins": mark.begins.isoformat(), "label": str(number), "kind": mark.kind}
        for number, mark in enumerate(chart.marks, start=1)
    ]
    if not rows:
        return []
    across, _ = _axes(chart)
    data = altair.InlineData(values=rows)
    dash = altair.StrokeDash(
        "kind:N",
        scale=altair.Scale(domain=[MarkKind.BASELINE, MarkKind.NOTE], range=[[1, 0], [2, 3]]),
        legend=None,
    )
    label = altair.Chart(data).mark_text(align="left", baseline="top", dx=4, color=_TEXT, fontWeight="bold")
    return [
        altair.Chart(data).mark_rule(color=_TEXT, strokeWidth=1).encode(across, dash),
        label.encode(across, altair.Text("label:N"), y=altair.value(0)),
    ]


def signals_in_words(point: Point) -> str:
    """What a point signals, for the table under the picture."""
    return ", ".join(_SIGNALS[signal] for signal in Signal if signal in point.signals)


_SIGNALS = {
    Signal.OUTSIDE: "outside the limits",
    Signal.SHIFT: "one of a run on one side of the mean",
    Signal.TREND: "one of a run that rises or falls",
    Signal.NEAR_A_LIMIT: "one of two in three near a limit",
}
