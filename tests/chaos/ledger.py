"""What was said to Alongside, and each answer that came: the other side of what the records hold."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from schemas.command import AnyCommand, Receipt

Way = Literal["workflow", "api"]
"""How a command is said: as the command line and the pages do, or by the API."""


class Answer(NamedTuple):
    """What came of asking once: a receipt, a refusal, or nothing that says what became of it.

    `asked` and `came` are when, in seconds of one clock.
    """

    asked: float
    came: float
    receipt: Receipt | None = None
    refused: str | None = None
    unknown: str | None = None


@dataclass(eq=False)
class Entry:
    """A command, which way it was said, and what was answered, in the order of the answers.

    `rivals` is shared by commands that were decided by one revision of a journey: at most one of them may be done.
    """

    transition: str
    command: AnyCommand
    way: Way
    rivals: str | None = None
    answers: list[Answer] = field(default_factory=list)

    @property
    def receipts(self) -> list[Answer]:
        """The answers that it was recorded."""
        return [one for one in self.answers if one.receipt is not None]

    @property
    def refusals(self) -> list[Answer]:
        """The answers that it was not done."""
        return [one for one in self.answers if one.refused is not None]

    @property
    def known(self) -> bool:
        """Whether it is known what became of it."""
        return bool(self.receipts or self.refusals)

    @property
    def accepted(self) -> bool:
        """Whether it was said to be recorded."""
        return bool(self.receipts)


class Ledger:
    """Every command that was said."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    @property
    def accepted(self) -> list[Entry]:
        """Those that were recorded, as far as was answered."""
        return [one for one in self.entries if one.accepted]

    @property
    def refused(self) -> list[Entry]:
        """Those that were not done."""
        return [one for one in self.entries if one.refusals and not one.accepted]

    @property
    def asked_again(self) -> int:
        """How often a command was said that had been said before."""
        return sum(max(0, len(one.answers) - 1) for one in self.entries)

    @property
    def unknown(self) -> int:
        """How often no answer said what became of a command."""
        return sum(one.unknown is not None for entry in self.entries for one in entry.answers)
