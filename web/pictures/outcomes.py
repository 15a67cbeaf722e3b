"""A score over time as a picture: the first score, how much change is more than chance around it, and every score."""

import base64
from html import escape
from typing import TYPE_CHECKING

from records.outcomes import Line

if TYPE_CHECKING:
    import altair

_TEXT, _LINE, _BAND = "#212b32", "#005eb8", "#d8dde0"
_WIDTH, _HEIGHT = 560, 180


def source(line: Line) -> str:
    """The picture as an address that holds all of it: it is fetched with the page, which is kept as looked at."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg(line).encode()).decode()}"


def svg(line: Line) -> str:
    """The picture as the text of an SVG file."""
    import vl_convert

    drawn = str(vl_convert.vegalite_to_svg(chart(line).to_dict()))
    head, _, rest = drawn.partition(">")
    told = f"<title>{escape(f'{line.instrument}, {line.label} over time')}</title><desc>{escape(line.sentence)}</desc>"
    return f'{head} role="img">{told}{rest}'


def chart(line: Line) -> "altair.LayerChart":
    """The scores as a line with points, the first as a dashed rule, and around it what may be chance as a band."""
    import altair

    first, scores = line.dots[0].score, [dot.score for dot in line.dots]
    reach = [*scores, first - (line.threshold or 0), first + (line.threshold or 0)]
    room = max((max(reach) - min(reach)) / 10, 0.5)
    dots = [{"day": f"{dot.on:%Y-%m-%d}", "score": dot.score} for dot in line.dots]
    up = altair.Y(
        "score:Q", title=line.label, scale=altair.Scale(domain=[min(reach) - room, max(reach) + room], zero=False),
        axis=altair.Axis(labelColor=_TEXT, titleColor=_TEXT, tickMinStep=1),
    )  # fmt: skip
    across = altair.X(
        "day:T",
        title=None,
        scale=altair.Scale(padding=12),
        axis=altair.Axis(labelColor=_TEXT, format="%-d %b %Y", labelAngle=0, tickCount=5),
    )
    layers: list[altair.Chart] = []
    if line.threshold is not None:
        band = [{"low": first - line.threshold, "high": first + line.threshold}]
        layers.append(
            altair.Chart(altair.InlineData(values=band))
            .mark_rect(color=_BAND, opacity=1)
            .encode(altair.Y("low:Q"), altair.Y2("high:Q"))
        )
    layers.append(
        altair.Chart(altair.InlineData(values=[{"score": first}]))
        .mark_rule(color=_TEXT, strokeDash=[6, 4])
        .encode(altair.Y("score:Q"))
    )
    layers.append(
        altair.Chart(altair.InlineData(values=dots))
        .mark_line(color=_LINE, strokeWidth=2, point=altair.OverlayMarkDef(color=_LINE, size=70, filled=True))
        .encode(across, up)
    )
    return altair.LayerChart(
        layer=layers,
        width=_WIDTH,
        height=_HEIGHT,
        background="white",
        title=altair.TitleParams(f"{line.instrument}: {line.label}", subtitle=line.whose, anchor="start", color=_TEXT),
        description=line.sentence,
        config=altair.Config(font="Arial, sans-serif"),
    )
