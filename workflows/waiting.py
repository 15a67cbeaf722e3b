"""Waiting for something, until its time has come.

A query that waited for a worker is handed to it with everything that has happened since, a timer that fired among it,
but before the task that says what time it is. Whoever went on from there would set that timer once more, for as long as
before: late by all that time, and not what a replay would do. So nothing goes on from there.
"""

from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

INEXACT = timedelta(milliseconds=10)
"""So much earlier than asked for a timer may fire: some servers count whole milliseconds."""


class BeforeItsTimeError(Exception):
    """A timer fired before its time had come. It fails the task, not the workflow: done anew, the time is known."""


async def came_in_time(
    condition: Callable[[], bool], within: timedelta | None = None, summary: str | None = None
) -> bool:
    """Wait until a condition holds, or for so long at most; False when the time has come first."""
    since = workflow.now()
    try:
        await workflow.wait_condition(condition, timeout=within, timeout_summary=summary)
    except TimeoutError:
        if within is not None and workflow.now() - since < within - INEXACT:
            raise BeforeItsTimeError(f"{workflow.now() - since} of {within} have passed") from None
        return False
    return True
