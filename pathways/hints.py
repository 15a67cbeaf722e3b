"""What a model found wrong, in words that say what to change, with the name that was perhaps meant."""

import re
import types
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from planner.soundness import near

_WORDS = {
    "missing": "is missing: add it",
    "string_pattern_mismatch": "is written in lower-case letters and digits, with hyphens or underscores between",
    "string_type": "should be text: put it in quotes",
    "list_type": "should be a list, for example `[first, second]`",
    "dict_type": "should have names and values, for example `{name: value}`",
    "model_type": "should have names and values, for example `{name: value}`",
    "model_attributes_type": "should have names and values, for example `{name: value}`",
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
    "int_type": "should be a whole number",
    "int_parsing": "should be a whole number",
    "int_from_float": "should be a whole number",
}
_LONGEST = 60
_QUOTED = re.compile(r"'([^']+)'")


def said(detail: Any, model: type[BaseModel] | None = None) -> str:
    """One of a ValidationError's `errors()` in words; the model is asked for the fields that there are."""
    kind, given = detail["type"], detail.get("input")
    if kind == "missing":
        return _WORDS[kind]
    if kind == "extra_forbidden":
        return f"is not known here{_meant(detail, model)}"
    text = _WORDS.get(kind) or _without_input(str(detail["msg"]).removeprefix("Value error, "))
    hint = near(given, _QUOTED.findall(text)) if kind in ("enum", "literal_error") and isinstance(given, str) else ""
    shown = f" (it is {_shown(given)})" if isinstance(given, str | int | float | bool) or given is None else ""
    return f"{text[0].lower()}{text[1:]}{shown}{hint}"


def _shown(given: object) -> str:
    if given is None or isinstance(given, bool):
        return "empty" if given is None else str(given).lower()
    text = repr(given)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _without_input(message: str) -> str:
    return message.removeprefix("Input ").replace("should be greater than or equal to", "should be at least")


def _meant(detail: Any, model: type[BaseModel] | None) -> str:
    *place, name = detail["loc"]
    known = list(known_at(model, place)) if model is not None else []
    hint = near(str(name), known)
    return hint or (f": take it out, or use one of {', '.join(known)}" if known else ": take it out")


def known_at(model: type[BaseModel], place: Iterable[str | int]) -> Iterator[str]:
    """The names that may be written at a place of what the model reads."""
    kinds: list[Any] = [model]
    for part in place:
        kinds = [deeper for kind in kinds for deeper in _deeper(kind, part)]
    for kind in kinds:
        for plain in _plain(kind):
            if isinstance(plain, type) and issubclass(plain, BaseModel):
                yield from (field.alias or name for name, field in plain.model_fields.items())


def _deeper(kind: Any, part: str | int) -> Iterator[Any]:
    for plain in _plain(kind):
        if get_origin(plain) in (list, dict):
            yield get_args(plain)[-1]
        elif isinstance(plain, type) and issubclass(plain, BaseModel):
            yield from (field.annotation for name, field in plain.model_fields.items() if part in (name, field.alias))


def _plain(kind: Any) -> Iterator[Any]:
    """The kind itself, or the alternatives that it stands for."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _plain(get_args(kind)[0])
    elif origin in (Union, types.UnionType):
        for alternative in get_args(kind):
            yield from _plain(alternative)
    else:
        yield kind
