"""What the service counts: figures with what they count, small numbers withheld; never whom a figure is about."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from planner.policy import Action, Scope
from records.reports import counting
from records.reports.definition import Period, Report, Sort
from records.reports.registry import REPORTS, find
from records.reports.table import Row, Table
from records.views import Page
from schemas.base import Stored, Strict
from web.api.machine import In
from web.pages.reports import wanted_of
from web.viewer import House_, Viewer

router = APIRouter()

Reader = Annotated[Viewer, Depends(In(Scope.READ_WORK, Action.REPORTS))]
ReportId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{1,58}$", description="As /reports lists it.")]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra={"format": "date"})]
Cell = int | float | str | None
"""A number; why it is withheld ("under 5", "not shown"); or null where there is none, as a share of nothing is."""


class Asking(Strict):
    """Which of it: all that is said must be so."""

    begins: Annotated[
        Day | None, Field(alias="from", description="The first day; the whole of its period is counted.")
    ] = None
    ends: Annotated[Day | None, Field(alias="to", description="The last day. Without it, today.")] = None
    team: Annotated[Text | None, Field(description="Of this team alone. Who leads one team sees that one.")] = None
    pathway: Annotated[Text | None, Field(description="Along this pathway alone.")] = None
    by: Annotated[Text | None, Field(description="What it is told apart by: one of the `splits` of the report.")] = None


class Number(Stored):
    """A figure of a report. A share is `part` out of `part_of`, from 0 to 1."""

    name: str
    title: str
    sort: Sort
    part: str | None
    part_of: str | None
    unit: str


class Definition(Stored):
    """A report: the question that it answers, and what exactly it counts."""

    id: str
    title: str
    question: str
    numerator: str
    denominator: str
    exclusions: list[str]
    source: str
    surety: str
    unit: str
    period: Period
    figures: list[Number]
    splits: dict[str, str]
    notes: list[str]


class Figures(Stored):
    """One row: of a period, and of a split where the report is told apart. `period` is null in the total of all."""

    period: date | None
    split: str | None
    cells: dict[str, Cell]


class Counted(Stored):
    """A report as it was counted, from the day `begins` to before `until`.

    `total` is null when its periods do not add up. A count from 1 to 4, and what would give one away, is withheld.
    """

    report: Definition
    begins: date
    until: date
    team: str | None
    pathway: str | None
    by: str | None
    rows: list[Figures]
    total: Figures | None


@router.get("/reports", summary="The reports")
async def reports(_: Reader) -> Page[Definition]:
    """Every report, and what exactly it counts; all in one page."""
    return Page(rows=[_definition(one) for one in REPORTS])


@router.get("/reports/{report}", summary="One report")
async def report(here: House_, viewer: Reader, report: ReportId, asked: Annotated[Asking, Query()]) -> Counted:
    """The figures of a report, counted from the records now. Counts under 5 are withheld."""
    one = find(report)
    said = {name: text for name, text in asked.model_dump(by_alias=True).items() if text is not None}
    wanted = wanted_of(here, viewer, one, {"by": "", **said}, leaves=True)
    return _counted(await counting.run(here.db, one, wanted, here.clock()))


def _definition(one: Report) -> Definition:
    plain = {name: getattr(one, name) for name in Definition.model_fields if name not in ("figures", "splits")}
    figures = [Number.model_validate(figure, from_attributes=True) for figure in one.figures]
    return Definition.model_validate(plain | {"figures": figures, "splits": one.all_splits})


def _counted(found: Table) -> Counted:
    asked = found.asked
    return Counted(
        report=_definition(found.report),
        begins=asked.begins,
        until=asked.until,
        team=asked.team,
        pathway=asked.pathway,
        by=asked.by,
        rows=[_row(row) for row in found.rows],
        total=_row(found.total) if found.report.has_total else None,
    )


def _row(row: Row) -> Figures:
    return Figures(period=row.period, split=row.split, cells=dict(row.cells))
