"""A browser for the tests: the one that is here, or Debian's, installed where that is allowed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "ALONGSIDE_TEST_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OF_MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
HOW = (
    "The browser tests need Chromium or Chrome, and found none. Install one (Debian, Ubuntu: `apt-get install "
    f"chromium`; macOS: Google Chrome), or say where one is with {VARIABLE}=/path/to/it."
)


class NoBrowser(Exception):
    """There is no browser, and none could be installed; the message says what to do."""


def found() -> Path | None:
    """The browser that is here."""
    told = os.environ.get(VARIABLE)
    if told:
        if not os.access(told, os.X_OK):
            raise NoBrowser(f"{VARIABLE} is {told}, which is no program.")
        return Path(told)
    named = next((path for name in NAMES if (path := shutil.which(name))), None)
    return Path(named) if named else OF_MACOS if OF_MACOS.exists() else None


def find() -> Path:
    """The browser that is here, or NoBrowser with what to do."""
    here = found()
    if here is None:
        raise NoBrowser(HOW)
    return here


def provide() -> Path:
    """The browser that is here, installed first where there is none and we may."""
    here = found()
    apt = shutil.which("apt-get")
    if here is None and apt and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for asked in (["update", "-qq"], ["install", "-y", "-qq", "chromium"]):
            subprocess.run([apt, *asked], check=False, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return find()


if __name__ == "__main__":
    try:
        provide()
    except NoBrowser as why:
        sys.exit(str(why))
