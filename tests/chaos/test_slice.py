"""A slice of `make chaos`, as continuous integration runs it: the same program, fewer people, a fixed seed."""

import asyncio
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = os.environ.get("ALONGSIDE_CHAOS_SECONDS", "90")
"""How long everything is hurt; with taking on, settling and comparing it is about two minutes more."""
SEED, PEOPLE = "20261116", "40"


async def test_whatever_is_hurt_nothing_is_lost_late_or_told_twice(tmp_path: Path) -> None:
    asked = ["--seconds", SECONDS, "--seed", SEED, "--people", PEOPLE, "--keep", str(tmp_path / "chaos")]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.chaos",
        *asked,
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert "| verdict | as promised |" in said.decode()
