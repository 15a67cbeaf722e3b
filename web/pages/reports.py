"""What the service counts: every report with its definition, as a table, as files, and whom a figure is about."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from planner.clock import local_day
from planner.policy import Action, Sight, Standing, of_every_team, of_team, sight
from planner.spc import Rules
from records import my_people, staff
from records.errors import RecordsError
from records.reports import charts, counting, words
from records.reports.asked import Asked, asked
from records.reports.counting import Case
from records.reports.definition import Figure, Report
from records.reports.registry import REPORTS, find
from records.reports.table import Row, Table, plain
from schemas.codes import Role
from web import export
from web.answers import page
from web.house import House
from web.pictures.spc import called, signals_in_words
from web.viewer import House_, Needs, Viewer
from workers.settings import Settings

router = APIRouter(prefix="/reports")
Reader = Annotated[Viewer, Depends(Needs(Action.REPORTS))]
Lister = Annotated[Viewer, Depends(Needs(Action.REPORT_LISTS))]


@router.get("")
async def reports(request: Request, viewer: Reader) -> Response:
    """Every report, and the question that it answers."""
    return await page(request, "reports.html", viewer, reports=REPORTS)


@router.get("/{report_id}.csv")
async def as_csv(request: Request, here: House_, viewer: Reader, report_id: str) -> Response:
    """The figures as a file, small numbers withheld."""
    found = await _leaving(request, here, viewer, report_id)
    split = found.asked.by is not None
    rows = [[f"{row.period:%Y-%m-%d}", *([row.split] if split else []), *row.cells.values()] for row in found.rows]
    return export.small(report_id, _heads(found), rows)


@router.get("/{report_id}.json")
async def as_json(request: Request, here: House_, viewer: Reader, report_id: str) -> Response:
    """The figures as JSON, small numbers withheld."""
    return JSONResponse(plain(await _leaving(request, here, viewer, report_id)))


async def _leaving(request: Request, here: House, viewer: Viewer, report_id: str) -> Table:
    one = find(report_id)
    wanted = wanted_of(here, viewer, one, request.query_params, leaves=True)
    return await counting.run(here.db, one, wanted, here.clock())


@router.get("/{report_id}")
async def report(request: Request, here: House_, viewer: Reader, report_id: str) -> Response:
    """One report: what it counts and what not, and the figures."""
    one = find(report_id)
    wanted = wanted_of(here, viewer, one, request.query_params)
    found, split = await counting.run(here.db, one, wanted, here.clock()), request.query_params.get("split")
    known: dict[str, Any] = {
        "report": one,
        "asked": wanted,
        "rows": [_told(found, row) for row in found.with_total],
        "heads": _heads(found),
        "teams": await staff.teams(here.db) if every_team(viewer) else [wanted.team],
        "pathways": await my_people.in_use(here.db),
        "last": f"{last_day(wanted):%Y-%m-%d}",
        "chart": await charts.charted(here.db, one, wanted, here.clock(), rules_of(here.settings), split),
        "picture": address(wanted, f"/reports/{one.id}.svg", split=split),
        "chart_of": lambda each: address(wanted, f"/reports/{one.id}", split=each),
        "marking": address(wanted, f"/reports/{one.id}/marks"),
        "may_mark": viewer.may(Action.CHART_MARKS),
        "signals": signals_in_words,
        "called": called,
        "csv": address(wanted, f"/reports/{one.id}.csv"),
        "json": address(wanted, f"/reports/{one.id}.json"),
        "standing": _standing(one, viewer),
    }
    return await page(request, "report.html", viewer, **known)


def wanted_of(here: House, viewer: Viewer, one: Report, said: Mapping[str, str], *, leaves: bool = False) -> Asked:
    """What an address asks for. Whoever leads one team asks about that one."""
    by = said.get("by", one.by or "") or None
    return asked(
        one,
        local_day(here.clock()),
        begins=_day(said.get("from", "")),
        ends=_day(said.get("to", "")),
        team=(said.get("team") or None) if every_team(viewer) else viewer.team,
        pathway=said.get("pathway") or None,
        by=by,
        inside=viewer.may(Action.REPORT_LISTS) and not leaves,
    )


def rules_of(settings: Settings) -> Rules:
    """What counts as more than chance on a chart, as this service has set it."""
    return Rules(settings.chart_shift or None, settings.chart_trend or None, near_a_limit=settings.chart_near_limit)


def every_team(viewer: Viewer) -> bool:
    """Whether they may ask about any team: operations and managers may; who leads one team asks about that."""
    leads = viewer.role in (Role.TEAM_LEAD, Role.PEER_LEAD)
    return not leads or of_every_team(viewer.role, viewer.team)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise RecordsError("invalid", "Write a day that exists, such as 2026-11-26.") from None


def last_day(wanted: Asked) -> date:
    return date.fromordinal(wanted.until.toordinal() - 1)


def address(wanted: Asked, path: str, **more: str | None) -> str:
    """The same, at another page of it."""
    said = {
        "team": wanted.team, "pathway": wanted.pathway, "by": wanted.by or "", "from": f"{wanted.begins:%Y-%m-%d}",
        "to": f"{last_day(wanted):%Y-%m-%d}", **more,
    }  # fmt: skip
    return f"{path}?{urlencode({name: text for name, text in said.items() if text is not None})}"


def _heads(found: Table) -> list[str]:
    split = [found.report.all_splits[found.asked.by]] if found.asked.by else []
    return ["When", *split, *(figure.title for figure in found.report.figures)]


def _standing(one: Report, viewer: Viewer) -> dict[str, str] | None:
    """Where everybody is listed whom a figure is about that stands today, for those who may see them."""
    if one.standing is None or not viewer.may(Action.REPORT_LISTS):
        return None
    return {"text": one.figure(one.standing).title, "href": f"/reports/{one.id}/list?figure={one.standing}"}


def _told(found: Table, row: Row) -> list[dict[str, str | None]]:
    """The cells of a row, each with where its list is where it stays inside."""
    report = found.report
    cells: list[dict[str, str | None]] = [{"text": words.period(report, row.period), "href": None}]
    if found.asked.by:
        cells.append({"text": row.split or "All", "href": None})
    for figure in report.figures:
        text = words.number(figure, row.cells[figure.name])
        cells.append({"text": text, "href": _list_of(found, row, figure) if found.asked.inside else None})
    return cells


def _list_of(found: Table, row: Row, figure: Figure) -> str | None:
    if not figure.listed or not row.cells[figure.name]:
        return None
    among = found.asked if row.period is None else found.asked.within(row.period, found.report)
    return address(among, f"/reports/{found.report.id}/list", figure=figure.name, split=row.split)


@router.get("/{report_id}/list")
async def listed(request: Request, here: House_, viewer: Lister, report_id: str) -> Response:
    """Whom a figure is about: with a name where the viewer sees the person, else by local id."""
    one, said = find(report_id), request.query_params
    wanted, figure = _exactly(here, viewer, one, said), said.get("figure", "")
    split, after = said.get("split"), said.get("after")
    found = await counting.cases(here.db, one, wanted, figure, here.clock(), split, after=after)
    again = partial(address, wanted, f"/reports/{one.id}/list", figure=figure, split=split)
    known: dict[str, Any] = {
        "report": one,
        "figure": one.figure(figure),
        "asked": wanted,
        "split": split,
        "last": last_day(wanted),
        "rows": [(case, _sees(viewer, case), _details(one, case)) for case in found.rows],
        "next": again(after=found.next) if found.next else None,
        "first": again() if after else None,
        "back": address(wanted, f"/reports/{one.id}"),
    }
    return await page(request, "report-list.html", viewer, **known)


def _exactly(here: House, viewer: Viewer, one: Report, said: Mapping[str, str]) -> Asked:
    """What a list is asked for: from exactly that day on, which a figure counted from."""
    wanted = wanted_of(here, viewer, one, said)
    begins = _day(said.get("from", ""))
    return Asked(begins or wanted.begins, wanted.until, wanted.team, wanted.pathway, wanted.by, wanted.inside)


def _sees(viewer: Viewer, case: Case) -> bool:
    standing = Standing(same_team=of_team(viewer.role, viewer.team, case.team))
    return sight(viewer.role, standing) is Sight.WHOLE


def _details(report: Report, case: Case) -> list[str]:
    return [words.detail(one.name, case.shown[one.name]) for one in report.shows]
