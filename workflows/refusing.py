"""A rule's refusal as a workflow says it: the update fails for good, under its kind and in its words."""

from collections.abc import Callable
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from planner.refused import Refused

Answer = TypeVar("Answer")


def refusal(why: Refused) -> ApplicationError:
    """A refusal, to be raised."""
    return ApplicationError(why.message, type=why.kind, non_retryable=True)


def allowed(rule: Callable[[], Answer]) -> Answer:
    """What a rule answers; what it refuses fails the update."""
    try:
        return rule()
    except Refused as why:
        raise refusal(why) from why
