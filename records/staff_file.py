"""Reading a staff list: every row is checked, and each is either sound or refused with every reason."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from records.csv_file import CsvRow, read_csv
from schemas.caseload import Refusal, StaffList
from schemas.codes import Role
from schemas.staff import StaffMember

COLUMNS = (
    "id", "name", "role", "team", "hours_per_week", "works", "languages", "attributes", "settings", "line_manager",
    "role_supervisor", "wellbeing_supervisor", "email",
)  # fmt: skip
_LISTS = ("languages", "attributes", "settings")
_WRONG = {
    "id": "letters, digits and . _ - @, at most 80",
    "name": "at most 200 letters",
    "role": f"one of {', '.join(Role)}",
    "hours_per_week": "a number from 0 to 168",
    "email": "an address such as somebody@example.org",
}


def read_staff(path: Path) -> StaffList:
    """Read and check a staff file; FileRefused when it is not one at all."""
    rows, refused = read_csv(path, COLUMNS)
    sound: dict[str, StaffMember] = {}
    for row in rows:
        found = _member(row)
        if isinstance(found, StaffMember) and found.id in sound:
            found = Refusal(row=row.number, local_id=found.id, why="id twice", detail="an earlier row has the same id")
        if isinstance(found, Refusal):
            refused.append(found)
        else:
            sound[found.id] = found
    return StaffList(sound=list(sound.values()), refused=sorted(refused, key=lambda one: one.row))


def _member(row: CsvRow) -> StaffMember | Refusal:
    try:
        return StaffMember.model_validate(_fields(row.cells))
    except ValidationError as error:
        wrong = dict.fromkeys(str(one["loc"][0]) for one in error.errors())
        whys = [f"{field} is not well written" if row.cells[field] else f"no {field}" for field in wrong]
        details = [f"{field}: {_WRONG[field]}" for field in wrong if field in _WRONG]
        return Refusal(row=row.number, local_id=row.cells["id"], why="; ".join(whys), detail="; ".join(details))


def _fields(cells: Mapping[str, str]) -> dict[str, object]:
    """The cells that say something, the lists as lists."""
    return {
        name: [part.strip() for part in cell.split(";") if part.strip()] if name in _LISTS else cell
        for name, cell in cells.items()
        if cell
    }
