"""A report as it came out: a row a period, or a row a period and split, with the totals, small numbers withheld."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypeAlias

from planner import suppression
from planner.suppression import Marks, Withheld
from records.reports.asked import Asked, periods
from records.reports.definition import Report, Sort

Cell: TypeAlias = int | float | Withheld | None
"""A number, what is shown instead of one, or None where there is none (a share of nothing)."""
UNKNOWN = "not known"
"""The split of cases of which it is not known."""


class Row(NamedTuple):
    """The figures of one period, or of a split of it; `period` is None for the total of all."""

    period: date | None
    split: str | None
    cells: dict[str, Cell]


class Point(NamedTuple):
    """One value of a series: None when there is nothing to divide by, or when it is withheld."""

    period: date
    value: float | None


@dataclass(frozen=True)
class Table:
    """What a report found: `rows` are split where that was asked, `sums` are each period's, `total` is all.

    Where the splits are no parts of one whole there are no sums, and the total is of nothing.
    """

    report: Report
    asked: Asked
    rows: list[Row]
    sums: list[Row]
    total: Row

    def series(self, figure: str | None = None, split: str | None = None) -> list[Point]:
        """A figure over every period that was asked for, the charted one unless another is named; of one split, or all.

        A period without any case has 0 of what is counted, and None of a share or a median.
        """
        name = figure or self.report.charted
        among = self.sums if split is None else [row for row in self.rows if row.split == split]
        found = {row.period: row.cells[name] for row in among}
        counted = self.report.added_up or split is not None
        empty = 0 if counted and self.report.figure(name).sort in (Sort.COUNT, Sort.SUM) else None
        wanted = periods(self.asked.begins, self.asked.until, self.report.period)
        return [Point(period, _number(found.get(period, empty))) for period in wanted]

    @property
    def with_total(self) -> list[Row]:
        """The rows, and below them the total where there is one."""
        return [*self.rows, self.total] if self.report.has_total else self.rows

    def splits(self) -> list[str]:
        """What the rows are told apart by, each once."""
        return sorted({row.split for row in self.rows if row.split is not None})


def _number(cell: Cell) -> float | None:
    return None if cell is None or isinstance(cell, Withheld) else float(cell)


def table(report: Report, asked: Asked, found: Iterable[Mapping[str, Any]]) -> Table:
    """The table of what the query of a report answered; small numbers are withheld unless it stays inside."""
    rows: list[tuple[Row, Marks]] = []
    sums: list[tuple[Row, Marks]] = []
    whole: tuple[Row, Marks] | None = None
    for record in found:
        row = Row(record["period"], record["split"], dict(record["cells"]))
        marked = (row, Marks() if asked.inside else _marks(report, row))
        match record["level"]:
            case "row":
                rows.append(marked)
            case "sum":
                sums.append(marked)
            case _:
                whole = marked
    if asked.by is None:
        rows = sums
    if not report.added_up:
        nothing = Row(None, None, dict.fromkeys(one.name for one in report.figures))
        return Table(report, asked, [_shown(report, *one) for one in rows], [], nothing)
    total = whole or (Row(None, None, _nothing(report)), Marks())
    additive = [one.name for one in report.figures if one.sort in (Sort.COUNT, Sort.SUM)]
    if not asked.inside:
        sums = [
            (row, _total(report, own, [m for r, m in rows if r.period == row.period], additive)) for row, own in sums
        ]
        total = (total[0], _total(report, total[1], [marks for _, marks in rows], additive))
    return Table(
        report, asked, [_shown(report, *one) for one in rows], [_shown(report, *one) for one in sums],
        _shown(report, *total),
    )  # fmt: skip


def _nothing(report: Report) -> dict[str, Cell]:
    without = (Sort.MEDIAN, Sort.LONGEST)
    none: dict[str, Cell] = {one.name: None if one.sort in without else 0 for one in report.figures}
    return none | {f"{name}__of": 0 for name in report.resting}


def _counts(report: Report, row: Row) -> dict[str, int]:
    names = [one.name for one in report.figures if one.sort is Sort.COUNT]
    names += [of for of in report.resting.values() if of.endswith("__of")]
    return {name: int(row.cells[name]) for name in names}  # type: ignore[arg-type]  # as they are counted, none withheld


def _marks(report: Report, row: Row) -> Marks:
    marks = suppression.row(_counts(report, row), report.parts, report.resting)
    longest = {one.name for one in report.figures if one.sort is Sort.LONGEST and row.cells[one.name] is not None}
    return _telling(report, marks | dict.fromkeys(longest, Withheld.DERIVED))


def _telling(report: Report, marks: Marks) -> Marks:
    """With the sums and medians that would tell a count which is withheld."""
    return marks | {one.name: Withheld.DERIVED for one in report.figures if one.part in marks}


def _total(report: Report, own: Marks, rows: list[Marks], additive: list[str]) -> Marks:
    marks = suppression.total(own, rows, additive)
    return _telling(report, marks | {name: Withheld.DERIVED for name, of in report.resting.items() if of in marks})


def _shown(report: Report, row: Row, marks: Marks) -> Row:
    cells: dict[str, Cell] = {}
    for figure in report.figures:
        if figure.sort is Sort.SHARE:
            part, of = row.cells[figure.part or ""], row.cells[figure.part_of or ""]
            value = part / of if isinstance(part, int) and isinstance(of, int) and of else None
        else:
            value = row.cells[figure.name]  # type: ignore[assignment]  # as it was counted
        cells[figure.name] = marks.get(figure.name, value)
    return row._replace(cells=cells)


def plain(found: Table) -> dict[str, Any]:
    """The table as plain data."""
    asked = found.asked

    def told(row: Row) -> dict[str, Any]:
        return {"period": row.period and row.period.isoformat(), "split": row.split, **row.cells}

    return {
        "report": found.report.id,
        "from": asked.begins.isoformat(),
        "before": asked.until.isoformat(),
        "team": asked.team,
        "pathway": asked.pathway,
        "by": asked.by,
        "inside": asked.inside,
        "rows": [told(row) for row in found.rows],
        "total": told(found.total) if found.report.has_total else None,
    }
