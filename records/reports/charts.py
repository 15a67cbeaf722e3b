"""A report over time: its charted figure read by the rules of process control, and what people wrote on its chart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import dropwhile

from planner.clock import local_day
from planner.reading import Say, reading
from planner.spc import Point, Rules, read
from records import chart_marks
from records.chart_marks import Mark, MarkKind
from records.database import Database
from records.reports import counting, words
from records.reports.asked import Asked, begin_of, next_period
from records.reports.definition import Figure, Period, Report, Sort
from records.reports.table import Table

BACK = {Period.WEEK: 52, Period.MONTH: 24, Period.QUARTER: 16}
"""Periods of a chart, unless more were asked for: enough to tell a change from chance."""


@dataclass(frozen=True)
class Charted:
    """The charted figure of a report; `left_out` are the periods of which there is none, or none may be shown.

    A report whose splits are no parts of one whole has a chart for each of its `splits`; this is that of `split`.
    """

    report: Report
    figure: Figure
    points: Sequence[Point]
    marks: Sequence[Mark]
    left_out: Sequence[date]
    split: str | None = None
    splits: Sequence[str] = ()

    @property
    def subtitle(self) -> str:
        """What the chart is of."""
        return f"{self.figure.title}, by {self.report.period}{f': {self.split}' if self.split else ''}"

    @property
    def unit(self) -> str:
        """What the figures are counted in."""
        if self.figure.sort is Sort.SHARE:
            return "%"
        return self.figure.unit or self.report.unit

    def value(self, value: float) -> str:
        """A figure, or a limit, as people read it."""
        return f"{value:.1f}%" if self.figure.sort is Sort.SHARE else words.number(self.figure, round(value, 1))

    def period(self, begins: date) -> str:
        """A period within a sentence."""
        told = words.period(self.report, begins)
        return f"the {told[0].lower()}{told[1:]}" if self.report.period is Period.WEEK else told

    @staticmethod
    def mark_in_words(mark: Mark) -> str:
        """What stands on the chart, in a sentence."""
        anew = ", a baseline begins anew" if mark.kind is MarkKind.BASELINE else ""
        return f"{mark.begins:%-d %B %Y}{anew}: {mark.text}"

    @property
    def reading(self) -> list[str]:
        """What the chart says, in sentences."""
        say = Say(self.period, f"{self.report.period}s", self.value)
        said = reading(self.points, say, self.report.better)
        return [f"{sentence[0].upper()}{sentence[1:]}" for sentence in said]


async def charted(
    db: Database, report: Report, asked: Asked, now: datetime, rules: Rules, split: str | None = None
) -> Charted:
    """The chart of what is asked, over the periods that have ended; further back than the table where that is short.

    Of splits that are no parts of one whole it is the chart of one: the first, unless another is asked for.
    """
    found = await counting.run(db, report, _over_time(report, asked), now)
    splits = () if report.added_up else found.splits()
    split = split if split in splits else next(iter(splits), None)
    figure = report.figure(report.charted)
    share = figure.sort is Sort.SHARE
    series = _series(found, split, min(asked.until, local_day(now) + timedelta(days=1)), 100 if share else 1)
    marks = await chart_marks.marks(db, report.id, asked.team, asked.pathway)
    points = read(
        [(day, value) for day, value in series if value is not None],
        chart_marks.baselines(marks),
        rules,
        floor=0,
        ceiling=100 if share else None,
    )
    return Charted(report, figure, points, marks, [day for day, value in series if value is None], split, splits)


def _over_time(report: Report, asked: Asked) -> Asked:
    first = begin_of(asked.until - timedelta(days=1), report.period)
    for _ in range(BACK[report.period] - 1):
        first = begin_of(first - timedelta(days=1), report.period)
    return replace(asked, begins=min(first, asked.begins), by=None if report.added_up else asked.by or report.by)


def _series(found: Table, split: str | None, until: date, scale: int) -> list[tuple[date, float | None]]:
    """The periods that have ended by then, from the first that has something to count on."""
    period = found.report.period
    ended = [point for point in found.series(split=split) if next_period(point.period, period) <= until]
    empty = (None,) if found.report.figure(found.report.charted).sort is Sort.SHARE else (None, 0)
    begun = dropwhile(lambda point: point.value in empty, ended)
    return [(point.period, None if point.value is None else point.value * scale) for point in begun]
