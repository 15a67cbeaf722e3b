"""A CSV file as people really send it: what is wrong with one as a whole is said in a sentence."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from records.errors import RecordsError
from schemas.caseload import Refusal

LARGEST = 50_000_000
"""Bytes of a file, at most."""
MOST = 100_000
"""Rows of a file, at most."""
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "upright bars"}


class FileRefused(RecordsError):
    """The file cannot be read as what it should be; nothing of it was used."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__("invalid", f"{path.name} {why}")


class CsvRow(NamedTuple):
    """A row by column, and its number as a spreadsheet counts (the header is 1)."""

    number: int
    cells: dict[str, str]


def read_csv(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> tuple[list[CsvRow], list[Refusal]]:
    """The rows of a file that has exactly these columns, and refusals of rows of another length.

    The `optional` columns follow the others, all of them or none.

    FileRefused when the file is missing, empty, too big, no UTF-8, or has other columns or delimiters.
    """
    lines = _lines(path)
    header = next(lines, (1, []))[1]
    if optional and [name.strip() for name in header][-len(optional) :] == list(optional):
        columns = [*columns, *optional]
    _check_columns(path, header, columns)
    rows, refused = [], []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue  # spreadsheets leave empty rows behind
        if len(cells) == len(columns):
            rows.append(CsvRow(number, {c: cell.strip() for c, cell in zip(columns, cells, strict=True)}))
        else:
            detail = f"{len(cells)} cells where there should be {len(columns)}: quote a cell that has a comma in it"
            refused.append(Refusal(row=number, local_id="", why="wrong number of cells", detail=detail))
    return rows, refused


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if number > MOST + 1:
                raise FileRefused(path, f"has more than {MOST:,} rows: split it.")
            yield number, cells
    except csv.Error as error:
        raise FileRefused(
            path, f"cannot be read after row {number}: {error}. Is a quotation mark there that is never closed?"
        ) from None


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise FileRefused(path, f"is bigger than {LARGEST // 1_000_000} MB: split it.")
        raw = path.read_bytes()
    except OSError as error:
        raise FileRefused(path, f"cannot be read: {error.strerror or error}.") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FileRefused(path, f"is not in UTF-8 (see line {line}): save it as “CSV UTF-8”.") from None
    if not text.strip():
        raise FileRefused(path, "is empty: export it again.")
    if "\0" in text:
        raise FileRefused(path, "is not a text file: save it as “CSV UTF-8”.")
    return text


def _check_columns(path: Path, found: list[str], wanted: Sequence[str]) -> None:
    names = [name.strip() for name in found]
    if names == list(wanted):
        return
    if len(names) == 1:
        for delimiter, words in _OTHER_DELIMITERS.items():
            if delimiter in names[0]:
                raise FileRefused(path, f"has its columns separated by {words}: save it with commas.")
    missing = [name for name in wanted if name not in names]
    unknown = [name for name in names if name not in wanted]
    twice = sorted({name for name in names if names.count(name) > 1 and name in wanted})
    told = [
        f"{what} {', '.join(which)}"
        for what, which in (("lacks", missing), ("does not need", unknown), ("repeats", twice))
        if which
    ]
    problem = f"has not the right columns: it {' and '.join(told)}" if told else "has its columns in another order"
    raise FileRefused(path, f"{problem}. The first row should be: {','.join(wanted)}")
