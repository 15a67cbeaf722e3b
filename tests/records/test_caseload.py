"""A caseload file as a service sends it: what is sound goes in once, and each row that is not is told why."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from asyncpg import Pool, Record

from pathways.loader import find, shipped
from planner.journey import start
from records.caseload import ALREADY, COLUMNS, against_records, read_caseload, write_refused
from records.csv_file import FileRefused
from records.errors import RecordsError
from records.people import register
from records.staff import upsert_staff
from records.staff_file import read_staff
from schemas.caseload import Caseload, Refusal, to_start
from schemas.codes import Role
from schemas.pathway import Pathway

DATA = Path(__file__).parents[2] / "cli" / "demo_data"
FILE = DATA / "caseload-2026-11-16.csv"
AS_OF = datetime(2026, 11, 16, tzinfo=UTC)
STAFF = {"coord-n1", "nw-p1"}
GOOD = {
    "local_id": "AL1",
    "nhs_number": "999 004 6212",
    "given_name": "Ada",
    "family_name": 'O\'Neill, "Mac"',
    "date_of_birth": "1990-05-04",
    "pathway": "inpatient-to-community",
    "started": "2026-07-01",
    "coordinator": "coord-n1",
    "team": "FIRST outreach north",
    "peer_support": "accepted",
    "facts": "bed_class=212;suicide_risk=true",
    "expected": "",
    "milestones": "discharged=2026-11-01T17:45",
}


@pytest.fixture(scope="module")
def pathways() -> dict[str, Pathway]:
    """The pathways that come with Alongside."""
    return {one: find(one) for one in shipped()}


def written(path: Path, *rows: dict[str, str]) -> Path:
    """A caseload file of these rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(tmp_path: Path, pathways: dict[str, Pathway], *rows: dict[str, str]) -> Caseload:
    """What becomes of these rows."""
    return read_caseload(written(tmp_path / "caseload.csv", *rows), STAFF, pathways, AS_OF)


def test_the_example_caseload_has_399_sound_rows_and_13_refused(pathways: dict[str, Pathway]) -> None:
    staff = read_staff(DATA / "staff-2026-11-16.csv")
    assert (len(staff.sound), staff.refused) == (38, [])
    caseload = read_caseload(FILE, {member.id for member in staff.sound}, pathways, AS_OF)
    with (DATA / "caseload-2026-11-16.refused.csv").open(encoding="utf-8") as file:
        expected = {row["local_id"]: row["why"] for row in csv.DictReader(file)}
    assert {one.local_id: one.why for one in caseload.refused} == expected
    assert len(caseload.sound) == 399


def test_a_whole_caseload_moved_by_weeks_still_starts(pathways: dict[str, Pathway]) -> None:
    staff_ids = {member.id for member in read_staff(DATA / "staff-2026-11-16.csv").sound}
    here = read_caseload(FILE, staff_ids, pathways, AS_OF)
    moved = read_caseload(FILE, staff_ids, pathways, AS_OF, shift_weeks=-19)
    assert moved.at == datetime(2026, 7, 5, 23, tzinfo=UTC)  # the same local midnight, in summer time
    assert [row.person for row in moved.sound] == [row.person for row in here.sound]
    for row in moved.sound:
        outcome = start(pathways[row.pathway], to_start(row, "t", moved.at))
        assert outcome.journey.started == row.started


