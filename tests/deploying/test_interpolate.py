"""Variables are resolved as `docker compose` documents it."""

import pytest

from tests.deploying.interpolate import Unset, names, resolve

SET = {"A": "a", "EMPTY": ""}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("${A}", "a"),
        ("x-${A}-${B}", "x-a-"),
        ("${B:-two: ${A}}!", "two: a!"),
        ("${EMPTY:-b}", "b"),
        ("${A:+${B:-c}}", "c"),
        ("${EMPTY:+c}", ""),
        ("${A:?say it}", "a"),
        ("$$A and $${A}", "$A and ${A}"),
    ],
)
def test_resolved(written: str, meant: str) -> None:
    assert resolve({"in": [written, 5]}, SET) == {"in": [meant, 5]}


def test_what_must_be_set_is_asked_for() -> None:
    with pytest.raises(Unset, match=r"^EMPTY: set it$"):
        resolve("${EMPTY:?set it}", SET)


def test_names_are_found_nested_but_not_in_comments() -> None:
    assert names("a: ${A:+${B}}\n# ${C}\nb: $$D ${E:?no}") == {"A", "B", "E"}
