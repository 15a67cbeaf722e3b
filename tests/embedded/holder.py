"""Runs the embedded services in a process of its own, for tests that kill it: `python -m tests.embedded.holder DIR`."""

import asyncio
import sys
from pathlib import Path

from workers.embedded import EmbeddedServices
from workers.leaving import leave
from workers.logging import configure
from workers.up import stopping


async def hold(folder: Path) -> None:
    """Start on `folder`, say that it is ready, and stay until told to stop."""
    async with stopping() as stop, EmbeddedServices(folder, ui=False) as services:
        print(f"ready {services.postgres.child.pid} {services.temporal.child.pid}", flush=True)
        await stop.wait()


if __name__ == "__main__":
    configure("json")
    asyncio.run(hold(Path(sys.argv[1])))
    leave(0)
