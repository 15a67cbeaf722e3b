"""What an update of a workflow was refused for, in the words of whoever refused it."""

from typing import get_args

from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from planner.refused import Refused, Why

KINDS: tuple[Why, ...] = get_args(Why)


def refused(error: WorkflowUpdateFailedError, ended: str) -> Exception:
    """The refusal behind a failed update, or the error itself; `ended` is said when its workflow had ended by then."""
    cause = error.cause
    if not isinstance(cause, ApplicationError):
        return error
    if cause.type == "AcceptedUpdateCompletedWorkflow":
        return Refused("conflict", ended)
    for kind in KINDS:
        if cause.type == kind:
            return Refused(kind, cause.message)
    return error
