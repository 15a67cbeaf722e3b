"""The chart of a report as a picture, and what people write on it: baselines that begin anew, changes to know of."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from planner.clock import local_day
from planner.policy import Action
from records import chart_marks
from records.chart_marks import MarkKind
from records.errors import RecordsError
from records.reports import charts
from records.reports.asked import Asked
from records.reports.charts import Charted
from records.reports.definition import Report
from records.reports.registry import find
from web.answers import done, page
from web.forms import Answers, Field, NotAsItMayBe, Option
from web.house import House
from web.pages.reports import Reader, address, rules_of, wanted_of
from web.pictures import spc
from web.viewer import Form, House_, Needs, Viewer

router = APIRouter(prefix="/reports")
Marker = Annotated[Viewer, Depends(Needs(Action.CHART_MARKS))]

FIELDS = [
    Field(
        "kind",
        "What it is",
        "choice",
        options=(
            Option(MarkKind.NOTE, "A change to know of", "A line and a sentence on the chart. It moves no limit."),
            Option(
                MarkKind.BASELINE,
                "A baseline that begins anew",
                "From this day on figures are held against their own mean and limits. Only when something changed for "
                "good and is known, never to make a signal go away.",
            ),
        ),
        needed="Choose what it is.",
    ),
    Field("begins", "From which day", "day", needed="Write the day."),
    Field("text", "Why", "long", hint="Whoever reads the chart later sees this.", needed="Say why."),
]


@router.get("/{report_id}.svg")
async def drawn(request: Request, here: House_, viewer: Reader, report_id: str) -> Response:
    """The chart as a picture."""
    one, wanted = _of(request, here, viewer, report_id)
    split = request.query_params.get("split")
    found = await charts.charted(here.db, one, wanted, here.clock(), rules_of(here.settings), split)
    if not found.points:
        raise RecordsError("not-found", "There is nothing to draw: no figure, or none that may be shown.")
    # It is a picture and no page: the styles that are written into it are its own, and it may load nothing.
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return Response(spc.svg(found), media_type="image/svg+xml", headers=headers)


@router.get("/{report_id}/marks")
async def asking(request: Request, here: House_, viewer: Marker, report_id: str) -> Response:
    """What stands on the chart, and the form to write on it."""
    return await _form(request, here, viewer, report_id, {}, {})


@router.post("/{report_id}/marks")
async def write(request: Request, here: House_, viewer: Marker, form: Form, report_id: str) -> Response:
    """Write on the chart."""
    one, wanted = _of(request, here, viewer, report_id)
    said = Answers(form, FIELDS, here.clock())
    begins = said.moment("begins") if said.text("begins") else None
    if begins is not None and local_day(begins) > local_day(here.clock()):
        said.problems["begins"] = "That day is still to come: charts are about what has been."
    if len(said.text("text")) > chart_marks.LONGEST:
        said.problems.setdefault("text", f"Write at most {chart_marks.LONGEST} letters.")
    try:
        said.sound()
        assert begins is not None  # noqa: S101  # it is needed, and its form is sound
        await chart_marks.add(
            here.db, one.id, MarkKind(said.text("kind")), local_day(begins), said.text("text"),
            team=wanted.team, pathway=wanted.pathway, by=viewer.staff, at=here.clock(),
        )  # fmt: skip
    except NotAsItMayBe as wrong:
        return await _form(request, here, viewer, report_id, form, wrong.problems)
    except RecordsError as why:
        return await _form(request, here, viewer, report_id, form, {"begins": why.message})
    return await done(request, viewer, address(wanted, f"/reports/{one.id}"), "It stands on the chart.")


@router.post("/{report_id}/marks/{mark}/withdraw")
async def withdraw(
    request: Request, here: House_, viewer: Marker, _: Form, report_id: str, mark: UUID
) -> Response:  # fmt: skip
    """Take a mark off the chart."""
    one, wanted = _of(request, here, viewer, report_id)
    there = await chart_marks.marks(here.db, one.id, wanted.team, wanted.pathway)
    if mark not in {standing.id for standing in there}:
        raise RecordsError("not-found", "No such mark stands on this chart.")
    await chart_marks.withdraw(here.db, mark, viewer.staff, here.clock())
    return await done(request, viewer, address(wanted, f"/reports/{one.id}"), "It is off the chart.")


def _of(request: Request, here: House, viewer: Viewer, report_id: str) -> tuple[Report, Asked]:
    one = find(report_id)
    return one, wanted_of(here, viewer, one, request.query_params)


async def _form(
    request: Request, here: House, viewer: Viewer, report_id: str, typed: object, problems: dict[str, str]
) -> Response:
    one, wanted = _of(request, here, viewer, report_id)
    known = {
        "report": one,
        "asked": wanted,
        "fields": FIELDS,
        "typed": typed,
        "problems": problems,
        "marks": await chart_marks.marks(here.db, one.id, wanted.team, wanted.pathway),
        "here": address(wanted, f"/reports/{one.id}/marks"),
        "in_words": Charted.mark_in_words,
        "off": lambda mark: address(wanted, f"/reports/{one.id}/marks/{mark}/withdraw"),
        "back": address(wanted, f"/reports/{one.id}"),
    }
    return await page(request, "report-marks.html", viewer, 422 if problems else 200, **known)
