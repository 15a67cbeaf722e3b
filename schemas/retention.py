"""The end of what is kept of a person: what is decided, what its workflow is given, and how it stands."""

from datetime import date

from schemas.base import Instant, Stored
from schemas.command import Command, StaffId
from schemas.erasing import Became, RefusedFor, Rule, Verdict


class Decision(Command):
    """A second person approves or refuses, or whoever asked withdraws it."""

    verdict: Verdict
    refused_for: RefusedFor | None = None


class ErasureState(Stored):
    """What the workflow of an erasure starts with, as the records have it; `ahead_by` is as in a transition's."""

    erasure_id: str
    asked_by: StaffId
    asked_at: Instant
    became: Became = Became.ASKED
    ahead_by: float = 0


class Decided(Stored):
    """A decision that is to be recorded, at the workflow's time."""

    erasure_id: str
    verdict: Verdict
    staff: StaffId
    refused_for: RefusedFor | None = None
    at: Instant


class Erased(Stored):
    """How an erasure stands; the certificate once it is done."""

    became: Became
    certificate_id: str | None = None


class Kept(Stored):
    """Until when something is kept of a person, and by which rule; no day when it has no end."""

    rule: Rule
    until: date | None = None
