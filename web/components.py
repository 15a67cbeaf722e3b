"""The macros of the design system, filled in once for the same words: most of a page is the same every time."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jinja2 import Environment
from jinja2.runtime import Macro, Undefined

REMEMBERED = 1000
"""Filled-in components of each sort that are kept: those used least lately go first."""


def remember(environment: Environment, macros: str) -> None:
    """Let every template that imports from `macros` have components that remember what they were filled in with.

    A component is made of what it is given and of nothing else, so the same again is the same.
    """
    module = environment.get_template(macros).module
    for name, macro in list(vars(module).items()):
        if isinstance(macro, Macro):
            setattr(module, name, _remembering(macro))


def _remembering(macro: Macro) -> Callable[..., str]:
    @lru_cache(REMEMBERED)
    def filled(given: "_Given") -> str:
        return macro(*given.arguments)

    def fill(*arguments: Any, **named: Any) -> str:
        try:
            key = None if named else _key(arguments)
        except TypeError:
            key = None
        return macro(*arguments, **named) if key is None else filled(_Given(key, arguments))

    return fill


class _Given:
    """What a component is filled in with, compared by what it holds."""

    __slots__ = ("arguments", "key")

    def __init__(self, key: Any, arguments: tuple[Any, ...]) -> None:
        self.key, self.arguments = key, arguments

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Given) and self.key == other.key


def _key(value: Any) -> Any:
    """What stands for a value, differently for whatever could be written differently; TypeError when nothing does."""
    if isinstance(value, dict):
        return ("dict", *((name, _key(inner)) for name, inner in value.items()))
    if isinstance(value, list | tuple):
        return ("list", *(_key(inner) for inner in value))
    if isinstance(value, Undefined):
        return Undefined
    if value is None or isinstance(value, str | bool | int | float):
        return (type(value), value)
    raise TypeError
