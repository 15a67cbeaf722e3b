"""What a model found wrong, in words that say what to change, with the name that was perhaps meant."""

import re
import types
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from planner.soundness import RESERVED, near
from schemas.codes import ATTENDANCE_WORDS, MECHANISM_WORDS, Attendance, Mechanism, Role, StepKind

_INSTANT = "should be a date and a time with its offset, for example 2026-11-23T09:00:00+00:00"
_NAMES = "should have names and values, for example `{name: value}`"
_WHOLE = "should be a whole number"
_WORDS = {
    "missing": "is missing: add it",
    "string_pattern_mismatch": "is written in lower-case letters and digits, with hyphens or underscores between",
    "string_type": "should be text: put it in quotes",
    "list_type": "should be a list, for example `[first, second]`",
    "dict_type": _NAMES,
    "model_type": _NAMES,
    "model_attributes_type": _NAMES,
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": "should be a number",
    "timezone_aware": _INSTANT,
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "date_type": "should be a date, for example 2026-11-23",
    "date_parsing": "should be a date, for example 2026-11-23",
    "date_from_datetime_parsing": "should be a date, for example 2026-11-23",
    "date_from_datetime_inexact": "should be a date without a time, for example 2026-11-23",
}
_LIMITS = {
    "greater_than_equal": "should be at least {ge}",
    "less_than_equal": "should be at most {le}",
    "string_too_short": "should have at least {min_length} characters",
    "string_too_long": "should have at most {max_length} characters",
    "too_short": "should have at least {min_length} in it",
    "too_long": "should have at most {max_length} in it",
}
_SORTS = {
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "names and values",
    "float_type": "a number",
    "int_type": "a whole number",
}
"""What a value should be, said shortly where several would do."""

_CHOICES = ("enum", "literal_error")
_QUOTED = re.compile(r"'([^']+)'")
_LONGEST = 60
_CODES: list[tuple[type[StrEnum], str, dict[Any, str]]] = [
    (Role, "role", {}),
    (StepKind, "kind of step", {}),
    (Mechanism, "way of contact", MECHANISM_WORDS),
    (Attendance, "attendance status", ATTENDANCE_WORDS),
]


def said(details: Sequence[Any], model: type[BaseModel] | None = None) -> str:
    """What is wrong at one place, in words: one of a ValidationError's `errors()`, or the alternatives tried there.

    The model, when given, is asked for the names that there are.
    """
    given = details[0].get("input")
    kinds = {detail["type"] for detail in details}
    if kinds <= set(_CHOICES):
        allowed = [name for detail in details for name in _QUOTED.findall(str(detail["msg"]))]
        return _no_choice(given, list(dict.fromkeys(allowed)))
    if len(kinds) > 1 and kinds <= set(_SORTS):
        return f"should be {' or '.join(dict.fromkeys(_SORTS[detail['type']] for detail in details))}{_it_is(given)}"
    # What is of the right sort is told what else is wrong with it, not of which sorts it might be.
    telling = [detail for detail in details if detail["type"] not in _SORTS] or details
    return "; or ".join(dict.fromkeys(_one(detail, model) for detail in telling))


def _one(detail: Any, model: type[BaseModel] | None) -> str:
    kind, given = detail["type"], detail.get("input")
    if kind == "missing":
        return _WORDS[kind]
    if kind == "extra_forbidden":
        return f"is not known here{_meant(detail, model)}"
    if kind == "too_short" and not given:
        return "is empty: put at least one in it, or leave the line out"
    if given is None:
        return "is empty: say what it is, or leave the line out"
    if kind in _CHOICES:
        return _no_choice(given, _QUOTED.findall(str(detail["msg"])))
    limit = _LIMITS[kind].format_map(detail.get("ctx", {})) if kind in _LIMITS else ""
    text = _WORDS.get(kind) or limit or str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return f"{text[0].lower()}{text[1:]}{_it_is(given)}"


def _no_choice(given: Any, allowed: list[str]) -> str:
    """For example "'nurse' is no role: the roles are ..."."""
    code, noun, meanings = next(
        ((code, noun, meanings) for code, noun, meanings in _CODES if set(code) <= set(allowed)), (None, "", {})
    )
    if code is StepKind:
        allowed = [name for name in allowed if name not in RESERVED]
    if not isinstance(given, str | int | float) and given is not None:
        return f"should be one of {', '.join(allowed)}, by itself"
    # Codes look alike: nothing that is near one of them is therefore meant.
    hint = near(str(given), allowed) if not meanings else ""
    listed = ", ".join(f'"{name}" {meanings[name]}' if name in meanings else name for name in allowed)
    wrong = f"is no {noun}" if noun else "is not known here"
    return f"{_shown(given)} {wrong}{hint or f': choose from {listed}'}"


def _it_is(given: object) -> str:
    return f" (it is {_shown(given)})" if isinstance(given, str | int | float | bool) or given is None else ""


def _shown(given: object) -> str:
    if given is None or isinstance(given, bool):
        return "empty" if given is None else str(given).lower()
    text = repr(given)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


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
