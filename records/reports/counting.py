"""Asking the records for a report: its table, and the cases behind a figure, page by page or as a stream."""

import json
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from asyncpg import Record

from records.database import Database, Link, transaction
from records.errors import RecordsError
from records.listings import BEFORE_ALL, page_of, place_after
from records.reports.asked import Asked
from records.reports.definition import Figure, Report, Sort
from records.reports.table import UNKNOWN, Table, table
from records.rights import as_reader
from records.views import Page
from schemas.base import Stored

LIMIT = 50
ROOM = "SET LOCAL work_mem = '64MB'; SET LOCAL jit = off; SET LOCAL plan_cache_mode = force_custom_plan"
"""What a report is counted with: sorted in memory, compiled for none of its few seconds, and planned for its own days.

A plan for any days reckons with few, and goes through an index for each of many.
"""

_TABLE = """
-- The figures of a report, by period and split, by period, and all together.
-- IS FALSE: of days that are told from instants the planner knows nothing, and would reckon with one case in 200.
WITH asked AS (SELECT $1::date, $2::date, $3::text, $4::text, $5::timestamptz), cases AS ({cases}),
counted AS (
    SELECT c.*, date_trunc('{period}', c.day)::date AS in_period, coalesce(c.{split}::text, '{unknown}') AS in_split
    FROM cases c WHERE (c.day < $1) IS FALSE AND (c.day >= $2) IS FALSE AND ($3::text IS NULL OR c.team = $3)
        AND ($4::text IS NULL OR c.pathway = $4)
)
SELECT {level} AS level, in_period AS period, {in_split} AS split, {figures}
FROM counted c GROUP BY GROUPING SETS ({sets}) ORDER BY in_period NULLS LAST, 3 NULLS LAST
"""
_WHOLE = {
    "level": "CASE grouping(in_period) WHEN 0 THEN 'sum' ELSE 'all' END",
    "in_split": "NULL::text",
    "sets": "(in_period), ()",
}
_SPLIT = {
    "level": "CASE grouping(in_period, in_split) WHEN 0 THEN 'row' WHEN 1 THEN 'sum' ELSE 'all' END",
    "in_split": "in_split",
    "sets": "(in_period, in_split), (in_period), ()",
}
_LIST = """
-- The cases behind a figure, the longest ago first, or the longest.
-- Whom they are about is looked up for the page alone.
WITH asked AS (SELECT $1::date, $2::date, $3::text, $4::text, $5::timestamptz), cases AS ({cases}),
page AS MATERIALIZED (
    SELECT c.case_id, c.transition_id, c.at, c.day, c.team, c.pathway, {place} AS place, to_jsonb(c)::text AS shown
    FROM cases c
    WHERE c.day >= $1 AND c.day < $2 AND ($3::text IS NULL OR c.team = $3) AND ($4::text IS NULL OR c.pathway = $4)
        AND {figure} AND ($6::text IS NULL OR coalesce(c.{split}::text, '{unknown}') = $6)
        AND ({place}, c.case_id) > ($7::{of}, $8::text)
    ORDER BY {place}, c.case_id LIMIT $9
)
SELECT c.case_id, c.transition_id::text, c.at, c.day, c.team, c.pathway, p.local_id, p.given_name, p.family_name,
    c.place, readable(c.transition_id, c.shown::json) AS shown
FROM page c LEFT JOIN transitions t ON t.id = c.transition_id LEFT JOIN people p ON p.id = t.person_id
ORDER BY c.place, c.case_id
"""


class Case(Stored):
    """One thing that was counted, and whom it is about, if anybody alone; `shown` has what the report shows of it."""

    case_id: str
    transition_id: str | None
    at: datetime
    day: date
    team: str
    pathway: str | None
    local_id: str | None
    given_name: str | None
    family_name: str | None
    shown: dict[str, Any]

    @property
    def name(self) -> str:
        """The person's name: for those alone who see them."""
        return f"{self.given_name or ''} {self.family_name or ''}".strip()


@lru_cache(maxsize=256)
def _table_query(report_id: str, by: str | None) -> str:
    report = _known(report_id)
    figures = ", ".join(_counted(one) for one in report.figures if one.sort is not Sort.SHARE)
    known = {
        "cases": report.cases,
        "period": report.period.value,
        "split": by or _otherwise(report),
        "unknown": UNKNOWN,
    }
    return _TABLE.format(**known, figures=figures, **(_WHOLE if by is None else _SPLIT))


