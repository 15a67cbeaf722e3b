"""Variables in a compose file, resolved by the same rules as `docker compose` has.

`${NAME}`, `${NAME:-default}`, `${NAME:+instead}`, `${NAME:?what to do}`, nested in one another, and `$$` for a dollar.
"""

import re
from collections.abc import Mapping
from typing import Any

_START = re.compile(r"\$\$|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<how>:[-+?])?")


class Unset(Exception):
    """A variable that must be set is not."""


def resolve(value: Any, variables: Mapping[str, str]) -> Any:
    """`value` (a parsed file, or a part of it) with every variable replaced. Raises Unset as compose would stop."""
    if isinstance(value, dict):
        return {key: resolve(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [resolve(inner, variables) for inner in value]
    return _text(value, variables) if isinstance(value, str) else value


def names(text: str) -> set[str]:
    """Every variable that the text of a compose file mentions, outside its comments."""
    told = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return {found["name"] for found in _START.finditer(told) if found["name"]}


def _text(text: str, variables: Mapping[str, str]) -> str:
    done, at = "", 0
    while found := _START.search(text, at):
        done += text[at : found.start()]
        if found["name"] is None:
            done, at = done + "$", found.end()
            continue
        end = _closing(text, found.end())
        done += _one(found["name"], found["how"], text[found.end() : end], variables)
        at = end + 1
    return done + text[at:]


def _one(name: str, how: str | None, word: str, variables: Mapping[str, str]) -> str:
    held = variables.get(name, "")
    if how == ":-":
        return held or _text(word, variables)
    if how == ":+":
        return _text(word, variables) if held else ""
    if how == ":?" and not held:
        raise Unset(f"{name}: {word}")
    return held


def _closing(text: str, start: int) -> int:
    depth = 1
    for at in range(start, len(text)):
        if text.startswith("${", at):
            depth += 1
        elif text[at] == "}":
            depth -= 1
            if depth == 0:
                return at
    raise ValueError(f"a variable is not closed: {text!r}")
