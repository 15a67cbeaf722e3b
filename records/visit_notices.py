"""What is told of a visit that nobody has checked out of, and how far its e-mail has come."""

from collections.abc import Iterable

from asyncpg import Record

from planner import words
from records.letters import Desk, Letter
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


def _letter(row: Record) -> Letter:
    return Letter(
        id=str(row["id"]),
        recipient=row["recipient"],
        email=row["email"],
        reference=f"visit {str(row['visit_id'])[:8]}",
        transition_id=str(row["transition_id"] or ""),
        text=row["text"],
    )


DESK = Desk("visit_notices", CLAIM, _letter)
"""From which they are mailed."""
