"""What each report costs with a large past in the records, beside one sequential scan of the largest table it reads.

The largest is the one whose scan takes longest: journeys make the transitions large, but lie outside their rows, and a
scan of the many narrow milestones takes longer.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from planner.clock import local_day, midnight
from records.reports.asked import asked
from records.reports.counting import counting, table_query
from records.reports.definition import Report
from records.reports.registry import REPORTS
from records.synthetic.playing import Past
from records.synthetic.writing import fill
from tests.bench.multitude import multiply
from tests.keys import RING
from workers.client import Pool, open_pool
from workers.embedded import ephemeral_postgres

TRANSITIONS = 100_000
PEOPLE, YEARS, SEED = 2_000, 3, 5
"""Who is played by the planner; the others are their copies."""
ROUNDS = 3
COUNTED = ("transitions", "steps", "events")
STREAMED = ("failed-contacts", "failed")
"""The list that is streamed, with few rows and with ten times as many."""
NO_INDEX = "SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off"
TABLES = "SELECT relname FROM pg_class WHERE relname = ANY($1) AND relkind = 'r' ORDER BY relpages DESC LIMIT 3"
"""The largest of some tables, by their pages: of few rows that are wide, and of many that are narrow."""


class Cost(NamedTuple):
    """A report: its time and that of a sequential scan, in milliseconds, and of which table."""

    report: Report
    largest: str
    whole: float
    scan: float

    @property
    def ratio(self) -> float:
        """How many such scans it takes."""
        return self.whole / self.scan


async def report(transitions: int = TRANSITIONS, people: int = PEOPLE) -> str:
    """A table of every report, and what streaming a list takes of memory."""
    now = midnight(local_day(datetime.now(UTC)))
    async with ephemeral_postgres() as server:
        pool = await open_pool(server.url, RING)
        try:
            began = time.perf_counter()
            async for _ in fill(pool, Past(SEED, people, YEARS, now)):
                pass
            played, began = time.perf_counter() - began, time.perf_counter()
            await multiply(pool, transitions)
            copied = time.perf_counter() - began
            rows = {name: await pool.fetchval(f"SELECT count(*) FROM {name}") for name in COUNTED}
            scanned: dict[str, float] = {}
            costs = [await _cost(pool, one, now, scanned) for one in REPORTS]
            memory = await asyncio.to_thread(_streaming, server.url, now)
        finally:
            pool.terminate()
    return "\n".join([
        f"With {rows['transitions']:,} transitions, {rows['steps']:,} steps and {rows['events']:,} events "
        f"(the past of {people:,} people lived in {played:.0f} s, and copied in {copied:.0f} s):\n",
        "| report | ms | a sequential scan of | ms | ratio |",
        "| --- | ---: | --- | ---: | ---: |",
        *(f"| {c.report.id} | {c.whole:,.0f} | {c.largest} | {c.scan:,.0f} | {c.ratio:.2f} |" for c in costs),
        "",
        "| a list as JSON, streamed | rows | peak memory, MiB |",
        "| --- | ---: | ---: |",
        *(f"| {'/'.join(STREAMED)} | {rows:,} | {mebibytes:.0f} |" for rows, mebibytes in memory),
    ])  # fmt: skip


async def _cost(pool: Pool, one: Report, now: datetime, scanned: dict[str, float]) -> Cost:
    """What a report costs. `scanned` has the scans that were measured already."""
    wanted = asked(one, now.date(), by=one.by, inside=True)
    query, given = table_query(one, wanted, now)

    async def whole() -> None:
        async with counting(pool) as link:
            await link.fetch(query, *given, timeout=600)

    async with counting(pool) as link:
        plan = await link.fetchval("EXPLAIN (FORMAT JSON) " + query, *given)
        read = [row["relname"] for row in await link.fetch(TABLES, sorted(_tables(plan)))]
    for table in read:
        scanned[table] = scanned.get(table) or await _scan(pool, table)
    largest = max(read, key=scanned.__getitem__)
    return Cost(one, largest, await _middle(whole), scanned[largest])


async def _scan(pool: Pool, table: str) -> float:
    async def scan() -> None:
        async with counting(pool) as link:
            await link.execute(NO_INDEX)
            await link.fetchval(f"SELECT count(*) FROM {table}", timeout=600)

    return await _middle(scan)


def _tables(plan: Any) -> set[str]:
    if isinstance(plan, list):
        return {name for one in plan for name in _tables(one)}
    if isinstance(plan, dict):
        return {name for one in plan.values() for name in _tables(one)} | (
            {plan["Relation Name"]} if "Relation Name" in plan else set()
        )  # fmt: skip
    return set()


async def _middle(what: Callable[[], Awaitable[None]]) -> float:
    await what()
    spent = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await what()
        spent.append((time.perf_counter() - began) * 1000)
    return statistics.median(spent)


def _streaming(url: str, now: datetime) -> list[tuple[int, float]]:
    """Rows of the list, and the most memory that the command takes: of a few weeks, and of ten times as many."""
    today = now.date()
    return [_streamed(url, today - timedelta(weeks=weeks), today) for weeks in (8, 80)]


def _streamed(url: str, begins: date, ends: date) -> tuple[int, float]:
    report_id, figure = STREAMED
    words = ["report", report_id, "--inside", "--list", figure, "--json", "--from", f"{begins}", "--to", f"{ends}"]
    with tempfile.TemporaryFile() as file:
        process = subprocess.Popen(
            [Path(sys.executable).parent / "alongside", *words],
            stdout=file, env=os.environ | {
                "ALONGSIDE_DATABASE_URL": url, "ALONGSIDE_KEYS": RING.written(), "TEMPORAL_ADDRESS": "127.0.0.1:9",
            },
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise AssertionError(f"alongside {' '.join(words)} ended with {process.returncode}")
        file.seek(0)
        rows = sum(1 for _ in file)
    return rows, used.ru_maxrss / 1024


if __name__ == "__main__":
    print(asyncio.run(report(*map(int, sys.argv[1:3]))))
