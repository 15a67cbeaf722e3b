"""YAML with its line numbers: plain data, where each piece of it stands, and what is wrong in words.

Safe and strict: timestamps stay text, only `true` and `false` are booleans, a key is said once, and
aliases are refused, because a file that people check should say what it means where it says it.
"""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, ValidationError

from pathways.hints import said

Place = tuple[str | int, ...]


class Problem(NamedTuple):
    """One thing that is wrong: in which file, on which line (0: the file as such), where in it, and what to change."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        file = f"{self.file}:{self.line}" if self.line else self.file
        where = f"{self.path}: " if self.path else ""
        return f"{file}: {where}{self.message}"


class FileError(Exception):
    """A file that cannot be used; `problems` has everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems), key=lambda problem: (problem.file, problem.line, problem.path))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Lines:
    """Where each piece of a file stands."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._at: dict[Place, int] = {(): 1}

    def note(self, place: Place, line: int) -> None:
        """The piece at the place stands on the line: that of its key, where it has one."""
        self._at.setdefault(place, line)

    def of(self, place: Place) -> int:
        """The line of the piece, or of the nearest piece around it."""
        while place not in self._at:
            place = place[:-1]
        return self._at[place]

    def problem(self, place: Place, message: str) -> Problem:
        """Something is wrong at the place."""
        return Problem(self.name, self.of(place), written(place), message)


def written(place: Place) -> str:
    """A place as a person writes it, for example `steps[3].due`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")


class _Loader(yaml.SafeLoader):
    """Reads text, whole numbers, decimals, true, false and null; everything else stays text."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"true|false", "tf"),
    ("tag:yaml.org,2002:null", r"null|~|", ["n", "~", ""]),
    ("tag:yaml.org,2002:int", r"[-+]?(0|[1-9][0-9]{0,17})", "-+0123456789"),
    ("tag:yaml.org,2002:float", r"[-+]?[0-9]+\.[0-9]+", "-+0123456789"),
):
    _Loader.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), list(_first))

_KEY = "[key]"
"""What models add to the place of a name that is itself not well written."""
DEEPEST = 40
LARGEST = 1_000_000
"""More characters than any definition or rehearsal has: a file of another kind was named."""


def read(text: str, name: str) -> tuple[Any, Lines]:
    """The data of a YAML text and where its pieces stand; FileError when it is no YAML that we read."""
    lines = Lines(name)
    loader = _Loader(text) if _readable(text, name) else None
    try:
        if loader is None or not loader.check_node():
            raise FileError([Problem(name, 1, "", "the file is empty")])
        _refuse_what_grows(text, name)
        node = loader.get_node() or yaml.ScalarNode("tag:yaml.org,2002:null", "")
        if loader.check_node():
            raise FileError([Problem(name, 1, "", "one file holds one document: leave out the `---` in the middle")])
        problems: list[Problem] = []
        data = _plain(loader, node, (), lines, problems)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise FileError([Problem(name, line, "", _no_yaml(str(error.problem or error.context)))]) from None
    except yaml.YAMLError as error:
        raise FileError([Problem(name, 1, "", f"this is no YAML: {error}")]) from None
    if problems:
        raise FileError(problems)
    return data, lines


_ADVICE = (
    (r"'\t'", "a tab cannot be used here: indent with spaces"),
    (
        "mapping values are not allowed",
        "a second colon, or a line that is indented too far: put text with a colon in quotes",
    ),
    ("expected <block end>", "this line is not indented as the ones before it"),
    ("unexpected end of stream", "a quote is opened and never closed"),
)


def _no_yaml(problem: str) -> str:
    """What the parser found wrong, as somebody would say it who does not know its words."""
    return next((words for wrong, words in _ADVICE if wrong in problem), f"this is no YAML: {problem}")


def _readable(text: str, name: str) -> bool:
    if len(text) > LARGEST:
        raise FileError([Problem(name, 0, "", f"has more than {LARGEST:,} characters: is another file meant?")])
    if unprintable := _unprintable(text):
        line = text[: text.index(unprintable)].count("\n") + 1
        raise FileError([Problem(name, line, "", f"a character that cannot be printed ({unprintable!r}): take it out")])
    return True


def _unprintable(text: str, but: str = "\n\r\t\ufeff") -> str:
    return next((found for found in text if not found.isprintable() and found not in but), "")


def _refuse_what_grows(text: str, name: str) -> None:
    """Aliases, tags and deep nesting, told event by event, before anything follows them."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise FileError([Problem(name, line, "", "anchors (&) and aliases (*) are not read here: write it out")])
        if getattr(event, "tag", None):
            raise FileError([Problem(name, line, "", "tags (!) are not read here: leave it out, or put it in quotes")])
        if depth > DEEPEST:
            raise FileError([Problem(name, line, "", "this is nested too deeply: is a bracket or a quote missing?")])


def _plain(loader: _Loader, node: yaml.Node, place: Place, lines: Lines, problems: list[Problem]) -> Any:
    lines.note(place, _line(node))
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, place, lines, problems)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, item, (*place, number), lines, problems) for number, item in enumerate(node.value)]
    value = loader.construct_object(node)
    if isinstance(value, str) and (found := _unprintable(value)):
        problems.append(lines.problem(place, f"has a character that cannot be printed ({found!r}): take it out"))
    return value


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1


def _mapping(
    loader: _Loader, node: yaml.MappingNode, place: Place, lines: Lines, problems: list[Problem]
) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(Problem(lines.name, _line(key_node), written(place), "a key must be text"))
            continue
        key = str(key_node.value)
        line = _line(key_node)
        if found := _unprintable(key, but=""):  # it would be printed with all that is said of what stands under it
            told = f"a name has a character that cannot be printed ({found!r}): take it out"
            problems.append(Problem(lines.name, line, written(place), told))
            continue
        if key in data:
            problems.append(Problem(lines.name, line, written((*place, key)), "said twice: keep one of them"))
            continue
        lines.note((*place, key), line)
        data[key] = _plain(loader, value_node, (*place, key), lines, problems)
    return data


def problems_from(
    error: ValidationError, lines: Lines, data: Any, model: type[BaseModel] | None = None
) -> list[Problem]:
    """What a model found wrong, one problem a place, on its line and in words.

    The model, when given, is asked for the name that was perhaps meant by an unknown one.
    """
    found: dict[Place, list[Any]] = {}
    for detail in error.errors(include_url=False):
        found.setdefault(_within(detail["loc"], data), []).append(detail)
    # Several at one place are the alternatives that were tried, none of which fits.
    return [lines.problem(place, said(details, model)) for place, details in found.items()]


def _within(place: Place, data: Any) -> Place:
    """The part of a model's location that is in the file: models add the names of alternatives to it."""
    found: list[str | int] = []
    for part in place:
        if _has(data, part):
            data = data[part]
            found.append(part)
    last = place[-1] if place else None
    missing = isinstance(last, str) and isinstance(data, dict) and last not in found and last != _KEY
    return (*found, last) if missing and isinstance(last, str) else tuple(found)


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, dict) and part in data
