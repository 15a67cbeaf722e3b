"""Listings as CSV: every page of one, a row a line, as a spreadsheet may open it without running anything in it.

A route gives its columns and how a page of the listing is asked for:

    columns = [("Local id", lambda row: row.local_id), ("Team", lambda row: row.team)]
    return await export.csv("overdue", columns, lambda after: listings.overdue(db, limit=export.AT_ONCE, after=after))
"""

import csv as comma_separated
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeAlias, TypeVar

from fastapi import Response
from fastapi.responses import StreamingResponse

from planner.clock import LONDON
from records.views import Page
from schemas.base import Stored

AT_ONCE = 1000
"""Rows that are read at a time: no connection is held while somebody's browser is slow."""
MOST = 100_000
"""Rows of one file. One that is cut says so in its last line."""

Row = TypeVar("Row", bound=Stored)
Columns: TypeAlias = Sequence[tuple[str, Callable[[Row], object]]]
Ask: TypeAlias = Callable[[str | None], Awaitable[Page[Row]]]
"""A page of a listing, after the place that the page before gave."""

_BEGINS = "\ufeff"
"""Spreadsheets take a file for UTF-8 when it begins with this."""
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a cell begins that a spreadsheet would run."""


async def csv(name: str, columns: Columns[Row], ask: "Ask[Row]", most: int = MOST) -> Response:
    """A file of all pages of a listing, sent as it is read. What is refused is refused before anything is sent."""
    first = await ask(None)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Alongside-Rows-At-Most": str(most),
    }
    return StreamingResponse(
        _lines(columns, ask, first, most), media_type="text/csv; charset=utf-8; header=present", headers=headers
    )


async def _lines(columns: Columns[Row], ask: "Ask[Row]", page: Page[Row], most: int) -> AsyncIterator[str]:
    yield _BEGINS + _line(heading for heading, _ in columns)
    left = most
    while True:
        rows = page.rows[:left]
        yield "".join(_line(cell(read(row)) for _, read in columns) for row in rows)
        left -= len(rows)
        if page.next is None and len(rows) == len(page.rows):
            return
        if left == 0:
            yield _line([f"Cut here: a file has at most {most:,} rows. Choose fewer with the filters of the page."])
            return
        page = await ask(page.next)


def small(name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A file of a few rows that are there already."""
    text = _BEGINS + _line(heads) + "".join(_line(map(cell, row)) for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8; header=present", headers=headers)


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO(newline="")
    comma_separated.writer(text).writerow(list(cells))
    return text.getvalue()


def cell(value: object) -> str:
    """A value as a cell: an instant as day and time in London, yes and no in words, and never anything that runs."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return str(value)
        case datetime():
            return f"{value.astimezone(LONDON):%Y-%m-%d %H:%M}"
    text = str(value)
    return f"'{text}" if text.startswith(_RUNS) else text
