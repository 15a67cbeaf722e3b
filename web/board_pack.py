"""The board pack of a month: each chart, what it says, the figures and their definition, to read or to print.

It leaves the team, so small numbers are withheld. One HTML file that loads nothing, and one tagged PDF (PDF/UA-1).
"""

import base64
import json
import re
import tempfile
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from planner import words as said
from planner.clock import add_months
from planner.spc import Rules
from records.database import Database
from records.errors import RecordsError
from records.reports import charts, counting, words
from records.reports.asked import asked
from records.reports.charts import Charted
from records.reports.definition import Report
from records.reports.registry import REPORTS
from records.reports.table import Table
from web.pictures import spc
from web.render import HERE, Pages

PRINTED = 2.0
"""Dots of a printed picture for each of the screen's."""
PAPER = HERE / "templates" / "board-pack.typ"


@dataclass(frozen=True)
class Section:
    """One report of the pack."""

    report: Report
    chart: Charted
    latest: Table

    @property
    def id(self) -> str:
        """What its place in the pack is called."""
        split = re.sub("[^a-z0-9]+", "-", self.chart.split.lower()) if self.chart.split else ""
        return f"{self.report.id}-{split}" if split else self.report.id

    @property
    def title(self) -> str:
        """What it is about."""
        return f"{self.report.title}: {self.chart.split}" if self.chart.split else self.report.title

    @property
    def definition(self) -> list[tuple[str, str]]:
        """What it counts, heading by heading."""
        report = self.report
        return [
            ("Numerator", report.numerator),
            ("Denominator", report.denominator),
            ("Not counted", " ".join(report.exclusions)),
            ("Where the rule is from", f"{report.source} ({report.surety})"),
        ]

    @property
    def figures(self) -> list[tuple[str, str]]:
        """Each figure over the month, or whatever the report counts by within it, by its title."""
        split = self.chart.split
        rows = [self.latest.total] if split is None else [row for row in self.latest.rows if row.split == split]
        cells = rows[-1].cells if rows else self.latest.total.cells
        return [(one.title, words.number(one, cells[one.name])) for one in self.report.figures]


@dataclass(frozen=True)
class Pack:
    """The pack: of which month, of which team and pathway (all, where it is None), made when."""

    month: date
    team: str | None
    pathway: str | None
    made: datetime
    sections: list[Section]

    @property
    def title(self) -> str:
        """What the pack is called."""
        return f"Transitions in {self.month:%B %Y}"

    @property
    def whose(self) -> str:
        """Whose figures they are."""
        return f"{self.team or 'Every team'}, {self.pathway or 'every pathway'}"

    @property
    def made_on(self) -> str:
        """When it was made, in words."""
        return said.moment(self.made)


def month_before(today: date) -> date:
    """The first day of the last month that has ended."""
    return add_months(today.replace(day=1), -1)


async def gather(
    db: Database, month: date, now: datetime, rules: Rules, *, team: str | None = None, pathway: str | None = None
) -> Pack:
    """The figures of a month as they are now. RecordsError when the month has not ended."""
    ends = add_months(month, 1) - timedelta(days=1)
    if ends >= now.date():
        raise RecordsError("invalid", f"{month:%B %Y} has not ended: choose a month that has.")
    sections = []
    for report in REPORTS:
        over_time = asked(report, ends, ends=ends, team=team, pathway=pathway)
        of_month = asked(report, ends, begins=month, ends=ends, team=team, pathway=pathway)
        latest = await counting.run(db, report, of_month, now)
        first = await charts.charted(db, report, over_time, now, rules)
        others = [await charts.charted(db, report, over_time, now, rules, split) for split in first.splits[1:]]
        sections += [Section(report, chart, latest) for chart in (first, *others)]
    return Pack(month, team, pathway, now, sections)


def html(pack: Pack) -> str:
    """The pack as one file for a browser: it loads nothing, pictures and styles are in it."""
    pictures = {one.id: _inline(one) for one in pack.sections if one.chart.points}
    return Pages().text("board-pack.html", {"pack": pack, "pictures": pictures})


def _inline(section: Section) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(spc.svg(section.chart).encode()).decode()}"


def pdf(pack: Pack) -> bytes:
    """The pack as a PDF that a screen reader can read."""
    import typst

    with tempfile.TemporaryDirectory(prefix="alongside-pack-") as folder:
        there = Path(folder)
        for number, section in enumerate(pack.sections):
            if not section.chart.points:
                continue
            (there / f"{number}.png").write_bytes(spc.png(section.chart, PRINTED))
        (there / "pack.json").write_text(json.dumps(_told(pack)))
        (there / "pack.typ").write_bytes(PAPER.read_bytes())
        # The fonts are the library's own: the file looks the same wherever it is made.
        made: bytes = typst.compile(
            there / "pack.typ", root=there, format="pdf", ignore_system_fonts=True, pdf_standards=["ua-1"]
        )
    return made


def _told(pack: Pack) -> dict[str, Any]:
    return {
        "title": pack.title,
        "whose": pack.whose,
        "made": pack.made_on,
        "sections": [
            {
                "title": one.title,
                "question": one.report.question,
                "picture": f"{number}.png" if one.chart.points else None,
                "reading": one.chart.reading,
                "marks": [one.chart.mark_in_words(mark) for mark in one.chart.marks],
                "figures": one.figures,
                "definition": one.definition,
            }
            for number, one in enumerate(pack.sections)
        ],
    }
