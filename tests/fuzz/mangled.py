"""Files as they come: sound ones with something cut, doubled, moved or put in, and what is no file at all."""

from collections.abc import Sequence

from hypothesis import strategies as st

HARD = (
    "\0", "\ufeff",
    "\u202e", "\u2028", "\x85", "\x1b[2J", "\t", "\r", "\n", "\r\n", "'", '"', '""', "`", "\\", ",", ";",
    "|", "{{7*7}}", "<script>", "&a", "*a", "<<: *a", "!!python/object:os.system", "---", "...", "? ", "- ", ": ", "# ",
    "%YAML 1.1\n",
    "[" * 60, "{" * 60, "- " * 60, "&a [*a,*a]", "null", "~", "true", ".inf", "-.nan", "1e999", "9" * 400, "-1", "0",
    "0x7f", "1_000", "2026-02-30", "0001-01-01", "9999-12-31T23:59:59+14:00", "2026-10-25T01:30", "24:00",
    "=1+1", "@SUM(A1)",
    "a" * 5000, "é", "e\u0301", "\U0001f469\u200d\U0001f52c", "ﷺ", "٣", "Ⅷ",
)  # fmt: skip
"""What has broken readers before: of YAML, of CSV, of numbers and of dates."""

anything = st.one_of(st.sampled_from(HARD), st.text(max_size=30), st.integers().map(str), st.dates().map(str))


@st.composite
def mangled(draw: st.DrawFn, sound: Sequence[str]) -> str:
    """A sound text, with a few things done to it that an editor, a program or a bad day does."""
    text = draw(st.sampled_from(sound))
    for _ in range(draw(st.integers(1, 4))):
        begins = draw(st.integers(0, len(text)))
        ends = min(len(text), begins + draw(st.integers(0, 40)))
        piece = text[begins:ends]
        text = draw(
            st.sampled_from(
                [
                    text[:begins] + text[ends:],
                    text[:begins] + piece * 2 + text[ends:],
                    text[:begins] + draw(anything) + text[ends:],
                    text[:begins] + piece[::-1] + text[ends:],
                    text[:begins],
                ]
            )
        )
    return text


def as_bytes(sound: Sequence[str]) -> st.SearchStrategy[bytes]:
    """What stands in a file: mangled text in UTF-8, mostly, and else in another encoding, or bytes of no text."""
    text = mangled(sound)
    return st.one_of(
        text.map(lambda found: found.encode("utf-8", "surrogatepass")),
        text.map(lambda found: found.encode("utf-16")),
        text.map(lambda found: found.encode("latin-1", "replace")),
        st.binary(max_size=200),
    )
