"""For how long it is tried: in every test run a while, the same each time; with `make fuzz` as long as is said."""

import os
import time
from collections.abc import Callable
from datetime import timedelta

from hypothesis import HealthCheck, settings

SECONDS = float(os.environ.get("ALONGSIDE_FUZZ_SECONDS", "0"))
"""How long each target is tried, at random; 0 for the short, repeatable trial of every test run."""
AT_ONCE = 200
HANGS = timedelta(seconds=30)
"""Nothing that is given takes so long, on however busy a machine: it would hang."""


def examples(number: int) -> settings:
    """The settings of a target: so many examples in every test run, and others each time when it lasts longer."""
    return settings(
        max_examples=AT_ONCE if SECONDS else number,
        derandomize=not SECONDS,
        deadline=HANGS,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def tried(target: Callable[[], None]) -> None:
    """Try a target: once, or again and again until its seconds are over."""
    until = time.monotonic() + SECONDS
    target()
    while time.monotonic() < until:
        target()