def test_a_row_is_read_as_it_is_meant(tmp_path: Path, pathways: dict[str, Pathway]) -> None:
    wishes = {"pathway": "waiting-list-to-discharge", "milestones": "", "started": "2026-07-01T09:30"}
    facts = {"facts": "preferences=language:ur; preferences=times:evening", "expected": "assessment=2026-12-01"}
    other = GOOD | wishes | facts | {"nhs_number": "", "local_id": "AL2"}
    plain, asking = read(tmp_path, pathways, GOOD, other).sound
    assert plain.person.nhs_number == "9990046212"
    assert plain.person.family_name == 'O\'Neill, "Mac"'
    assert plain.started == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert plain.milestones == {"discharged": datetime(2026, 11, 1, 17, 45, tzinfo=UTC)}
    assert plain.facts == {"bed_class": "212", "suicide_risk": True, "peer_support": "accepted"}
    assert asking.person.nhs_number is None
    assert asking.facts["preferences"] == ["language:ur", "times:evening"]
    assert asking.started == datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
    command = to_start(asking, "t", AS_OF)
    assert (command.born, command.coordinator, command.at) == (date(1990, 5, 4), "coord-n1", AS_OF)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"local_id": ""}, "no local id"),
        ({"local_id": "=1+1"}, "local id is not well written"),
        ({"given_name": " "}, "no given name"),
        ({"nhs_number": "0000000000"}, "NHS number is all zeros"),
        ({"nhs_number": "99900462l2"}, "NHS number is not made of digits"),
        ({"date_of_birth": "04/05/1990"}, "date of birth is not a date"),
        ({"date_of_birth": "1890-05-04"}, "date of birth more than 120 years ago"),
        ({"started": ""}, "no start"),
        ({"started": "2026-11-17"}, "started in the future"),
        ({"started": "2026-03-29T01:30"}, "started is a time that does not exist"),
        ({"started": "2026-07-01T10:00Z"}, "started is not a date"),
        ({"started": "0001-01-01"}, "started is not a date"),
        ({"pathway": ""}, "no pathway"),
        ({"peer_support": "perhaps"}, "peer support that does not exist"),
        ({"facts": "suicide_risk=maybe"}, "suicide risk is neither true nor false"),
        ({"facts": "suicide_risk"}, "facts are not written name=value"),
        ({"facts": "bed_class=212;bed_class=200"}, "fact said twice"),
        ({"milestones": "discharged=2026-11-20"}, "milestone in the future"),
        ({"milestones": "discharged=soon"}, "discharged is not a date"),
        ({"milestones": "discharged=2026-11-01;discharged=2026-11-02"}, "milestone said twice"),
        ({"expected": "discharged=2026-01-01", "milestones": ""}, "expected before the start"),
        ({"coordinator": "", "nhs_number": "999004621"}, "NHS number has nine digits; no coordinator"),
    ],
)
def test_a_row_that_cannot_go_in_is_told_every_reason(
    tmp_path: Path, pathways: dict[str, Pathway], change: dict[str, str], why: str
) -> None:
    caseload = read(tmp_path, pathways, GOOD | change)
    assert (caseload.sound, [one.why for one in caseload.refused]) == ([], [why])
    assert "9990046212" not in caseload.refused[0].detail


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, ALREADY),
        ({"local_id": "AL2"}, ALREADY),
        ({"nhs_number": ""}, ALREADY),
        ({"pathway": "waiting-list-to-discharge", "local_id": "AL2"}, "NHS number of somebody else"),
        ({"pathway": "waiting-list-to-discharge", "nhs_number": "9990060398"}, "local id of somebody else"),
    ],
)
def test_a_row_that_contradicts_an_earlier_one_is_refused(
    tmp_path: Path, pathways: dict[str, Pathway], change: dict[str, str], why: str
) -> None:
    again = GOOD | {"facts": "", "milestones": ""} | change
    assert [one.why for one in read(tmp_path, pathways, GOOD, again).refused] == [why]


def test_somebody_may_be_on_two_pathways(tmp_path: Path, pathways: dict[str, Pathway]) -> None:
    again = GOOD | {"facts": "", "milestones": "", "pathway": "waiting-list-to-discharge"}
    assert len(read(tmp_path, pathways, GOOD, again).sound) == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n", "is empty"),
        (b"local_id;nhs_number\nAL1;2\n", "separated by semicolons"),
        (b"local_id,nhs_number\n", "lacks given_name, family_name"),
        (",".join((*COLUMNS, "shoe_size")).encode(), "does not need shoe_size"),
        (",".join((*COLUMNS, "team")).encode(), "repeats team"),
        (",".join(reversed(COLUMNS)).encode(), "in another order"),
        (",".join(COLUMNS).encode() + b"\nAL1,1,Zo\xeb,B", r"not in UTF-8 \(see line 2\)"),
        (",".join(COLUMNS).encode() + b'\nAL1,"never closed', "quotation mark"),
        (",".join(COLUMNS).encode() + b"\nAL1,\x00", "not a text file"),
    ],
)
def test_a_file_that_is_no_caseload_is_refused_in_a_sentence(
    tmp_path: Path, pathways: dict[str, Pathway], content: bytes, why: str
) -> None:
    file = tmp_path / "other.csv"
    file.write_bytes(content)
    with pytest.raises(FileRefused, match=why) as refused:
        read_caseload(file, STAFF, pathways, AS_OF)
    assert refused.value.message.startswith("other.csv ")


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path, pathways: dict[str, Pathway]) -> None:
    with pytest.raises(FileRefused, match="cannot be read: No such file"):
        read_caseload(tmp_path / "none.csv", STAFF, pathways, AS_OF)
    with pytest.raises(FileRefused, match="Is a directory"):
        read_caseload(tmp_path, STAFF, pathways, AS_OF)


