"""Reading a staff list: every row is checked, and each is either sound or refused with every reason."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeAlias

from pydantic import ValidationError

from records import staff_checks
from records.csv_file import CsvRow, read_csv
from schemas.caseload import Refusal, StaffList
from schemas.codes import Role
from schemas.staff import StaffMember

OPTIONAL = ("job_share",)
"""Columns that may be left out at the end; what the records say of them then stays."""
COLUMNS = (
    "id", "name", "role", "team", "hours_per_week", "works", "languages", "attributes", "settings", "line_manager",
    "role_supervisor", "wellbeing_supervisor", "email",
)  # fmt: skip
_LISTS = ("languages", "attributes", "settings")
WRONG = {
    "id": "letters, digits and . _ - @, at most 80",
    "name": "at most 200 letters",
    "role": f"one of {', '.join(Role)}",
    "hours_per_week": "a number from 0.1 to 37.5",
    "job_share": "the id of who shares the post",
    "email": "an address such as somebody@example.org",
}

_Rows: TypeAlias = dict[str, tuple[int, StaffMember]]
"""Sound rows by id, each with its number."""


def read_staff(path: Path, already: Mapping[str, StaffMember] | None = None) -> StaffList:
    """Read and check a staff file against itself and who is there `already`; FileRefused when it is not one at all."""
    here = already or {}
    rows, refused = read_csv(path, COLUMNS, OPTIONAL)
    sound: dict[str, tuple[int, StaffMember]] = {}
    for row in rows:
        found = _member(row, here)
        if isinstance(found, StaffMember) and found.id in sound:
            found = Refusal(row=row.number, local_id=found.id, why="id twice", detail="an earlier row has the same id")
        if isinstance(found, Refusal):
            refused.append(found)
        else:
            sound[found.id] = (row.number, found)
    listed = {row.cells["id"] for row in rows} | here.keys()
    refused += _drop(sound, lambda member: staff_checks.supported(member, listed))
    refused += _drop_shares(sound, here)
    return StaffList(sound=[member for _, member in sound.values()], refused=sorted(refused, key=lambda one: one.row))


def _member(row: CsvRow, here: Mapping[str, StaffMember]) -> StaffMember | Refusal:
    kept = here.get(row.cells["id"]) if "job_share" not in row.cells else None
    try:
        member = StaffMember.model_validate(_fields(row.cells) | ({"job_share": kept.job_share} if kept else {}))
    except ValidationError as error:
        wrong = dict.fromkeys(str(one["loc"][0]) for one in error.errors())
        whys = [f"{field} is not well written" if row.cells[field] else f"no {field}" for field in wrong]
        details = [f"{field}: {WRONG[field]}" for field in wrong if field in WRONG]
        return Refusal(row=row.number, local_id=row.cells["id"], why="; ".join(whys), detail="; ".join(details))
    problems = staff_checks.own(member)
    return _refusal(row.number, member, problems) if problems else member


def _refusal(row: int, member: StaffMember, problems: Mapping[str, str]) -> Refusal:
    whys = [f"{field} cannot be right" for field in problems]
    details = [f"{field}: {why}" for field, why in problems.items()]
    return Refusal(row=row, local_id=member.id, why="; ".join(whys), detail="; ".join(details))


def _drop(sound: _Rows, wrong: Callable[[StaffMember], Mapping[str, str]]) -> list[Refusal]:
    """Take the rows out that something is wrong with, and say what."""
    found = [(row, member, problems) for row, member in sound.values() if (problems := wrong(member))]
    for _, member, _ in found:
        del sound[member.id]
    return [_refusal(*one) for one in found]


def _drop_shares(sound: _Rows, here: Mapping[str, StaffMember]) -> list[Refusal]:
    """As `_drop` for job shares, until every share that is left has both its halves."""
    refused: list[Refusal] = []
    while True:
        everybody = {**here, **{member.id: member for _, member in sound.values()}}
        more = _drop(sound, partial(_share, everybody))
        if not more:
            return refused
        refused += more


def _share(everybody: Mapping[str, StaffMember], member: StaffMember) -> dict[str, str]:
    why = staff_checks.shared(member, everybody)
    return {"job_share": why} if why else {}


def _fields(cells: Mapping[str, str]) -> dict[str, object]:
    """The cells that say something, the lists as lists."""
    return {
        name: [part.strip() for part in cell.split(";") if part.strip()] if name in _LISTS else cell
        for name, cell in cells.items()
        if cell
    }
