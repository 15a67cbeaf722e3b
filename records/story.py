"""What happened, in words: one line for each step that an entry of a history is about."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from planner import words
from planner.turn import BEFORE_ALONGSIDE
from records.views import HistoryRow
from schemas.codes import ATTENDANCE_WORDS, MECHANISM_WORDS, WAS_NOT_BROUGHT, Attendance, Mechanism, Role
from schemas.event import Kind

NOT_BROUGHT = WAS_NOT_BROUGHT.replace(" ", "-")


class Line(NamedTuple):
    """What happened at one moment to one step, or to the whole when `step` is None."""

    step: str | None
    title: str | None
    text: str


def lines(rows: Sequence[HistoryRow]) -> list[Line]:
    """What happened at one moment, a line for each step and for whatever is about none."""
    steps: dict[str, list[HistoryRow]] = {}
    before = {row.step for row in rows if row.payload.get("reason") == BEFORE_ALONGSIDE}
    told = []
    for row in rows:
        if row.step is None:
            told.append(Line(None, None, _words(row)))
        elif row.step not in before:
            steps.setdefault(row.step, []).append(row)
    told += [Line(step, of_step[0].title, "; ".join(map(_words, of_step))) for step, of_step in steps.items()]
    if before:
        count = f"{len(before)} steps" if len(before) > 1 else "One step"
        told.append(Line(None, None, f"{count} from before Alongside took this on: not asked for"))
    return told


def _words(row: HistoryRow) -> str:
    told = row.payload
    text = _TEXTS[Kind(row.event)].format(
        due=_due(told.get("due")),
        to=words.roles([Role(role) for role in told.get("to") or []]) or "somebody",
        rung=told.get("rung"),
        late=", late" if told.get("late") else "",
        on=f" on {words.day(row.at)}" if told.get("contact_at") is None else f" on {_on(told['contact_at'])}",
        contact=_contact(told),
        milestone=told.get("milestone") or "",
        at=words.moment(_instant(told.get("occurred_at")) or row.at),
        fact=str(told.get("fact") or "").replace("_", " "),
        value=_value(told.get("value")),
        until=words.due(_instant(told.get("until")) or row.at),
        staff=told.get("staff") or "",
        who=" and ".join([told.get("staff") or "", *(told.get("along") or [])]),
        slot=", ".join(filter(None, (_moment(told.get("starts")), told.get("place")))),
        over=", beyond the hours of the week" if told.get("over_hours") else "",
        exit=told.get("exit") or "",
    )
    reason = told.get("reason") or (row.reason if row.event in _SAID else None)
    if "attendance" in told and not Attendance(told["attendance"]).attended and reason != NOT_BROUGHT:
        return text  # what became of the contact is in it already
    if row.event == Kind.NO_SLOT and reason:
        return f"{reason[0].lower()}{reason[1:].rstrip('.')}"  # the reason is the whole sentence
    return f"{text} ({_spelt(str(reason))})" if reason else text


def _spelt(reason: str) -> str:
    """A reason as people gave it, or a code as they would say it."""
    return reason.rstrip(".") if " " in reason else reason.replace("-", " ")


_TEXTS = {
    Kind.STARTED: "followed from here",
    Kind.OPENED: "open",
    Kind.DUE: "{due}",
    Kind.REMINDED: "{to} reminded",
    Kind.MISSED: "not done in time",
    Kind.ESCALATED: "{to} told",
    Kind.STOOD_DOWN: "what was told of it is over",
    Kind.ACKNOWLEDGED: "being seen to, nobody further is told before {until}",
    Kind.ATTEMPTED: "a contact was tried{on}{contact}",
    Kind.COMPLETED: "done{on}{late}{contact}",
    Kind.WAIVED: "need not be done",
    Kind.CANCELLED: "no longer asked for",
    Kind.REOPENED: "open again",
    Kind.MILESTONE: "{milestone}: {at}",
    Kind.EXPECTED: "{milestone} expected: {due}",
    Kind.FACT: "{fact}: {value}",
    Kind.HELD: "put on hold",
    Kind.RESUMED: "goes on",
    Kind.SILENCE: "no contact attended for too long",
    Kind.REFUSED: "refused",
    Kind.CLOSED: "closed as {exit}",
    Kind.HANDOVER_OFFERED: "offered to {staff}, who answers by then ({due})",
    Kind.HANDOVER_ACCEPTED: "{staff} is the coordinator now",
    Kind.HANDOVER_DECLINED: "{staff} declined",
    Kind.HANDOVER_WITHDRAWN: "the offer to {staff} was withdrawn",
    Kind.DEFINITION_CHANGED: "goes on by version {value} of the pathway",
    Kind.WISHES: "what the person asked for is recorded",
    Kind.ASSIGNED: "{who} goes with the person",
    Kind.QUEUED: "waits for a peer worker",
    Kind.JOINING: "{who} gets to know the person, to take over",
    Kind.STEPPED_BACK: "{who} steps back",
    Kind.PEER_ENDED: "{who} no longer goes with the person",
    Kind.BOOKED: "booked with {who}: {slot}{over}",
    Kind.RELEASED: "no longer at its time, {slot}, with {who}",
    Kind.NO_SLOT: "no time found",
}
ARRANGED = frozenset(
    {Kind.ASSIGNED, Kind.QUEUED, Kind.JOINING, Kind.PEER_ENDED, Kind.BOOKED, Kind.RELEASED, Kind.NO_SLOT}
)
"""What is arranged beside what was said or came due."""
_SAID = frozenset({Kind.COMPLETED, Kind.MILESTONE, Kind.EXPECTED, Kind.FACT, Kind.ACKNOWLEDGED, Kind.CLOSED})
"""Events that are what was said itself: the reason belongs to them, and not to what followed."""


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _moment(text: str | None) -> str:
    at = _instant(text)
    return words.moment(at) if at else ""


def _on(text: str) -> str:
    return words.moment(datetime.fromisoformat(text))


def _due(text: str | None) -> str:
    at = _instant(text)
    return f"due {words.due(at)}" if at else "no date"


def _contact(told: dict[str, Any]) -> str:
    if "attendance" not in told:
        return ""
    how = MECHANISM_WORDS[Mechanism(told["mechanism"])]
    if told.get("reason") in (NOT_BROUGHT, None):
        return f", {how}"
    return f", {how}: {ATTENDANCE_WORDS[Attendance(told['attendance'])]}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else "not known" if value is None else str(value)
