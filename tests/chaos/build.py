"""A newer build of the workflows: a copy of ours in which one more thing is done, guarded by `workflow.patched`.

What is recorded stays the same; the history has a timer more. Without the guard no journey that began before could be
followed by it, and no journey that took it up could be followed by the build before.
"""

import shutil
from pathlib import Path

import workflows

ANCHOR = "            await self._let_time_pass()\n            while True:\n"
"""Where it goes in: before a command is decided, in its turn."""
PATCH = """            if command.do == "{do}" and workflow.patched("{name}"):
                await asyncio.sleep(0.001)
"""
CHANGES = ("set-due", "hold", "acknowledge")
"""The commands that each newer build does otherwise, and the builds before it with it."""


def name(number: int) -> str:
    """What the patch of a build is called."""
    return f"chaos-{number}"


def newer(folder: Path, number: int) -> Path:
    """Make the build of a number, from 1, in a folder; what has to come first on Python's path."""
    build = folder / f"build-{number}"
    copy = build / "workflows"
    ours = Path(workflows.__file__ or "").parent
    shutil.copytree(ours, copy, ignore=shutil.ignore_patterns("__pycache__"))
    file = copy / "transition.py"
    text = file.read_text()
    if text.count(ANCHOR) != 1:
        raise RuntimeError(
            "workflows/transition.py has changed: tests/chaos/build.py must say anew where a patch goes."
        )
    before, loop = ANCHOR.splitlines(keepends=True)
    patches = "".join(PATCH.format(do=do, name=name(n)) for n, do in enumerate(CHANGES[:number], start=1))
    file.write_text(text.replace(ANCHOR, before + patches + loop))
    return build
