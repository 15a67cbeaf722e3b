"""Sealing: what was written a while ago is chained, day by day; the head of that chain can be kept elsewhere."""

import re
from datetime import UTC, datetime

from asyncpg import Record

from records.chain import Fault, What
from records.database import Database, connected
from records.errors import RecordsError
from schemas.base import Stored

SEAL = """
-- Seal what is old enough.
SELECT seal()
"""
LATEST = """
-- The latest seal.
SELECT until, last, head FROM seals ORDER BY number DESC LIMIT 1
"""
SEAL_OF = """
-- The seal of an instant.
SELECT until, last, head FROM seals WHERE until = $1
"""
LAST_VERIFIED = """
-- When everything was verified last, and what came of it.
SELECT at, rows, findings FROM verifications ORDER BY at DESC LIMIT 1
"""
_KEPT = re.compile(r"(?P<until>\S+)\s+(?P<last>\d+)\s+(?P<head>[0-9a-f]{64})")


class Head(Stored):
    """Where the chain over all days had come at an instant: a copy of it, kept elsewhere, proves later what was."""

    until: datetime
    last: int
    head: str

    @property
    def line(self) -> str:
        """As it is printed and read again."""
        return f"{self.until.astimezone(UTC).isoformat()} {self.last} {self.head}"


class Verification(Stored):
    """That everything was verified once."""

    at: datetime
    rows: int
    findings: int


async def seal(db: Database) -> Head | None:
    """Seal what is old enough; the head when something was sealed."""
    async with connected(db) as link:
        if await link.fetchval(SEAL):
            return _head(await link.fetchrow(LATEST))
    return None


async def head(db: Database) -> Head | None:
    """The head of the latest seal; None when nothing is sealed yet."""
    async with connected(db) as link:
        return _head(await link.fetchrow(LATEST))


async def last_verified(db: Database) -> Verification | None:
    """When everything was verified last; None when it never was."""
    async with connected(db) as link:
        row = await link.fetchrow(LAST_VERIFIED)
    return Verification.model_validate(dict(row)) if row else None


def kept(text: str, name: str) -> list[Head]:
    """The heads of a file that somebody kept, one a line. Raises RecordsError that names the line it cannot read."""
    heads = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        found = _KEPT.fullmatch(line.strip())
        try:
            until = datetime.fromisoformat(found["until"]) if found else None
        except ValueError:
            until = None
        if found is None or until is None or until.tzinfo is None:
            raise RecordsError(
                "invalid", f"{name}, line {number}: this is no head as `alongside verify --head` prints it."
            )
        heads.append(Head(until=until, last=int(found["last"]), head=found["head"]))
    if not heads:
        raise RecordsError("invalid", f"{name} holds no head: `alongside verify --head` prints one.")
    return heads


async def against(db: Database, heads: list[Head]) -> list[Fault]:
    """The kept heads that the records do not have any more."""
    wrong = []
    async with connected(db) as link:
        for one in heads:
            found = _head(await link.fetchrow(SEAL_OF, one.until))
            if found != one:
                wrong.append(_differs(one, found))
    return wrong


def _differs(one: Head, found: Head | None) -> Fault:
    when = f"{one.until.astimezone(UTC):%d %B %Y %H:%M} UTC"
    words = (
        f"The head of {when} was kept, and the records have no such seal."
        if found is None
        else f"The head of {when} is not the one that was kept: something that was sealed by then is not what it was."
    )
    what = What.REMOVED if found is None else What.CHANGED
    return Fault(table="seals", what=what, day=one.until.astimezone(UTC).date(), words=words)


def _head(row: Record | None) -> Head | None:
    return Head(until=row["until"], last=row["last"], head=row["head"].hex()) if row else None