def test_excel_habits_do_not_matter(tmp_path: Path, pathways: dict[str, Pathway]) -> None:
    file = written(tmp_path / "plain.csv", GOOD)
    habits = tmp_path / "excel.csv"
    habits.write_bytes(b"\xef\xbb\xbf" + file.read_bytes() + b"\r\n,,,,,,,,,,,,\r\n\r\nAL2,too,short\r\n")
    caseload = read_caseload(habits, STAFF, pathways, AS_OF)
    assert [row.person.local_id for row in caseload.sound] == ["AL1"]
    assert [(one.row, one.why) for one in caseload.refused] == [(6, "wrong number of cells")]


def test_refusals_are_written_for_a_spreadsheet(tmp_path: Path) -> None:
    file = tmp_path / "refused.csv"
    write_refused(file, [Refusal(row=2, local_id="=HYPERLINK(1)", why="no coordinator")])
    assert file.read_text(encoding="utf-8").splitlines() == [
        "row,local_id,why,detail",
        "2,'=HYPERLINK(1),no coordinator,",
    ]


def test_staff_rows_are_told_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    head = (DATA / "staff-2026-11-16.csv").read_text(encoding="utf-8").splitlines()[:2]
    wrong = [",Ada,care-coordinator,North,37.5,,,,,,,,", "a1,Ada,wizard,North,200,,,,,,,,nowhere", head[1]]
    file.write_text("\n".join([*head, *wrong]), encoding="utf-8")
    staff = read_staff(file)
    assert [(member.id, member.role) for member in staff.sound] == [("coord-n1", Role.COORDINATOR)]
    assert [one.why for one in staff.refused] == [
        "no id",
        "role is not well written; hours_per_week is not well written; email is not well written",
        "id twice",
    ]


async def test_rows_are_checked_against_the_records(
    pool: "Pool[Record]", tmp_path: Path, pathways: dict[str, Pathway]
) -> None:
    await upsert_staff(pool, read_staff(DATA / "staff-2026-11-16.csv").sound)
    known = GOOD | {"local_id": "KN1", "nhs_number": "9990011281"}
    (row,) = read(tmp_path, pathways, known).sound

    async def enter() -> str:
        return await register(
            pool, row.person, pathway=row.pathway, started=row.started, taken_on=AS_OF,
            coordinator=row.coordinator, team=row.team,
        )  # fmt: skip

    first = await enter()
    again = await against_records(pool, read(tmp_path, pathways, known))
    assert (len(again.sound), again.refused, await enter()) == (1, [], first)
    elsewhere = {"pathway": "waiting-list-to-discharge", "facts": "", "milestones": ""}
    for change, why in [
        ({"started": "2026-07-02"}, ALREADY),
        ({"local_id": "KN2"}, ALREADY),
        ({"local_id": "KN2"} | elsewhere, "NHS number of somebody else"),
        ({"nhs_number": "9990060398"} | elsewhere, "local id of somebody else"),
    ]:
        checked = await against_records(pool, read(tmp_path, pathways, known | change))
        assert (checked.sound, [one.why for one in checked.refused]) == ([], [why])
    (twin,) = read(tmp_path, pathways, known | {"local_id": "KN2"} | elsewhere).sound
    with pytest.raises(RecordsError, match="another local id already"):
        await register(
            pool, twin.person, pathway=twin.pathway, started=twin.started, taken_on=AS_OF, coordinator="coord-n1"
        )


def test_the_column_of_ethnic_categories_may_be_left_out_or_said(tmp_path: Path, pathways: dict[str, Pathway]) -> None:
    assert read(tmp_path, pathways, GOOD).sound[0].person.ethnicity is None
    path = tmp_path / "more.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, (*COLUMNS, "ethnicity"))
        writer.writeheader()
        for number, said in enumerate(("m", "", "99", "White British", "Q")):
            writer.writerow(GOOD | {"local_id": f"AL{number}", "nhs_number": "", "ethnicity": said})
    found = read_caseload(path, STAFF, pathways, AS_OF)
    assert [row.person.ethnicity for row in found.sound] == ["M", None, "99"]
    assert [one.why for one in found.refused] == ["ethnicity that does not exist"] * 2
    assert all("give one of A, B, C" in one.detail for one in found.refused)
