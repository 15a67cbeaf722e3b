"""What an update of a workflow was refused for, in the words of whoever refused it."""

from typing import get_args

from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from planner.refused import Refused, Why

KINDS: tuple[Why, ...] = get_args(Why)


def refused(error: WorkflowUpdateFailedError, ended: str) -> Refused:
    """The refusal behind a failed update; `ended` is said when its workflow had ended by then. Raises what is none."""
    cause = error.cause
    if not isinstance(cause, ApplicationError):
        raise error
    if cause.type == "AcceptedUpdateCompletedWorkflow":
        return Refused("conflict", ended)
    for kind in KINDS:
        if cause.type == kind:
            return Refused(kind, cause.message)
    raise error
