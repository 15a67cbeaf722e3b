"""Programs that come inside wheels, found by where their wheel put them, whatever PATH says."""

import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path


def program(wheel: str, name: str) -> Path | None:
    """The program `name` of an installed wheel, else the one on PATH, else None."""
    try:
        files = distribution(wheel).files or []
    except PackageNotFoundError:
        files = []
    for file in files:
        if file.name in (name, f"{name}.exe"):
            return Path(str(file.locate())).resolve()
    found = shutil.which(name)
    return Path(found) if found else None