@lru_cache(maxsize=256)
def _list_query(report_id: str, figure: str, by: str | None) -> str:
    report = _known(report_id)
    one = report.figure(figure)
    test = f"c.{one.name}" if one.sort is Sort.COUNT else f"c.{one.name} IS NOT NULL"
    place, of = ("c.at", "timestamptz") if report.longest is None else (f"-c.{report.longest}::float8", "float8")
    return _LIST.format(
        cases=report.cases, figure=test, split=by or _otherwise(report), unknown=UNKNOWN, place=place, of=of
    )


def _otherwise(report: Report) -> str:
    """A split that every case has, for a statement in which nothing is told apart."""
    return next(iter(report.all_splits))


def _known(report_id: str) -> Report:
    from records.reports.registry import find

    return find(report_id)


def _counted(figure: Figure) -> str:
    name = figure.name
    match figure.sort:
        case Sort.SUM:
            return f"coalesce(sum(c.{name}), 0)::float8 AS {name}, count(c.{name})::int AS {name}__of"
        case Sort.MEDIAN:
            middle = f"percentile_cont(0.5) WITHIN GROUP (ORDER BY c.{name})"
            return f"({middle})::float8 AS {name}, count(c.{name})::int AS {name}__of"
        case Sort.LONGEST:
            return f"max(c.{name})::float8 AS {name}, count(c.{name})::int AS {name}__of"
    return f"(count(*) FILTER (WHERE c.{name}))::int AS {name}"


def table_query(report: Report, asked: Asked, now: datetime) -> tuple[str, tuple[object, ...]]:
    """The statement that counts a report, and what it is asked with."""
    return _table_query(report.id, asked.by), _given(asked, now)


def list_query(
    report: Report, asked: Asked, figure: str, now: datetime, split: str | None = None, *, limit: int | None = LIMIT,
    after: str | None = None,
) -> tuple[str, tuple[object, ...]]:  # fmt: skip
    """The statement that lists the cases behind a figure, and what it is asked with."""
    listed = [one.name for one in report.figures if one.listed]
    if figure not in listed:
        raise RecordsError("invalid", f"There is no list behind {figure}: choose one of {', '.join(listed)}.")
    first: tuple[Any, Any] = (datetime.fromisoformat, BEFORE_ALL) if report.longest is None else (float, -math.inf)
    place = place_after(after, (first[0], str), (first[1], ""))
    most = None if limit is None else limit + 1
    return _list_query(report.id, figure, asked.by), (*_given(asked, now), split, *place, most)


def _given(asked: Asked, now: datetime) -> tuple[object, ...]:
    return asked.begins, asked.until, asked.team, asked.pathway, now


@asynccontextmanager
async def counting(db: Database) -> AsyncIterator[Link]:
    """A connection that has room for a report, in a transaction."""
    async with transaction(db) as link:
        await link.execute(ROOM)
        yield link


async def run(db: Database, report: Report, asked: Asked, now: datetime) -> Table:
    """Count a report, as the database's reader. Small numbers are withheld unless what is asked stays inside."""
    query, given = table_query(report, asked, now)
    async with counting(db) as link:
        await as_reader(link)
        rows = await link.fetch(query, *given)
    return table(report, asked, [_counted_row(dict(row)) for row in rows])


def _counted_row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row.pop(name) for name in ("level", "period", "split")} | {"cells": row}


async def cases(
    db: Database, report: Report, asked: Asked, figure: str, now: datetime, split: str | None = None, *,
    limit: int = LIMIT, after: str | None = None,
) -> Page[Case]:  # fmt: skip
    """The cases behind a figure, of one split where it is said: the longest ago first, or the longest.

    Refused unless what is asked stays inside: a list tells of people.
    """
    _inside(asked)
    query, given = list_query(report, asked, figure, now, split, limit=limit, after=after)
    async with counting(db) as link:
        rows = [_case(row) for row in await link.fetch(query, *given)]
    return page_of(Case, rows, limit, lambda row: (row["place"], row["case_id"]))  # type: ignore[arg-type]  # read like records


async def stream(
    db: Database, report: Report, asked: Asked, figure: str, now: datetime, split: str | None = None
) -> AsyncIterator[Case]:
    """Every case behind a figure in one snapshot, never all of them in memory."""
    _inside(asked)
    query, given = list_query(report, asked, figure, now, split, limit=None)
    async with counting(db) as link:
        async for row in link.cursor(query, *given, prefetch=500):
            yield Case.model_validate(_case(row))


def _inside(asked: Asked) -> None:
    if not asked.inside:
        raise RecordsError("not-allowed", "A list tells of people: it stays with those who see them.")


def _case(row: Record) -> dict[str, Any]:
    return {**dict(row), "shown": json.loads(row["shown"])}
