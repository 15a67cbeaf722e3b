"""The readers of caseloads and staff lists are given anything: they take each row or say why not, or of the file."""

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given

from cli.demo import FILES
from pathways.loader import find, shipped
from records.caseload import read_caseload
from records.csv_file import FileRefused
from records.staff_file import read_staff
from schemas.caseload import Refusal
from tests.fuzz.lasting import examples, tried
from tests.fuzz.mangled import as_bytes

AS_OF = datetime(2026, 11, 16, 9, tzinfo=UTC)
PATHWAYS = {name: find(name) for name in shipped()}
CASELOAD, STAFF = "caseload-2026-11-16.csv", "staff-2026-11-16.csv"
"""Of the demonstration's files, some people of each pathway, and some of each role."""


def _lines(name: str, *numbers: int) -> str:
    lines = (FILES / name).read_text("utf-8").splitlines(keepends=True)
    return "".join(lines[number] for number in (0, *numbers))


PEOPLE = _lines(CASELOAD, 1, 2, 3, 12)
WORKERS = _lines(STAFF, 1, 2, 3, 17, 18)
COORDINATORS = {line.split(",")[7] for line in PEOPLE.splitlines()}


def _about(error: FileRefused, name: str) -> None:
    assert error.message.startswith(f"{name} ")


def _told(refused: list[Refusal], rows: int) -> None:
    for one in refused:
        assert 2 <= one.row <= rows + 1, one
        assert one.why


def test_caseloads(tmp_path: Path) -> None:
    file = tmp_path / "caseload.csv"

    @given(as_bytes([PEOPLE]))
    @examples(250)
    def target(raw: bytes) -> None:
        file.write_bytes(raw)
        try:
            found = read_caseload(file, COORDINATORS, PATHWAYS, AS_OF)
        except FileRefused as error:
            _about(error, file.name)
        else:
            _told(found.refused, raw.count(b"\n") + raw.count(b"\r") + 1)
            assert all(row.person.local_id for row in found.sound)

    tried(target)


def test_staff_lists(tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"

    @given(as_bytes([WORKERS]))
    @examples(250)
    def target(raw: bytes) -> None:
        file.write_bytes(raw)
        try:
            found = read_staff(file)
        except FileRefused as error:
            _about(error, file.name)
        else:
            _told(found.refused, raw.count(b"\n") + raw.count(b"\r") + 1)
            assert all(member.id for member in found.sound)

    tried(target)


def test_the_files_that_are_mangled_are_sound(tmp_path: Path) -> None:
    """Else only refusals would be tried."""
    caseload, staff = tmp_path / "caseload.csv", tmp_path / "staff.csv"
    caseload.write_text(PEOPLE)
    staff.write_text(WORKERS)
    assert read_caseload(caseload, COORDINATORS, PATHWAYS, AS_OF).refused == []
    assert [one.row for one in read_staff(staff).refused if "peer-lead" not in one.detail] == []
