"""A caseload as a service exports it: the rows that can go in, and those that cannot, with why."""

from schemas.base import Instant, Stored
from schemas.codes import Division
from schemas.command import Start
from schemas.journey import FactValue
from schemas.person import Person
from schemas.staff import StaffMember

START = "start"
"""The id of the command that starts a transition: there is one of them in a transition's life."""


class CaseloadRow(Stored):
    """One person on one pathway, as a row of a caseload says it. `row` is counted as a spreadsheet does."""

    row: int
    person: Person
    pathway: str
    started: Instant
    coordinator: str
    team: str | None
    facts: dict[str, FactValue] = {}
    expected: dict[str, Instant] = {}
    milestones: dict[str, Instant] = {}
    division: Division = Division.ENGLAND_AND_WALES


class Refusal(Stored):
    """A row that cannot go in: `why`, every reason, and `detail`, what was found and what to give instead."""

    row: int
    local_id: str
    why: str
    detail: str = ""


class Caseload(Stored):
    """A caseload that was read: `at` is the moment of taking it on, moved like every date in it."""

    at: Instant
    sound: list[CaseloadRow]
    refused: list[Refusal]


class StaffList(Stored):
    """A staff list that was read."""

    sound: list[StaffMember]
    refused: list[Refusal]


def to_start(row: CaseloadRow, transition_id: str, at: Instant) -> Start:
    """The command that takes a row's transition on at an instant."""
    return Start(
        id=START,
        transition_id=transition_id,
        at=at,
        started=row.started,
        division=row.division,
        born=row.person.date_of_birth,
        facts=row.facts,
        expected=row.expected,
        milestones=row.milestones,
        coordinator=row.coordinator,
    )
