"""What is said to a workflow, said again while no workflow has heard it.

Now and then Temporal's library leaves out a command that comes while it hands over another task. Temporal then refuses
it in the workflow's stead, though nobody has decided anything.
"""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

UNHEARD = "UnprocessedUpdate"
"""The type of the failure by which Temporal says so."""
TRIES = 5
P = ParamSpec("P")
T = TypeVar("T")


def until_taken(say: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Say it again when no workflow has heard it. Raises TimeoutError when none ever does."""

    @wraps(say)
    async def again(*given: P.args, **named: P.kwargs) -> T:
        for _ in range(TRIES):
            try:
                return await say(*given, **named)
            except WorkflowUpdateFailedError as error:
                if not isinstance(error.cause, ApplicationError) or error.cause.type != UNHEARD:
                    raise
        raise TimeoutError("no workflow heard it")

    return again
