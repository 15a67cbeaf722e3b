"""The reader of definitions is given anything: it answers with a definition, or says which line is wrong and why."""

from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from pathways.loader import FOLDER, DefinitionError, load, parse, shipped
from planner.soundness import problems
from schemas.pathway import Pathway
from tests.fuzz.lasting import examples, tried
from tests.fuzz.mangled import anything, as_bytes, mangled
from tests.pathways.example import SOUND

NAME = "given.yaml"
WHOLE = [SOUND, *((FOLDER / f"{name}.yaml").read_text("utf-8") for name in shipped())]


def checked(text: str, name: str = NAME) -> None:
    """A definition that is sound and stays the same when it is kept; or a refusal with lines that are there."""
    try:
        found = parse(text, name)
    except DefinitionError as error:
        refused(error, name, text.count("\n") + text.count("\r") + 2)
    else:
        assert problems(found) == []
        assert Pathway.parse_canonical(found.canonical) == found


def refused(error: DefinitionError, name: str, lines: int) -> None:
    """Every problem says where and what."""
    assert error.problems
    for one in error.problems:
        assert one.file == name
        assert 0 <= one.line <= lines, one
        assert one.message
        assert str(one).isprintable(), one


def test_any_text() -> None:
    @given(st.one_of(st.text(max_size=300), st.lists(anything, max_size=12).map("".join)))
    @examples(300)
    def target(text: str) -> None:
        checked(text)

    tried(target)


def test_definitions_that_somebody_has_been_at() -> None:
    @given(mangled(WHOLE))
    @examples(60)
    def target(text: str) -> None:
        checked(text)

    tried(target)


def test_any_bytes_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / NAME

    @given(as_bytes([SOUND]))
    @examples(150)
    def target(raw: bytes) -> None:
        file.write_bytes(raw)
        try:
            load(file)
        except DefinitionError as error:
            refused(error, str(file), raw.count(b"\n") + raw.count(b"\r") + 2)

    tried(target)


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.sampled_from(["started", "owner"])
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=12), inner, max_size=4)),
    max_leaves=12,
)


@st.composite
def misshapen(draw: st.DrawFn) -> str:
    """A sound definition of which one or two pieces are of another kind than they should be."""
    data = yaml.safe_load(SOUND)
    for _ in range(draw(st.integers(1, 2))):
        _replace(draw, data, draw(VALUES))
    return yaml.safe_dump(data, allow_unicode=True)


def _replace(draw: st.DrawFn, inside: Any, value: Any) -> None:
    keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
    if not keys:
        return
    key = draw(st.sampled_from(keys))
    if isinstance(inside[key], dict | list) and inside[key] and draw(st.booleans()):
        _replace(draw, inside[key], value)
    else:
        inside[key] = value


def test_pieces_of_another_kind() -> None:
    @given(misshapen())
    @examples(150)
    def target(text: str) -> None:
        checked(text)

    tried(target)


def test_what_grows_is_refused_at_once() -> None:
    of_each_other = zip("abcdefgh", "bcdefghi", strict=True)
    laughs = "a: &a [x]\n" + "".join(f"{b}: &{b} [*{a},*{a},*{a},*{a}]\n" for a, b in of_each_other)
    for text in (laughs, "[" * 100_000, "{a: " * 50_000, "- " * 200_000, "a: " + "'" * 500_000, "? " * 100_000):
        checked(text)
