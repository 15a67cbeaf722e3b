"""What the records refuse, in plain English, under the same four words as every other refusal."""

from datetime import datetime
from typing import Literal

from schemas.command import Receipt
from schemas.journey import Journey

Kind = Literal["not-found", "not-allowed", "invalid", "conflict"]


class RecordsError(Exception):
    """The records refuse; the message is a sentence without personal data, for the person who asked."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.message = message


class UnknownStaff(RecordsError):
    """Nobody of that id is in the staff list."""

    def __init__(self, staff_id: str) -> None:
        super().__init__("not-found", f"Nobody in the staff list has the id {staff_id}: import the staff first.")
        self.staff_id = staff_id


class AlreadyOnPathway(RecordsError):
    """The person has a transition on this pathway that is not closed; `transition_id` names it."""

    def __init__(self, pathway: str, transition_id: str) -> None:
        super().__init__(
            "conflict", f"This person is already on {pathway}: see transition {transition_id}, or close it first."
        )
        self.transition_id = transition_id


class NotRegistered(RecordsError):
    """A commit came for a transition that the records do not know."""

    def __init__(self, transition_id: str) -> None:
        super().__init__(
            "not-found", f"Transition {transition_id} is not in the records: register it before it is started."
        )


class NotBegun(RecordsError):
    """The records have somebody's registration alone: nothing to go on from."""

    def __init__(self, transition_id: str) -> None:
        super().__init__(
            "conflict",
            f"Transition {transition_id} is registered and was never begun: take the person on again, by the same "
            "`alongside start`, import or message as before.",
        )


class UnknownDefinition(RecordsError):
    """A commit names rules that the records have no text of."""

    def __init__(self, transition_id: str, digest: str) -> None:
        super().__init__(
            "not-found",
            f"Transition {transition_id} runs by the definition {digest[:12]}, which the records do not have: "
            "the commit that starts a journey or moves it to other rules must carry the definition.",
        )


class Ahead(RecordsError):
    """The records already hold something else at this revision, or this very command at another one.

    It happens when a worker dies after a commit and before the workflow's history has it, and what
    was asked comes again in another order. The records were written, so they hold: the workflow goes
    on from `journey` (by the rules `definition`, in `team`, changed last `at`) and decides again, unless `receipt` is
    set: then the command is done already, and this is its answer.
    """

    def __init__(self, journey: Journey, definition: str, team: str, receipt: Receipt | None, at: datetime) -> None:
        super().__init__(
            "conflict",
            f"Transition {journey.transition_id} is recorded up to revision {journey.revision} "
            "with other content than was given.",
        )
        self.journey = journey
        self.definition = definition
        self.team = team
        self.receipt = receipt
        self.at = at


class Gap(Ahead):
    """A commit came whose revision does not follow the last recorded one.

    The records never lose a revision by themselves: they were put back to an earlier moment, by a restore or by a
    standby that had not everything. They win for the past, so the workflow goes on from what they hold.
    """

    def __init__(
        self, revision: int, journey: Journey, definition: str, team: str, receipt: Receipt | None, at: datetime
    ) -> None:
        super().__init__(journey, definition, team, receipt, at)
        self.message = (
            f"Transition {journey.transition_id} is recorded up to revision {journey.revision}, so revision {revision} "
            f"cannot be recorded before revision {journey.revision + 1}."
        )
        self.args = (self.message,)
