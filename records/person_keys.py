"""A key for each person: what is sealed with it, nobody reads any more once it is destroyed.

It is kept wrapped by the key ring, and read anew every time, so that a key destroyed here opens nothing anywhere. What
reads many people joins `person_keys` and opens each row with the key that came with it (`records.identity`).
"""

import secrets
from collections.abc import Collection
from datetime import datetime
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from records.database import Database, Link, connected, keys_of, transaction
from records.errors import RecordsError
from records.keyring import LENGTH, VERSION, KeyRing, Unreadable, decrypt, encrypt, key_of, sealing_the_same

RENEWED = b"\x01"
"""Follows a key that took the place of one that was lost."""

MAKE = """
-- A key for a person who has none.
INSERT INTO person_keys (person_id, wrapped, ring_key) SELECT id, $2, $3 FROM people_sealed WHERE id = $1
ON CONFLICT DO NOTHING
"""
KEY = """
-- The key of a person.
SELECT wrapped, destroyed_at FROM person_keys WHERE person_id = $1
"""
KEYS = """
-- The keys of people, those that were destroyed left out.
SELECT person_id, wrapped FROM person_keys WHERE person_id = ANY($1) AND wrapped IS NOT NULL
"""
HERE = """
-- Whether this version's table of keys is here.
SELECT to_regclass('person_keys') IS NOT NULL
"""
EVERY = """
-- The key of everybody who has or had one, as it is kept.
SELECT person_id, wrapped, ring_key, made_at, destroyed_at FROM person_keys ORDER BY person_id
"""
WITHOUT = """
-- Whoever has no key here, and since when that is so of whom there is a certificate.
SELECT p.id, coalesce(c.again_at, c.destroyed_at) AS destroyed_at
FROM people_sealed p LEFT JOIN person_keys k ON k.person_id = p.id LEFT JOIN certificates c ON c.person_id = p.id
WHERE k.person_id IS NULL AND NOT EXISTS (SELECT FROM people_open o WHERE o.person_id = p.id)
"""
PUT_IN = """
-- The key of a person who has none, or that it was destroyed.
INSERT INTO person_keys (person_id, wrapped, ring_key, made_at, destroyed_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
"""
NO_MORE = """
-- Whose key was destroyed, and who of those on a list has none here that could be read with.
SELECT person_id FROM person_keys WHERE destroyed_at IS NOT NULL
UNION
SELECT id FROM unnest($1::uuid[]) AS id
WHERE NOT EXISTS (SELECT FROM person_keys k WHERE k.person_id = id AND k.destroyed_at IS NULL)
"""
DESTROY = """
-- The key of a person is no more.
UPDATE person_keys SET wrapped = NULL, ring_key = NULL, destroyed_at = greatest($2, made_at)
WHERE person_id = $1 AND destroyed_at IS NULL RETURNING person_id
"""
DESTROY_BEFOREHAND = """
-- A person who never had a key never gets one.
INSERT INTO person_keys (person_id, made_at, destroyed_at) SELECT id, $2, $2 FROM people_sealed WHERE id = $1
ON CONFLICT DO NOTHING RETURNING person_id
"""
WRAPPED_OTHERWISE = """
-- Keys of people that are wrapped by other keys of the ring than the one that seals now.
SELECT person_id, wrapped FROM person_keys WHERE ring_key = ANY($1) ORDER BY ring_key, person_id LIMIT $2
FOR UPDATE SKIP LOCKED
"""
WRAP = """
-- The key of a person, wrapped anew.
UPDATE person_keys SET wrapped = $2, ring_key = $3 WHERE person_id = $1
"""


class KeyDestroyed(Unreadable):
    """The key of this person was destroyed: what it sealed is gone for good."""

    def __init__(self, at: datetime) -> None:
        said = f"What was kept of this person was made unreadable for good on {at:%d %B %Y}."
        RecordsError.__init__(self, "not-found", said)
        self.key = None
        self.at = at


class KeyLost(Unreadable):
    """What was sealed of this person before their key was lost; what is written since opens."""

    def __init__(self) -> None:
        said = "What was kept of this person cannot be read: their key was lost before a backup was restored."
        RecordsError.__init__(self, "not-found", said)
        self.key = None


