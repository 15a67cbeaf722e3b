"""What the key ring seals opens with the same key, for the same thing, unaltered; and never otherwise."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.keyring import BadKeys, KeyRing, Unreadable, key_of

TODAY = date(2026, 11, 28)
RING = KeyRing.fresh(TODAY)
SECRET = b"Xqzvlorp Wrrthjk, 999 004 6212"


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_what_is_sealed_opens_as_it_was(text: bytes, about: bytes) -> None:
    assert RING.open(RING.seal(text, about), about) == text


@given(st.data())
def test_what_was_altered_anywhere_does_not_open(data: st.DataObject) -> None:
    sealed = bytearray(RING.seal(SECRET, b"a name"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Unreadable) as refused:
        RING.open(bytes(sealed), b"a name")
    assert SECRET.decode() not in refused.value.message


@given(st.integers(0, 80))
def test_what_was_cut_short_does_not_open(length: int) -> None:
    sealed = RING.seal(SECRET, b"")
    with pytest.raises(Unreadable):
        RING.open(sealed[: min(length, len(sealed) - 1)], b"")


def test_it_opens_as_what_it_is_alone() -> None:
    sealed = RING.seal(SECRET, b"a name")
    assert SECRET not in sealed
    assert sealed != RING.seal(SECRET, b"a name")
    with pytest.raises(Unreadable, match="altered, or belongs elsewhere"):
        RING.open(sealed, b"a reason")


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    before = RING.seal(SECRET, b"")
    prepared = RING.with_new(TODAY)
    assert key_of(prepared.seal(SECRET, b"")) == RING.current
    rotated = prepared.using(prepared.ids[-1])
    after = rotated.seal(SECRET, b"")
    assert key_of(after) == rotated.current != RING.current
    assert rotated.open(before, b"") == rotated.open(after, b"") == prepared.open(after, b"") == SECRET
    with pytest.raises(Unreadable) as refused:
        RING.open(after, b"")
    assert refused.value.key == rotated.current
    assert rotated.current in refused.value.message


def test_people_are_found_by_the_same_after_a_rotation() -> None:
    prepared = RING.with_new(TODAY)
    rotated = prepared.using(prepared.ids[-1])
    assert rotated.blind("9990046212", "nhs number") == RING.blind("9990046212", "nhs number")
    others = {
        RING.blind("9990046212", "local id"),
        RING.blind("9990046213", "nhs number"),
        KeyRing.fresh(TODAY).blind("9990046212", "nhs number"),
    }
    assert RING.blind("9990046212", "nhs number") not in others
    with pytest.raises(BadKeys, match="everything is found by it"):
        rotated.without(RING.current)
    with pytest.raises(BadKeys, match="everything is sealed by it"):
        rotated.without(rotated.current)


def test_a_process_that_runs_learns_of_a_key_that_another_one_seals_with() -> None:
    written = [RING.written()]
    read: Callable[[], KeyRing] = lambda: KeyRing.parse(written[0])  # noqa: E731 - as a caller hands it over
    running = KeyRing.parse(written[0], again=read)
    prepared = RING.with_new(TODAY)
    elsewhere = prepared.using(prepared.ids[-1])
    sealed = elsewhere.seal(SECRET, b"")
    written[0] = elsewhere.written()
    assert running.open(sealed, b"") == SECRET
    assert running.current == elsewhere.current
    with pytest.raises(Unreadable):  # and it does not read again and again for what no key is there for
        running.open(KeyRing.fresh(TODAY).seal(SECRET, b""), b"")


def test_a_ring_is_written_and_read_and_never_shown() -> None:
    again = KeyRing.parse(RING.written())
    assert again.open(RING.seal(SECRET, b""), b"") == SECRET
    assert (again.ids, again.current, again.search) == (RING.ids, RING.current, RING.search)
    key = RING.written().split('"')[-2]
    assert len(key) == 44
    assert key not in repr(RING) + str(vars(BadKeys("x")))
    assert again.proof(RING.current) == RING.proof(RING.current) != RING.with_new(TODAY).proof(RING.current)[::-1]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "they are JSON like"),
        ("[]", "they are JSON like"),
        ('{"keys": {}}', "they are JSON like"),
        ('{"keys": [], "current": "a"}', "they are JSON like"),
        ('{"keys": {"a": "c2hvcnQ="}, "current": "a"}', "a is not 32 bytes long"),
        ('{"keys": {"a": "hush!"}, "current": "a"}', "they are JSON like"),
        ('{"keys": {"a": 7}, "current": "a"}', "they are JSON like"),
        ('{"keys": {}, "current": "a"}', "`current` must name one of the keys"),
        ('{"keys": {"a b": "c2hvcnQ="}, "current": "a b"}', "an id is up to 32 letters"),
        ('{"keys": {"a": "' + "A" * 43 + '="}, "current": "a", "search": "b"}', "`search` must name one"),
    ],
)
def test_what_is_no_ring_is_refused_without_a_word_of_it(text: str, says: str) -> None:
    with pytest.raises(BadKeys) as refused:
        KeyRing.parse(text)
    assert says in refused.value.message
    assert "c2hvcnQ=" not in refused.value.message
    assert "hush" not in refused.value.message
