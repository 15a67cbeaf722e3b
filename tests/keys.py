"""The keys of the tests: new ones each time, for nothing of theirs is read again."""

from datetime import date

from records.keyring import KeyRing

RING = KeyRing.fresh(date(2026, 11, 16))