class KeyRow(NamedTuple):
    """The key of a person as the records keep it, in the order of their columns; what is destroyed has none."""

    person_id: UUID
    wrapped: bytes | None
    ring_key: str | None
    made_at: datetime
    destroyed_at: datetime | None


class PersonSealer:
    """Seals and opens what is kept of one person. `about` says what it is, and it opens as nothing else.

    One that is `renewed` took the place of a key that was lost: what does not open was sealed with that.
    """

    def __init__(self, person_id: UUID, key: bytes, *, renewed: bool = False) -> None:
        self.person_id = person_id
        self._key = key
        self._renewed = renewed
        self._opened: dict[bytes, str] = {}

    def seal(self, text: str, about: str) -> bytes:
        """A text of this person, sealed."""
        return self.seal_bytes(text.encode(), about)

    def open(self, sealed: bytes, about: str) -> str:
        """What was sealed. Raises Unreadable."""
        return self.open_bytes(sealed, about).decode()

    def seal_bytes(self, content: bytes, about: str) -> bytes:
        """Something of this person that is no text, sealed."""
        return encrypt(self._key, bytes([VERSION]), content, self.person_id.bytes + about.encode())

    def open_bytes(self, sealed: bytes, about: str) -> bytes:
        """The same, opened. Raises Unreadable."""
        if sealed[:1] != bytes([VERSION]):
            raise Unreadable(None)
        try:
            return decrypt(self._key, 1, sealed, self.person_id.bytes + about.encode())
        except Unreadable:
            raise self._shut() from None

    def seal_words(self, text: str) -> bytes:
        """Somebody's words of this person, sealed: the same words are the same bytes.

        So what is written again is seen to be the same, and changes nothing. It shows that two texts of one person are
        alike, and nothing else: the key is this person's alone, and made for this (AES-SIV, RFC 5297, made to be used
        without a nonce). It is bound to the person and not to its place, since one text stands in several.
        """
        return bytes([VERSION]) + self._words.encrypt(text.encode(), [self.person_id.bytes])

    def open_words(self, sealed: bytes) -> str:
        """What was sealed so; the same text stands in many places, and is opened once. Raises Unreadable."""
        if sealed not in self._opened:
            if sealed[:1] != bytes([VERSION]):
                raise Unreadable(None)
            try:
                self._opened[sealed] = self._words.decrypt(sealed[1:], [self.person_id.bytes]).decode()
            except (InvalidTag, ValueError):  # ValueError: it was cut short
                raise self._shut() from None
        return self._opened[sealed]

    def _shut(self) -> Unreadable:
        return KeyLost() if self._renewed else Unreadable(None)

    @cached_property
    def _words(self) -> AESSIV:
        return sealing_the_same(self._key, b"alongside: somebody's words")


def sealer(keys: KeyRing, person_id: UUID, wrapped: bytes) -> PersonSealer:
    """What seals for a person whose key a query has read. Raises Unreadable."""
    key = keys.open(wrapped, _about(person_id))
    return PersonSealer(person_id, key[:LENGTH], renewed=key[LENGTH:] == RENEWED)


def fresh_key(keys: KeyRing, person_id: UUID) -> tuple[bytes, PersonSealer]:
    """A new key for a person, wrapped as it is kept, and what seals with it."""
    key = secrets.token_bytes(LENGTH)
    return _wrapped(keys, person_id, key), PersonSealer(person_id, key)


def renewed_key(keys: KeyRing, person_id: UUID) -> bytes:
    """A key in place of one that was lost, wrapped: it opens nothing that is there, and seals what comes."""
    return _wrapped(keys, person_id, secrets.token_bytes(LENGTH) + RENEWED)


def row_of(person_id: UUID, wrapped: bytes | None, made_at: datetime, destroyed_at: datetime | None) -> KeyRow:
    """The key of a person as a row of the records."""
    return KeyRow(person_id, wrapped, key_of(wrapped) if wrapped is not None else None, made_at, destroyed_at)


