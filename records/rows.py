"""A commit as rows: what of a journey goes into which columns. Pure; the statements are in `records.commit`."""

import hashlib
import json
from datetime import datetime
from typing import Any

from schemas.codes import COORDINATING_ROLES, Role, StepKind
from schemas.commit import Commit
from schemas.event import Event, Kind
from schemas.journey import Journey, State

Row = dict[str, Any]


def as_json(value: object) -> str:
    """Plain data as JSON text, the same text for the same data."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def as_it_stands(told: Row) -> str:
    """Plain data as JSON text in its own order: that of the steps of a journey says something."""
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def digest(journey: Row, events: list[Row], command_id: str | None) -> str:
    """What names the content of a commit: the same for the same change, however often it is committed."""
    return hashlib.sha256(as_json([journey, events, command_id]).encode()).hexdigest()


def holder(journey: Journey, owner: Role) -> str | None:
    """The one member of staff whom an owner's role means here; None when it is resolved in the team."""
    if owner in COORDINATING_ROLES:
        return journey.coordinator
    if owner is Role.INCOMING_COORDINATOR:
        return journey.handover.to if journey.handover else None
    if owner is Role.PEER_WORKER:
        return journey.peers.worker if journey.peers else None
    return None


_STEP_COLUMNS = {
    "kind", "title", "owner", "ladder", "state", "due", "late", "opened", "done_on", "ended", "rung",
    "acknowledged_until", "reason", "by_hand",
}  # fmt: skip


def step_rows(journey: Journey, told: Row, team: str) -> list[Row]:
    """The steps as they stand, and the watch for silence, which is listed like one. `told` is the journey as data."""
    steps = [*told["steps"].values(), *([told["silence"]] if told["silence"] else [])]
    return [
        {name: step[name] for name in _STEP_COLUMNS}
        | {"step": step["id"], "team": team, "holder": holder(journey, Role(step["owner"])), "state": _listed(step)}
        for step in steps
    ]


def _listed(step: Row) -> str:
    # The watch for silence is nobody's task before it has been raised.
    waits = step["kind"] == StepKind.SILENCE and step["state"] == State.OPEN
    return State.PLANNED if waits else str(step["state"])


_NULL_IS_TOLD = {Kind.DUE: "due", Kind.EXPECTED: "due", Kind.FACT: "value"}
"""What says something by being null: that a date is no longer known, that a fact was taken away."""


def payload(event: Event) -> Row:
    """The event as plain data: only what applies to it.

    Which fields were left unset is forgotten when an event travels as JSON, so it is not relied on.
    """
    return {
        name: value
        for name, value in event.model_dump(mode="json").items()
        if value is not None or name == _NULL_IS_TOLD.get(event.event)
    }


def event_rows(events: list[Event]) -> list[Row]:
    """What happened, in its order."""
    return [
        {
            "seq": seq,
            "event": event.event,
            "step": event.step,
            "at": event.at.isoformat(),
            "reason": event.reason,
            "payload": payload(event),
        }
        for seq, event in enumerate(events, start=1)
    ]


def contact_rows(events: list[Event], told: Row) -> list[Row]:
    """The contacts of the steps that a contact was told of."""
    tried = {e.step for e in events if e.event in (Kind.ATTEMPTED, Kind.COMPLETED) and e.attendance is not None}
    return [
        contact | {"step": step["id"], "number": number}
        for step in told["steps"].values()
        if step["id"] in tried
        for number, contact in enumerate(step["contacts"], start=1)
    ]


def said_row(commit: Commit) -> Row:
    """Who said what caused the change; all empty when time alone did."""
    said = commit.said
    return {
        "command_id": said.id if said else None,
        "command": said.do if said else None,
        "role": said.role if said else None,
        "staff": said.staff if said else None,
        "said_at": said.at if said else None,
        "reason": said.reason if said else None,
    }
