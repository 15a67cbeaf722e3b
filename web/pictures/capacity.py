"""Need against hours as a picture: one panel a team, in shapes and words as well as in colour."""

from typing import TYPE_CHECKING

from records.ledger import Capacity

if TYPE_CHECKING:
    import altair

_NEED, _BOOKED = "asked for", "booked or done"
_COLOURS = {_NEED: "#d8c9e6", _BOOKED: "#1d5fa8"}
_TEXT = "#212b32"
_WIDTH, _HEIGHT = 620, 130


def svg(found: list[Capacity]) -> str:
    """The picture as the text of an SVG file."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(chart(found).to_dict()))


def chart(found: list[Capacity]) -> "altair.VConcatChart":
    """The picture: for each week what is asked for and what is booked as bars, and what there is as a line of steps."""
    import altair

    return altair.VConcatChart(
        vconcat=[_panel(one) for one in found],
        spacing=18,
        background="white",
        title=altair.TitleParams(
            "Peer contacts asked for, against the hours there are",
            subtitle="Hours a week, with travel and writing up. The black lines are the hours there are.",
            anchor="start",
            color=_TEXT,
            subtitleColor=_TEXT,
        ),
        config=altair.Config(font="Arial, sans-serif"),
    )


def _panel(found: Capacity) -> "altair.LayerChart":
    import altair

    weeks = [f"{week.week:%d %b}" for week in found.weeks]
    spent = [
        {"week": f"{week.week:%d %b}", "what": what, "hours": round(minutes / 60, 2)}
        for week in found.weeks
        for what, minutes in ((_NEED, week.needed), (_BOOKED, week.booked + week.done))
    ]
    there = [{"week": f"{week.week:%d %b}", "hours": round(week.available / 60, 2)} for week in found.weeks]
    across = altair.X("week:N", sort=weeks, title=None, axis=altair.Axis(labelAngle=0, labelColor=_TEXT))
    up = altair.Y("hours:Q", title="hours", axis=altair.Axis(labelColor=_TEXT, titleColor=_TEXT))
    colour = altair.Color(
        "what:N",
        title=None,
        scale=altair.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())),
        legend=altair.Legend(orient="top", labelColor=_TEXT),
    )
    bars = (
        altair.Chart(altair.InlineData(values=spent))
        .mark_bar(stroke=_TEXT, strokeWidth=0.5)
        .encode(across, up, colour, xOffset=altair.XOffset("what:N", sort=[_NEED, _BOOKED]))
    )
    line = (
        altair.Chart(altair.InlineData(values=there))
        .mark_tick(color="black", thickness=3, bandSize=64)
        .encode(across, up)
    )
    name = found.team if found.workers else f"{found.team} (no peer workers)"
    return altair.LayerChart(
        layer=[bars, line],
        width=_WIDTH,
        height=_HEIGHT,
        title=altair.TitleParams(name, anchor="start", color=_TEXT),
        description=_said(found),
    )


def _said(found: Capacity) -> str:
    weeks = (
        f"week of {week.week:%d %b}: {week.needed / 60:.0f} hours asked for, {week.available / 60:.0f} there are"
        for week in found.weeks
    )
    return f"{found.team}: {'; '.join(weeks)}."
