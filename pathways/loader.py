"""Reading a pathway's definition: the shipped ones by id, any other by its path."""

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pathways.lines import LARGEST, FileError, Lines, Place, Problem, problems_from, read
from planner.soundness import near, problems
from schemas.pathway import Pathway

FOLDER = Path(__file__).parent
LADDERS = "ladders.yaml"


class DefinitionError(FileError):
    """A definition that is not sound; `problems` has everything that is wrong, by file and line."""


def shipped() -> list[str]:
    """The ids of the pathways that come with Alongside."""
    return sorted(file.stem for file in FOLDER.glob("*.yaml") if file.name != LADDERS)


def find(id_or_path: str) -> Pathway:
    """The shipped pathway of that id, or the definition in that file; DefinitionError when there is neither."""
    if id_or_path in shipped():
        return _shipped(id_or_path)
    path = Path(id_or_path)
    if path.suffix in (".yaml", ".yml") or path.exists():
        return load(path)
    hint = near(id_or_path, shipped()) or f": there is {', '.join(shipped())}, or give a file"
    raise DefinitionError([Problem(id_or_path, 0, "", f"there is no pathway of that name{hint}")])


@cache
def _shipped(pathway_id: str) -> Pathway:
    return load(FOLDER / f"{pathway_id}.yaml")


def load(path: Path) -> Pathway:
    """The definition in a file; DefinitionError with everything that is wrong with it."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(LARGEST + 1)
    except UnicodeDecodeError:
        raise DefinitionError([Problem(str(path), 0, "", "the file is not UTF-8 text: save it as UTF-8")]) from None
    except OSError as error:
        raise DefinitionError([Problem(str(path), 0, "", f"cannot be read: {error.strerror}")]) from None
    return parse(text, str(path))


def parse(text: str, name: str) -> Pathway:
    """The definition in a text; `name` is what errors call it. Shared ladders are merged in where it has none."""
    try:
        data, lines = read(text, name)
    except FileError as error:
        raise DefinitionError(error.problems) from None
    if not isinstance(data, dict):
        raise DefinitionError([Problem(name, 1, "", "a definition is a mapping: begin with `id:`")])
    own = data.get("ladders", {})
    merged = data | {"ladders": _shared_ladders() | own if isinstance(own, dict) else own}
    try:
        pathway = Pathway.model_validate(merged)
    except ValidationError as error:
        found = [*problems_from(error, lines, merged, Pathway), *_beyond(error, merged, lines)]
        raise DefinitionError(found) from None
    found = [lines.problem(place, message) for place, message in problems(pathway)]
    if found:
        raise DefinitionError(found)
    return pathway


_WHOLE: dict[str, Any] = {"id": "stands-in", "title": "stands in", "silence": {"days": 1}}
_STAND_INS: dict[str, dict[str, Any]] = {
    "steps": {
        "empty": [],
        "piece": {
            "id": "stands-in",
            "title": "stands in",
            "kind": "task",
            "owner": "coordinator",
            "due": {"after": "started", "days": 0},
            "ladder": "standard",
        },
    },
    "milestones": {"empty": [], "piece": {"id": "stands-in", "name": "stands in"}},
    "exits": {"empty": [], "piece": {"id": "stands-in", "title": "stands in"}},
    "facts": {"empty": {}, "piece": {"type": "boolean"}},
    "ladders": {"empty": {}, "piece": {"rungs": [{"hours": 0, "to": ["owner"]}]}},
}


def _beyond(error: ValidationError, data: dict[str, Any], lines: Lines) -> list[Problem]:
    """What is unsound in the parts that are well formed, so that a file's errors come all at once.

    A malformed part is stood in for, so that what refers to its piece is not blamed.
    """
    broken = {detail["loc"][:3] for detail in error.errors()}
    sketch = {name: part for name, part in data.items() if (name,) not in {place[:1] for place in broken}}
    sketch = _WHOLE | sketch
    for part, stand_in in _STAND_INS.items():
        if not isinstance(data.get(part, stand_in["empty"]), type(stand_in["empty"])):
            return []
        sketch[part] = _mended(part, data.get(part, stand_in["empty"]), broken)
    try:
        pathway = Pathway.model_validate(sketch)
    except ValidationError:
        return []
    return [lines.problem(place, text) for place, text in problems(pathway) if not _blamed(place, broken)]


def _blamed(place: Place, broken: set[Place]) -> bool:
    """The problem may come of what stands in for a malformed piece."""
    facts = {found[1] for found in broken if found[:1] == ("facts",) and len(found) > 1}
    return not broken.isdisjoint((place[:2], place[:3])) or (place[2:3] == ("when",) and place[3] in facts)


def _mended(part: str, pieces: Any, broken: set[Place]) -> Any:
    stand_in = _STAND_INS[part]["piece"]
    if isinstance(pieces, list):
        return [_mended_piece(stand_in, (part, number), piece, broken) for number, piece in enumerate(pieces)]
    return {name: _mended_piece(stand_in, (part, name), piece, broken) for name, piece in pieces.items()}


def _mended_piece(stand_in: dict[str, Any], at: Place, piece: Any, broken: set[Place]) -> Any:
    if not any(place[:2] == at for place in broken):
        return piece
    if not isinstance(piece, dict) or at[0] in ("facts", "ladders"):
        return stand_in
    sound = {key: value for key, value in piece.items() if (*at, key) not in broken}
    return {key: value for key, value in stand_in.items() if key != "due" or "series" not in sound} | sound


@cache
def _shared_ladders() -> dict[str, Any]:
    data, _ = read((FOLDER / LADDERS).read_text(encoding="utf-8"), LADDERS)
    return dict(data)
