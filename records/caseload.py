"""Reading a caseload: every row is checked, and each is either sound or refused with every reason."""

import csv
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

from asyncpg import Record
from pydantic import ValidationError

from planner.clock import local_day
from planner.journey import start
from planner.refused import Refused
from records import cells
from records.cells import Problem
from records.csv_file import CsvRow, read_csv
from records.database import Database, connected, keys_of
from records.identity import local_id_blind, nhs_number_blind
from schemas.caseload import Caseload, CaseloadRow, Refusal, to_start
from schemas.ethnicity import checked as checked_ethnicity
from schemas.pathway import Pathway
from schemas.person import Person, checked_nhs_number

COLUMNS = (
    "local_id", "nhs_number", "given_name", "family_name", "date_of_birth", "pathway", "started", "coordinator", "team",
    "peer_support", "facts", "expected", "milestones",
)  # fmt: skip
OPTIONAL = ("ethnicity",)
"""Columns that may be left out at the end; what the records say of them then stays."""
ALREADY = "the same person is already on this pathway"

T = TypeVar("T")


class _Reading(NamedTuple):
    """What rows are checked against."""

    staff_ids: Collection[str]
    pathways: Mapping[str, Pathway]
    as_of: datetime
    shift_weeks: int


def read_caseload(
    path: Path, staff_ids: Collection[str], pathways: Mapping[str, Pathway], as_of: datetime, shift_weeks: int = 0
) -> Caseload:
    """Read and check a caseload file exported at `as_of`; FileRefused when it is not one at all.

    Its dates are local to London. `shift_weeks` moves every date of what is sound (but no date of
    birth) by whole weeks, and `as_of` with them.
    """
    rows, refused = read_csv(path, COLUMNS, OPTIONAL)
    reading = _Reading(staff_ids, pathways, as_of, shift_weeks)
    sound: list[CaseloadRow] = []
    seen = _Seen()
    for row in rows:
        found, problems = _row(row, reading)
        if found is not None and not problems and (repeated := seen.problem(found)):
            problems.append(repeated)
        if found is None or problems:
            refused.append(_refusal(row.number, row.cells["local_id"], problems))
        else:
            sound.append(found)
    at = cells.moved(as_of, shift_weeks)
    return Caseload(at=at, sound=sound, refused=sorted(refused, key=lambda one: one.row))


def _refusal(number: int, local_id: str, problems: Iterable[Problem]) -> Refusal:
    found = list(problems)
    whys = "; ".join(dict.fromkeys(problem.why for problem in found))
    details = "; ".join(problem.detail for problem in found if problem.detail)
    return Refusal(row=number, local_id=local_id, why=whys, detail=details)


def _row(row: CsvRow, reading: _Reading) -> tuple[CaseloadRow | None, list[Problem]]:
    """The row as it goes in, when nothing is wrong with it, else all that is."""
    cell, problems = row.cells, list[Problem]()

    def attempt(read: Callable[[], T]) -> T | None:
        try:
            return read()
        except Problem as problem:
            problems.append(problem)
            return None

    person = _person(cell, local_day(reading.as_of), problems)
    started = attempt(lambda: _started(cell["started"], reading.as_of))
    pathway = attempt(lambda: _pathway(cell["pathway"], reading.pathways))
    coordinator = attempt(lambda: _coordinator(cell["coordinator"], reading.staff_ids))
    if pathway is None:
        return None, problems
    facts = attempt(lambda: cells.facts(pathway, cell["facts"], cell["peer_support"]))
    expected = attempt(lambda: cells.dates(pathway, "expected", cell["expected"], started, reading.as_of))
    milestones = attempt(lambda: cells.dates(pathway, "milestones", cell["milestones"], started, reading.as_of))
    if problems or person is None or started is None or coordinator is None:
        return None, problems
    found = CaseloadRow(
        row=row.number,
        person=person,
        pathway=pathway.id,
        started=started,
        coordinator=coordinator,
        team=cell["team"] or None,
        facts=facts or {},
        expected=expected or {},
        milestones=milestones or {},
    )
    attempt(lambda: _could_start(found, pathway, reading.as_of))
    return _moved(found, reading.shift_weeks), problems


def _person(cell: Mapping[str, str], today: date, problems: list[Problem]) -> Person | None:
    number = None
    try:
        number = checked_nhs_number(cell["nhs_number"]) if cell["nhs_number"] else None
    except ValueError as wrong:
        problems.append(Problem(str(wrong)))
    born = None
    try:
        born = cells.birth(cell["date_of_birth"], today)
    except Problem as problem:
        problems.append(problem)
    ethnicity = cell.get("ethnicity") or None
    try:
        ethnicity = checked_ethnicity(ethnicity) if ethnicity else None
    except ValueError as wrong:
        problems.append(Problem("ethnicity that does not exist", f"ethnicity {wrong}"))
        ethnicity = None
    try:
        return Person(
            local_id=cell["local_id"],
            nhs_number=number,
            given_name=cell["given_name"],
            family_name=cell["family_name"],
            date_of_birth=born or today,
            ethnicity=ethnicity,
        )
    except ValidationError as error:
        problems += [_about_person(str(one["loc"][0]), cell) for one in error.errors()]
        return None


def _about_person(field: str, cell: Mapping[str, str]) -> Problem:
    words = field.replace("_", " ")
    return Problem(f"{words} is not well written" if cell[field] else f"no {words}", f"{field}: at most 200 letters")


