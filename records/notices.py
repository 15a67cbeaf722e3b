"""Notices: what somebody is told, kept once under its key, and how far its e-mail has come."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from planner.clock import LONDON, due_day
from records.database import Database, Link, connected
from records.letters import Desk, Letter
from records.roles import Directory, Place, Recipient, resolve
from schemas.codes import Role
from schemas.commit import Commit
from schemas.event import Event, Kind
from schemas.journey import Journey

KINDS = {
    Kind.REMINDED: "reminder",
    Kind.ESCALATED: "escalation",
    Kind.SILENCE: "silence",
    Kind.ATTEMPTED: "attempt",
    Kind.HANDOVER_OFFERED: "handover",
    Kind.ASSIGNED: "peer-worker",
    Kind.JOINING: "peer-worker",
    Kind.RELEASED: "booking",
    Kind.NO_SLOT: "no-slot",
    Kind.BOOKED: "over-hours",
}
"""The events that somebody is told of."""


WORD = "word"
"""The kind of a notice of what somebody decided, for those whom it concerns (see `records.word`)."""

_ONCE_A_REVISION = frozenset({Kind.HANDOVER_OFFERED, Kind.ASSIGNED, Kind.JOINING, Kind.RELEASED, Kind.BOOKED})
"""Events that may be told again of the same step: a notice is one of a revision."""


class Told(NamedTuple):
    """One event that somebody is told of, and whom."""

    event: Event
    kind: str
    number: int
    roles: list[Role]
    recipients: list[Recipient]


def roles_of(event: Event, journey: Journey) -> list[Role]:
    """The roles that an event is told to; empty for one that is told to nobody."""
    if event.event not in KINDS:
        return []
    if event.event is Kind.SILENCE and not event.to and journey.silence:
        return [journey.silence.owner]
    return event.to or []


def told(commit: Commit, team: str, directory: Directory) -> list[Told]:
    """What is to be told of a commit. Roles are resolved for the moment of the commit: that is when they hear."""
    journey = commit.journey
    return [
        Told(event, KINDS[event.event], _number(event, commit), roles, resolve(directory, roles, place, commit.at))
        for event in commit.events
        if (roles := roles_of(event, journey))
        for place in [
            Place(team, journey.coordinator, journey.overlap, _asked(event, journey), _peer_worker(event, journey))
        ]
    ]


def _asked(event: Event, journey: Journey) -> str | None:
    if event.event is Kind.HANDOVER_OFFERED:
        return event.staff
    return journey.handover.to if journey.handover else None


def _peer_worker(event: Event, journey: Journey) -> str | None:
    """The worker whom an event is about, else the one who goes with the person."""
    if event.event in (Kind.ASSIGNED, Kind.JOINING, Kind.RELEASED):
        return event.staff
    return journey.peers.worker if journey.peers else None


def _number(event: Event, commit: Commit) -> int:
    if event.event in _ONCE_A_REVISION:
        return commit.journey.revision
    if event.event is Kind.ATTEMPTED:
        step = commit.journey.steps.get(event.step or "")
        return len(step.contacts) if step else commit.journey.revision
    return event.rung or 0


def reference(transition_id: str) -> str:
    """What names a transition in a message: the beginning of its id, which every command takes."""
    return transition_id[:8]


def day_words(due: datetime) -> str:
    """A due instant as a day, for example "Thu 26 Nov 2026"; with hours where it is not the end of a day."""
    local = due.astimezone(LONDON)
    at_midnight = local.hour == local.minute == 0
    day = f"{due_day(due):%a} {due_day(due).day} {due_day(due):%b %Y}"
    return day if at_midnight else f"{day} at {local:%H:%M}"


def text(told: Told, recipient: Recipient, transition_id: str) -> str:
    """What is said: that something waits, since when, and why to this person. No name, nothing clinical."""
    due = day_words(told.event.due) if told.event.due else None
    what = {
        "reminder": f"Something is due on {due} for transition {{}}.",
        "escalation": f"Something that was due on {due} for transition {{}} has not been done (rung {told.number}).",
        "silence": "Transition {} has had no attended contact for too long.",
        "attempt": "A contact was tried for transition {} and did not take place.",
        "peer-worker": "You are asked to go with the person of transition {}.",
        "booking": "A contact for transition {} no longer takes place at its time.",
        "no-slot": "There is no time for a peer worker's contact of transition {} before it is due.",
        "over-hours": "A contact for transition {} was booked beyond a worker's hours of the week.",
        "handover": f"You are asked to take on transition {{}}; please answer by {due}.",
        WORD: _word(told.event, due),
    }[told.kind].format(reference(transition_id))
    return " ".join([what, *_why(recipient)])


def _word(event: Event, due: str | None) -> str:
    until = day_words(event.until) if event.until else "further notice"
    return {
        Kind.ACKNOWLEDGED: "Something late for transition {} is being seen to: "
        f"nobody further is told before {until}.",
        Kind.HANDOVER_OFFERED: f"Transition {{}} was offered to somebody else, who answers by {due}. "
        "Until they accept, it stays as it is.",
        Kind.HANDOVER_ACCEPTED: "Transition {} was accepted by whoever it was offered to, who coordinates it now.",
        Kind.HANDOVER_DECLINED: "The offer of transition {} was declined: it stays as it was.",
        Kind.HANDOVER_WITHDRAWN: "The offer of transition {} was withdrawn: it stays as it was.",
    }.get(event.event, "")


def _why(recipient: Recipient) -> Iterable[str]:
    if recipient.roles:
        yield f"You are told as {_listed(recipient.roles)}."
    for role in recipient.unheld:
        yield f"Nobody holds the role {role.words}, so it comes to {'you' if recipient.staff else 'operations'}."


def _listed(roles: Iterable[Role]) -> str:
    return " and ".join(role.words for role in roles)


CLAIM = """
-- Take a notice that waits to be sent, so that nobody else does.
UPDATE notices n SET email = 'sending', claimed_at = $2, error = NULL
FROM staff s WHERE n.id = $1 AND n.email IN ('waiting', 'failed') AND s.id = n.recipient AND s.email IS NOT NULL
RETURNING n.id, n.recipient, s.email, n.transition_id, n.text
"""
WAITING = """
-- The notices that wait to be sent, oldest first.
SELECT id FROM notices WHERE email IN ('waiting', 'failed') ORDER BY created_at, id LIMIT $1
"""

WAITING_FOR = """
-- The notices of a transition that wait to be sent.
SELECT id FROM notices WHERE transition_id = $1 AND email IN ('waiting', 'failed') ORDER BY id
"""


def _letter(row: Record) -> Letter:
    transition_id = str(row["transition_id"])
    return Letter(
        id=str(row["id"]),
        recipient=row["recipient"],
        email=row["email"],
        reference=reference(transition_id),
        transition_id=transition_id,
        text=row["text"],
    )


DESK = Desk("notices", CLAIM, _letter)
"""From which they are mailed."""


async def waiting(db: Database, limit: int = 200) -> list[str]:
    """The ids of notices that wait to be sent, oldest first: for a sender that missed its cue."""
    async with connected(db) as link:
        return [str(row["id"]) for row in await link.fetch(WAITING, limit)]


async def waiting_for(db: Database, transition_id: str) -> list[str]:
    """The ids of a transition's notices that wait to be sent: for a workflow that does not know of them."""
    async with connected(db) as link:
        return [str(row["id"]) for row in await link.fetch(WAITING_FOR, UUID(transition_id))]


async def withdraw(link: Link, transition_id: UUID) -> None:
    """Whatever has not gone out for this transition no longer does, and leaves the inboxes."""
    await link.execute(WITHDRAW, transition_id)


WITHDRAW = """
-- Somebody died: nobody is reminded of anything any more. Whoever was about to visit them still hears not to.
UPDATE notices SET email = 'withdrawn'
WHERE transition_id = $1 AND kind <> 'booking' AND email IN ('none', 'waiting', 'failed')
"""
