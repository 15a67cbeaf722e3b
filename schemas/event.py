"""What happened, one line each: the trace of a rehearsal and the history of a person are made of these."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from schemas.base import Instant, Own, Stored, Words
from schemas.codes import Attendance, Mechanism, Role
from schemas.workforce import Place


class Kind(StrEnum):
    """What sort of thing happened."""

    STARTED = "started"
    OPENED = "opened"
    DUE = "due"
    REMINDED = "reminded"
    MISSED = "missed"
    ESCALATED = "escalated"
    STOOD_DOWN = "stood-down"
    ACKNOWLEDGED = "acknowledged"
    ATTEMPTED = "attempted"
    COMPLETED = "completed"
    WAIVED = "waived"
    CANCELLED = "cancelled"
    REOPENED = "reopened"
    MILESTONE = "milestone"
    EXPECTED = "expected"
    FACT = "fact"
    HELD = "held"
    RESUMED = "resumed"
    SILENCE = "silence"
    REFUSED = "refused"
    CLOSED = "closed"
    HANDOVER_OFFERED = "handover-offered"
    HANDOVER_ACCEPTED = "handover-accepted"
    HANDOVER_DECLINED = "handover-declined"
    HANDOVER_WITHDRAWN = "handover-withdrawn"
    DEFINITION_CHANGED = "definition-changed"
    WISHES = "wishes"
    ASSIGNED = "assigned"
    QUEUED = "queued"
    JOINING = "joining"
    STEPPED_BACK = "stepped-back"
    PEER_ENDED = "peer-ended"
    BOOKED = "booked"
    RELEASED = "released"
    NO_SLOT = "no-slot"
    CHECKED_IN = "checked-in"
    VISIT_ALERT = "visit-alert"
    VISIT_EXTENDED = "visit-extended"
    CHECKED_OUT = "checked-out"


class Event(Stored):
    """One thing that happened; a field that does not apply is left unset, and then it is not told.

    `due: null` is told: it says that a date which was known no longer is.
    """

    event: Kind
    at: Instant
    step: str | None = None
    rung: int | None = None
    to: list[Role] | None = None
    due: Instant | None = None
    late: bool | None = None
    attendance: Attendance | None = None
    mechanism: Mechanism | None = None
    contact_at: Instant | None = None
    scores: Annotated[dict[str, Any] | None, Own.ANSWERS] = None
    milestone: str | None = None
    occurred_at: Instant | None = None
    fact: str | None = None
    value: Annotated[Any, Own.WISHES] = None
    until: Instant | None = None
    reason: Words | None = None
    type: str | None = None
    by_hand: bool | None = None
    staff: str | None = None
    along: list[str] | None = None
    starts: Instant | None = None
    ends: Instant | None = None
    place: Place | None = None
    over_hours: bool | None = None
    exit: str | None = None

    @model_serializer(mode="wrap")
    def _only_what_applies(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What is not told is not written either, so an event that has travelled is the same as before."""
        return {name: value for name, value in dump(self).items() if name in self.model_fields_set}

    def told(self) -> dict[str, Any]:
        """The event as plain data: only what applies, instants as RFC 3339 in UTC."""
        return self.model_dump(mode="json")
