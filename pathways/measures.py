"""Reading the definitions of measures, as those of pathways are read: what is wrong is told by file and line."""

from functools import cache
from pathlib import Path

from pydantic import ValidationError

from pathways.lines import FileError, problems_from, read
from planner.refused import Refused
from schemas.instrument import Instrument

FOLDER = Path(__file__).parent / "instruments"


@cache
def shipped() -> dict[str, Instrument]:
    """The measures that come with Alongside, by what pathways call them."""
    found = [load(file) for file in sorted(FOLDER.glob("*.yaml"))]
    return {instrument.id: instrument for instrument in found}


def load(path: Path) -> Instrument:
    """The measure in a file; FileError with everything that is wrong with it."""
    return parse(path.read_text(encoding="utf-8"), path.name)


def parse(text: str, name: str) -> Instrument:
    """The measure in a text; `name` is what errors call it."""
    data, lines = read(text, name)
    try:
        return Instrument.model_validate(data)
    except ValidationError as error:
        raise FileError(problems_from(error, lines, data, Instrument)) from None


def find(name: str) -> Instrument:
    """The measure of that name, however its letters are written; Refused when there is none."""
    found = next((one for one in shipped().values() if one.id.lower() == name.strip().lower()), None)
    if found is None:
        raise Refused("not-found", f"There is no measure {name}: there is {', '.join(shipped())}.")
    return found
