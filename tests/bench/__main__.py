"""`make bench`: print what Alongside costs on this machine, beside a bare workflow, in one run."""

import asyncio
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import pages, reports, workforce
from tests.bench.durable import Cost, Costs, measure
from tests.bench.planning import planner_speed
from workers.client import open_pool
from workers.embedded import EmbeddedServices
from workers.logging import configure
from workers.settings import load_settings

DATA = Path(__file__).parents[2] / "cli" / "demo_data"


async def main() -> None:
    """Measure, and print a table for the README."""
    configure("json", "error")
    print(f"Measured on {_machine()}\n")
    print("| what | a bare workflow | Alongside | ratio |\n| --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory(prefix="alongside-bench-") as folder:
        async with EmbeddedServices(Path(folder), ui=False) as services:
            pool = await open_pool(services.database_url, services.keys)
            costs = await measure(await services.client(pool), pool, load_settings(task_queue="bench"))
            await pool.close()
        _print(costs)
    print(f"| planner steps (a wake-up or a command decided) a second, one core | | {planner_speed():,.0f} | |")
    seconds, people = await _import()
    print(f"| importing the demo caseload ({people} people), seconds | | {seconds:.0f} | |")
    print(f"\n{workforce.report()}")
    print(f"\n{await pages.report()}")
    print(f"\n{await reports.report()}")


def _print(costs: Costs) -> None:
    rows = {
        "latency of a completed step, ms (median)": (costs.milliseconds_a_command, ".1f"),
        "history events of a completed step": (costs.events_a_command, ".1f"),
        "CPU of a start, ms (worker and client, sandbox on)": (costs.cpu_milliseconds_a_start, ".1f"),
        "starts a second": (costs.starts_a_second, ".0f"),
        "commands a second": (costs.commands_a_second, ".0f"),
        "memory of an open journey in the worker, KiB": (costs.kibibytes_a_journey, ".0f"),
    }
    for what, (cost, form) in rows.items():
        print(_row(what, cost, form))


def _row(what: str, cost: Cost, form: str) -> str:
    return f"| {what} | {cost.bare:{form}} | {cost.ours:{form}} | {cost.ratio:.2f} |"


async def _import() -> tuple[float, int]:
    """How long `alongside import` takes for the demo caseload, on services and a worker of their own."""
    from tests.faults.conftest import running

    with tempfile.TemporaryDirectory(prefix="alongside-bench-") as folder:
        async with running(Path(folder)) as world:
            code, said = await world.run("import", str(DATA / "staff-2026-11-16.csv"))
            began = time.perf_counter()
            code, said = await world.run(
                "import",
                str(DATA / "caseload-2026-11-16.csv"),
                "--as-of",
                "2026-11-16",
                "--refused",
                f"{folder}/no.csv",
            )
            spent = time.perf_counter() - began
            if code not in (0, 1):
                sys.exit(said)
            count = await world.pool.fetchval("SELECT count(*) FROM transitions WHERE status = 'open'")
    return spent, count


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores, python = os.cpu_count(), platform.python_version()
    return f"{platform.system()} {platform.machine()}, {cores} cores, {memory:.0f} GiB, Python {python}"


if __name__ == "__main__":
    asyncio.run(main())
