"""A report's numbers and cases as people read them."""

from datetime import date, datetime
from typing import Any

from planner import words
from planner.suppression import Withheld
from records.reports.definition import Figure, Period, Report, Sort
from records.reports.table import Cell
from schemas.codes import ATTENDANCE_WORDS, MECHANISM_WORDS, Attendance, Mechanism
from schemas.discharge import DESTINATIONS, OUT_OF_AREA_REASONS
from schemas.ready import ATTRIBUTIONS, REASONS

NONE = "–"


def number(figure: Figure, cell: Cell) -> str:
    """For example "12", "87%", "3.5 hours", "under 5"."""
    if cell is None:
        return NONE
    if isinstance(cell, Withheld):
        return cell.value
    if figure.sort is Sort.SHARE:
        return f"{cell * 100:.0f}%" if cell in (0, 1) else f"{cell * 100:.1f}%"
    text = f"{cell:,}" if isinstance(cell, int) else f"{cell:,.1f}".removesuffix(".0")
    return f"{text} {figure.unit}" if figure.unit else text


def period(report: Report, begins: date | None) -> str:
    """For example "September 2026", "week of 7 Sep 2026", "July to September 2026", "all"."""
    if begins is None:
        return "All"
    match report.period:
        case Period.MONTH:
            return f"{begins:%B %Y}"
        case Period.WEEK:
            return f"Week of {begins:%-d %b %Y}"
    return f"{begins:%B} to {begins.replace(month=begins.month + 2):%B %Y}"


def detail(name: str, value: Any) -> str:
    """What a column of a list holds: days as days, codes as what they mean."""
    match name, value:
        case _, None:
            return NONE
        case "attendance", str():
            return ATTENDANCE_WORDS[Attendance(value)]
        case "mechanism", str():
            return MECHANISM_WORDS[Mechanism(value)]
        case "destination", str():
            return DESTINATIONS.get(value, value)
        case "delay", str():
            return REASONS[value]
        case "attribution", str():
            return ATTRIBUTIONS[value]
        case "out_of_area_reason", str():
            return OUT_OF_AREA_REASONS[value]
        case _, bool():
            return "yes" if value else "no"
        case _, int() | float():
            return f"{value:,}"
    return _dated(str(value))


def _dated(text: str) -> str:
    if len(text) < len("2026-01-01") or text[4:5] != "-":
        return text
    try:
        if len(text) == len("2026-01-01"):
            return f"{date.fromisoformat(text):%a %-d %b %Y}"
        return words.moment(datetime.fromisoformat(text))
    except ValueError:
        return text