def _started(cell: str, as_of: datetime) -> datetime:
    if not cell:
        raise Problem("no start")
    started = cells.instant("started", cell)
    if started > as_of:
        raise Problem("started in the future", "started: it lies after the day of the export")
    return started


def _pathway(cell: str, pathways: Mapping[str, Pathway]) -> Pathway:
    if not cell:
        raise Problem("no pathway")
    if cell not in pathways:
        raise Problem("unknown pathway", f"pathway: one of {', '.join(sorted(pathways))}")
    return pathways[cell]


def _coordinator(cell: str, staff_ids: Collection[str]) -> str:
    if not cell:
        raise Problem("no coordinator")
    if cell not in staff_ids:
        raise Problem("unknown coordinator", "coordinator: give an id of the staff list, or import the staff first")
    return cell


def _could_start(row: CaseloadRow, pathway: Pathway, as_of: datetime) -> None:
    """Try the start on the planner, so that a sound row is one that will really start."""
    try:
        start(pathway, to_start(row, "row", as_of))
    except Refused as refused:
        raise Problem(refused.message) from None


def _moved(row: CaseloadRow, weeks: int) -> CaseloadRow:
    return row.model_copy(
        update={
            "started": cells.moved(row.started, weeks),
            "expected": {name: cells.moved(at, weeks) for name, at in row.expected.items()},
            "milestones": {name: cells.moved(at, weeks) for name, at in row.milestones.items()},
        }
    )


class _Seen:
    """The people of the rows that are sound so far."""

    def __init__(self) -> None:
        self._local_ids: dict[str, Person] = {}
        self._nhs_numbers: dict[str, Person] = {}
        self._pathways: set[tuple[str, str]] = set()

    def problem(self, row: CaseloadRow) -> Problem | None:
        """What an earlier row has against this one, if anything; else the row is remembered."""
        person = row.person
        namesake = self._local_ids.get(person.local_id)
        twin = self._nhs_numbers.get(person.nhs_number or "")
        for earlier in (namesake, twin):
            if earlier is not None and (earlier.local_id, row.pathway) in self._pathways:
                return Problem(ALREADY, f"an earlier row has them as {earlier.local_id}")
        if twin is not None and twin.local_id != person.local_id:
            return Problem("NHS number of somebody else", f"an earlier row has it for {twin.local_id}")
        if namesake is not None and {namesake.nhs_number, person.nhs_number} - {None, namesake.nhs_number}:
            return Problem("local id of somebody else", "an earlier row has it with another NHS number")
        self._local_ids[person.local_id] = person
        self._nhs_numbers |= {person.nhs_number: person} if person.nhs_number else {}
        self._pathways.add((person.local_id, row.pathway))
        return None


PEOPLE_ALREADY = """
-- Whom the rows of a caseload mean, as far as the records know them, and their open transition on the pathway.
SELECT g.row, p.local_id, p.nhs_number, t.id AS transition_id, t.started
FROM unnest($1::int[], $2::bytea[], $3::bytea[], $4::text[]) AS g (row, local_id, nhs_number, pathway)
    JOIN people p ON p.local_id_blind = g.local_id OR p.nhs_number_blind = g.nhs_number
    LEFT JOIN transitions t ON t.person_id = p.id AND t.pathway = g.pathway AND t.status <> 'closed'
ORDER BY g.row
"""


async def against_records(db: Database, caseload: Caseload) -> Caseload:
    """The caseload without the rows that contradict the records; a row that is in them already stays sound."""
    rows = caseload.sound
    async with connected(db) as link:
        keys = keys_of(link)
        known = await link.fetch(
            PEOPLE_ALREADY,
            [row.row for row in rows],
            [local_id_blind(keys, row.person.local_id) for row in rows],
            [nhs_number_blind(keys, row.person.nhs_number) for row in rows],
            [row.pathway for row in rows],
        )
    by_row = {row.row: row for row in rows}
    problems = {
        record["row"]: problem for record in known if (problem := _contradiction(by_row[record["row"]], record))
    }
    refused = [_refusal(row.row, row.person.local_id, [problems[row.row]]) for row in rows if row.row in problems]
    return Caseload(
        at=caseload.at,
        sound=[row for row in rows if row.row not in problems],
        refused=sorted([*caseload.refused, *refused], key=lambda one: one.row),
    )


def _contradiction(row: CaseloadRow, known: Record) -> Problem | None:
    if known["transition_id"] is not None and known["started"] != row.started:
        return Problem(ALREADY, f"see transition {known['transition_id']}")
    if known["local_id"] != row.person.local_id:
        if known["transition_id"] is not None:
            return Problem(ALREADY, f"the records have them as {known['local_id']}")
        return Problem("NHS number of somebody else", f"the records have it for {known['local_id']}")
    if row.person.nhs_number and known["nhs_number"] not in (None, row.person.nhs_number):
        return Problem("local id of somebody else", "the records have it with another NHS number")
    return None


def write_refused(path: Path, refused: Iterable[Refusal]) -> None:
    """Write refusals to a CSV file that a spreadsheet opens without running anything in it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("row", "local_id", "why", "detail"))
        writer.writerows((one.row, _as_text(one.local_id), one.why, _as_text(one.detail)) for one in refused)


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
