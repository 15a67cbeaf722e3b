"""The key ring: what is sealed with it nobody reads without it, and nobody alters unseen.

Written it is JSON: every key by its id, which of them seals from now on, and which one looks up what is only kept
blinded. A key is 32 bytes in base64, such as `alongside keys new` makes.

    {"current": "2026-11-a1b2c3", "search": "2026-11-a1b2c3", "keys": {"2026-11-a1b2c3": "..."}}
"""

import base64
import binascii
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import date
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from records.errors import RecordsError

LENGTH = 32
"""Bytes of a key."""
NONCE = 12
VERSION = 1
"""The first byte of what is sealed: by AES-256-GCM, under the key whose id follows."""
AGAIN = 10.0
"""Seconds before the keys are read again for the sake of another key that is not among them."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_ASCII = "ascii"


class Unreadable(RecordsError):
    """Something sealed cannot be opened: `key` is the id of the key that is missing, None when it was altered."""

    def __init__(self, key: str | None) -> None:
        if key is None:
            super().__init__("invalid", "What is kept here was altered, or belongs elsewhere: it does not open.")
        else:
            super().__init__("not-found", f"The key {key} is not on the key ring: nothing sealed with it can be read.")
        self.key = key


class BadKeys(RecordsError):
    """What should be a key ring is none; the message says what is wrong and never what stands there."""

    def __init__(self, problem: str) -> None:
        super().__init__("invalid", f"The keys cannot be used: {problem}.")


class KeyRing:
    """Keys by id, one of which seals. Every key on the ring opens what was sealed with it.

    `again` reads the ring anew: it is asked when something comes under a key that is not here, so that a process that
    runs goes on when another one seals with a new key.
    """

    def __init__(
        self, keys: Mapping[str, bytes], current: str, search: str, again: "Callable[[], KeyRing] | None" = None
    ) -> None:
        for key_id, key in keys.items():
            if not _ID.fullmatch(key_id):
                raise BadKeys("an id is up to 32 letters, digits, dots, dashes and underscores")
            if len(key) != LENGTH:
                raise BadKeys(f"{key_id} is not {LENGTH} bytes long")
        for role, key_id in (("current", current), ("search", search)):
            if key_id not in keys:
                raise BadKeys(f"`{role}` must name one of the keys")
        self._keys = dict(keys)
        self._current = current
        self._search = search
        self._again = again
        self._read_at = 0.0
        self._blind = _blinding(keys[search])

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self.ids)}; seals with {self._current})"

    @classmethod
    def fresh(cls, today: date) -> Self:
        """A ring with one new key."""
        key_id = _new_id(today)
        return cls({key_id: secrets.token_bytes(LENGTH)}, key_id, key_id)

    @classmethod
    def parse(cls, text: str, again: "Callable[[], KeyRing] | None" = None) -> Self:
        """A ring as it was written. Raises BadKeys."""
        try:
            found = json.loads(text)
            keys = {str(key_id): base64.b64decode(key, validate=True) for key_id, key in found["keys"].items()}
            current = str(found["current"])
            search = str(found.get("search", current))
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
            raise BadKeys('they are JSON like {"current": ID, "search": ID, "keys": {ID: BASE64}}') from None
        return cls(keys, current, search, again)

    def written(self) -> str:
        """The ring as it is kept in a file: this alone says the keys."""
        keys = {key_id: base64.b64encode(key).decode() for key_id, key in self._keys.items()}
        return json.dumps({"current": self._current, "search": self._search, "keys": keys}, indent=2) + "\n"

    @property
    def ids(self) -> list[str]:
        """The ids of its keys, in their order."""
        return list(self._keys)

    @property
    def current(self) -> str:
        """The id of the key that seals."""
        return self._current

    @property
    def search(self) -> str:
        """The id of the key that blinds. It stays when another one becomes current, or nobody would be found."""
        return self._search

    def proof(self, key_id: str) -> bytes:
        """What shows that a key is the same as before, and says nothing of it."""
        return _derived(self._keys[key_id], b"alongside: which key this is")

    def with_new(self, today: date) -> "KeyRing":
        """The ring with one more key, the last of its ids, which opens and does not seal yet."""
        return KeyRing({**self._keys, _new_id(today): secrets.token_bytes(LENGTH)}, self._current, self._search)

    def using(self, key_id: str) -> "KeyRing":
        """The ring where another key seals from now on; the others still open. Raises BadKeys."""
        if key_id not in self._keys:
            raise BadKeys(f"there is no key {key_id}")
        return KeyRing(self._keys, key_id, self._search)

    def without(self, key_id: str) -> "KeyRing":
        """The ring without a key. Raises BadKeys for one that it needs."""
        if key_id not in self._keys:
            raise BadKeys(f"there is no key {key_id}")
        if key_id in (self._current, self._search):
            raise BadKeys(f"{key_id} is needed: everything is {'sealed' if key_id == self._current else 'found'} by it")
        return KeyRing({name: key for name, key in self._keys.items() if name != key_id}, self._current, self._search)

    def seal(self, text: bytes, about: bytes) -> bytes:
        """Seal with the current key. It opens only with the same `about`: what it is, and whose."""
        head = bytes([VERSION, len(self._current)]) + self._current.encode(_ASCII)
        return encrypt(self._keys[self._current], head, text, about)

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """What was sealed. Raises Unreadable."""
        key_id = key_of(sealed)
        if key_id not in self._keys:
            self.read_again()
        if key_id not in self._keys:
            raise Unreadable(key_id)
        return decrypt(self._keys[key_id], 2 + len(key_id), sealed, about)

    def opens(self, sealed: bytes) -> bool:
        """Whether the key is here that this was sealed with."""
        return key_of(sealed) in self._keys

    def read_again(self) -> None:
        """Read the ring anew, if it can be and was not just now."""
        if self._again is None or time.monotonic() - self._read_at < AGAIN:
            return
        self._read_at = time.monotonic()
        try:
            found = self._again()
        except (BadKeys, OSError):
            return  # what asked for the key is told that it is missing
        self._keys, self._current = found._keys, found._current

    def blind(self, text: str, about: str) -> bytes:
        """What stands for a text that is looked up by: always the same for what it is about, and nothing is read of it.

        It is of the text exactly: bring it into one form before.
        """
        mac = self._blind.copy()
        mac.update(about.encode() + b"\0" + text.encode())
        return mac.finalize()


def encrypt(key: bytes, head: bytes, text: bytes, about: bytes) -> bytes:
    """`head`, a nonce and the text by AES-256-GCM; `head` is in clear, and cannot be changed either."""
    nonce = secrets.token_bytes(NONCE)
    return head + nonce + AESGCM(key).encrypt(nonce, text, head + about)


def decrypt(key: bytes, head: int, sealed: bytes, about: bytes) -> bytes:
    """The text behind a head of so many bytes. Raises Unreadable."""
    start = head + NONCE
    try:
        return AESGCM(key).decrypt(sealed[head:start], sealed[start:], sealed[:head] + about)
    except (InvalidTag, ValueError):  # ValueError: it was cut short
        raise Unreadable(None) from None


def sealing_the_same(key: bytes, purpose: bytes) -> AESSIV:
    """What seals the same text to the same bytes, with a key of its own that is derived from another."""
    return AESSIV(_derived(key, purpose, 2 * LENGTH))


def key_of(sealed: bytes) -> str:
    """The id of the key that this was sealed with. Raises Unreadable when it is nothing of ours."""
    if len(sealed) < 2 or sealed[0] != VERSION:
        raise Unreadable(None)
    key_id = sealed[2 : 2 + sealed[1]].decode(_ASCII, errors="replace")
    if len(key_id) != sealed[1] or not _ID.fullmatch(key_id):
        raise Unreadable(None)
    return key_id


def _blinding(key: bytes) -> hmac.HMAC:
    return hmac.HMAC(_derived(key, b"alongside: what is looked up by"), hashes.SHA256())


def _derived(key: bytes, purpose: bytes, length: int = LENGTH) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=purpose).derive(key)


def _new_id(today: date) -> str:
    return f"{today:%Y-%m}-{secrets.token_hex(3)}"
