"""What is told of a visit that nobody has checked out of, and how far its e-mail has come."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from planner import words
from records.database import Database, connected
from records.notices import Letter
from records.roles import Recipient
from schemas.visit import Visit

CLAIM = """
-- Take a notice that waits to be sent, so that nobody else does.
UPDATE visit_notices n SET email = 'sending', claimed_at = $2, error = NULL
FROM staff s, visits v
WHERE n.id = $1 AND n.email IN ('waiting', 'failed') AND s.id = n.recipient AND s.email IS NOT NULL
    AND v.id = n.visit_id
RETURNING n.id, n.recipient, s.email, n.visit_id, v.transition_id, n.text
"""
DOUBT = """
-- A notice claimed before and never settled: it may have gone out, so it is not sent again.
UPDATE visit_notices SET email = 'uncertain', error = 'the sender stopped before it knew'
WHERE id = $1 AND email = 'sending'
"""
SETTLE = """
-- How the sending of a claimed notice ended.
UPDATE visit_notices SET email = $2, sent_at = $3, error = $4 WHERE id = $1 AND email = 'sending'
"""
WAITING_FOR = """
-- The notices of a visit that wait to be sent.
SELECT id FROM visit_notices WHERE visit_id = $1 AND email IN ('waiting', 'failed') ORDER BY created_at, id
"""
WITHDRAW = """
-- They are back, or expected later: what has not gone out would only frighten. It stays in the inboxes.
UPDATE visit_notices SET email = 'withdrawn' WHERE visit_id = $1 AND email IN ('waiting', 'failed')
"""


def texts(visit: Visit, recipients: Iterable[Recipient]) -> list[str]:
    """What each of them is told: who is not back, from where, since when, and what to do. Nobody's name."""
    return [_text(visit, recipient) for recipient in recipients]


def _text(visit: Visit, recipient: Recipient) -> str:
    end = words.moment(visit.expected_end)
    if recipient.staff in visit.out:
        return (
            f"Your visit was expected to end on {end}. Are you safe? Check out ({_command('check-out', visit)}), "
            f"or say how much longer it takes ({_command('extend-visit', visit)} --until TIME)."
        )
    whose = f" for transition {visit.transition_id[:8]}" if visit.transition_id else ""
    who = " and ".join(visit.out)
    return " ".join(
        [
            f"{who} went out{whose} ({visit.place}) and should have been back on {end}. Nobody has checked out yet.",
            f"Find out whether they are safe, then check them out: {_command('check-out', visit)} --by YOU.",
            *_why(recipient),
        ]
    )


def _command(name: str, visit: Visit) -> str:
    return f"`alongside {name} {visit.staff}`"


def _why(recipient: Recipient) -> Iterable[str]:
    if recipient.roles:
        yield f"You are told as {words.roles(recipient.roles)}."
    for role in recipient.unheld:
        yield f"Nobody else holds the role {role.words}, so it comes to {'you' if recipient.staff else 'operations'}."


async def claim(db: Database, notice_id: str, now: datetime) -> Letter | None:
    """Take a notice to send it; None when it must not be sent (sent, withdrawn, or perhaps sent already)."""
    async with connected(db) as link:
        row = await link.fetchrow(CLAIM, UUID(notice_id), now)
        if row is None:
            await link.execute(DOUBT, UUID(notice_id))
            return None
    return Letter(
        id=str(row["id"]),
        recipient=row["recipient"],
        email=row["email"],
        reference=f"visit {str(row['visit_id'])[:8]}",
        transition_id=str(row["transition_id"] or ""),
        text=row["text"],
    )


async def sent(db: Database, notice_id: str, now: datetime) -> None:
    """The mail server took the claimed notice."""
    await _settle(db, notice_id, "sent", now, None)


async def failed(db: Database, notice_id: str, error: str) -> None:
    """The mail server did not take the claimed notice; it may be claimed again."""
    await _settle(db, notice_id, "failed", None, error[:500])


async def uncertain(db: Database, notice_id: str, error: str) -> None:
    """The connection broke when the mail server may have had the claimed notice; it is not sent again."""
    await _settle(db, notice_id, "uncertain", None, error[:500])


async def _settle(db: Database, notice_id: str, state: str, sent_at: datetime | None, error: str | None) -> None:
    async with connected(db) as link:
        await link.execute(SETTLE, UUID(notice_id), state, sent_at, error)
