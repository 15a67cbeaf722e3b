"""`make chaos`: a caseload at work while everything is hurt at random, and what came of it.

python -m tests.chaos --seconds 600 --seed 1 --people 399
"""

import argparse
import asyncio
import csv
import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.demo import CASELOAD, EXPORTED, STAFF
from tests.chaos.disk import own_mounts
from tests.chaos.doors import tokens
from tests.chaos.faults import Storm
from tests.chaos.users import Users
from tests.chaos.verdict import Verdict, taken_up, verdict
from tests.chaos.world import World, now, running
from workers.logging import configure

BESIDE = 900
"""Seconds that a run may take beside those of the storm: to take everybody on, to settle and to compare."""


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="how long everything is hurt (default: 600)")
    parser.add_argument("--seed", type=int, default=None, help="what is drawn is drawn from this (default: any)")
    parser.add_argument("--people", type=int, default=None, help="how many of the caseload (default: all)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the data and the logs in this empty folder")
    return parser.parse_args()


async def chaos(folder: Path, asked: argparse.Namespace, no_disk: str | None) -> Verdict:
    """Everything up, the people taken on, the storm, and the verdict."""
    chance = random.Random(f"storm {asked.seed}")
    async with asyncio.timeout(asked.seconds + BESIDE), running(folder, no_disk) as world:
        await _take_on(world, asked.people, chance)
        users = Users(world, await tokens(world.records), asked.seed)
        storm = Storm(world, chance, asked.seconds)
        began = now()
        async with asyncio.TaskGroup() as together:
            together.create_task(users.work())
            await storm.rage()
            await taken_up(world)
            users.go_home()
        return await verdict(world, users, began, storm.count)


async def _take_on(world: World, count: int | None, chance: random.Random) -> None:
    """Import the staff and the caseload of the demonstration, or so many of its people."""
    weeks = (datetime.now(UTC).date() - EXPORTED) // timedelta(weeks=1)
    people = world.folder / "people.csv"
    _write_some(people, count, chance)
    shifted = ["--as-of", EXPORTED.isoformat(), "--shift-weeks", str(weeks)]
    for file, more in ((STAFF, []), (people, shifted)):
        code, said = await world.run("import", str(file), "--refused", str(world.folder / "refused.csv"), *more)
        if code not in (0, 1):
            raise RuntimeError(f"{file.name} was not taken: {said}")


def _write_some(file: Path, count: int | None, chance: random.Random) -> None:
    """The caseload with so many of its rows."""
    with CASELOAD.open(encoding="utf-8", newline="") as given, file.open("w", encoding="utf-8", newline="") as taken:
        header, *rows = csv.reader(given)
        some = rows if count is None or count >= len(rows) else chance.sample(rows, count)
        csv.writer(taken).writerows([header, *some])


def main() -> int:
    """Run it, print the figures and everything that is wrong; 0 when nothing is."""
    asked = arguments()
    if asked.seed is None:
        asked.seed = random.SystemRandom().randrange(1_000_000)
    no_disk = own_mounts()
    configure("console", "error")
    with tempfile.TemporaryDirectory(prefix="alongside-chaos-") as thrown_away:
        folder = asked.keep or Path(thrown_away)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
        found = asyncio.run(chaos(folder, asked, no_disk))
    found.figures = {"seconds": f"{asked.seconds:,.0f}", "seed": str(asked.seed)} | found.figures
    print(found.table())
    for sentence in found.wrong:
        print(f"\n{sentence}")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
