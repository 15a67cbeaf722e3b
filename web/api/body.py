"""What is sent to the API: JSON of a decent size, whose every value can be kept, and whose faults are pointed at."""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.exceptions import HTTPException

from web.api.problems import Fault, NotAsAskedFor

JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
"""How a CloudEvent says that all of it is in the body."""
DEEPEST = 20
"""Lists and objects within each other, at most."""
LONGEST = 1000
"""Entries of a list or an object, at most."""
YEARS = range(1900, 2200)
"""Years that a date may have."""
INTEGERS = 2**53
"""Whole numbers that every program reads the same lie under this."""
T = TypeVar("T", bound=BaseModel)


async def read(request: Request, kind: TypeAdapter[T], tags: int = 0) -> T:
    """What is sent, as a model."""
    return model_of(await raw(request), kind, tags)


async def raw(request: Request, media: str = JSON) -> bytes:
    """What is sent, as it came: HTTPException 413 or 415 when it is too much, or something else."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said != media:
        raise HTTPException(415, f"Send JSON, and say so: Content-Type: {media}.")
    return await request.body()  # of a decent size: web.limits counts what comes


def model_of(raw: bytes, kind: TypeAdapter[T], tags: int = 0) -> T:
    """What was sent, as a model: HTTPException 400 when it cannot be read, NotAsAskedFor when it is wrong.

    `tags` is how many parts of a place in the model are not in what was sent: which of several models it is.
    """
    value = _parsed(raw)
    faults = list(_unsound(value, ()))
    if faults:
        raise NotAsAskedFor(faults)
    try:
        found = kind.validate_json(raw, strict=True)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise NotAsAskedFor([_fault(detail, detail["loc"][tags:], value) for detail in details]) from None
    faults = list(_undated(found.model_dump(), ()))
    if faults:
        raise NotAsAskedFor(faults)
    return found


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError:
        raise HTTPException(400, "The body is not UTF-8: send JSON in UTF-8.") from None
    except (ValueError, RecursionError) as error:
        where = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise HTTPException(400, f"The body is not JSON that can be read{where}: correct it there.") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _unsound(value: Any, place: tuple[object, ...]) -> Iterator[Fault]:
    """What no record can keep, whatever it is meant for."""
    if len(place) > DEEPEST:
        yield Fault.at(place, f"This is within more than {DEEPEST} lists and objects: send it flatter.")
    elif isinstance(value, dict | list) and len(value) > LONGEST:
        yield Fault.at(place, f"This has more than {LONGEST} entries: send it in parts.")
    elif isinstance(value, dict):
        for name, inner in value.items():
            if _unwritable(name):
                yield Fault.at(place, "A name here has a character that is no text: leave it out.")
            else:
                yield from _unsound(inner, (*place, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _unsound(inner, (*place, number))
    elif isinstance(value, str) and _unwritable(value):
        yield Fault.at(place, "This has a character that is no text (NUL, or half of a pair): leave it out.")
    elif isinstance(value, int | float) and not (math.isfinite(value) and abs(value) < INTEGERS):
        yield Fault.at(place, "This number is too large.")


def _unwritable(text: str) -> bool:
    return "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text)


def _undated(value: Any, place: tuple[object, ...]) -> Iterator[Fault]:
    """Dates that are nobody's: of another age, or mistyped."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _undated(inner, (*place, name))
    elif isinstance(value, date) and value.year not in YEARS:
        yield Fault.at(place, f"The year lies between {YEARS[0]} and {YEARS[-1]}: check it.")


def _fault(detail: Any, place: tuple[object, ...], value: Any) -> Fault:
    """What is wrong with one place, in a sentence. The value itself is not told: it may name somebody."""
    there: list[object] = []
    for part in place:
        if (isinstance(value, dict) and part in value) or (isinstance(value, list) and isinstance(part, int)):
            value = value[part]  # type: ignore[call-overload]  # the place is one of what was sent
        elif detail["type"] != "missing":
            break  # what follows says which of several kinds of value it was tried as
        there.append(part)
    said = detail["msg"].removeprefix("Value error, ")
    return Fault.at(tuple(there), f"{said[0].upper()}{said[1:]}.")