async def every_key(link: Link) -> list[KeyRow]:
    """The key of everybody, as it is kept; nothing where tables are of a version that knows of no keys."""
    if not await link.fetchval(HERE):
        return []
    return [KeyRow(*row) for row in await link.fetch(EVERY)]


async def put_back(link: Link, rows: Collection[KeyRow]) -> None:
    """Fill the table of keys, which is empty, before anything watches over it."""
    await link.copy_records_to_table("person_keys", records=rows, columns=KeyRow._fields)


async def without(link: Link) -> dict[UUID, datetime | None]:
    """Whoever has no key here, and when it was destroyed, of whom there is a certificate."""
    return {row["id"]: row["destroyed_at"] for row in await link.fetch(WITHOUT)}


async def put_in(link: Link, rows: Collection[KeyRow]) -> None:
    """Put keys into records where these people have none."""
    await link.executemany(PUT_IN, rows)


async def no_more(db: Database, listed: Collection[UUID]) -> set[UUID]:
    """Whose key was destroyed, and who of those `listed` has none here that they could be read with."""
    async with connected(db) as link:
        return {row["person_id"] for row in await link.fetch(NO_MORE, list(listed))}


async def make_key(link: Link, person_id: UUID) -> None:
    """Make the key of a person who has none; done again, or by two at once, there is one."""
    keys = keys_of(link)
    wrapped, _ = fresh_key(keys, person_id)
    await link.execute(MAKE, person_id, wrapped, keys.current)


async def person_sealer(db: Database, person_id: UUID) -> PersonSealer:
    """What seals for a person; whoever was here before there were keys gets theirs now.

    Raises KeyDestroyed, and Unreadable when the ring lacks the key that it is wrapped by.
    """
    async with connected(db) as link:
        row = await link.fetchrow(KEY, person_id)
        if row is None:
            await make_key(link, person_id)
            row = await link.fetchrow(KEY, person_id)
        if row is None:
            raise RecordsError("not-found", "Nobody of that id is in the records.")
        if row["destroyed_at"] is not None:
            raise KeyDestroyed(row["destroyed_at"])
        return sealer(keys_of(link), person_id, row["wrapped"])


async def person_sealers(db: Database, people: Collection[UUID]) -> dict[UUID, PersonSealer]:
    """What seals for each of them who has a key: one who is left out has none yet, or it was destroyed."""
    async with connected(db) as link:
        keys = keys_of(link)
        rows = [(row["person_id"], row["wrapped"]) for row in await link.fetch(KEYS, list(people))]
        return {person_id: sealer(keys, person_id, wrapped) for person_id, wrapped in rows}


async def destroy_key(db: Database, person_id: UUID, now: datetime) -> bool:
    """Make whatever was sealed of a person unreadable for good; False when it was so already.

    The database lets the rest go with it: what they are found by, so that who comes again is somebody new.
    """
    async with transaction(db) as link:
        if await link.fetchval(DESTROY_BEFOREHAND, person_id, now) is not None:
            return True
        return await link.fetchval(DESTROY, person_id, now) is not None


async def wrap_anew(db: Database, most: int = 500) -> int:
    """Wrap up to `most` keys of people with the key of the ring that seals now; how many, so 0 when it is done.

    What they sealed stays as it is, so this is quick however much that is.
    """
    async with transaction(db) as link:
        keys = keys_of(link)
        others = [key_id for key_id in keys.ids if key_id != keys.current]
        rows = await link.fetch(WRAPPED_OTHERWISE, others, most)
        for row in rows:
            await link.execute(WRAP, row["person_id"], wrapped_anew(keys, *row), keys.current)
        return len(rows)


def wrapped_anew(keys: KeyRing, person_id: UUID, wrapped: bytes) -> bytes:
    """The key of a person, wrapped with the key of the ring that seals now. Raises Unreadable."""
    if key_of(wrapped) == keys.current:
        return wrapped
    return _wrapped(keys, person_id, keys.open(wrapped, _about(person_id)))


def _wrapped(keys: KeyRing, person_id: UUID, key: bytes) -> bytes:
    return keys.seal(key, _about(person_id))


def _about(person_id: UUID) -> bytes:
    return b"person " + person_id.bytes
