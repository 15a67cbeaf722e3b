"""The demonstration, as a newcomer starts it and as a machine does."""

import asyncio
import sys
from pathlib import Path

ALONGSIDE = Path(sys.executable).parent / "alongside"


async def test_demo_shows_the_whole_caseload_and_ends(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(ALONGSIDE, "demo", "--once", "--data", tmp_path / "demo"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await asyncio.wait_for(process.communicate(), 300))[0].decode()
    assert process.returncode == 0, said
    assert "caseload-2026-11-16.csv: 399 new, 0 already there, 13 refused." in said
    assert "told: safety-lead-1" in said
    assert "Recorded: " in said
    assert "followed from here" in said
    assert said.rstrip().endswith("Stopped.")
    assert "Traceback" not in said
    assert "warning" not in said.lower()
