"""What names a person: how it is sealed, what stands for it so that they are found, and how it is opened when read.

The view `people` gives each value with all that opens it (migration 0050); a connection that has the keys opens it on
the way, so whoever reads has a name and sees nothing of keys.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from records.keyring import KeyRing, Unreadable
from records.person_keys import KeyLost, PersonSealer, sealer
from records.words import opened as opened_words

_HEAD = bytes.fromhex("9e414c5345414c")
_AS_IF, _SEALED, _WORDS, _JSON = (_HEAD + bytes([kind]) for kind in range(4))
"""How a value begins that is read as if it were sealed, one that is to be opened, and a text and JSON in which
something may be: nobody's by chance."""
_AS_ERASED = {"local_id": "erased", "given_name": "Somebody", "family_name": "erased"}
"""What is read of somebody whose key was lost, as the view has it of whoever was erased."""
_TOKEN = 8
"""Bytes of what stands for a beginning of a name: enough that two rarely meet, and whoever is found is read then."""
LONGEST_BEGINNING = 12
"""Letters of a name by which it is found; what comes after them is compared when it is read."""

_LETTERS = str.maketrans("łøđðħı", "loddhi") | {ord("ß"): "ss", ord("æ"): "ae", ord("œ"): "oe"}
_NOT_SAID = re.compile("[\u0300-\u036f'\u2019\u2018\u02bc`.]")
_BETWEEN = re.compile("[\\s\u00a0\u2010-\u2015-]+")


class Names(NamedTuple):
    """What is known of who somebody is."""

    local_id: str
    nhs_number: str | None
    given_name: str
    family_name: str
    known_as: str | None = None


class Sealed(NamedTuple):
    """The same as columns of `people_sealed`, in their order."""

    local_id: bytes
    nhs_number: bytes | None
    given_name: bytes
    family_name: bytes
    known_as: bytes | None
    local_id_blind: bytes
    nhs_number_blind: bytes | None
    found_by: list[bytes]


def seal(keys: KeyRing, person: PersonSealer, names: Names) -> Sealed:
    """Who somebody is, sealed, with what stands for it."""

    return Sealed(
        local_id=person.seal(names.local_id, "local_id"),
        nhs_number=person.seal(names.nhs_number, "nhs_number") if names.nhs_number else None,
        given_name=person.seal(names.given_name, "given_name"),
        family_name=person.seal(names.family_name, "family_name"),
        known_as=person.seal(names.known_as, "known_as") if names.known_as else None,
        local_id_blind=local_id_blind(keys, names.local_id),
        nhs_number_blind=nhs_number_blind(keys, names.nhs_number),
        found_by=found_by(keys, names),
    )


def local_id_blind(keys: KeyRing, local_id: str) -> bytes:
    """What stands for a local id."""
    return keys.blind(local_id, "local id")


def nhs_number_blind(keys: KeyRing, number: str | None) -> bytes | None:
    """What stands for an NHS number."""
    return keys.blind(number, "NHS number") if number else None


def found_by(keys: KeyRing, names: Names) -> list[bytes]:
    """What stands for each beginning of their names."""
    family = _beginnings(plain(names.family_name))
    given = _beginnings(plain(names.given_name)) | _beginnings(plain(names.known_as or ""))
    return [family_begins(keys, one) for one in sorted(family)] + [given_begins(keys, one) for one in sorted(given)]


def family_begins(keys: KeyRing, beginning: str) -> bytes:
    """What stands for a family name that begins so, written plainly."""
    return keys.blind(beginning[:LONGEST_BEGINNING], "family name")[:_TOKEN]


def given_begins(keys: KeyRing, beginning: str) -> bytes:
    """What stands for a given name, or what somebody is called, that begins so, written plainly."""
    return keys.blind(beginning[:LONGEST_BEGINNING], "given name")[:_TOKEN]


def _beginnings(name: str) -> set[str]:
    return {name[:letters] for letters in range(1, min(len(name), LONGEST_BEGINNING) + 1)}


def plain(name: str) -> str:
    """A name as names are compared: capitals, accents, apostrophes and hyphens do not matter."""
    letters = unicodedata.normalize("NFD", name).lower().translate(_LETTERS)
    return _BETWEEN.sub(" ", _NOT_SAID.sub("", letters)).strip()


def opener(keys: KeyRing) -> Callable[[bytes], Any]:
    """What opens the values of the view `people`, and what `readable` gives, as they come; any other bytes stay as they
    are. Raises Unreadable.

    The values of a row come one after the other, so their key is unwrapped once, and kept until the next person's.
    """
    latest: tuple[bytes, PersonSealer] | None = None

    def of(person: bytes, wrapped: bytes) -> PersonSealer:
        nonlocal latest
        if latest is None or latest[0] != person + wrapped:
            latest = (person + wrapped, sealer(keys, UUID(bytes=person), wrapped))
        return latest[1]

    def opened(value: bytes) -> Any:
        head = value[: len(_AS_IF)]
        if head == _AS_IF:
            return value[len(_AS_IF) :].decode()
        if head == _SEALED:
            about, person, wrapped, sealed = _parts(value)
            try:
                return of(person, wrapped).open(sealed, about)
            except KeyLost:
                return _AS_ERASED.get(about)
        if head in (_WORDS, _JSON):
            person, wrapped, text = _told(value)
            whose = of(person, wrapped) if wrapped else None
            return opened_words(text.decode(), whose, keys, in_json=head == _JSON)
        return value

    return opened


def _parts(value: bytes) -> tuple[str, bytes, bytes, bytes]:
    """What it is, whose, their wrapped key, and what is sealed. Raises Unreadable."""
    reading = _Reading(value)
    about, person, wrapped = reading.sized().decode(), reading.take(16), reading.sized()
    return about, person, wrapped, reading.rest()


def _told(value: bytes) -> tuple[bytes, bytes, bytes]:
    """Whose it is, their wrapped key (none when it was destroyed), and the text. Raises Unreadable."""
    reading = _Reading(value)
    return reading.take(16), reading.sized(), reading.rest()


class _Reading:
    """A value, read from its head on."""

    def __init__(self, value: bytes) -> None:
        self._value, self._place = value, len(_HEAD) + 1

    def take(self, length: int) -> bytes:
        self._place += length
        if self._place > len(self._value):
            raise Unreadable(None)
        return self._value[self._place - length : self._place]

    def sized(self) -> bytes:
        return self.take(int.from_bytes(self.take(4), "big"))

    def rest(self) -> bytes:
        return self._value[self._place :]
