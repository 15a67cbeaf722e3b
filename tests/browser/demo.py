"""The demo in a process of its own, started and stopped as a person would."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ADDRESS = re.compile(r"The pages, .*: (http://\S+)")
PATIENCE = 480
"""Seconds for a whole caseload to be taken on, on a slow machine."""


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[str]:
    """The address of the pages of a demo that runs for the time of the block."""
    program = Path(sys.executable).parent / "alongside"
    process = await asyncio.create_subprocess_exec(
        program, "demo", "--data", folder, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE):
            address = await _address(process)
        draining = asyncio.create_task(_drain(process))
        yield address
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 60) == 0
        await draining
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    """What the demo says of where its pages are; all that it said, when it ends before."""
    said = []
    assert process.stdout
    async for line in process.stdout:
        said.append(line.decode())
        if found := ADDRESS.search(said[-1]):
            return found[1]
    raise AssertionError("the demo ended:\n" + "".join(said))


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stdout
    async for _ in process.stdout:
        pass
