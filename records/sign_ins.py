"""Signing in that has begun and not come back: bound to one browser, good once and not for long, counted by address."""

import hashlib
import ipaddress
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from records.database import Database, connected, transaction
from records.sessions import hashed

HOLDS = timedelta(minutes=10)
"""Whoever has not come back from the provider after this begins again. Local policy."""
AT_MOST = 20
"""So often may one address begin to sign in, and not succeed, within `WITHIN`. Local policy."""
WITHIN = timedelta(minutes=5)
NETWORK = 64
"""Bits of an IPv6 address that are one household's or one building's."""

ONE_AT_A_TIME = """
-- Attempts from one address are counted one after the other, until this transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended(encode($1::bytea, 'hex'), 0))
"""
LATELY = """
-- How often an address began to sign in lately, and when the first of those was.
SELECT count(*) AS times, min(began) AS since FROM sign_ins WHERE address = $1 AND began > $2
"""
BEGIN = """
-- Somebody begins to sign in.
INSERT INTO sign_ins (state, browser, nonce, verifier, return_to, address, began) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
TAKE = """
-- Somebody comes back: what they began, when it was in this browser, lately, and for the first time.
UPDATE sign_ins SET used = greatest(began, $4) WHERE state = $1 AND browser = $2 AND used IS NULL AND began > $3
RETURNING nonce, verifier, return_to
"""
SUCCEEDED = """
-- It ended well, so it counts no more.
DELETE FROM sign_ins WHERE state = $1
"""
SWEEP = """
-- What nobody can come back to, and is not counted any more.
DELETE FROM sign_ins WHERE began <= $1
"""
BY_EMAIL = """
-- Those who work here and have this e-mail address, two at most.
SELECT id FROM staff WHERE active AND lower(email) = lower($1) LIMIT 2
"""


class Begun(NamedTuple):
    """What the provider is sent, to be given back; and what stays here to be compared."""

    state: str
    nonce: str
    verifier: str


class Back(NamedTuple):
    """What was kept of a sign-in while somebody was with the provider."""

    nonce: str
    verifier: str
    return_to: str


class TooOften(Exception):
    """The address has begun too often lately; `after` is how long it has to wait."""

    def __init__(self, after: timedelta) -> None:
        super().__init__("Too many sign-ins were begun from one address.")
        self.after = after


async def begin(db: Database, browser: str, address: str, return_to: str, now: datetime) -> Begun:
    """Begin to sign in, in one browser, from one address. Raises TooOften."""
    begun = Begun(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))
    source = _counted_as(address)
    async with transaction(db) as link:
        await link.execute(SWEEP, now - HOLDS)
        await link.execute(ONE_AT_A_TIME, source)
        lately = await link.fetchrow(LATELY, source, now - WITHIN)
        if lately is not None and lately["times"] >= AT_MOST:
            raise TooOften(lately["since"] + WITHIN - now)
        kept = (hashed(begun.state), hashed(browser), begun.nonce, begun.verifier, return_to, source, now)
        await link.execute(BEGIN, *kept)
    return begun


async def take(db: Database, state: str, browser: str, now: datetime) -> Back | None:
    """What was begun under a state; None when it was another browser, too long ago, used already or never."""
    async with connected(db) as link:
        row = await link.fetchrow(TAKE, hashed(state), hashed(browser), now - HOLDS, now)
    return Back(**row) if row else None


async def succeeded(db: Database, state: str) -> None:
    """It ended well: a building where many people work behind one address is not shut out at nine in the morning."""
    async with connected(db) as link:
        await link.execute(SUCCEEDED, hashed(state))


async def of_email(db: Database, email: str) -> str | None:
    """Whose e-mail address it is; None when it is nobody's who works here, or more than one has it."""
    async with connected(db) as link:
        found = await link.fetch(BY_EMAIL, email)
    return found[0]["id"] if len(found) == 1 else None


def _counted_as(address: str) -> bytes:
    """What an address is counted as: its digest, so that the table says nothing of where people were."""
    try:
        where = ipaddress.ip_address(address)
    except ValueError:
        return hashlib.sha256(address.encode()).digest()
    if isinstance(where, ipaddress.IPv6Address):
        where = where.ipv4_mapped or ipaddress.ip_network((int(where), NETWORK), strict=False).network_address
    return hashlib.sha256(where.packed).digest()
