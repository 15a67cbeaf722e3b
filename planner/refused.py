"""Why a command was not done, in words for the person who asked."""

from typing import Literal

Why = Literal["not-found", "not-allowed", "invalid", "conflict", "changed"]


class Refused(Exception):
    """A command that changes nothing.

    `kind` is for callers to switch on: `not-found` (no such step or milestone here), `not-allowed`
    (not by this role), `invalid` (it can never be right as said), `conflict` (not as things stand),
    `changed` (what it was decided by is not how things stand any more).
    `message` is one or two plain sentences.
    """

    def __init__(self, kind: Why, message: str) -> None:
        super().__init__(message)
        self.kind: Why = kind
        self.message = message


def closed_as(ended: str) -> Refused:
    """What every command is told after the end."""
    return Refused("conflict", f"The transition closed as {ended}: nothing more can be recorded.")
